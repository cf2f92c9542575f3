"""What the platform knows, read from its own tables for the auditor."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

import msgspec

from channel.store.schema import STEP, Schema
from common.database import Connection, Database, Row
from common.database.sealing import opened
from common.dialogue import Dialogue, response_of
from common.events.responses import Response
from common.events.sends import Step
from common.events.values import Channel
from orchestrator.repository.deciding.decisions import EVENT

SENDERS: Mapping[str, str] = {
    "sms": "sms_sender",
    "whatsapp": "whatsapp_sender",
    "ivr": "ivr_gateway",
}
# `$1` is a workspace, or null for all.
_OF_WORKSPACE = " where ($1::text is null or workspace = $1)"


def _of_senders(query: str, *conditions: str) -> str:
    """The same of every sender's tables; `{channel}` and `{schema}` are its own."""
    whole = query + _OF_WORKSPACE + "".join(f" and {condition}" for condition in conditions)
    parts = [whole.format(channel=name, schema=schema) for name, schema in SENDERS.items()]
    return " union all ".join(parts)


_TABLES: Mapping[str, str] = {
    "sends": _of_senders(
        "select '{channel}' as channel, id, kind, step_kind, number, continues, contact_id,"
        " interaction_id, invitation_id, state, failure, reason, claimed_at, despite_stop,"
        " provider_message_id"
        " from {schema}.sends"
    ),
    "messages": _of_senders(
        "select '{channel}' as channel, message_id, outcome, response_id, response_revision,"
        " done_at, contact_id from {schema}.inbox",
        "kind = 'message'",
    ),
    "contacts": _of_senders(
        "select '{channel}' as channel, contact_id, suppressed, suppressed_at"
        " from {schema}.contacts"
    ),
    "invitations": "select id, interaction_id, status, reason from orchestrator.invitations"
    + _OF_WORKSPACE,
    "tries": "select invitation_id, number, kind, state, reason from orchestrator.steps"
    + _OF_WORKSPACE,
    "facts": "select interaction_id, invitation_id, reason, metric, score, replies"
    " from analytics.facts" + _OF_WORKSPACE,
    "decisions": "select workspace, event from orchestrator.decisions" + _OF_WORKSPACE,
    "dialogues": _of_senders(
        """
        select '{channel}' as channel, d.workspace, d.state, m.step from {schema}.dialogues d
        join {schema}.sends s using (workspace, invitation_id)
        join (select workspace, send_id as id, step from {schema}.messages) m
            using (workspace, id)""",
        "s.kind = 'step'",
        "s.sender = d.our_number",
        "d.state is not null",
    ),
}
_PENDING: Mapping[str, str] = {
    "steps": f"select count(*) from orchestrator.steps{_OF_WORKSPACE} and waits",
    "sends": "select sum(n)::int from ("
    + _of_senders("select count(*) as n from {schema}.sends", "state in ('queued', 'claimed')")
    + ") s",
    "inbox": "select sum(n)::int from ("
    + _of_senders("select count(*) as n from {schema}.inbox", "done_at is null")
    + ") s",
    "facts": f"select count(*) from analytics.facts{_OF_WORKSPACE} and day is null",
}
_PENDING_OF_ALL: Mapping[str, str] = {
    "handovers": "select count(*) from orchestrator.handovers",
    "parts": "select count(*) from ingest.calls where closes_at is not null",
    "outbox": "select (select count(*) from ingest.outbox)"
    " + (select count(*) from orchestrator.outbox)"
    + "".join(f" + (select count(*) from {schema}.outbox)" for schema in SENDERS.values()),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Tables:
    """Rows as they are, of all senders together; of dialogues, the responses they amount to."""

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
        rows = {name: await connection.fetch(query, workspace) for name, query in _TABLES.items()}
        stored = [(row["workspace"], row["event"]) for row in rows.pop("decisions")]
        events = await opened(connection, EVENT, stored)
        dialogues = rows.pop("dialogues")
        found = [_response(row, await _step(connection, row)) for row in dialogues]
    decided = [msgspec.json.decode(event or b"", type=_Decided).data for event in events]
    return Tables(
        **rows,
        calls=[one.interaction.call_id or "" for one in decided],
        interactions=[one.interaction.id for one in decided],
        invited=[one.invitation_id for one in decided if one.invitation_id],
        responses={response.id: response for response in found if response is not None},
    )


async def _step(connection: Connection, row: Row) -> Step:
    place = Schema(SENDERS[row["channel"]]).place(STEP)
    [plain] = await opened(connection, place, [(row["workspace"], row["step"])])
    return msgspec.json.decode(plain or b"", type=Step)


def _response(row: Row, step: Step) -> Response | None:
    state = msgspec.json.decode(row["state"], type=Dialogue)
    if state.started_at is None:
        return None
    return response_of(
        step.questionnaire,
        state,
        invitation_id=step.invitation_id,
        interaction_id=step.interaction_id,
        contact_id=step.contact_id,
        channel=Channel(row["channel"]),
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
