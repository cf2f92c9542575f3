"""Whoever rings us is asked what waits for them: the step that we would have called them for."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from typing import Self
from uuid import UUID

from channel.content import Content, decode
from channel.incoming.entries import Entry
from channel.store.schema import Key, Schema, columns
from common import ids
from common.config import WorkspaceConfig
from common.config.models import LONGEST_PLAN
from common.database import Connection
from common.events.sends import DeliveryStatus, StepKind

# Reckoning the steps of so many takes 12 ms, in which other workspaces' callers wait; one may have
# ten thousand.
MOST_FLOWS = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class Ring:
    """A call to one of our numbers; `place` is the reader's own number for it.

    `send_id`: the step that it is about, where their switch said so.
    """

    place: int
    workspace: str
    contact_id: UUID
    send_id: UUID | None = None

    @classmethod
    def of(cls, entry: Entry) -> Self:
        callback = entry.callback
        return cls(
            place=entry.id,
            workspace=callback.workspace,
            contact_id=callback.contact_id,
            send_id=callback.send_id,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Waiting:
    """The step that waits for this contact, as it was before its row was locked."""

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


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """A step, and whom it asks."""

    send_id: UUID
    contact_id: UUID


_FIND = """
    select r.place, w.* from unnest($1::int[], $2::text[], $3::uuid[], $7::uuid[])
        as r (place, workspace, contact_id, send_id)
    cross join lateral (
        select s.workspace, s.id, m.content, m.flow_id, m.answers_until from {schema}.sends s
        join {schema}.messages m on m.workspace = s.workspace and m.send_id = s.id
        where s.workspace = r.workspace and s.contact_id = r.contact_id
          and s.kind = 'step' and s.step_kind <> $4 and s.state = $5 and s.expires_at > $6
          and (r.send_id is null or s.id = r.send_id)
        order by s.created_at desc limit 1) w
"""


async def waiting(
    connection: Connection, schema: Schema, rings: Sequence[Ring], *, now: datetime
) -> Mapping[int, Waiting]:
    """By place: the step that a ring is about, else the newest.

    The contacts must be locked, so that no claim takes the step meanwhile.
    """
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
        [ring.send_id for ring in rings],
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


def steps_about(workspace: WorkspaceConfig, *, source: str, call_id: str) -> list[UUID]:
    """The ids of all steps that there can be about this interaction of theirs.

    From the flows that there are now: one that is gone asks nobody any more. Of more than
    `MOST_FLOWS` the others are not looked at: such a caller is found by their number.
    """
    interaction = ids.interaction_id(workspace.workspace.id, source, call_id)
    flows = islice(workspace.flows, MOST_FLOWS)
    invitations = [ids.invitation_id(interaction, flow) for flow in flows]
    return [ids.step_id(one, number) for one in invitations for number in range(LONGEST_PLAN)]


async def asked(
    connection: Connection, schema: Schema, workspace: str, steps: Sequence[UUID]
) -> Asked | None:
    """Which of these steps is known here: one that waits before the others, then the newest."""
    row = await connection.fetchrow(
        schema(
            """
            select id, contact_id from {schema}.sends
            where workspace = $1 and id = any($2::uuid[])
              and kind = 'step' and step_kind <> $3 and interaction_id is not null
            order by state = $4 desc, created_at desc limit 1
            """
        ),
        workspace,
        steps,
        StepKind.REMINDER.value,
        DeliveryStatus.QUEUED.value,
    )
    return Asked(send_id=row["id"], contact_id=row["contact_id"]) if row else None


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
