"""After a flow was switched off: what it had planned is cancelled, what is out is called back.

The switch holds from its own commit on, for whoever hands an ask over or claims one looks at the
configuration in the same transaction. Cancelling frees slots and tells people; it takes its time.
"""

import asyncio
import time
from collections.abc import Callable, Collection
from dataclasses import dataclass
from typing import ClassVar

from common.database import Connection, Database, Row
from common.errors import Retry
from common.looking import Looking
from common.telemetry import logging
from common.time import Clock, utc_now
from orchestrator.domain.channel_plan import FLOW_DISABLED
from orchestrator.repository.consent import contacts
from orchestrator.repository.schedule import invitations, stopping
from orchestrator.service.schedule import progress

log = logging.get(__name__)
LIMIT = 500  # invitations in one transaction
PATIENCE = 5.0  # seconds that switching on again waits for what is left of switching off


@dataclass(slots=True, kw_only=True)
class Stopping(Looking):
    """`committed` wakes the relay of the outbox. `wake` when a flow was switched off."""

    WORK: ClassVar[str] = "stopping"
    PAUSE: ClassVar[float] = 1.0
    db: Database
    clock: Clock = utc_now
    committed: Callable[[], None] = lambda: None

    async def look(self, workspace: str | None = None) -> bool:
        """One stretch of one flow; whether there was any. Raises `Retry`."""
        async with self.db.transaction() as connection:
            one = await stopping.take(connection, workspace)
            if one is not None:
                await self._stretch(connection, one)
        if one is not None:
            self.committed()
        return one is not None

    async def finish(self, workspace: str, flows: Collection[str]) -> None:
        """Before they are switched on again. Raises `Retry` when that takes long."""
        until = time.monotonic() + PATIENCE
        while True:
            async with self.db.connection() as connection:
                if not await stopping.of(connection, workspace, flows):
                    return
            if time.monotonic() > until:
                raise Retry("what the flow had planned is still being cancelled", after=PATIENCE)
            if not await self.look(workspace):
                await asyncio.sleep(0.02)  # another replica is at it

    async def _stretch(self, connection: Connection, one: Row) -> None:
        workspace, flow, since = one["workspace"], one["flow_id"], one["looked_until"]
        until = await stopping.next_until(connection, workspace, since)
        if until is None:
            await stopping.end(connection, workspace, flow)
            log.info("flow_stopped", workspace=workspace, flow=flow)
            return
        whose = await stopping.planned(
            connection, workspace, flow, since=since, until=until, limit=LIMIT
        )
        if whose:
            people = await contacts.lock(connection, set(whose.values()))
            found = await invitations.lock_open(connection, whose.keys())
            await progress.stop(connection, found, FLOW_DISABLED, people, now=self.clock())
        if len(whose) < LIMIT:
            await stopping.set_looked_until(connection, workspace, flow, until)
