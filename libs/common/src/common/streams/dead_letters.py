"""Records that could not be used: set aside in `<topic>.dead`, listed, and sent back (redriven)."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby

from common.bus import Bus, Message, Partition, Record, Subscription
from common.errors import BadInput, Retry
from common.time import Clock, utc_now
from common.topics import dead

GROUP = "aftercall.dead"  # what it has committed has been redriven
_PREFIX = "dead-"
_TEXT = 500  # characters of an error kept
_BATCH = 500


@dataclass(frozen=True, slots=True)
class DeadRecord:
    """`origin` and `offset` say where it lay; `group` could not use it; key and value unchanged."""

    origin: Partition
    offset: int
    group: str
    error: str
    at: str  # ISO 8601
    key: bytes | None
    value: bytes


def dead_message(record: Record, error: Exception, *, group: str, now: datetime) -> Message:
    """The record as it goes to its dead topic: bytes, key and own headers unchanged."""
    why = {
        "topic": record.partition.topic,
        "partition": str(record.partition.number),
        "offset": str(record.offset),
        "group": group,
        "error": f"{type(error).__name__}: {error}"[:_TEXT],
        "time": now.isoformat(),
    }
    headers = [(_PREFIX + name, value.encode()) for name, value in why.items()]
    kept = [(name, value) for name, value in record.headers if not name.startswith(_PREFIX)]
    topic = dead(record.partition.topic)
    return Message(topic, record.key, record.value or b"", (*kept, *headers))


class DeadLetterWriter:
    """Where a group's consumers set records aside; makes a dead topic when it is first needed."""

    def __init__(self, bus: Bus, group: str, *, clock: Clock = utc_now) -> None:
        self._bus = bus
        self._group = group
        self._clock = clock
        self._known: set[str] = set()

    async def write(self, record: Record, error: Exception) -> None:
        """Durable when it returns. Raises `Retry`."""
        message = dead_message(record, error, group=self._group, now=self._clock())
        if message.topic not in self._known:
            await self._bus.create_topics({message.topic: 1})
            self._known.add(message.topic)
        try:
            await self._bus.publish([message])
        except BadInput as refused:  # too large even there: better to stand still than to drop it
            raise Retry(f"{message.topic}: {refused}", after=30.0) from refused


async def list_dead(bus: Bus, topic: str, *, limit: int = 100) -> Sequence[DeadRecord]:
    """The oldest records of `topic` that are dead and were not redriven. Changes nothing."""
    found: list[DeadRecord] = []
    async with _waiting(bus, topic) as (_, batches):
        async for batch in batches:
            found += [_read(record) for record in batch]
            if len(found) >= limit:
                break
    return found[:limit]


async def redrive(bus: Bus, topic: str, *, limit: int | None = None) -> int:
    """Publishes the dead records of `topic` to it again, once each; returns how many.

    What is still unusable comes back to the dead topic and is not sent a second time by this call.
    """
    count = 0
    async with _waiting(bus, topic) as (subscription, batches):
        async for batch in batches:
            sent = batch if limit is None else batch[: limit - count]
            await bus.publish([_revived(record) for record in sent])
            for partition, records in groupby(sent, key=lambda record: record.partition):
                await subscription.commit({partition: list(records)[-1].offset + 1})
            count += len(sent)
            if count == limit:
                break
    return count


@asynccontextmanager
async def _waiting(
    bus: Bus, topic: str
) -> AsyncIterator[tuple[Subscription, AsyncIterator[Sequence[Record]]]]:
    """What waits in the dead topic at this moment, in batches; each sorted by partition."""
    await bus.create_topics({dead(topic): 1})
    async with bus.subscribe(GROUP, [dead(topic)]) as subscription:
        yield subscription, _batches(subscription)


async def _batches(subscription: Subscription) -> AsyncIterator[Sequence[Record]]:
    left = {partition: count for partition, count in (await subscription.lag()).items() if count}
    while left:
        polled = await subscription.poll(max_records=_BATCH, timeout=1.0)
        batch: list[Record] = []
        for partition, records in sorted(polled.items()):
            taken = records[: left.get(partition, 0)]
            batch += taken
            left[partition] = left.get(partition, 0) - len(taken)
        left = {partition: count for partition, count in left.items() if count > 0}
        if batch:
            yield batch


def _read(record: Record) -> DeadRecord:
    why = {n.removeprefix(_PREFIX): v.decode() for n, v in record.headers if n.startswith(_PREFIX)}
    return DeadRecord(
        origin=Partition(why["topic"], int(why["partition"])),
        offset=int(why["offset"]),
        group=why["group"],
        error=why["error"],
        at=why["time"],
        key=record.key,
        value=record.value or b"",
    )


def _revived(record: Record) -> Message:
    kept = tuple(header for header in record.headers if not header[0].startswith(_PREFIX))
    return Message(_read(record).origin.topic, record.key, record.value or b"", kept)
