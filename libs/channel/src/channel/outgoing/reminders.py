"""Reminders: the question once more, to whoever was certainly asked and has said nothing to it."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from uuid import UUID

import msgspec

from channel.store import delivery, dialogues, sends
from channel.store.delivery import Send
from channel.store.schema import STEP, Key, Schema, columns
from common.database import Connection
from common.database.sealing import opened
from common.dialogue import Dialogue, Open, advance
from common.events.questionnaire import Questionnaire
from common.events.sends import DeliveryStatus, Step, StepKind
from common.ids import step_id

ANSWERED = "answered"  # why a reminder is not sent, beside the reasons of every step
NEWER_CALL = "newer_call"
CLOSED = "closed"  # nothing is left to ask: we gave up, or answers are no longer taken
ASK_NOT_SENT = "ask_not_sent"  # the ask failed, or waits, or nobody knows
WENT_OUT = (DeliveryStatus.SENT, DeliveryStatus.DELIVERED)
PAUSE = timedelta(seconds=1)  # until what the person wrote has been read
UNOPENED = timedelta(minutes=1)  # until it is looked whether the key of the step is there

_decode = msgspec.json.Decoder(Step).decode
_STANDING = """
    select s.workspace, s.id, m.step, a.state as asked, d.state, d.opened_at, d.answers_until,
           exists (select from {schema}.inbox i
                   where i.workspace = s.workspace and i.contact_id = s.contact_id
                   and i.kind = 'message' and i.done_at is null) as unread,
           exists (select from {schema}.dialogues n
                   where n.workspace = s.workspace and n.our_number = s.sender
                   and n.contact_id = s.contact_id and n.opened_at > d.opened_at) as overtaken
    from unnest($1::text[], $2::uuid[], $3::uuid[]) as r (workspace, id, ask)
    join {schema}.sends s using (workspace, id)
    join {schema}.messages m on m.workspace = s.workspace and m.send_id = s.id
    left join {schema}.sends a on a.workspace = s.workspace and a.id = r.ask
    left join {schema}.dialogues d on d.workspace = s.workspace and d.our_number = s.sender
        and d.contact_id = s.contact_id and d.invitation_id = s.invitation_id
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """What a reminder's claim looks at. `dialogue` None: none was opened from its number.

    `questionnaire` None: its step does not open. `unread`: the person wrote something that may be
    an answer. `overtaken`: we have asked them something else since.
    """

    asked: DeliveryStatus | None
    questionnaire: Questionnaire | None
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
    if standing.questionnaire is None:
        return delivery.put_off(send, now + UNOPENED)
    if not advance(standing.questionnaire, state, Open(), now=now).outputs:
        return delivery.cancelled(send, CLOSED)
    return delivery.put_off(send, now + PAUSE) if standing.unread else delivery.claimed(send, now)


async def standings(
    connection: Connection, schema: Schema, reminders: Sequence[Send]
) -> dict[Key, Standing]:
    """By send. Their contacts must be locked, in an earlier statement: nobody reads replies now."""
    if not reminders:
        return {}
    rows = await connection.fetch(
        schema(_STANDING),
        *columns(send.key for send in reminders),
        [_ask_of(send) for send in reminders],
    )
    steps = await opened(
        connection, schema.place(STEP), [(row["workspace"], row["step"]) for row in rows]
    )
    return {
        (row["workspace"], row["id"]): Standing(
            asked=DeliveryStatus(row["asked"]) if row["asked"] else None,
            questionnaire=_decode(step).questionnaire if step else None,
            dialogue=dialogues.read(row) if row["opened_at"] else None,
            unread=row["unread"],
            overtaken=row["overtaken"],
        )
        for row, step in zip(rows, steps, strict=True)
    }


async def asks(
    connection: Connection, schema: Schema, steps: Sequence[tuple[str, Step]]
) -> dict[Key, Send]:
    """(workspace, invitation) -> the ask that its reminder, if one is in `steps`, continues."""
    reminded = [
        (workspace, step_id(step.invitation_id, step.continues or 0))
        for workspace, step in steps
        if step.kind is StepKind.REMINDER
    ]
    if not reminded:
        return {}
    rows = await connection.fetch(
        schema(
            sends.with_columns(
                "select {columns} from unnest($1::text[], $2::uuid[]) as k (workspace, id)"
                " join {schema}.sends s using (workspace, id)"
            )
        ),
        *columns(reminded),
    )
    return {(row["workspace"], row["invitation_id"]): sends.read(row) for row in rows}


def continued(send: Send, ask: Send | None) -> Send:
    """From the number that asked, for replies to it belong to that dialogue."""
    if ask is None or ask.account is None:
        return delivery.cancelled(send, ASK_NOT_SENT)
    return replace(send, provider=ask.provider, account=ask.account, sender=ask.sender)


def _ask_of(send: Send) -> UUID:
    assert send.invitation_id
    return step_id(send.invitation_id, send.continues or 0)
