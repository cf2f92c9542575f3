"""Falling scores and rates, read from analytics as everybody reads them."""

import asyncio
from collections.abc import Sequence
from datetime import date, datetime, timedelta
from typing import Any

import pytest

import analytics.app
import closed_loop.app
from analytics.service import Intake
from analytics.testing import decision, delivery, response, told
from closed_loop.domain.falling import BEFORE, LOOKED_AT
from closed_loop.service.watching import last_week
from closed_loop.testing import Receiver
from closed_loop.testing.running import Loop, until
from common.process.runtime import Service
from common.time import utc_now

KNOWN = BEFORE + LOOKED_AT
GOOD, BAD = [5] * 9 + [1], [5] * 5 + [1] * 5


@pytest.fixture
def migrations() -> Sequence[str]:
    return ("common.config", "common.bus", "analytics", "closed_loop")


@pytest.fixture
def services() -> Sequence[Service]:
    return [analytics.app.service, closed_loop.app.service]


async def happened(
    loop: Loop, weeks: Sequence[Sequence[int]], *, asked: int = 0, queue: str = "billing"
) -> None:
    """Answers of the weeks that end with the last whole one; `asked` more each answered nothing."""
    last = last_week(utc_now(), "Europe/Berlin")
    decisions, deliveries, responses = [], [], []
    for number, scores in enumerate(weeks):
        day = last - (len(weeks) - 1 - number) * timedelta(days=7) + timedelta(days=2)
        at = datetime.fromisoformat(f"{day}T12:00:00+00:00")
        for place, score in enumerate([*scores, *[None] * asked]):
            name = f"{queue}-{number}-{place}"
            decisions.append(decision(name, ended_at=at, queue=queue, legs=()))
            deliveries.append(delivery(name))
            if score is not None:
                responses.append(response(name, score, at=at + timedelta(minutes=5)))
    intake = Intake(loop.runtime.db, loop.runtime.config)
    await intake.on_decisions(told(*decisions))
    await intake.on_deliveries(told(*deliveries))
    await intake.on_responses(told(*responses))


async def rule(loop: Loop, kind: str = "falling_score", **changes: Any) -> Any:
    body = {"name": "Billing", "kind": kind, **changes}
    if kind == "falling_score":
        body.setdefault("metric", "csat")
    return await loop.call("POST", "alerts/rules", json=body)


async def looked(loop: Loop, identity: str) -> Any:
    async def done() -> Any:
        found = await loop.call("GET", f"alerts/rules/{identity}")
        return (found["looked_week"] or found["problem"]) and found

    return await until(done)


async def test_a_falling_score_is_told_with_n_before_after_and_interval(
    loop: Loop, receiver: Receiver
) -> None:
    await loop.webhook(receiver.url, events=["alert.raised"])
    await happened(loop, [2 * GOOD] * (KNOWN - 5) + [2 * BAD] * 5)

    await rule(loop, queues=["billing"])
    await until(lambda: receiver.requests)

    data = receiver.requests[0].told["data"]
    alert = data["alerts"][0]
    assert (alert["n"], alert["before_n"], alert["metric"]) == (80, 20 * BEFORE, "csat")
    assert alert["before"]["value"] == pytest.approx(90.0)
    assert alert["after"]["value"] == pytest.approx(50.0)
    assert alert["after"]["low"] < 50.0 < alert["after"]["high"] < 90.0
    assert "/console/trends?queue=billing&metric=csat" in alert["link"]
    assert "CSAT is falling" in data["text"]
    assert "n = 80" in data["text"]


async def test_a_score_that_holds_and_one_of_another_queue_raise_nothing(loop: Loop) -> None:
    await happened(loop, [2 * GOOD] * KNOWN)
    await happened(loop, [2 * GOOD] * (KNOWN - 5) + [2 * BAD] * 5, queue="sales")

    made = await rule(loop, queues=["billing"])
    found = await looked(loop, made["id"])

    assert found["looked_week"] == str(last_week(utc_now(), "Europe/Berlin"))
    assert found["problem"] is None
    assert (await loop.call("GET", "alerts"))["alerts"] == []


async def test_reading_a_rule_or_a_webhook_waits_for_nobody_and_keeps_nobody_waiting(
    loop: Loop, receiver: Receiver
) -> None:
    read = [
        f"alerts/rules/{(await rule(loop))['id']}",
        f"webhooks/{(await loop.webhook(receiver.url))['endpoint']['id']}",
    ]

    async with loop.runtime.db.transaction() as connection:
        await connection.execute("select from closed_loop.rules, closed_loop.endpoints for update")
        async with asyncio.timeout(90):
            found = [await loop.ask("GET", path) for path in read]

    assert [answer.status_code for answer in found] == [200, 200]


async def test_a_falling_response_rate_is_told(loop: Loop) -> None:
    few = GOOD[:3]
    weeks = [GOOD] * (KNOWN - 5) + [few] * 5
    await happened(loop, weeks, asked=20)

    made = await rule(loop, "falling_response_rate")
    await looked(loop, made["id"])

    alert = (await loop.call("GET", "alerts"))["alerts"][0]["alert"]
    assert alert["metric"] is None
    assert alert["before"]["value"] == pytest.approx(100 * 10 / 30)
    assert (alert["after"]["value"], alert["n"]) == (pytest.approx(100 * 3 / 23), 92)


async def test_a_week_is_looked_at_once_and_told_once(loop: Loop) -> None:
    await happened(loop, [2 * GOOD] * (KNOWN - 5) + [2 * BAD] * 5)
    made = await rule(loop)
    await looked(loop, made["id"])

    await loop.call("PATCH", f"alerts/rules/{made['id']}", json={"cool_down": 60})
    loop.later(hours=2)
    await looked(loop, made["id"])

    assert len((await loop.call("GET", "alerts"))["alerts"]) == 1


@pytest.mark.parametrize(
    ("now", "monday"),
    [
        ("2026-01-12T12:00:00+00:00", date(2025, 12, 29)),  # a Monday: the week before is unripe
        ("2026-01-13T22:59:00+00:00", date(2025, 12, 29)),
        ("2026-01-13T23:01:00+00:00", date(2026, 1, 5)),  # Wednesday in Berlin
        ("2026-01-18T12:00:00+00:00", date(2026, 1, 5)),
    ],
)
def test_a_week_is_looked_at_two_days_after_its_end(now: str, monday: date) -> None:
    assert last_week(datetime.fromisoformat(now), "Europe/Berlin") == monday
