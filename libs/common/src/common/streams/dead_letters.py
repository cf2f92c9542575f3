"""Records that could not be used: set aside in `<topic>.dead`, listed, and sent back (redriven).

A dead record is the record as it came, byte for byte, and after its own headers ours: they begin
with the last one of the name `dead-topic`, so theirs may have any name.
"""

from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby

from common.bus import Bus, Headers, Message, NotOurs, Partition, Record, Subscription
from common.bus.appending import DEAD_LIMIT, check, size_of
from common.errors import BadInput, Retry
from common.telemetry import logging
from common.time import Clock, utc_now
from common.topics import DEAD_SUFFIX, dead

log = logging.get(__name__)
GROUP = "aftercall.dead"  # what it has committed has been redriven
_PREFIX = "dead-"
_FIRST = "dead-topic"  # of our headers
_CUT = "dead-cut"  # header: how large it was, when there is no room for all of it
_HTTP = "dead-http"  # header: it came as a request, so it never lay in the topic
_TEXT = 500  # characters of an error kept
_KEPT = 1_000_000  # bytes of a value that is too large even for a dead topic
_BATCH = 500
_PART = 8_000_000  # bytes


@dataclass(frozen=True, slots=True)
class DeadRecord:
    """`origin` and `offset` say where it lay; `group` could not use it; key and value unchanged.

    What came by HTTP has lain nowhere else: its origin is its place in the dead topic. `size`: of
    one that is only kept in part, which cannot be redriven.
    """

    origin: Partition
    offset: int
    group: str
    error: str
    at: str  # ISO 8601
    key: bytes | None
    value: bytes | None
    size: int | None = None


def dead_message(record: Record, error: Exception, *, group: str, now: datetime) -> Message:
    """The record as it goes to its dead topic: bytes, key and own headers unchanged."""
    topic, number = record.partition
    why = _why(topic, error, partition=number, offset=record.offset, group=group, now=now)
    message = Message(dead(topic), record.key, record.value, (*record.headers, *why))
    if (size := size_of(message)) <= DEAD_LIMIT:
        return message
    kept = None if record.value is None else record.value[:_KEPT]
    return Message(dead(topic), None, kept, (*why, (_CUT, str(size).encode())))


def dead_request(
    topic: str, body: bytes, headers: Headers, error: Exception, *, group: str, now: datetime
) -> Message:
    """A request's body as the dead record of the topic that it could have come by."""
    why = _why(topic, error, partition=0, offset=0, group=group, now=now)
    return Message(dead(topic), None, body, (*headers, *why, (_HTTP, b"1")))


def _why(
    topic: str, error: Exception, *, partition: int, offset: int, group: str, now: datetime
) -> Headers:
    why = {
        "topic": topic,
        "partition": str(partition),
        "offset": str(offset),
        "group": group,
        "error": f"{type(error).__name__}: {error}"[:_TEXT],
        "time": now.isoformat(),
    }
    return tuple((_PREFIX + name, value.encode(errors="replace")) for name, value in why.items())


class DeadLetterWriter:
    """Where a group's consumers set records aside; makes a dead topic when it is first needed."""

    def __init__(self, bus: Bus, group: str, *, clock: Clock = utc_now) -> None:
        self._bus = bus
        self._group = group
        self._clock = clock
        self._known: set[str] = set()

    async def write(self, dead: Sequence[tuple[Record, Exception]]) -> None:
        """Of one topic; durable when it returns. Raises `Retry`, and nothing else.

        When it cannot be done at all: better to stand still than to drop them.
        """
        try:
            await self._write(
                [dead_message(*one, group=self._group, now=self._clock()) for one in dead]
            )
        except Retry:
            raise
        except Exception as error:
            log.error("dead_letters_failed", group=self._group, exc_info=error)
            raise Retry(f"dead letters: {type(error).__name__}", after=30.0) from error

    async def write_request(
        self, topic: str, body: bytes, headers: Headers, error: Exception
    ) -> None:
        """Durable when it returns. Raises `Retry`."""
        message = dead_request(topic, body, headers, error, group=self._group, now=self._clock())
        await self._write([message])

    async def _write(self, messages: Sequence[Message]) -> None:
        for topic in {message.topic for message in messages} - self._known:
            with suppress(NotOurs):  # then it is there, or writing says so
                await self._bus.create_topics({topic: 1})
            self._known.add(topic)
        for some in _in_parts(messages):
            await self._bus.publish(some)


def _in_parts(messages: Sequence[Message]) -> Iterator[list[Message]]:
    """What one publish can write within its deadline, however large they are."""
    part: list[Message] = []
    size = 0
    for message in messages:
        size += size_of(message)
        if part and size > _PART:
            yield part
            part, size = [], size_of(message)
        part.append(message)
    yield part


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
    What was too large to be kept whole stays there.
    """
    count = 0
    async with _waiting(bus, topic) as (subscription, batches):
        async for batch in batches:
            sent = batch if limit is None else batch[: limit - count]
            messages = [_revived(record, topic) for record in sent]
            for some in _in_parts(messages):
                await bus.publish(some)
            for partition, records in groupby(sent, key=lambda record: record.partition):
                await subscription.commit({partition: list(records)[-1].offset + 1})
            count += sum(message.topic == topic for message in messages)
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


def _split(headers: Headers) -> tuple[Headers, dict[str, str]]:
    """Theirs, and ours by name without the prefix; there are none of ours in what others wrote."""
    first = max((place for place, (name, _) in enumerate(headers) if name == _FIRST), default=None)
    if first is None:
        return headers, {}
    ours = {name: (value or b"").decode(errors="replace") for name, value in headers[first:]}
    return headers[:first], {name.removeprefix(_PREFIX): value for name, value in ours.items()}


def _read(record: Record) -> DeadRecord:
    _, why = _split(record.headers)
    origin, offset = record.partition, record.offset
    if "topic" in why and "http" not in why:
        origin, offset = Partition(why["topic"], _number(why, "partition")), _number(why, "offset")
    return DeadRecord(
        origin=origin,
        offset=offset,
        group=why.get("group", ""),
        error=why.get("error", "not written by Aftercall"),
        at=why.get("time", record.timestamp.isoformat()),
        key=record.key,
        value=record.value,
        size=_number(why, "cut") if "cut" in why else None,
    )


def _number(why: dict[str, str], name: str) -> int:
    text = why.get(name, "")
    return int(text) if text.isdecimal() else 0


def _revived(record: Record, topic: str) -> Message:
    """For its topic; for the dead one again when it is not whole, or no topic would take it."""
    theirs, why = _split(record.headers)
    message = Message(topic, record.key, record.value, theirs)
    try:
        check([message])
        whole = "cut" not in why
    except BadInput:
        whole = False
    if whole:
        return message
    return Message(topic + DEAD_SUFFIX, record.key, record.value, record.headers)
