"""Calls as FreeSWITCH's mod_json_cdr reports them: a body per channel leg, everything a string."""

import base64
import json
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import quote
from uuid import UUID, uuid5

from sandbox.pbx.calls import PbxCall, Post

_NAMES = UUID("b3a4a0d6-0a2f-4d6b-9d7a-1b1f5f0c7e11")
_CAUSES = {"connected": "NORMAL_CLEARING", "voicemail": "NORMAL_CLEARING"}
_CANCELLED = {"missed": "NO_AGENT_TIMEOUT", "abandoned": "BREAK_OUT"}


def ended(call: PbxCall, number: str, *, way: int = 0) -> Post:
    """The customer's leg. `way`: 0 as JSON, 1 url-encoded, 2 base64 (option `encode`)."""
    return _encoded(_leg(call, number, _customer_variables(call)), way)


def extras(call: PbxCall, number: str) -> tuple[Post, ...]:
    """The agent's leg, which the switch reports as well; none where no agent was connected."""
    if call.agent is None:
        return ()
    body = _leg(call, number, _agent_variables(call))
    body["channel_data"]["direction"] = "outbound"
    profile = body["callflow"][0]["caller_profile"]
    profile["destination_number"] = call.agent.id
    profile["originator"] = {"originator_caller_profiles": [{"uuid": call.call_id}]}
    return (_encoded(body, 0),)


def _encoded(body: dict[str, Any], way: int) -> Post:
    text = json.dumps(body)
    if way == 1:
        return Post(f"cdr={quote(text)}".encode(), "application/x-www-form-urlencoded")
    if way == 2:
        encoded = base64.b64encode(text.encode())
        return Post(b"cdr=" + encoded, "application/x-www-form-base64-encoded")
    return Post(text.encode())


def _leg(call: PbxCall, number: str, variables: dict[str, str]) -> dict[str, Any]:
    profile = {
        "caller_id_name": number,
        "caller_id_number": number,
        "ani": number,
        "rdnis": "",
        "destination_number": call.line[1:],
        "uuid": variables["uuid"],
        "context": "public",
        "chan_name": f"sofia/external/{call.line[1:]}@203.0.113.9",
    }
    return {
        "core-uuid": str(uuid5(_NAMES, "core")),
        "switchname": "fs1",
        "channel_data": {"state": "CS_REPORTING", "direction": "inbound", "state_number": "11"},
        # `encode-values`, the default, percent-encodes these and nothing else.
        "variables": {name: quote(value) for name, value in variables.items()},
        "app_log": {"applications": [{"app_name": "callcenter", "app_data": _queue(call)}]},
        "callflow": [
            {
                "dialplan": "XML",
                "profile_index": "1",
                "caller_profile": profile,
                "times": _times(call),
            }
        ],
    }


def _times(call: PbxCall) -> dict[str, str]:
    return {
        "created_time": _micros(call.started_at),
        "answered_time": _micros(_channel_answered(call)),
        "bridged_time": _micros(call.answered_at),
        "hangup_time": _micros(call.ended_at),
        "transfer_time": _micros(call.handed_over_at),
    }


def _channel_answered(call: PbxCall) -> datetime:
    """When the queue or the voicemail answered, long before an agent does."""
    return call.started_at + timedelta(seconds=1)


def _customer_variables(call: PbxCall) -> dict[str, str]:
    channel, person = _channel_answered(call), call.answered_at
    variables = {
        "uuid": call.call_id,
        "direction": "inbound",
        "hangup_cause": _CAUSES.get(call.ending, "ORIGINATOR_CANCEL"),
        "sip_hangup_disposition": "recv_bye",
        "start_epoch": _seconds(call.started_at),
        "answer_epoch": _seconds(channel),
        "bridge_epoch": _seconds(person),
        "end_epoch": _seconds(call.ended_at),
        "start_uepoch": _micros(call.started_at),
        "end_uepoch": _micros(call.ended_at),
        "duration": _span(call.started_at, call.ended_at),
        "billsec": _span(channel, call.ended_at),
        "waitsec": _span(call.started_at, person) if person else "0",
        "hold_accum_seconds": "0",
        "last_app": "voicemail" if call.ending == "voicemail" else "callcenter",
        "last_arg": _queue(call),
        "cc_side": "member",
        "cc_queue": _queue(call),
        "cc_queue_joined_epoch": _seconds(channel),
    }
    return variables | (_answered(call) if call.agent else _cancelled(call))


def _answered(call: PbxCall) -> dict[str, str]:
    agent = call.agent.id if call.agent else ""
    answered = {
        "bridge_uuid": _agent_leg(call),
        "cc_agent": f"{agent}@default",
        "cc_agent_bridged": "true",
        "cc_queue_answered_epoch": _seconds(call.answered_at),
        "cc_queue_terminated_epoch": _seconds(call.ended_at),
        "cc_cause": "answered",
    }
    moved = call.handed_over_at
    if moved is not None:
        blind = f"bl_xfer:{agent}/default/XML"
        answered["transfer_history"] = f"{_seconds(moved)}:{_agent_leg(call)}:{blind}"
    return answered


def _cancelled(call: PbxCall) -> dict[str, str]:
    return {
        "cc_cause": "cancel",
        "cc_cancel_reason": _CANCELLED.get(call.ending, "TIMEOUT"),
        "cc_queue_canceled_epoch": _seconds(call.ended_at),
    }


def _agent_variables(call: PbxCall) -> dict[str, str]:
    return {
        "uuid": _agent_leg(call),
        "direction": "outbound",
        "hangup_cause": "NORMAL_CLEARING",
        "start_epoch": _seconds(call.answered_at),
        "answer_epoch": _seconds(call.answered_at),
        "bridge_epoch": _seconds(call.answered_at),
        "end_epoch": _seconds(call.ended_at),
        "bridge_uuid": call.call_id,
        "cc_side": "agent",
        "cc_queue": _queue(call),
    }


def _agent_leg(call: PbxCall) -> str:
    return str(uuid5(_NAMES, f"agent/{call.call_id}"))


def _queue(call: PbxCall) -> str:
    return f"{call.queue}@default"


def _seconds(at: datetime | None) -> str:
    return str(int(at.timestamp())) if at else "0"


def _micros(at: datetime | None) -> str:
    return str(int(at.timestamp()) * 1_000_000) if at else "0"


def _span(began: datetime, over: datetime) -> str:
    return str(max(0, int((over - began).total_seconds())))
