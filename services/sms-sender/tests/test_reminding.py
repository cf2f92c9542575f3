"""Who does not answer is reminded in the same dialogue; an answer counts once, to the same ask."""

from datetime import timedelta

from msgspec import structs

from common.events.questionnaire import Texts
from common.events.sends import DeliveryStatus, Step, StepKind
from common.ids import step_id
from sms_sender.testing import SURVEY, Stack, step

AGAIN = "A reminder: how was it, {low} to {high}?"


def reminder_of(ask: Step, *, text: str = "") -> Step:
    survey = structs.replace(SURVEY, texts=Texts(reminder=text))
    identity = step_id(ask.invitation_id, 1)
    return structs.replace(ask, id=identity, kind=StepKind.REMINDER, number=1, questionnaire=survey)


async def test_a_reminder_repeats_the_step_that_it_names_and_is_reported_as_what_it_is(
    stack: Stack,
) -> None:
    """Of a plan whose first channel was another one."""
    first = step()
    ask = structs.replace(
        first, id=step_id(first.invitation_id, 2), kind=StepKind.FALLBACK, number=2
    )
    again = structs.replace(
        ask, id=step_id(ask.invitation_id, 3), kind=StepKind.REMINDER, number=3, continues=2
    )
    await stack.publish(ask)
    await stack.waits_for(ask.id, "delivered")
    await stack.publish(again)
    await stack.waits_for(again.id, "delivered")

    for one in (ask, again):
        told = (await stack.deliveries(one.id))[-1]
        assert (told.kind, told.number) == (one.kind, one.number)


async def asked(stack: Stack) -> Step:
    ask = step()
    await stack.publish(ask)
    await stack.waits_for(ask.id, "delivered")
    return ask


async def test_an_answer_to_a_reminder_is_the_answer_to_the_ask(stack: Stack) -> None:
    ask = await asked(stack)
    reminder = reminder_of(ask, text=AGAIN)
    await stack.publish(reminder, reminder)
    await stack.waits_for(reminder.id, "delivered")
    for text in ("4", "quick"):
        await stack.says(text)
        await stack.idle()

    assert stack.texts()[1:3] == [
        "Acme: A reminder: how was it, 1 to 5? Reply STOP to opt out.",
        "Why?",
    ]
    last = (await stack.responses())[-1]
    assert (last.invitation_id, last.score, last.comment) == (ask.invitation_id, 4, "quick")
    assert {one.id for one in await stack.responses()} == {last.id}
    told = [(d.kind, d.status) for d in await stack.deliveries(reminder.id)]
    assert told == [
        (StepKind.REMINDER, DeliveryStatus.SENT),
        (StepKind.REMINDER, DeliveryStatus.DELIVERED),
    ]


async def test_a_reminder_without_words_of_its_own_says_the_first_message_again(
    stack: Stack,
) -> None:
    reminder = reminder_of(await asked(stack))
    await stack.publish(reminder)
    await stack.waits_for(reminder.id, "delivered")

    first, again = stack.texts()
    assert first == again


async def test_who_has_answered_is_not_reminded(stack: Stack) -> None:
    ask = await asked(stack)
    await stack.says("4")  # perhaps not read yet
    reminder = reminder_of(ask)
    await stack.publish(reminder)
    await stack.waits_for(reminder.id, "cancelled")
    await stack.idle()

    assert (await stack.row(reminder.id))["reason"] == "answered"
    assert stack.texts()[1:] == ["Why?"]
    (told,) = await stack.deliveries(reminder.id)
    assert (told.kind, told.status, told.reason) == (
        StepKind.REMINDER,
        DeliveryStatus.CANCELLED,
        "answered",
    )


async def test_who_said_stop_is_not_reminded(stack: Stack) -> None:
    ask = await asked(stack)
    await stack.says("STOP")
    reminder = reminder_of(ask)
    await stack.publish(reminder)
    await stack.waits_for(reminder.id, "cancelled")
    await stack.idle()

    assert (await stack.row(reminder.id))["reason"] == "opted_out"
    assert len(stack.texts()) == 1


async def test_an_answer_from_before_the_reminder_that_is_read_after_it_still_counts(
    stack: Stack,
) -> None:
    ask = await asked(stack)
    reminder = reminder_of(ask)
    stack.clock.offset = timedelta(minutes=1)
    await stack.publish(reminder)
    await stack.waits_for(reminder.id, "delivered")
    stack.clock.offset = timedelta(0)  # so it was received a minute before the reminder's claim
    await stack.says("4")
    await stack.idle()

    (response,) = await stack.responses()
    assert (response.invitation_id, response.score) == (ask.invitation_id, 4)
