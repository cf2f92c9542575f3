"""Where it is on, answers may be spoken: digits and number words, options, comments, a no."""

import pytest

from common.events.questionnaire import Question, QuestionKind, Voice
from sms_sender.testing import BRANCHING
from tests.voice.running import NPS, Line, call_step, rating, survey

HEARD = Voice(locale="en-US", speech=True)
SAY = "Please say a number from 1 to 5, or press its key."
THANKS = "Thank you for your time. Goodbye."
WHY = Question(id="why", kind=QuestionKind.COMMENT, text="Why?")
SCORE = rating("score", "How was it?", 1, 5)
SPOKEN = survey(SCORE, WHY, voice=HEARD)


@pytest.mark.parametrize(
    ("said", "score"),
    [("say:four", 4), ("say:4", 4), ("say:I would say a four please", 4), ("5", 5)],
)
async def test_digits_and_number_words_are_read_as_in_writing(
    line: Line, said: str, score: int
) -> None:
    await line.call(call_step(questionnaire=survey(SCORE, voice=HEARD)), keys=(said,))

    assert [one.score for one in await line.responses()] == [score]
    assert SAY in line.heard()[0]
    assert line.heard()[-1] == THANKS


async def test_ten_is_spoken_too(line: Line) -> None:
    asked = survey(*NPS.questions, metric=NPS.metric, voice=HEARD)

    await line.call(call_step(questionnaire=asked), keys=("say:ten",))

    assert [one.score for one in await line.responses()] == [10]


@pytest.mark.parametrize("said", ["say:four@0.2", "say:maybe a two or a three", "say:banana"])
async def test_what_is_not_sure_is_asked_again(line: Line, said: str) -> None:
    await line.call(call_step(questionnaire=survey(SCORE, voice=HEARD)), keys=(said, "say:two"))

    assert [one.score for one in await line.responses()][-1] == 2
    assert line.heard()[1] == f"Sorry, that is no answer. How was it? {SAY}"


async def test_an_option_is_chosen_by_its_words(line: Line) -> None:
    asked = survey(*BRANCHING.questions[:3], voice=HEARD)

    await line.call(
        call_step(questionnaire=asked), keys=("say:five", "say:TV and radio", "never asked")
    )

    (*_, last) = await line.responses()
    assert last.answers[1].option == "tv"
    assert line.heard()[-1] == THANKS


async def test_a_comment_is_spoken(line: Line) -> None:
    await line.call(call_step(questionnaire=SPOKEN), keys=("2", "say:it took too long@0.1"))

    (*_, last) = await line.responses()
    assert (last.score, last.comment) == (2, "it took too long")
    assert line.heard()[1] == "Why? Please speak after this message, or press any key to go on."


@pytest.mark.parametrize("done", ["", "5"])
async def test_nobody_is_pressed_for_a_comment(line: Line, done: str) -> None:
    await line.call(call_step(questionnaire=SPOKEN), keys=("2", done))

    (*_, last) = await line.responses()
    assert (last.score, last.comment, last.state) == (2, None, "finished")
    assert line.heard()[-1] == THANKS
    assert len(line.heard()) == 3


async def test_who_says_no_is_believed_however_unclear(line: Line) -> None:
    await line.call(call_step(questionnaire=SPOKEN), keys=("say:stop calling me@0.3",))

    assert line.heard()[-1] == "You will get no more calls from Acme. Goodbye."
    (contact,) = await line.fetch("select suppressed from ivr_gateway.contacts")
    assert contact["suppressed"]


async def test_without_it_nobody_listens_and_no_comment_is_asked(line: Line) -> None:
    await line.call(call_step(questionnaire=survey(SCORE, WHY)), keys=("say:four", "4"))

    assert [one.score for one in await line.responses()] == [4]
    assert line.heard()[1].startswith("Sorry, we did not hear a key.")
    assert line.heard()[-1] == THANKS
