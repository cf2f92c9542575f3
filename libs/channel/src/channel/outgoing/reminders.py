"""Reminders: the question once more, to whoever was certainly asked and has said nothing to it."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from uuid import UUID

import msgspec

from channel.store import delivery, dialogues, sends
from channel.store.delivery import Send, Status
from channel.store.schema import Schema
from common.database import Connection
from common.dialogue import Dialogue, Open, advance
from common.events.questionnaire import Questionnaire
from common.events.sends import Step, StepKind
from common.ids import step_id

ANSWERED = "answered"  # why a reminder is not sent, beside the reasons of every step
NEWER_CALL = "newer_call"
CLOSED = "closed"  # nothing is left to ask: we gave up, or answers are no longer taken
ASK_NOT_SENT = "ask_not_sent"  # the ask failed, or waits, or nobody knows
WENT_OUT = (Status.SENT, Status.DELIVERED)
PAUSE = timedelta(seconds=1)  # until what the person wrote has been read

_decode = msgspec.json.Decoder(Step).decode
_STANDING = """
    select s.id, s.step, a.state as asked, d.state, d.opened_at, d.answers_until,
           exists (select from {schema}.inbox i where i.contact_id = s.contact_id
                   and i.kind = 'message' and i.done_at is null) as unread,
           exists (select from {schema}.dialogues n where n.our_number = s.sender
                   and n.contact_id = s.contact_id and n.opened_at > d.opened_at) as overtaken
    from unnest($1::uuid[], $2::uuid[]) as r (id, ask)
    join {schema}.sends s using (id)
    left join {schema}.sends a on a.id = r.ask
    left join {schema}.dialogues d on d.our_number = s.sender
        and d.contact_id = s.contact_id and d.invitation_id = s.invitation_id
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """What a reminder's claim looks at. `dialogue` None: none was opened from its number.

    `unread`: the person wrote something that may be an answer. `overtaken`: we have asked them
    something else since.
    """

    asked: Status | None
    questionnaire: Questionnaire
    dialogue: Dialogue | None
    unread: bool
    overtaken: bool


def judged(send: Send, standing: Standing, now: datetime) -> Send:
    """Claimed, or refused, or put off."""
    state = standing.dialogue
    if state is None or standing.asked not in WENT_OUT:
        return delivery.cancelled(send, ASK_NOT_SENT)
    if state.answers:
        return delivery.cancelled(send, ANSWERED)
    if standing.overtaken:
        return delivery.cancelled(send, NEWER_CALL)
    if not advance(standing.questionnaire, state, Open(), now=now).outputs:
        return delivery.cancelled(send, CLOSED)
    return delivery.put_off(send, now + PAUSE) if standing.unread else delivery.claimed(send, now)


async def standings(
    connection: Connection, schema: Schema, reminders: Sequence[Send]
) -> dict[UUID, Standing]:
    """By send. Their contacts must be locked, in an earlier statement: nobody reads replies now."""
    if not reminders:
        return {}
    rows = await connection.fetch(
        schema(_STANDING), [send.id for send in reminders], [_ask_of(send) for send in reminders]
    )
    return {
        row["id"]: Standing(
            asked=Status(row["asked"]) if row["asked"] else None,
            questionnaire=_decode(row["step"]).questionnaire,
            dialogue=dialogues.read(row) if row["opened_at"] else None,
            unread=row["unread"],
            overtaken=row["overtaken"],
        )
        for row in rows
    }


async def asks(connection: Connection, schema: Schema, steps: Sequence[Step]) -> dict[UUID, Send]:
    """Invitation -> the ask that its reminder, if there is one in `steps`, continues."""
    reminded = [step.invitation_id for step in steps if step.kind is StepKind.REMINDER]
    if not reminded:
        return {}
    rows = await connection.fetch(
        schema(sends.with_columns("select {columns} from {schema}.sends s where s.id = any($1)")),
        [step_id(invitation, 0) for invitation in reminded],
    )
    return {row["invitation_id"]: sends.read(row) for row in rows}


def continued(send: Send, ask: Send | None) -> Send:
    """From the number that asked, for replies to it belong to that dialogue."""
    if ask is None or ask.account is None:
        return delivery.cancelled(send, ASK_NOT_SENT)
    return replace(send, provider=ask.provider, account=ask.account, sender=ask.sender)


def _ask_of(send: Send) -> UUID:
    assert send.invitation_id
    return step_id(send.invitation_id, 0)
