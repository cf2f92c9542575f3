"""Rules: what an alert is raised for, and when people are told of it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from enum import StrEnum
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from common.events.questionnaire import Band, band_of
from common.events.responses import Response
from common.events.values import Metric
from common.ids import derived

MORNING = time(8)  # of daily digests, in the workspace's zone


class Kind(StrEnum):
    LOW_RATING = "low_rating"
    FALLING_SCORE = "falling_score"
    FALLING_RATE = "falling_response_rate"


class Digest(StrEnum):
    """How often people are told at most; what came meanwhile is told together."""

    AT_ONCE = "at_once"
    HOURLY = "hourly"
    DAILY = "daily"


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """Empty lists: all."""

    workspace: str
    id: UUID
    name: str
    kind: Kind
    flows: Sequence[str] = ()
    surveys: Sequence[str] = ()
    teams: Sequence[str] = ()
    queues: Sequence[str] = ()
    metric: Metric | None = None
    emails: Sequence[str] = ()
    webhooks: Sequence[UUID] = ()
    digest: Digest = Digest.AT_ONCE
    cool_down: timedelta = timedelta()
    told_at: datetime | None = None

    def wants(self, call: dict[str, Any], response: Response) -> bool:
        """Whether it is about this answer."""
        return (
            _among(self.flows, [call["flow_id"]])
            and _among(self.surveys, [response.survey_id])
            and _among(self.teams, [*call["teams"], call["team"]])
            and _among(self.queues, [call["queue"]])
        )


def _among(wanted: Sequence[str], found: Sequence[str | None]) -> bool:
    return not wanted or any(one in wanted for one in found)


def is_low(response: Response) -> bool:
    """The score lies in the band of those whom somebody should call back."""
    if response.score is None:
        return False
    first = next((one for one in response.answers if one.first), None)
    high = first.high if first else 0
    return band_of(response.metric, response.score, high=high) is Band.LOW


def alert_id(rule: UUID, about: object) -> UUID:
    """One for a response, or for a week, whatever comes twice."""
    return derived("alert", rule, about)


def tell_at(rule: Rule, oldest: datetime, zone: str) -> datetime:
    """When the alerts that wait are told, the oldest of them raised then."""
    rested = rule.told_at + rule.cool_down if rule.told_at else oldest
    if rule.digest is Digest.HOURLY:
        return max(rested, oldest + timedelta(hours=1))
    if rule.digest is Digest.DAILY:
        return max(rested, _next_morning(oldest, zone))
    return max(rested, oldest)


def _next_morning(after: datetime, zone: str) -> datetime:
    local = after.astimezone(ZoneInfo(zone))
    day = local.date() if local.time() < MORNING else local.date() + timedelta(days=1)
    return datetime.combine(day, MORNING, ZoneInfo(zone))
