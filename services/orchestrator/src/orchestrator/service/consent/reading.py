"""What is known of a contact, for people and programs that ask."""

from dataclasses import dataclass
from uuid import UUID

from common.database import Database, Row
from common.database.holdings import Held, held_in
from common.errors import Problem
from orchestrator.domain.contact import Contact
from orchestrator.repository.consent import contacts, holdings, ledger


@dataclass(frozen=True, slots=True)
class Contacts:
    db: Database

    async def find(self, workspace: str, contact: UUID) -> tuple[str | None, Contact]:
        """(address, facts). Raises `Problem` 404."""
        async with self.db.scoped(workspace, frozen=True) as connection:
            row = await contacts.find(connection, workspace, contact)
        if row is None:
            raise Problem(404, "No such contact")
        return row["address"], contacts.of_row(row)

    async def held(self, workspace: str, contact: UUID) -> Held:
        """All that is known of them here, as the tables have it."""
        async with self.db.scoped(workspace, frozen=True) as connection:
            return held_in(
                await holdings.of_contact(connection, workspace, contact), workspace, contact
            )

    async def ledger(self, workspace: str, contact: UUID) -> list[Row]:
        """Everything they ever allowed or forbade, newest first. Raises `Problem` 404."""
        async with self.db.scoped(workspace, frozen=True) as connection:
            entries = await ledger.entries(connection, workspace, contact)
            if not entries and await contacts.find(connection, workspace, contact) is None:
                raise Problem(404, "No such contact")
        return entries
