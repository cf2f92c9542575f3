"""The same table for vendors with adapters: FreeSWITCH in its dialplans, MyOperator old and new."""

from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid5

from sandbox.pbx.numbers import LINES, customer
from tests.e2e.told import ASKED, Sent, Told, raw

LINE = LINES["billing"]
NAMES = UUID("0b8e2f4a-5a0b-4a52-9d6c-0000000000ff")
MAILBOX = "loopback/app=voicemail:default pbx.example.com 1001"
TALKED, WAITED = timedelta(seconds=60), timedelta(seconds=9)


def table(at: datetime, people: Iterator[int]) -> list[Told]:
    return [*_freeswitch(at, people), *_myoperator(at, people)]


def _epoch(at: datetime) -> str:
    return str(int(at.timestamp()))


def _cdr(name: str, caller: str, called: str, at: datetime, **changes: Any) -> dict[str, Any]:
    """A call that extension 1001 answered; `profile` adds to its profile, the rest to variables."""
    uuid, agents = str(uuid5(NAMES, name)), str(uuid5(NAMES, f"{name}/agent"))
    direction = changes.pop("direction", "inbound")
    answered = changes.pop("answered_by", "1001")
    rang = {"destination_number": "1009", "uuid": str(uuid5(NAMES, f"{name}/rang"))}
    legs = {"originatee_caller_profiles": [rang, {"destination_number": answered, "uuid": agents}]}
    profile = {"caller_id_number": caller, "destination_number": called, "uuid": uuid}
    profile |= {"originatee": legs} | changes.pop("profile", {})
    joined = at - TALKED
    variables = {
        "uuid": uuid,
        "hangup_cause": "NORMAL_CLEARING",
        "start_epoch": _epoch(joined - WAITED),
        "bridge_epoch": _epoch(joined),
        "end_epoch": _epoch(at),
        "bridge_uuid": agents,
        "last_app": "bridge",
        "last_arg": "user/1001@pbx.example.com",
    }
    times = {"bridged_time": f"{_epoch(joined)}000000", "hangup_time": f"{_epoch(at)}000000"}
    return {
        "channel_data": {"direction": direction},
        "variables": variables | changes,
        "callflow": [{"caller_profile": profile, "times": times}],
    }


def _freeswitch(at: datetime, people: Iterator[int]) -> Iterator[Told]:
    talked = {"reason": None, "agents": ["1001"], "talk": 60}
    person = customer(next(people))
    yield _leg("fs-plain", _cdr("fs-plain", person, LINE, at), person, talked)
    yield _others("fs-agents-leg", at, direction="outbound", cc_side="agent")
    placed = {"originator": {"originator_caller_profiles": [{"uuid": "0b8e"}]}}
    yield _others("fs-placed-leg", at, profile=placed)
    yield _others("fs-originated", at, direction="outbound", originating_leg_uuid="0b8e")
    person = customer(next(people))
    dialled = _cdr("fs-dialler", LINE, person, at, direction="outbound")
    outbound = {"reason": "no_flow", "direction": "outbound", "agents": ["1001"]}
    yield _leg("fs-dialler", dialled, None, outbound)
    person = customer(next(people))
    clicked = _cdr("fs-click", LINE, "1001", at, direction="outbound", answered_by=person)
    yield _leg("fs-click", clicked, None, outbound)
    person = customer(next(people))
    older = _cdr("fs-object", person, LINE, at)
    older["callflow"] = older["callflow"][0]
    yield _leg("fs-object", older, person, talked)
    person = customer(next(people))
    mailbox = _cdr("fs-mailbox", person, LINE, at, last_arg=MAILBOX)
    voicemail = {"reason": "not_connected", "ending": "voicemail", "agents": []}
    yield _leg("fs-mailbox", mailbox, None, voicemail)
    person = customer(next(people))
    plain = b"cdr=" + raw(_cdr("fs-cdr", person, LINE, at))
    yield _leg("fs-cdr", plain, person, talked)
    person = customer(next(people))
    xml = _xml(_cdr("fs-xml", person, LINE, at))
    yield _leg("fs-xml", xml, person, {"reason": None, "agents": ["1001"]})
    person = customer(next(people))
    before, after = _epoch(at - TALKED - WAITED), _epoch(at - TALKED / 2)
    moved = f"{before}:a:bl_xfer:8000/default/XML|:{after}:b:att_xfer:1001@1002"
    transferred = _cdr("fs-moved", person, LINE, at, transfer_history=moved)
    yield _leg("fs-moved", transferred, person, {"reason": None, "transfers": 1})


def _leg(id: str, body: Any, person: str | None, becomes: Mapping[str, Any]) -> Told:
    content = body if isinstance(body, bytes) else raw(body)
    sent = Sent(to="freeswitch", body=content)
    call = str(uuid5(NAMES, id))
    return Told(id=id, sent=(sent,), call=call, person=person, becomes=becomes)


def _others(id: str, at: datetime, **changes: Any) -> Told:
    """A leg whose call another leg tells."""
    body = _cdr(id, LINE, "1001", at, **changes)
    sent = Sent(to="freeswitch", body=raw(body), status=200, answer={"why": "other_leg"})
    return Told(id=id, sent=(sent,))


def _xml(body: dict[str, Any]) -> bytes:
    """As mod_xml_cdr writes it: each profile stands by itself."""
    variables = "".join(f"<{k}>{v}</{k}>" for k, v in body["variables"].items())
    flow = body["callflow"][0]
    profile = dict(flow["caller_profile"])
    called = profile.pop("originatee")["originatee_caller_profiles"]
    plain = "".join(f"<{k}>{v}</{k}>" for k, v in profile.items())
    each = "".join(
        "<originatee_caller_profile>"
        + "".join(f"<{k}>{v}</{k}>" for k, v in one.items())
        + "</originatee_caller_profile>"
        for one in called
    )
    times = "".join(f"<{k}>{v}</{k}>" for k, v in flow["times"].items())
    return (
        '<?xml version="1.0"?>\n<cdr core-uuid="6d1f"><channel_data><direction>inbound</direction>'
        f"</channel_data><variables>{variables}</variables><callflow><caller_profile>{plain}"
        f"<originatee>{each}</originatee></caller_profile><times>{times}</times></callflow></cdr>"
    ).encode()


def _myoperator(at: datetime, people: Iterator[int]) -> Iterator[Told]:
    person = customer(next(people))
    yield _event("mo-1", _version_1("mo-1", person, at), person=person, becomes={"agents": ["u-1"]})
    person = customer(next(people))
    by = {"id": "u-1", "name": "Asha"}
    summary = _version_2("mo-2", person, at, status="answered", answered_by=by)
    amended = {"disposition": "Interested", "agents": ["u-1"], "queue": "billing"}
    told = _version_2("mo-2", person, at, kind="call.disposition", disposition="Interested")
    yield _event("mo-2", summary, told, person=person, becomes=amended)
    person = customer(next(people))
    role = _version_2("mo-role", person, at, status="answered", answered_by="agent")
    yield _event("mo-role", role, person=person, becomes={"agents": [None], "ending": "connected"})
    mailbox = _version_2("mo-mailbox", customer(next(people)), at, answered_by="voicemail")
    voicemail = {"reason": "not_connected", "ending": "voicemail"}
    yield _event("mo-mailbox", mailbox, becomes=voicemail)
    person = customer(next(people))
    agents = [
        {"id": "u-1", "name": "Ravi", "status": "no-answer"},
        {"id": "u-2", "name": "Asha", "status": "answered", "talk_duration": 60},
    ]
    ring = _version_2("mo-ring", person, at, status="answered", agents=agents)
    yield _event("mo-ring", ring, person=person, becomes={"agents": ["u-2"], "transfers": 0})
    rings = _version_2("mo-rings", person, at, kind="call.ringing")
    waits = Sent(to="myoperator", body=raw(rings), status=200, answer={"why": "going_on"})
    yield Told(id="mo-rings", sent=(waits,))


def _event(id: str, *bodies: Any, person: str | None = None, becomes: Mapping[str, Any]) -> Told:
    sent = tuple(Sent(to="myoperator", body=raw(body)) for body in bodies)
    becomes = {**(ASKED if person else {}), **becomes}
    return Told(id=id, sent=sent, call=id, person=person, becomes=becomes)


def _version_2(
    call: str, person: str, at: datetime, *, kind: str = "call.summary", **payload: Any
) -> dict[str, Any]:
    times = {
        "start_time": int((at - TALKED - WAITED).timestamp()),
        "answer_time": int((at - TALKED).timestamp()),
        "end_time": int(at.timestamp()),
        "department_name": "billing",
    }
    return {
        "event_id": f"evt-{call}-{kind}",
        "event_type": kind,
        "event_sequence": 7,
        "event_version": 1,
        "timestamp": int(at.timestamp()) * 1_000_000_000,
        "channel": "call",
        "direction": "incoming",
        "session_id": call,
        "system_identifier": LINE[1:],
        "customer_identifier": person[1:],
        "payload": (times if kind == "call.summary" else {}) | payload,
    }


def _version_1(call: str, person: str, at: datetime) -> dict[str, Any]:
    """Two agents' telephones rang, one answered."""
    began, over = int((at - TALKED).timestamp()), int(at.timestamp())
    rang = {"_ds": "NOANSWER", "_did": LINE[2:], "_rr": [{"_id": "u-9"}], "_ac": "missed"}
    asha = [{"_id": "u-1", "_na": "Asha"}]
    talked: dict[str, Any] = {"_ds": "ANSWER", "_did": LINE[2:], "_rr": asha, "_ac": "received"}
    talked |= {"_st": began, "_et": over, "_dr": "00:01:00"}
    return {
        "_ai": call,
        "_cl": person,
        "_st": began,
        "_et": over,
        "_ev": 1,
        "_su": 1,
        "_dn": "billing",
        "_ld": [rang, talked],
    }
