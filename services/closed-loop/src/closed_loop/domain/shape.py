"""A call and its answer as programs are told of them: the fields of `GET /v1/responses`.

Left out is what became of the tries, and answers on other channels: those are events of their own.
"""

from typing import Any
from zoneinfo import ZoneInfo

import msgspec

from common.events.attribution import attribution
from common.events.decisions import Decision
from common.events.responses import Answer, Response
from common.phone import masked

_OF_INTERACTION = (
    *("source", "call_id", "contact_id", "country", "kind", "ending", "direction", "tags"),
    *("talk_seconds", "wait_seconds", "hold_seconds", "transfers"),
)
_OF_DECISION = ("decided_at", "flow_id", "flow_version", "invitation_id")


def call_shape(decision: Decision, zone: str) -> dict[str, Any]:
    """What is known since the decision; the number masked. "" in a key is: none."""
    call = decision.interaction
    credit = attribution(call)
    found: dict[str, Any] = {
        "interaction_id": call.id,
        "day": call.ended_at.astimezone(ZoneInfo(zone)).date(),
        "zone": zone,
        "ended_at": call.ended_at,
        "address": masked(call.address) if call.address else None,
        "queue": credit.queue,
        "agent": credit.agent,
        "agent_name": credit.agent_name,
        "team": credit.team,
        "agents": credit.agents,
        "teams": credit.teams,
        "number": call.our_number or "",
        "site": call.site or "",
        "region": call.region or "",
        "disposition": call.disposition or "",
        "asked": True,
        "reason": None,
        **{name: getattr(call, name) for name in _OF_INTERACTION},
        **{name: getattr(decision, name) for name in _OF_DECISION},
    }
    built: dict[str, Any] = msgspec.to_builtins(found)
    return built


def unknown_call(response: Response) -> dict[str, Any]:
    """Of one whose decision is gone from the topic."""
    words = ("zone", "queue", "agent", "agent_name", "team", "number", "site", "region")
    nothing = ("day", "ended_at", "address", *_OF_INTERACTION, *_OF_DECISION)
    return {
        **dict.fromkeys(nothing),
        **dict.fromkeys((*words, "disposition"), ""),
        **{"agents": [], "teams": [], "tags": [], "asked": True, "reason": None},
        "interaction_id": str(response.interaction_id),
        "contact_id": str(response.contact_id),
        "invitation_id": str(response.invitation_id),
    }


def response_shape(call: dict[str, Any], response: Response) -> dict[str, Any]:
    """The whole response, as of its revision."""
    found = {
        "response_id": response.id,
        "revision": response.revision,
        "survey": response.survey_id,
        "survey_version": response.survey_version,
        "metric": response.metric,
        "channel": response.channel,
        "state": response.state,
        "language": response.language,
        "started_at": response.started_at,
        "score": response.score,
        "answered_at": response.scored_at or response.changed_at,
        "comment": response.comment,
        "answers": [_answer(one) for one in response.answers],
    }
    built: dict[str, Any] = msgspec.to_builtins(found)
    return call | built


def _answer(answer: Answer) -> dict[str, Any]:
    return {
        "question_id": answer.question_id,
        "kind": answer.kind,
        "metric": answer.metric,
        "scale": None if answer.value is None else (answer.low, answer.high),
        "value": answer.value,
        "option": answer.option,
        "text": answer.text,
        "answered_at": answer.answered_at,
    }
