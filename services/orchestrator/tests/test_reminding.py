"""The one reminder: it goes out once, or for a reason not at all, whatever races or crashes."""

import asyncio
import os
import sys
from datetime import timedelta
from typing import Any

import pytest

from common.events.consent import ConsentChanged, ConsentState
from common.events.responses import Response, ResponseState
from common.events.sends import Delivery, DeliveryStatus, StepKind
from common.events.values import Channel, Metric
from common.ids import derived, invitation_id, response_id, step_id
from common.topics import STEPS_SMS
from orchestrator.domain.invitation import LEASE
from orchestrator.testing import NOW, call, contact_of

INVITATION = invitation_id(call().id, "csat-flow")
AFTER, MINUTE = timedelta(hours=4), timedelta(minutes=1)
REMINDING = {
    "flow": {"plan": [{"channel": "sms"}, {"channel": "sms", "when": "silent", "after": "4h"}]}
}
CAP_1 = {"workspace": {"caps": [{"asks": 1, "per": "30d"}]}}
DIED = 86  # what a failpoint exits with
DISPATCH = """
import asyncio, sys
from datetime import datetime
from common.bus.pglog import PgLogBus
from common.config import ConfigReader
from common.database import Database
from orchestrator.service.schedule.dispatching import Dispatching
from orchestrator.service.current_config import CurrentConfig

async def main():
    db = await Database.connect(sys.argv[1])
    await Dispatching(
        db=db,
        bus=PgLogBus(db),
        config=CurrentConfig(ConfigReader(db)),
        may_ask=lambda: True,
        clock=lambda: datetime.fromisoformat(sys.argv[2]),
    ).dispatch()

asyncio.run(main())
"""


def delivery(status: DeliveryStatus, **changes: Any) -> Delivery:
    """Of the ask; `kind` REMINDER: of the reminder."""
    kind = changes.setdefault("kind", StepKind.ASK)
    facts: dict[str, Any] = {
        "step_id": step_id(INVITATION, int(kind is StepKind.REMINDER)),
        "invitation_id": INVITATION,
        "interaction_id": call().id,
        "contact_id": contact_of(),
        "channel": Channel.SMS,
        "revision": 1,
        "status": status,
        "at": NOW,
        "final": status in (DeliveryStatus.DELIVERED, DeliveryStatus.FAILED),
        **changes,
    }
    return Delivery(**facts)


SENT = delivery(DeliveryStatus.SENT, sent_at=NOW + MINUTE)


def stop() -> ConsentChanged:
    return ConsentChanged(
        id=derived("stop"),
        contact_id=contact_of(),
        channel="sms",
        state=ConsentState.WITHDRAWN,
        occurred_at=NOW,
        source="reply",
    )


def answer() -> Response:
    return Response(
        id=response_id(INVITATION, "sms"),
        invitation_id=INVITATION,
        interaction_id=call().id,
        contact_id=contact_of(),
        channel=Channel.SMS,
        survey_id="csat",
        survey_version=1,
        metric=Metric.CSAT,
        revision=1,
        state=ResponseState.IN_PROGRESS,
        answers=(),
        started_at=NOW,
        changed_at=NOW,
    )


async def asked(orchestra: Any, **changes: Any) -> None:
    """A call was asked about, and the ask went out a minute later."""
    await orchestra.configure(**REMINDING, **changes)
    await orchestra.take(call())
    await orchestra.report(SENT)


async def die_dispatching(orchestra: Any, database_url: str, fail_at: str) -> None:
    dying = await asyncio.create_subprocess_exec(
        *(sys.executable, "-c", DISPATCH, database_url, orchestra.now.isoformat()),
        env={**os.environ, "AFTERCALL_FAIL_AT": fail_at},
    )
    assert await asyncio.wait_for(dying.wait(), 60) == DIED


async def due(orchestra: Any) -> int:
    orchestra.now = NOW + MINUTE + AFTER
    found: int = await orchestra.dispatching.dispatch()
    return found


async def steps(orchestra: Any) -> list[tuple[str, str]]:
    """(type, step) of what senders were told."""
    ids = {step_id(INVITATION, 0): "ask", step_id(INVITATION, 1): "reminder"}
    return [
        (event.type.split(".")[1], ids[getattr(event.data, "id", None) or event.data.step_id])
        for event in await orchestra.published(STEPS_SMS)
    ]


async def state(orchestra: Any) -> tuple[Any, ...]:
    """(status of the invitation, state of the reminder, why) of it; no reminder: no row."""
    status, _ = await orchestra.status(INVITATION)
    _, *further = await orchestra.steps(INVITATION)
    assert len(further) <= 1
    if not further:
        return status, None, None
    [(number, kind, _, of_step, reason)] = further
    assert (number, kind) == (1, "reminder")
    return status, of_step, reason


async def test_who_has_not_answered_is_reminded_once_so_long_after_the_ask_went_out(
    orchestra: Any,
) -> None:
    await asked(orchestra)
    orchestra.now = NOW + AFTER
    assert await orchestra.dispatching.dispatch() == 0

    assert await due(orchestra) == 1
    await orchestra.report(delivery(DeliveryStatus.DELIVERED, revision=2, sent_at=NOW + MINUTE))
    orchestra.now += AFTER
    assert await orchestra.dispatching.dispatch() == 0

    assert await steps(orchestra) == [("due", "ask"), ("due", "reminder")]
    ask, reminder = await orchestra.published(STEPS_SMS)
    assert reminder.data.questionnaire == ask.data.questionnaire
    assert reminder.data.answers_until == ask.data.answers_until
    assert await state(orchestra) == ("asked", "with_sender", None)


async def test_an_ask_may_arrive_before_its_handover_is_over(orchestra: Any) -> None:
    await orchestra.configure(**REMINDING)
    finish = await orchestra.commit(call())
    await orchestra.report(SENT)
    await finish()

    assert await state(orchestra) == ("asked", "waiting", None)
    assert await due(orchestra) == 1


async def test_an_ask_that_arrived_is_not_published_again(orchestra: Any) -> None:
    await orchestra.configure(**REMINDING)
    await orchestra.commit(call())  # whoever published it died before saying so
    await orchestra.report(SENT)
    orchestra.now += LEASE + timedelta(seconds=1)

    assert await orchestra.dispatching.dispatch() == 1

    assert await steps(orchestra) == []
    assert await state(orchestra) == ("asked", "waiting", None)
    assert await due(orchestra) == 1


async def test_without_a_reminder_in_the_flow_there_is_none(orchestra: Any) -> None:
    await orchestra.take(call())
    await orchestra.configure(**REMINDING)  # an edit touches later decisions only
    await orchestra.report(SENT)

    assert await due(orchestra) == 0
    assert await state(orchestra) == ("asked", None, None)


@pytest.mark.parametrize(
    ("outcomes", "expected"),
    [
        ([], ("asked", None, None)),
        ([delivery(DeliveryStatus.UNKNOWN)], ("asked", None, None)),
        ([delivery(DeliveryStatus.FAILED)], ("failed", None, None)),
        (
            [SENT, delivery(DeliveryStatus.FAILED, revision=2, sent_at=NOW + MINUTE)],
            ("failed", "cancelled", "ask_failed"),
        ),
    ],
    ids=["waits at its sender", "unknown", "failed", "failed after all"],
)
async def test_nobody_is_reminded_of_an_ask_that_may_not_have_arrived(
    orchestra: Any, outcomes: list[Delivery], expected: tuple[Any, ...]
) -> None:
    await orchestra.configure(**REMINDING)
    await orchestra.take(call())
    for outcome in outcomes:
        await orchestra.report(outcome)

    assert await due(orchestra) == 0

    assert await state(orchestra) == expected
    assert await steps(orchestra) == [("due", "ask")]


async def off(orchestra: Any) -> None:
    await orchestra.switch_off()


STOPS: dict[str, Any] = {
    "answered": lambda o: o.answer(answer()),
    "opted_out": lambda o: o.hear(stop()),
    "flow_disabled": off,
    "newer_call": lambda o: o.take(call("again", ended_at=NOW)),
}


@pytest.mark.parametrize("reason", STOPS)
async def test_a_waiting_reminder_is_stopped_and_the_invitation_goes_on(
    orchestra: Any, reason: str
) -> None:
    await asked(orchestra, **CAP_1)  # so nothing is asked about the newer call

    await STOPS[reason](orchestra)
    status = "answered" if reason == "answered" else "asked"
    assert await state(orchestra) == (status, "cancelled", reason)
    assert await due(orchestra) == 0

    assert await steps(orchestra) == [("due", "ask")]


@pytest.mark.parametrize("reason", ["answered", "opted_out", "flow_disabled"])
async def test_a_reminder_that_its_sender_may_have_is_called_back(
    orchestra: Any, reason: str
) -> None:
    await asked(orchestra)
    await due(orchestra)

    await STOPS[reason](orchestra)

    assert (await steps(orchestra))[2:] == [("cancelled", "reminder")]
    status = "answered" if reason == "answered" else "asked"
    assert await state(orchestra) == (status, "with_sender", None)  # the sender's word counts


@pytest.mark.parametrize("fail_at", ["publish.before", "publish.after"])
async def test_a_reminder_that_a_crash_left_is_not_published_by_a_disabled_flow(
    orchestra: Any, database_url: str, fail_at: str
) -> None:
    await asked(orchestra)
    orchestra.now = NOW + MINUTE + AFTER
    await die_dispatching(orchestra, database_url, fail_at)
    await off(orchestra)
    orchestra.now += LEASE + timedelta(seconds=1)

    assert await orchestra.dispatching.dispatch() == 1

    told = await steps(orchestra)
    assert told.count(("due", "reminder")) == (1 if fail_at == "publish.after" else 0)
    assert told[-1] == ("cancelled", "reminder")
    orchestra.now += timedelta(hours=5)  # unless its sender has it, and says so
    await orchestra.overdue.look()
    assert await state(orchestra) == ("asked", "cancelled", "flow_disabled")


async def test_an_amendment_can_still_stop_a_reminder(orchestra: Any) -> None:
    await asked(orchestra)
    await orchestra.amend(call(do_not_survey=True), revision=1)

    await due(orchestra)

    assert await state(orchestra) == ("asked", "cancelled", "do_not_survey")


async def test_a_reminder_that_could_not_go_out_in_time_is_dropped(orchestra: Any) -> None:
    await asked(orchestra)
    orchestra.now = NOW + timedelta(hours=9)

    await orchestra.dispatching.dispatch()

    assert await state(orchestra) == ("asked", "cancelled", "expired")


@pytest.mark.parametrize("status", [DeliveryStatus.CANCELLED, DeliveryStatus.FAILED])
async def test_a_refused_reminder_ends_nothing_and_frees_no_slot(
    orchestra: Any, status: DeliveryStatus
) -> None:
    await asked(orchestra, **CAP_1)
    await due(orchestra)

    refused = delivery(status, kind=StepKind.REMINDER, final=True, reason="closed")
    await orchestra.report(refused)

    assert await state(orchestra) == ("asked", status, "closed")
    await orchestra.take(call("again", ended_at=NOW))
    [row] = await orchestra.rows(
        "select reason from orchestrator.decisions where interaction_id = $1", call("again").id
    )
    assert row["reason"] == "frequency_cap"


@pytest.mark.parametrize("fail_at", ["publish.before", "publish.after"])
async def test_a_death_while_it_is_handed_over_reminds_once(
    orchestra: Any, database_url: str, fail_at: str
) -> None:
    await asked(orchestra)
    orchestra.now = NOW + MINUTE + AFTER
    await die_dispatching(orchestra, database_url, fail_at)

    assert await orchestra.dispatching.dispatch() == 0  # leased
    orchestra.now += LEASE + timedelta(seconds=1)
    assert await orchestra.dispatching.dispatch() == 1
    orchestra.now += LEASE + timedelta(seconds=1)
    assert await orchestra.dispatching.dispatch() == 0

    _, *reminders = await orchestra.published(STEPS_SMS)
    assert len(reminders) == (2 if fail_at == "publish.after" else 1)
    assert all(reminder == reminders[0] for reminder in reminders)  # for a sender it is one
    assert await state(orchestra) == ("asked", "with_sender", None)


async def test_replicas_that_look_at_the_same_time_remind_once(orchestra: Any) -> None:
    await asked(orchestra)
    orchestra.now = NOW + MINUTE + AFTER

    await asyncio.gather(*(orchestra.dispatching.dispatch() for _ in range(5)))

    assert await steps(orchestra) == [("due", "ask"), ("due", "reminder")]


async def test_an_answer_and_the_dispatcher_race_without_harm(orchestra: Any) -> None:
    await asked(orchestra)
    orchestra.now = NOW + MINUTE + AFTER

    await asyncio.gather(
        orchestra.dispatching.dispatch(),
        orchestra.answer(answer()),
        orchestra.dispatching.dispatch(),
    )
    orchestra.now += LEASE + timedelta(seconds=1)
    assert await orchestra.dispatching.dispatch() == 0

    told = await steps(orchestra)
    assert told in (
        [("due", "ask")],
        [("due", "ask"), ("due", "reminder"), ("cancelled", "reminder")],
        [("due", "ask"), ("cancelled", "reminder"), ("due", "reminder")],
    )
    assert (await state(orchestra))[0] == "answered"
