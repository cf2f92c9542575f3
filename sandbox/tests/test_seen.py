"""One form of what people saw and said, whichever way it came."""

from datetime import UTC, datetime, timedelta

import pytest

from sandbox.ledger import (
    CallIn,
    CallRequest,
    CallStatus,
    CreateRequest,
    Entry,
    Heard,
    Pressed,
    Reply,
    StatusChange,
    Webhook,
)
from sandbox.seen import WHATSAPP, seen
from sandbox.voice.truth import stop_key

NOW = datetime(2026, 1, 5, 10, tzinfo=UTC)
ANNOUNCED = "Please press a key from 1 to 5. To get no more calls like this, press 9."


def call(*after: Entry) -> list[Entry]:
    request = CallRequest(
        at=NOW, account="AC1", to="+1", sender="+2", accepted=True, status=201, reference="r",
        sid="CA1",
    )  # fmt: skip
    return [request, *after]


def heard(text: str = ANNOUNCED) -> Heard:
    return Heard(at=NOW, sid="CA1", person="+1", text=text, keys=1)


def pressed(keys: str) -> Pressed:
    return Pressed(at=NOW, sid="CA1", person="+1", keys=keys)


def told(status: int | None, sid: str = "CA1", event: str = "key") -> Webhook:
    at = NOW + timedelta(seconds=1)
    return Webhook(at=at, sid=sid, event=event, url="", token="", attempt=1, status=status)


@pytest.mark.parametrize(
    ("keys", "status", "given", "stopped"),
    [("4", 200, [4], False), ("8", 200, [], False), ("9", 200, [], True), ("4", 503, [], False)],
)
def test_keys_count_once_they_are_acknowledged(
    keys: str, status: int, given: list[int], stopped: bool
) -> None:
    found = seen(call(heard(), pressed(keys), told(status)))

    ((channel, ask),) = found.asks()
    (said,) = found.said
    assert (channel, ask.ratings, ask.stopped) == ("ivr", given, stopped)
    assert (said.stops, said.acknowledged_at is not None) == (keys == "9", status == 200)


def test_a_scale_in_a_surveys_own_words_is_one() -> None:
    own = heard("Press a key from 1, not at all, to 5, very.")

    ((_, ask),) = seen(call(own, pressed("4"), told(200))).asks()

    assert (ask.scale.high, ask.ratings) == (5, [4])


def test_who_rang_and_heard_a_question_was_asked() -> None:
    rang = CallIn(at=NOW, account="AC1", person="+1", to="+2", sid="CA1", shown="anonymous")
    nothing = heard("Sorry, we have no survey for you at the moment. Goodbye.")

    found = seen([rang, heard(), pressed("4"), told(200)])

    ((channel, ask),) = found.asks()
    assert (channel, ask.person, ask.sender, ask.ratings) == ("ivr", "+1", "+2", [4])
    assert [(one.person, one.sid, one.reference) for one in found.requests] == [("+1", "CA1", "")]
    assert seen([rang, nothing]).requests == []


def test_what_is_pressed_after_the_rating_answers_something_else() -> None:
    entries = [heard(), pressed("4"), told(200), told(200), heard("From 1 to 3?"), pressed("2")]

    ((_, ask),) = seen(call(*entries, told(200))).asks()

    assert ask.ratings == [4]


def test_the_key_that_opts_out_is_the_one_that_was_said() -> None:
    assert stop_key("To get no more calls like this, press the star key.") == "*"
    assert stop_key("Please press a key from 1 to 5.") == ""


@pytest.mark.parametrize("status", ["busy", "no-answer", "failed"])
def test_whom_a_call_did_not_reach_was_not_reached(status: str) -> None:
    (request,) = seen(call(CallStatus(at=NOW, sid="CA1", status=status))).requests

    assert (request.channel, request.reference, request.reached) == ("ivr", "r", False)


def test_a_machine_is_nobody() -> None:
    machine = CallStatus(at=NOW, sid="CA1", status="completed", answered_by="machine_start")

    assert not seen(call(machine)).requests[0].reached


def test_ledgers_of_several_providers_are_one() -> None:
    texted = CreateRequest(
        at=NOW, account="AC1", to="whatsapp:+1", sender="whatsapp:+2", body="1 to 5?",
        accepted=True, status=201, sid="SM1",
    )  # fmt: skip
    written = [
        CreateRequest(
            at=NOW, account="B", to="+1", sender="+3", body="0 to 10?", accepted=True, status=200,
            sid="W1",
        ),
        StatusChange(at=NOW, sid="W1", status="failed"),
        Reply(at=NOW, sid="W2", person="+1", to="+3", body="STOP"),
        told(200, "W2", "received"),
    ]  # fmt: skip

    both = seen([texted]) + seen(written, written=WHATSAPP)

    assert [(r.channel, r.person, r.reached) for r in both.requests] == [
        (WHATSAPP, "+1", True), (WHATSAPP, "+1", False),
    ]  # fmt: skip
    assert [(one.channel, one.stops) for one in both.said] == [(WHATSAPP, True)]
    assert [(channel, ask.metric) for channel, ask in both.asks()] == [
        (WHATSAPP, "csat"), (WHATSAPP, "nps"),
    ]  # fmt: skip
