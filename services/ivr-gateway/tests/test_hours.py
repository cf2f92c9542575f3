"""Nobody is called at night, wherever the number may be."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from common.config import Flow
from ivr_gateway.domain.hours import closed_until

FLOW = Flow(id="f", survey="s")
NEW_YORK, LONDON, TOLL_FREE = "+12125550101", "+442079460123", "+18005550101"


def at(day: str) -> datetime:
    return datetime.fromisoformat(day).replace(tzinfo=UTC)


@pytest.mark.parametrize(
    ("number", "now", "until"),
    [
        (NEW_YORK, "2026-01-15T15:00", None),  # 10:00 there
        (NEW_YORK, "2026-01-15T13:59:59", "2026-01-15T14:00"),
        (NEW_YORK, "2026-01-16T01:00", "2026-01-16T14:00"),  # 20:00: closed
        (NEW_YORK, "2026-07-15T13:00", None),  # summer time
        (LONDON, "2026-07-15T08:00", None),
        (LONDON, "2026-07-15T07:59", "2026-07-15T08:00"),
        (NEW_YORK, "2026-03-08T02:00", "2026-03-08T13:00"),  # the night the clocks go forward
    ],
)
def test_when_somebody_may_be_called(number: str, now: str, until: str | None) -> None:
    assert closed_until(number, FLOW, "UTC", at(now)) == (at(until) if until else None)


def test_a_number_without_a_place_goes_by_the_zone_of_the_workspace() -> None:
    number = "not a number"

    assert closed_until(number, FLOW, "Asia/Kolkata", at("2026-01-15T03:30")) is None
    assert closed_until(number, FLOW, "UTC", at("2026-01-15T03:30")) == at("2026-01-15T09:00")


@given(st.integers(0, 366 * 24 * 60).map(lambda minute: timedelta(minutes=minute)))
def test_where_it_opens_it_is_open_in_every_zone_of_the_number(since: timedelta) -> None:
    now = at("2026-01-01T00:00") + since
    opens = closed_until(TOLL_FREE, FLOW, "UTC", now) or now

    if opens - now != timedelta(hours=1):  # no common hours now: looked at again
        for zone in ("America/New_York", "America/Los_Angeles"):
            assert 9 <= opens.astimezone(ZoneInfo(zone)).hour < 20
