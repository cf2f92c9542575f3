"""A switch passes a caller on in SIP and says which call it was: that one is asked, once."""

import asyncio
from collections.abc import Mapping
from typing import Any
from xml.etree import ElementTree

import pytest

from common import ids
from common.events.sends import Delivery, Step
from sandbox.faults import Fault, Faults, Trouble
from sandbox.ledger import CallRequest, only
from sandbox.voice.endpoints import callee_of
from sandbox.voice.switchboard import NETWORKS
from sandbox.webhooks import Answer, Event
from sms_sender.testing import CALLER, OURS, TOKEN, WORKSPACE, person, sid, until
from tests.voice.running import CSAT, NONE, NPS, Line, call_step
from tests.voice.test_calls import ASKED, THANKS

SWITCH = "+12025550177"  # what a switch shows as the number of everybody whom it passes on
CALL = "1764190001.42"  # Asterisk's name of a call
PBX = "pbx-1"


def step_about(call: str, number: str = CALLER, **more: Any) -> Step:
    """What is asked about a call that the switch told us of."""
    interaction = ids.interaction_id(WORKSPACE, PBX, call)
    invitation = ids.invitation_id(interaction, "flow")
    known = {"interaction_id": interaction, "invitation_id": invitation}
    return call_step(number, name=call, id=ids.step_id(invitation, 0), **known, **more)


async def queued(line: Line, *steps: Step) -> None:
    await line.publish(*steps)
    for step in steps:

        async def is_queued(step: Step = step) -> bool:
            row = await line.row(step.id)
            return row is not None and row["state"] == "queued"

        await until(is_queued)


def header(line: Line, told: str) -> Mapping[str, str]:
    """As a switch writes it that knows how the provider wants it."""
    if line.network == "twilio":
        return {"X-Aftercall-Call": told, "User-Agent": "Asterisk"}
    kept = "".join(
        one if one.isalnum() and one != "Z" else f"Z{one.encode().hex().upper()}" for one in told
    )
    return {"X-PH-AftercallCall": kept}


async def pass_on(line: Line, told: str, *, shown: str = SWITCH, **habits: Any) -> None:
    """A caller whose own number is shown, or not; returns when they have hung up."""
    given = {"person": CALLER, "to": OURS, "shown": shown, "headers": dict(header(line, told))}
    given |= habits
    answer = await line.runtime.http.post(f"{line.carrier.base_url}/control/calls", json=given)
    answer.raise_for_status()


async def tell(
    line: Line, told: Mapping[str, str], *, url: str = "", call: str = "CA1", token: str = TOKEN
) -> Answer:
    """What the network is answered that tells this of a call from nobody's number."""
    where = url or f"{line.runtime.settings.public_url}/v1/ivr/callbacks/main/inbound"
    form = {"CallStatus": "ringing", "Direction": "inbound", "From": "anonymous", "To": OURS}
    names = {"AccountSid": sid(), "CallSid": call} if line.network == "twilio" else {}
    form |= names or {"CallUUID": call}
    form |= told
    signed = NETWORKS[line.network].signed
    event = Event(sid=call, name="told", url=where, auth_token=token, form=form, signed=signed)
    return await line.carrier.post(event)


def named(line: Line, value: str) -> Mapping[str, str]:
    """As the provider passes this header on."""
    header = {"twilio": "SipHeader_X-Aftercall-Call", "plivo": "X-PH-AftercallCall"}
    return {header[line.network]: value}


async def test_a_caller_is_asked_about_the_call_that_the_switch_names(waiting: Line) -> None:
    asked = step_about(CALL)
    await queued(waiting, asked)

    await pass_on(waiting, f"{PBX} {CALL}", keys=["", "4"])

    assert waiting.heard()[0] == ASKED
    assert waiting.heard()[-1] == THANKS
    await until(waiting.responses)
    (response,) = await waiting.responses()
    assert (response.score, response.interaction_id) == (4, asked.interaction_id)
    assert response.contact_id == asked.contact_id
    assert [d.status for d in await waiting.read(Delivery)][-1] == "delivered"
    assert only(waiting.carrier.ledger, CallRequest) == []


async def test_what_is_pressed_is_the_persons_and_not_the_switchs(waiting: Line) -> None:
    await queued(waiting, step_about(CALL), step_about("another", person(3)))

    await pass_on(waiting, f"{PBX} {CALL}", keys=["9"])
    await pass_on(waiting, f"{PBX} another", keys=["5"])

    assert waiting.heard()[1] == "You will get no more calls from Acme. Goodbye."
    assert waiting.heard()[2:] == [ASKED, THANKS]
    rows = await waiting.fetch("select contact_id, suppressed from ivr_gateway.contacts")
    known = {row["contact_id"]: row["suppressed"] for row in rows}
    assert known == {step_about(CALL).contact_id: True, step_about("", person(3)).contact_id: False}


@pytest.mark.parametrize("first", ["named", "by their number", "named by their number"])
async def test_it_is_asked_once_whichever_way_they_come(waiting: Line, first: str) -> None:
    await queued(waiting, step_about(CALL))
    numbers = {"named": SWITCH, "by their number": CALLER, "named by their number": CALLER}
    told = "" if first == "by their number" else f"{PBX} {CALL}"

    await pass_on(waiting, told, shown=numbers[first], keys=["5"])
    await pass_on(waiting, f"{PBX} {CALL}", keys=["1"])
    await waiting.carrier.switchboard.call_in(CALLER, OURS, callee_of({"keys": ["2"]}))

    assert waiting.heard() == [ASKED, THANKS, NONE, NONE]
    assert [response.score for response in await waiting.responses()] == [5]


async def test_of_two_calls_the_one_is_asked_that_is_named(waiting: Line) -> None:
    earlier, later = step_about("earlier", questionnaire=NPS), step_about("later")
    await queued(waiting, earlier)
    await queued(waiting, later)

    await pass_on(waiting, f"{PBX} earlier", shown=CALLER, keys=["10"])

    await until(waiting.responses)
    (response,) = await waiting.responses()
    assert (response.score, response.interaction_id) == (10, earlier.interaction_id)
    assert (await waiting.row(later.id))["state"] == "queued"


@pytest.mark.parametrize("told", [f"{PBX} unknown", f"other {CALL}", CALL, "", " ", "x" * 5_000])
async def test_what_is_not_known_leaves_it_to_the_number(waiting: Line, told: str) -> None:
    await queued(waiting, step_about(CALL))

    await pass_on(waiting, told, keys=["1"])
    await pass_on(waiting, told, shown=CALLER, keys=["5"])

    assert waiting.heard() == [NONE, ASKED, THANKS]


async def test_a_caller_who_is_quicker_than_the_step_waits_and_is_still_named(
    waiting: Line,
) -> None:
    waiting.carrier.switchboard.second = 0.5
    calling = asyncio.create_task(pass_on(waiting, f"{PBX} {CALL}", keys=["3"]))
    await until(lambda: waiting.fetch("select from ivr_gateway.inbox where outcome is not null"))
    await waiting.publish(step_about(CALL))
    await calling

    assert waiting.heard() == [ASKED, THANKS]


async def test_a_request_that_comes_again_gets_the_same_document(waiting: Line) -> None:
    waiting.carrier.faults = Faults((Fault(trouble=Trouble.REPEATED, copies=3),))
    await queued(waiting, step_about(CALL, questionnaire=CSAT))

    await pass_on(waiting, f"{PBX} {CALL}", keys=["8", "4"])

    assert waiting.heard()[-1] == THANKS
    assert [response.score for response in await waiting.responses()] == [4]


async def test_a_key_that_cannot_be_stored_now_counts_later_and_is_still_theirs(
    waiting: Line,
) -> None:
    asked = step_about(CALL)
    await queued(waiting, asked)
    answer = await tell(waiting, named(waiting, f"{PBX} {CALL}"))
    action = ElementTree.fromstring(answer.body)[0].attrib["action"]

    async with waiting.runtime.db.transaction() as connection:
        await connection.execute("lock table ivr_gateway.inbox in access exclusive mode")
        refused = await tell(waiting, {"Digits": "4"}, url=action)

    assert refused.status == 503
    await until(waiting.responses)
    (response,) = await waiting.responses()
    assert (response.score, response.contact_id) == (4, asked.contact_id)
