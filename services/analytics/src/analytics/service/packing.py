"""Quiet days are reckoned and packed, so that filters of several dimensions have little to read."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import date, timedelta

from analytics import metrics
from analytics.domain.first_contact import RECKONED_AFTER
from analytics.repository import first_contacts, packed
from common.config import ConfigReader
from common.database import Connection, Database
from common.errors import Retry
from common.telemetry import logging
from common.time import Clock, utc_now

log = logging.get(__name__)
EVERY = 300.0  # seconds between two rounds: how often a day at most that answers still come for
QUIET = timedelta(days=2)  # most answers to a call come within
TURN = 10  # days of a workspace, then it is the next one's turn
TURNS = 20  # in one round
SHARE = 4  # of the time, one part at most goes into packing


@dataclass(frozen=True, slots=True)
class Packing:
    """Any number of replicas: who packs a day has its workspace for itself."""

    db: Database
    config: ConfigReader
    clock: Clock = utc_now
    _told: set[str] = field(default_factory=set)  # workspaces whose days are too large

    async def run(self) -> None:
        """Until cancelled."""
        while True:
            try:
                await self.round()
            except Retry as error:
                log.warning("packing_later", reason=error.reason)
            await asyncio.sleep(EVERY)

    async def round(self) -> int:
        """Packs days that are quiet, the newest first; how many. Raises `Retry`.

        A workspace that cannot be packed now keeps no other from it, nor one of many days.
        """
        workspaces, done = list((await self.config.current()).workspaces), 0
        for _ in range(TURNS):
            waiting = []
            for workspace in workspaces:
                try:
                    reckoned, days = await self._turn(workspace)
                except Retry as error:
                    log.warning("packing_later", workspace=workspace, reason=error.reason)
                    continue
                done += days
                if TURN in (reckoned, days):
                    waiting.append(workspace)
            workspaces = waiting
        return done

    async def _turn(self, workspace: str) -> tuple[int, int]:
        """How many days were reckoned, and packed."""
        now = self.clock()
        async with self.db.connection() as connection:
            over = (now - RECKONED_AFTER).date()
            due = await first_contacts.due(connection, workspace, over, TURN)
        if due.too_large and workspace not in self._told:
            self._told.add(workspace)
            log.warning(
                "days_too_large_to_reckon", workspace=workspace, most=first_contacts.MOST_CALLS
            )
        for day in due.days:
            await self._slowly(first_contacts.reckon, workspace, day)
        async with self.db.connection() as connection:
            days = await packed.loose(connection, workspace, (now - QUIET).date(), TURN)
        for day in days:
            await self._slowly(packed.pack, workspace, day)
            metrics.PACKED.inc()
        return len(due.days), len(days)

    async def _slowly(
        self, work: Callable[[Connection, str, date], Awaitable[None]], workspace: str, day: date
    ) -> None:
        began = time.monotonic()
        async with self.db.transaction() as connection:
            await work(connection, workspace, day)
        await asyncio.sleep((SHARE - 1) * (time.monotonic() - began))
