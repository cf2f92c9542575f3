"""`orchestrator.decisions`: one row per interaction, with the event as it was published."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from common.database import Connection, Row
from orchestrator.domain.keys import Key, columns, in_order
from orchestrator.repository.by_keys import ByKeys

COLUMNS = ("workspace", "interaction_id", "reason", "decided_at", "copies", "event", "contact_id")
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


def _events(rows: Sequence[Row]) -> dict[Key, bytes]:
    return {(row["workspace"], row["interaction_id"]): row["event"] for row in rows}


async def events(connection: Connection, interactions: Collection[Key]) -> dict[Key, bytes]:
    """The published events of those that are decided."""
    return _events(await _EVENTS.fetch(connection, interactions))


async def lock_events(connection: Connection, interactions: Collection[Key]) -> dict[Key, bytes]:
    """As `events`; nobody else amends them until we commit."""
    return _events(await _LOCK_EVENTS.fetch(connection, interactions))


async def insert(connection: Connection, rows: Sequence[DecisionRow]) -> None:
    """Raises asyncpg's `UniqueViolationError` when somebody else decided one of them."""
    await connection.copy_records_to_table(
        "decisions", schema_name="orchestrator", columns=COLUMNS, records=rows
    )


async def replace(connection: Connection, rows: Sequence[tuple[DecisionRow, bytes]]) -> int:
    """How many were replaced: those whose event still is the one beside them."""
    ordered = sorted(rows, key=lambda pair: pair[0].key)
    done: str = await connection.execute(
        "update orchestrator.decisions d"
        " set reason = u.reason, decided_at = u.decided_at, event = u.event"
        " from unnest($1::text[], $2::uuid[], $3::text[], $4::timestamptz[], $5::bytea[],"
        " $6::bytea[]) as u (workspace, id, reason, decided_at, event, before)"
        " where d.workspace = u.workspace and d.interaction_id = u.id and d.event = u.before",
        *columns([row.key for row, _ in ordered]),
        [row.reason for row, _ in ordered],
        [row.decided_at for row, _ in ordered],
        [row.event for row, _ in ordered],
        [before for _, before in ordered],
    )
    return int(done.rpartition(" ")[2])


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
        list(events_of.values()),
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
) -> dict[UUID, bytes]:
    """Interaction -> event, in the order of ids. What the version before wrote is looked into."""
    rows = await connection.fetch(
        _OF_CONTACT, workspace, contact, str(contact).encode(), after, limit
    )
    return {row["interaction_id"]: row["event"] for row in rows}


async def forget_contact(connection: Connection, events_of: Mapping[Key, bytes]) -> None:
    """Puts events without the person in the place of those with them."""
    await connection.execute(
        "update orchestrator.decisions d set event = u.event, contact_id = $4"
        " from unnest($1::text[], $2::uuid[], $3::bytea[]) as u (workspace, id, event)"
        " where d.workspace = u.workspace and d.interaction_id = u.id",
        *columns(events_of),
        list(events_of.values()),
        NOBODY,
    )


async def find(connection: Connection, workspace: str, interaction: UUID) -> Row | None:
    return await connection.fetchrow(
        "select event, copies, differing from orchestrator.decisions"
        " where workspace = $1 and interaction_id = $2",
        workspace,
        interaction,
    )
