"""STOP, START and HELP; who confirms them; what follows."""

import io
from collections.abc import AsyncIterator
from datetime import timedelta

import pytest

from channel.incoming.answering import MOST_FOLLOW_UPS
from common.bus.pglog import PgLogBus
from common.config.store import Document
from common.events.consent import ConsentChanged, ConsentState
from sms_sender.testing import CALLER, WORKSPACE, Stack, contact_of, sending, step


@pytest.fixture
async def plain(database_url: str) -> AsyncIterator[Stack]:
    """A carrier that leaves keywords to us."""
    async with sending(
        database_url,
        PgLogBus,
        carrier_account={"handles_stop": False},
        account={"answers_stop": False},
    ) as running:
        yield running


async def asked(stack: Stack, name: str = "c1") -> None:
    ask = step(name=name)
    await stack.publish(ask)
    await stack.waits_for(ask.id, "delivered")


async def test_stop_suppresses_is_told_and_the_carrier_confirms_it(stack: Stack) -> None:
    await asked(stack)
    await stack.says("Stop.")
    again = step(name="another call")
    await stack.publish(again)
    await stack.waits_for(again.id, "cancelled")
    await stack.idle()

    (change,) = await stack.read(ConsentChanged)
    assert (change.state, change.source, change.channel) == (ConsentState.WITHDRAWN, "reply", "sms")
    assert (await stack.row(again.id))["reason"] == "opted_out"
    assert len(stack.texts()) == 1
    assert await stack.responses() == []


async def test_where_we_confirm_stop_it_is_once(plain: Stack) -> None:
    await asked(plain)
    for _ in range(2):
        await plain.says("STOP")
        await plain.idle()

    assert plain.texts()[1:] == [
        "You will get no more surveys from Acme. Reply START to allow them again."
    ]


async def test_start_brings_back(plain: Stack) -> None:
    await asked(plain)
    for text in ("stop", "START"):
        await plain.says(text)
        await plain.idle()
    await asked(plain, name="another call")

    states = [change.state for change in await plain.read(ConsentChanged)]
    assert states == [ConsentState.WITHDRAWN, ConsentState.GRANTED]
    assert "again" in plain.texts()[2]


async def test_help_says_who_asks_and_how_to_stop(plain: Stack) -> None:
    await asked(plain)
    await plain.says("HELP")
    await plain.idle()

    assert "Acme" in plain.texts()[-1]
    assert "STOP" in plain.texts()[-1]


async def test_stop_in_a_sentence_is_an_answer_like_any_other(stack: Stack) -> None:
    await asked(stack)
    for text in ("2", "please stop putting me on hold"):
        await stack.says(text)
        await stack.idle()

    assert (await stack.responses())[-1].comment == "please stop putting me on hold"
    assert await stack.read(ConsentChanged) == []


async def test_an_answer_after_stop_is_kept_and_gets_no_text(plain: Stack) -> None:
    await asked(plain)
    for text in ("stop", "5"):
        await plain.says(text)
        await plain.idle()

    assert (await plain.responses())[-1].score == 5
    assert len(plain.texts(CALLER)) == 2  # the ask and the confirmation of STOP


@pytest.mark.parametrize(
    ("asked_as", "says_as"),
    [("+525512345678", "+5215512345678"), ("+541123456789", "+5491123456789")],
)
async def test_a_stop_in_the_other_spelling_of_a_mobile_is_honoured(
    plain: Stack, asked_as: str, says_as: str
) -> None:
    ask = step(asked_as)
    await plain.publish(ask)
    await plain.waits_for(ask.id, "delivered")
    await plain.says("STOP", number=says_as)
    again = step(asked_as, name="another call")
    await plain.publish(again)
    await plain.waits_for(again.id, "cancelled")
    await plain.idle()

    (change,) = await plain.read(ConsentChanged)
    assert change.contact_id == contact_of(asked_as)
    assert (await plain.row(again.id))["reason"] == "opted_out"


async def test_an_answer_in_the_other_spelling_of_a_mobile_is_counted(plain: Stack) -> None:
    ask = step("+525512345678")
    await plain.publish(ask)
    await plain.waits_for(ask.id, "delivered")
    await plain.says("4", number="+5215512345678")
    await plain.idle()

    (response,) = await plain.responses()
    assert response.score == 4


async def test_help_from_a_country_that_is_off_sends_nothing(plain: Stack) -> None:
    stranger = "+447400123456"  # the workspace's numbers are American
    for _ in range(3):
        await plain.says("HELP", number=stranger)
    await plain.says("STOP", number=stranger)
    await plain.idle()

    assert plain.texts(stranger) == []
    (change,) = await plain.read(ConsentChanged)  # and a no counts, wherever it comes from
    assert change.state is ConsentState.WITHDRAWN


async def test_one_person_gets_so_many_texts_a_day_whatever_they_send(plain: Stack) -> None:
    for _ in range(MOST_FOLLOW_UPS + 15):
        await plain.says("HELP")
    await plain.idle()

    assert len(plain.texts()) == MOST_FOLLOW_UPS


async def limited(stack: Stack, **changes: int) -> None:
    body = {"id": WORKSPACE, "name": "Acme", **changes}
    await stack.configure(
        [Document(workspace=WORKSPACE, kind="workspace", id=WORKSPACE, body=body)]
    )


def stranger(number: int) -> str:
    return f"+1303555{number:04}"


async def test_strangers_get_so_many_texts_an_hour_and_who_was_asked_is_still_answered(
    plain: Stack, logged: io.StringIO
) -> None:
    await limited(plain, stranger_replies=3)
    await asked(plain)
    for number in range(6):
        await plain.says("HELP", number=stranger(number))
    await plain.says("STOP", number=stranger(7))
    await plain.says("HELP")
    await plain.idle()

    assert sum(bool(plain.texts(stranger(number))) for number in range(8)) == 3
    assert len(plain.texts(CALLER)) == 2  # the ask, and its help
    (change,) = await plain.read(ConsentChanged)  # a no counts though it is not confirmed
    assert change.contact_id == contact_of(stranger(7))
    (note,) = await plain.fetch("select workspace, why, messages from sms_sender.unanswered")
    assert tuple(note) == (WORKSPACE, "strangers", 4)
    said = [line for line in logged.getvalue().splitlines() if "not_answered" in line]
    assert len(said) == 1


async def test_a_new_hour_has_room_for_strangers_again(plain: Stack) -> None:
    await limited(plain, stranger_replies=1)
    for number in range(2):
        await plain.says("HELP", number=stranger(number))
    await plain.idle()
    await plain.fetch(
        "update sms_sender.rates set spent_until = spent_until - interval '1 hour' returning 1"
    )

    await plain.says("HELP", number=stranger(2))
    await plain.idle()

    assert len(plain.texts(stranger(2))) == 1


async def test_no_stranger_is_answered_where_none_may_be(plain: Stack) -> None:
    await limited(plain, stranger_replies=0)
    await plain.says("HELP", number=stranger(1))
    await plain.idle()

    assert plain.texts(stranger(1)) == []


async def test_that_somebody_was_not_answered_is_said_once_a_day_for_each_reason(
    plain: Stack, logged: io.StringIO
) -> None:
    abroad = "+447400123456"
    for _ in range(2):
        await plain.says("HELP", number=abroad)
        await plain.idle()
    plain.clock.offset = timedelta(days=1)
    await plain.says("HELP", number=abroad)
    await plain.idle()

    notes = await plain.fetch("select why, messages from sms_sender.unanswered order by day")
    assert [tuple(note) for note in notes] == [("country", 2), ("country", 1)]
    said = [line for line in logged.getvalue().splitlines() if "not_answered" in line]
    assert len(said) == 2
    assert all(WORKSPACE in line and "447400123456" not in line for line in said)
