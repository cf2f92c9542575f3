"""FreeSWITCH's mod_json_cdr and mod_xml_cdr, one body per leg, -> Call. signalwire/freeswitch"""

from collections.abc import Sequence
from datetime import datetime

from common.config.models import Source
from common.events.calls import Leg
from common.events.values import Ending, Kind
from ingest.domain.body import Body
from ingest.domain.call import Call, ending_of, talked
from ingest.domain.vendor import Inbound, NoEnd, Vendor
from ingest.vendors.freeswitch.carried import body_of, variables_of
from ingest.vendors.freeswitch.legs import Party, agent_of, is_others, local, parties, partner_of

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


def parse(inbound: Inbound, source: Source) -> Call | NoEnd:
    body = body_of(inbound.body)
    facts, flows = variables_of(body), body.parts("callflow")  # the newest first
    profiles = [flow.part("caller_profile") for flow in flows]
    if is_others(facts, profiles):
        return NoEnd.OTHER_LEG
    partner = partner_of(facts, profiles)
    first = profiles[-1] if profiles else Body()
    said = body.part("channel_data").text("direction") or facts.text("direction")
    who = parties(said == "outbound", first, facts, partner)
    if who is None:
        return NoEnd.OTHER_LEG
    ended_at = facts.required_epoch("end_epoch")
    to_mailbox = _to_mailbox(facts, partner)
    joined_at = None if to_mailbox else _joined_at(facts, flows, ended_at)
    started_at = facts.epoch("start_epoch")
    talk = talked(joined_at, ended_at)  # billsec counts from when a menu or queue answered
    ending, attributes = (Ending.VOICEMAIL, {}) if to_mailbox else _ending(facts, talk)
    customer, ours, direction = who
    agent, name = agent_of(facts, partner, direction, ours)
    queue = local(facts.text("cc_queue"))
    return Call(
        id=facts.required("uuid"),
        kind=Kind.CALL,
        ending=ending,
        address=customer,
        ended_at=ended_at,
        direction=direction,
        our_number=ours or None,
        queue=queue,
        legs=(Leg(agent_id=agent, agent_name=name, queue=queue, talk_seconds=talk),)
        if talk
        else (),
        started_at=started_at,
        agent_answered_at=joined_at,
        wait_seconds=talked(started_at, joined_at or ended_at),
        talk_seconds=talk or None,
        hold_seconds=facts.number("hold_accum_seconds"),
        transfers=_transfers(facts, joined_at),
        attributes=attributes,
    )


def _joined_at(facts: Body, flows: Sequence[Body], ended_at: datetime) -> datetime | None:
    """When a person came on the line first: a transfer begins a profile with times of its own."""
    last = facts.epoch("bridge_epoch")
    if last is None:
        joined = facts.text("cc_agent_bridged") == "true"
        return facts.epoch("cc_queue_answered_epoch") if joined else None
    times = [flow.part("times").epoch("bridged_time", per_second=1_000_000) for flow in flows]
    return min([last, *(time for time in times if time is not None and time <= ended_at)])


def _to_mailbox(facts: Body, partner: Party | None) -> bool:
    """Also where the mailbox is a leg of its own, as FusionPBX has it."""
    if facts.text("last_app") == "voicemail":
        return True
    if partner is not None and partner.is_mailbox:
        return True
    last = facts.text("last_arg") or ""
    return facts.text("last_app") == "bridge" and last.startswith("loopback/app=voicemail")


def _transfers(facts: Body, joined_at: datetime | None) -> int:
    """Those after somebody answered: before that, they are the dialplan finding its way."""
    history = facts.values.get("transfer_history")
    entries = history if isinstance(history, list) else str(history or "").split("|:")
    if joined_at is None:
        return 0
    times = [Body({"at": str(e).removeprefix("ARRAY::").partition(":")[0]}) for e in entries]
    return sum(at >= joined_at for time in times if (at := time.epoch("at")) is not None)


def _ending(facts: Body, talk: float | None) -> tuple[Ending, dict[str, str]]:
    if talk:
        return Ending.CONNECTED, {}
    if facts.text("cc_cause") == "cancel":
        gave_up = facts.text("cc_cancel_reason") in GAVE_UP
        return (Ending.MISSED if gave_up else Ending.ABANDONED), {}
    return ending_of(facts.text("hangup_cause") or "", ENDINGS)


vendor = Vendor(slug="freeswitch", parse=parse)
