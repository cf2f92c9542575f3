"""The metrics that every service has. A label is never an address or an id."""

from prometheus_client import Counter, Gauge, Histogram

HTTP_SECONDS = Histogram(
    "aftercall_http_request_seconds",
    "Time to answer an HTTP request",
    ["service", "method", "route", "status"],
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
RESTING = Gauge(
    "aftercall_resting_partitions", "Partitions paused by our database or broker", ["group"]
)
OUTBOX_PENDING = Gauge(
    "aftercall_outbox_pending", "Events committed and not yet published", ["service"]
)
TASK_ENDED = Counter(
    "aftercall_task_ended_total", "Background tasks that ended", ["service", "task"]
)
