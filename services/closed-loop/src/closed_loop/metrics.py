"""The metrics of the closed loop, beside those that every service has."""

from prometheus_client import Counter, Gauge, Histogram

REQUESTS = Counter(
    "aftercall_webhook_requests_total",
    "Requests to endpoints of workspaces, by outcome: taken, answered, failed, refused",
    ["outcome"],
)
REQUEST_SECONDS = Histogram(
    "aftercall_webhook_request_seconds", "How long an endpoint took to answer, or not to"
)
WAITING = Gauge(
    "aftercall_webhooks_waiting", "Webhooks to be sent, those to be tried again among them"
)
LATE = Gauge(
    "aftercall_webhooks_late_seconds", "How long the oldest webhook that is due has been due"
)
NOTICES = Counter(
    "aftercall_alert_notices_total", "Notices about alerts, each of one or more that waited"
)
MAILS = Counter(
    "aftercall_alert_mails_total",
    "Mails about alerts, by what became of a try: sent, again, failed; or refused, beyond those"
    " of a day",
    ["outcome"],
)
DISABLED = Counter(
    "aftercall_webhook_endpoints_disabled_total",
    "Endpoints switched off because they took nothing for days, or said that they are gone",
)
