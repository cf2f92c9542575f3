"""What this process may send now: buckets per sender number, gates per account and per number."""

import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from random import Random

from channel.outgoing.due import Lane
from channel.outgoing.limits import BreakerTimes, CircuitBreaker, TokenBucket
from channel.store.outcomes import (
    Accepted,
    AccountRefused,
    Ambiguous,
    Deferred,
    NothingLeft,
    Outcome,
    Rejected,
    Throttled,
)
from common.config import Account, SenderNumber
from common.telemetry import logging

log = logging.get(__name__)
FIRST_BACK_OFF, LONGEST_BACK_OFF = 1.0, 60.0  # seconds


@dataclass(slots=True)
class Usage:
    """Of an account, or of one of its numbers."""

    breaker: CircuitBreaker
    in_flight: int = 0


@dataclass(slots=True, kw_only=True)
class Capacity:
    """Learns from outcomes. One per process and worker."""

    times: BreakerTimes = field(default_factory=BreakerTimes)
    monotonic: Callable[[], float] = time.monotonic
    random: Random = field(default_factory=Random)
    _accounts: dict[tuple[str, str], Usage] = field(default_factory=dict)
    _lanes: dict[Lane, Usage] = field(default_factory=dict)
    _buckets: dict[Lane, TokenBucket] = field(default_factory=dict)

    def room(self, lane: Lane, account: Account, sender: SenderNumber) -> int:
        """How many more requests may start in this lane."""
        now = self.monotonic()
        allowed = min(
            used.breaker.allowance(now, in_flight=used.in_flight, limit=account.in_flight)
            for used in self._used(lane)
        )
        return min(allowed, self._bucket(lane, sender).available(now)) if allowed else 0

    def wait(self, lane: Lane, sender: SenderNumber) -> float:
        """Seconds until the lane's rate allows one more."""
        return self._bucket(lane, sender).wait(self.monotonic())

    def started(self, lane: Lane, sender: SenderNumber, count: int) -> None:
        self._bucket(lane, sender).take(count, self.monotonic())
        for used in self._used(lane):
            used.in_flight += count

    def ended(self, lane: Lane) -> None:
        for used in self._used(lane):
            used.in_flight -= 1

    def learn(self, lane: Lane, outcome: Outcome, *, attempts: int) -> float:
        """Returns how many seconds the send waits, if it is one to be repeated."""
        now = self.monotonic()
        account, number = self._used(lane)
        match outcome:
            case Accepted() | Rejected():
                account.breaker.served()
                number.breaker.served()
                return 0.0
            case NothingLeft():
                grown = FIRST_BACK_OFF * 2.0 ** min(attempts - 1, 20)
                wait = min(LONGEST_BACK_OFF, grown) * self.random.uniform(0.5, 1.5)
                return max(wait, account.breaker.failed(now))
            case Ambiguous():
                return account.breaker.failed(now)
            case Deferred(after=after):
                account.breaker.served()
                return self._spread(after)
            case Throttled(after):
                return self._spread(account.breaker.throttled(now, after=after))
            case AccountRefused(code, sender_only):
                pause = (number if sender_only else account).breaker.refused(now)
                log.error(
                    "account_refused",
                    workspace=lane.workspace,
                    account=lane.account,
                    code=code,
                    sender_only=sender_only,
                    pause_seconds=round(pause),
                )
                return self._spread(pause)

    def paused(self) -> Counter[str]:
        """Accounts and numbers that are not used now, by reason."""
        now = self.monotonic()
        every = [*self._accounts.values(), *self._lanes.values()]
        return Counter(used.breaker.reason or "" for used in every if used.breaker.wait(now))

    def _spread(self, pause: float) -> float:
        """Many that wait for the same thing do not come back at once."""
        return pause * self.random.uniform(1.0, 1.2)

    def _used(self, lane: Lane) -> tuple[Usage, Usage]:
        account = self._accounts.setdefault((lane.workspace, lane.account), self._usage())
        return account, self._lanes.setdefault(lane, self._usage())

    def _usage(self) -> Usage:
        return Usage(CircuitBreaker(times=self.times, random=self.random))

    def _bucket(self, lane: Lane, sender: SenderNumber) -> TokenBucket:
        now = self.monotonic()
        bucket = self._buckets.get(lane)
        if bucket is None:
            bucket = self._buckets[lane] = TokenBucket(sender.per_second, now)
        elif bucket.rate != sender.per_second:
            bucket.change_rate(sender.per_second, now)
        return bucket
