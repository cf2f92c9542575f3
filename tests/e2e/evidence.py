"""What the platform knows, read from its own tables for the auditor."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

import msgspec

from common.database import Database, Row
from common.dialogue import Dialogue, response_of
from common.events.responses import Response
from common.events.sends import Step
from common.events.values import Channel

# `$1` is a workspace, or null for all.
_TABLES: Mapping[str, str] = {
    "sends": "select id, kind, contact_id, interaction_id, invitation_id, state, failure, reason,"
    " claimed_at, despite_stop, step_kind = 'reminder' as reminder, number, continues"
    " from sms_sender.sends",
    "messages": "select message_id, outcome, response_id, response_revision, done_at, contact_id"
    " from sms_sender.inbox",
    "contacts": "select contact_id, suppressed, suppressed_at from sms_sender.contacts",
    "invitations": "select id, interaction_id, status, reason from orchestrator.invitations",
    "tries": "select invitation_id, number, kind, state, reason from orchestrator.steps",
    "facts": "select interaction_id, invitation_id, reason, metric, score, replies"
    " from analytics.facts",
    "decisions": "select event from orchestrator.decisions",
    "dialogues": """
        select d.state, m.step from sms_sender.dialogues d
        join sms_sender.sends s using (workspace, invitation_id)
        join (select workspace, send_id as id, step from sms_sender.messages) m
            using (workspace, id)""",
}
_OF_WORKSPACE = " where ($1::text is null or workspace = $1)"
_ONLY = {
    "messages": " and kind = 'message'",
    "dialogues": " and s.kind = 'step' and s.sender = d.our_number and d.state is not null",
}
_PENDING: Mapping[str, str] = {
    "steps": f"select count(*) from orchestrator.steps{_OF_WORKSPACE} and waits",
    "sends": f"select count(*) from sms_sender.sends{_OF_WORKSPACE}"
    " and state in ('queued', 'claimed')",
    "inbox": f"select count(*) from sms_sender.inbox{_OF_WORKSPACE} and done_at is null",
    "facts": f"select count(*) from analytics.facts{_OF_WORKSPACE} and day is null",
}
_PENDING_OF_ALL: Mapping[str, str] = {
    "handovers": "select count(*) from orchestrator.handovers",
    "parts": "select count(*) from ingest.calls where closes_at is not null",
    "outbox": "select (select count(*) from ingest.outbox)"
    " + (select count(*) from sms_sender.outbox) + (select count(*) from orchestrator.outbox)",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Tables:
    """Rows as they are; of dialogues, the responses that they amount to."""

    sends: Sequence[Row]
    messages: Sequence[Row]
    contacts: Sequence[Row]
    invitations: Sequence[Row]
    tries: Sequence[Row]  # steps of invitations, as the orchestrator has them
    facts: Sequence[Row]
    calls: Sequence[str]  # the source's names of the calls, one per decision
    interactions: Sequence[UUID]  # one per decision
    invited: Sequence[UUID]  # invitations, by the decisions
    responses: Mapping[UUID, Response]


class _Interaction(msgspec.Struct):
    id: UUID
    call_id: str | None = None


class _Decision(msgspec.Struct):
    interaction: _Interaction
    invitation_id: UUID | None = None


class _Decided(msgspec.Struct):
    data: _Decision


async def read_tables(db: Database, *, workspace: str | None = None) -> Tables:
    """All of one moment."""
    async with (
        db.connection() as connection,
        connection.transaction(isolation="repeatable_read", readonly=True),
    ):
        rows = {
            name: await connection.fetch(query + _OF_WORKSPACE + _ONLY.get(name, ""), workspace)
            for name, query in _TABLES.items()
        }
    events, dialogues = rows.pop("decisions"), rows.pop("dialogues")
    decided = [msgspec.json.decode(row["event"], type=_Decided).data for row in events]
    found = [_response(row) for row in dialogues]
    return Tables(
        **rows,
        calls=[one.interaction.call_id or "" for one in decided],
        interactions=[one.interaction.id for one in decided],
        invited=[one.invitation_id for one in decided if one.invitation_id],
        responses={response.id: response for response in found if response is not None},
    )


def _response(row: Row) -> Response | None:
    state = msgspec.json.decode(row["state"], type=Dialogue)
    if state.started_at is None:
        return None
    step = msgspec.json.decode(row["step"], type=Step)
    return response_of(
        step.questionnaire,
        state,
        invitation_id=step.invitation_id,
        interaction_id=step.interaction_id,
        contact_id=step.contact_id,
        channel=Channel.SMS,
        test=step.test,
    )


async def pending(db: Database, *, workspace: str | None = None) -> dict[str, int]:
    """What is still under way, by table. `facts`: those whose decision has not been read.

    Parts of calls and outboxes are those of all workspaces.
    """
    async with db.connection() as connection:
        found: dict[str, int] = {
            name: await connection.fetchval(query, workspace) for name, query in _PENDING.items()
        }
        for name, query in _PENDING_OF_ALL.items():
            found[name] = await connection.fetchval(query)
        return found
