"""Whether a figure falls: how often it is said wrongly, and how soon it is seen."""

import random
from datetime import date
from statistics import median

import pytest

from closed_loop.domain.falling import BEFORE, LOOKED_AT, WEEK, Measure, Week, falls
from common.events.values import Metric

RATE = Measure(metric=None)
CSAT = Measure(metric=Metric.CSAT, low=1, high=5)
NPS = Measure(metric=Metric.NPS, low=0, high=10)
CES = Measure(metric=Metric.CES, low=1, high=7)
KNOWN = BEFORE + LOOKED_AT
START = date(2025, 1, 6)


def weeks(*counts: dict[int, int]) -> list[Week]:
    return [Week(START + number * WEEK, one) for number, one in enumerate(counts)]


def drawn(rng: random.Random, n: int, *shares: float) -> list[Week]:
    """So many good answers of n each week, by chance."""
    hits = [sum(rng.random() < share for _ in range(n)) for share in shares]
    return weeks(*({1: one, 0: n - one} for one in hits))


@pytest.mark.parametrize(("n", "most"), [(20, 0.12), (60, 0.08)])
def test_what_does_not_change_is_seldom_called_falling_in_a_year(n: int, most: float) -> None:
    wrong = 0
    for seed in range(120):
        found = drawn(random.Random(seed), n, *[0.85] * (KNOWN + 52))
        wrong += any(falls(found[end - KNOWN : end], RATE) for end in range(KNOWN, len(found) + 1))

    assert wrong / 120 <= most


@pytest.mark.parametrize(("n", "weeks_until"), [(20, 12), (60, 6)])
def test_a_drop_of_ten_points_is_seen_in_weeks(n: int, weeks_until: int) -> None:
    seen = []
    for seed in range(60):
        found = drawn(random.Random(seed), n, *[0.85] * KNOWN, *[0.75] * 30)
        ends = range(KNOWN + 1, len(found) + 1)
        seen.append(next((end - KNOWN for end in ends if falls(found[:end], RATE)), 99))

    assert median(seen) <= weeks_until


@pytest.mark.parametrize(
    ("measure", "good", "bad"),
    [
        (CSAT, {5: 30, 4: 20, 1: 5}, {5: 15, 4: 10, 1: 30}),
        (NPS, {10: 35, 8: 10, 2: 10}, {10: 15, 8: 10, 2: 30}),
        (CES, {7: 30, 6: 10, 2: 10}, {7: 10, 6: 5, 2: 35}),
        (RATE, {1: 30, 0: 70}, {1: 10, 0: 90}),
    ],
)
def test_every_figure_can_fall(measure: Measure, good: dict[int, int], bad: dict[int, int]) -> None:
    steady = weeks(*[good] * KNOWN)
    fallen = weeks(*[good] * (KNOWN - 4), *[bad] * 4)
    risen = weeks(*[bad] * (KNOWN - 4), *[good] * 4)
    found = falls(fallen, measure)

    assert falls(steady, measure) is None
    assert falls(risen, measure) is None
    assert found is not None
    assert found.after.value is not None
    assert found.before.value is not None
    assert found.after.value < found.before.value
    assert (found.after_n, found.week) == (4 * sum(bad.values()), fallen[-1].start)
    assert found.before_n == BEFORE * sum(good.values())


def test_a_perfect_score_can_fall_although_it_never_varied() -> None:
    assert falls(weeks(*[{5: 30}] * (KNOWN - 3), *[{5: 20, 1: 10}] * 3), CSAT)


def test_weeks_of_few_answers_are_taken_together() -> None:
    few = weeks(*[{5: 9, 1: 1}] * (KNOWN - 8), *[{5: 2, 1: 8}] * 8)

    assert falls(few, CSAT)


def test_too_little_is_known_of_the_time_before() -> None:
    assert falls(weeks(*[{}] * (KNOWN - 10), *[{1: 60}] * 10), CSAT) is None
    assert falls([], CSAT) is None
