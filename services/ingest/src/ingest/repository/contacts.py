"""SQL of what is kept of one contact's calls."""

from collections.abc import Sequence
from typing import NamedTuple
from uuid import UUID

from common.database import Connection
from common.database.holdings import Held, held
from common.database.sealing import opened
from ingest.domain.interaction import Report
from ingest.domain.joining import CallKey
from ingest.repository import REPORT, columns, decode_report, lock_calls

_HELD = """
    select interaction_id, number, report from ingest.parts where workspace = $1
    and (contact_id = $2 or contact_id is null and position($2::text::bytea in report) > 0)
"""


class KeptPart(NamedTuple):
    """`number`: of its arrival. `report` None: it does not open."""

    number: int
    call: CallKey
    id: UUID
    report: Report | None


async def parts_of(
    connection: Connection, workspace: str, contact: UUID, *, after: int, limit: int
) -> list[KeptPart]:
    """As they arrived. What the version before kept is looked into."""
    rows = await connection.fetch(
        """
        with theirs as materialized (
            select number, interaction_id, part, report from ingest.parts
            where workspace = $1
              and (contact_id = $2 or contact_id is null and position($3::bytea in report) > 0)
        )
        select * from theirs where number > $4 order by number limit $5
        """,
        workspace,
        contact,
        str(contact).encode(),
        after,
        limit,
    )
    reports = await opened(connection, REPORT, [(workspace, row["report"]) for row in rows])
    return [
        KeptPart(
            row["number"],
            CallKey(workspace, row["interaction_id"]),
            row["part"],
            decode_report(report) if report is not None else None,
        )
        for row, report in zip(rows, reports, strict=True)
    ]


async def held_of(connection: Connection, workspace: str, contact: UUID) -> Held:
    """All that is kept of a contact's calls."""
    sealed = {"parts": {"report": REPORT}}
    return await held(connection, {"parts": _HELD}, workspace, contact, sealed=sealed)


async def delete_parts(connection: Connection, parts: Sequence[KeptPart]) -> None:
    """And the calls of which nothing is left."""
    calls = sorted({one.call for one in parts})
    await lock_calls(connection, calls)
    await connection.execute(
        "delete from ingest.parts where (workspace, interaction_id, part)"
        " in (select * from unnest($1::text[], $2::uuid[], $3::uuid[]))",
        *columns(one.call for one in parts),
        [one.id for one in parts],
    )
    await connection.execute(
        "delete from ingest.calls c where (workspace, interaction_id)"
        " in (select * from unnest($1::text[], $2::uuid[])) and not exists"
        " (select from ingest.parts p where p.workspace = c.workspace"
        " and p.interaction_id = c.interaction_id)",
        *columns(calls),
    )
