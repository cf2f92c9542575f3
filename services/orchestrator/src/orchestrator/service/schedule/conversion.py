"""Looks now and then for numbers that are asked and do not answer, while others do."""

import asyncio
from collections import Counter
from dataclasses import dataclass, field
from datetime import date

from common.database import Database
from common.errors import Retry
from common.telemetry import logging
from common.time import Clock, utc_now
from orchestrator import metrics
from orchestrator.domain.conversion import Reached, unanswered
from orchestrator.repository.schedule import conversion
from orchestrator.service.current_config import CurrentConfig

log = logging.get(__name__)
EVERY = 600.0  # seconds


@dataclass(slots=True, kw_only=True)
class Conversion:
    """Every replica tells the same; take the maximum."""

    db: Database
    config: CurrentConfig
    clock: Clock = utc_now
    _told: set[tuple[date, str, str]] = field(default_factory=set)
    _countries: set[str] = field(default_factory=set)

    async def run(self) -> None:
        """Until cancelled."""
        while True:
            try:
                await self.look()
            except Retry as error:
                log.warning("conversion_later", reason=error.reason)
            await asyncio.sleep(EVERY)

    async def look(self) -> list[Reached]:
        """What stands out, of all workspaces. Raises `Retry`."""
        now = self.clock()
        found: list[Reached] = []
        async with self.db.connection() as connection:
            config = await self.config.get(connection)
            for workspace in config.workspaces:
                found += unanswered(await conversion.reached(connection, workspace, now))
        self._measure(found)
        self._tell(found, now.date())
        return found

    def _measure(self, found: list[Reached]) -> None:
        by_country = Counter(one.country for one in found)
        self._countries |= by_country.keys()
        for country in self._countries:
            metrics.UNANSWERED.labels(country).set(by_country[country])

    def _tell(self, found: list[Reached], day: date) -> None:
        """Each once a day."""
        self._told = {one for one in self._told if one[0] == day}
        for one in found:
            key = (day, one.workspace, one.numbers)
            if key not in self._told:
                self._told.add(key)
                log.warning(
                    "asks_unanswered",
                    workspace=one.workspace,
                    numbers=one.numbers,
                    asks=one.asks,
                    answers=one.answers,
                )
