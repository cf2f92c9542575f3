"""The metrics of the channel kit. `schema` names the sender; a label is never an address or id."""

from prometheus_client import Counter, Gauge, Histogram

OUTCOMES = Counter(
    "aftercall_send_outcomes_total",
    "Requests to providers, by what became of them",
    ["schema", "outcome"],
)
POST_SECONDS = Histogram(
    "aftercall_send_post_seconds", "Time a provider took to answer", ["schema"]
)
WAIT_SECONDS = Histogram(
    "aftercall_send_wait_seconds", "Time from a send being due to its claim", ["schema"]
)
LEFT_QUEUE = Counter(
    "aftercall_sends_not_claimed_total",
    "Sends that left the queue unsent, by state: cancelled, failed",
    ["schema", "state"],
)
ACCOUNTS_RESTING = Gauge(
    "aftercall_accounts_resting",
    "Accounts that are not used now, by reason: breaker, throttled, refused",
    ["schema", "reason"],
)
CALLBACKS = Counter(
    "aftercall_callbacks_total",
    "Provider callbacks, by fate: stored, logged (database away), refused, unavailable",
    ["schema", "kind", "fate"],
)
INBOX_DONE = Counter(
    "aftercall_inbox_done_total",
    "Inbox rows worked off, by what became of them",
    ["schema", "outcome"],
)
INBOX_FAILED = Counter(
    "aftercall_inbox_failed_total", "Inbox rows whose handling raised; tried again", ["schema"]
)
