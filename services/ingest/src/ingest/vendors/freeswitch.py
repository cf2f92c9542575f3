"""FreeSWITCH's mod_json_cdr, one body per channel leg, -> Call. signalwire/freeswitch on GitHub"""

import base64
import binascii
from datetime import datetime
from urllib.parse import unquote

from common.config.models import Source
from common.events.calls import Leg
from common.events.values import Direction, Ending, Kind
from ingest.domain.body import Body, Malformed
from ingest.domain.call import Call, ending_of, talked
from ingest.domain.parties import sides
from ingest.domain.vendor import Inbound, Vendor

# A channel that nobody joined: what its hang-up cause means for the caller.
ENDINGS = {
    "NO_ANSWER": Ending.MISSED,
    "NO_USER_RESPONSE": Ending.MISSED,
    "ORIGINATOR_CANCEL": Ending.MISSED,
    "CALL_REJECTED": Ending.MISSED,
    "USER_BUSY": Ending.BUSY,
    "NORMAL_CLEARING": Ending.ABANDONED,  # left an announcement, a menu or a queue
    "NORMAL_TEMPORARY_FAILURE": Ending.FAILED,
    "NO_ROUTE_DESTINATION": Ending.FAILED,
    "UNALLOCATED_NUMBER": Ending.FAILED,
    "DESTINATION_OUT_OF_ORDER": Ending.FAILED,
    "RECOVERY_ON_TIMER_EXPIRE": Ending.FAILED,
}
GAVE_UP = frozenset({"TIMEOUT", "NO_AGENT_TIMEOUT"})  # the queue, not the caller


def parse(inbound: Inbound, source: Source) -> Call | None:
    body = Body.of(_json(inbound.body))
    profiles = body.parts("callflow")  # the newest first
    first = profiles[-1].part("caller_profile") if profiles else Body()
    if body.part("channel_data").text("direction") != "inbound" or "originator" in first.values:
        return None  # an agent's leg: the customer's own leg tells the call
    facts = _variables(body.part("variables"))
    return _call(facts, first, facts.required_epoch("end_epoch"))


def _json(raw: bytes) -> bytes | str:
    """The content type cannot be trusted: with `disable-100-continue` curl's default is sent."""
    if not raw.startswith(b"cdr="):
        return raw
    text = raw[4:].strip()
    if text.startswith((b"%7B", b"%7b", b"{")):
        return unquote(text.decode("utf-8", "replace"))
    try:
        return base64.b64decode(text, validate=True)  # as it is: FreeSWITCH escapes nothing here
    except binascii.Error:
        raise Malformed.at("cdr", "neither JSON nor base64") from None


def _variables(variables: Body) -> Body:
    """`encode-values`, the default, percent-encodes values here and nowhere else."""
    plain = {
        name: unquote(value) if isinstance(value, str) else value
        for name, value in variables.values.items()
    }
    return Body(plain, variables.at)


def _call(facts: Body, first: Body, ended_at: datetime) -> Call:
    joined_at = facts.epoch("bridge_epoch")
    if joined_at is None and facts.text("cc_agent_bridged") == "true":
        joined_at = facts.epoch("cc_queue_answered_epoch")
    started_at = facts.epoch("start_epoch")
    talk = talked(joined_at, ended_at)  # billsec counts from when a menu or queue answered
    caller = first.text("caller_id_number") or first.text("ani") or ""
    # "inbound" means towards the switch: extensions that dial out have it too.
    customer, ours, direction = sides(caller, first.text("destination_number") or "", None)
    ending, attributes = _ending(facts, talk)
    agent = _local(facts.text("cc_agent")) or (ours if direction is Direction.OUTBOUND else None)
    queue = _local(facts.text("cc_queue"))
    return Call(
        id=facts.required("uuid"),
        kind=Kind.CALL,
        ending=ending,
        address=customer,
        ended_at=ended_at,
        direction=direction,
        our_number=ours or None,
        queue=queue,
        legs=(Leg(agent_id=agent, queue=queue, talk_seconds=talk),) if talk else (),
        started_at=started_at,
        agent_answered_at=joined_at,
        wait_seconds=talked(started_at, joined_at or ended_at),
        talk_seconds=talk or None,
        hold_seconds=facts.number("hold_accum_seconds"),
        transfers=len(text.split("|:")) if (text := facts.text("transfer_history")) else 0,
        attributes=attributes,
    )


def _ending(facts: Body, talk: float | None) -> tuple[Ending, dict[str, str]]:
    if talk:
        return Ending.CONNECTED, {}
    if facts.text("last_app") == "voicemail":
        return Ending.VOICEMAIL, {}
    if facts.text("cc_cause") == "cancel":
        gave_up = facts.text("cc_cancel_reason") in GAVE_UP
        return (Ending.MISSED if gave_up else Ending.ABANDONED), {}
    return ending_of(facts.text("hangup_cause") or "", ENDINGS)


def _local(name: str | None) -> str | None:
    """`billing@default` -> `billing`."""
    return name.partition("@")[0] or None if name else None


vendor = Vendor(slug="freeswitch", parse=parse)
