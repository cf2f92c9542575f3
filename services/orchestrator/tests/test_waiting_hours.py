"""Texts wait for the hours of their flow: the ask, a reminder, and what is late; tests never do."""

from datetime import datetime, timedelta
from typing import Any

from common.config import (
    Days,
    Number,
    NumberUse,
    PlanStep,
    SenderNumber,
    TwilioVoiceAccount,
    When,
)
from common.events import decode
from common.events.decisions import Decision, Reason, Verdict
from common.events.sends import Delivery, DeliveryStatus
from common.events.values import Channel
from common.ids import invitation_id, step_id
from common.topics import STEPS_SMS
from orchestrator.domain.deciding import Facts, decide
from orchestrator.testing import CALLER, NOW, account, call, compiled, contact_of, flow

HOURS = {"text_hours": "09:00-20:00"}
MORNING = NOW.replace(hour=14, minute=0)  # 09:00 in New York; NOW is 05:30 there
SENT = DeliveryStatus.SENT


def decided(*flows: Any, interaction: Any = None, **changes: Any) -> Decision:
    workspace = compiled(*flows, **changes)
    return decide(interaction or call(), Facts(), workspace=workspace, now=NOW)


def test_an_ask_waits_for_the_morning_of_the_person_and_says_so() -> None:
    found = decided(flow(**HOURS))

    assert found.verdict is Verdict.INVITE
    assert found.due_at == MORNING
    [told] = [one for one in found.findings if one.guard is Reason.CLOSED]
    assert told.fact == "closed until 2026-01-05T14:00:00Z, 09:00-20:00"
    assert decided(flow(text_hours="05:00-20:00")).due_at == NOW
    assert decided(flow(delay=timedelta(hours=12), **HOURS)).due_at == MORNING.replace(hour=22) + (
        timedelta(minutes=29)
    )


def test_tests_are_asked_at_once() -> None:
    assert decided(flow(**HOURS), interaction=call(test=True)).due_at == NOW
    tester = Number(number=CALLER, use=NumberUse.TEST)
    assert decided(flow(**HOURS), numbers=(tester,)).due_at == NOW


def test_where_it_is_never_open_the_person_is_asked_on_another_channel_or_not_at_all() -> None:
    nobody = call(address="+18005550199", country="US")  # anywhere in North America
    never = {"text_hours": "09:00-10:00", "days": Days()}
    found = decided(flow(**never), interaction=nobody)
    assert found.reason is Reason.CLOSED
    assert found.findings[-1].fact == "never open, 09:00-10:00"

    plan = (PlanStep(), PlanStep(channel=Channel.IVR, when=(When.FAILED,)))
    found = decided(flow(plan=plan, **never), interaction=nobody, accounts=both())
    assert (found.channel, found.due_at) == (Channel.IVR, NOW)
    assert [one.reason for one in found.passed_over] == [Reason.CLOSED]


async def test_what_is_due_is_handed_over_in_the_morning(orchestra: Any) -> None:
    await orchestra.configure(flow=HOURS)
    await orchestra.take(call())
    await orchestra.dispatching.dispatch()
    assert await orchestra.published(STEPS_SMS) == []

    orchestra.now = MORNING
    await orchestra.dispatching.dispatch()

    [told] = await orchestra.published(STEPS_SMS)
    assert told.data.expires_at == MORNING + timedelta(hours=4)


async def test_a_reminder_that_falls_into_the_night_goes_out_in_the_morning(orchestra: Any) -> None:
    plan = [{"channel": "sms"}, {"channel": "sms", "when": "silent", "after": "8h"}]
    await orchestra.configure(flow={"plan": plan, "expiry": "3d", **HOURS})
    orchestra.now = evening = MORNING + timedelta(hours=10)  # 19:00
    await orchestra.take(call(ended_at=evening))
    await report(orchestra, evening)

    orchestra.now = evening + timedelta(hours=8)
    await orchestra.dispatching.dispatch()
    assert len(await orchestra.published(STEPS_SMS)) == 1

    orchestra.now = morning = MORNING + timedelta(days=1)
    await orchestra.dispatching.dispatch()
    told = await orchestra.published(STEPS_SMS)
    assert [one.data.kind for one in told] == ["ask", "reminder"]
    assert told[1].data.expires_at == morning + timedelta(hours=4)


async def test_a_reminder_that_would_come_when_no_answer_is_taken_does_not_come(
    orchestra: Any,
) -> None:
    plan = [{"channel": "sms"}, {"channel": "sms", "when": "silent", "after": "3h"}]
    await orchestra.configure(flow={"plan": plan, "expiry": "10h", **HOURS})
    orchestra.now = evening = MORNING + timedelta(hours=10)
    await orchestra.take(call(ended_at=evening))
    await report(orchestra, evening)

    orchestra.now = evening + timedelta(hours=4)
    await orchestra.dispatching.dispatch()

    steps = await orchestra.steps(invitation_id(call().id, "csat-flow"))
    assert [step[3:] for step in steps] == [("sent", None), ("cancelled", "expired")]


async def test_a_newer_call_takes_the_place_of_an_ask_that_waits_for_the_morning(
    orchestra: Any,
) -> None:
    await orchestra.configure(flow=HOURS)
    await orchestra.take(call("older"))

    await orchestra.take(call("newer", ended_at=NOW))

    rows = await orchestra.rows("select event from orchestrator.decisions")
    made = {
        one.interaction.call_id: one for one in (decode(r["event"], Decision).data for r in rows)
    }
    assert {one.verdict for one in made.values()} == {Verdict.INVITE}
    older = invitation_id(call("older").id, "csat-flow")
    assert await orchestra.status(older) == ("cancelled", "newer_call")


async def report(orchestra: Any, at: datetime) -> None:
    invitation = invitation_id(call().id, "csat-flow")
    sent = Delivery(
        step_id=step_id(invitation, 0),
        invitation_id=invitation,
        interaction_id=call().id,
        contact_id=contact_of(),
        channel=Channel.SMS,
        revision=1,
        status=SENT,
        at=at,
        sent_at=at,
        final=False,
    )
    await orchestra.report(sent)


def both() -> Any:
    voice = TwilioVoiceAccount(
        id="voice",
        channel=Channel.IVR,
        account_sid="AC2",
        auth_token="secret:twilio",
        senders=(SenderNumber(number="+16465550151"),),
    )
    return (account(), voice)
