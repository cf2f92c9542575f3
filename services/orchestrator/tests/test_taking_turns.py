"""What a promise about concurrency hangs on: each lock is waited for, each race is seen."""

import asyncio
from dataclasses import replace
from typing import Any

import pytest

from common.config import ConfigReader
from common.events.values import Channel
from orchestrator.domain.configuring.rights import Ceilings
from orchestrator.domain.consent import BITS
from orchestrator.repository.configuration import lock
from orchestrator.repository.consent import contacts
from orchestrator.service.current_config import CurrentConfig
from orchestrator.testing import address, call, contact_of


async def test_configuration_waits_for_the_batches_that_decide_by_the_one_before(
    orchestra: Any,
) -> None:
    async with orchestra.db.transaction() as deciding:
        await lock.share(deciding)
        writing = asyncio.create_task(orchestra.configure(workspace={"daily_ceiling": 3}))
        await orchestra.until_waiting(1)
        assert not writing.done()
    await writing


async def test_batches_wait_for_the_configuration_that_is_being_written(orchestra: Any) -> None:
    await orchestra.configure()
    async with orchestra.db.transaction() as writing:
        await lock.take(writing)
        deciding = asyncio.create_task(orchestra.take(call("one")))
        await orchestra.until_waiting(1)
        assert not deciding.done()
    await deciding


async def test_a_no_that_is_being_stored_is_waited_for(orchestra: Any, replica: Any) -> None:
    await orchestra.take(call("first"))  # so that they are known

    async with orchestra.db.transaction() as saying_no:
        key = ("acme", contact_of())
        await contacts.lock(saying_no, [key])
        deciding = asyncio.create_task(replica.take(call("again")))
        await orchestra.until_waiting(1)
        await contacts.store_consent(saying_no, {key: (BITS[Channel.SMS], 0)})
    await deciding

    rows = await orchestra.rows("select reason from orchestrator.decisions")
    assert {row["reason"] for row in rows} == {None, "opted_out"}


@pytest.mark.parametrize(
    ("ceiling", "counter"), [("daily_ceiling", "daily_asks"), ("prefix_ceiling", "prefix_asks")]
)
async def test_two_batches_that_both_find_room_below_a_ceiling_do_not_pass_it(
    orchestra: Any, replica: Any, ceiling: str, counter: str
) -> None:
    await orchestra.configure(workspace={ceiling: 3})

    assert await _asked_by_both(orchestra, replica, counter) == 3


@pytest.mark.parametrize(
    ("limit", "counter"),
    [
        ({"quotas": [{"asks": 3, "per": "week"}]}, "quota_asks"),
        ({"quotas": [{"asks": 3, "per": "day", "by": "agent"}]}, "quota_asks"),
        ({"caps": [{"asks": 3, "per": "12h", "by": "queue"}]}, "cap_asks"),
    ],
)
async def test_nor_do_they_pass_a_quota_or_a_cap_that_people_share(
    orchestra: Any, replica: Any, limit: Any, counter: str
) -> None:
    await orchestra.configure(flow=limit)

    assert await _asked_by_both(orchestra, replica, counter) == 3


@pytest.mark.parametrize(
    ("ceilings", "counter"),
    [(Ceilings(daily_asks=3), "daily_asks"), (Ceilings(prefix_asks=3), "prefix_asks")],
)
async def test_nor_do_they_pass_an_operators_ceiling_below_that_of_the_workspace(
    orchestra: Any, replica: Any, ceilings: Ceilings, counter: str
) -> None:
    await orchestra.configure(workspace={"daily_ceiling": 1_000, "prefix_ceiling": 1_000})
    for one in (orchestra, replica):
        config = CurrentConfig(ConfigReader(one.db), ceilings)
        one.deciding = replace(one.deciding, config=config)

    assert await _asked_by_both(orchestra, replica, counter) == 3


async def _asked_by_both(orchestra: Any, replica: Any, counter: str) -> int:
    """Of five, after the first one has been asked and both have decided by that."""
    await orchestra.take(call("first", address=address(0)))

    async with orchestra.db.transaction() as connection:
        await connection.execute(f"select from orchestrator.{counter} for update")
        batches = [
            asyncio.create_task(one.take(*(call(f"{n}", address=address(n)) for n in numbers)))
            for one, numbers in ((orchestra, (1, 2)), (replica, (3, 4)))
        ]
        await orchestra.until_waiting(2)  # both have decided, by what was asked before
    await asyncio.gather(*batches)

    [row] = await orchestra.rows("select count(*) from orchestrator.invitations")
    return int(row["count"])
