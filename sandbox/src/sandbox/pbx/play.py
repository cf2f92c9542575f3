"""Posting calls as the PBXs would: in order, with copies later, again when refused for now."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from random import Random

import aiohttp

from sandbox.ledger import CallEnded, Ledger, utc_now
from sandbox.pbx.calls import PbxCall, Post

_LATER = 30  # a copy comes at most so many calls after the first
_RETRYABLE = frozenset({408, 429})  # besides 5xx


@dataclass(frozen=True, slots=True)
class Delivery:
    """One body on its way. `first`: no body of the call went before."""

    call: PbxCall
    post: Post
    first: bool


@dataclass(slots=True)
class Played:
    """`statuses` counts final answers; None is a body that never got one."""

    calls: int = 0
    bodies: int = 0
    statuses: Counter[int | None] = field(default_factory=Counter)


def deliveries(calls: Sequence[PbxCall], *, seed: int = 0) -> list[Delivery]:
    """Every body in the order of sending; also for a producer on `aftercall.intake.<source>`."""
    draw = Random(f"{seed}/deliveries")  # noqa: S311
    planned: list[tuple[float, int, Delivery]] = []
    for index, call in enumerate(calls):
        others = [*call.extras, *call.posts[1:]]
        planned.append((index, len(planned), Delivery(call, call.posts[0], True)))
        for post in others:
            when = index + draw.uniform(0.5, _LATER)
            planned.append((when, len(planned), Delivery(call, post, False)))
    return [delivery for _, _, delivery in sorted(planned, key=lambda item: item[:2])]


async def play(
    calls: Sequence[PbxCall],
    urls: Mapping[str, str],
    *,
    headers: Mapping[str, Mapping[str, str]] | None = None,
    ledger: Ledger | None = None,
    had_call: Callable[[str, float], None] | None = None,
    progress: Callable[[Played], None] | None = None,
    rate: float | None = None,
    connections: int = 8,
    tries: int = 10,
    seed: int = 0,
) -> Played:
    """Posts every body to its vendor's URL; `urls` and `headers` by vendor.

    `ledger` records each call and `had_call` (of `Callers`) gets how it went, before it is posted.
    `rate` in bodies per second, None as fast as `connections` allow.
    """
    player = _Player(urls, headers or {}, ledger, had_call, progress, tries)
    queue: asyncio.Queue[Delivery | None] = asyncio.Queue(maxsize=connections)
    timeout = aiohttp.ClientTimeout(total=30)
    async with aiohttp.ClientSession(timeout=timeout) as session, asyncio.TaskGroup() as workers:
        for _ in range(connections):
            workers.create_task(player.work(session, queue))
        async for delivery in _paced(deliveries(calls, seed=seed), rate):
            await queue.put(delivery)
        for _ in range(connections):
            await queue.put(None)
    return player.played


async def _paced(planned: Sequence[Delivery], rate: float | None) -> AsyncIterator[Delivery]:
    loop = asyncio.get_running_loop()
    began = loop.time()
    for index, delivery in enumerate(planned):
        if rate is not None:
            await asyncio.sleep(max(0.0, began + index / rate - loop.time()))
        yield delivery


@dataclass(slots=True)
class _Player:
    urls: Mapping[str, str]
    headers: Mapping[str, Mapping[str, str]]
    ledger: Ledger | None
    had_call: Callable[[str, float], None] | None
    progress: Callable[[Played], None] | None
    tries: int
    played: Played = field(default_factory=Played)

    async def work(
        self, session: aiohttp.ClientSession, queue: "asyncio.Queue[Delivery | None]"
    ) -> None:
        while (delivery := await queue.get()) is not None:
            if delivery.first:
                self._happens(delivery.call)
            status = await self._post(session, delivery)
            self.played.bodies += 1
            self.played.calls += delivery.first
            self.played.statuses[status] += 1
            if self.progress is not None:
                self.progress(self.played)

    def _happens(self, call: PbxCall) -> None:
        if self.ledger is not None:
            self.ledger.add(
                CallEnded(
                    at=utc_now(),
                    source=call.vendor,
                    call_id=call.call_id,
                    number=call.customer,
                    queue=call.queue,
                    agent=call.agent.id if call.agent else None,
                    ending=call.ending,
                )
            )
        if self.had_call is not None and call.customer is not None:
            self.had_call(call.customer, call.quality)

    async def _post(self, session: aiohttp.ClientSession, delivery: Delivery) -> int | None:
        call, post = delivery.call, delivery.post
        headers = {"Content-Type": post.content_type, **self.headers.get(call.vendor, {})}
        status: int | None = None
        for attempt in range(self.tries):
            if attempt:
                await asyncio.sleep(min(2.0, 0.1 * 2**attempt))
            try:
                async with session.post(
                    self.urls[call.vendor], data=post.body, headers=headers
                ) as response:
                    await response.read()
                    status = response.status
            except (aiohttp.ClientError, TimeoutError):
                continue
            if status < 500 and status not in _RETRYABLE:
                break
        return status
