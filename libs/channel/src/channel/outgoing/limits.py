"""How fast and whether at all: a token bucket per sender number, a gate per account. Pure.

Times are seconds of any monotonic clock, given by the caller. Both live in one process: with
several replicas of a sender, each has its own. The rate holds over all of them all the same, for a
claim leases from a bucket that they share (`store.rates`); this one saves asking it in vain.
Divide `in_flight` by the replicas.
"""

from dataclasses import dataclass, field
from random import Random

from channel.store.rates import BURST


@dataclass(slots=True)
class TokenBucket:
    """`rate` tokens a second, at most `BURST` seconds' worth (at least one) saved up."""

    rate: float
    now: float
    tokens: float = field(init=False)

    def __post_init__(self) -> None:
        self.tokens = self.capacity

    @property
    def capacity(self) -> float:
        return max(1.0, self.rate * BURST)

    def available(self, now: float) -> int:
        """Whole tokens there are."""
        self._refill(now)
        return int(self.tokens + 1e-9)

    def take(self, count: int, now: float) -> None:
        self._refill(now)
        self.tokens -= count

    def wait(self, now: float) -> float:
        """Seconds until there is a whole token."""
        self._refill(now)
        return max(0.0, (1.0 - self.tokens) / self.rate)

    def change_rate(self, rate: float, now: float) -> None:
        """Configuration moved; what is saved up stays, within the new capacity."""
        self._refill(now)
        self.rate = rate
        self.tokens = min(self.tokens, self.capacity)

    def _refill(self, now: float) -> None:
        self.tokens = min(self.capacity, self.tokens + max(0.0, now - self.now) * self.rate)
        self.now = max(self.now, now)


@dataclass(frozen=True, slots=True, kw_only=True)
class BreakerTimes:
    """Seconds. Pauses double from `first` to `longest`; the breaker trips after `trips` in a row.

    A refused account (wrong token, unpaid) is an operator's matter: its pauses are longer.
    """

    trips: int = 5
    first: float = 1.0
    longest: float = 60.0
    refused_first: float = 30.0
    refused_longest: float = 900.0


@dataclass(slots=True, kw_only=True)
class CircuitBreaker:
    """Whether an account may be used now: throttled, refused, or its breaker open."""

    times: BreakerTimes = field(default_factory=BreakerTimes)
    random: Random = field(default_factory=Random)
    opens_at: float = 0.0
    reason: str | None = None
    probing: bool = False  # after a pause one request goes first
    _failures: int = 0
    _pauses: int = 0

    def allowance(self, now: float, *, in_flight: int, limit: int) -> int:
        """How many more requests may start."""
        if now < self.opens_at:
            return 0
        if self.probing:
            return 0 if in_flight else 1
        return max(0, limit - in_flight)

    def wait(self, now: float) -> float:
        """Seconds until requests may start again."""
        return max(0.0, self.opens_at - now)

    def served(self) -> None:
        """The provider answered and understood: whatever was wrong is over."""
        self.reason, self.probing = None, False
        self._failures = self._pauses = 0

    def failed(self, now: float) -> float:
        """It cannot be reached, or nobody knows what it did; returns the pause, 0 if none yet."""
        self._failures += 1
        if self._failures < self.times.trips and not self.probing:
            return 0.0
        return self._pause(now, self._grown(self.times.first, self.times.longest), "breaker")

    def throttled(self, now: float, *, after: float | None) -> float:
        """429; `after` is its Retry-After. Returns the pause."""
        grown = self._grown(self.times.first, self.times.longest) if after is None else after
        return self._pause(now, grown, "throttled")

    def refused(self, now: float) -> float:
        """The account itself is not accepted. Returns the pause."""
        grown = self._grown(self.times.refused_first, self.times.refused_longest)
        return self._pause(now, grown, "refused")

    def _grown(self, first: float, longest: float) -> float:
        return min(longest, first * 2.0 ** min(self._pauses, 20))

    def _pause(self, now: float, seconds: float, reason: str) -> float:
        """Requests that were in flight together fail together: they make one pause, not many."""
        if now < self.opens_at and self.reason == reason:
            return max(self.opens_at - now, 0.0)
        self._pauses += 1
        self.opens_at = max(self.opens_at, now + seconds * self.random.uniform(1.0, 1.2))
        self.reason, self.probing = reason, True
        return self.opens_at - now
