"""Calls as MyOperator's after-call webhook reports them: underscored keys, numbers and strings."""

import json
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlencode

from sandbox.pbx.calls import Agent, PbxCall, Post

_STATES = {"connected": 1, "missed": 2, "voicemail": 3}


def ended(call: PbxCall, number: str, *, form: bool = False) -> Post:
    """The older shape, as JSON or, in older set-ups, as the form field `myoperator`."""
    text = json.dumps(_log(call, number))
    if form:
        content = urlencode({"myoperator": text}).encode()
        return Post(content, "application/x-www-form-urlencoded")
    return Post(text.encode())


def _log(call: PbxCall, number: str) -> dict[str, Any]:
    began, over = _epoch(call.started_at), _epoch(call.ended_at)
    return {
        "_ai": call.call_id,
        "_ci": "5c00000000000001",
        "_so": "1",
        "_cr": call.customer[2:] if call.customer else "",
        "_cl": number,
        "_cy": "1",
        "_se": "US",
        "_ts": over + 1,
        "_st": began,
        "_ms": began * 1000,
        "_et": over,
        "_dr": _clock(over - began),
        "_drm": round((over - began) / 60, 2),
        "_ty": 1,
        "_ev": 1 if call.direction == "inbound" else 2,
        "_su": _STATES.get(call.ending, 2),
        "_fn": "rec.mp3",
        "_fu": "https://recordings.example.test/rec",
        "_dn": call.queue,
        "_di": "5c00000000000002",
        "_cn": [],
        "_ld": _legs(call),
        "_us": [],
        "_pm": [{"ky": "ui", "vl": f"d5.{began}.1"}],
        "_an": 0,
    }


def _legs(call: PbxCall) -> list[dict[str, Any]]:
    if call.answered_at is None:
        return [_leg(call, None, began=call.started_at, over=call.ended_at)]
    between = call.handed_over_at
    if between is None:
        return [_leg(call, call.agent, began=call.answered_at, over=call.ended_at)]
    return [
        _leg(call, call.agents[0], began=call.answered_at, over=between),
        _leg(call, call.agents[1], began=between, over=call.ended_at),
    ]


def _leg(call: PbxCall, agent: Agent | None, *, began: datetime, over: datetime) -> dict[str, Any]:
    known = (
        {"_id": agent.id, "_na": agent.name, "_em": agent.email, "_ex": agent.id} if agent else {}
    )
    return {
        "_rst": began.strftime("%Y-%m-%d %H:%M:%S"),
        "_ds": "ANSWER" if agent else "NOANSWER",
        "_did": call.line[2:],
        "_rr": [known] if known else [],
        "_tt": [],
        "_su": "1" if agent else "2",
        "_st": _epoch(began),
        "_et": _epoch(over),
        "_dr": _clock(_epoch(over) - _epoch(began)),
        "_ac": "received" if agent else "missed",
    }


def _clock(seconds: int) -> str:
    return str(timedelta(seconds=seconds)).rjust(8, "0")


def _epoch(at: datetime) -> int:
    return int(at.timestamp())
