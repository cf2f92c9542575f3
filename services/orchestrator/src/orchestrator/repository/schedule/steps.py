"""`orchestrator.steps`: a row per try. Whoever changes one holds its invitation."""

from collections.abc import Collection, Sequence
from datetime import datetime
from operator import attrgetter
from typing import Any

from common.database import Connection, Row
from common.events.sends import StepKind
from common.events.values import Channel
from orchestrator.domain.channel_plan import Course, Step, StepState
from orchestrator.domain.invitation import Planned
from orchestrator.domain.keys import Key
from orchestrator.repository.by_keys import ByKeys

_FIELDS = Step.__struct_fields__
_COLUMNS = ("workspace", "invitation_id", *_FIELDS)
_values = attrgetter(*_FIELDS)
_OF = ByKeys(
    "select s.* from orchestrator.steps s {keys} order by number", identity="invitation_id"
)


async def insert(connection: Connection, planned: Collection[Planned]) -> None:
    """Those of new invitations."""
    rows = [
        (one.invitation.workspace, one.invitation.id, *_values(step))
        for one in planned
        for step in one.course.steps
    ]
    await _copy(connection, rows)


async def _copy(connection: Connection, rows: Sequence[tuple[Any, ...]]) -> None:
    await connection.copy_records_to_table(
        "steps", schema_name="orchestrator", columns=_COLUMNS, records=rows
    )


async def of(connection: Connection, invitations: Collection[Key]) -> dict[Key, list[Step]]:
    """By invitation, in the order of their numbers."""
    rows = await _OF.fetch(connection, invitations)
    found: dict[Key, list[Step]] = {}
    for row in rows:
        steps = found.setdefault((row["workspace"], row["invitation_id"]), [])
        steps.append(_step(row))
    return found


def _step(row: Row) -> Step:
    values = {name: row[name] for name in _FIELDS}
    values["kind"], values["channel"] = StepKind(row["kind"]), Channel(row["channel"])
    return Step(**values | {"state": StepState(row["state"])})


async def save(connection: Connection, moved: Sequence[tuple[Planned, Course]]) -> None:
    """Writes the steps that are new or differ."""
    new: list[tuple[Any, ...]] = []
    changed: list[tuple[Any, ...]] = []
    for one, course in moved:
        before = {step.number: step for step in one.course.steps}
        for step in course.steps:
            known = before.get(step.number)
            if step != known:
                row = (one.invitation.workspace, one.invitation.id, *_values(step))
                (new if known is None else changed).append(row)
    if new:
        await _copy(connection, new)
    if changed:
        await _update(connection, changed)


async def _update(connection: Connection, rows: Sequence[tuple[Any, ...]]) -> None:
    await connection.execute(
        "update orchestrator.steps s set kind = u.kind, state = u.state, reason = u.reason,"
        " due_at = u.due_at, send_by = u.send_by, sent_at = u.sent_at"
        " from unnest($1::text[], $2::uuid[], $3::int[], $4::text[], $5::text[], $6::text[],"
        " $7::text[], $8::timestamptz[], $9::timestamptz[], $10::timestamptz[])"
        " as u (workspace, id, number, kind, channel, state, reason, due_at, send_by, sent_at)"
        " where s.workspace = u.workspace and s.invitation_id = u.id and s.number = u.number",
        *[list(values) for values in zip(*rows, strict=True)],
    )


async def lock_looked_until(connection: Connection) -> datetime | None:
    """Until when steps were looked at for being taken; None: another replica looks just now."""
    until: datetime | None = await connection.fetchval(
        "select looked_until from orchestrator.not_taken for update skip locked"
    )
    return until


async def not_taken(
    connection: Connection,
    workspaces: Collection[str],
    since: datetime,
    until: datetime,
    *,
    limit: int,
) -> list[tuple[Key, datetime]]:
    """(invitation, `send_by`) of steps that were to be sent in that time; no sender said a word."""
    rows = await connection.fetch(
        "select workspace, invitation_id, send_by from orchestrator.steps"
        " where workspace = any($1) and send_by >= $2 and send_by <= $3 and state = 'with_sender'"
        " order by send_by limit $4",
        list(workspaces),
        since,
        until,
        limit,
    )
    return [((row["workspace"], row["invitation_id"]), row["send_by"]) for row in rows]


async def set_looked_until(connection: Connection, until: datetime) -> None:
    await connection.execute("update orchestrator.not_taken set looked_until = $1", until)
