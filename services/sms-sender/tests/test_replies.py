"""What people write back, and what becomes of it."""

from datetime import timedelta
from uuid import UUID

import pytest

from common.events.responses import ResponseState
from common.events.sends import Step
from sandbox.faults import Fault, Faults, Trouble
from sms_sender.testing import CALLER, Stack, step, until


async def asked(stack: Stack, **changes: object) -> Step:
    ask = step(**changes)  # type: ignore[arg-type]
    await stack.publish(ask)
    await stack.waits_for(ask.id, "delivered")
    return ask


@pytest.mark.parametrize(
    ("text", "score"),
    [("5", 5), ("4/5", 4), ("*3*", 3), ("five", 5), ("2 waited too long", 2), (" 1. ", 1)],
)
async def test_a_rating_in_many_spellings_is_a_score(stack: Stack, text: str, score: int) -> None:
    await asked(stack)
    await stack.says(text)
    await stack.idle()

    assert (await stack.responses())[-1].score == score


async def test_what_is_no_rating_is_asked_again_and_kept(stack: Stack) -> None:
    await asked(stack)
    await stack.says("99 ?")
    await stack.idle()

    assert "number from 1 to 5" in stack.texts()[-1]
    (kept,) = await stack.fetch("select * from sms_sender.unmatched")
    assert (kept["why"], kept["text"]) == ("unreadable", "99 ?")
    assert await stack.responses() == []


async def test_a_second_number_corrects_the_first_and_keeps_it(stack: Stack) -> None:
    await asked(stack)
    for text in ("2", "4"):
        await stack.says(text)
        await stack.idle()

    last = (await stack.responses())[-1]
    assert (last.score, last.answers[0].corrects, last.state) == (4, (2,), ResponseState.FINISHED)


async def test_a_late_reply_is_kept_told_once_and_counts_nowhere(stack: Stack) -> None:
    await asked(stack)
    stack.clock.offset = timedelta(hours=25)
    for text in ("5", "hello?"):
        await stack.says(text)
        await stack.idle()

    assert await stack.responses() == []
    assert stack.texts()[1:] == ["This survey is closed. Thank you for your time."]
    kept = await stack.fetch("select why from sms_sender.unmatched")
    assert [row["why"] for row in kept] == ["late", "late"]


async def test_a_message_to_no_survey_is_kept_and_not_answered(stack: Stack) -> None:
    await stack.says("5", number="+12025550177")
    await stack.idle()

    (kept,) = await stack.fetch("select * from sms_sender.unmatched")
    assert kept["why"] == "no_dialogue"
    assert stack.texts("+12025550177") == []


async def test_a_reply_belongs_to_the_newest_survey(stack: Stack) -> None:
    older, newer = await asked(stack, name="first"), await asked(stack, name="second")
    await stack.says("5")
    await stack.idle()

    (response,) = await stack.responses()
    assert response.invitation_id == newer.invitation_id != older.invitation_id


async def test_an_ask_that_never_left_takes_no_replies(stack: Stack) -> None:
    reached = await asked(stack, name="first")
    stack.carrier.faults = Faults((Fault(trouble=Trouble.UNAUTHORIZED),))
    waiting = step(name="second")
    await stack.publish(waiting)
    await until(lambda: _refused(stack, waiting.id))
    await stack.says("5")
    await until(stack.responses)

    assert (await stack.responses())[0].invitation_id == reached.invitation_id


async def _refused(stack: Stack, step_id: UUID) -> bool:
    """It was tried, and is queued again because the provider refused the account."""
    async with stack.db.connection() as connection:
        found: bool = await connection.fetchval(
            "select state = 'queued' and attempts > 0 from sms_sender.sends where id = $1", step_id
        )
        return found


async def test_copies_of_a_reply_are_one_answer_and_one_text(stack: Stack) -> None:
    await asked(stack)
    stack.carrier.faults = Faults((Fault(trouble=Trouble.REPEATED, copies=100),))
    await stack.says("5")
    await stack.idle()

    assert len(await stack.responses()) == 1
    assert stack.texts() == [stack.texts()[0], "Why?"]


async def test_replies_in_a_row_are_taken_in_order(stack: Stack) -> None:
    await asked(stack)
    for text in ("3", "slow", "really slow"):
        await stack.says(text)  # not waiting for what becomes of it
    await stack.idle()

    last = (await stack.responses())[-1]
    assert (last.score, last.comment) == (3, "slow\nreally slow")
    assert [r.revision for r in await stack.responses()] == [1, 2, 3]


async def test_a_texts_words_are_stored_without_what_a_database_refuses(stack: Stack) -> None:
    await asked(stack)
    await stack.says("4 fine\x00 \U0001f600")
    await stack.idle()

    last = (await stack.responses())[-1]
    assert last.score == 4
    assert last.comment is not None
    assert "\x00" not in last.comment


async def test_an_inbox_row_names_the_response_that_holds_its_answer(stack: Stack) -> None:
    await asked(stack)
    sid = await stack.says("5", number=CALLER)
    await stack.idle()

    (row,) = await stack.fetch("select * from sms_sender.inbox where message_id = $1", sid)
    (response,) = await stack.responses()
    assert (row["outcome"], row["response_id"], row["response_revision"]) == (
        "answer",
        response.id,
        1,
    )
