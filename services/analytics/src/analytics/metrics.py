"""The metrics of analytics, beside those that every service has."""

from prometheus_client import Counter, Histogram

EVENTS = Counter(
    "aftercall_analytics_facts_total",
    "Facts that a batch of events touched, by whether they changed",
    ["type", "effect"],
)
RACED = Counter(
    "aftercall_analytics_raced_total",
    "Batches begun again because another consumer made one of their facts meanwhile",
)
SEND_DELAY = Histogram(
    "aftercall_event_to_send_seconds",
    "From the end of an interaction to the provider's acceptance of its ask",
    ["channel"],
    buckets=(0.5, 1, 2, 5, 10, 30, 60, 120, 300, 600, 1800, 3600, 14400, 86400),
)
ANSWERS_UNCOUNTED = Counter(
    "aftercall_analytics_answers_uncounted_total",
    "Values that are off the scale which their answer names, and so are in no score",
)
CELLS_WRONG = Counter(
    "aftercall_analytics_cells_wrong_total", "Rollup cells that a rebuild had to correct"
)
FACTS_WRONG = Counter(
    "aftercall_analytics_facts_wrong_total",
    "Facts whose derived columns a rebuild had to correct",
)
PACKED = Counter(
    "aftercall_analytics_packed_total",
    "Days whose facts were packed for filters of several dimensions",
)
