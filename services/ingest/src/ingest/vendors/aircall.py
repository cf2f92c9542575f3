"""Aircall webhooks -> Call. https://developer.aircall.io"""

import hmac
from datetime import datetime

from common.config.models import Source
from common.errors import BadInput
from common.events.calls import Leg
from common.events.values import Direction, Ending, Kind
from ingest.domain.body import Body
from ingest.domain.call import Amendment, Call, ending_of, talked
from ingest.domain.vendor import Inbound, NoEnd, Vendor

ENDED = "call.ended"  # call.hungup comes first and lacks the final data
LATER = frozenset(
    {
        "call.assigned",
        "call.tagged",
        "call.untagged",
        "call.commented",
        "call.comm_assets_generated",
    }
)
BEFORE = frozenset(
    {
        "call.created",
        "call.ringing_on_agent",
        "call.agent_declined",
        "call.answered",
        "call.transferred",
        "call.unsuccessful_transfer",
        "call.external_transferred",
        "call.hungup",
        "call.hold",
        "call.unhold",
        "call.voicemail_left",
        "call.archived",
        "call.unarchived",
    }
)
DIRECTIONS = {"inbound": Direction.INBOUND, "outbound": Direction.OUTBOUND}
ENDINGS = {
    "": Ending.MISSED,
    "no_available_agent": Ending.MISSED,
    "agents_did_not_answer": Ending.MISSED,
    "out_of_opening_hours": Ending.MISSED,
    "short_abandoned": Ending.ABANDONED,
    "abandoned_in_ivr": Ending.ABANDONED,
    "abandoned_in_classic": Ending.ABANDONED,
}


def verify(inbound: Inbound, secret: str, now: datetime) -> bool:
    """Aircall signs nothing: each webhook has a token of its own in the body."""
    try:
        token = Body.of(inbound.body).text("token") or ""
    except BadInput:
        return False
    return hmac.compare_digest(token.encode(), secret.encode())


def parse(inbound: Inbound, source: Source) -> Call | Amendment | NoEnd:
    body = Body.of(inbound.body)
    event = body.text("event")
    if event == ENDED:
        return _call(body.part("data"))
    data = body.part("data")
    if event not in LATER:
        return NoEnd.GOING_ON if event in BEFORE else NoEnd.UNJUDGED
    if data.told_epoch("ended_at") is None:
        return NoEnd.GOING_ON
    told_at = body.required_epoch("timestamp")
    return Amendment(call=_call(data), revision=round(told_at.timestamp() * 1000))


def _call(data: Body) -> Call:
    ended_at = data.required_epoch("ended_at")
    started_at, answered_at = data.epoch("started_at"), data.epoch("answered_at")
    talk = talked(answered_at, ended_at)  # `duration` has the ringing in it
    ending, attributes = _ending(data, talk)
    line = data.part("number")
    return Call(
        id=data.required("id"),
        kind=Kind.CALL,
        ending=ending,
        address=data.text("raw_digits") or "",
        ended_at=ended_at,
        direction=DIRECTIONS.get(data.text("direction") or ""),
        our_number=line.text("digits"),
        queue=line.text("name"),
        legs=_legs(data, talk) if talk else (),
        started_at=started_at,
        agent_answered_at=answered_at,
        wait_seconds=talked(started_at, answered_at or ended_at),
        talk_seconds=talk,
        transfers=1 if data.values.get("transferred_to") else 0,
        tags=tuple(name for tag in data.parts("tags") if (name := tag.text("name"))),
        customer_name=_name(data.part("contact")),
        recording_url=data.text("recording"),
        attributes=attributes,
    )


def _ending(data: Body, talk: float | None) -> tuple[Ending, dict[str, str]]:
    if talk:
        return Ending.CONNECTED, {}
    if data.text("voicemail"):
        return Ending.VOICEMAIL, {}
    return ending_of(data.text("missed_call_reason") or "", ENDINGS)


def _legs(data: Body, talk: float) -> tuple[Leg, ...]:
    """Who handed the call on, then who ended it; only a single agent's talk time is known."""
    team = next((team.text("name") for team in data.parts("teams")), None)
    users = [data.part("transferred_by"), data.part("user")]
    agents = {user.text("id"): user.text("name") for user in users if user.values}
    return tuple(
        Leg(
            agent_id=agent,
            agent_name=name,
            team=team,
            queue=data.part("number").text("name"),
            talk_seconds=talk if len(agents) == 1 else None,
        )
        for agent, name in agents.items()
    )


def _name(contact: Body) -> str | None:
    names = (contact.text("first_name"), contact.text("last_name"))
    return " ".join(name for name in names if name) or None


vendor = Vendor(slug="aircall", parse=parse, verify=verify)
