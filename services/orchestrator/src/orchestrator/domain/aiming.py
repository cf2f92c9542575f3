"""Adaptive sampling: a share that follows the answers, so that each agent gets about so many.

Of every agent (team, queue, or the flow) is known how many calls could have been asked about in
this period and in the one before, how many were, and how many of those answered. The share is what
is missing, over what the calls to come will bring. So who has few calls is asked about always, who
has many rarely, and all come near the same number of answers.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import NamedTuple
from uuid import UUID
from zoneinfo import ZoneInfo

from common.config import Aim, QuotaPeriod
from common.events.calls import Outline
from orchestrator.domain.attribution import name_of
from orchestrator.domain.quotas import begins, for_whom

WEIGHT, GUESSED = 4, 0.25  # where nobody knows better, so many asks told that a quarter answers


class AimKey(NamedTuple):
    """Whose answers are counted together, in one period. `name`: as in quotas."""

    workspace: str
    flow: str
    by: str
    name: str
    since: datetime


@dataclass(frozen=True, slots=True)
class Standing:
    """Of a period. `calls`: that came as far as the draw; `open`: asks that may be answered yet."""

    calls: int = 0
    asks: int = 0
    open: int = 0
    answers: float = 0  # a dry run knows what is to be expected only


NOTHING_YET = Standing()


@dataclass(frozen=True, slots=True)
class AimRule:
    """An aim of one flow of one workspace."""

    aim: Aim
    workspace: str
    flow: str
    zone: ZoneInfo

    def key(self, interaction: Outline, now: datetime) -> AimKey:
        name = name_of(self.aim.by, interaction)
        since = begins(self.aim.per, now, self.zone)
        return AimKey(self.workspace, self.flow, self.aim.by, name, since)

    def before(self, key: AimKey) -> AimKey:
        """The period before."""
        since = begins(self.aim.per, key.since - timedelta(hours=1), self.zone)
        return key._replace(since=since)

    def passed(self, key: AimKey, now: datetime) -> float:
        """The part of the period that is over."""
        longest = timedelta(days=8 if self.aim.per is QuotaPeriod.WEEK else 1, hours=2)
        ends = begins(self.aim.per, key.since + longest, self.zone)
        return (now - key.since) / (ends - key.since)


class Share(NamedTuple):
    """How many of the calls are asked about, 0 to 1, and from what that follows, in words."""

    rate: float
    words: str


def share(rule: AimRule, key: AimKey, standing: Standing, before: Standing, now: datetime) -> Share:
    """Of the next call. Whoever had no call so far is asked about."""
    settled = standing.asks - standing.open + before.asks - before.open
    answered = standing.answers + before.answers
    each = (answered + WEIGHT * GUESSED) / (settled + WEIGHT)
    missing = rule.aim.answers - standing.answers - standing.open * each
    to_come = _to_come(standing, before, rule.passed(key, now))
    rate = 1.0 if to_come is None else missing / (each * to_come)
    when = "today" if rule.aim.per is QuotaPeriod.DAY else "this week"
    expected = "unknown calls" if to_come is None else f"{to_come:.0f} calls"
    words = (
        f"{standing.answers:g} of {rule.aim.answers} answers {when}{for_whom(key.by, key.name)},"
        f" {standing.open} asks open, {each:.3f} answered, {expected} to come"
    )
    return Share(0.0 if missing <= 0 else min(1.0, rate), words)


def _to_come(standing: Standing, before: Standing, passed: float) -> float | None:
    """Calls until the end: as many as in the period before, else as it has gone so far."""
    left = before.calls - standing.calls
    if left > 0:
        return float(left)
    if standing.calls == 0:
        return None
    return max(1.0, standing.calls * (1 - passed) / max(passed, 0.01))


@dataclass(slots=True)
class Aims:
    """`standings`: as they were read, kept up to date. `calls` and `asks`: by this batch since.

    `answers_each`: what an ask brings, and at once; of a dry run, which writes nothing.
    """

    standings: dict[AimKey, Standing] = field(default_factory=dict)
    earlier: Mapping[AimKey, AimKey] = field(default_factory=dict)  # of each the period before
    answers_each: float | None = None
    calls: dict[AimKey, int] = field(default_factory=dict)
    asks: list[tuple[AimKey, UUID]] = field(default_factory=list)

    def of(self, rule: AimRule, key: AimKey) -> tuple[Standing, Standing]:
        """In this period, and in the one before."""
        before = self.earlier.get(key) or rule.before(key)
        return self.standings.get(key, NOTHING_YET), self.standings.get(before, NOTHING_YET)

    def came(self, key: AimKey, invitation: UUID | None) -> None:
        """One more call that came as far as the draw; what it was asked by."""
        was = self.standings.get(key, NOTHING_YET)
        now = replace(was, calls=was.calls + 1)
        if invitation is not None and self.answers_each is not None:
            now = replace(now, asks=was.asks + 1, answers=was.answers + self.answers_each)
        elif invitation is not None:
            now = replace(now, asks=was.asks + 1, open=was.open + 1)
            self.asks.append((key, invitation))
        if self.answers_each is None:
            self.calls[key] = self.calls.get(key, 0) + 1
        self.standings[key] = now


def keys(rules: Iterable[tuple[AimRule, Outline]], now: datetime) -> dict[AimKey, AimKey]:
    """All that deciding these may look at, each with that of the period before."""
    found = {rule.key(one, now): rule for rule, one in rules}
    return {key: rule.before(key) for key, rule in found.items()}
