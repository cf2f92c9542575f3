"""What a promise about concurrency hangs on: each lock is waited for, each race is seen."""

import asyncio
from typing import Any

import pytest

from common.bus.pglog import PgLogBus
from common.database import Database
from orchestrator.repository.configuration import lock
from orchestrator.testing import address, call


async def until_waiting(orchestra: Any, count: int) -> None:
    """So many sessions wait for a lock of this database."""
    for _ in range(200):
        [row] = await orchestra.rows(
            "select count(*) from pg_stat_activity"
            " where datname = current_database() and wait_event_type = 'Lock'"
        )
        if row["count"] >= count:
            return
        await asyncio.sleep(0.02)
    raise AssertionError(f"fewer than {count} wait")


async def test_configuration_waits_for_the_batches_that_decide_by_the_one_before(
    orchestra: Any,
) -> None:
    async with orchestra.db.transaction() as deciding:
        await lock.share(deciding)
        writing = asyncio.create_task(orchestra.configure(workspace={"daily_ceiling": 3}))
        await until_waiting(orchestra, 1)
        assert not writing.done()
    await writing


async def test_batches_wait_for_the_configuration_that_is_being_written(orchestra: Any) -> None:
    await orchestra.configure()
    async with orchestra.db.transaction() as writing:
        await lock.take(writing)
        deciding = asyncio.create_task(orchestra.take(call("one")))
        await until_waiting(orchestra, 1)
        assert not deciding.done()
    await deciding


@pytest.fixture
async def replica(database_url: str, orchestra: Any) -> Any:
    pool = await Database.connect(database_url, size=4)
    yield type(orchestra)(pool, PgLogBus(pool))
    await pool.close()


@pytest.mark.parametrize(
    ("ceiling", "counter"), [("daily_ceiling", "daily_asks"), ("prefix_ceiling", "prefix_asks")]
)
async def test_two_batches_that_both_find_room_below_a_ceiling_do_not_pass_it(
    orchestra: Any, replica: Any, ceiling: str, counter: str
) -> None:
    await orchestra.configure(workspace={ceiling: 3})
    await orchestra.take(call("first", address=address(0)))

    async with orchestra.db.transaction() as connection:
        await connection.execute(f"select from orchestrator.{counter} for update")
        batches = [
            asyncio.create_task(one.take(*(call(f"{n}", address=address(n)) for n in numbers)))
            for one, numbers in ((orchestra, (1, 2)), (replica, (3, 4)))
        ]
        await until_waiting(orchestra, 2)  # both have decided, by what was asked before
    await asyncio.gather(*batches)

    [row] = await orchestra.rows("select count(*) from orchestrator.invitations")
    assert row["count"] == 3
