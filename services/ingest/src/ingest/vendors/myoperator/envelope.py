"""MyOperator's webhooks of version 2: one envelope for every event, a payload of its own in each.

What the payload of `call.summary` holds is not published as a schema: each fact is looked for under
the names that are seen, and what is not there is not known.
"""

from datetime import datetime

from common.errors import BadInput
from common.events.calls import Leg
from common.events.values import Direction, Ending, Kind
from ingest.domain.body import Body
from ingest.domain.call import Amendment, Call, ending_of, talked
from ingest.domain.parties import plussed
from ingest.domain.times import read_time
from ingest.domain.vendor import NoEnd

DIRECTIONS = {
    "incoming": Direction.INBOUND,
    "inbound": Direction.INBOUND,
    "outgoing": Direction.OUTBOUND,
    "outbound": Direction.OUTBOUND,
}
ENDINGS = {
    "": Ending.MISSED,
    "missed": Ending.MISSED,
    "no_answer": Ending.MISSED,
    "noanswer": Ending.MISSED,
    "not_answered": Ending.MISSED,
    "unanswered": Ending.MISSED,
    "abandoned": Ending.ABANDONED,
    "cancelled": Ending.ABANDONED,
    "canceled": Ending.ABANDONED,
    "voicemail": Ending.VOICEMAIL,
    "busy": Ending.BUSY,
    "failed": Ending.FAILED,
}
CONNECTED = frozenset({"connected", "answered", "answer", "completed", "success", "bridged", "1"})
# Who answered, in a word for the kind of party: such a word names no agent.
ROLES = frozenset({"agent", "user", "operator", "human", "person", "receiver", "callee", "member"})
NOBODY = frozenset({"voicemail", "machine", "ivr", "system", "customer", "caller", "none", "na"})
# What can only come before the end. Words for the end itself differ, and one that is not known may
# be one.
BEFORE = frozenset(
    {
        "call.initiated",
        "call.ringing",
        "call.answered",
        "call.connected",
        "call.bridged",
        "call.hold",
        "call.unhold",
    }
)
STATUS = ("status", "call_status", "result", "outcome")
ENDED = ("ended_at", "end_time", "end_timestamp", "call_end_time", "hangup_time")
STARTED = ("started_at", "start_time", "start_timestamp", "call_start_time")
ANSWERED = ("answered_at", "answer_time", "answered_time", "agent_answered_at")
TALK = ("talk_duration", "talk_time", "conversation_duration", "talk_seconds", "duration_sec")
_WITH_COUNTRY = 11  # digits; fewer have no country's code before them
AGENTS = ("agents", "legs", "participants", "agent_legs")


def read_envelope(body: Body) -> Call | Amendment | NoEnd:
    event, channel = event_of(body, "event_type"), (body.text("channel") or "").lower()
    if channel == "whatsapp":
        return NoEnd.GOING_ON
    if event == "call.summary":
        return _summary(body, body.part("payload"))
    if event == "call.disposition":
        return _disposition(body, body.part("payload"))
    return no_end(event)


def event_of(body: Body, name: str) -> str:
    return (body.text(name) or "").lower()


def no_end(event: str) -> NoEnd:
    """Of an event that tells no call: the summary will, where it is one of those before it."""
    return NoEnd.GOING_ON if event in BEFORE else NoEnd.UNJUDGED


def _summary(body: Body, payload: Body) -> Call:
    ended_at = _first_time(payload, ENDED) or _sent_at(body)
    answered_at = _first_time(payload, ANSWERED)
    legs = _legs(payload)
    told = [leg.talk_seconds for leg in legs if leg.talk_seconds]
    talk = next((t for name in TALK if (t := payload.number(name))), None) or sum(told) or None
    status = _word(next((text for name in STATUS if (text := payload.text(name))), None))
    ending, attributes = _ending(payload, status, bool(legs), talk)
    connected = ending is Ending.CONNECTED
    if connected and not legs:
        legs = (Leg(queue=_queue(payload)),)
    if connected and len(legs) == 1 and legs[0].talk_seconds is None:
        talk = talk or talked(answered_at, ended_at)
        legs = (_with_talk(legs[0], talk),)
    customer, ours, direction = _parties(body, payload)
    started_at = _first_time(payload, STARTED)
    return Call(
        id=body.required("session_id"),
        kind=Kind.CALL,
        ending=ending,
        address=customer,
        ended_at=ended_at,
        direction=direction,
        our_number=ours,
        queue=_queue(payload),
        legs=legs if connected else (),
        started_at=started_at,
        agent_answered_at=answered_at if connected else None,
        wait_seconds=talked(started_at, answered_at or ended_at),
        talk_seconds=talk if connected else None,
        transfers=max(0, len(legs) - 1) if connected else 0,
        recording_url=payload.text("recording_url") or payload.text("recording"),
        attributes=attributes,
    )


def _ending(
    payload: Body, status: str, has_agent: bool, talk: float | None
) -> tuple[Ending, dict[str, str]]:
    """A person talked with an agent; that a mailbox or a menu answered is not it."""
    by = _word(payload.text("answered_by"))
    if "voicemail" in (by, status):
        return Ending.VOICEMAIL, {}
    if by not in NOBODY and (status in CONNECTED or (not status and talk and (has_agent or by))):
        return Ending.CONNECTED, {}
    if by in NOBODY or (not status and not talk):
        return Ending.MISSED, {}
    return ending_of(status, ENDINGS)


def _legs(payload: Body) -> tuple[Leg, ...]:
    """Agents who talked, in order; one whose telephone only rang is none."""
    listed = next((parts for name in AGENTS if (parts := payload.parts(name))), [])
    spoke = [_leg(one, payload) for one in listed if _talked(one)]
    if listed:
        return tuple(leg for leg in spoke if leg.agent_id or leg.agent_name)
    agent = payload.part("answered_by") if payload.part("answered_by").values else None
    agent = agent or payload.part("agent")
    if agent.values:
        return (_leg(agent, payload),)
    name = payload.text("agent_name") or payload.text("answered_by") or payload.text("agent")
    if _word(name) in ROLES | NOBODY | {""}:
        return ()
    return (Leg(agent_name=name, queue=_queue(payload)),)


def _talked(one: Body) -> bool:
    said = _word(next((text for name in STATUS if (text := one.text(name))), None))
    return said in CONNECTED if said else any(one.number(name) for name in TALK)


def _leg(one: Body, payload: Body) -> Leg:
    return Leg(
        agent_id=one.text("id") or one.text("agent_id") or one.text("user_id"),
        agent_name=one.text("name") or one.text("agent_name"),
        queue=_queue(payload),
        talk_seconds=next((talk for name in TALK if (talk := one.number(name))), None),
    )


def _with_talk(leg: Leg, talk: float | None) -> Leg:
    return Leg(agent_id=leg.agent_id, agent_name=leg.agent_name, queue=leg.queue, talk_seconds=talk)


def _queue(payload: Body) -> str | None:
    return (
        payload.text("department_name")
        or payload.text("department")
        or payload.part("department").text("name")
        or payload.text("queue")
    )


def _disposition(body: Body, payload: Body) -> Amendment:
    """It knows of nothing else: an ending of `unknown` says so."""
    sent_at = _sent_at(body)
    said = payload.text("disposition") or payload.text("disposition_name") or payload.text("name")
    said = said or payload.part("disposition").text("name")
    customer, ours, direction = _parties(body, payload)
    call = Call(
        id=body.required("session_id"),
        kind=Kind.CALL,
        ending=Ending.UNKNOWN,
        address=customer,
        ended_at=sent_at,
        direction=direction,
        our_number=ours,
        disposition=said,
    )
    return Amendment(call=call, revision=round(sent_at.timestamp() * 1000))


def _parties(body: Body, payload: Body) -> tuple[str, str | None, Direction | None]:
    """The envelope says who the customer is; its numbers have no plus."""
    ours = body.text("system_identifier") or payload.text("did") or payload.text("virtual_number")
    return (
        plussed(body.text("customer_identifier") or "", least=_WITH_COUNTRY),
        plussed(ours, least=_WITH_COUNTRY) if ours else None,
        DIRECTIONS.get(_word(body.text("direction"))),
    )


def _sent_at(body: Body) -> datetime:
    time = _time(body, "timestamp")
    if time is None:
        raise body.wrong("timestamp", "is required")
    return time


def _first_time(payload: Body, names: tuple[str, ...]) -> datetime | None:
    for name in names:
        try:
            time = _time(payload, name)
        except BadInput:
            continue
        if time is not None:
            return time
    return None


def _time(body: Body, name: str) -> datetime | None:
    """ISO 8601, or a count since 1970 whose size tells its unit: both were seen."""
    value = body.values.get(name)
    digits = len(str(value).strip().partition(".")[0])
    if isinstance(value, bool) or not str(value).strip().replace(".", "", 1).isdigit():
        return read_time(value, name, how="iso", zone="UTC")
    units = {19: "epoch_ns", 16: "epoch_us", 13: "epoch_ms"}
    return read_time(value, name, how=units.get(digits, "epoch"), zone="UTC")


def _word(text: str | None) -> str:
    return (text or "").strip().lower().replace(" ", "_").replace("-", "_").replace("/", "")
