"""The second look before a later step, what its sender gets, and which calls overtake it."""

from datetime import datetime, timedelta
from typing import Any

import pytest

from common.config import Flow, PlanStep, When
from common.events.calls import Interaction
from common.events.decisions import Decision, Reason
from common.events.sends import DeliveryStatus, StepKind
from common.events.values import Channel
from common.ids import step_id
from orchestrator.domain.channel_plan import (
    EXPIRED,
    FLOW_DISABLED,
    NEWER_CALL,
    HandedOver,
    Reported,
    Step,
    after,
)
from orchestrator.domain.contact import NOBODY, Ask, Contact
from orchestrator.domain.deciding import Facts, decide
from orchestrator.domain.freeze import Frozen
from orchestrator.domain.invitation import (
    Planned,
    ask_of,
    overtaken,
    plan_invitation,
    plan_of,
    step_event,
)
from orchestrator.domain.recheck import refusal
from orchestrator.testing import NOW, call, compiled, contact_of, flow

HOUR = timedelta(hours=1)
ASKED = call()
REMINDER = PlanStep(when=(When.SILENT,), after=4 * HOUR)
CONTACT = ("acme", contact_of())


def reminding(**changes: Any) -> Flow:
    return flow(**{"plan": (PlanStep(), REMINDER), **changes})


def asked(interaction: Interaction = ASKED, **changes: Any) -> tuple[Planned, Step, Decision]:
    """An ask that went out now, and its reminder, which waits."""
    workspace = compiled(reminding(**changes))
    decision = decide(interaction, Facts(), workspace=workspace, now=NOW)
    of_flow = workspace.flow("csat-flow")
    assert of_flow
    planned = plan_invitation(decision, of_flow, questionnaire=step_id(ASKED.id, 9), may_ask=False)
    sent = Reported(number=0, status=DeliveryStatus.SENT, sent_at=NOW)
    for happening in (HandedOver(0), sent):
        planned.course = after(planned.course, happening, NOW).course
    reminder = planned.course.waiting()
    assert reminder
    return planned, reminder, decision


def slot(planned: Planned, ended_at: datetime = ASKED.ended_at) -> Ask:
    return Ask(planned.invitation.id, NOW, ended_at, "csat-flow", "csat")


def test_a_plan_is_kept_with_the_invitation() -> None:
    planned, *_ = asked()

    assert plan_of(planned.invitation.plan) == planned.course.plan


def test_where_nothing_can_follow_nothing_is_kept() -> None:
    one_step = compiled(flow()).flow("csat-flow")

    assert one_step
    assert one_step.encoded_plan is None


def test_a_reminder_is_the_second_step_and_continues_the_first() -> None:
    planned, reminder, decision = asked()
    frozen = Frozen(planned.invitation.questionnaire, b"{}")

    event = step_event(planned, reminder, decision, frozen=frozen, brand="Acme")
    again = step_event(planned, reminder, decision, frozen=frozen, brand="Acme")

    step = event.data
    assert (step.id, step.kind, step.number, step.continues) == (
        step_id(planned.invitation.id, 1),
        StepKind.REMINDER,
        1,
        0,
    )
    assert (step.invitation_id, step.address) == (planned.invitation.id, ASKED.address)
    assert step.expires_at == NOW + 8 * HOUR
    assert (again.id, again.time) == (event.id, event.time)


@pytest.mark.parametrize(
    ("contact", "flows", "now", "reason"),
    [
        (NOBODY, (reminding(),), NOW + 4 * HOUR, None),
        (NOBODY, (reminding(),), NOW + 8 * HOUR, EXPIRED),
        (NOBODY, (reminding(enabled=False),), NOW + 4 * HOUR, FLOW_DISABLED),
        (NOBODY, (flow(),), NOW + 4 * HOUR, None),
        (Contact(withdrawn=1), (reminding(),), NOW + 4 * HOUR, Reason.OPTED_OUT),
    ],
    ids=["nothing changed", "too late", "flow off", "flow edited", "opted out"],
)
def test_the_second_look_before_a_later_step(
    contact: Contact, flows: tuple[Flow, ...], now: datetime, reason: str | None
) -> None:
    planned, reminder, decision = asked()

    found = refusal(
        planned.invitation,
        reminder,
        decision,
        contact=contact,
        workspace=compiled(*flows),
        now=now,
    )
    assert found == reason


def test_nobody_is_reminded_who_was_asked_about_a_later_call() -> None:
    first = asked()
    later = asked(call("later", ended_at=NOW))
    contact = Contact(asks=(slot(first[0]), ask_of(later[2], counts=True)))
    workspace, now = compiled(reminding()), NOW + 4 * HOUR

    found = [
        refusal(planned.invitation, step, of_it, contact=contact, workspace=workspace, now=now)
        for planned, step, of_it in (first, later)
    ]
    assert found == [NEWER_CALL, None]


@pytest.mark.parametrize(
    ("told", "stops"),
    [
        (call("later", ended_at=NOW), True),
        (call("later", ended_at=NOW, ending="missed"), True),
        (call("earlier", ended_at=ASKED.ended_at - HOUR), False),
        (ASKED, False),
        (call("other", ended_at=NOW, address="+12025550199"), False),
        (call("elsewhere", ended_at=NOW, workspace="other", contact_id=contact_of()), False),
        (call("unknown", ended_at=NOW, address=None), False),
    ],
    ids=[
        "later",
        "nobody answered",
        "told late",
        "itself",
        "somebody else",
        "another workspace",
        "no number",
    ],
)
def test_a_later_call_of_the_person_overtakes_a_step_that_waits(
    told: Interaction, stops: bool
) -> None:
    planned, *_ = asked()
    contacts = {CONTACT: Contact(asks=(slot(planned),))}

    found = list(overtaken([told], [planned], contacts))

    assert found == ([planned] if stops else [])


def of_plan(interaction: Interaction, *steps: PlanStep, contact: Contact = NOBODY) -> Decision:
    workspace = compiled(flow(plan=steps), explicit_consent=(Channel.WHATSAPP,))
    return decide(interaction, Facts(contact), workspace=workspace, now=NOW)


def test_a_channel_without_consent_is_passed_over_and_the_next_is_tried() -> None:
    decision = of_plan(ASKED, PlanStep(channel=Channel.WHATSAPP), PlanStep())

    assert (decision.channel, decision.step) == (Channel.SMS, 1)
    [passed] = decision.passed_over
    assert (passed.number, passed.channel, passed.reason) == (0, "whatsapp", "no_consent")


def test_where_no_channel_can_be_used_the_first_says_why() -> None:
    decision = of_plan(
        ASKED, PlanStep(channel=Channel.WHATSAPP), PlanStep(), contact=Contact(withdrawn=2)
    )

    assert (decision.reason, decision.channel) == (Reason.NO_CONSENT, "whatsapp")


@pytest.mark.parametrize(
    ("address", "country", "channel"),
    [("+442079460101", "GB", "ivr"), ("+447400123456", "GB", "sms"), ("+12025550101", "US", "sms")],
    ids=["a fixed line", "a mobile", "cannot be told"],
)
def test_a_plan_may_begin_elsewhere_for_a_type_of_line(
    address: str, country: str, channel: str
) -> None:
    by_voice = PlanStep(channel=Channel.IVR, when=(When.LINE_TYPE,), line_types=("fixed",))  # type: ignore[arg-type]
    workspace = compiled(flow(plan=(PlanStep(), by_voice)), countries=("GB", "US"))
    senders = {**workspace.senders, Channel.IVR: (("+16465550151", frozenset()),)}
    object.__setattr__(workspace, "senders", senders)

    decision = decide(call(address=address, country=country), Facts(), workspace=workspace, now=NOW)

    assert decision.channel == channel
