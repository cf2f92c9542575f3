"""The metrics that every service has. A label is never an address or an id."""

from prometheus_client import Counter, Gauge, Histogram

HTTP_SECONDS = Histogram(
    "aftercall_http_request_seconds",
    "Time to answer an HTTP request",
    ["service", "method", "route", "status"],
)
LIMITED = Counter(
    "aftercall_http_limited_total",
    "Requests that were answered 429, by whose limit it was: key, workspace, address",
    ["why"],
)
CONNECTIONS_CLOSED = Counter(
    "aftercall_http_connections_closed_total",
    "Connections that we closed: too large, not HTTP, slow, unread, crowded",
    ["why"],
)
RECORDS = Counter(
    "aftercall_records_total",
    "Records read from a topic, by fate: done, dead, skipped, repeated",
    ["group", "topic", "fate"],
)
HANDLER_SECONDS = Histogram(
    "aftercall_handler_seconds", "Time a handler took for one batch", ["group", "type"]
)
LAG = Gauge("aftercall_lag_records", "Records published and not committed", ["group", "topic"])
SECONDS_BEHIND = Gauge(
    "aftercall_consumer_seconds_behind",
    "How old what a consumer has not handled may be; +Inf before its first look",
    ["group"],
)
FRESHNESS = Gauge(
    "aftercall_topic_seconds_behind",
    "Everything older that was published on a topic is handled by the service's whole group;"
    " +Inf before its first look",
    ["service", "topic"],
)
STANDSTILL = Gauge(
    "aftercall_asking_standstill",
    "1 while nobody is asked because consent is not fresh",
    ["service"],
)
PAUSED = Gauge(
    "aftercall_paused_partitions", "Partitions paused by our database or broker", ["group"]
)
OUTBOX_PENDING = Gauge(
    "aftercall_outbox_pending", "Events committed and not yet published", ["service"]
)
OUTBOX_AGE = Gauge(
    "aftercall_outbox_age_seconds", "Age of the oldest event not yet published", ["service"]
)
NOT_OPENED = Counter(
    "aftercall_not_opened_total",
    "Values that are stored sealed and do not open: the master key or data key is not the one",
    ["column"],
)
DEPENDENCY_UP = Gauge(
    "aftercall_dependency_up",
    "1 while what this process stands on answers: database, broker",
    ["dependency"],
)
TASK_ENDED = Counter(
    "aftercall_task_ended_total", "Background tasks that ended", ["service", "task"]
)
UNKNOWN_WORDS = Counter(
    "aftercall_unknown_words_total",
    "Words read that this version does not know, by enumeration: a newer one wrote them",
    ["enumeration"],
)
UNREADABLE_DOCUMENTS = Gauge(
    "aftercall_config_unreadable_documents",
    "Configuration documents that this version cannot read, by kind; each is out of use",
    ["kind"],
)
RETENTION_BEHIND = Gauge(
    "aftercall_retention_behind_seconds",
    "How much older than it may be the oldest is that is kept, by kind",
    ["schema", "kind"],
)
