"""What a round of records cannot use: whose fault it is, and setting it aside, all together."""

from collections import Counter
from collections.abc import Sequence

from common.bus import Partition, Record
from common.errors import BadInput, Retry
from common.streams.batches import HandlerBroken, PolledBatch
from common.streams.dead_letters import DeadLetterWriter
from common.telemetry import logging, metrics

log = logging.get(__name__)
_BROKEN = 20  # exceptions of one of our own handlers in a row


class Unusable:
    """Of one group."""

    def __init__(self, group: str, dead_letters: DeadLetterWriter) -> None:
        self._group = group
        self._dead_letters = dead_letters
        self._failures: Counter[str] = Counter()  # in a row, of our own handlers by label
        self._stuck: set[Partition] = set()

    def stuck_in(self, partition: Partition) -> bool:
        """Whether setting aside failed there the last time."""
        return partition in self._stuck

    def worked(self, label: str) -> None:
        self._failures.pop(label, None)

    def fail(self, one: PolledBatch, record: Record, error: Exception, *, label: str) -> None:
        """To be set aside. Raises `HandlerBroken` when so many failed that the fault is ours."""
        if not isinstance(error, BadInput):
            self._failures[label] += 1
            if self._failures[label] > _BROKEN:
                raise HandlerBroken(f"{self._failures[label]} failures in a row") from error
            log.error("handler_failed", group=self._group, exc_info=error)
        one.dead.append((record, error))

    async def set_aside(self, one: PolledBatch) -> list[tuple[Record, Retry]]:
        """What waits in `one`, a partition at a time; the first of each where that failed."""
        found: dict[Partition, list[tuple[Record, Exception]]] = {}
        for record, error in sorted(one.dead, key=lambda dead: dead[0].offset):
            if record.offset < one.end[record.partition]:
                found.setdefault(record.partition, []).append((record, error))
        one.dead = []
        failed: list[tuple[Record, Retry]] = []
        for partition, dead in found.items():
            self._tell(dead)
            try:
                await self._dead_letters.write(dead)
            except Retry as retry:
                self._stuck.add(partition)
                failed.append((dead[0][0], retry))
            else:
                self._stuck.discard(partition)
                count(self._group, [record for record, _ in dead], "dead")
        return failed

    def _tell(self, dead: Sequence[tuple[Record, Exception]]) -> None:
        """One line for many: a topic full of them is no reason to fill a log."""
        record, error = dead[0]
        log.warning(
            "record_dead",
            group=self._group,
            error=type(error).__name__,
            topic=record.partition.topic,
            offset=record.offset,
            count=len(dead),
        )


def count(group: str, records: Sequence[Record], fate: str) -> None:
    """Of each topic, by what became of them."""
    for topic, number in Counter(record.partition.topic for record in records).items():
        metrics.RECORDS.labels(group, topic, fate).inc(number)
