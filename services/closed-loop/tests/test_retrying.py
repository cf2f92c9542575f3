"""When something is sent again, and when an endpoint is given up."""

from datetime import UTC, datetime, timedelta

import pytest

from closed_loop.domain.retrying import FAILING_FOR, PAUSES, Tried, again_after, why_disabled

NOW = datetime(2026, 1, 15, 12, 0, tzinfo=UTC)


def tried(status: int | None = 500, **more: object) -> Tried:
    return Tried(at=NOW, status=status, problem="no connection", **more)  # type: ignore[arg-type]


def test_it_is_tried_for_days_at_growing_pauses() -> None:
    pauses = [again_after(tried(), tries, draw=0.5) for tries in range(1, len(PAUSES) + 1)]

    assert pauses == sorted(pauses, key=lambda one: one or timedelta())
    assert sum((one for one in pauses if one), timedelta()) > timedelta(days=3)
    assert again_after(tried(), len(PAUSES) + 1, draw=0.5) is None


@pytest.mark.parametrize(("draw", "share"), [(0.0, 0.8), (0.5, 1.0), (1.0, 1.2)])
def test_pauses_differ_so_that_what_failed_together_does_not_come_together(
    draw: float, share: float
) -> None:
    assert again_after(tried(), 3, draw=draw) == PAUSES[2] * share


def test_an_endpoint_may_ask_for_more_time_but_not_for_ever() -> None:
    hour = timedelta(hours=1)

    assert again_after(tried(429, retry_after=hour), 1, draw=0.5) == hour
    assert again_after(tried(429, retry_after=100 * hour), 1, draw=0.5) == 24 * hour
    assert again_after(tried(429, retry_after=timedelta()), 1, draw=0.5) == PAUSES[0]


def test_who_is_gone_is_switched_off_at_once_others_after_days() -> None:
    assert why_disabled(tried(410), NOW) == "it answered 410 Gone"
    assert why_disabled(tried(), NOW - FAILING_FOR + timedelta(minutes=1)) is None
    assert "since 2026-01-10 12:00 UTC; last: HTTP 500" in (
        why_disabled(tried(), NOW - FAILING_FOR) or ""
    )
    assert "no connection" in (why_disabled(tried(None), NOW - FAILING_FOR) or "")


def test_only_a_success_is_taken() -> None:
    assert [one for one in (200, 204, 299, 301, 404, 500) if tried(one).taken] == [200, 204, 299]
    assert not tried(None).taken
