"""What Twilio says of a call, in our words."""

from collections.abc import Mapping
from typing import Any

from channel.store.outcomes import Report
from common.events.sends import DeliveryStatus, FailureClass
from ivr_gateway.domain.seconds import seconds_of

MACHINE = "machine"
# https://www.twilio.com/docs/voice/answering-machine-detection
ANSWERED_BY: Mapping[str, tuple[FailureClass, str]] = {
    **dict.fromkeys(
        ("machine_start", "machine_end_beep", "machine_end_silence", "machine_end_other"),
        (FailureClass.TRANSIENT, MACHINE),
    ),
    "fax": (FailureClass.NO_CHANNEL, "fax"),
}
ENDED: Mapping[str, tuple[FailureClass, str]] = {
    status: (FailureClass.TRANSIENT, status) for status in ("busy", "no-answer", "canceled")
}
# Of a call that failed, the network's word for why, as SIP has it.
SIP: Mapping[str, FailureClass] = {
    **dict.fromkeys(("404", "410", "484", "604"), FailureClass.INVALID_NUMBER),
    **dict.fromkeys(("403", "603", "607", "608"), FailureClass.BLOCKED),
}
OUT = frozenset({"queued", "initiated", "ringing", "completed"})


def report_of(fields: Mapping[str, Any]) -> Report | None:
    """A call in progress asks what to say: somebody hears it, unless it is no person.

    That a call is over says nothing by itself: only what was asked for was heard.
    """
    seconds = seconds_of(fields.get("CallDuration"))
    transferred = seconds_of(fields.get("DialCallDuration"))
    call, status = str(fields.get("CallSid", "")), str(fields.get("CallStatus", ""))
    failure = ANSWERED_BY.get(str(fields.get("AnsweredBy", ""))) or ENDED.get(status)
    if status == "failed":
        code = str(fields.get("SipResponseCode") or "")
        failure = SIP.get(code, FailureClass.TRANSIENT), code or status
    if failure is not None:
        return Report(
            status=DeliveryStatus.FAILED,
            provider_message_id=call,
            failure=failure[0],
            code=failure[1],
            seconds=seconds,
        )
    if status == "in-progress":
        return Report(
            status=DeliveryStatus.DELIVERED, provider_message_id=call, transferred=transferred
        )
    if status in OUT:
        return Report(
            status=DeliveryStatus.SENT,
            provider_message_id=call,
            seconds=seconds,
            transferred=transferred,
        )
    return None
