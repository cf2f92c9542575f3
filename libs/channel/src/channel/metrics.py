"""The metrics of the channel kit. `schema` names the sender; a label is never an address or id."""

from prometheus_client import Counter, Gauge, Histogram

OUTCOMES = Counter(
    "aftercall_send_outcomes_total",
    "Requests to providers, by what became of them",
    ["schema", "provider", "outcome"],
)
POST_SECONDS = Histogram(
    "aftercall_send_post_seconds", "Time a provider took to answer", ["schema", "provider"]
)
WAIT_SECONDS = Histogram(
    "aftercall_send_wait_seconds", "Time from a send being due to its claim", ["schema"]
)
ASKS = Counter(
    "aftercall_asks_total",
    "Changes of asks that others are told: sent, delivered, failed (and how), unknown, cancelled",
    ["channel", "state", "failure"],
)
CALL_SECONDS = Counter(
    "aftercall_call_seconds_total", "Seconds of calls that are over, as providers tell", ["schema"]
)
RESPONSES = Counter(
    "aftercall_responses_total",
    "Responses told, by change: new, revised",
    ["channel", "change"],
)
SENDS_DUE = Gauge(
    "aftercall_sends_due", "Sends that are due and wait, counted up to 10,000", ["schema"]
)
UNKNOWN = Gauge(
    "aftercall_sends_unknown", "Sends that may have gone out and are being looked for", ["schema"]
)
INBOX_OPEN = Gauge(
    "aftercall_inbox_open", "Callbacks stored and not worked off, up to 10,000", ["schema"]
)
INBOX_AGE = Gauge(
    "aftercall_inbox_age_seconds", "Age of the oldest callback not worked off", ["schema"]
)
LEFT_QUEUE = Counter(
    "aftercall_sends_not_claimed_total",
    "Sends that left the queue unsent, by state: cancelled, failed",
    ["schema", "state"],
)
ACCOUNTS_PAUSED = Gauge(
    "aftercall_accounts_paused",
    "Accounts that are not used now, by reason: breaker, throttled, refused",
    ["schema", "reason"],
)
CALLBACKS = Counter(
    "aftercall_callbacks_total",
    "Provider callbacks, by fate: stored, logged (database away), refused, unknown_account,"
    " unavailable",
    ["schema", "kind", "fate"],
)
INBOX_DONE = Counter(
    "aftercall_inbox_done_total",
    "Inbox rows worked off, by what became of them",
    ["schema", "outcome"],
)
NOT_ANSWERED = Counter(
    "aftercall_not_answered_total",
    "Follow-ups that were not written: the country is off, one person had too many (rate), or"
    " strangers had",
    ["channel", "why"],
)
LINKS_OPENED = Counter(
    "aftercall_links_opened_total",
    "Links in our texts that were opened, by fate: person, program, over, unknown; and opted_out",
    ["schema", "fate"],
)
INBOX_FAILED = Counter(
    "aftercall_inbox_failed_total", "Inbox rows whose handling raised; tried again", ["schema"]
)
