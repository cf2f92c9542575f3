"""Reading from Kafka: one member of a group, with what aiokafka leaves to its user.

Each assignment is an epoch: what was read in an earlier one is neither handed out nor committed.
An offset that is no longer there is an error, where aiokafka would jump in silence.
"""

import asyncio
import re
from collections.abc import Iterable, Mapping, Sequence
from types import TracebackType
from typing import Any, Self

from aiokafka import ConsumerRebalanceListener, TopicPartition
from aiokafka.errors import CommitFailedError, IllegalStateError

from common.bus import OnRevoked, Partition, Record, RecordsLost
from common.bus.kafka_member import ReaderSettings, build, record
from common.bus.kafka_trouble import TROUBLE, retry
from common.telemetry import logging
from common.topics import DEAD_SUFFIX

log = logging.get(__name__)
_FEW = 100  # records, for which one more fetch is waited for
_ONE_FETCH = 0.005  # seconds


class KafkaSubscription(ConsumerRebalanceListener):  # type: ignore[misc] # aiokafka has no types
    """Built by `KafkaBus.subscribe`."""

    def __init__(
        self,
        settings: ReaderSettings,
        group: str,
        topics: Sequence[str],
        *,
        pattern: str | None,
        on_revoked: OnRevoked | None,
        linger: float,
    ) -> None:
        self._settings = settings
        self._group = group
        self._topics = [settings.namespace + topic for topic in topics]
        self._pattern = pattern
        self._on_revoked = on_revoked
        self._linger = linger
        self._consumer: Any = None
        self._epoch: object = None  # what aiokafka calls our assignment, while it is ours
        self._next: dict[Partition, int] = {}  # handed out up to here, in this epoch
        self._committed: dict[Partition, int] = {}
        self._paused: dict[Partition, float] = {}

    async def __aenter__(self) -> Self:
        try:
            self._consumer = build(self._settings, self._group, linger=self._linger)
        except OSError as error:
            raise retry(error) from error
        if self._pattern is None:
            self._consumer.subscribe(self._topics, listener=self)
        else:
            prefix = re.escape(self._settings.namespace + self._pattern)
            dead = re.escape(DEAD_SUFFIX)
            self._consumer.subscribe(pattern=f"{prefix}(?!.*{dead}$)", listener=self)
        try:
            # Joining waits for the batches of the members that are there.
            async with asyncio.timeout(self._settings.rebalance_timeout + 30):
                await self._consumer.start()
        except BaseException as error:
            await self._stop()
            if isinstance(error, TROUBLE):
                raise retry(error) from error
            raise
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self._stop()

    async def poll(
        self, *, max_records: int, timeout: float
    ) -> Mapping[Partition, Sequence[Record]]:
        """Takes longer than `timeout` while the group is being balanced."""
        loop = asyncio.get_running_loop()
        until = loop.time() + timeout
        while True:
            self._resume(loop.time())
            wait = min([until, *self._paused.values()]) - loop.time()
            try:
                found = await self._poll(max_records, max(wait, 0.0))
            except TROUBLE as error:
                raise retry(error) from error
            if found or loop.time() >= until:
                return found

    async def commit(self, offsets: Mapping[Partition, int]) -> None:
        """Drops what was handed out before the last rebalance; raises `Retry` without broker."""
        current = {p: o for p, o in offsets.items() if o <= self._next.get(p, -1)}
        if not current:
            return
        epoch = self._epoch
        try:
            async with asyncio.timeout(self._settings.commit_deadline):
                await self._consumer.commit({self._tp(p): o for p, o in current.items()})
        except (CommitFailedError, IllegalStateError):
            log.info("commit_refused", group=self._group)  # the next owner repeats the work
            return
        except TROUBLE as error:
            raise retry(error) from error
        if epoch is self._epoch:
            self._committed.update(current)

    def pause(self, partition: Partition, *, until: float, offset: int) -> None:
        if partition not in self._next or self._tp(partition) not in self._consumer.assignment():
            return  # no longer ours
        self._consumer.pause(self._tp(partition))
        self._consumer.seek(self._tp(partition), offset)
        self._next[partition] = offset
        self._paused[partition] = until

    async def lag(self) -> Mapping[Partition, int]:
        try:
            async with asyncio.timeout(self._settings.commit_deadline):
                ours = [self._partition(tp) for tp in self._consumer.assignment()]
                await self._look_up(ours)
                tps = [self._tp(p) for p in ours]
                ends = await self._consumer.end_offsets(tps) if tps else {}
                missing = [self._tp(p) for p in ours if p not in self._committed]
                starts = await self._consumer.beginning_offsets(missing) if missing else {}
        except TROUBLE as error:
            raise retry(error) from error
        return {
            p: max(0, ends[self._tp(p)] - self._committed.get(p, starts.get(self._tp(p), 0)))
            for p in ours
        }

    async def on_partitions_revoked(self, revoked: Iterable[Any]) -> None:
        """Called by aiokafka before it joins again; it only logs what we raise."""
        try:
            if self._on_revoked is not None and self._next:
                async with asyncio.timeout(self._settings.rebalance_timeout * 0.8):
                    await self._on_revoked()
        except Exception as error:
            log.warning("revoked_with_work", group=self._group, error=type(error).__name__)
        finally:
            self._begin(None)

    async def on_partitions_assigned(self, assigned: Iterable[Any]) -> None:
        """Called by aiokafka some time after `getmany` gives records of the new assignment."""

    def _begin(self, epoch: object) -> None:
        self._epoch = epoch
        self._next = {}
        self._committed = {}
        self._paused = {}

    async def _poll(self, max_records: int, timeout: float) -> Mapping[Partition, Sequence[Record]]:
        read = await self._read(max_records, timeout)
        epoch = self._epoch
        found = {self._partition(tp): raw for tp, raw in read.items()}
        await self._check(found)
        if epoch is not self._epoch:
            return {}  # revoked meanwhile: whoever has them now begins at the committed offset
        ready = {p: raw for p, raw in found.items() if p not in self._paused}
        for partition, raw in ready.items():
            self._next[partition] = raw[-1].offset + 1
        return {p: [record(p, one) for one in raw] for p, raw in ready.items()}

    async def _read(self, max_records: int, timeout: float) -> dict[Any, list[Any]]:
        """A fair share of each partition that has something, then whatever fills the poll.

        aiokafka by itself empties what it holds of one partition before it turns to the next.
        """
        found: dict[Any, list[Any]] = {}
        ours = self._consumer.assignment()
        share = max(1, max_records // max(1, len(ours)))
        left = max_records - await self._take(found, share)
        if not found:
            left = max_records - await self._take(found, share, timeout=timeout)
        elif max_records - left < _FEW:
            # It was fetched before we asked, and aiokafka fetches no more while it lies there.
            left -= await self._take(found, share, timeout=_ONE_FETCH)
        if found:
            for tp in ours - found.keys():
                left -= await self._take(found, min(share, left), tp)
            while left > 0 and (more := await self._take(found, left)):
                left -= more
        return found

    async def _take(
        self, found: dict[Any, list[Any]], limit: int, *of: Any, timeout: float = 0.0
    ) -> int:
        if limit <= 0:
            return 0
        more = await self._consumer.getmany(*of, timeout_ms=int(timeout * 1000), max_records=limit)
        # It drains and returns in one step, so these are of the assignment of this moment; what
        # an earlier call gave may not be. An assignment's set of partitions is its identity.
        if self._consumer.assignment() is not self._epoch:
            self._begin(self._consumer.assignment())
            found.clear()
        for tp, records in more.items():
            found.setdefault(tp, []).extend(records)
        return sum(map(len, more.values()))

    async def _check(self, found: Mapping[Partition, Sequence[Any]]) -> None:
        """Raises `RecordsLost` when aiokafka has jumped because an offset was out of range."""
        await self._look_up([p for p in found if p not in self._next])
        for partition, raw in found.items():
            wanted = self._next.get(partition, self._committed.get(partition))
            if wanted is None or wanted == raw[0].offset:
                continue
            tp = self._tp(partition)
            oldest = (await self._consumer.beginning_offsets([tp]))[tp]
            if raw[0].offset < wanted or oldest > wanted:  # else: markers of a transaction
                raise RecordsLost(partition, wanted=wanted, found=oldest)

    async def _look_up(self, partitions: Sequence[Partition]) -> None:
        """What the group has committed, for those we do not know yet."""
        unknown = [p for p in partitions if p not in self._committed]
        offsets = await asyncio.gather(*(self._consumer.committed(self._tp(p)) for p in unknown))
        for partition, offset in zip(unknown, offsets, strict=True):
            if offset is not None:
                self._committed[partition] = offset

    def _resume(self, now: float) -> None:
        for partition in [p for p, until in self._paused.items() if until <= now]:
            del self._paused[partition]
            if self._tp(partition) in self._consumer.assignment():
                self._consumer.resume(self._tp(partition))

    async def _stop(self) -> None:
        try:
            async with asyncio.timeout(self._settings.commit_deadline):
                await self._consumer.stop()
        except TROUBLE as error:
            log.warning("leave_failed", group=self._group, error=type(error).__name__)

    def _tp(self, partition: Partition) -> Any:
        return TopicPartition(self._settings.namespace + partition.topic, partition.number)

    def _partition(self, tp: Any) -> Partition:
        return Partition(tp.topic.removeprefix(self._settings.namespace), tp.partition)
