"""When the one reminder of an invitation may go out, and which calls overtake it."""

from datetime import datetime, timedelta
from typing import Any

import pytest

from common.config import Flow, Reminder
from common.events.calls import Interaction
from common.events.decisions import Decision, Reason
from common.events.sends import StepKind
from common.ids import step_id
from orchestrator.domain.contact import NOBODY, Ask, Contact
from orchestrator.domain.deciding import Facts, decide
from orchestrator.domain.freeze import Frozen
from orchestrator.domain.invitation import (
    EXPIRED,
    FLOW_DISABLED,
    NEWER_CALL,
    Invitation,
    ask_of,
    plan_invitation,
)
from orchestrator.domain.recheck import refusal
from orchestrator.domain.reminding import Status, overtaken, reminder_step, send_by
from orchestrator.testing import NOW, call, compiled, contact_of, flow

HOUR = timedelta(hours=1)
ASKED = call()


def reminding(**changes: Any) -> Flow:
    return flow(**{"reminder": Reminder(after=4 * HOUR), **changes})


def asked(interaction: Interaction = ASKED, **changes: Any) -> tuple[Invitation, Decision]:
    """An ask that went out now, with a reminder to come."""
    with_reminder = compiled(reminding(**changes))
    decision = decide(interaction, Facts(), plan=with_reminder, now=NOW)
    of_flow = with_reminder.flow("csat-flow")
    assert of_flow
    invitation = plan_invitation(
        decision, of_flow, questionnaire=step_id(ASKED.id, 9), may_ask=False
    )
    assert invitation.remind_after
    invitation.reminder, invitation.remind_at = Status.PENDING, NOW + invitation.remind_after
    return invitation, decision


def slot(invitation: Invitation, ended_at: datetime = ASKED.ended_at) -> Ask:
    return Ask(invitation.id, NOW, ended_at, "csat-flow", "csat")


@pytest.mark.parametrize(
    ("validity", "expiry", "until"),
    [(HOUR, 24 * HOUR, 5 * HOUR), (HOUR, 4.5 * HOUR, 4.5 * HOUR), (HOUR, 3 * HOUR, 3 * HOUR)],
    ids=["as long as the ask had", "while answers are taken", "never when they are not"],
)
def test_how_long_a_reminder_has_to_go_out(
    validity: timedelta, expiry: timedelta, until: timedelta
) -> None:
    invitation, decision = asked(validity=validity, expiry=expiry)

    assert send_by(invitation, decision) == NOW + until


def test_a_reminder_is_the_second_step_of_the_same_invitation() -> None:
    invitation, decision = asked()
    frozen = Frozen(invitation.questionnaire, b"{}")

    event = reminder_step(invitation, decision, frozen=frozen, brand="Acme")
    again = reminder_step(invitation, decision, frozen=frozen, brand="Acme")

    step = event.data
    assert (step.id, step.kind, step.number) == (
        step_id(invitation.id, 1),
        StepKind.REMINDER,
        1,
    )
    assert (step.invitation_id, step.address) == (invitation.id, ASKED.address)
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
def test_the_second_look_before_a_reminder(
    contact: Contact, flows: tuple[Flow, ...], now: datetime, reason: str | None
) -> None:
    invitation, decision = asked()

    found = refusal(invitation, decision, contact=contact, workspace=compiled(*flows), now=now)
    assert found == reason


def test_nobody_is_reminded_who_was_asked_about_a_later_call() -> None:
    invitation, decision = asked()
    later, of_later = asked(call("later", ended_at=NOW))
    contact = Contact(asks=(slot(invitation), ask_of(of_later, counts=True)))
    now = NOW + 4 * HOUR

    found = [
        refusal(one, of_it, contact=contact, workspace=compiled(reminding()), now=now)
        for one, of_it in ((invitation, decision), (later, of_later))
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
        (call("unknown", ended_at=NOW, address=None), False),
    ],
    ids=["later", "nobody answered", "told late", "itself", "somebody else", "no number"],
)
def test_a_later_call_of_the_person_overtakes_a_reminder(told: Interaction, stops: bool) -> None:
    invitation, _ = asked()
    contacts = {contact_of(): Contact(asks=(slot(invitation),))}

    found = list(overtaken([told], {invitation.id: invitation}, contacts))

    assert found == ([invitation] if stops else [])
