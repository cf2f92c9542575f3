"""`orchestrator.do_not_contact`: lists of people who are not to be asked, a load of each in use."""

from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

from common.database import Connection, Row
from common.database.sealing import opened_rows, sealed
from common.sealing import Place
from orchestrator.domain.keys import Key, columns
from orchestrator.repository.schedule.invitations import contacts_in

ADDRESS = Place("orchestrator.do_not_contact.address")
_LIVE = """
    select distinct i.workspace, i.id, i.contact_id from orchestrator.steps s
    join orchestrator.invitations i on i.workspace = s.workspace and i.id = s.invitation_id
    join orchestrator.do_not_contact d on d.workspace = i.workspace and d.contact_id = i.contact_id
    where s.workspace = $1 and d.load = $2 and s.send_by > $3
      and s.state in ('waiting', 'with_sender')
      and i.status in ('pending', 'asked') and i.stopped is null limit $4
"""


class Listed(NamedTuple):
    """A list that holds, as the configuration is compiled with it."""

    workspace: str
    id: str
    load: int
    loaded_at: datetime


async def in_force(connection: Connection) -> list[Listed]:
    """Of all workspaces."""
    rows = await connection.fetch(
        "select workspace, id, load, loaded_at from orchestrator.do_not_contact_lists"
    )
    return [Listed(*row) for row in map(tuple, rows)]


async def on(
    connection: Connection, people: Collection[Key], loads: Collection[int]
) -> dict[Key, int]:
    """Those of `people` who are on one of the lists, and on which load."""
    rows = await connection.fetch(
        "select d.workspace, d.contact_id, d.load from orchestrator.do_not_contact d"
        " join unnest($1::text[], $2::uuid[]) as p (workspace, contact_id)"
        " using (workspace, contact_id) where d.load = any($3::bigint[]) order by d.load desc",
        *columns(people),
        list(loads),
    )
    return {(row["workspace"], row["contact_id"]): row["load"] for row in rows}


async def lists(connection: Connection, workspace: str) -> list[Row]:
    rows: list[Row] = await connection.fetch(
        "select id, entries, loaded_at, loaded_by from orchestrator.do_not_contact_lists"
        " where workspace = $1 order by id",
        workspace,
    )
    return rows


async def current(
    connection: Connection, workspace: str, name: str
) -> tuple[int, int] | tuple[None, int]:
    """(the load that the list has now, how many are on it)."""
    row = await connection.fetchrow(
        "select load, entries from orchestrator.do_not_contact_lists"
        " where workspace = $1 and id = $2",
        workspace,
        name,
    )
    return (row["load"], row["entries"]) if row else (None, 0)


async def counts(connection: Connection, workspace: str) -> tuple[int, int]:
    """(lists, loads that are being brought)."""
    row = await connection.fetchrow(
        "select (select count(*) from orchestrator.do_not_contact_lists where workspace = $1),"
        " (select count(*) from orchestrator.do_not_contact_loads"
        " where workspace = $1 and not over)",
        workspace,
    )
    assert row is not None
    return row[0], row[1]


async def grow_list(connection: Connection, workspace: str, name: str, by: int) -> None:
    await connection.execute(
        "update orchestrator.do_not_contact_lists set entries = entries + $3"
        " where workspace = $1 and id = $2",
        workspace,
        name,
        by,
    )


async def add(connection: Connection, workspace: str, load: int, people: Mapping[UUID, str]) -> int:
    """How many were not on it yet."""
    addresses = [(workspace, address) for address in people.values()]
    done: str = await connection.execute(
        "insert into orchestrator.do_not_contact (workspace, load, contact_id, address)"
        " select $1, $2, * from unnest($3::uuid[], $4::text[])"
        " on conflict (workspace, load, contact_id) do nothing",
        workspace,
        load,
        list(people),
        await sealed(connection, ADDRESS, addresses),
    )
    return int(done.rpartition(" ")[2])


async def remove(
    connection: Connection, workspace: str, load: int, people: Collection[UUID]
) -> int:
    done: str = await connection.execute(
        "delete from orchestrator.do_not_contact"
        " where workspace = $1 and load = $2 and contact_id = any($3)",
        workspace,
        load,
        list(people),
    )
    return int(done.rpartition(" ")[2])


async def put_in_force(connection: Connection, listed: Listed, *, entries: int, by: str) -> None:
    """In the place of the load that the list had."""
    await retire(connection, listed.workspace, listed.id, listed.loaded_at)
    await connection.execute(
        "insert into orchestrator.do_not_contact_lists as l"
        " (workspace, id, load, loaded_at, entries, loaded_by)"
        " values ($1, $2, $3, $4, $5, $6) on conflict (workspace, id) do update"
        " set load = excluded.load, loaded_at = excluded.loaded_at,"
        " entries = excluded.entries, loaded_by = excluded.loaded_by",
        *listed,
        entries,
        by,
    )


async def retire(connection: Connection, workspace: str, name: str, now: datetime) -> None:
    """The load of the list, if it has one, is over."""
    await connection.execute(
        "insert into orchestrator.do_not_contact_loads (workspace, load, list_id, began_at, over)"
        " overriding system value select workspace, load, id, $3, true"
        " from orchestrator.do_not_contact_lists where workspace = $1 and id = $2",
        workspace,
        name,
        now,
    )


async def forget(connection: Connection, workspace: str, name: str) -> None:
    await connection.execute(
        "delete from orchestrator.do_not_contact_lists where workspace = $1 and id = $2",
        workspace,
        name,
    )


async def forget_address(connection: Connection, workspace: str, contact: UUID) -> None:
    """Who is to be forgotten stays on the lists, by an id."""
    await connection.execute(
        "update orchestrator.do_not_contact set address = '' where workspace = $1"
        " and contact_id = $2 and load = any(array("
        "select load from orchestrator.do_not_contact_lists where workspace = $1 union all"
        " select load from orchestrator.do_not_contact_loads where workspace = $1))",
        workspace,
        contact,
    )


async def entries(
    connection: Connection, workspace: str, load: int, *, after: UUID | None, limit: int
) -> list[dict[str, Any]]:
    """A page, by contact."""
    rows = await connection.fetch(
        "select contact_id, address from orchestrator.do_not_contact"
        " where workspace = $1 and load = $2 and ($3::uuid is null or contact_id > $3)"
        " order by contact_id limit $4",
        workspace,
        load,
        after,
        limit,
    )
    return await opened_rows(connection, workspace, rows, {"address": ADDRESS})


async def live(
    connection: Connection, workspace: str, load: int, now: datetime, *, limit: int
) -> dict[Key, Key]:
    """Invitation -> contact of people on the load whose ask is not out yet. Locks nothing."""
    return contacts_in(await connection.fetch(_LIVE, workspace, load, now, limit))
