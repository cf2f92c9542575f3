"""`orchestrator.decisions`: one row per interaction, with the event as it was published."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

from common.database import Connection, Row
from common.database.sealing import opened, opened_rows, sealed
from common.sealing import Place
from orchestrator.domain.keys import Key, columns, in_order
from orchestrator.repository.by_keys import ByKeys

COLUMNS = ("workspace", "interaction_id", "reason", "decided_at", "copies", "event", "contact_id")
EVENT = Place("orchestrator.decisions.event")
NOBODY = UUID(int=0)  # whose call it was is hidden, or to be forgotten


class DecisionRow(NamedTuple):
    """In the order of COLUMNS."""

    workspace: str
    interaction_id: UUID
    reason: str | None
    decided_at: datetime
    copies: int
    event: bytes
    contact_id: UUID

    @property
    def key(self) -> Key:
        return self.workspace, self.interaction_id


_EVENTS = ByKeys(
    "select workspace, interaction_id, event from orchestrator.decisions {keys}",
    identity="interaction_id",
)
_LOCK_EVENTS = ByKeys(
    "select workspace, interaction_id, event from orchestrator.decisions d {keys}"
    " order by workspace, interaction_id for update of d",
    identity="interaction_id",
)


async def _events(connection: Connection, rows: Sequence[Row]) -> dict[Key, bytes | None]:
    stored = [(row["workspace"], row["event"]) for row in rows]
    plain = await opened(connection, EVENT, stored)
    keys = [(row["workspace"], row["interaction_id"]) for row in rows]
    return dict(zip(keys, plain, strict=True))


async def events(connection: Connection, interactions: Collection[Key]) -> dict[Key, bytes | None]:
    """The published events of those that are decided; None: it does not open."""
    return await _events(connection, await _EVENTS.fetch(connection, interactions))


async def lock_events(
    connection: Connection, interactions: Collection[Key]
) -> dict[Key, bytes | None]:
    """As `events`; nobody else amends them until we commit."""
    return await _events(connection, await _LOCK_EVENTS.fetch(connection, interactions))


async def sealed_events(
    connection: Connection, events_of: Mapping[Key, bytes]
) -> list[bytes | None]:
    """As their rows keep them, in the order of `events_of`."""
    given = [(workspace, event) for (workspace, _), event in events_of.items()]
    return await sealed(connection, EVENT, given)


async def insert(connection: Connection, rows: Sequence[DecisionRow]) -> None:
    """Raises asyncpg's `UniqueViolationError` when somebody else decided one of them."""
    events = await sealed(connection, EVENT, [(row.workspace, row.event) for row in rows])
    stored = [
        row._replace(event=event or row.event) for row, event in zip(rows, events, strict=True)
    ]
    await connection.copy_records_to_table(
        "decisions", schema_name="orchestrator", columns=COLUMNS, records=stored
    )


async def replace(connection: Connection, rows: Sequence[tuple[DecisionRow, bytes]]) -> int:
    """How many were replaced: those whose event still is the one beside them."""
    stored = await lock_events(connection, {row.key for row, _ in rows})
    same = sorted((row for row, before in rows if stored.get(row.key) == before), key=_by_key)
    await connection.execute(
        "update orchestrator.decisions d"
        " set reason = u.reason, decided_at = u.decided_at, event = u.event"
        " from unnest($1::text[], $2::uuid[], $3::text[], $4::timestamptz[], $5::bytea[])"
        " as u (workspace, id, reason, decided_at, event)"
        " where d.workspace = u.workspace and d.interaction_id = u.id",
        *columns([row.key for row in same]),
        [row.reason for row in same],
        [row.decided_at for row in same],
        await sealed_events(connection, {row.key: row.event for row in same}),
    )
    return len(same)


def _by_key(row: DecisionRow) -> Key:
    return row.key


async def count_copies(
    connection: Connection, copies: Mapping[Key, int], differing: Mapping[Key, int]
) -> None:
    keys = in_order(copies.keys() | differing.keys())
    await connection.execute(
        "update orchestrator.decisions d"
        " set copies = d.copies + u.copies, differing = d.differing + u.differing"
        " from unnest($1::text[], $2::uuid[], $3::int[], $4::int[])"
        " as u (workspace, id, copies, differing)"
        " where d.workspace = u.workspace and d.interaction_id = u.id",
        *columns(keys),
        [copies.get(one, 0) for one in keys],
        [differing.get(one, 0) for one in keys],
    )


async def amend(connection: Connection, events_of: Mapping[Key, bytes]) -> None:
    """Replaces the events of locked rows."""
    await connection.execute(
        "update orchestrator.decisions d set event = u.event"
        " from unnest($1::text[], $2::uuid[], $3::bytea[]) as u (workspace, id, event)"
        " where d.workspace = u.workspace and d.interaction_id = u.id",
        *columns(events_of),
        await sealed_events(connection, events_of),
    )


# By itself, so that the order does not tempt the planner to read all of the workspace.
_OF_CONTACT = """
    with theirs as materialized (
        select interaction_id from orchestrator.decisions
        where workspace = $1
          and (contact_id = $2 or contact_id is null and position($3::bytea in event) > 0)
    )
    select interaction_id, d.event
    from (select interaction_id from theirs where interaction_id > $4
          order by interaction_id limit $5) page
    join orchestrator.decisions d using (interaction_id)
    where d.workspace = $1 order by interaction_id
"""


async def of_contact(
    connection: Connection, workspace: str, contact: UUID, *, after: UUID, limit: int
) -> dict[UUID, bytes | None]:
    """Interaction -> event, in the order of ids; None: it does not open.

    What the version before wrote is looked into.
    """
    rows = await connection.fetch(
        _OF_CONTACT, workspace, contact, str(contact).encode(), after, limit
    )
    found = await opened_rows(connection, workspace, rows, {"event": EVENT})
    return {row["interaction_id"]: row["event"] for row in found}


async def forget_contact(connection: Connection, events_of: Mapping[Key, bytes]) -> None:
    """Puts events without the person in the place of those with them."""
    await connection.execute(
        "update orchestrator.decisions d set event = u.event, contact_id = $4"
        " from unnest($1::text[], $2::uuid[], $3::bytea[]) as u (workspace, id, event)"
        " where d.workspace = u.workspace and d.interaction_id = u.id",
        *columns(events_of),
        await sealed_events(connection, events_of),
        NOBODY,
    )


async def find(connection: Connection, workspace: str, interaction: UUID) -> dict[str, Any] | None:
    """For reading only; the event is None where it does not open."""
    rows = await connection.fetch(
        "select event, copies, differing from orchestrator.decisions"
        " where workspace = $1 and interaction_id = $2",
        workspace,
        interaction,
    )
    found = await opened_rows(connection, workspace, rows, {"event": EVENT})
    return found[0] if found else None
