"""WhatsApp by Twilio: the same surveys, by content templates and form callbacks."""

from typing import Any

import pytest

from sandbox.faults import Fault, Faults, Trouble
from sandbox.messages import Message
from sandbox.whatsapp.taps import tap
from sms_sender.testing import CALLER, until

OURS, THEIRS = "whatsapp:+12025550190", f"whatsapp:{CALLER}"
WINDOW = "the person wrote more than 24 hours ago: a template only"


async def messages(stack: Any, count: int, number: str = CALLER) -> list[Message]:
    """What was sent to this person, when there is so much."""
    (sid,) = stack.meta.accounts

    async def arrived() -> bool:
        return len(stack.meta.mailbox.sent_to(sid, f"whatsapp:{number}")) >= count

    await until(arrived)
    found: list[Message] = stack.meta.mailbox.sent_to(sid, f"whatsapp:{number}")
    return found


async def says(stack: Any, text: str) -> None:
    await stack.meta.receive(THEIRS, OURS, body=text)


async def test_a_tap_below_an_approved_template_is_the_rating(twilio: Any) -> None:
    await twilio.reviewed()
    asked = await twilio.ask()
    (first,) = await messages(twilio, 1)
    assert first.body.startswith("Acme: Hi Noor, how was your call with Asha")
    assert list(first.choices) == ["1", "2", "3", "4", "5"]

    await tap(twilio.meta, first, "4")
    _, second = await messages(twilio, 2)
    await says(twilio, "3")
    await messages(twilio, 3)

    response = (await twilio.responses(2))[-1]
    assert (response.invitation_id, response.score) == (asked.invitation_id, 4)
    assert [(a.question_id, a.value) for a in response.answers] == [("score", 4), ("solved", 3)]
    assert second.body == "Solved? 1 to 3"  # free words of Twilio's have no buttons
    assert (await twilio.row(asked.id))["state"] == "delivered"


async def test_a_tap_belongs_to_the_message_that_was_tapped(twilio: Any) -> None:
    await twilio.reviewed()
    older = await twilio.ask(name="c1")
    (first,) = await messages(twilio, 1)
    newer = await twilio.ask(name="c2")
    await messages(twilio, 2)

    await tap(twilio.meta, first, "2")

    (response,) = await twilio.responses()
    assert response.invitation_id == older.invitation_id != newer.invitation_id


async def test_in_the_window_what_is_approved_still_has_its_buttons(twilio: Any) -> None:
    await twilio.reviewed()
    await says(twilio, "hello?")

    await twilio.ask()

    (inside,) = await messages(twilio, 1)
    assert list(inside.choices) == ["1", "2", "3", "4", "5"]


@pytest.mark.parametrize("reviews", [False])
async def test_what_is_not_approved_goes_out_free_in_the_window_and_not_at_all_outside(
    twilio: Any,
) -> None:
    await twilio.reviewed("pending")
    outside = await twilio.ask(name="outside")
    row = await twilio.waits_for(outside.id, "failed")
    await says(twilio, "hello?")
    await twilio.ask(name="inside")

    (inside,) = await messages(twilio, 1)
    assert (row["failure"], row["provider_message_id"]) == ("config", None)
    assert row["reason"].endswith("is pending")
    assert dict(inside.choices) == {}


async def test_a_window_that_closed_on_the_way_is_told_in_words(twilio: Any) -> None:
    await twilio.reviewed()
    await says(twilio, "hello?")
    for one in twilio.meta.contents.all.values():
        one.status = "paused"
    await twilio.sender.templates.follow_once(await twilio.runtime.config.current())
    twilio.meta.contents.heard.clear()  # WhatsApp sees it otherwise than we

    asked = await twilio.ask()

    row = await twilio.waits_for(asked.id, "failed")
    assert (row["failure"], row["reason"]) == ("transient", f"63016: {WINDOW}")


async def test_a_written_stop_is_obeyed_and_confirmed_by_us(twilio: Any) -> None:
    await twilio.reviewed()
    await twilio.ask()
    await messages(twilio, 1)

    await says(twilio, "STOP")

    _, confirmed = await messages(twilio, 2)
    again = await twilio.ask(name="c2")
    row = await twilio.waits_for(again.id, "cancelled")
    assert confirmed.body.startswith("You will get no more surveys from Acme")
    assert row["reason"] == "opted_out"
    (told,) = await twilio.consents()
    assert (told.state, told.channel) == ("withdrawn", "whatsapp")


async def test_callbacks_that_come_twice_count_once(twilio: Any) -> None:
    await twilio.reviewed()
    twilio.meta.faults = Faults((Fault(trouble=Trouble.REPEATED, copies=3),))
    await twilio.ask(metric="nps")
    await messages(twilio, 1)

    await says(twilio, "9")
    await messages(twilio, 2)
    await twilio.worked_off()

    assert [one.score for one in await twilio.responses()] == [9]
    assert len(await messages(twilio, 2)) == 2


async def test_a_message_that_may_have_gone_out_is_not_sent_again(twilio: Any) -> None:
    await twilio.reviewed()
    twilio.meta.faults = Faults((Fault(trouble=Trouble.RESET_AFTER),))

    asked = await twilio.ask()

    await twilio.waits_for(asked.id, "delivered")
    assert len(twilio.requests()) == 1


async def test_content_whose_review_nobody_asked_for_is_submitted_and_not_made_again(
    twilio: Any,
) -> None:
    await twilio.reviewed()
    contents = twilio.meta.contents.all
    count = len(contents)
    for one in contents.values():
        one.status, one.category = "unsubmitted", ""

    config = await twilio.runtime.config.current()
    await twilio.sender.templates.follow_once(config)

    assert {one.status for one in contents.values()} == {"approved"}
    assert len(contents) == count


async def test_a_template_that_was_paused_sends_nothing_more(twilio: Any) -> None:
    await twilio.reviewed()
    for one in twilio.meta.contents.all.values():
        one.status, one.reason = "paused", "low quality"
    config = await twilio.runtime.config.current()
    await twilio.sender.templates.follow_once(config)

    asked = await twilio.ask()

    row = await twilio.waits_for(asked.id, "failed")
    assert row["reason"].endswith("is paused: low quality")
    assert twilio.requests() == []


async def test_a_callback_that_twilio_did_not_sign_stores_nothing(twilio: Any) -> None:
    form = {"MessageSid": "SM1", "From": THEIRS, "To": OURS, "Body": "5"}
    form |= {"AccountSid": "AC00000000000000000000000000000001"}

    answer = await twilio.runtime.http.post(
        f"{twilio.callbacks}/inbound", data=form, headers={"X-Twilio-Signature": "AAAA"}
    )

    assert answer.status_code == 403
    assert await twilio.fetch("select from whatsapp_sender.inbox") == []
