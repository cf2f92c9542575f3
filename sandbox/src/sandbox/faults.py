"""Trouble on request: which requests and callbacks go wrong, how, and how often."""

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from enum import StrEnum
from random import Random
from statistics import NormalDist
from typing import Any

_ABOVE_MEDIAN = NormalDist().inv_cdf(0.99)


class Trouble(StrEnum):
    """`before` and `after` say whether the text was accepted when it happened."""

    THROTTLED = "429"
    UNAUTHORIZED = "401"
    ERROR_BEFORE = "500_before"
    ERROR_AFTER = "500_after"
    HANG_BEFORE = "hang_before"  # no answer until the client gives up
    HANG_AFTER = "hang_after"
    RESET_BEFORE = "reset_before"  # TCP RST
    RESET_AFTER = "reset_after"
    SLOW = "slow"
    REPEATED = "repeated"  # callbacks and inbound texts, `copies` times
    REORDERED = "reordered"  # callbacks, last status first
    EARLY = "early"  # callbacks before the create request is answered
    FAILED = "failed"  # ends with `status` and `code`
    SILENT = "silent"  # no callback at all


ANSWERS = frozenset(
    {
        Trouble.THROTTLED,
        Trouble.UNAUTHORIZED,
        Trouble.ERROR_BEFORE,
        Trouble.ERROR_AFTER,
        Trouble.HANG_BEFORE,
        Trouble.HANG_AFTER,
        Trouble.RESET_BEFORE,
        Trouble.RESET_AFTER,
    }
)
AFTER = frozenset({Trouble.ERROR_AFTER, Trouble.HANG_AFTER, Trouble.RESET_AFTER})


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """One trouble and whom it meets: an account, a To number, both, or everybody, at a rate.

    `retry_after` in seconds, None leaves the header out. `median` and `p99` in seconds (SLOW,
    log-normal). `times`: ends after so many. `status` and `code` belong to FAILED.
    """

    trouble: Trouble
    account: str | None = None
    to: str | None = None
    rate: float = 1.0
    times: int | None = None
    retry_after: int | None = None
    median: float = 0.2
    p99: float = 2.0
    copies: int = 2
    status: str = "undelivered"
    code: int = 30003

    def __post_init__(self) -> None:
        if not 0 <= self.rate <= 1:
            raise ValueError("rate is a share between 0 and 1")
        if self.status not in ("undelivered", "failed"):
            raise ValueError("status is undelivered or failed")
        if not 0 < self.median <= self.p99:
            raise ValueError("median and p99 are seconds, 0 < median <= p99")


@dataclass(frozen=True, slots=True)
class Faults:
    """All faults in force. The first that spoils the answer wins; the others add up."""

    rules: tuple[Fault, ...] = ()
    seed: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Fate:
    """What becomes of one request or inbound text."""

    answer: Fault | None = None
    latency: float = 0.0  # seconds before the request is looked at
    copies: int = 1
    reordered: bool = False
    early: bool = False
    failed: Fault | None = None
    silent: bool = False


UNHARMED = Fate()


class Draws:
    """Decides each fate from (seed, rule, number, how often that number came): order of arrival
    between different numbers does not matter, so a run can be repeated."""

    def __init__(self, faults: Faults = Faults()) -> None:
        self.faults = faults
        self._seen: Counter[tuple[str, str]] = Counter()
        self._met: Counter[int] = Counter()

    def copies(self, account: str, person: str) -> int:
        """How often an inbound text is delivered."""
        met = self._met_by(account, person, of=frozenset({Trouble.REPEATED}))
        return met[0][0].copies if met else 1

    def fate(self, account: str, to: str) -> Fate:
        """What becomes of a create request."""
        met = self._met_by(account, to, of=frozenset(Trouble))
        if not met:
            return UNHARMED
        of = {fault.trouble: fault for fault, _ in reversed(met)}
        slow = [_latency(fault, draw) for fault, draw in met if fault.trouble is Trouble.SLOW]
        answers = [fault for fault, _ in met if fault.trouble in ANSWERS]
        return Fate(
            answer=answers[0] if answers else None,
            latency=sum(slow),
            copies=of[Trouble.REPEATED].copies if Trouble.REPEATED in of else 1,
            reordered=Trouble.REORDERED in of,
            early=Trouble.EARLY in of,
            failed=of.get(Trouble.FAILED),
            silent=Trouble.SILENT in of,
        )

    def _met_by(
        self, account: str, number: str, *, of: frozenset[Trouble]
    ) -> list[tuple[Fault, Random]]:
        self._seen[account, number] += 1
        return [
            (fault, draw)
            for index, fault in enumerate(self.faults.rules)
            if fault.trouble in of
            and (draw := self._meets(index, fault, account=account, to=number)) is not None
        ]

    def _meets(self, index: int, fault: Fault, *, account: str, to: str) -> Random | None:
        """A generator for the rest of the draw when the fault meets this one, else None."""
        if fault.account not in (None, account) or fault.to not in (None, to):
            return None
        if fault.times is not None and self._met[index] >= fault.times:
            return None
        nth = self._seen[account, to]
        draw = Random(f"{self.faults.seed}/{index}/{account}/{to}/{nth}")  # noqa: S311
        if fault.rate < 1 and draw.random() >= fault.rate:
            return None
        self._met[index] += 1
        return draw


def _latency(fault: Fault, draw: Random) -> float:
    sigma = math.log(fault.p99 / fault.median) / _ABOVE_MEDIAN
    return draw.lognormvariate(math.log(fault.median), sigma)


def to_json(faults: Faults) -> dict[str, Any]:
    return {"seed": faults.seed, "rules": [asdict(rule) for rule in faults.rules]}


def from_json(value: Mapping[str, Any]) -> Faults:
    """Raises ValueError or TypeError, which say what is wrong."""
    rules: Sequence[Mapping[str, Any]] = value.get("rules", ())
    return Faults(
        rules=tuple(
            Fault(**{**rule, "trouble": Trouble(rule.get("trouble", ""))}) for rule in rules
        ),
        seed=int(value.get("seed", 0)),
    )
