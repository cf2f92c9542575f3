"""What is due goes out once, after a second look; a crash is made good by the lease."""

import asyncio
from datetime import timedelta
from typing import Any

import pytest

from common.events.consent import ConsentChanged, ConsentState
from common.events.sends import DeliveryStatus
from common.ids import derived, invitation_id, step_id
from common.topics import DELIVERIES, STEPS_SMS
from orchestrator.domain.invitation import LEASE
from orchestrator.testing import NOW, address, call, contact_of

INVITATION = invitation_id(call().id, "csat-flow")
HOUR = timedelta(hours=1)


def stop(*, occurred_at: Any = NOW, number: str | None = None) -> ConsentChanged:
    contact = contact_of(number) if number else contact_of()
    return ConsentChanged(
        id=derived("stop", contact, occurred_at),
        contact_id=contact,
        channel="sms",
        state=ConsentState.WITHDRAWN,
        occurred_at=occurred_at,
        source="reply",
    )


async def step_types(orchestra: Any) -> list[str]:
    return [event.type for event in await orchestra.published(STEPS_SMS)]


async def leave_behind(orchestra: Any) -> None:
    """As whoever dies between publishing and saying so, half a minute ago."""
    await orchestra.rows(
        "insert into orchestrator.handovers (leased_until, workspaces, invitations, numbers)"
        " select $1, array_agg(workspace), array_agg(invitation_id), array_agg(number)"
        " from orchestrator.steps returning id",
        orchestra.now - timedelta(seconds=1),
    )


async def test_a_delayed_ask_goes_out_when_it_is_due(orchestra: Any) -> None:
    await orchestra.configure(flow={"delay": "1h"})
    await orchestra.take(call())
    assert await orchestra.dispatching.dispatch() == 0

    orchestra.now += HOUR
    assert await orchestra.dispatching.dispatch() == 1
    assert await orchestra.dispatching.dispatch() == 0

    [step] = await orchestra.published(STEPS_SMS)
    assert step.data.id == step_id(INVITATION, 0)
    assert await orchestra.status(INVITATION) == ("asked", None)


async def test_a_crash_between_commit_and_publishing_is_made_good_after_the_lease(
    orchestra: Any,
) -> None:
    await orchestra.commit(call())  # and nothing is published

    assert await orchestra.dispatching.dispatch() == 0
    orchestra.now += LEASE + timedelta(seconds=1)
    assert await orchestra.dispatching.dispatch() == 1

    assert await step_types(orchestra) == ["step.due.v1"]


async def test_a_crash_after_publishing_repeats_the_same_event(orchestra: Any) -> None:
    await orchestra.take(call())
    await leave_behind(orchestra)

    await orchestra.dispatching.dispatch()

    first, again = await orchestra.published(STEPS_SMS)
    assert first == again
    assert await orchestra.dispatching.dispatch() == 0


async def test_what_a_crash_left_is_taken_over_once(orchestra: Any) -> None:
    await orchestra.commit(*(call(f"c{n}", address=address(n)) for n in range(20)))
    orchestra.now += LEASE + timedelta(seconds=1)

    await asyncio.gather(*(orchestra.dispatching.dispatch() for _ in range(5)))

    assert await step_types(orchestra) == ["step.due.v1"] * 20
    assert await orchestra.rows("select from orchestrator.handovers") == []


@pytest.mark.parametrize("state", ["sent", "failed", "cancelled"])
async def test_what_is_settled_meanwhile_is_not_published_again(orchestra: Any, state: str) -> None:
    await orchestra.take(call())
    await leave_behind(orchestra)
    await orchestra.rows("update orchestrator.steps set state = $1 returning number", state)

    await orchestra.dispatching.dispatch()

    assert await step_types(orchestra) == ["step.due.v1"]
    assert await orchestra.rows("select from orchestrator.handovers") == []


async def test_an_ask_keeps_the_questionnaire_it_was_planned_with(orchestra: Any) -> None:
    await orchestra.configure(flow={"delay": "1h"})
    await orchestra.take(call(language="es-MX"))
    await orchestra.configure(flow={"delay": "1h"}, survey_text="another")

    orchestra.now += HOUR
    await orchestra.dispatching.dispatch()

    [step] = await orchestra.published(STEPS_SMS)
    assert step.data.questionnaire.questions[0].text == "{brand}: de 1 a 5"
    assert step.data.questionnaire.survey_version == 1


async def test_stop_between_decision_and_dispatch(orchestra: Any) -> None:
    await orchestra.configure(flow={"delay": "1h"})
    await orchestra.take(call())
    await orchestra.hear(stop())

    orchestra.now += HOUR
    await orchestra.dispatching.dispatch()

    assert await step_types(orchestra) == []
    assert await orchestra.status(INVITATION) == ("cancelled", "opted_out")


async def test_the_second_look_sees_an_opt_out_that_cancelled_nothing(orchestra: Any) -> None:
    await orchestra.configure(flow={"delay": "1h"})
    await orchestra.take(call())
    async with orchestra.db.connection() as connection:
        await connection.execute("update orchestrator.contacts set withdrawn = 1")

    orchestra.now += HOUR
    await orchestra.dispatching.dispatch()

    assert await orchestra.status(INVITATION) == ("cancelled", "opted_out")


async def test_a_stop_after_the_lease_calls_the_sender_back(orchestra: Any) -> None:
    await orchestra.take(call())

    await orchestra.hear(stop())

    assert await step_types(orchestra) == ["step.due.v1", "step.cancelled.v1"]
    assert await orchestra.status(INVITATION) == ("asked", None)  # the sender's word counts


async def test_nobody_is_asked_while_consent_lags(orchestra: Any) -> None:
    orchestra.consent_is_fresh = False
    await orchestra.take(call())
    assert await orchestra.dispatching.dispatch() == 0
    assert await step_types(orchestra) == []

    orchestra.consent_is_fresh = True
    await orchestra.dispatching.dispatch()

    assert await step_types(orchestra) == ["step.due.v1"]


async def test_an_ask_that_could_not_go_out_in_time_expires(orchestra: Any) -> None:
    orchestra.consent_is_fresh = False
    await orchestra.take(call())
    orchestra.consent_is_fresh = True
    orchestra.now += timedelta(hours=4)

    await orchestra.dispatching.dispatch()

    assert await orchestra.status(INVITATION) == ("cancelled", "expired")


async def test_a_disabled_flow_cancels_what_waits_and_calls_back_what_is_out(
    orchestra: Any,
) -> None:
    await orchestra.configure(flow={"delay": "1h"})
    await orchestra.take(*(call(f"waits-{n}", address=address(n)) for n in range(50)))
    await orchestra.configure(flow={"delay": "0s"})
    await orchestra.take(*(call(f"out-{n}", address=address(100 + n)) for n in range(50)))

    await orchestra.switch_off()
    orchestra.now += HOUR
    await orchestra.dispatching.dispatch()

    deliveries = [event.data for event in await orchestra.published(DELIVERIES)]
    assert {(d.status, d.reason) for d in deliveries} == {
        (DeliveryStatus.CANCELLED, "flow_disabled")
    }
    assert len(deliveries) == 50
    steps = await orchestra.published(STEPS_SMS)
    called_back = {e.data.step_id for e in steps if e.type == "step.cancelled.v1"}
    assert called_back == {e.data.id for e in steps if e.type == "step.due.v1"}
    assert len(called_back) == 50
    rows = await orchestra.rows(
        "select status, count(*) from orchestrator.invitations group by 1 order by 1"
    )
    assert [tuple(row) for row in rows] == [("asked", 50), ("cancelled", 50)]


async def test_what_a_crash_left_is_not_published_by_a_disabled_flow(orchestra: Any) -> None:
    await orchestra.commit(call())
    await orchestra.switch_off()
    orchestra.now += LEASE + timedelta(seconds=1)

    await orchestra.dispatching.dispatch()

    assert await step_types(orchestra) == ["step.cancelled.v1"]  # in case it was out after all
    orchestra.now += 5 * HOUR
    await orchestra.overdue.look()
    assert await orchestra.status(INVITATION) == ("cancelled", "flow_disabled")


async def test_a_decision_that_cannot_be_read_stops_no_other_ask(orchestra: Any) -> None:
    await orchestra.configure(flow={"delay": "1h"})
    await orchestra.take(call(), call("other", address=address(2)))
    await orchestra.rows(
        "update orchestrator.decisions set event = replace(encode(event, 'escape'), '120.0', '[]')"
        "::bytea where interaction_id = $1 returning interaction_id",
        call().id,
    )

    orchestra.now += HOUR
    await orchestra.dispatching.dispatch()

    assert await orchestra.status(INVITATION) == ("cancelled", "unreadable")
    [step] = await orchestra.published(STEPS_SMS)
    assert step.data.interaction_id == call("other").id


async def test_an_amendment_can_still_stop_a_waiting_ask(orchestra: Any) -> None:
    await orchestra.configure(flow={"delay": "1h"})
    await orchestra.take(call())
    await orchestra.amend(call(do_not_survey=True), revision=1)

    orchestra.now += HOUR
    await orchestra.dispatching.dispatch()

    assert await orchestra.status(INVITATION) == ("cancelled", "do_not_survey")
