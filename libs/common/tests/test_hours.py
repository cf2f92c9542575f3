"""Nobody is asked outside the hours of a flow, wherever the number may be, on any day."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from common.config import CountryHours, Days, Flow, Workspace
from common.config.documents import read_document
from common.errors import BadInput
from common.events.values import Channel
from common.hours import Opening, closed_until, next_open, opening_of
from common.hours.opening import FURTHEST, first_open

WORKSPACE = Workspace(id="acme", name="Acme")
NEW_YORK, LONDON, TOLL_FREE = "+12125550101", "+442079460123", "+18005550101"
BERLIN, RIYADH = "+4930123456", "+966112345678"
# A day apart, half hours and quarters, clocks that change by half an hour, or at midnight.
ZONES = [
    "Pacific/Kiritimati",
    "Pacific/Pago_Pago",
    "Pacific/Apia",
    "Pacific/Chatham",
    "Australia/Lord_Howe",
    "Asia/Kathmandu",
    "Asia/Beirut",
    "Africa/Cairo",
    "America/Sao_Paulo",
    "America/Havana",
    "America/New_York",
    "America/Los_Angeles",
    "Europe/London",
    "Europe/Berlin",
]
MINUTES = st.integers(0, 3 * 366 * 24 * 60).map(lambda minute: timedelta(minutes=minute))
SPANS = st.tuples(st.integers(0, 95), st.integers(1, 96)).filter(lambda span: span[0] < span[1])


def at(day: str) -> datetime:
    return datetime.fromisoformat(day).replace(tzinfo=UTC)


def call_hours(number: str, now: str, zone: str = "UTC", **changes: object) -> datetime | None:
    flow = Flow(id="f", survey="s", **changes)  # type: ignore[arg-type]
    workspace = Workspace(id="acme", name="Acme", zone=zone)
    return closed_until(number, flow, workspace, Channel.IVR, at(now))


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
    assert call_hours(number, now) == (at(until) if until else None)


def test_a_number_without_a_place_goes_by_the_zone_of_the_workspace() -> None:
    number = "not a number"

    assert call_hours(number, "2026-01-15T03:30", "Asia/Kolkata") is None
    assert call_hours(number, "2026-01-15T03:30") == at("2026-01-15T09:00")


@pytest.mark.parametrize(
    ("number", "now", "until"),
    [
        (BERLIN, "2026-01-09T12:00", None),  # a Friday
        (BERLIN, "2026-01-10T12:00", "2026-01-12T08:00"),  # a Saturday
        (BERLIN, "2026-01-05T19:30", "2026-01-07T08:00"),  # Epiphany, in Bavaria
        (BERLIN, "2026-12-24T20:00", "2026-12-28T08:00"),  # Christmas, then a weekend
        (RIYADH, "2026-01-09T12:00", "2026-01-11T06:00"),  # Friday and Saturday, there
        (RIYADH, "2026-01-11T12:00", None),  # a Sunday
        ("ann@example.com", "2026-01-10T12:00", "2026-01-12T09:00"),
    ],
)
def test_weekends_and_holidays_are_those_of_the_country(
    number: str, now: str, until: str | None
) -> None:
    days = Days(weekends=False, holidays=False, subdivisions={"DE": "BY"})
    assert call_hours(number, now, days=days) == (at(until) if until else None)


def test_texts_go_at_any_time_unless_the_flow_says_otherwise() -> None:
    night = at("2026-01-15T08:00")  # 03:00 in New York
    flow = Flow(id="f", survey="s")
    assert opening_of(flow, WORKSPACE, Channel.SMS) is None
    assert closed_until(NEW_YORK, flow, WORKSPACE, Channel.SMS, night) is None
    flow = Flow(id="f", survey="s", text_hours="10:00-12:00")
    assert closed_until(NEW_YORK, flow, WORKSPACE, Channel.SMS, night) == at("2026-01-15T15:00")


def test_hours_by_country_are_the_workspace_s_then_ours() -> None:
    flow = Flow(id="f", survey="s", text_hours="by-country", call_hours="by-country")
    own = (
        CountryHours(countries=("US",), channels=(Channel.SMS,), open="11:00-12:00"),
        CountryHours(countries=("US", "GB"), channels=(Channel.SMS,), open="13:00-14:00"),
    )
    workspace = Workspace(id="acme", name="Acme", hours=own)

    def window(channel: Channel, country: str | None) -> str:
        opening = opening_of(flow, workspace, channel)
        assert opening is not None
        return opening.window(country)

    assert window(Channel.SMS, "US") == "11:00-12:00"
    assert window(Channel.SMS, "GB") == "13:00-14:00"
    assert window(Channel.IVR, "US") == "08:00-21:00"
    assert window(Channel.SMS, "NZ") == window(Channel.SMS, None) == "09:00-20:00"


@given(
    since=MINUTES,
    zones=st.lists(st.sampled_from(ZONES), min_size=1, max_size=4, unique=True),
    span=SPANS,
    weekends=st.booleans(),
    holidays=st.booleans(),
    country=st.sampled_from(["US", "DE", "SA", "BR", None]),
)
def test_whenever_it_opens_it_is_open_in_every_zone(
    since: timedelta,
    zones: list[str],
    span: tuple[int, int],
    weekends: bool,
    holidays: bool,
    country: str | None,
) -> None:
    opens, closes = (timedelta(minutes=15 * quarter) for quarter in span)
    opening = Opening(
        hours=f"{_clock(opens)}-{_clock(closes)}",
        countries={},
        days=Days(weekends=weekends, holidays=holidays),
        zone=ZoneInfo("UTC"),
    )
    now = at("2025-01-01T00:00") + since
    places = [ZoneInfo(zone) for zone in zones]

    def is_open(moment: datetime) -> bool:
        return all(
            opens <= _since_midnight(there := moment.astimezone(zone)) < closes
            and not opening.is_closed(there, country)
            for zone in places
        )

    found = first_open(places, opening, country, now)

    assert found == now if is_open(now) else found != now
    if found is not None:
        assert found >= now
        assert is_open(found)
    # Nothing that is open was passed over, as far as quarters of an hour tell.
    ends = found or now + timedelta(days=3)
    moments = (now + timedelta(minutes=15 * n) for n in range(3 * 96))
    assert not any(is_open(one) for one in moments if one < ends)


def test_where_it_never_opens_nobody_waits_for_ever() -> None:
    opening = Opening(hours="09:00-10:00", countries={}, days=Days(), zone=ZoneInfo("UTC"))
    apart = [ZoneInfo("Pacific/Kiritimati"), ZoneInfo("Europe/London")]
    assert first_open(apart, opening, None, at("2026-01-15T09:00")) is None
    assert next_open(TOLL_FREE, opening, at("2026-01-15T09:00")) is None
    assert call_hours(TOLL_FREE, "2026-01-15T09:00", call_hours="09:00-10:00") == at(
        "2026-01-15T10:00"
    )
    assert timedelta(days=31) > FURTHEST


@pytest.mark.parametrize(
    ("field", "value", "path"),
    [
        ("text_hours", "20:00-08:00", "text_hours"),
        ("text_hours", "always", "text_hours"),
        ("days", {"subdivisions": {"DE": "ZZ"}}, "days.subdivisions.DE"),
        ("days", {"subdivisions": {"QQ": "A"}}, "days.subdivisions.QQ"),
    ],
)
def test_hours_that_there_are_not_are_refused(field: str, value: object, path: str) -> None:
    with pytest.raises(BadInput) as refused:
        read_document("flow", {"id": "f", "survey": "s", field: value})
    assert [one.field for one in refused.value.errors] == [path]


def _clock(since: timedelta) -> str:
    minutes = int(since.total_seconds()) // 60
    return f"{minutes // 60:02}:{minutes % 60:02}"


def _since_midnight(there: datetime) -> timedelta:
    return timedelta(hours=there.hour, minutes=there.minute, seconds=there.second)


def test_a_holiday_is_one_of_its_year() -> None:
    opening = Opening(
        hours="00:00-24:00", countries={}, days=Days(holidays=False), zone=ZoneInfo("UTC")
    )
    noon = datetime(2027, 7, 5, 16, tzinfo=UTC)  # the fourth is a Sunday: kept on Monday
    assert opening.is_closed(noon, "US")
    assert not opening.is_closed(noon, "DE")
    assert noon.date() == date(2027, 7, 5)
