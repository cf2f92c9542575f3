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
