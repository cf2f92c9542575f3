"""Ranking against other programs' mathematics, and what it does to those with few answers."""

import numpy as np
import pytest
from scipy.optimize import minimize
from scipy.stats import beta as beta_of
from scipy.stats import betabinom
from statsmodels.stats.meta_analysis import combine_effects

from analytics.domain.ranking import between, fit, ranking
from common.events.values import Metric

HITS = (8, 3, 40, 77, 12, 0, 95, 30, 5, 60)
OF = (10, 10, 50, 80, 12, 3, 120, 45, 9, 61)


def csat(hits: int, of: int) -> dict[int, int]:
    return {5: hits, 1: of - hits}


GROUPS = {f"a{place}": csat(*one) for place, one in enumerate(zip(HITS, OF, strict=True))}


def test_the_prior_of_shares_is_the_likeliest_one() -> None:
    def unlikely(place: "np.ndarray") -> float:  # type: ignore[type-arg]
        return float(-betabinom.logpmf(HITS, OF, *np.exp(place)).sum())

    start = np.log(fit(HITS, OF))
    best = minimize(unlikely, start, method="BFGS", options={"gtol": 1e-9})

    assert unlikely(start) == pytest.approx(best.fun, abs=1e-6)
    assert sum(np.exp(start)) == pytest.approx(sum(np.exp(best.x)), rel=1e-3)


def test_a_share_is_the_mean_of_its_posterior_with_its_interval() -> None:
    alpha, beta = fit(HITS, OF)
    found = {one.group: one for one in ranking(Metric.CSAT, GROUPS, top=2, high=5).groups}

    for place, (hits, of) in enumerate(zip(HITS, OF, strict=True)):
        posterior = beta_of(hits + alpha, of - hits + beta)
        one = found[f"a{place}"]
        assert one.shrunken == pytest.approx(100 * posterior.mean(), abs=1e-6)
        assert one.low == pytest.approx(100 * posterior.ppf(0.05), abs=1e-6)
        assert one.high == pytest.approx(100 * posterior.ppf(0.95), abs=1e-6)
        assert one.better == pytest.approx(posterior.sf(alpha / (alpha + beta)), abs=1e-6)


def test_the_spread_of_means_is_that_of_a_meta_analysis() -> None:
    y, v = [3.1, 4.2, 2.5, 3.9, 3.3], [0.02, 0.1, 0.05, 0.2, 0.01]
    expected = combine_effects(np.array(y), np.array(v), method_re="iterated", atol=1e-12)
    mean, tau2 = between(y, v)

    assert tau2 == pytest.approx(expected.tau2, abs=1e-6)
    assert mean == pytest.approx(expected.mean_effect_re, abs=1e-6)


def test_groups_that_differ_by_chance_alone_are_all_alike() -> None:
    same = {f"a{place}": {1: 10, 7: 10} for place in range(5)}
    found = ranking(Metric.CES, same, top=3, high=7)

    assert found.spread == 0
    assert {round(one.shrunken, 6) for one in found.groups} == {4.0}
    assert {one.better for one in found.groups} == {0.5}


def test_one_perfect_answer_does_not_lead_and_has_no_rank() -> None:
    groups = {**GROUPS, "new": csat(1, 1)}
    found = ranking(Metric.CSAT, groups, top=2, high=5).groups

    assert found[0].group != "new"
    assert [one.rank for one in found] == [1, 2, 3, 4, 5, 6, 7, 8, None, None, None]
    new = next(one for one in found if one.group == "new")
    assert new.value == 100 > new.shrunken
    assert new.high - new.low > found[0].high - found[0].low


def test_nps_is_ranked_in_points() -> None:
    groups = {
        "good": {10: 60, 9: 20, 3: 20},
        "poor": {10: 20, 7: 20, 2: 60},
        "fair": {10: 40, 8: 30, 1: 30},
        "few": {10: 3},
    }
    found = ranking(Metric.NPS, groups, top=2, high=10)
    by_name = {one.group: one for one in found.groups}

    assert [one.group for one in found.groups] == ["good", "fair", "poor", "few"]
    assert by_name["good"].value == 60
    assert found.mean < by_name["few"].shrunken < 100
    assert by_name["good"].better > 0.95
    assert by_name["poor"].better < 0.05


def test_two_groups_are_no_ranking() -> None:
    with pytest.raises(ValueError, match="at least 3 groups"):
        ranking(Metric.CSAT, {"a": csat(1, 2), "b": csat(5, 9)}, top=2, high=5)
