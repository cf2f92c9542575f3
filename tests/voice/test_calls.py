"""Somebody is called, hears who asks and what, presses keys, and is let go politely."""

import pytest

from common.events.questionnaire import Questionnaire
from common.events.sends import Delivery
from sandbox.faults import Fault, Faults, Trouble
from sandbox.ledger import Heard, Webhook, only
from sms_sender.testing import until
from tests.voice.running import CES, CSAT, NPS, Line, call_step, rating, survey

ANNOUNCED = "This is Acme, with a short survey about your call. How was your call?"
PRESS, NINE = "Please press a key from 1 to 5.", "To get no more calls like this, press 9."
ASKED = f"{ANNOUNCED} {PRESS} {NINE}"
THANKS = "Thank you for your time. Goodbye."
TWO = survey(rating("score", "How was it?", 1, 5), rating("ease", "How easy?", 0, 10))


@pytest.mark.parametrize(
    ("questionnaire", "keys", "score"),
    [(CSAT, "4", 4), (CES, "7", 7), (NPS, "10", 10), (NPS, "0#", 0), (NPS, "9", 9)],
)
async def test_a_key_of_the_scale_is_the_score(
    line: Line, questionnaire: Questionnaire, keys: str, score: int
) -> None:
    asked = await line.call(call_step(questionnaire=questionnaire), keys=(keys,))

    (response,) = await line.responses()
    assert (response.score, response.invitation_id) == (score, asked.invitation_id)
    assert response.state == "finished"
    assert line.heard()[-1] == THANKS
    assert [d.status for d in await line.read(Delivery)][-1] == "delivered"


async def test_who_asks_is_said_first_and_how_to_opt_out(line: Line) -> None:
    await line.call(keys=("5",))

    assert line.heard() == [ASKED, THANKS]


async def test_silence_and_a_wrong_key_are_answered_in_their_own_words_three_tries_in_all(
    line: Line,
) -> None:
    await line.call(keys=("", "8", ""))

    question = f"How was your call? {PRESS}"
    assert line.heard() == [
        ASKED,
        f"Sorry, we did not hear a key. {question}",
        f"Sorry, that is no answer. {question}",
        "We could not read your answer. Thank you for your time. Goodbye.",
    ]
    assert await line.responses() == []


@pytest.mark.parametrize(("questionnaire", "key"), [(CSAT, "9"), (CES, "9"), (NPS, "*")])
async def test_the_key_to_opt_out_is_obeyed_at_any_prompt(
    line: Line, questionnaire: Questionnaire, key: str
) -> None:
    await line.call(call_step(questionnaire=questionnaire), keys=("", key))

    assert line.heard()[-1] == "You will get no more calls from Acme. Goodbye."
    (contact,) = await line.fetch("select suppressed from ivr_gateway.contacts")
    assert contact["suppressed"]
    again = call_step(questionnaire=questionnaire, name="c2")
    await line.publish(again)
    await line.idle()
    assert len(line.requests()) == 1


async def test_what_was_answered_is_kept_when_they_hang_up(line: Line) -> None:
    await line.call(call_step(questionnaire=TWO), keys=("2",), hangs_up_at=1)

    (response,) = await line.responses()
    assert (response.score, response.state) == (2, "in_progress")


@pytest.mark.parametrize("picks_up", ["machine_start", "fax"])
async def test_nothing_is_left_on_a_machine(line: Line, picks_up: str) -> None:
    asked = await line.call(picks_up=picks_up)

    assert line.heard() == []
    row = await line.row(asked.id)
    assert row["state"] == "failed"
    assert row["reason"] in (picks_up.partition("_")[0], "machine")  # Plivo tells no fax apart


@pytest.mark.parametrize(
    ("picks_up", "failure"),
    [("busy", "transient"), ("no-answer", "transient"), ("failed", "invalid_number")],
)
async def test_whom_nobody_reaches_was_not_asked(line: Line, picks_up: str, failure: str) -> None:
    asked = await line.call(picks_up=picks_up)

    row = await line.row(asked.id)
    assert (row["state"], row["failure"]) == ("failed", failure)
    assert row["delivered_at"] is None


async def test_a_request_that_comes_twice_gets_the_same_document_and_counts_once(
    line: Line,
) -> None:
    line.carrier.faults = Faults((Fault(trouble=Trouble.REPEATED, copies=3),))

    await line.call(call_step(questionnaire=TWO), keys=("3", "9", "5"))

    (response, second) = await line.responses()
    assert [answer.value for answer in second.answers] == [3, 9]
    assert response.revision == 1
    assert second.revision == 2


async def test_a_call_that_may_have_been_placed_is_not_placed_again(line: Line) -> None:
    line.carrier.faults = Faults((Fault(trouble=Trouble.ERROR_AFTER),))

    asked = await line.call(keys=("4",))

    assert len(line.requests()) == 1
    assert (await line.row(asked.id))["state"] == "delivered"
    assert [response.score for response in await line.responses()] == [4]


async def test_what_is_told_late_of_a_call_undoes_nothing(line: Line) -> None:
    asked = await line.call(keys=("4",))

    for status in ("no-answer", "ringing", "queued", "in-progress"):
        await line.post(asked, "status", CallStatus=status)
    await line.idle()

    assert (await line.row(asked.id))["state"] == "delivered"
    assert [d.status for d in await line.read(Delivery)][-1] == "delivered"


async def test_who_opts_out_while_it_rings_hears_a_goodbye(line: Line) -> None:
    asked = await line.call(hangs_up_at=0)
    await line.opts_out(asked)

    said = await line.post(asked, "prompt", call="CA2")

    assert "Goodbye" in said
    assert "How was your call?" not in said


async def test_keys_belong_to_the_call_that_they_were_pressed_in(line: Line) -> None:
    first = await line.call(call_step(questionnaire=TWO), hangs_up_at=0)
    second = call_step(questionnaire=TWO, name="c2")
    await line.publish(second)

    async def was_heard() -> bool:
        row = await line.row(second.id)
        return row is not None and row["state"] == "delivered"

    await until(was_heard)
    await line.post(first, "key", turn=1, Digits="2")
    await line.idle()

    (response,) = await line.responses()
    assert response.invitation_id == first.invitation_id != second.invitation_id


async def test_every_key_pressed_was_acknowledged(line: Line) -> None:
    await line.call(call_step(questionnaire=TWO), keys=("1", "4"))

    told = [w for w in only(line.carrier.ledger, Webhook) if w.event == "key"]
    assert [w.acknowledged for w in told] == [True, True]
    assert not any(heard.by_provider for heard in only(line.carrier.ledger, Heard))
