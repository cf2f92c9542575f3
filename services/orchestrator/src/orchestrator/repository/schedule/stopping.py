"""`orchestrator.stopping`: flows that were switched off and may have something planned left."""

from collections.abc import Collection
from datetime import datetime, timedelta

from common.database import Connection, Row
from orchestrator.domain.keys import Key
from orchestrator.repository.schedule.invitations import contacts_in

AT_ONCE = timedelta(
    minutes=1
)  # steps that could be sent until so much later are looked at together

PLANNED = """
    select distinct i.workspace, i.id, i.contact_id from orchestrator.steps s
    join orchestrator.invitations i on i.workspace = s.workspace and i.id = s.invitation_id
    where s.workspace = $1 and i.workspace = $1 and s.send_by > $3 and s.send_by <= $4
      and s.state in ('waiting', 'with_sender') and i.flow_id = $2
      and i.status in ('pending', 'asked') and i.stopped is null limit $5
"""


async def begin(
    connection: Connection, workspace: str, flows: Collection[str], now: datetime
) -> None:
    """Each from `now` on: what could be sent before that goes out no more anyway."""
    await connection.execute(
        "insert into orchestrator.stopping as s (workspace, flow_id, looked_until)"
        " select $1, f.id, $3 from unnest($2::text[]) as f (id)"
        " on conflict (workspace, flow_id) do update"
        " set looked_until = least(s.looked_until, excluded.looked_until)",
        workspace,
        sorted(flows),
        now,
    )


async def of(connection: Connection, workspace: str, flows: Collection[str]) -> list[str]:
    """Those of these flows that are not stopped to the end."""
    rows = await connection.fetch(
        "select flow_id from orchestrator.stopping where workspace = $1 and flow_id = any($2)",
        workspace,
        sorted(flows),
    )
    return [row["flow_id"] for row in rows]


async def take(connection: Connection, workspace: str | None = None) -> Row | None:
    """One that nobody else works on, locked; of that workspace, if one is named."""
    return await connection.fetchrow(
        "select workspace, flow_id, looked_until from orchestrator.stopping"
        " where $1::text is null or workspace = $1"
        " order by workspace, flow_id limit 1 for update skip locked",
        workspace,
    )


async def next_until(connection: Connection, workspace: str, since: datetime) -> datetime | None:
    """The end of the next stretch in which anything could be sent; None: nothing could."""
    first: datetime | None = await connection.fetchval(
        "select min(send_by) from orchestrator.steps where workspace = $1 and send_by > $2",
        workspace,
        since,
    )
    return first and first + AT_ONCE


async def planned(
    connection: Connection,
    workspace: str,
    flow: str,
    *,
    since: datetime,
    until: datetime,
    limit: int,
) -> dict[Key, Key]:
    """Invitation -> contact of what waits, or may still be with a sender. Locks nothing.

    Costs what the workspace has in that stretch, however much there is beside it.
    """
    return contacts_in(
        await connection.fetch(
            PLANNED,
            workspace,
            flow,
            since,
            until,
            limit,
        )
    )


async def set_looked_until(
    connection: Connection, workspace: str, flow: str, until: datetime
) -> None:
    await connection.execute(
        "update orchestrator.stopping set looked_until = $3 where workspace = $1 and flow_id = $2",
        workspace,
        flow,
        until,
    )


async def end(connection: Connection, workspace: str, flow: str) -> None:
    await connection.execute(
        "delete from orchestrator.stopping where workspace = $1 and flow_id = $2", workspace, flow
    )
