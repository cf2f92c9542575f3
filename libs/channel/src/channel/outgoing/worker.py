"""Takes due sends and has them posted: per lane under its rate, per account under its limit."""

import asyncio
from collections import Counter
from collections.abc import Callable, Coroutine, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from channel import metrics
from channel.outgoing import due as queue
from channel.outgoing.capacity import Capacity
from channel.outgoing.carriers import Carrier
from channel.outgoing.claims import Claimed, Claims, Taken
from channel.outgoing.due import Lane
from channel.outgoing.recording import Posted, Recording
from channel.outgoing.request_log import log_request
from channel.store.leaving import Leaving
from channel.store.outcomes import Ambiguous, NothingLeft, Outcome
from common.config import Account, Config, SenderNumber
from common.errors import Retry
from common.events.values import Channel
from common.failpoints import failpoint
from common.pace import Pace
from common.telemetry import logging

log = logging.get(__name__)
LINGER = 0.04  # seconds between two looks
POLL = 0.25  # seconds; what other replicas wrote, and what was due later, is seen by it
BATCH = 100  # sends in one claim
AT_ONCE = 3  # claims
OF_ONE = 10  # lanes of a workspace in one round
STOPPED = "stopped before it left"
STALE = 20.0  # seconds from claim to post: a process that slept posts nothing old


@dataclass(frozen=True, slots=True)
class Place:
    """A lane as it is configured."""

    lane: Lane
    account: Account
    sender: SenderNumber


@dataclass(slots=True, kw_only=True)
class Worker:
    """One per process. `wake` when something was queued; `run` until cancelled.

    `may_ask`: consent is fresh enough for steps; follow-ups go to people who wrote.
    """

    channel: Channel
    claims: Claims
    recording: Recording
    carrier: Carrier
    leaving: Leaving
    may_ask: Callable[[], bool]
    capacity: Capacity = field(default_factory=Capacity)
    _posts: set[asyncio.Task[None]] = field(default_factory=set)
    _wake: asyncio.Event = field(default_factory=asyncio.Event)
    _claiming: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(AT_ONCE))
    _known: tuple[int, list[Place]] = field(
        default_factory=lambda: (-1, [])
    )  # as of a configuration version
    _turn: int = 0
    _short: bool = False  # more may wait than there was room for, so an end makes room

    def wake(self) -> None:
        self._wake.set()

    async def run(self, *, grace: float = 15.0) -> None:
        """When cancelled, claims nothing more and gives requests in flight `grace` seconds."""
        pace = Pace(LINGER)
        try:
            while True:
                await pace.keep()
                self._wake.clear()
                wait = await self._uninterrupted(self._round_or_pause())
                # Not `wait_for`: it swallows being cancelled when woken at the same moment.
                with suppress(TimeoutError):
                    async with asyncio.timeout(wait):
                        await self._wake.wait()
        finally:
            if self._posts:
                await asyncio.wait(self._posts, timeout=grace)
            await self.carrier.close()

    async def _uninterrupted(self, work: Coroutine[Any, Any, float]) -> float:
        """A claim that commits while we are cancelled is still posted: else nobody would do it."""
        task = asyncio.create_task(work)
        try:
            return await asyncio.shield(task)
        except asyncio.CancelledError:
            await asyncio.wait([task])  # milliseconds; the database's time-outs at the most
            raise

    async def _round_or_pause(self) -> float:
        try:
            return await self._round()
        except Retry as error:
            log.warning("worker_paused", reason=error.reason)
            return 1.0

    async def _round(self) -> float:
        """Claims what may go out now; returns the seconds until there may be more."""
        places = self._places(await self.claims.config.current(max_age=0.5))
        all_due = await self._due([place for place in places if self._room(place)])
        due = fair(all_due)
        # A claim takes milliseconds; what waits for a provider is in tasks of its own.
        full = await asyncio.gather(*(self._claim(place) for place in due))
        self._turn += 1
        self._measure()
        self._short = any(full) or not all(self._room(place) for place in places)
        return 0.0 if any(full) or len(due) < len(all_due) else self._pause(places)

    def _places(self, config: Config) -> list[Place]:
        """All of this channel; another one comes first each time."""
        if self._known[0] != config.version:
            self._known = (config.version, _places_of(config, self.channel))
        found = self._known[1]
        first = self._turn % len(found) if found else 0
        return found[first:] + found[:first]

    async def _due(self, places: Sequence[Place]) -> list[Place]:
        if not places:
            return []
        async with self.claims.db.connection() as connection:
            due = await queue.waiting(
                connection,
                self.claims.schema,
                [place.lane for place in places],
                self._urgencies(),
                now=self.claims.clock(),
            )
        return [places[index] for index in due]

    def _urgencies(self) -> tuple[int, ...]:
        return queue.ALL if self.may_ask() else queue.FOLLOW_UPS

    def _room(self, place: Place) -> int:
        return min(BATCH, self.capacity.room(place.lane, place.account, place.sender))

    def _pause(self, places: Sequence[Place]) -> float:
        """Until a rate allows the next one; what ends in between wakes us."""
        waits = [self.capacity.wait(place.lane, place.sender) for place in places]
        return max(0.005, min([POLL, *(wait for wait in waits if wait > 0)]))

    def _measure(self) -> None:
        paused = self.capacity.paused()
        for reason in ("breaker", "throttled", "refused"):
            gauge = metrics.ACCOUNTS_PAUSED.labels(self.claims.schema.name, reason)
            gauge.set(paused[reason])

    async def _claim(self, place: Place) -> bool:
        """Whether as many as there was room for were claimed, so that more may wait."""
        async with self._claiming:
            room = self._room(place)
            if not room:
                return False
            # Taken before the claim, for other lanes of the account look while it runs.
            self.capacity.started(place.lane, place.sender, room)
            taken = Taken()
            stale_at = self.capacity.monotonic() + STALE
            try:
                taken = await self.claims.claim(
                    place.lane, room, self._urgencies(), per_second=place.sender.per_second
                )
            finally:
                self.capacity.started(place.lane, place.sender, len(taken.claimed) - room)
            for item in taken.claimed:
                self._start(self._deliver(place, item, stale_at=stale_at))
            return len(taken.claimed) + taken.refused == room

    def _start(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(work)
        self._posts.add(task)
        task.add_done_callback(self._posts.discard)

    async def _deliver(self, place: Place, claimed: Claimed, *, stale_at: float) -> None:
        try:
            if await self._is_stopped(claimed):  # no fault of the account: nothing to learn
                outcome: Outcome = NothingLeft(STOPPED)
                pause = 0.0
            else:
                outcome = await self._post(place, claimed, stale_at=stale_at)
                pause = self.capacity.learn(place.lane, outcome, attempts=claimed.send.attempts)
        finally:  # the account is free for another one while this one is written down
            self.capacity.ended(place.lane)
            if self._short:
                self.wake()
        await self.recording.put(
            Posted(claimed=claimed, outcome=outcome, pause=timedelta(seconds=pause))
        )

    async def _is_stopped(self, claimed: Claimed) -> bool:
        """One more look just before it leaves; the next claim says why it does not."""
        if claimed.send.despite_stop:
            return False
        try:
            return await self.leaving.is_stopped(claimed.send.contact)
        except Retry:
            return True

    async def _post(self, place: Place, claimed: Claimed, *, stale_at: float) -> Outcome:
        failpoint("post.before")
        started = self.capacity.monotonic()
        if started > stale_at:
            return NothingLeft("stale claim")
        try:
            outcome = await self.carrier.post(place.account, place.lane, claimed)
        except Exception as error:  # a bug in a provider's client: nobody knows what it did
            log.error("post_failed", account=place.account.id, exc_info=error)
            outcome = Ambiguous(type(error).__name__)
        failpoint("post.after")
        name = self.claims.schema.name
        seconds = self.capacity.monotonic() - started
        carrier = place.account.provider
        metrics.POST_SECONDS.labels(name, carrier).observe(seconds)
        metrics.OUTCOMES.labels(name, carrier, type(outcome).__name__).inc()
        log_request(place.account, claimed, outcome, seconds=seconds)
        return outcome


def fair(places: Sequence[Place], most: int = OF_ONE) -> list[Place]:
    """Workspaces take turns, each with so many lanes at most: the others have the next round."""
    count: Counter[str] = Counter()
    turns: list[tuple[int, Place]] = []
    for place in places:
        turn = count[place.lane.workspace]
        count[place.lane.workspace] += 1
        if turn < most:
            turns.append((turn, place))
    return [place for _, place in sorted(turns, key=lambda one: one[0])]


def _places_of(config: Config, channel: Channel) -> list[Place]:
    return [
        Place(Lane(name, account.id, sender.number), account, sender)
        for name, workspace in config.workspaces.items()
        for account in workspace.accounts.values()
        if account.channel is channel
        for sender in account.senders
    ]
