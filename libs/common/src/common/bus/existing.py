"""A topic as it exists, beside the one that `common.topics` wants."""

from dataclasses import dataclass

from common.topics import BY_NAME, DEAD_SUFFIX

DEAD_DAYS = 28
OTHER_DAYS = 7  # vendors' topics


@dataclass(frozen=True, slots=True)
class Existing:
    """`retention_days` None: the broker did not say."""

    partitions: int
    replicas: int = 1
    retention_days: float | None = None


def retention_days(topic: str) -> int:
    """How long we keep a topic's records."""
    if topic.endswith(DEAD_SUFFIX):
        return DEAD_DAYS
    return BY_NAME[topic].retention_days if topic in BY_NAME else OTHER_DAYS
