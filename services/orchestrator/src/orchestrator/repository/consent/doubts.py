"""Doubts that are open: the newest thing that a contact said, and perhaps a no.

They are found by the bits of contacts, so that what was decided long ago costs nothing.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from common.database import Connection
from common.database.sealing import opened_rows
from orchestrator.repository.consent.contacts import ADDRESS

_COLUMNS = """
    d.id, d.contact_id, d.channel, d.occurred_at, d.source, d.evidence, d.recorded_at, c.address
"""
# As `domain.consent.holding` reads the ledger.
_OPEN = """
    from orchestrator.contacts c
    join orchestrator.consent_ledger d on d.workspace = c.workspace and d.contact_id = c.id
    where c.workspace = $1 and c.withdrawn >= 128 and d.state = 'doubted'
      and not exists (
        select from orchestrator.consent_ledger n
        where n.workspace = d.workspace and n.contact_id = d.contact_id and n.channel = d.channel
          and (n.occurred_at > d.occurred_at or (n.occurred_at = d.occurred_at
               and (n.state in ('withdrawn', 'cleared') or (n.state = 'doubted' and n.id > d.id)))))
"""
_PAGE = f"""
    select {_COLUMNS} {_OPEN}
      and ($2::timestamptz is null or (d.occurred_at, d.id) < ($2, $3::uuid))
    order by d.occurred_at desc, d.id desc limit $4
"""
_ONE = f"select {_COLUMNS} {_OPEN} and d.id = $2"
_WHOSE = """
    select contact_id from orchestrator.consent_ledger
    where workspace = $1 and id = $2 and state = 'doubted'
"""


async def page(
    connection: Connection, workspace: str, *, at: datetime | None, row: UUID | None, limit: int
) -> list[dict[str, Any]]:
    """The newest first, after the row that was at that time."""
    rows = await connection.fetch(_PAGE, workspace, at, row, limit)
    return await opened_rows(connection, workspace, rows, {"address": ADDRESS})


async def whose(connection: Connection, workspace: str, doubt: UUID) -> UUID | None:
    """The contact of a doubt, open or not."""
    found: UUID | None = await connection.fetchval(_WHOSE, workspace, doubt)
    return found


async def find_open(
    connection: Connection, workspace: str, doubt: UUID
) -> Mapping[str, Any] | None:
    """Whose it is and when it was said; the address as it is stored."""
    found: Mapping[str, Any] | None = await connection.fetchrow(_ONE, workspace, doubt)
    return found
