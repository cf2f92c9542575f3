"""The rate of a number holds: 200 a second, after what one second may save up."""

import bisect
from typing import Any

import pytest

from sms_sender.testing import person, until

RATE = 200
PEOPLE = 800
NUMBER = {"number": "+12025550190", "phone_number_id": "106540352242922", "per_second": RATE}


@pytest.fixture
def account() -> dict[str, Any]:
    return {"senders": [NUMBER], "in_flight": 200}


async def test_two_hundred_a_second_and_no_more(stack: Any, record_property: Any) -> None:
    await stack.reviewed()

    steps = [await stack.step(person(number), metric="nps") for number in range(PEOPLE)]
    await stack.publish(*steps)

    async def all_asked() -> bool:
        return len(stack.requests()) == PEOPLE

    await until(all_asked, seconds=90)
    times = sorted(request.at.timestamp() for request in stack.requests())
    most = max(bisect.bisect_left(times, at + 2.0) - index for index, at in enumerate(times))
    rate = (PEOPLE - 1) / (times[-1] - times[0])
    record_property("asked a second", round(rate, 1))
    print(f"{PEOPLE} asks, {rate:.1f} a second; at most {most} in two seconds")  # noqa: T201
    assert most <= 2 * RATE * 1.02 + RATE  # what a second without asks saved up
    assert all(request.accepted for request in stack.requests())
