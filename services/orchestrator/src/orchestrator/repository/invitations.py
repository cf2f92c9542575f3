"""`orchestrator.invitations`, the schedule, and the questionnaires they ask."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from operator import attrgetter
from uuid import UUID

from common.database import Connection, Row
from orchestrator.domain.invitation import Invitation, Status

COLUMNS = Invitation.__struct_fields__
PLANNED = COLUMNS[: COLUMNS.index("remind_at")]  # the others come later
_values = attrgetter(*PLANNED)
_SELECT = f"select {', '.join(COLUMNS)} from orchestrator.invitations"  # noqa: S608 - our names


def of_row(row: Row) -> Invitation:
    return Invitation(**row)


async def insert(connection: Connection, invitations: Collection[Invitation]) -> None:
    await connection.copy_records_to_table(
        "invitations",
        schema_name="orchestrator",
        columns=PLANNED,
        records=[_values(invitation) for invitation in invitations],
    )


async def insert_questionnaires(connection: Connection, bodies: Mapping[UUID, bytes]) -> None:
    ids = sorted(bodies)
    await connection.execute(
        "insert into orchestrator.questionnaires (id, body)"
        " select * from unnest($1::uuid[], $2::bytea[]) on conflict (id) do nothing",
        ids,
        [bodies[one] for one in ids],
    )


async def questionnaires(connection: Connection, ids: Collection[UUID]) -> dict[UUID, bytes]:
    rows = await connection.fetch(
        "select id, body from orchestrator.questionnaires where id = any($1)", list(ids)
    )
    return {row["id"]: row["body"] for row in rows}


async def waiting(connection: Connection, ids: Collection[UUID]) -> list[Invitation]:
    """Those with an ask, or a reminder, to come. Their contacts are locked."""
    rows = await connection.fetch(
        f"{_SELECT} where id = any($1) and (status = 'pending' or reminder = 'pending')"
        " and leased_until is null",
        list(ids),
    )
    return [of_row(row) for row in rows]


async def due(connection: Connection, now: datetime, *, limit: int) -> list[tuple[UUID, UUID]]:
    """(invitation, contact) of what is to be published, oldest first. Locks nothing.

    A replica of the version before handovers leases each row that it publishes.
    """
    rows = await connection.fetch(
        "select id, contact_id from orchestrator.invitations"
        " where due_at <= $1 and (leased_until is null or leased_until < $1)"
        " order by due_at limit $2",
        now,
        limit,
    )
    return [(row["id"], row["contact_id"]) for row in rows]


async def lock_due(
    connection: Connection, ids: Collection[UUID], now: datetime
) -> list[Invitation]:
    """Those of `ids` that still are due, locked. Lock their contacts first."""
    rows = await connection.fetch(
        f"{_SELECT} where id = any($1) and due_at <= $2"
        " and (leased_until is null or leased_until < $2) order by id for update",
        list(ids),
        now,
    )
    return [of_row(row) for row in rows]


async def contacts_of(connection: Connection, ids: Collection[UUID]) -> dict[UUID, UUID]:
    """Invitation -> contact. Locks nothing."""
    rows = await connection.fetch(
        "select id, contact_id from orchestrator.invitations where id = any($1)", list(ids)
    )
    return {row["id"]: row["contact_id"] for row in rows}


async def lock_handed_over(connection: Connection, ids: Collection[UUID]) -> list[Invitation]:
    """Those of `ids` whose ask, or reminder, is handed over and not ended, locked.

    Lock their contacts first. A reminder that is planned says that its ask went out.
    """
    rows = await connection.fetch(
        f"{_SELECT} where id = any($1) and status = 'asked'"
        " and coalesce(reminder, 'asked') = 'asked' order by id for update",
        list(ids),
    )
    return [of_row(row) for row in rows]


async def lock_open(connection: Connection, ids: Collection[UUID]) -> list[Invitation]:
    """Those of `ids` that are planned or asked, locked. Lock their contacts first."""
    rows = await connection.fetch(
        f"{_SELECT} where id = any($1) and status in ('pending', 'asked') order by id for update",
        list(ids),
    )
    return [of_row(row) for row in rows]


async def open_of_flows(
    connection: Connection, workspace: str, flows: Sequence[str], now: datetime
) -> list[tuple[UUID, UUID]]:
    """(invitation, contact) of what these flows wait for or may still have at senders."""
    rows = await connection.fetch(
        "select id, contact_id from orchestrator.invitations"
        " where due_at is not null and workspace = $1 and flow_id = any($2)"
        " union select id, contact_id from orchestrator.invitations"
        " where status = 'asked' and workspace = $1 and flow_id = any($2)"
        " and (send_by > $3 or reminder = 'asked' and answers_until > $3)"
        " and planned_at > $3 - interval '31 days'",
        workspace,
        list(flows),
        now,
    )
    return [(row["id"], row["contact_id"]) for row in rows]


async def mark_asked(connection: Connection, ids: Sequence[UUID]) -> None:
    """They are locked, and handed over."""
    await connection.execute(
        "update orchestrator.invitations set status = 'asked', due_at = null where id = any($1)",
        ids,
    )


async def put_off(connection: Connection, ids: Collection[UUID], until: datetime) -> None:
    """They are locked and due, and wait."""
    if ids:
        await connection.execute(
            "update orchestrator.invitations set due_at = $2 where id = any($1)", list(ids), until
        )


async def settle(
    connection: Connection, ids: Collection[UUID], status: Status, *, reason: str | None = None
) -> None:
    """The last word about invitations; nothing is published for them any more."""
    await connection.execute(
        "update orchestrator.invitations"
        " set status = $2, reason = $3, due_at = null where id = any($1)",
        list(ids),
        status,
        reason,
    )


async def mark_answered(connection: Connection, ids: Sequence[UUID]) -> None:
    await connection.execute(
        "update orchestrator.invitations"
        " set status = 'answered', reason = null, due_at = null"
        " where id = any($1) and status <> 'answered'",
        ids,
    )


async def find(connection: Connection, workspace: str, invitation: UUID) -> Row | None:
    return await connection.fetchrow(
        "select i.*, d.event from orchestrator.invitations i"
        " join orchestrator.decisions d using (interaction_id)"
        " where i.id = $1 and i.workspace = $2",
        invitation,
        workspace,
    )
