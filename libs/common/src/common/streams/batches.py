"""What a consumer does with records: where each kind goes, and the records of one poll in hand."""

from collections import deque
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeAlias

import msgspec

from common.bus import Partition, Record, Subscription

Finish: TypeAlias = Callable[[], Awaitable[None]]


class HandlerBroken(Exception):
    """So many records in a row made our handler fail that the fault is ours, not theirs."""


@dataclass(frozen=True, slots=True)
class Route:
    """Where records of a kind go; `label` is for metrics."""

    label: str
    handle: Callable[[Sequence[Any]], Awaitable[Finish | None]]


Reading: TypeAlias = Callable[[Record], tuple[Route, Any] | None]


class Item(msgspec.Struct, frozen=True, gc=False):
    record: Record
    route: Route
    event: Any


@dataclass(slots=True)
class PolledBatch:
    """The records of one poll: `first` offset and the `end` after the last, per partition."""

    subscription: Subscription
    first: dict[Partition, int]
    end: dict[Partition, int]  # what to commit; less when a partition has to pause
    finishes: list[Finish] = field(default_factory=list)
    dead: list[tuple[Record, Exception]] = field(default_factory=list)  # to be set aside
    halted: bool = False  # any of them

    def halt(self, partition: Partition, offset: int) -> None:
        """Nothing from here on is handled in this round, or committed."""
        self.end[partition] = min(offset, self.end[partition])
        self.halted = True

    def still(self, items: Sequence[Item]) -> Sequence[Item]:
        """Those that are handled in this round: all, as nearly always."""
        if not self.halted:
            return items
        return [item for item in items if item.record.offset < self.end[item.record.partition]]


def next_batch(queues: Sequence[deque[Item]]) -> list[Item]:
    """As many of one type as keep the order within each partition."""
    route = queues[0][0].route
    batch: list[Item] = []
    for queue in queues:
        while queue and queue[0].route is route:
            batch.append(queue.popleft())
    return batch
