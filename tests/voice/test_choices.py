"""Several questions by telephone, one of them a choice, and what hangs on the answers."""

from sms_sender.testing import BRANCHING
from tests.voice.running import Line, call_step

OFFERED = (
    "What was it about? For Telephone, press 1. For Internet, press 2. For TV and radio, press 3."
)
FAST = "How fast is it, 1 to 5? Please press a key from 1 to 5."
THANKS = "Thank you for your time. Goodbye."


async def test_each_option_has_its_key_and_what_follows_hangs_on_it(line: Line) -> None:
    await line.call(call_step(questionnaire=BRANCHING), keys=("2", "2", "1"))

    assert line.heard()[1:] == [OFFERED, FAST, THANKS]
    response = (await line.responses())[-1]
    given = {one.question_id: one.option or one.value for one in response.answers}
    assert given == {"score": 2, "product": "net", "speed": 1}  # a comment cannot be pressed
    assert response.state == "finished"


async def test_a_key_without_an_option_is_asked_again_and_other_branches_are_left_out(
    line: Line,
) -> None:
    await line.call(call_step(questionnaire=BRANCHING), keys=("5", "4", "", "1"))

    assert line.heard()[1:] == [
        OFFERED,
        f"Sorry, that is no answer. {OFFERED}",
        f"Sorry, we did not hear a key. {OFFERED}",
        THANKS,
    ]
