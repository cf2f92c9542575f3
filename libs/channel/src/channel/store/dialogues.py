"""Who is asked what, from which of our numbers: where a reply belongs."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID

import msgspec

from channel.store.schema import STEP, Key, Schema
from common.database import Connection, Row
from common.database.sealing import opened
from common.dialogue import Dialogue, spoken_in
from common.events.questionnaire import Questionnaire
from common.events.sends import DeliveryStatus, Step

_state = msgspec.json.Decoder(Dialogue)
_step = msgspec.json.Decoder(Step)
DialogueKey = tuple[str, str, UUID, UUID]  # workspace, our number, contact, invitation


@dataclass(frozen=True, slots=True, kw_only=True)
class Opened:
    """A dialogue whose first message is about to go out."""

    our_number: str
    contact_id: UUID
    invitation_id: UUID
    workspace: str
    opened_at: datetime
    answers_until: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """The dialogue that a message belongs to, and the latest send of it that may have arrived."""

    our_number: str
    contact_id: UUID
    invitation_id: UUID
    workspace: str
    state: Dialogue
    send_id: UUID
    step: Step

    @property
    def questionnaire(self) -> Questionnaire:
        """As it stands: in the language that they chose, where they did."""
        return spoken_in(self.step.questionnaire, self.state)

    @property
    def key(self) -> DialogueKey:
        return self.workspace, self.our_number, self.contact_id, self.invitation_id

    @property
    def send(self) -> Key:
        return self.workspace, self.send_id


async def open_all(connection: Connection, schema: Schema, opened: Sequence[Opened]) -> None:
    """Their contacts must be locked. One whose ask had not gone out after all is opened anew."""
    if not opened:
        return
    await connection.execute(
        schema(
            """
            insert into {schema}.dialogues
                (workspace, our_number, contact_id, invitation_id, opened_at, answers_until)
            select * from unnest($1::text[], $2::text[], $3::uuid[], $4::uuid[],
                                 $5::timestamptz[], $6::timestamptz[])
            on conflict (workspace, our_number, contact_id, invitation_id) do update
            set opened_at = excluded.opened_at,
                answers_until = greatest(dialogues.answers_until, excluded.answers_until)
            """
        ),
        [o.workspace for o in opened],
        [o.our_number for o in opened],
        [o.contact_id for o in opened],
        [o.invitation_id for o in opened],
        [o.opened_at for o in opened],
        [o.answers_until for o in opened],
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Sought:
    """A message to find a dialogue for; `place` is the caller's own number for it."""

    place: int
    workspace: str
    our_number: str
    contact_id: UUID
    received_at: datetime
    account: str = ""
    about: str | None = None  # the provider's name of the message of ours that it answers
    invitation_id: UUID | None = None  # what the button says that it is about


_MAY_HAVE_ARRIVED = [
    DeliveryStatus.CLAIMED.value,
    DeliveryStatus.SENT.value,
    DeliveryStatus.DELIVERED.value,
    DeliveryStatus.UNKNOWN.value,
]
_FIND = """
    select m.place, d.*, s.id as send_id, w.step
    from unnest($1::int[], $2::text[], $3::text[], $4::uuid[], $5::timestamptz[], $7::text[],
                $8::text[], $9::uuid[])
        as m (place, workspace, our_number, contact_id, received_at, account, about, invitation_id)
    left join lateral (
        select s.invitation_id from {schema}.sends s
        where s.workspace = m.workspace and s.account = m.account
          and s.provider_message_id = m.about and s.contact_id = m.contact_id limit 1) a on true
    cross join lateral (
        select d.* from {schema}.dialogues d
        where d.workspace = m.workspace and d.our_number = m.our_number
          and d.contact_id = m.contact_id and d.opened_at <= m.received_at
          and (coalesce(a.invitation_id, m.invitation_id) is null
               or d.invitation_id = coalesce(a.invitation_id, m.invitation_id))
        order by d.opened_at desc limit 5) d
    cross join lateral (
        select s.id from {schema}.sends s
        where s.workspace = d.workspace and s.contact_id = d.contact_id
          and s.invitation_id = d.invitation_id
          and s.kind = 'step' and s.sender = d.our_number and s.claimed_at <= m.received_at
          and (s.state = any($6::text[])
               or s.state = 'failed' and s.provider_message_id is not null)
        order by s.claimed_at desc limit 1) s
    join {schema}.messages w on w.workspace = d.workspace and w.send_id = s.id
    order by m.place, d.opened_at
"""


async def find(
    connection: Connection, schema: Schema, sought: Sequence[Sought]
) -> dict[int, Found]:
    """The newest dialogue of (our number, their contact) claimed before the message was received;

    of a message that says which ask it answers, that one. Raises `LookupError`.
    Asks that certainly never reached anybody, waiting again or refused, opened nothing.
    """
    rows = await connection.fetch(
        schema(_FIND),
        [s.place for s in sought],
        [s.workspace for s in sought],
        [s.our_number for s in sought],
        [s.contact_id for s in sought],
        [s.received_at for s in sought],
        _MAY_HAVE_ARRIVED,
        [s.account for s in sought],
        [s.about for s in sought],
        [s.invitation_id for s in sought],
    )
    steps = await opened(
        connection, schema.place(STEP), [(row["workspace"], row["step"]) for row in rows]
    )
    opened_steps = [step for step in steps if step is not None]
    if len(opened_steps) < len(rows):
        raise LookupError("a step does not open: what was written to it waits for its key")
    return {  # in the order of opening: the last one found for a place is the newest
        row["place"]: Found(
            our_number=row["our_number"],
            contact_id=row["contact_id"],
            invitation_id=row["invitation_id"],
            workspace=row["workspace"],
            state=read(row),
            send_id=row["send_id"],
            step=_step.decode(step),
        )
        for row, step in zip(rows, opened_steps, strict=True)
    }


def read(row: Row) -> Dialogue:
    """As it stands; `row` has the columns of a dialogue."""
    if row["state"] is None:
        return Dialogue(opened_at=row["opened_at"], expires_at=row["answers_until"])
    return replace(_state.decode(row["state"]), expires_at=row["answers_until"])


async def save(connection: Connection, schema: Schema, found: Sequence[Found]) -> None:
    """Their contacts must be locked."""
    if not found:
        return
    await connection.execute(
        schema(
            """
            update {schema}.dialogues d set state = n.state
            from unnest($1::text[], $2::text[], $3::uuid[], $4::uuid[], $5::bytea[])
                as n (workspace, our_number, contact_id, invitation_id, state)
            where d.workspace = n.workspace and d.our_number = n.our_number
              and d.contact_id = n.contact_id and d.invitation_id = n.invitation_id
            """
        ),
        [f.workspace for f in found],
        [f.our_number for f in found],
        [f.contact_id for f in found],
        [f.invitation_id for f in found],
        [msgspec.json.encode(f.state) for f in found],
    )
