"""Several questions by WhatsApp, one of them a choice, and what hangs on the answers."""

from typing import Any

import pytest
from msgspec import structs

from channel.content import Button
from common.events.questionnaire import Option, Question, QuestionKind
from sms_sender.testing import BRANCHING, CALLER, until
from whatsapp_sender.domain.choices import in_writing, offered

OURS = "+12025550190"


async def asked(stack: Any) -> None:
    """By free words, for they have just written."""
    await stack.reviewed()
    await stack.meta.writes(CALLER, OURS, "hello")

    async def opened() -> bool:
        return bool(await stack.fetch("select 1 from whatsapp_sender.windows"))

    await until(opened)
    step = structs.replace(await stack.step(CALLER), questionnaire=BRANCHING)
    await stack.publish(step)


async def test_a_choice_is_tapped_whatever_its_words_and_branches(stack: Any) -> None:
    await asked(stack)
    (first,) = await stack.chats(1)
    await stack.meta.taps(first, "2")
    _, product = await stack.chats(2)
    await stack.meta.taps(product, "Internet")
    *_, speed = await stack.chats(3)
    await stack.meta.taps(speed, "1")
    *_, why = await stack.chats(4)
    await stack.meta.writes(CALLER, OURS, "slow all day")
    *_, thanks = await stack.chats(5)

    assert list(product.choices) == ["Telephone", "Internet", "TV and radio"]
    assert (product.kind, product.body) == ("button", "What was it about?")
    assert (speed.kind, why.body, thanks.body) == ("list", "Why?", "Thank you for your time.")
    response = (await stack.responses(4))[-1]
    given = {one.question_id: one.option or one.value or one.text for one in response.answers}
    assert given == {"score": 2, "product": "net", "speed": 1, "why": "slow all day"}


async def test_a_choice_may_be_written_instead_and_another_tap_changes_it(stack: Any) -> None:
    await asked(stack)
    (first,) = await stack.chats(1)
    await stack.meta.taps(first, "5")
    _, product = await stack.chats(2)
    await stack.meta.writes(CALLER, OURS, "internet")
    *_, speed = await stack.chats(3)
    await stack.meta.taps(product, "Telephone")
    *_, changed = await stack.chats(4)

    assert speed.body == "How fast is it, 1 to 5?"
    assert changed.body == "Thank you, we changed your answer to Telephone."
    response = (await stack.responses(3))[-1]
    assert [(one.option, one.corrects) for one in response.answers] == [(None, ()), ("phone", (2,))]


def choice(*words: str) -> Question:
    return Question(
        id="which",
        kind=QuestionKind.CHOICE,
        text="Which?",
        low=1,
        high=len(words),
        options=tuple(Option(id=f"o{place}", text=text) for place, text in enumerate(words)),
    )


@pytest.mark.parametrize(
    ("words", "tapped"),
    [(["Yes", "No"], 2), (["x" * 24, "y"], 2), (["x" * 25, "y"], 0), (list("abcdefghij"), 10),
     (list("abcdefghijk"), 0)],
)  # fmt: skip
def test_what_does_not_fit_a_row_is_written(words: list[str], tapped: int) -> None:
    assert len(offered(choice(*words))) == tapped


def test_who_sends_no_buttons_lists_what_is_no_number() -> None:
    assert in_writing("1 to 5?", [Button(id="a", title="1")]) == "1 to 5?"
    assert in_writing("Which?", [Button(id="a", title="TV"), Button(id="b", title="Radio")]) == (
        "Which?\n1 TV\n2 Radio"
    )
