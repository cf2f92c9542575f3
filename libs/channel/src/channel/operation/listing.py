"""What the API shows: the delivery log and the messages that became no answer."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from typing import Any
from uuid import UUID

from channel.operation import holdings
from channel.schemas import LoggedMessage, LoggedSend, MessagesPage, SendsPage
from channel.store.schema import MESSAGE_ADDRESS, UNMATCHED_ADDRESS, Schema
from common.database import Connection, Database, Row
from common.database.holdings import Held
from common.database.sealing import opened_rows
from common.errors import Problem
from common.phone import masked
from common.process.paging import cursor_of, position

_COLUMNS = "s.*, s.state as status, m.address"
_TABLES = """
    from {schema}.sends s
    left join {schema}.messages m on m.workspace = s.workspace and m.send_id = s.id
"""
_SEND = f"select {_COLUMNS} {_TABLES} where s.workspace = $1 and s.id = $2"
_SENDS = f"""
    select {_COLUMNS} {_TABLES}
    where s.workspace = $1 and ($2::text is null or s.state = $2)
      and ($3::timestamptz is null or (s.created_at, s.id) < ($3, $4::uuid))
    order by s.created_at desc, s.id desc limit $5
"""
_MESSAGES = """
    select * from {schema}.unmatched
    where workspace = $1
      and ($2::timestamptz is null or (received_at, id) < ($2, $3::uuid))
    order by received_at desc, id desc limit $4
"""


@dataclass(frozen=True, slots=True)
class Listing:
    """Reads; every one of them is of one workspace."""

    db: Database
    schema: Schema

    async def send(self, workspace: str, send_id: UUID) -> LoggedSend:
        """Raises `Problem` 404."""
        async with self.db.scoped(workspace) as connection:
            rows = await connection.fetch(self.schema(_SEND), workspace, send_id)
            found = await self._opened(connection, workspace, rows, MESSAGE_ADDRESS)
        if not found:
            raise Problem(404, "No such send")
        return LoggedSend(**_shown(found[0], LoggedSend))

    async def sends(
        self, workspace: str, *, status: str | None, cursor: str | None, limit: int
    ) -> SendsPage:
        """Newest first; `cursor` is `next_cursor` of the page before. Raises `BadInput`."""
        at, row = position(cursor)
        async with self.db.scoped(workspace) as connection:
            rows = await connection.fetch(self.schema(_SENDS), workspace, status, at, row, limit)
            shown = await self._opened(connection, workspace, rows, MESSAGE_ADDRESS)
        found = [LoggedSend(**_shown(one, LoggedSend)) for one in shown]
        full = len(found) == limit
        return SendsPage(found, cursor_of(found[-1].created_at, found[-1].id) if full else None)

    async def held(self, workspace: str, contact: UUID) -> Held:
        """All that is known of a contact here."""
        async with self.db.scoped(workspace, frozen=True) as connection:
            return await holdings.of_contact(connection, self.schema, workspace, contact)

    async def messages(self, workspace: str, *, cursor: str | None, limit: int) -> MessagesPage:
        """Newest first; `cursor` is `next_cursor` of the page before. Raises `BadInput`."""
        at, row = position(cursor)
        async with self.db.scoped(workspace) as connection:
            rows = await connection.fetch(self.schema(_MESSAGES), workspace, at, row, limit)
            shown = await self._opened(connection, workspace, rows, UNMATCHED_ADDRESS)
        found = [LoggedMessage(**_shown(one, LoggedMessage)) for one in shown]
        full = len(found) == limit
        return MessagesPage(found, cursor_of(found[-1].received_at, found[-1].id) if full else None)

    async def _opened(
        self, connection: Connection, workspace: str, rows: Sequence[Row], column: str
    ) -> list[dict[str, Any]]:
        places = {"address": self.schema.place(column)}
        return await opened_rows(connection, workspace, rows, places)


def _shown(row: Mapping[str, Any], kind: type[Any]) -> dict[str, Any]:
    shown = {field.name: row[field.name] for field in fields(kind)}
    return {**shown, "address": masked(row["address"]) if row["address"] else None}
