"""Takes people of running audiences, some at a time, and has them decided about like callers.

Who was taken and not decided about, because somebody died, is taken again as the same interaction.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, ClassVar
from uuid import UUID

import msgspec

from common.database import Connection, Database
from common.looking import Looking
from common.telemetry import logging
from common.time import Clock, utc_now
from orchestrator.domain.audience import Person, id_of, interaction_of
from orchestrator.repository import audiences
from orchestrator.service.deciding.deciding import Deciding

log = logging.get(__name__)
AT_ONCE = 200  # people
EVERY = timedelta(seconds=2)  # between two times that some of an audience are taken
UNTOUCHED = timedelta(days=30)  # a paused audience ends
_person = msgspec.json.Decoder(Person).decode


@dataclass(slots=True, kw_only=True)
class Taking(Looking):
    """Replicas take from different audiences."""

    WORK: ClassVar[str] = "audiences"
    PAUSE: ClassVar[float] = 1.0
    db: Database
    deciding: Deciding
    clock: Clock = utc_now

    async def look(self) -> bool:
        """Some people of one audience; whether there was any. Raises `Retry`."""
        async with self.db.transaction() as connection:
            now = self.clock()
            one = await audiences.due(connection, now)
            if one is None:
                await self._end_old(connection)
                return False
            workspace, audience = one["workspace"], one["id"]
            many = max(1, min(AT_ONCE, round(one["per_hour"] * EVERY / timedelta(hours=1))))
            people = await audiences.take(connection, workspace, audience, now, limit=many)
            next_at = now + timedelta(hours=1) * many / one["per_hour"]
            state = "running" if people else "done"
            await audiences.put_off(connection, workspace, audience, state=state, next_at=next_at)
        await self._decide(workspace, audience, people)
        return True

    async def _end_old(self, connection: Connection) -> None:
        """Nobody keeps people for ever who are not asked."""
        untouched = self.clock() - UNTOUCHED
        for workspace, audience in await audiences.end_old(connection, untouched):
            log.info("audience_ended", workspace=workspace, audience=audience)

    async def _decide(
        self, workspace: str, audience: str, taken: Sequence[Mapping[str, Any]]
    ) -> None:
        people = [row for row in taken if row["person"] is not None]
        if not people:
            return
        told = [
            interaction_of(workspace, audience, _person(row["person"]), row["taken_at"])
            for row in people
        ]
        finish = await self.deciding.on_interactions(told)
        await finish()
        contacts: dict[UUID, UUID] = {
            id_of(workspace, audience, row["contact_id"]): row["contact_id"] for row in people
        }
        async with self.db.transaction() as connection:
            reasons = await audiences.reasons(connection, workspace, contacts)
            # Of whom there is no decision was erased meanwhile, or is without a row for it.
            told_of = {contact: reasons.get(one, "erased") for one, contact in contacts.items()}
            await audiences.decided(connection, workspace, audience, told_of)
