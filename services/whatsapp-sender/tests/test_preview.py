"""What a person would get by WhatsApp: templates with what the provider says of them, buttons."""

from typing import Any

import pytest

from channel.operation.preview import texts
from channel.schemas import PreviewBody, ShownBody
from sms_sender.testing import BRANCHING, step
from whatsapp_sender.renderer import WhatsAppRenderer


async def shown(stack: Any) -> PreviewBody:
    read = stack.sender.preview.read
    found: PreviewBody = await read("acme", "csat-flow", language="en", number=None)
    return found


async def test_a_template_is_shown_with_its_variables_buttons_and_state(stack: Any) -> None:
    await stack.reviewed()

    ask, reminder, *later = (await shown(stack)).messages

    assert ask.text.startswith("Acme: Hi Noor, how was your call with Asha")
    assert ask.buttons == ("1", "2", "3", "4", "5")
    assert ask.template is not None
    assert (ask.template.status, ask.template.variables) == ("approved", ("Noor", "Asha"))
    assert ask.template.name.startswith("aftercall_csat_")
    assert reminder.template is not None
    assert [one.template for one in later] == [None] * len(later)
    assert later[0].buttons == ("1", "2", "3")


@pytest.mark.parametrize("reviews", [False])
async def test_a_template_that_waits_says_so(stack: Any) -> None:
    await stack.reviewed("pending")

    ask: ShownBody = (await shown(stack)).messages[0]

    assert ask.template is not None
    assert ask.template.status == "pending"


def test_a_choice_is_shown_as_it_is_tapped() -> None:
    found = [
        one for one in texts(step(questionnaire=BRANCHING), WhatsAppRenderer()) if one.question
    ]

    product = next(one.content for one in found if one.question.id == "product")
    assert [one.title for one in product.buttons] == ["Telephone", "Internet", "TV and radio"]
