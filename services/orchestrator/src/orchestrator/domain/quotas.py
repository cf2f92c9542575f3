"""Quotas: at most n asks of a flow per hour, day or week, in all or for each agent, team or queue.

Periods are those of the calendar, in the workspace's zone; a week begins on Monday.
"""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import NamedTuple
from zoneinfo import ZoneInfo

from common.config import CountedBy, Flow, QuotaPeriod
from common.events.calls import Outline
from orchestrator.domain.attribution import name_of


class QuotaKey(NamedTuple):
    """What is counted together, in one period. `name`: "" is the flow, or that none was told."""

    workspace: str
    flow: str
    by: str
    name: str
    per: str
    since: datetime


@dataclass(frozen=True, slots=True)
class QuotaRule:
    """A quota of one flow of one workspace."""

    asks: int
    per: QuotaPeriod
    by: CountedBy
    workspace: str
    flow: str
    zone: ZoneInfo

    def key(self, interaction: Outline, now: datetime) -> QuotaKey:
        return QuotaKey(
            self.workspace,
            self.flow,
            self.by,
            name_of(self.by, interaction),
            self.per,
            begins(self.per, now, self.zone),
        )

    def words(self, used: int, key: QuotaKey) -> str:
        when = "today" if self.per is QuotaPeriod.DAY else f"this {self.per}"
        return f"{used} of {self.asks} asks by this flow {when}{for_whom(key.by, key.name)}"


def rules(flow: Flow, workspace: str, zone: ZoneInfo) -> tuple[QuotaRule, ...]:
    return tuple(
        QuotaRule(quota.asks, quota.per, quota.by, workspace, flow.id, zone)
        for quota in flow.quotas
    )


def for_whom(by: str, name: str) -> str:
    """In words, after what was counted."""
    if by == CountedBy.FLOW:
        return ""
    return f" for the {by} {name}" if name else f" where no {by} was told"


@lru_cache(maxsize=256)
def begins(per: QuotaPeriod, now: datetime, zone: ZoneInfo) -> datetime:
    """The period that `now` is in."""
    local = now.astimezone(zone).replace(minute=0, second=0, microsecond=0)
    if per is QuotaPeriod.HOUR:
        return local.astimezone(UTC)
    day = local.replace(hour=0, fold=0)
    if per is QuotaPeriod.WEEK:
        day -= timedelta(days=day.weekday())
    return day.astimezone(UTC)
