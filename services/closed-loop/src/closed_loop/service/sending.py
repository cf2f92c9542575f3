"""Sends what is due, workspaces in turn: claim (commit), post, record (commit)."""

import asyncio
import random
from collections import Counter
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import timedelta

from closed_loop import metrics
from closed_loop.domain.retrying import Tried, again_after, why_disabled
from closed_loop.domain.shares import fair_rooms
from closed_loop.repository import deliveries
from closed_loop.repository.deliveries import Claimed, Place, Recorded
from closed_loop.service.posting import Posting
from common.database import Database
from common.errors import Retry
from common.failpoints import failpoint
from common.group_commit import GroupCommit
from common.pace import Pace
from common.telemetry import logging
from common.time import Clock, utc_now

log = logging.get(__name__)
LINGER = 0.02  # seconds between two looks
POLL = 1.0  # seconds: what other replicas wrote, and what was due later, is seen by it
LEASE = timedelta(seconds=120)  # longer than a request and its record
MEASURE = 15.0  # seconds
COUNTED = 100_000  # webhooks that wait, at most


def _draw() -> float:
    return random.random()  # noqa: S311 - a pause, no secret


@dataclass(slots=True, kw_only=True)
class Sending:
    """One per process. `wake` when something was committed; `run` until cancelled."""

    db: Database
    posting: Posting
    clock: Clock = utc_now
    draw: Callable[[], float] = _draw
    _in_flight: Counter[Place] = field(default_factory=Counter)
    _tasks: set[asyncio.Task[None]] = field(default_factory=set)
    _news: asyncio.Event = field(default_factory=asyncio.Event)
    _records: GroupCommit[Recorded] = field(init=False)
    _measured_at: float = float("-inf")

    def __post_init__(self) -> None:
        self._records = GroupCommit(self._record)

    def wake(self) -> None:
        self._news.set()

    async def run(self, *, grace: float = 15.0) -> None:
        """When cancelled, claims nothing more and gives requests in flight `grace` seconds."""
        pace = Pace(LINGER)
        try:
            while True:
                await pace.keep()
                self._news.clear()
                try:
                    if await self._uninterrupted():
                        continue
                except Retry as error:
                    log.warning("webhooks_wait", reason=error.reason)
                    await asyncio.sleep(error.after)
                    continue
                with suppress(TimeoutError):
                    async with asyncio.timeout(POLL):
                        await self._news.wait()
        finally:
            if self._tasks:
                await asyncio.wait(self._tasks, timeout=grace)
            await self._records.close()

    async def _uninterrupted(self) -> int:
        """A claim that commits while we are cancelled is still sent: else its lease would run."""
        task = asyncio.create_task(self._round())
        try:
            return await asyncio.shield(task)
        except asyncio.CancelledError:
            await asyncio.wait([task])
            raise

    async def _round(self) -> int:
        """How many were claimed."""
        async with self.db.connection() as connection:
            due = await deliveries.due(connection, self.clock())
        await self._measure()
        rooms = fair_rooms(due, self._in_flight)
        if not rooms:
            return 0
        async with self.db.transaction() as connection:
            claimed = await deliveries.claim(connection, rooms, now=self.clock(), lease=LEASE)
        failpoint("webhook.after_claim")
        for one in claimed:
            self._in_flight[one.place] += 1
            task = asyncio.create_task(self._send(one))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)
        return len(claimed)

    async def _send(self, claimed: Claimed) -> None:
        try:
            tried = await self.posting.post(claimed)
        finally:
            self._in_flight -= Counter({claimed.place: 1})
            self._news.set()
        _tell(claimed, tried)
        failpoint("webhook.after_post")
        with suppress(Retry):  # its lease ends, and it is sent again: better twice than never
            await self._records.put(self._outcome(claimed, tried))

    def _outcome(self, claimed: Claimed, tried: Tried) -> Recorded:
        if tried.taken:
            return Recorded(claimed=claimed, tried=tried)
        pause = again_after(tried, claimed.tries, draw=self.draw())
        return Recorded(
            claimed=claimed,
            tried=tried,
            again_at=tried.at + pause if pause is not None else None,
            disable=why_disabled(tried, claimed.failing_since),
        )

    async def _record(self, found: Sequence[Recorded]) -> None:
        async with self.db.transaction() as connection:
            await deliveries.record(connection, found)
        for one in found:
            if one.disable:
                metrics.DISABLED.inc()
                workspace, endpoint = one.claimed.place
                log.warning(
                    "webhook_endpoint_disabled",
                    workspace=workspace,
                    endpoint=str(endpoint),
                    because=one.disable,
                )

    async def _measure(self) -> None:
        now = asyncio.get_running_loop().time()
        if now < self._measured_at + MEASURE:
            return
        self._measured_at = now
        async with self.db.connection() as connection:
            waiting, late = await deliveries.waiting(connection, self.clock(), most=COUNTED)
        metrics.WAITING.set(waiting)
        metrics.LATE.set(late)


def _tell(claimed: Claimed, tried: Tried) -> None:
    """A line per request, as of those to providers; an address may hold secrets."""
    refused = tried.problem is not None and tried.problem.startswith("refused")
    outcome = "taken" if tried.taken else "answered" if tried.status else "failed"
    metrics.REQUESTS.labels("refused" if refused else outcome).inc()
    metrics.REQUEST_SECONDS.observe(tried.milliseconds / 1000)
    log.info(
        "webhook_request",
        workspace=claimed.place[0],
        endpoint=str(claimed.place[1]),
        message=str(claimed.message),
        type=claimed.type,
        tries=claimed.tries,
        status=tried.status,
        problem=tried.problem,
        milliseconds=tried.milliseconds,
    )
