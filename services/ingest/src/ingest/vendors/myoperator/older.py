"""MyOperator's webhooks of version 1: after-call bodies, and events with an id and a type."""

from common.errors import BadInput
from common.events.calls import Leg
from common.events.values import Direction, Ending, Kind
from ingest.domain.body import Body, as_iso
from ingest.domain.call import Call, ending_of, talked
from ingest.domain.parties import sides
from ingest.domain.vendor import NoEnd
from ingest.vendors.myoperator import envelope
from ingest.vendors.myoperator.envelope import NOBODY, ROLES

DIRECTIONS = envelope.DIRECTIONS | {"1": Direction.INBOUND, "2": Direction.OUTBOUND}
NOT_TALKED = {"voicemail": Ending.VOICEMAIL}
ENDINGS = {"2": Ending.MISSED, "3": Ending.VOICEMAIL}  # of calls that no agent answered


def read_after_call(body: Body) -> Call | NoEnd:
    ended_at, started_at = body.told_epoch("_et"), body.epoch("_st")
    if ended_at is None:
        return NoEnd.GOING_ON
    legs = [leg for leg in body.parts("_ld") if (leg.text("_ds") or "").upper() == "ANSWER"]
    talks = [talk for leg in legs if (talk := _talk(leg))]
    answered_at = legs[0].epoch("_st") if legs else None
    ending, attributes = ending_of(body.text("_su") or "", ENDINGS)
    dids = [did for leg in body.parts("_ld") if (did := leg.text("_did"))]
    return Call(
        id=body.required("_ai"),
        kind=Kind.CALL,
        ending=Ending.CONNECTED if talks else ending,
        address=body.text("_cl") or body.text("_cr") or "",
        ended_at=ended_at,
        direction=DIRECTIONS.get(body.text("_ev") or ""),
        our_number=dids[-1] if dids else None,
        queue=body.text("_dn"),
        legs=tuple(_leg(leg, body.text("_dn")) for leg in legs),
        started_at=started_at,
        agent_answered_at=answered_at,
        wait_seconds=talked(started_at, answered_at or ended_at),
        talk_seconds=sum(talks) if talks else None,
        transfers=max(0, len(legs) - 1),
        recording_url=body.text("_fu"),
        attributes={} if talks else attributes,
    )


def _talk(leg: Body) -> float | None:
    spoken = talked(leg.epoch("_st"), leg.epoch("_et"))
    return leg.clock("_dr") if spoken is None else spoken


def _leg(leg: Body, queue: str | None) -> Leg:
    agent = next(iter(leg.parts("_rr")), Body())
    return Leg(
        agent_id=agent.text("_id"),
        agent_name=agent.text("_na"),
        queue=queue,
        talk_seconds=_talk(leg),
    )


def read_event(body: Body) -> Call:
    data = body.part("data")
    ended_at = as_iso(body.required("created_at"), "created_at")
    if ended_at is None or ended_at.tzinfo is None:
        raise BadInput.at("created_at", "needs a zone, such as 2026-01-05T10:14:20Z")
    talk = data.number("duration_sec") or 0
    names = [data.text("answered_by"), data.text("agent")]
    agent = next((name for name in names if name and name.lower() not in ROLES), None)
    by = (data.text("answered_by") or "").lower()
    answered = bool(by) and by not in NOBODY and talk > 0
    said = DIRECTIONS.get((data.text("direction") or "").lower())
    customer, ours, direction = sides(data.text("from") or "", data.text("to") or "", said)
    return Call(
        id=data.required("call_id"),
        kind=Kind.CALL,
        ending=Ending.CONNECTED if answered else NOT_TALKED.get(by, Ending.MISSED),
        address=customer,
        ended_at=ended_at,
        direction=direction,
        our_number=ours or None,
        legs=(Leg(agent_name=agent, talk_seconds=talk),) if answered else (),
        talk_seconds=talk if answered else None,
    )
