"""Replicas whose clocks differ write times of one clock: the database's."""

from collections.abc import Callable
from datetime import datetime, timedelta

from common.database import Database
from common.database.clock import DatabaseClock
from common.time import utc_now


def wrong_by(seconds: float) -> Callable[[], datetime]:
    return lambda: utc_now() + timedelta(seconds=seconds)


async def test_clocks_that_are_seconds_apart_agree_once_compared(database: Database) -> None:
    early = DatabaseClock(database, wrong_by(-2.0))
    late = DatabaseClock(database, wrong_by(2.0))
    assert late() - early() > timedelta(seconds=3)

    for one in (early, late):
        await one.compare()

    assert abs(late() - early()) < timedelta(seconds=0.5)


async def test_a_database_that_hung_while_it_was_asked_moves_no_clock(database: Database) -> None:
    hangs = iter([0.0, 0.0, 0.0, 10.0])  # seconds until an answer is seen: at the second question

    def own() -> datetime:
        return utc_now() + timedelta(seconds=next(hangs, 0.0))

    clock = DatabaseClock(database, utc_now)
    await clock.compare()
    clock._own = own
    next(hangs), next(hangs)  # the first question was answered at once
    await clock.compare()

    assert abs(clock() - utc_now()) < timedelta(seconds=1)


async def test_a_late_answer_is_better_than_none_and_worse_than_a_prompt_one(
    database: Database,
) -> None:
    hangs = iter([0.0, 0.0, 10.0])

    clock = DatabaseClock(database, lambda: utc_now() + timedelta(seconds=next(hangs, 0.0)))
    await clock.compare()  # five seconds off, at most, and so it is
    assert abs(clock() - utc_now()) > timedelta(seconds=3)

    await clock.compare()

    assert abs(clock() - utc_now()) < timedelta(seconds=1)
