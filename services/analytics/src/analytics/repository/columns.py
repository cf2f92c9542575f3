"""The columns of a fact that are written, with their types and where their values come from."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from operator import attrgetter
from typing import Any
from zoneinfo import ZoneInfo

import msgspec

from analytics.domain.attribution import attribution
from analytics.domain.contributions import channel, slots
from analytics.domain.facts import Fact, answered_at, counted
from common.events.decisions import Decision
from common.phone import masked

_encode = msgspec.json.Encoder().encode

# Column -> type. Arrays and documents travel as text ("text/…"): `unnest` would flatten arrays.
OUTCOME = {
    "interaction_id": "uuid",
    "workspace": "text",
    "writes": "integer",
    "test": "boolean",
    "steps": "text/json",
    "replies": "text/json",
    "slots": "text/smallint[]",
    "channel": "text",
    "score": "smallint",
    "answered_at": "timestamptz",
    "answered_day": "date",
}
_OF_CALL = {
    "revision": "integer",
    "day": "date",
    "reason": "text",
    "survey": "text",
    "metric": "text",
    "queue": "text",
    "agent": "text",
    "team": "text",
    "number": "text",
    "site": "text",
    "region": "text",
    "disposition": "text",
}
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
    "planned_channel": "text",
    "address": "text",
    "agent_name": "text",
    "longest": "smallint",
    "agents": "text/text[]",
    "teams": "text/text[]",
    "tags": "text/text[]",
}
DECIDED: Mapping[str, str] = OUTCOME | _OF_CALL | _OF_DECISION | _OF_INTERACTION | _OTHER

_call_values = attrgetter(*_OF_CALL)
_decision_values = attrgetter(*_OF_DECISION)
_interaction_values = attrgetter(*_OF_INTERACTION)


def outcome(fact: Fact, writes: int, zone: ZoneInfo) -> list[Any]:
    """The values of `OUTCOME`."""
    reply = counted(fact)
    at: datetime | None = None
    day: date | None = None
    if reply is not None and reply.score is not None:
        at = answered_at(reply)
        day = at.astimezone(zone).date()
    return [
        fact.interaction,
        fact.workspace,
        writes,
        fact.test,
        _encode(fact.steps).decode() if fact.steps else "[]",
        _encode(fact.replies).decode() if fact.replies else "[]",
        "{" + ",".join(map(str, slots(fact))) + "}",
        channel(fact),
        None if reply is None else reply.score,
        at,
        day,
    ]


def decided(fact: Fact, decision: Decision) -> list[Any]:
    """The values of `DECIDED` after those of `OUTCOME`."""
    assert fact.call is not None
    interaction = decision.interaction
    credit = attribution(interaction)
    return [
        *_call_values(fact.call),
        *_decision_values(decision),
        *_interaction_values(interaction),
        fact.call.channel,
        masked(interaction.address) if interaction.address else None,
        credit.agent_name,
        credit.longest,
        array(credit.agents),
        array(credit.teams),
        array(interaction.tags),
    ]


def array(words: Sequence[str]) -> str:
    """The words as PostgreSQL writes an array of them."""
    quoted = (word.replace("\\", "\\\\").replace('"', '\\"') for word in words)
    return "{" + ",".join(f'"{word}"' for word in quoted) + "}"
