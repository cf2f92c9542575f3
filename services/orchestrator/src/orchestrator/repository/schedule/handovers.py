"""`orchestrator.handovers`: steps that are just being published, or were left behind.

A step says `with_sender` from the commit that hands it over. Whoever dies before it is published
leaves the handover's row, and after the lease the dispatcher looks at what it names again.
"""

from collections.abc import Collection, Sequence
from datetime import datetime

from common.database import Connection
from orchestrator.domain.keys import Key

Steps = Collection[tuple[Key, int]]  # invitation, number


async def insert(connection: Connection, steps: Steps, until: datetime) -> int:
    """Its id. Nobody else publishes them before `until`."""
    made: int = await connection.fetchval(
        "insert into orchestrator.handovers (leased_until, workspaces, invitations, numbers)"
        " values ($1, $2, $3, $4) returning id",
        until,
        [workspace for (workspace, _), _ in steps],
        [invitation for (_, invitation), _ in steps],
        [number for _, number in steps],
    )
    return made


async def delete(connection: Connection, ids: Sequence[int]) -> None:
    """They are published."""
    await connection.execute("delete from orchestrator.handovers where id = any($1)", ids)


async def any_lapsed(connection: Connection, now: datetime) -> bool:
    found: bool = await connection.fetchval(
        "select exists (select from orchestrator.handovers where leased_until < $1)", now
    )
    return found


async def take_lapsed(connection: Connection, now: datetime) -> dict[Key, int]:
    """The steps of one that was left behind; it is gone when the transaction commits."""
    taken = await connection.fetchrow(
        "delete from orchestrator.handovers where id = (select id from orchestrator.handovers"
        " where leased_until < $1 order by id limit 1 for update skip locked)"
        " returning workspaces, invitations, numbers",
        now,
    )
    if taken is None:
        return {}
    return dict(
        zip(
            zip(taken["workspaces"], taken["invitations"], strict=True),
            taken["numbers"],
            strict=True,
        )
    )
