"""Whoever says no is believed however they say it; machines' texts are nobody's words."""

from collections.abc import AsyncIterator

import pytest

from common.bus.pglog import PgLogBus
from common.events.consent import ConsentChanged, ConsentState
from sms_sender.testing import Stack, contact_of, person, sending, step


@pytest.fixture
async def plain(database_url: str) -> AsyncIterator[Stack]:
    """A carrier that leaves keywords to us, and a caller who was asked."""
    async with sending(
        database_url,
        PgLogBus,
        carrier_account={"handles_stop": False},
        account={"answers_stop": False},
    ) as running:
        ask = step()
        await running.publish(ask)
        await running.waits_for(ask.id, "delivered")
        yield running


async def states(stack: Stack) -> list[ConsentState]:
    return [change.state for change in await stack.read(ConsentChanged)]


async def whys(stack: Stack) -> list[str]:
    rows = await stack.fetch("select why from sms_sender.unmatched order by received_at")
    return [row["why"] for row in rows]


async def test_a_no_in_a_sentence_withdraws_and_the_next_ask_does_not_go_out(plain: Stack) -> None:
    await plain.says("please don't text me again, thanks")
    again = step(name="another call")
    await plain.publish(again)
    await plain.waits_for(again.id, "cancelled")
    await plain.idle()

    assert await states(plain) == [ConsentState.WITHDRAWN]
    assert plain.texts()[1:] == [
        "You will get no more surveys from Acme. Reply START to allow them again."
    ]


async def test_a_score_beside_a_stop_counts_and_so_does_the_stop(plain: Stack) -> None:
    await plain.says("4. STOP")
    await plain.idle()

    (response,) = await plain.responses()
    assert response.score == 4
    assert await states(plain) == [ConsentState.WITHDRAWN]


async def test_what_may_be_a_no_is_answered_by_nothing_and_nothing_more_is_asked(
    plain: Stack,
) -> None:
    await plain.says("not interested")
    await plain.idle()
    again = step(name="another call")
    await plain.publish(again)
    await plain.waits_for(again.id, "cancelled")
    await plain.says("really not")
    await plain.idle()

    assert len(plain.texts()) == 1
    [doubt] = await plain.read(ConsentChanged)
    assert doubt.state is ConsentState.DOUBTED
    assert doubt.evidence == "may be an opt-out: “not interested”"
    assert (await whys(plain))[0] == "may_be_opt_out"


async def test_who_may_have_said_no_comes_back_by_start(plain: Stack) -> None:
    for text in ("leave me alone", "START"):
        await plain.says(text)
        await plain.idle()

    assert await states(plain) == [ConsentState.DOUBTED, ConsentState.GRANTED]


async def test_words_instead_of_a_number_are_kept_with_their_call(plain: Stack) -> None:
    await plain.says("the lady was rude")
    await plain.idle()

    (response,) = await plain.responses()
    assert (response.score, response.comment) == (None, "the lady was rude")
    assert response.interaction_id == step().interaction_id
    assert await whys(plain) == []


@pytest.mark.parametrize(
    "text",
    [
        "Loved “Acme: How was it, 1 to 5? Reply STOP to opt out.”",
        "I'm driving and can't text right now. (automatic reply)",
    ],
)
async def test_machines_texts_change_nothing_and_are_not_thanked(plain: Stack, text: str) -> None:
    await plain.says(text)
    await plain.idle()

    assert len(plain.texts()) == 1
    assert await states(plain) == []
    assert await plain.responses() == []
    assert await whys(plain) == ["machine"]


async def test_a_no_counts_though_a_machine_might_have_said_the_rest(plain: Stack) -> None:
    await plain.says("STOP texting me, I am driving right now")
    await plain.idle()

    assert await states(plain) == [ConsentState.WITHDRAWN]


async def test_a_score_counts_though_a_machine_might_have_said_the_rest(plain: Stack) -> None:
    await plain.says("I'd give it a 5, thanks for reaching out")
    await plain.idle()

    (response,) = await plain.responses()
    assert response.score == 5


async def test_five_stars_of_a_stranger_stop_nothing(plain: Stack) -> None:
    await plain.says("👍", number=person(7))
    await plain.says("Cancel my order")
    await plain.idle()

    assert await states(plain) == []
    rows = await plain.fetch("select count(*) from sms_sender.contacts where suppressed")
    assert rows[0]["count"] == 0
    assert contact_of(person(7)) != contact_of()
