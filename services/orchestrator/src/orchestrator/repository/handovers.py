"""`orchestrator.handovers`: asks and reminders that are just being published, or were left behind.

An invitation says `asked` from the commit that hands it over. Whoever dies before it is published
leaves the handover's row, and after the lease the dispatcher looks at what it names again.
"""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from common.database import Connection


async def insert(connection: Connection, invitations: Sequence[UUID], until: datetime) -> int:
    """Its id. Nobody else publishes them before `until`."""
    made: int = await connection.fetchval(
        "insert into orchestrator.handovers (leased_until, invitations) values ($1, $2)"
        " returning id",
        until,
        invitations,
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


async def take_lapsed(connection: Connection, now: datetime) -> list[UUID]:
    """The invitations of one that was left behind; it is gone when the transaction commits."""
    taken = await connection.fetchval(
        "delete from orchestrator.handovers where id = (select id from orchestrator.handovers"
        " where leased_until < $1 order by id limit 1 for update skip locked)"
        " returning invitations",
        now,
    )
    return taken or []
