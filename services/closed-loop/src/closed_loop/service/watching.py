"""Looks whether scores and rates fall, week by week, by the figures that everybody sees."""

import asyncio
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from closed_loop.domain.falling import BEFORE, LOOKED_AT, WEEK, Fall, Measure, falls
from closed_loop.domain.notices import falling
from closed_loop.domain.rules import Kind, Rule, alert_id
from closed_loop.repository import rules
from closed_loop.service.figures import Figures, Unanswered
from closed_loop.service.intake import zone_of
from common.config import ConfigReader
from common.database import Database, Row
from common.errors import Retry
from common.telemetry import logging
from common.time import Clock, utc_now

log = logging.get(__name__)
POLL = 60.0  # seconds
AGAIN = timedelta(hours=1)  # between two looks at a rule
RIPE = timedelta(days=2)  # after a week's end: most who answer have done so by then


@dataclass(slots=True, kw_only=True)
class Watching:
    """Figures are analytics', over its REST API. `committed`: an alert was raised."""

    db: Database
    config: ConfigReader
    figures: Figures
    console: str
    committed: Callable[[], None]
    clock: Clock = utc_now
    _news: asyncio.Event = field(default_factory=asyncio.Event)

    def wake(self) -> None:
        """A rule was made, or changed."""
        self._news.set()

    async def run(self) -> None:
        """Until cancelled."""
        while True:
            self._news.clear()
            try:
                await self.look()
            except Retry as error:
                log.warning("watching_waits", reason=error.reason)
                await asyncio.sleep(error.after)
                continue
            with suppress(TimeoutError):
                async with asyncio.timeout(POLL):
                    await self._news.wait()

    async def look(self) -> None:
        """At every rule whose turn it is."""
        while True:
            async with self.db.transaction() as connection:
                row = await rules.to_look_at(connection, now=self.clock(), again=AGAIN)
            if row is None:
                return
            await self._look_at(row)

    async def _look_at(self, row: Row) -> None:
        rule = rules.rule_of(row)
        config = await self.config.current(max_age=1.0)
        last = last_week(self.clock(), zone_of(config, rule.workspace))
        if row["looked_week"] is not None and row["looked_week"] >= last:
            return
        problem, fall, week = None, None, None
        try:
            fall, week = await self._fall(rule, last), last
        except Unanswered as error:
            problem = str(error)
            log.warning("rule_not_looked_at", workspace=rule.workspace, reason=problem)
        async with self.db.transaction() as connection:
            await rules.looked(connection, rule.workspace, rule.id, week=week, problem=problem)
            now = self.clock()
            if fall is not None and not await rules.rests(connection, rule, now=now):
                data = falling(rule, fall, at=now.isoformat(), console=self.console)
                alert = alert_id(rule.id, fall.week)
                await rules.raise_(connection, [(rule.workspace, alert, rule.id, data)])
        if fall is not None:
            self.committed()

    async def _fall(self, rule: Rule, last: date) -> Fall | None:
        first = last - (BEFORE + LOOKED_AT - 1) * WEEK
        if rule.kind is Kind.FALLING_RATE:
            weeks = await self.figures.rates(rule, first, last)
            return falls(weeks, Measure(metric=None))
        lines = await self.figures.scores(rule, first, last)
        found = [falls(weeks, measure) for measure, weeks in lines.items()]
        fallen = [one for one in found if one is not None]  # a scale each; most have one
        return min(fallen, key=lambda one: one.z, default=None)


def last_week(now: datetime, zone: str) -> date:
    """The Monday of the last ISO week that is over and ripe, in the workspace's zone."""
    today = (now - RIPE).astimezone(ZoneInfo(zone)).date()
    return today - timedelta(days=today.weekday()) - WEEK
