"""What each event does to facts and counts."""

from collections import Counter
from datetime import date, timedelta
from typing import Any

import pytest
from prometheus_client import REGISTRY

from analytics.domain.cells import Dimension
from analytics.domain.contributions import REASONS, Slot
from analytics.service import Intake
from analytics.service.audit import pending
from analytics.testing import NOW, decision, delivery, response
from analytics.testing.running import Event, configure, rollups, stored, take
from common.database import Database
from common.events.calls import Leg
from common.events.decisions import Reason
from common.events.sends import DeliveryStatus, FailureClass, StepKind
from common.events.values import Channel


async def total(db: Database, *slots: int, survey: str = "csat") -> list[int]:
    """Sums over all days of the dimension total."""
    cells = await rollups(db)
    rows = [
        counts
        for cell, counts in cells.items()
        if (cell.dimension, cell.survey, cell.question) == (Dimension.TOTAL, survey, "")
    ]
    return [sum(counts[slot] for counts in rows) for slot in slots]


async def given(db: Database, *, question: str = "score") -> dict[int, int]:
    """Value -> how often, of a question, over all days and scales."""
    found: Counter[int] = Counter()
    for cell, counts in (await rollups(db)).items():
        if (cell.dimension, cell.question) == (Dimension.TOTAL, question):
            found.update(dict(enumerate(counts, start=cell.low)))
    return dict(+found)


async def test_a_call_that_was_asked_and_answered_counts_once_in_each_step(
    intake: Intake, database: Database
) -> None:
    await take(intake, decision(), delivery(), response(score=4))

    steps = (Slot.CALLS, Slot.ASKED, Slot.SENT, Slot.DELIVERED, Slot.ANSWERED)
    assert await total(database, *steps) == [1] * 5
    assert await given(database) == {4: 1}


async def test_a_call_that_was_not_asked_counts_under_its_reason(
    intake: Intake, database: Database
) -> None:
    await take(intake, decision(reason=Reason.DO_NOT_SURVEY))

    slot = Slot.REASON_0 + REASONS.index(Reason.DO_NOT_SURVEY)
    found = await total(database, Slot.CALLS, Slot.ASKED, slot, survey="")
    assert found == [1, 0, 1]


async def test_copies_change_nothing(intake: Intake, database: Database) -> None:
    events: list[Event] = [decision(), delivery(), response()]
    await take(intake, *events)
    before = await rollups(database), await stored(database)

    await take(intake, *events * 3)

    assert (await rollups(database), await stored(database)) == before


async def test_the_time_from_the_calls_end_to_its_send_is_measured_once(intake: Intake) -> None:
    sent = delivery(status=DeliveryStatus.SENT, sent_at=NOW + timedelta(seconds=7))
    before = _delays()

    await take(intake, decision(ended_at=NOW), sent)
    await take(intake, sent, delivery(revision=2, sent_at=NOW + timedelta(seconds=7)))

    count, seconds = (after - old for after, old in zip(_delays(), before, strict=True))
    assert (count, seconds) == (1, 7)


def _delays() -> tuple[float, float]:
    labels = {"channel": "sms"}
    name = "aftercall_event_to_send_seconds"
    return (
        REGISTRY.get_sample_value(f"{name}_count", labels) or 0.0,
        REGISTRY.get_sample_value(f"{name}_sum", labels) or 0.0,
    )


async def test_an_answer_before_the_decision_waits_for_it(
    intake: Intake, database: Database
) -> None:
    await take(intake, response(), delivery())
    assert await rollups(database) == {}
    assert await pending(database) == 1

    await take(intake, decision())

    assert await total(database, Slot.DELIVERED, Slot.ANSWERED) == [1, 1]
    assert await pending(database) == 0


async def test_a_correction_moves_the_score(intake: Intake, database: Database) -> None:
    await take(intake, decision(), response(score=1, revision=1), response(score=5, revision=3))
    await take(intake, response(score=2, revision=2))

    assert await given(database) == {5: 1}
    assert await total(database, Slot.ANSWERED) == [1]


async def test_of_two_channels_the_one_scored_last_counts(
    intake: Intake, database: Database
) -> None:
    by_link = response(score=2, channel=Channel.WEB, at=NOW + timedelta(hours=2))
    await take(intake, decision(), by_link, response(score=5, channel=Channel.SMS))

    cells = await rollups(database)
    channels = {c.value: v for c, v in cells.items() if c[1] == "channel" and not c.question}
    assert channels.keys() == {"web"}
    assert channels["web"][Slot.ANSWERED] == 1
    assert await given(database) == {2: 1}


async def test_a_comment_without_a_score_does_not_supersede_a_score(
    intake: Intake, database: Database
) -> None:
    late = response(score=None, channel=Channel.WEB, at=NOW + timedelta(days=1))
    await take(intake, decision(), response(score=5), late)

    assert await given(database) == {5: 1}
    assert await total(database, Slot.ANSWERED) == [1]


async def test_an_amended_call_moves_to_its_new_agent_with_its_answer(
    intake: Intake, database: Database
) -> None:
    legs = (Leg(agent_id="a1", team="north"), Leg(agent_id="a2", team="south", queue="sales"))
    told_at = round(NOW.timestamp() * 1000)  # sources count revisions so
    await take(intake, decision(), response(), decision(legs=legs, revision=told_at), decision())

    cells = await rollups(database)
    answered = {(k.dimension, k.value) for k, v in cells.items() if k.question and v[4] == 1}
    assert {("agent", "a2"), ("team", "south"), ("queue", "sales")} <= answered
    assert ("agent", "a1") not in {(k.dimension, k.value) for k in cells}


@pytest.mark.parametrize("marked", [{"test": True}, {"revision": 1, "test": True}])
async def test_a_test_counts_nowhere(
    intake: Intake, database: Database, marked: dict[str, Any]
) -> None:
    await take(intake, decision(), delivery(), response(), decision(**marked))

    assert await rollups(database) == {}


async def test_a_failed_ask_is_neither_sent_nor_delivered(
    intake: Intake, database: Database
) -> None:
    failed = delivery(status=DeliveryStatus.FAILED, failure=FailureClass.OPTED_OUT)
    await take(intake, decision(), failed)

    steps = (Slot.ASKED, Slot.SENT, Slot.DELIVERED, Slot.FAILED, Slot.OPTED_OUT)
    assert await total(database, *steps) == [1, 0, 0, 1, 1]


ONCE = (Slot.ASKED, Slot.SENT, Slot.DELIVERED, Slot.FAILED, Slot.UNKNOWN, Slot.CANCELLED)


@pytest.mark.parametrize(
    ("ask", "reminder", "expected"),
    [
        (DeliveryStatus.SENT, DeliveryStatus.SENT, [1, 1, 0, 0, 0, 0]),
        (DeliveryStatus.SENT, DeliveryStatus.DELIVERED, [1, 1, 1, 0, 0, 0]),
        (DeliveryStatus.DELIVERED, DeliveryStatus.DELIVERED, [1, 1, 1, 0, 0, 0]),
        (DeliveryStatus.SENT, DeliveryStatus.FAILED, [1, 1, 0, 0, 0, 0]),
        (DeliveryStatus.SENT, DeliveryStatus.UNKNOWN, [1, 1, 0, 0, 0, 0]),
        (DeliveryStatus.DELIVERED, DeliveryStatus.CANCELLED, [1, 1, 1, 0, 0, 0]),
    ],
)
async def test_an_invitation_with_a_reminder_counts_once(
    intake: Intake,
    database: Database,
    ask: DeliveryStatus,
    reminder: DeliveryStatus,
    expected: list[int],
) -> None:
    again = delivery(status=reminder, step=1, kind=StepKind.REMINDER)
    await take(intake, again, decision(), delivery(status=ask))

    assert await total(database, *ONCE) == expected


async def test_an_older_receipt_does_not_undo_a_newer_one(
    intake: Intake, database: Database
) -> None:
    await take(intake, decision(), delivery(status=DeliveryStatus.DELIVERED, revision=4))
    await take(intake, delivery(status=DeliveryStatus.SENT, revision=3))

    assert await total(database, Slot.SENT, Slot.DELIVERED) == [1, 1]


@pytest.mark.parametrize(
    ("zone", "day"),
    [
        ("UTC", date(2026, 1, 31)),
        ("Asia/Kolkata", date(2026, 2, 1)),
        ("America/Los_Angeles", date(2026, 1, 31)),
        ("Pacific/Kiritimati", date(2026, 2, 1)),
    ],
)
async def test_the_day_is_that_of_the_call_in_the_workspaces_zone(
    intake: Intake, database: Database, zone: str, day: date
) -> None:
    await configure(database, zone=zone)
    await take(intake, decision(ended_at=NOW.replace(day=31, hour=18, minute=30)))

    assert {cell.start for cell in await rollups(database)} == {day}
    assert {c.start for c in await rollups(database, grain="m")} == {day.replace(day=1)}
