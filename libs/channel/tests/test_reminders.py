"""A reminder's claim: who is asked once more, and who is not after all."""

import asyncio
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import msgspec
import pytest
from msgspec import structs

from channel.incoming import inbox
from channel.incoming.entries import Callback
from channel.outgoing.due import Lane
from channel.outgoing.reminders import PAUSE, Standing, judged
from channel.providers import CallbackKind
from channel.sender import ChannelSender
from channel.store import contacts
from channel.store.delivery import Send, SendKind
from common import events
from common.dialogue import Dialogue, Stage
from common.events.questionnaire import Question, QuestionKind, Questionnaire
from common.events.responses import Answer
from common.events.sends import Delivery, DeliveryStatus, Step, StepKind
from common.events.values import Channel, Metric
from common.ids import derived, step_id
from common.time import utc_now

NOW = datetime(2026, 1, 5, 10, 30, tzinfo=UTC)
LANE = Lane("acme", "main", "+12025550190")
SURVEY = Questionnaire(
    survey_id="after-call",
    survey_version=1,
    metric=Metric.CSAT,
    language="en",
    brand="Acme",
    questions=(Question(id="score", kind=QuestionKind.RATING, text="1 to 5?", low=1, high=5),),
)
WAITS = Dialogue(opened_at=NOW - timedelta(hours=4), expires_at=NOW + timedelta(hours=20))
SCORED = replace(WAITS, answers=(Answer(question_id="score", value=4, answered_at=NOW),))
STANDING = Standing(
    asked=DeliveryStatus.SENT, questionnaire=SURVEY, dialogue=WAITS, unread=False, overtaken=False
)
QUEUED = Send(
    id=derived("reminder"),
    kind=SendKind.STEP,
    workspace="acme",
    contact_id=derived("contact"),
    state=DeliveryStatus.QUEUED,
    due_at=NOW,
    expires_at=NOW + timedelta(hours=4),
    step_kind=StepKind.REMINDER,
    number=1,
    continues=0,
)


@pytest.mark.parametrize("asked", [DeliveryStatus.SENT, DeliveryStatus.DELIVERED])
def test_silence_after_an_ask_that_went_out_is_reminded(asked: DeliveryStatus) -> None:
    assert judged(QUEUED, replace(STANDING, asked=asked), NOW).state is DeliveryStatus.CLAIMED


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"asked": None}, "ask_not_sent"),
        ({"dialogue": None}, "ask_not_sent"),
        ({"asked": DeliveryStatus.QUEUED}, "ask_not_sent"),
        ({"asked": DeliveryStatus.CLAIMED}, "ask_not_sent"),
        ({"asked": DeliveryStatus.UNKNOWN}, "ask_not_sent"),
        ({"asked": DeliveryStatus.FAILED}, "ask_not_sent"),
        ({"asked": DeliveryStatus.CANCELLED}, "ask_not_sent"),
        ({"dialogue": SCORED}, "answered"),
        ({"dialogue": replace(SCORED, stage=Stage.FINISHED)}, "answered"),
        ({"dialogue": replace(WAITS, stage=Stage.GAVE_UP)}, "closed"),
        ({"dialogue": replace(WAITS, expires_at=NOW)}, "closed"),
        ({"overtaken": True}, "newer_call"),
        ({"dialogue": SCORED, "unread": True}, "answered"),
    ],
)
def test_whose_reminder_is_refused(changes: dict[str, Any], reason: str) -> None:
    after = judged(QUEUED, replace(STANDING, **changes), NOW)

    assert (after.state, after.reason) == (DeliveryStatus.CANCELLED, reason)


def test_what_somebody_wrote_is_read_before_they_are_reminded() -> None:
    after = judged(QUEUED, replace(STANDING, unread=True), NOW)

    assert (after.state, after.due_at) == (DeliveryStatus.QUEUED, NOW + PAUSE)


def ask(name: str = "c1") -> Step:
    invitation = derived("invitation", name)
    return Step(
        id=step_id(invitation, 0),
        invitation_id=invitation,
        interaction_id=derived("interaction", name),
        contact_id=derived("contact"),
        kind=StepKind.ASK,
        number=0,
        channel=Channel.SMS,
        address="+12025550101",
        flow_id="flow",
        flow_version=1,
        questionnaire=SURVEY,
        expires_at=utc_now() + timedelta(hours=4),
        answers_until=utc_now() + timedelta(hours=24),
    )


def reminder_of(first: Step) -> Step:
    identity = step_id(first.invitation_id, 1)
    return structs.replace(first, id=identity, kind=StepKind.REMINDER, number=1)


async def queue(sender: ChannelSender, *steps: Step) -> None:
    await sender.intake.on_steps(
        [
            events.envelope(
                one,
                aggregate=one.id,
                revision=1,
                source="/orchestrator",
                time=utc_now(),
                workspace="acme",
            )
            for one in steps
        ]
    )


async def row(sender: ChannelSender, send: UUID) -> Any:
    async with sender.runtime.db.connection() as connection:
        return await connection.fetchrow("select * from sms_sender.sends where id = $1", send)


async def sent(sender: ChannelSender, first: Step) -> None:
    """Claimed, and taken by the carrier."""
    await queue(sender, first)
    await sender.worker.claims.claim(LANE, 10)
    async with sender.runtime.db.connection() as connection:
        await connection.execute(
            "update sms_sender.sends set state = 'sent', sent_at = now() where id = $1", first.id
        )


async def test_a_reminder_goes_from_the_number_that_asked(sender: ChannelSender) -> None:
    first = ask()
    await sent(sender, first)
    before = await row(sender, first.id)
    await queue(sender, *[reminder_of(first)] * 3)

    (claimed,) = (await sender.worker.claims.claim(LANE, 10)).claimed

    assert (claimed.send.id, claimed.send.reminder) == (reminder_of(first).id, True)
    assert (claimed.send.account, claimed.send.sender) == (before["account"], before["sender"])
    assert (await sender.worker.claims.claim(LANE, 10)).claimed == ()


async def test_a_reminder_leaves_the_dialogue_as_old_as_its_ask(sender: ChannelSender) -> None:
    """A reply on its way to us, received before the reminder was claimed, still finds it."""
    first = ask()
    await sent(sender, first)
    async with sender.runtime.db.connection() as connection:
        opened = "select opened_at from sms_sender.dialogues"
        before = await connection.fetchval(opened)
        await queue(sender, reminder_of(first))
        await sender.worker.claims.claim(LANE, 10)

        assert await connection.fetchval(opened) == before


async def test_a_reminder_of_what_was_never_asked_here_is_refused_and_told(
    sender: ChannelSender,
) -> None:
    await queue(sender, *[reminder_of(ask())] * 2)

    found = await row(sender, reminder_of(ask()).id)
    assert (found["state"], found["reason"]) == ("cancelled", "ask_not_sent")
    async with sender.runtime.db.connection() as connection:
        values = await connection.fetch("select value from sms_sender.outbox")
    told = [events.decode(one["value"], Delivery).data for one in values]
    assert {(one.kind, one.status, one.reason) for one in told} == {
        (StepKind.REMINDER, DeliveryStatus.CANCELLED, "ask_not_sent")
    }


async def test_a_survey_since_then_overtakes_the_reminder(sender: ChannelSender) -> None:
    first, second = ask(), ask("c2")
    await sent(sender, first)
    await sent(sender, second)
    await queue(sender, reminder_of(first), reminder_of(second))

    (claimed,) = (await sender.worker.claims.claim(LANE, 10)).claimed

    assert claimed.send.id == reminder_of(second).id
    assert (await row(sender, reminder_of(first).id))["reason"] == "newer_call"


def written(first: Step) -> Callback:
    """The person wrote; nobody has read it yet."""
    return Callback(
        provider="twilio",
        event_key="m1",
        message_id="m1",
        kind=CallbackKind.MESSAGE,
        workspace="acme",
        account="main",
        contact_id=first.contact_id,
        fields={},
        received_at=utc_now(),
    )


async def test_an_answer_that_nobody_has_read_holds_the_reminder_back(
    sender: ChannelSender,
) -> None:
    first = ask()
    await sent(sender, first)
    await inbox.store(sender.runtime.db, sender.schema, [written(first)], clock=utc_now)
    await queue(sender, reminder_of(first))

    taken = await sender.worker.claims.claim(LANE, 10)

    assert (taken.claimed, taken.refused) == ([], 0)
    waits = await row(sender, reminder_of(first).id)
    assert waits["state"] == "queued"
    assert waits["due_at"] > utc_now()


async def test_an_answer_that_commits_while_a_claim_looks_is_seen(sender: ChannelSender) -> None:
    """Whoever reads an answer holds the contact: the claim comes after it, with a new look."""
    first = ask()
    await sent(sender, first)
    await queue(sender, reminder_of(first))
    async with sender.runtime.db.transaction() as connection:
        await contacts.lock(connection, sender.schema, [("acme", first.contact_id)])
        during = await asyncio.wait_for(sender.worker.claims.claim(LANE, 10), 10)
        state = msgspec.json.encode(SCORED)
        await connection.execute("update sms_sender.dialogues set state = $1", state)
    after = await sender.worker.claims.claim(LANE, 10)

    assert (list(during.claimed), list(after.claimed), after.refused) == ([], [], 1)
    assert (await row(sender, reminder_of(first).id))["reason"] == "answered"
