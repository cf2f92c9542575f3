"""Scores against values worked out by hand or printed in tables, and their bounds."""

from math import sqrt

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats
from statsmodels.stats.proportion import proportion_confint

from common.events.values import Metric
from common.scores import Estimate, Score, ces, csat, nps, score_of, t_quantile, wilson


def histograms(low: int, high: int) -> st.SearchStrategy[dict[int, int]]:
    return st.dictionaries(st.integers(low, high), st.integers(0, 400))


def test_nps_is_promoters_less_detractors_in_percent() -> None:
    assert nps({0: 5, 6: 15, 7: 10, 8: 20, 9: 20, 10: 30}).value == 30.0


def test_nps_interval_is_the_adjusted_wald_one() -> None:
    # p' = 50.75/103, d' = 20.75/103, difference 0.291262, standard error 0.076915
    score = nps({0: 20, 7: 30, 10: 50})

    assert score.low == pytest.approx(14.0511, abs=1e-3)
    assert score.high == pytest.approx(44.2012, abs=1e-3)
    assert score.n == 100


def test_nps_interval_of_one_promoter_still_holds_its_value() -> None:
    # centre 25, standard error 0.375: the upper end alone would be 98.5
    score = nps({10: 1})

    assert (score.value, score.high) == (100.0, 100)
    assert score.low == pytest.approx(-48.4987, abs=1e-3)


def test_csat_is_the_share_of_fours_and_fives_with_the_mean_beside_it() -> None:
    score = csat({1: 1, 3: 1, 4: 3, 5: 5})

    assert score.value == 80.0
    assert score.mean == pytest.approx(4.1)


def test_csat_interval_is_wilsons() -> None:
    score = csat({1: 1, 3: 1, 4: 3, 5: 5})

    assert score.low == pytest.approx(49.016, abs=1e-3)
    assert score.high == pytest.approx(94.332, abs=1e-3)


def test_ces_is_the_mean_with_a_t_interval_cut_to_the_scale() -> None:
    # standard deviation 1.095445, standard error 0.489898, t(4) = 2.776445
    score = ces({5: 3, 7: 2})

    assert score.value == pytest.approx(5.8)
    assert score.low == pytest.approx(4.43983, abs=1e-4)
    assert score.high == 7


@pytest.mark.parametrize("n", [2, 3, 5, 10, 11, 20, 100, 1_000])
def test_equal_answers_have_an_interval_for_the_next_one_may_be_a_step_away(n: int) -> None:
    away = proportion_confint(0, n, method="wilson")[1]
    margin = stats.t.ppf(0.975, n - 1) * sqrt(away * (1 - away) / n)
    score = ces({4: n})

    assert score.low == pytest.approx(max(1, 4 - margin), abs=1e-6)
    assert score.high == pytest.approx(min(7, 4 + margin), abs=1e-6)


def test_the_interval_of_equal_answers_is_worked_out_by_hand() -> None:
    # Wilson's bound of 0 in 10: 3.841459 / 13.841459 = 0.277533; t(9) = 2.262157;
    # 2.262157 * sqrt(0.277533 * 0.722467 / 10) = 0.320324
    score = ces({5: 10, 3: 0})

    assert score.low == pytest.approx(4.679676, abs=1e-6)
    assert score.high == pytest.approx(5.320324, abs=1e-6)


@given(st.integers(1, 7), st.integers(2, 500))
def test_more_equal_answers_say_more_and_never_all(value: int, n: int) -> None:
    fewer, more = ces({value: n}), ces({value: n + 1})

    assert fewer.low is not None
    assert fewer.high is not None
    assert more.low is not None
    assert more.high is not None
    assert 0 < more.high - more.low <= fewer.high - fewer.low


def test_ces_tells_how_many_found_it_easy() -> None:
    assert ces({4: 1, 5: 1, 6: 1, 7: 1}).easy == wilson(3, 4)
    assert ces({3: 2, 4: 1, 5: 1}, high=5).easy == wilson(2, 4)


def test_one_answer_leaves_the_whole_scale_open_for_a_mean() -> None:
    score = ces({6: 1})

    assert (score.low, score.value, score.high) == (1, 6, 7)


@pytest.mark.parametrize("metric", list(Metric))
def test_without_answers_there_is_no_figure(metric: Metric) -> None:
    score = score_of(metric, {3: 0}, low=0, high=10)

    assert (score.value, score.low, score.high, score.mean, score.n) == (None, None, None, None, 0)


def test_without_answers_nobody_found_it_easy_or_hard() -> None:
    assert ces({}).easy == Estimate()


@pytest.mark.parametrize(
    ("freedom", "expected"),
    [
        (1, 12.7062),
        (2, 4.3027),
        (5, 2.5706),
        (9, 2.2622),
        (10, 2.2281),
        (12, 2.1788),
        (20, 2.0860),
        (30, 2.0423),
        (60, 2.0003),
        (120, 1.9799),
        (1_000_000, 1.9600),
    ],
)
def test_t_quantiles_are_those_of_the_tables(freedom: int, expected: float) -> None:
    assert t_quantile(freedom) == pytest.approx(expected, abs=5.1e-5)


@pytest.mark.parametrize("counts", [{11: 1}, {-1: 1}, {5: -1}])
def test_a_histogram_that_cannot_be_is_refused(counts: dict[int, int]) -> None:
    with pytest.raises(ValueError, match="on a scale from 0 to 10"):
        nps(counts)


@pytest.mark.parametrize(("metric", "high"), [(None, 3), (Metric.NPS, 5)])
def test_without_a_formula_there_is_a_number_of_answers_and_no_figure(
    metric: Metric | None, high: int
) -> None:
    score = score_of(metric, {1: 2, 3: 5}, low=0, high=high)

    assert (score.n, score.value, score.low, score.high) == (7, None, None, None)


@pytest.mark.parametrize(
    ("values", "satisfied"), [(3, {3}), (4, {3, 4}), (5, {4, 5}), (7, {6, 7}), (10, {8, 9, 10})]
)
def test_satisfied_depends_on_the_length_of_the_scale(values: int, satisfied: set[int]) -> None:
    counted = {value for value in range(1, values + 1) if csat({value: 1}, high=values).value}

    assert counted == satisfied


def assert_in_bounds(score: Score, low: float, high: float) -> None:
    if score.value is None or score.low is None or score.high is None:
        assert score.n == 0
    else:
        assert low <= score.low <= score.value <= score.high <= high


@given(histograms(0, 10))
def test_nps_stays_in_its_bounds(counts: dict[int, int]) -> None:
    assert_in_bounds(nps(counts), -100, 100)


@given(histograms(1, 5))
def test_csat_stays_in_its_bounds(counts: dict[int, int]) -> None:
    assert_in_bounds(csat(counts), 0, 100)


@given(histograms(1, 7))
def test_ces_stays_in_its_bounds(counts: dict[int, int]) -> None:
    score = ces(counts)

    assert_in_bounds(score, 1, 7)
    assert score.easy is not None
    assert score.easy.value is None or 0 <= score.easy.value <= 100


@given(histograms(0, 10), st.integers(2, 5))
def test_more_answers_of_the_same_kind_narrow_the_interval(
    counts: dict[int, int], times: int
) -> None:
    once = nps(counts | {10: 5, 0: 5})
    more = nps({value: count * times for value, count in (counts | {10: 5, 0: 5}).items()})

    assert once.low is not None
    assert once.high is not None
    assert more.low is not None
    assert more.high is not None
    assert more.high - more.low < once.high - once.low
