"""Calls as Aircall's webhooks report them: JSON, epoch seconds, a token in the body."""

import json
from datetime import datetime
from typing import Any

from sandbox.pbx.calls import Agent, PbxCall, Post
from sandbox.pbx.numbers import spelled

_MISSED = {"missed": "agents_did_not_answer", "abandoned": "abandoned_in_classic"}


def ended(call: PbxCall, number: str, *, token: str, tags: tuple[str, ...] = ()) -> Post:
    """`call.ended`, which has the final facts; `tags` that the agent gave it meanwhile."""
    return _event("call.ended", call, number, token=token, tags=tags)


def extras(call: PbxCall, number: str, *, token: str) -> tuple[Post, ...]:
    """`call.hungup` comes before the end, `call.tagged` after it."""
    hungup = _event("call.hungup", call, number, token=token)
    tagged = _event("call.tagged", call, number, token=token, tags=("followed-up",))
    return hungup, tagged


def _event(
    event: str, call: PbxCall, number: str, *, token: str, tags: tuple[str, ...] = ()
) -> Post:
    over = event != "call.hungup"
    body = {
        "resource": "call",
        "event": event,
        "timestamp": _epoch(call.ended_at) + (30 if event == "call.tagged" else 1),
        "token": token,
        "data": _call(call, number, over=over, tags=tags),
    }
    return Post(json.dumps(body).encode())


def _call(call: PbxCall, number: str, *, over: bool, tags: tuple[str, ...]) -> dict[str, Any]:
    first, last = call.agents[0] if call.agents else None, call.agent
    moved = len(call.agents) > 1
    return {
        "id": int(call.call_id),
        "call_uuid": f"CA{call.call_id}",
        "sid": f"CA{call.call_id}",
        "direction": call.direction,
        "status": "done" if over else "answered",
        "missed_call_reason": _MISSED.get(call.ending),
        "started_at": _epoch(call.started_at),
        "answered_at": _epoch(call.answered_at) if call.answered_at else None,
        "ended_at": _epoch(call.ended_at) if over else None,
        "duration": _epoch(call.ended_at) - _epoch(call.started_at),
        "raw_digits": number,
        "number": _line(call),
        "user": _user(last),
        "contact": None,
        "assigned_to": None,
        "transferred_by": _user(first) if moved else None,
        "transferred_to": _user(last) if moved else None,
        "teams": [{"id": 3, "name": call.queue}],
        "tags": [{"id": index, "name": tag} for index, tag in enumerate(tags, 1)],
        "comments": [],
        "recording": None,
        "voicemail": "https://assets.example.test/voicemail"
        if call.ending == "voicemail"
        else None,
        "archived": False,
    }


def _line(call: PbxCall) -> dict[str, Any]:
    return {
        "id": int(call.line[-3:]),
        "name": call.queue,
        "digits": spelled(call.line, 1),
        "country": "US",
        "time_zone": "America/New_York",
    }


def _user(agent: Agent | None) -> dict[str, Any] | None:
    return {"id": int(agent.id), "name": agent.name, "email": agent.email} if agent else None


def _epoch(at: datetime) -> int:
    return int(at.timestamp())
