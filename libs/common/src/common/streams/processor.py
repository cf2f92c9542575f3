"""The inside of a consumer: what happens to the records of one poll, and when they are committed.

A lock is held while records are in hand and never while polling, so that partitions are let go
only between polls. At most one round's publishing is outstanding while the next one is handled.
What cannot be used is set aside when the round is over, together: a round that finds our handler
broken leaves no dead records behind, for it comes again.
What is done is committed now and then; before partitions are let go, and at the end, all of it.
"""

import asyncio
from collections import deque
from collections.abc import Mapping, Sequence
from contextlib import suppress

from common.bus import Partition, Record, Subscription
from common.errors import BadRecords, HeldRecords, Retry
from common.streams.batches import Item, PolledBatch, Reading, next_batch
from common.streams.commits import COMMIT_EVERY, Commits
from common.streams.dead_letters import DeadLetterWriter
from common.streams.pulse import Pulse
from common.streams.unusable import Unusable, count
from common.telemetry import logging, metrics

log = logging.get(__name__)
_READING = "reading"
_LEAVE = 5.0  # seconds for what is outstanding when the subscription ends


class RecordProcessor:
    """`read` gives a record its route and decodes it; None skips it, `BadInput` sets it aside."""

    def __init__(
        self,
        group: str,
        read: Reading,
        dead_letters: DeadLetterWriter,
        *,
        commit_every: float = COMMIT_EVERY,
    ) -> None:
        self._group = group
        self._read = read
        self._lock = asyncio.Lock()
        self._in_hand: PolledBatch | None = None  # in hand
        self._outstanding: asyncio.Task[None] | None = None
        self._careful: dict[Partition, int] = {}  # up to here, publish before anything follows
        self._unusable = Unusable(group, dead_letters)
        self.pulse = Pulse()
        self.commits = Commits(group, commit_every)

    async def handle(
        self, subscription: Subscription, polled: Mapping[Partition, Sequence[Record]]
    ) -> None:
        """Everything of one poll; what it publishes may follow while the next one is handled."""
        if not polled:
            await self._settled()
            await self.commits.when_due(subscription)
        else:
            async with self._lock:
                await self._handle(subscription, polled)
        self.pulse.handled(polled)

    async def idle(self, subscription: Subscription) -> None:
        """Returns when nothing is in hand and everything handled is published and committed."""
        async with self._lock:
            await self._settled()
            await self.commits.now(subscription)
            self.commits.forget()

    async def leave(self, subscription: Subscription) -> None:
        """The subscription ends."""
        if self._outstanding is not None:
            await asyncio.wait([self._outstanding], timeout=_LEAVE)
            self._outstanding.cancel()
            await asyncio.wait([self._outstanding])
            self._outstanding = None
        with suppress(TimeoutError):
            async with asyncio.timeout(_LEAVE):
                await self.commits.now(subscription)
        self.commits.forget()

    async def _handle(
        self, subscription: Subscription, polled: Mapping[Partition, Sequence[Record]]
    ) -> None:
        one = self._in_hand = PolledBatch(
            subscription,
            first={p: records[0].offset for p, records in polled.items()},
            end={p: records[-1].offset + 1 for p, records in polled.items()},
        )
        try:
            queues = [await self._read_all(one, records) for records in polled.values()]
            while queues := [queue for queue in queues if queue]:
                await self._run(one, next_batch(queues))
            await self._settled()
            await self._set_aside(one)
        finally:
            self._in_hand = None  # when this was an exception, nothing of the round is committed
        deferred = bool(one.finishes)
        self._outstanding = asyncio.create_task(self._settle(one))
        if not deferred:
            await self._settled()

    async def _read_all(self, one: PolledBatch, records: Sequence[Record]) -> deque[Item]:
        """What cannot be read goes to the dead topic, however much it is."""
        queue: deque[Item] = deque()
        skipped: list[Record] = []
        for record in records:
            try:
                found = self._read(record)
            except Exception as error:
                self._unusable.fail(one, record, error, label=_READING)
                continue
            self._unusable.worked(_READING)
            if found is None:
                skipped.append(record)
            else:
                queue.append(Item(record, *found))
        count(self._group, skipped, "skipped")
        if self._unusable.stuck_in(records[0].partition):  # what follows is not handled in vain
            await self._set_aside(one)
        return queue

    async def _run(self, one: PolledBatch, items: Sequence[Item], *, careful: bool = False) -> None:
        """Handles a batch; halves it when it fails, so that only the bad record is set aside."""
        items = one.still(items)
        careful = careful or self._is_careful(items)
        if careful:
            await self._settled()
            await self._publish(one)
            items = one.still(items)
        if not items:
            return
        error = await self._try(one, items, careful=careful)
        if error is None:
            return
        if isinstance(error, BadRecords) and error.errors:
            one.dead += [(items[place].record, bad) for place, bad in error.errors.items()]
            good = [item for place, item in enumerate(items) if place not in error.errors]
            await self._run(one, good, careful=careful)
        elif len(items) == 1:
            self._unusable.fail(one, items[0].record, error, label=items[0].route.label)
        else:
            half = len(items) // 2
            await self._run(one, items[:half], careful=True)
            await self._run(one, items[half:], careful=True)

    async def _try(
        self, one: PolledBatch, items: Sequence[Item], *, careful: bool
    ) -> Exception | None:
        try:
            await self._call(one, items, careful=careful)
        except Retry as retry:
            for item in items:
                self._pause(one, item.record, retry)
        except HeldRecords as held:  # what comes after them is handled, and comes again with them
            places = set(held.places)
            for place in places:
                self._pause(one, items[place].record, Retry(held.reason))
            done = [item.record for n, item in enumerate(items) if n not in places]
            count(self._group, done, "done")
        except Exception as error:
            return error
        else:
            self._unusable.worked(items[0].route.label)
            count(self._group, [item.record for item in items], "done")
        return None

    async def _call(self, one: PolledBatch, items: Sequence[Item], *, careful: bool) -> None:
        route = items[0].route
        self.pulse.beat()
        with metrics.HANDLER_SECONDS.labels(self._group, route.label).time():
            try:
                finish, held = await route.handle([item.event for item in items]), None
            except HeldRecords as error:
                finish, held = error.finish, error
        if finish is not None:
            if careful:
                await finish()
            else:
                one.finishes.append(finish)
        if held is not None:
            raise held

    async def _set_aside(self, one: PolledBatch) -> None:
        self.pulse.beat()
        for record, retry in await self._unusable.set_aside(one):
            self._pause(one, record, retry)  # rather stand still than drop it

    def _pause(self, one: PolledBatch, record: Record, retry: Retry) -> None:
        """Its partition, from this record on."""
        partition = record.partition
        if record.offset >= one.end[partition]:
            return
        one.halt(partition, record.offset)
        until = asyncio.get_running_loop().time() + retry.after
        one.subscription.pause(partition, until=until, offset=record.offset)
        self.pulse.pause(partition, until=until)
        count(self._group, [record], "repeated")
        log.info("partition_paused", group=self._group, reason=retry.reason, after=retry.after)

    async def _settle(self, one: PolledBatch) -> None:
        """Publishes what the handlers of a round left for later; then it may be committed."""
        if not await self._publish(one):
            return
        ready = {p: end for p, end in one.end.items() if end > one.first[p]}
        self._careful = {p: o for p, o in self._careful.items() if ready.get(p, 0) < o}
        self.commits.add(ready)
        await self.commits.when_due(one.subscription)

    async def _publish(self, one: PolledBatch) -> bool:
        finishes, one.finishes = one.finishes, []
        try:
            for finish in finishes:
                await finish()
        except Retry as retry:
            self._take_back(one, retry)
            return False
        except Exception as error:
            log.error("publishing_failed", group=self._group, exc_info=error)
            self._careful |= one.end  # the next time, one batch at a time
            self._take_back(one, Retry("publishing failed", after=0.0))
            return False
        return True

    def _take_back(self, one: PolledBatch, retry: Retry) -> None:
        """All of a round comes again, and what was handled after it in the same partitions."""
        until = asyncio.get_running_loop().time() + retry.after
        for partition, first in one.first.items():
            if self._in_hand is not None and partition in self._in_hand.end:
                self._in_hand.halt(partition, first)
            one.halt(partition, first)
            # Less than `first` where the round before was taken back while this one was in hand.
            one.subscription.pause(partition, until=until, offset=one.end[partition])
            self.pulse.pause(partition, until=until)
        log.info("batch_repeated", group=self._group, reason=retry.reason)

    async def _settled(self) -> None:
        if self._outstanding is not None:
            await asyncio.wait([self._outstanding])
            task, self._outstanding = self._outstanding, None
            if task is not None:
                task.result()

    def _is_careful(self, items: Sequence[Item]) -> bool:
        return bool(self._careful) and any(
            item.record.offset < self._careful.get(item.record.partition, 0) for item in items
        )
