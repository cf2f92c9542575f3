"""How much of a process a key, a workspace or an address may use: token buckets, in memory."""

import asyncio
import ipaddress
import math
import time
from collections import OrderedDict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from fastapi import Request

from common.errors import Problem
from common.telemetry.metrics import LIMITED

BURST = 4.0  # seconds' worth that may come at once
REFUSALS = 1.0  # a second, of one address: wrong keys and secrets
REFUSALS_AT_ONCE = 30.0
TRIES = 5.0  # wrong passwords of one name from one address, then
TRIED_AGAIN = 180.0  # seconds from one try to the next
OPERATOR = 10.0  # an operator's key works for many workspaces
REMEMBERED = 20_000  # buckets of a kind
HELD_FOR = 0.5  # seconds; who asks again at once, over few connections, then costs next to nothing
MOST_HELD = 200  # answers; more go out at once


class Buckets:
    """A token bucket per name. Those that were not used for longest are forgotten: full again."""

    def __init__(
        self,
        rate: float,
        burst: float,
        *,
        clock: Callable[[], float] = time.monotonic,
        remembered: int = REMEMBERED,
    ) -> None:
        """`rate`: a second."""
        self._rate, self._burst = rate, burst
        self._clock = clock
        self._remembered = remembered
        self._known: OrderedDict[str, tuple[float, float]] = OrderedDict()  # left, as of when

    def take(self, name: str, amount: float = 1.0, *, share: float = 1.0) -> float:
        """0 when it was taken, else the seconds until it may be; `share` of the usual size.

        What is more than a bucket holds is taken from a full one, which then has less than nothing.
        """
        left = self._left(name, share)
        wanted = min(amount, self._burst * share)
        if left < wanted:
            return (wanted - left) / (self._rate * share)
        self._keep(name, left - amount)
        return 0.0

    def wait(self, name: str) -> float:
        """Seconds until one may be taken; takes nothing."""
        return max(0.0, 1.0 - self._left(name, 1.0)) / self._rate

    def give_back(self, name: str, amount: float = 1.0) -> None:
        """What was taken and not used."""
        self._keep(name, self._left(name, 1.0) + amount)

    def _left(self, name: str, share: float) -> float:
        left, since = self._known.get(name, (math.inf, 0.0))
        grown = (self._clock() - since) * self._rate * share
        return min(left + grown, self._burst * share)

    def _keep(self, name: str, left: float) -> None:
        self._known[name] = (left, self._clock())
        self._known.move_to_end(name)
        if len(self._known) > self._remembered:
            self._known.popitem(last=False)


@dataclass(slots=True)
class Admission:
    """Of one process. `rate`: requests a second of a key and of a workspace; `events`: what a
    workspace tells a second, of which one that floods must leave the others enough."""

    rate: float = 500.0
    events: float = 200.0
    clock: Callable[[], float] = time.monotonic  # of wrong secrets
    held_for: float = HELD_FOR  # seconds
    _held: int = 0
    _keys: Buckets = field(init=False)
    _workspaces: Buckets = field(init=False)
    _told: Buckets = field(init=False)
    _refusals: Buckets = field(init=False)
    _tries: Buckets = field(init=False)

    def __post_init__(self) -> None:
        self._keys = Buckets(self.rate, self.rate * BURST)
        self._workspaces = Buckets(self.rate, self.rate * BURST)
        self._told = Buckets(self.events, self.events * BURST)
        self._refusals = Buckets(REFUSALS, REFUSALS_AT_ONCE, clock=self.clock)
        self._tries = Buckets(1 / TRIED_AGAIN, TRIES, clock=self.clock)

    def key(self, key_id: str, *, operator: bool) -> None:
        """A request with this key. Raises `Problem` 429."""
        share = OPERATOR if operator else 1.0
        _check("key", self._keys.take(key_id, share=share))

    def workspace(self, workspace: str) -> None:
        """A request of it. Raises `Problem` 429."""
        _check("workspace", self._workspaces.take(workspace))

    def tells(self, workspace: str, events: int = 1) -> None:
        """So many calls and other events of it. Raises `Problem` 429."""
        _check("workspace", self._told.take(workspace, events))

    def stranger(self, request: Request) -> None:
        """Before looking for a key that was never seen. Raises `Problem` 429."""
        _check("address", self._refusals.wait(address_of(request)))

    def refused(self, request: Request) -> None:
        """A wrong key or secret came from there."""
        self._refusals.take(address_of(request))

    def guess(self, request: Request) -> None:
        """What may be a guess counts as one until it is `right`, so that many at once are no more.

        Raises `Problem` 429.
        """
        _check("address", self._refusals.take(address_of(request)))

    def right(self, request: Request) -> None:
        """It was none."""
        self._refusals.give_back(address_of(request))

    async def hold(self) -> None:
        """Before it is answered that somebody asks too much."""
        if self._held >= MOST_HELD:
            return
        self._held += 1
        try:
            await asyncio.sleep(self.held_for)
        finally:
            self._held -= 1

    @contextmanager
    def trying(self, request: Request, *, name: str = "") -> Iterator[Callable[[], None]]:
        """Around a look whether a secret is right, such as the password of `name`.

        The block calls what it gets when the secret was wrong. A try is taken before and given back
        after, so that many at once are no more than in a row; the same name from elsewhere is not
        held up. Raises `Problem` 429.
        """
        address = address_of(request)
        wanted = [(self._refusals, address)]
        if name:
            wanted.append((self._tries, f"{address} {name}"))
        taken: list[tuple[Buckets, str]] = []
        wrong = False

        def was_wrong() -> None:
            nonlocal wrong
            wrong = True

        try:
            for buckets, whose in wanted:
                _check("address", buckets.take(whose))
                taken.append((buckets, whose))
            yield was_wrong
        finally:
            if not wrong:
                for buckets, whose in taken:
                    buckets.give_back(whose)


def _check(why: str, seconds: float) -> None:
    if seconds > 0:
        LIMITED.labels(why).inc()
        after = max(1, math.ceil(seconds))
        text = f"Too many requests of this {why}; try again in {after} s."
        raise Problem(429, "Too many requests", text, retry_after=after)


def address_of(request: Request) -> str:
    """Whose limit a request counts for: an IPv4 address, or the network of an IPv6 address."""
    host = request.client.host if request.client else ""
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        return host
    if address.version == 4:
        return host
    if address.ipv4_mapped:
        return str(address.ipv4_mapped)
    return str(ipaddress.ip_network((address, 64), strict=False))
