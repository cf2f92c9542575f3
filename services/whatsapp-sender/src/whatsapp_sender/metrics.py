"""The metrics of the WhatsApp sender beside those of the channel kit."""

from collections.abc import Mapping

from prometheus_client import Gauge

NOT_APPROVED = Gauge(
    "aftercall_whatsapp_templates_not_approved",
    "Templates of ours that nothing can go out by, by state: pending, rejected, paused, disabled,"
    " other",
    ["state"],
)
STATES = ("pending", "rejected", "paused", "disabled")


def not_approved(found: Mapping[str, int]) -> None:
    """By the provider's word for their state."""
    for state in STATES:
        NOT_APPROVED.labels(state).set(found.get(state, 0))
    others = sum(count for state, count in found.items() if state not in STATES)
    NOT_APPROVED.labels("other").set(others)
