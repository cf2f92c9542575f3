"""What is looked at for numbers that do not answer, and what is told of it."""

import io
from datetime import timedelta
from typing import Any

import pytest
from prometheus_client import REGISTRY

from common.config import ConfigReader
from orchestrator.domain import conversion as rules
from orchestrator.domain.conversion import Reached
from orchestrator.service.current_config import CurrentConfig
from orchestrator.service.schedule.conversion import Conversion
from orchestrator.testing import NOW, call

HOUR = timedelta(hours=1)
SENT = """
    update orchestrator.steps s set state = 'sent', sent_at = $1
    where state = 'with_sender' returning invitation_id
"""
ANSWERED = """
    update orchestrator.invitations i set status = 'answered'
    from orchestrator.contacts c where c.workspace = i.workspace and c.id = i.contact_id
    and c.address like $1 returning i.id
"""


@pytest.fixture(autouse=True)
def _small(monkeypatch: pytest.MonkeyPatch) -> None:
    """Ten asks say what fifty do elsewhere."""
    monkeypatch.setattr(rules, "LEAST", 10)
    monkeypatch.setattr(rules, "CHANCE", 0.1)


async def asked(orchestra: Any, beginning: str, count: int, *, at: Any = NOW) -> None:
    """So many people with such numbers, who were sent their asks then."""
    numbers = [f"{beginning}{n:06}" for n in range(count)]
    await orchestra.take(*(call(number, address=number) for number in numbers))
    await orchestra.rows(SENT, at)


def looking(orchestra: Any) -> Conversion:
    config = CurrentConfig(ConfigReader(orchestra.db))
    return Conversion(db=orchestra.db, config=config, clock=lambda: orchestra.now)


def gauge(country: str) -> float | None:
    return REGISTRY.get_sample_value("aftercall_unanswered_numbers", {"country": country})


async def test_numbers_that_do_not_answer_are_measured_and_told_once_a_day(
    orchestra: Any, logged: io.StringIO
) -> None:
    await asked(orchestra, "+12125", 12)
    await asked(orchestra, "+13125", 12)
    await orchestra.rows(ANSWERED, "+12125%")
    orchestra.now = NOW + 2 * HOUR
    looks = looking(orchestra)

    found = await looks.look()
    await looks.look()

    assert found == [Reached(workspace="acme", numbers="+13125", country="US", asks=12, answers=0)]
    assert gauge("US") == 1
    assert logged.getvalue().count("asks_unanswered") == 1

    await orchestra.rows(ANSWERED, "+13125%")
    await looks.look()
    assert gauge("US") == 0


@pytest.mark.parametrize("late", [timedelta(minutes=30), timedelta(days=3)])
async def test_asks_that_people_had_no_time_to_answer_or_that_are_old_say_nothing(
    orchestra: Any, late: timedelta
) -> None:
    await asked(orchestra, "+12125", 12)
    await asked(orchestra, "+13125", 12)
    await orchestra.rows(ANSWERED, "+12125%")
    orchestra.now = NOW + late

    assert await looking(orchestra).look() == []
