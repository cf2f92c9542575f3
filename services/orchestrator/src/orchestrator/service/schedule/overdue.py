"""Steps that no sender took: they fail, their slots become free, and the plan goes on."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from common.database import Connection, Database
from common.errors import Retry
from common.telemetry import logging
from orchestrator import metrics
from orchestrator.domain.channel_plan import Happening, NotTaken, StepState
from orchestrator.domain.keys import Key
from orchestrator.repository.configuration import lock
from orchestrator.repository.consent import contacts
from orchestrator.repository.schedule import invitations, steps
from orchestrator.service.current_config import CurrentConfig
from orchestrator.service.schedule import progress

log = logging.get(__name__)
GRACE = timedelta(minutes=2)  # for a sender's last word to arrive
LIMIT = 500  # steps in one transaction
PAUSE = 15.0  # seconds between looks


@dataclass(frozen=True, slots=True, kw_only=True)
class Overdue:
    """`has_heard`: what senders reported has been read, so silence means something.

    `clock` None: the database's time. `committed` wakes the relay of the outbox.
    """

    db: Database
    config: CurrentConfig
    has_heard: Callable[[], bool]
    clock: Callable[[], datetime] | None = None
    committed: Callable[[], None] = lambda: None

    async def run(self) -> None:
        """Until cancelled."""
        while True:
            try:
                found = await self.look()
            except Retry as error:
                log.warning("overdue_later", reason=error.reason)
                found = 0
            if found < LIMIT:
                await asyncio.sleep(PAUSE)

    async def look(self) -> int:
        """One look; how many steps nobody took. Raises `Retry`."""
        if not self.has_heard():
            return 0
        async with self.db.transaction() as connection:
            now = await lock.share(connection)
            until = (self.clock() if self.clock else now) - GRACE
            since = await steps.lock_looked_until(connection)
            if since is None or since >= until:
                return 0
            config = await self.config.get(connection)
            found = await steps.not_taken(
                connection, config.workspaces.keys(), since, until, limit=LIMIT
            )
            if found:
                await self._fail({key for key, _ in found}, until, connection)
            reached = found[-1][1] if len(found) == LIMIT else until
            await steps.set_looked_until(connection, reached)
        if found:
            log.warning("not_taken", steps=len(found))
            metrics.NOT_TAKEN.inc(len(found))
            self.committed()
        return len(found)

    async def _fail(self, overdue: set[Key], until: datetime, connection: Connection) -> None:
        whose = await invitations.contacts_of(connection, overdue)
        people = await contacts.lock(connection, set(whose.values()))
        planned = await invitations.lock(connection, whose.keys())
        happenings: dict[Key, list[Happening]] = {
            one.invitation.key: [
                NotTaken(step.number)
                for step in one.course.steps
                if step.state == StepState.WITH_SENDER and step.send_by <= until
            ]
            for one in planned
        }
        now = until + GRACE
        await progress.write(connection, progress.follow(planned, happenings, now), people, now=now)
