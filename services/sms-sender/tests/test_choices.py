"""Several questions by text, one of them a choice, and what hangs on the answers."""

import pytest

from sms_sender.testing import BRANCHING, Stack, step

LIST = "What was it about?\n1 Telephone\n2 Internet\n3 TV and radio"


async def talked(stack: Stack, *texts: str) -> list[str]:
    ask = step(questionnaire=BRANCHING)
    await stack.publish(ask)
    await stack.waits_for(ask.id, "delivered")
    for text in texts:
        await stack.says(text)
        await stack.idle()
    return stack.texts()[1:]


@pytest.mark.parametrize("chosen", ["2", "internet please", "2 Internet"])
async def test_a_choice_is_listed_answered_by_number_or_words_and_branches(
    stack: Stack, chosen: str
) -> None:
    said = await talked(stack, "2", chosen, "1", "slow all day")

    assert said == [LIST, "How fast is it, 1 to 5?", "Why?", "Thank you for your time."]
    response = (await stack.responses())[-1]
    given = {one.question_id: one.option or one.value or one.text for one in response.answers}
    assert given == {"score": 2, "product": "net", "speed": 1, "why": "slow all day"}
    assert (response.score, response.state) == (2, "finished")


async def test_what_hangs_on_another_answer_is_not_asked(stack: Stack) -> None:
    assert await talked(stack, "5", "TV and radio") == [LIST, "Thank you for your time."]


async def test_what_is_no_option_is_asked_again_with_the_list(stack: Stack) -> None:
    said = await talked(stack, "5", "my neighbour")

    assert said[1] == (
        "Sorry, we did not understand. Please reply with a number from 1 to 3."
        "\n1 Telephone\n2 Internet\n3 TV and radio"
    )
