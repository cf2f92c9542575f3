"""`orchestrator.invitations`, with their steps, and the questionnaires that they ask."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from operator import attrgetter
from typing import Any
from uuid import UUID

from common.database import Connection, Row
from common.database.sealing import opened_rows
from orchestrator.domain.channel_plan import Course
from orchestrator.domain.invitation import Invitation, Planned, plan_of
from orchestrator.domain.keys import Key, columns, in_order
from orchestrator.repository.by_keys import ByKeys
from orchestrator.repository.deciding.decisions import EVENT
from orchestrator.repository.schedule import steps

_FIXED = Invitation.__struct_fields__
_COPIED = (*_FIXED, "status", "reason", "stopped")
_fixed = attrgetter(*_FIXED)
_STATUS = attrgetter("status", "reason", "stopped")
_LOCK = ByKeys(
    "select i.* from orchestrator.invitations i {keys} order by workspace, id for update of i"
)
_LOCK_OPEN = ByKeys(
    "select i.* from orchestrator.invitations i {keys} and status in ('pending', 'asked')"
    " order by workspace, id for update of i"
)
_WAITING = ByKeys(
    "select i.* from orchestrator.invitations i {keys} and exists (select from orchestrator.steps s"
    " where s.workspace = i.workspace and s.invitation_id = i.id and s.waits)"
)
_CONTACTS = ByKeys("select workspace, id, contact_id from orchestrator.invitations {keys}")
_QUESTIONNAIRES = ByKeys("select workspace, id, body from orchestrator.questionnaires {keys}")


async def insert(connection: Connection, planned: Collection[Planned]) -> None:
    """With their steps."""
    await connection.copy_records_to_table(
        "invitations",
        schema_name="orchestrator",
        columns=_COPIED,
        records=[(*_fixed(one.invitation), *_STATUS(one.course)) for one in planned],
    )
    await steps.insert(connection, planned)


async def insert_questionnaires(connection: Connection, bodies: Mapping[Key, bytes]) -> None:
    keys = in_order(bodies)
    await connection.execute(
        "insert into orchestrator.questionnaires (workspace, id, body)"
        " select * from unnest($1::text[], $2::uuid[], $3::bytea[])"
        " on conflict (workspace, id) do nothing",
        *columns(keys),
        [bodies[one] for one in keys],
    )


async def questionnaires(connection: Connection, keys: Collection[Key]) -> dict[Key, bytes]:
    rows = await _QUESTIONNAIRES.fetch(connection, keys)
    return {(row["workspace"], row["id"]): row["body"] for row in rows}


async def lock(connection: Connection, keys: Collection[Key]) -> list[Planned]:
    """Locked. Lock their contacts first, if slots may become free."""
    return await _with_steps(connection, await _LOCK.fetch(connection, keys))


async def lock_open(connection: Connection, keys: Collection[Key]) -> list[Planned]:
    """Those that are planned or asked, locked. Lock their contacts first."""
    return await _with_steps(connection, await _LOCK_OPEN.fetch(connection, keys))


async def waiting(connection: Connection, keys: Collection[Key]) -> list[Planned]:
    """Those with a step to come. Their contacts are locked."""
    rows = await _WAITING.fetch(connection, keys)
    return await _with_steps(connection, rows)


async def contacts_of(connection: Connection, keys: Collection[Key]) -> dict[Key, Key]:
    """Invitation -> contact. Locks nothing."""
    return contacts_in(await _CONTACTS.fetch(connection, keys))


async def due(connection: Connection, now: datetime, *, limit: int) -> dict[Key, Key]:
    """Invitation -> contact of those with a step that is due, oldest first. Locks nothing."""
    return contacts_in(
        await connection.fetch(
            "select i.workspace, i.id, i.contact_id from orchestrator.steps s"
            " join orchestrator.invitations i"
            " on i.workspace = s.workspace and i.id = s.invitation_id"
            " where s.waits and s.due_at <= $1 order by s.due_at limit $2",
            now,
            limit,
        )
    )


async def delete(connection: Connection, keys: Collection[Key]) -> None:
    """With their steps. Whatever still names one of them finds nothing."""
    for table, identity in (("steps", "invitation_id"), ("invitations", "id")):
        await connection.execute(
            f"delete from orchestrator.{table} where (workspace, {identity})"  # noqa: S608 - ours
            " in (select * from unnest($1::text[], $2::uuid[]))",
            *columns(keys),
        )


async def save(connection: Connection, moved: Sequence[tuple[Planned, Course]]) -> None:
    """Writes what differs between locked rows and the courses they take; nothing else."""
    changed = [
        (one.invitation, course) for one, course in moved if _STATUS(one.course) != _STATUS(course)
    ]
    if changed:
        await connection.execute(
            "update orchestrator.invitations i"
            " set status = u.status, reason = u.reason, stopped = u.stopped"
            " from unnest($1::text[], $2::uuid[], $3::text[], $4::text[], $5::text[])"
            " as u (workspace, id, status, reason, stopped)"
            " where i.workspace = u.workspace and i.id = u.id",
            *columns([invitation.key for invitation, _ in changed]),
            *_across([_STATUS(course) for _, course in changed]),
        )
    await steps.save(connection, moved)


async def note(connection: Connection, channels: Mapping[Key, str]) -> None:
    """By which channel. The rows are locked."""
    keys = in_order(channels)
    await connection.execute(
        "update orchestrator.invitations i set note = u.note"
        " from unnest($1::text[], $2::uuid[], $3::text[]) as u (workspace, id, note)"
        " where i.workspace = u.workspace and i.id = u.id",
        *columns(keys),
        [channels[one] for one in keys],
    )


async def find(connection: Connection, workspace: str, invitation: UUID) -> dict[str, Any] | None:
    """For reading only; with the event of its decision, None where that does not open."""
    rows = await connection.fetch(
        "select i.*, d.event from orchestrator.invitations i"
        " join orchestrator.decisions d using (workspace, interaction_id)"
        " where i.workspace = $1 and i.id = $2",
        workspace,
        invitation,
    )
    found = await opened_rows(connection, workspace, rows, {"event": EVENT})
    return found[0] if found else None


async def planned(connection: Connection, row: Mapping[str, Any]) -> Planned:
    """What `find` found, with its steps."""
    return (await _with_steps(connection, [row]))[0]


def _across(rows: Sequence[Sequence[Any]]) -> list[list[Any]]:
    return [list(values) for values in zip(*rows, strict=True)]


def contacts_in(rows: Sequence[Row]) -> dict[Key, Key]:
    """Invitation -> contact."""
    return {(row["workspace"], row["id"]): (row["workspace"], row["contact_id"]) for row in rows}


async def _with_steps(connection: Connection, rows: Sequence[Mapping[str, Any]]) -> list[Planned]:
    """A statement of its own: it sees what was committed before the rows were locked."""
    if not rows:
        return []
    of = await steps.of(connection, [(row["workspace"], row["id"]) for row in rows])
    found = []
    for row in rows:
        invitation = Invitation(**{name: row[name] for name in _FIXED})
        course = Course(
            plan=plan_of(invitation.plan),
            answers_until=invitation.answers_until,
            status=row["status"],
            reason=row["reason"],
            stopped=row["stopped"],
            steps=tuple(of.get(invitation.key, ())),
        )
        found.append(Planned(invitation, course, row["note"]))
    return found
