"""A share that follows the answers: each agent gets about so many, however many calls they have."""

from datetime import UTC, datetime, timedelta
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from common.config import Aim, CountedBy, QuotaPeriod
from common.events.decisions import Finding, Reason
from orchestrator.domain.aiming import NOTHING_YET, AimRule, Standing, share
from orchestrator.domain.explaining import data_of
from orchestrator.domain.quotas import begins
from orchestrator.testing import call, compiled, flow

MONDAY = datetime(2026, 1, 5, tzinfo=UTC)
WEEK = timedelta(days=7)
COUNTS = st.integers(0, 500)


def rule(answers: int = 10, **changes: object) -> AimRule:
    found = compiled(flow(aim=Aim(answers=answers, **changes))).by_id["csat-flow"].aim
    assert found is not None
    return found


def rate(standing: Standing, before: Standing = NOTHING_YET, *, at: timedelta) -> float:
    one = rule()
    return share(one, one.key(call(), MONDAY), standing, before, MONDAY + at).rate


def a_week(calls: int, before: Standing, *, answers_each: float, seed: int) -> Standing:
    """Of working days, answers coming within hours."""
    one, draw = rule(), Random(seed)
    key = one.key(call(), MONDAY)
    standing = NOTHING_YET
    coming: list[datetime] = []
    for number in range(calls):
        day, hour = divmod(number * 40.0 / calls, 8)
        now = MONDAY + timedelta(days=day, hours=9 + hour)
        came = sum(at <= now for at in coming)
        coming = [at for at in coming if at > now]
        asks_open = len(coming)
        standing = Standing(number, standing.asks, asks_open, standing.answers + came)
        if draw.random() < share(one, key, standing, before, now).rate:
            asks = standing.asks + 1
            standing = Standing(number, asks, asks_open, standing.answers)
            if draw.random() < answers_each:
                coming.append(now + timedelta(hours=draw.random() * 3))
    return Standing(calls, standing.asks, 0, standing.answers + len(coming))


@pytest.mark.parametrize("calls", [60, 200, 600])
@pytest.mark.parametrize("answers_each", [0.2, 0.5])
def test_many_calls_or_few_bring_about_as_many_answers(calls: int, answers_each: float) -> None:
    found = []
    for seed in range(30):
        before = NOTHING_YET
        for week in range(3):
            before = a_week(calls, before, answers_each=answers_each, seed=seed * 10 + week)
        found.append(before)

    mean = sum(one.answers for one in found) / len(found)
    assert 8.5 <= mean <= 12.5
    assert sum(one.asks for one in found) / len(found) <= 13 / answers_each


def test_an_agent_with_too_few_calls_is_asked_about_always() -> None:
    before = Standing(12, 12, 0, 3)
    assert rate(Standing(0, 0, 0, 0), before, at=timedelta(hours=9)) == 1
    assert rate(Standing(9, 9, 1, 2), before, at=timedelta(days=4)) == 1


def test_nobody_is_asked_once_the_answers_are_there_until_the_next_period() -> None:
    assert rate(Standing(50, 30, 0, 10), Standing(100, 40, 0, 10), at=timedelta(days=2)) == 0
    assert rate(NOTHING_YET, Standing(50, 30, 0, 10), at=WEEK) > 0


def test_asks_that_may_be_answered_yet_count_in_part() -> None:
    before = Standing(200, 40, 0, 10)
    waiting = rate(Standing(50, 20, 20, 0), before, at=timedelta(days=2))
    silent = rate(Standing(50, 20, 0, 0), before, at=timedelta(days=2))
    assert 0 < waiting < silent


@given(
    now=st.tuples(COUNTS, COUNTS, COUNTS), then=st.tuples(COUNTS, COUNTS), hours=st.integers(0, 167)
)
def test_whatever_came_it_is_a_share_and_says_from_what_it_follows(
    now: tuple[int, int, int], then: tuple[int, int], hours: int
) -> None:
    calls, asks, answers = now
    standing = Standing(calls + asks, asks, asks // 3, min(answers, asks - asks // 3))
    before = Standing(then[0] + then[1], then[1], 0, then[1] // 4)
    one = rule(by=CountedBy.QUEUE)
    found = share(one, one.key(call(), MONDAY), standing, before, MONDAY + timedelta(hours=hours))
    assert 0 <= found.rate <= 1
    fact = f"drew 0.1000 of {found.rate:.4f}: {found.words}"
    [told] = data_of(Finding(guard=Reason.SAMPLED_OUT, fact=fact))
    assert (told["aim"], told["answers"], told["open"]) == (10, standing.answers, standing.open)
    assert (told["by"], told["name"], told["per"]) == ("queue", "billing", "week")


@given(st.integers(0, 366 * 24 * 60).map(lambda minutes: MONDAY + timedelta(minutes=minutes)))
def test_the_period_before_is_the_one_that_ended_when_this_began(now: datetime) -> None:
    for per in (QuotaPeriod.DAY, QuotaPeriod.WEEK):
        workspace = compiled(flow(aim=Aim(answers=1, per=per)), zone="America/New_York")
        one = workspace.by_id["csat-flow"].aim
        assert one is not None
        key = one.key(call(), now)
        before = one.before(key)
        moment = timedelta(microseconds=1)
        assert before.since < key.since <= now
        assert before.since == begins(per, key.since - moment, workspace.zone)
        assert 0 <= one.passed(key, now) < 1
