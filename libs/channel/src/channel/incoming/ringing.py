"""Whoever rings us is asked what waits for them: the step that we would have called them for."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from channel.content import Content, decode
from channel.store.schema import Key, Schema, columns
from common.database import Connection
from common.events.sends import DeliveryStatus, StepKind


@dataclass(frozen=True, slots=True, kw_only=True)
class Ring:
    """A call to one of our numbers; `place` is the caller's own number for it."""

    place: int
    workspace: str
    contact_id: UUID


@dataclass(frozen=True, slots=True, kw_only=True)
class Waiting:
    """The newest step that waits for this contact, as it was before its row was locked."""

    send: Key
    content: Content | None
    flow_id: str | None
    answers_until: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Taken:
    """A step that was asked on the line that its contact rang."""

    send: Key
    account: str
    our_number: str


_FIND = """
    select r.place, w.* from unnest($1::int[], $2::text[], $3::uuid[])
        as r (place, workspace, contact_id)
    cross join lateral (
        select s.workspace, s.id, m.content, m.flow_id, m.answers_until from {schema}.sends s
        join {schema}.messages m on m.workspace = s.workspace and m.send_id = s.id
        where s.workspace = r.workspace and s.contact_id = r.contact_id
          and s.kind = 'step' and s.step_kind <> $4 and s.state = $5 and s.expires_at > $6
        order by s.created_at desc limit 1) w
"""


async def waiting(
    connection: Connection, schema: Schema, rings: Sequence[Ring], *, now: datetime
) -> Mapping[int, Waiting]:
    """By place. The contacts must be locked, so that no claim takes the step meanwhile."""
    if not rings:
        return {}
    rows = await connection.fetch(
        schema(_FIND),
        [ring.place for ring in rings],
        [ring.workspace for ring in rings],
        [ring.contact_id for ring in rings],
        StepKind.REMINDER.value,
        DeliveryStatus.QUEUED.value,
        now,
    )
    return {
        row["place"]: Waiting(
            send=(row["workspace"], row["id"]),
            content=decode(row["content"]),
            flow_id=row["flow_id"],
            answers_until=row["answers_until"],
        )
        for row in rows
    }


async def take(connection: Connection, schema: Schema, taken: Sequence[Taken]) -> None:
    """What they press belongs to the number that they rang. The rows must be locked."""
    if taken:
        await connection.execute(
            schema(
                """
                update {schema}.sends s set account = t.account, sender = t.our_number
                from unnest($1::text[], $2::uuid[], $3::text[], $4::text[])
                    as t (workspace, id, account, our_number)
                where s.workspace = t.workspace and s.id = t.id
                """
            ),
            *columns(one.send for one in taken),
            [one.account for one in taken],
            [one.our_number for one in taken],
        )
