"""The same on a real Kafka: from the topics to the workspace's own system."""

import pytest

from analytics.testing import decision, response, told
from closed_loop.testing import Receiver
from closed_loop.testing.running import Loop, until
from common.bus import Bus


@pytest.fixture
def topics(kafka_bus: Bus) -> Bus:
    return kafka_bus


async def test_an_answer_is_told_of_topics_that_come_in_any_order(
    loop: Loop, receiver: Receiver
) -> None:
    made = await loop.webhook(receiver.url)

    await loop.tell(*told(response(score=2)))
    await loop.tell(*told(decision(), response(score=2)))
    await until(lambda: len(receiver.requests) == 2, timeout=60.0)

    bodies = [one.verified(made["secret"]) for one in receiver.requests]
    assert sorted(one["type"] for one in bodies) == ["response.created", "response.finished"]
    assert {(one["data"]["score"], one["data"]["queue"]) for one in bodies} == {(2, "billing")}
