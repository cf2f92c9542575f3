"""The columns of a fact that are written, with their types and where their values come from."""

from collections.abc import Mapping
from datetime import date, datetime
from operator import attrgetter
from typing import Any
from zoneinfo import ZoneInfo

import msgspec

from analytics.domain.attribution import attribution
from analytics.domain.contributions import Share
from analytics.domain.facts import Call, answered_at, counted
from common.events.decisions import Decision
from common.phone import masked

_encode = msgspec.json.Encoder().encode

CAST = frozenset({"json", "smallint[]"})  # sent as text: the driver is slow at them

# Column -> type.
OUTCOME = {
    "interaction_id": "uuid",
    "workspace": "text",
    "writes": "integer",
    "test": "boolean",
    "steps": "json",
    "replies": "json",
    "slots": "smallint[]",
    "channel": "text",
    "score": "smallint",
    "answered_at": "timestamptz",
    "answered_day": "date",
}
_OF_CALL = dict(
    zip(Call._fields, ["bigint", "date", *["text"] * (len(Call._fields) - 2)], strict=True)
)
_OF_DECISION = {
    "decided_at": "timestamptz",
    "flow_id": "text",
    "flow_version": "integer",
    "survey_version": "integer",
    "invitation_id": "uuid",
}
_OF_INTERACTION = {
    "ended_at": "timestamptz",
    "contact_id": "uuid",
    "kind": "text",
    "ending": "text",
    "direction": "text",
    "country": "text",
    "source": "text",
    "call_id": "text",
    "talk_seconds": "real",
    "wait_seconds": "real",
    "hold_seconds": "real",
    "transfers": "smallint",
}
_OTHER = {
    "address": "text",
    "agent_name": "text",
    "longest": "smallint",
    "agents": "text[]",
    "teams": "text[]",
    "tags": "text[]",
}
DECIDED: Mapping[str, str] = OUTCOME | _OF_CALL | _OF_DECISION | _OF_INTERACTION | _OTHER

_decision_values = attrgetter(*_OF_DECISION)
_interaction_values = attrgetter(*_OF_INTERACTION)


def outcome(new: Share, writes: int, zone: ZoneInfo) -> tuple[Any, ...]:
    """The values of `OUTCOME`."""
    fact = new.fact
    reply = counted(fact)
    at: datetime | None = None
    day: date | None = None
    if reply is not None and reply.score is not None:
        at = answered_at(reply)
        day = at.astimezone(zone).date()
    return (
        fact.interaction,
        fact.workspace,
        writes,
        fact.test,
        _encode(fact.steps).decode() if fact.steps else "[]",
        _encode(fact.replies).decode() if fact.replies else "[]",
        "{" + ",".join(map(str, new.slots)) + "}",
        new.channel,
        None if reply is None else reply.score,
        at,
        day,
    )


def decided(call: Call, decision: Decision) -> tuple[Any, ...]:
    """The values of `DECIDED` after those of `OUTCOME`."""
    interaction = decision.interaction
    credit = attribution(interaction)
    return (
        *call,
        *_decision_values(decision),
        *_interaction_values(interaction),
        masked(interaction.address) if interaction.address else None,
        credit.agent_name,
        credit.longest,
        credit.agents,
        credit.teams,
        interaction.tags,
    )
