"""Deletes what is kept here about erased contacts, some decisions at a time."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar
from uuid import UUID

from common.database import Connection, Database, Row
from common.events import decode
from common.events.decisions import Decision
from common.looking import Looking
from common.telemetry import logging
from common.time import Clock, utc_now
from orchestrator.domain.erasure import ERASED, concerns, without_person
from orchestrator.domain.keys import Key
from orchestrator.repository.consent import contacts, erasures
from orchestrator.repository.deciding import decisions, early
from orchestrator.repository.schedule import invitations
from orchestrator.service import events
from orchestrator.service.schedule import progress

log = logging.get(__name__)
LIMIT = 500  # decisions in one transaction


@dataclass(slots=True, kw_only=True)
class Deleting(Looking):
    """Replicas work at different erasures. `committed` wakes the relay of the outbox."""

    WORK: ClassVar[str] = "erasing"
    PAUSE: ClassVar[float] = 5.0
    db: Database
    clock: Clock = utc_now
    committed: Callable[[], None] = lambda: None

    async def look(self) -> bool:
        """Some decisions of one erasure; whether there was any. Raises `Retry`."""
        async with self.db.transaction() as connection:
            one = await erasures.take(connection)
            if one is not None:
                await self._some(connection, one)
        if one is not None:
            self.committed()
        return one is not None

    async def _some(self, connection: Connection, one: Row) -> None:
        workspace, contact = one["workspace"], one["contact_id"]
        await contacts.lock(connection, [(workspace, contact)])
        await early.forget_contact(connection, workspace, contact)
        found = await decisions.of_contact(
            connection, workspace, contact, after=one["looked_until"], limit=LIMIT
        )
        await self._delete(connection, workspace, found, one["erased_at"])
        if len(found) == LIMIT:
            await erasures.set_looked_until(connection, workspace, one["id"], list(found)[-1])
            return
        await erasures.end(connection, workspace, one["id"], self.clock())
        log.info("erased", workspace=workspace, contact_id=str(contact))

    async def _delete(
        self,
        connection: Connection,
        workspace: str,
        found: Mapping[UUID, bytes | None],
        erased_at: datetime,
    ) -> None:
        forgotten: dict[Key, bytes] = {}
        asked: list[Key] = []
        for interaction, event in found.items():
            if event is None:  # nobody can read it, nor write it without the person
                continue
            known = decode(event, Decision)
            if not concerns(known.data, erased_at):
                continue
            if known.data.invitation_id:
                asked.append((workspace, known.data.invitation_id))
            message = events.decided(without_person(known.data), known.traceparent)
            forgotten[workspace, interaction] = message.value or b""
        if asked:
            still = await invitations.lock_open(connection, asked)
            await progress.stop(connection, still, ERASED, {}, now=erased_at)
            await invitations.delete(connection, asked)
        if forgotten:
            await decisions.forget_contact(connection, forgotten)
