"""Token buckets and gates, with a clock of our own."""

from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from channel.outgoing.limits import BreakerTimes, CircuitBreaker, TokenBucket


def test_a_bucket_starts_full_and_refills_at_its_rate() -> None:
    bucket = TokenBucket(rate=4, now=100.0)
    bucket.take(bucket.available(100.0), 100.0)

    assert bucket.available(100.0) == 0
    assert bucket.wait(100.0) == pytest.approx(0.25)
    assert bucket.available(100.25) == 1


def test_a_bucket_saves_up_a_quarter_of_a_second_at_most() -> None:
    assert TokenBucket(rate=50, now=0.0).available(3_600.0) == 12


def test_a_slow_bucket_holds_one_token() -> None:
    bucket = TokenBucket(rate=0.1, now=0.0)
    bucket.take(1, 0.0)

    assert bucket.wait(0.0) == pytest.approx(10.0)
    assert bucket.available(10.0) == 1


def test_a_clock_that_runs_back_makes_no_tokens() -> None:
    bucket = TokenBucket(rate=1, now=10.0)
    bucket.take(1, 10.0)

    assert bucket.available(5.0) == 0
    assert bucket.available(10.5) == 0


@given(
    st.floats(0.1, 500),
    st.lists(st.tuples(st.floats(0, 3), st.integers(0, 50)), max_size=50),
)
def test_nobody_gets_more_than_rate_times_time_and_one_burst(
    rate: float, uses: list[tuple[float, int]]
) -> None:
    bucket, now, taken = TokenBucket(rate=rate, now=0.0), 0.0, 0
    for passed, wanted in uses:
        now += passed
        count = min(wanted, bucket.available(now))
        bucket.take(count, now)
        taken += count

    assert taken <= max(1.0, rate / 4) + rate * now + 1e-6


def circuit_breaker(**times: float) -> CircuitBreaker:
    return CircuitBreaker(times=BreakerTimes(**times), random=Random(1))  # type: ignore[arg-type]


def test_an_account_in_order_takes_what_its_limit_leaves() -> None:
    assert circuit_breaker().allowance(0.0, in_flight=15, limit=20) == 5


def test_the_breaker_opens_after_failures_in_a_row_and_probes_with_one_request() -> None:
    breaker = circuit_breaker(trips=3, first=2.0)
    breaker.failed(0.0)
    breaker.failed(0.0)
    assert breaker.allowance(0.0, in_flight=0, limit=20) == 20

    pause = breaker.failed(0.0)

    assert 2.0 <= pause <= 2.4
    assert breaker.allowance(1.9, in_flight=0, limit=20) == 0
    assert breaker.allowance(pause, in_flight=0, limit=20) == 1
    assert breaker.allowance(pause, in_flight=1, limit=20) == 0


def test_a_failed_probe_doubles_the_pause_up_to_the_longest() -> None:
    breaker = circuit_breaker(trips=1, first=1.0, longest=4.0)
    now, pauses = 0.0, []
    for _ in range(5):
        pauses.append(breaker.failed(now))
        now += pauses[-1]

    assert [
        round(pause / factor) for pause, factor in zip(pauses, (1, 2, 4, 4, 4), strict=True)
    ] == [1] * 5


def test_one_answer_closes_the_breaker() -> None:
    breaker = circuit_breaker(trips=1)
    now = breaker.failed(0.0)
    breaker.served()

    assert breaker.allowance(now, in_flight=3, limit=20) == 17
    assert breaker.reason is None


def test_requests_that_fail_together_make_one_pause() -> None:
    breaker = circuit_breaker(trips=1, first=1.0)
    first = breaker.failed(0.0)
    for _ in range(20):
        assert breaker.failed(0.0) == pytest.approx(first)


def test_throttling_lasts_as_long_as_the_provider_says() -> None:
    assert circuit_breaker().throttled(0.0, after=7.0) >= 7.0


def test_a_refused_account_rests_longer_each_time() -> None:
    account = circuit_breaker(refused_first=30.0)
    first = account.refused(0.0)
    second = account.refused(first)

    assert 30.0 <= first <= 36.0
    assert 60.0 <= second <= 72.0
    assert account.reason == "refused"
