"""The metrics of analytics, beside those that every service has."""

from prometheus_client import Counter

EVENTS = Counter(
    "aftercall_analytics_facts_total",
    "Facts that a batch of events touched, by whether they changed",
    ["type", "effect"],
)
RACED = Counter(
    "aftercall_analytics_raced_total",
    "Batches begun again because another consumer made one of their facts meanwhile",
)
CELLS_WRONG = Counter(
    "aftercall_analytics_cells_wrong_total", "Rollup cells that a rebuild had to correct"
)
