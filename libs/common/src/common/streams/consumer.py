"""Reads topics in batches; a record leaves in one of three ways.

Its handler returns: done. It raises `Retry`: its partition is paused, and the record comes again
(`HeldRecords`: some of the batch do so, and the others are done).
It raises anything else: the batch is halved until the bad record is alone, and that one goes to
`<topic>.dead`. Offsets are committed after that, so a crash repeats work and loses none.

Rounds of few records begin `linger` seconds apart: what comes alone is handled at once, what comes
in a stream some at a time (as `common.pace` does it where nobody polls).
"""

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from contextlib import suppress
from typing import Any, TypeAlias

from common.bus import Bus, Record, Subscription
from common.errors import BadInput, Retry
from common.events import NAMES, Head, decode, head_of
from common.streams.batches import Finish, HandlerBroken, Reading, Route
from common.streams.commits import COMMIT_EVERY
from common.streams.dead_letters import DeadLetterWriter
from common.streams.processor import RecordProcessor
from common.telemetry import logging, metrics
from common.time import Clock, utc_now
from common.topics import TOPICS

log = logging.get(__name__)

# `events` are envelopes of one type (or what a reader made of them), in order. All or nothing: when
# it raises, it runs again with a part.
# It may return a `Finish`: publishing, say, that must be done before the offsets are committed but
# may overlap the handling of what comes next. When that fails, the whole batch comes again.
Handler: TypeAlias = Callable[[Sequence[Any]], Awaitable[Finish | None]]
Reader: TypeAlias = Callable[[Head], Any]  # raises `BadInput`
RawHandler: TypeAlias = Callable[[Sequence[Record]], Awaitable[Finish | None]]

__all__ = ["Consumer", "Finish", "Handler", "HandlerBroken", "RawConsumer", "RawHandler"]
_POLL = 1.0  # seconds
LINGER = 0.04  # seconds
_FEW = 100  # records; a round of more is worth its cost
_STOP = 15.0  # seconds for the batch in hand when we are told to stop
_PATIENCE = 10.0  # seconds between two lines that say that we wait
_WATCH = 5.0  # seconds between two looks at the lag
_TELL = 1.0  # seconds


class Consumer:
    """One member of `group`, for the topics that carry the types of `handlers`."""

    def __init__(
        self,
        bus: Bus,
        group: str,
        handlers: Mapping[type[Any], Handler],
        *,
        service: str,
        max_records: int = 1000,
        clock: Clock = utc_now,
        after: Callable[[], Awaitable[None]] | None = None,
        readers: Mapping[type[Any], Reader] | None = None,
        linger: float = LINGER,
        commit_every: float = COMMIT_EVERY,
        only: Collection[str] | None = None,
    ) -> None:
        """`after`: what our first poll waits for; we have joined the group by then.

        `readers`: for facts of which the handler takes something else than the envelope.
        `linger`, `commit_every`: seconds; the longer, the cheaper. `only`: of these topics.
        """
        names = {NAMES[fact] for fact in handlers}
        self.topics = [topic.name for topic in TOPICS if names & set(topic.types)]
        if only is not None:
            self.topics = [name for name in self.topics if name in only]
        self._bus = bus
        self.group = group
        self._pattern: str | None = None
        self._max_records = max_records
        self._service = service
        self._processor = RecordProcessor(
            group,
            _typed(handlers, readers or {}),
            DeadLetterWriter(bus, group, clock=clock),
            commit_every=commit_every,
        )
        self._linger = linger
        self._subscription: Subscription | None = None
        self._after = after
        self._lagged: set[str] = set()  # topics whose lag was told
        for topic in self.topics:  # from zero on, so that the first dead record is an increase
            metrics.RECORDS.labels(group, topic, "dead")

    @property
    def seconds_behind(self) -> float:
        """How old what we have not handled may be; infinite before the first poll."""
        return self._processor.pulse.seconds_behind

    def silence(self) -> float:
        """Seconds since it polled, handled, or tried to reach a broker, as it always does."""
        return self._processor.pulse.silence

    async def run(self) -> None:
        """Until cancelled; then what is in hand is finished and committed. Raises what is fatal:

        `HandlerBroken` and `RecordsLost`.
        """
        work = asyncio.create_task(self._forever(), name=f"consumer.{self.group}")
        telling = asyncio.create_task(self._tell_age())
        try:
            await asyncio.shield(work)
        except asyncio.CancelledError:
            try:
                async with asyncio.timeout(_STOP):
                    await self._let_go()
            except TimeoutError:
                log.warning("stopped_with_work", service=self._service, group=self.group)
            raise
        finally:
            telling.cancel()
            work.cancel()
            await asyncio.wait([work, telling])

    async def _forever(self) -> None:
        while True:
            self._processor.pulse.beat()
            try:
                async with self._bus.subscribe(
                    self.group,
                    self.topics,
                    pattern=self._pattern,
                    on_revoked=self._let_go,
                    linger=self._linger,
                ) as subscription:
                    await self._work(subscription)
            except Retry as retry:  # a new subscription begins at what is committed
                log.warning(
                    "subscription_lost",
                    service=self._service,
                    group=self.group,
                    reason=retry.reason,
                )
                await asyncio.sleep(retry.after)

    async def _let_go(self) -> None:
        if self._subscription is not None:
            await self._processor.idle(self._subscription)

    async def _work(self, subscription: Subscription) -> None:
        self._subscription = subscription
        watching = asyncio.create_task(self._watch(subscription))
        try:
            if self._after is not None:
                # We have joined, so nobody else takes our share of the partitions, and we hold no
                # record that would come twice when the group is balanced again.
                await self._wait_for(self._after)
            while True:
                await self._round(subscription)
        finally:
            watching.cancel()
            self._subscription = None
            await self._processor.leave(subscription)

    async def _round(self, subscription: Subscription) -> None:
        self._processor.pulse.beat()
        polled = await subscription.poll(
            max_records=self._max_records, timeout=min(_POLL, self._processor.commits.due_in)
        )
        few = 0 < sum(map(len, polled.values())) < _FEW
        began = asyncio.get_running_loop().time()
        await self._processor.handle(subscription, polled)
        if few:
            await asyncio.sleep(began + self._linger - asyncio.get_running_loop().time())

    async def _wait_for(self, after: Callable[[], Awaitable[None]]) -> None:
        while True:
            self._processor.pulse.beat()
            try:
                async with asyncio.timeout(_PATIENCE):
                    return await after()
            except TimeoutError:
                log.warning("waits", service=self._service, group=self.group)

    async def _tell_age(self) -> None:
        """Also while no broker answers: that is when it matters."""
        while True:
            metrics.SECONDS_BEHIND.labels(self.group).set(self.seconds_behind)
            metrics.PAUSED.labels(self.group).set(self._processor.pulse.paused)
            await asyncio.sleep(_TELL)

    async def _watch(self, subscription: Subscription) -> None:
        """Keeps the gauge of the lag; what another member has taken over lags there."""
        while True:
            with suppress(Retry):
                lag: Counter[str] = Counter()
                for partition, count in (await subscription.lag()).items():
                    lag[partition.topic] += count
                self._lagged |= lag.keys()
                for topic in self._lagged:
                    metrics.LAG.labels(self.group, topic).set(lag[topic])
            await asyncio.sleep(_WATCH)


class RawConsumer(Consumer):
    """Records as they are, of every topic that begins with `pattern`; for outsiders' topics.

    A `BadInput` from the handler means that a record cannot be read, `BadRecords` says which.
    """

    def __init__(
        self,
        bus: Bus,
        group: str,
        pattern: str,
        handler: RawHandler,
        *,
        service: str,
        max_records: int = 1000,
        clock: Clock = utc_now,
    ) -> None:
        super().__init__(bus, group, {}, service=service, max_records=max_records, clock=clock)
        self._pattern = pattern
        self._processor = RecordProcessor(
            group, _raw(pattern, handler), DeadLetterWriter(bus, group, clock=clock)
        )


def _typed(handlers: Mapping[type[Any], Handler], readers: Mapping[type[Any], Reader]) -> Reading:
    routes = {
        NAMES[fact]: (Route(NAMES[fact], handler), fact, readers.get(fact))
        for fact, handler in handlers.items()
    }

    def read(record: Record) -> tuple[Route, Any] | None:
        if record.value is None:
            raise BadInput.at("", "no value")
        head = head_of(record.value)
        found = routes.get(head.type)
        if found is None:
            return None
        route, fact, reader = found
        return route, reader(head) if reader else decode(record.value, fact)

    return read


def _raw(label: str, handler: RawHandler) -> Reading:
    route = Route(label, handler)
    return lambda record: (route, record)
