"""What may have been an opt-out: shown to people, who say whether it was one."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from common.database import Database, Row
from common.errors import Problem
from common.events.consent import ConsentChanged, ConsentState
from common.ids import derived
from common.process.paging import cursor_of, position
from common.streams import outbox
from common.time import Clock, utc_now
from orchestrator.domain.consent import forbidden
from orchestrator.repository.consent import contacts, doubts
from orchestrator.service import events as outgoing
from orchestrator.service.consent.consent import apply
from orchestrator.service.consent.people import lock_linked

AFTER = timedelta(microseconds=1)  # newer than the doubt, and older than what they said since


@dataclass(frozen=True, slots=True)
class Doubts:
    db: Database
    clock: Clock = utc_now
    committed: Callable[[], None] = lambda: None  # wakes the relay of the outbox

    async def open(
        self, workspace: str, *, cursor: str | None, limit: int
    ) -> tuple[list[Row], str | None]:
        """Newest first, and `cursor` of the next page. Raises `BadInput`."""
        at, row = position(cursor)
        async with self.db.scoped(workspace, frozen=True) as connection:
            found = await doubts.page(connection, workspace, at=at, row=row, limit=limit)
        full = len(found) == limit
        return found, cursor_of(found[-1]["occurred_at"], found[-1]["id"]) if full else None

    async def decide(
        self, workspace: str, doubt: UUID, *, opted_out: bool, evidence: str
    ) -> ConsentChanged:
        """It counts from when it was said, so that whatever they say later holds.

        Raises `Problem` 404, and 409 when it is not open any more.
        """
        async with self.db.scoped(workspace) as connection:
            contact = await doubts.whose(connection, workspace, doubt)
            if contact is None:
                raise Problem(404, "No such doubt")
            key = (workspace, contact)
            await lock_linked(connection, [key], told={}, wanted={})
            row = await doubts.find_open(connection, workspace, doubt)
            if row is None:
                raise Problem(409, "Decided already", "By somebody, or by what they said since.")
            change = _decided(row, opted_out=opted_out, evidence=evidence)
            await apply(connection, [(workspace, change)], addresses={}, now=self.clock())
            after = (await contacts.lock(connection, [key]))[key]
            if opted_out or not forbidden(after.withdrawn, change.channel):
                told = outgoing.consent_changed(workspace, change)
                await outbox.write(connection, "orchestrator", [told])
        self.committed()
        return change


def _decided(row: Row, *, opted_out: bool, evidence: str) -> ConsentChanged:
    state = ConsentState.WITHDRAWN if opted_out else ConsentState.CLEARED
    return ConsentChanged(
        id=derived("doubt", row["id"], state),
        contact_id=row["contact_id"],
        channel=row["channel"],
        state=state,
        occurred_at=row["occurred_at"] + AFTER,
        source="api",
        evidence=evidence,
    )
