"""`orchestrator.do_not_contact_loads`: what is brought for a list, and what none has any more."""

from datetime import datetime, timedelta

from common.database import Connection


async def begin(connection: Connection, workspace: str, name: str, now: datetime) -> int:
    load: int = await connection.fetchval(
        "insert into orchestrator.do_not_contact_loads (workspace, list_id, began_at)"
        " values ($1, $2, $3) returning load",
        workspace,
        name,
        now,
    )
    return load


async def lock_open(connection: Connection, workspace: str, name: str, load: int) -> int | None:
    """How many a load that is being brought has so far; None: there is no such."""
    entries: int | None = await connection.fetchval(
        "select entries from orchestrator.do_not_contact_loads where workspace = $1"
        " and list_id = $2 and load = $3 and not over for update",
        workspace,
        name,
        load,
    )
    return entries


async def grow(connection: Connection, workspace: str, load: int, by: int) -> None:
    """Of one that is being brought."""
    await connection.execute(
        "update orchestrator.do_not_contact_loads set entries = entries + $3"
        " where workspace = $1 and load = $2",
        workspace,
        load,
        by,
    )


async def close(connection: Connection, workspace: str, name: str, load: int) -> int | None:
    """It is whole: nothing more comes. How many are on it; None: there is no such load."""
    entries: int | None = await connection.fetchval(
        "delete from orchestrator.do_not_contact_loads"
        " where workspace = $1 and list_id = $2 and load = $3 and not over returning entries",
        workspace,
        name,
        load,
    )
    return entries


async def abandoned(
    connection: Connection, workspace: str, now: datetime, after: timedelta
) -> int | None:
    """A load whose entries nobody needs, or ever will: over, or not finished for so long."""
    load: int | None = await connection.fetchval(
        "select load from orchestrator.do_not_contact_loads"
        " where workspace = $1 and (over or began_at < $2) order by load limit 1"
        " for update skip locked",
        workspace,
        now - after,
    )
    return load


async def clear(connection: Connection, workspace: str, load: int, *, limit: int) -> bool:
    """Deletes some of its entries; whether there may be more. The last of them takes the load."""
    done: str = await connection.execute(
        "delete from orchestrator.do_not_contact where workspace = $1 and load = $2"
        " and contact_id in (select contact_id from orchestrator.do_not_contact"
        " where workspace = $1 and load = $2 limit $3)",
        workspace,
        load,
        limit,
    )
    if int(done.rpartition(" ")[2]) == limit:
        return True
    await connection.execute(
        "delete from orchestrator.do_not_contact_loads where workspace = $1 and load = $2",
        workspace,
        load,
    )
    return False
