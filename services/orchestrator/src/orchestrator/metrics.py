"""Every metric of this service."""

from prometheus_client import Counter, Gauge, Histogram

from common.events.decisions import Reason

DECISIONS = Counter(
    "aftercall_decisions_total", "Interactions decided, by reason (invite: asked)", ["reason"]
)
for _reason in ("invite", *Reason):  # from zero on, so that a first one is an increase
    DECISIONS.labels(str(_reason))
COPIES = Counter("aftercall_decision_copies_total", "Interactions that had been decided before")
DIFFERING = Counter(
    "aftercall_decision_differing_total", "Interactions told again under their id as something else"
)
RERUNS = Counter(
    "aftercall_decision_reruns_total",
    "Batches run again after a race: collision, ceiling, deadlock",
    ["why"],
)
BATCH_SECONDS = Histogram(
    "aftercall_decision_batch_seconds",
    "Time to decide and commit one batch",
    buckets=(0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5),
)
DISPATCHED = Counter("aftercall_dispatched_total", "Steps published by the dispatcher")
TAKEN_OVER = Counter(
    "aftercall_handovers_taken_over_total",
    "Handovers that somebody did not live to publish, taken over by the dispatcher",
)
NOT_TAKEN = Counter(
    "aftercall_steps_not_taken_total",
    "Steps of which no sender said a word until their time was over",
)
CANCELLED = Counter(
    "aftercall_invitations_cancelled_total", "Invitations cancelled, by reason", ["reason"]
)
AMENDED_UNKNOWN = Counter(
    "aftercall_amendments_unknown_total",
    "Amendments of interactions that were not decided within a day, or too many to keep",
)
ERASED_AGAIN = Counter(
    "aftercall_erased_told_again_total",
    "Interactions told of somebody from before they were erased: dropped",
)
UNANSWERED = Gauge(
    "aftercall_unanswered_numbers",
    "Beginnings of numbers, and countries, that are asked and hardly answer while others do",
    ["country"],
)
