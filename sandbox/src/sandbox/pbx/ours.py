"""Calls of PBXs without a format of their own: the public CloudEvent, and a body to be mapped."""

import json
from typing import Any

from sandbox.pbx.calls import PbxCall, Post

# How a customer would map the body of `mapped` (field: path, with words and units).
MAPPING: dict[str, Any] = {
    "id": "call.ref",
    "ending": {
        "path": "call.result",
        "words": {
            "ANSWERED": "connected",
            "NOANSWER": "missed",
            "GAVEUP": "abandoned",
            "VM": "voicemail",
        },
    },
    "direction": {"path": "call.way", "words": {"in": "inbound", "out": "outbound"}},
    "address": "customer.phone",
    "our_number": "department.number",
    "queue": "department.name",
    "agent_id": "operator.code",
    "agent_name": "operator.name",
    "started_at": {"path": "call.began_ms", "time": "epoch_ms"},
    "ended_at": {"path": "call.finished_ms", "time": "epoch_ms"},
    "talk_seconds": {"path": "call.talk_ms", "unit": "milliseconds"},
    "transfers": "call.transfers",
}
_RESULTS = {
    "connected": "ANSWERED",
    "missed": "NOANSWER",
    "abandoned": "GAVEUP",
    "voicemail": "VM",
}


def mapped(call: PbxCall, number: str) -> Post:
    """A body as a customer's own script writes it: milliseconds, its own words."""
    operator = {"code": call.agent.id, "name": call.agent.name} if call.agent else None
    body = {
        "call": {
            "ref": call.call_id,
            "way": "in" if call.direction == "inbound" else "out",
            "result": _RESULTS[call.ending],
            "began_ms": int(call.started_at.timestamp() * 1000),
            "finished_ms": int(call.ended_at.timestamp() * 1000),
            "talk_ms": call.talk_seconds * 1000,
            "transfers": max(0, len(call.agents) - 1),
        },
        "customer": {"phone": number},
        "department": {"name": call.queue, "number": call.line},
        "operator": operator,
    }
    return Post(json.dumps(body).encode())


def cloudevent(call: PbxCall, number: str, *, workspace: str | None) -> Post:
    """`interaction.ended.v1`, structured JSON; a copy keeps `source` and `id`."""
    event = {
        "specversion": "1.0",
        "id": f"ended-{call.call_id}",
        "source": "/pbx/main",
        "type": "interaction.ended.v1",
        "time": call.ended_at.isoformat(),
        "datacontenttype": "application/json",
        "data": _data(call, number),
    }
    if workspace:
        event["workspace"] = workspace
    return Post(json.dumps(event).encode(), "application/cloudevents+json")


def _data(call: PbxCall, number: str) -> dict[str, Any]:
    share = call.talk_seconds / max(1, len(call.agents))
    data: dict[str, Any] = {
        "id": call.call_id,
        "kind": "call",
        "ending": call.ending,
        "address": number,
        "ended_at": call.ended_at.isoformat(),
        "direction": call.direction,
        "our_number": call.line,
        "queue": call.queue,
        "started_at": call.started_at.isoformat(),
        "talk_seconds": call.talk_seconds,
        "transfers": max(0, len(call.agents) - 1),
        "legs": [
            {
                "agent_id": agent.id,
                "agent_name": agent.name,
                "queue": call.queue,
                "talk_seconds": share,
            }
            for agent in call.agents
        ],
    }
    if call.answered_at:
        data["agent_answered_at"] = call.answered_at.isoformat()
    return data
