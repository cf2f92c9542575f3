"""Drivers against other programs' mathematics, and by a second way of reckoning."""

from itertools import permutations
from typing import Any

import numpy as np
import pytest
import statsmodels.api as sm
from scipy.stats import spearmanr
from statsmodels.stats.multitest import multipletests
from statsmodels.stats.outliers_influence import variance_inflation_factor

from analytics.domain.drivers import (
    TooFew,
    benjamini_hochberg,
    drivers,
    inflations,
    logistic,
    relative_weights,
    shapley_shares,
)

NAMES = ("wait", "talk", "transfers", "noise")


def some_calls(n: int = 600, seed: int = 5) -> tuple[Any, Any]:
    """Longer waits and transfers lower the score; talk goes with wait and does nothing itself."""
    chance = np.random.default_rng(seed)
    wait = chance.normal(size=n)
    talk = 0.6 * wait + chance.normal(size=n)
    transfers = chance.poisson(0.4, size=n).astype(float)
    noise = chance.normal(size=n)
    y = 3.5 - 0.6 * wait - 0.5 * transfers + chance.normal(size=n)
    return np.column_stack([wait, talk, transfers, noise]), np.clip(np.round(y), 1, 5)


def r_squared(x: Any, y: Any) -> float:
    return float(sm.OLS(y, sm.add_constant(x)).fit().rsquared) if x.shape[1] else 0.0


def test_relative_weights_add_up_to_what_a_regression_explains() -> None:
    x, y = some_calls()
    weights, whole = relative_weights(x, y)

    assert whole == pytest.approx(r_squared(x, y), abs=1e-9)
    # Johnson's own way: by the singular values of the standardised inputs.
    z = (x - x.mean(axis=0)) / x.std(axis=0) / np.sqrt(len(x))
    target = (y - y.mean()) / y.std() / np.sqrt(len(y))
    left, values, right = np.linalg.svd(z, full_matrices=False)
    root = right.T @ np.diag(values) @ right
    beta = (left @ right).T @ target
    assert weights == pytest.approx(((root**2) @ (beta**2)).tolist(), abs=1e-9)


def test_shapley_shares_are_the_mean_over_all_orders() -> None:
    x, y = some_calls()
    orders = list(permutations(range(x.shape[1])))
    shares = np.zeros(x.shape[1])
    for order in orders:
        for place, one in enumerate(order):
            before = r_squared(x[:, list(order[:place])], y)
            shares[one] += (r_squared(x[:, list(order[: place + 1])], y) - before) / len(orders)

    assert shapley_shares(x, y) == pytest.approx((shares / r_squared(x, y)).tolist(), abs=1e-6)


def test_directions_are_those_of_a_logistic_regression() -> None:
    x, y = some_calls()
    good = (y >= 4).astype(float)
    standard = (x - x.mean(axis=0)) / x.std(axis=0)
    fitted = sm.Logit(good, sm.add_constant(standard)).fit(disp=0, tol=1e-12, maxiter=200)
    coefficients, effects = logistic(x, good)

    assert coefficients == pytest.approx(fitted.params[1:].tolist(), abs=1e-6)
    assert effects == pytest.approx(fitted.get_margeff().margeff.tolist(), abs=1e-6)


def test_inflation_and_findings_are_those_of_statsmodels() -> None:
    x, y = some_calls()
    whole = sm.add_constant(x)
    expected = [variance_inflation_factor(whole, place) for place in range(1, whole.shape[1])]
    p_values = [float(spearmanr(x[:, place], y).pvalue) for place in range(x.shape[1])]

    assert inflations(x) == pytest.approx(expected, abs=1e-6)
    for values in (p_values, [0.01, 0.04, 0.03, 0.2, 0.05], [0.9, 0.95]):
        assert benjamini_hochberg(values, 0.1) == list(multipletests(values, 0.1, "fdr_bh")[0])


def test_what_lowers_scores_is_found_and_what_only_goes_along_is_told_apart() -> None:
    x, y = some_calls()
    steps: list[float] = []
    found = drivers(
        {name: x[:, place].tolist() for place, name in enumerate(NAMES)},
        y.tolist(),
        (y >= 4).tolist(),
        progress=steps.append,
    )
    by_name = {one.name: one for one in found.drivers}

    assert found.drivers[0].name == found.winner == "wait"
    assert by_name["wait"].effect < 0
    assert by_name["wait"].low > by_name["talk"].high
    assert not by_name["noise"].found
    assert sum(one.share for one in found.drivers) == pytest.approx(100)
    assert all(one.low <= one.share <= one.high for one in found.drivers)
    assert steps[-1] == 1.0


def test_nobody_is_named_where_two_are_alike() -> None:
    chance = np.random.default_rng(1)
    half, rest, noise = chance.normal(size=(3, 250))
    one, other = (
        np.concatenate([half, rest]),
        np.concatenate([rest, half]),
    )
    y = one + other + np.tile(noise, 2)
    found = drivers({"one": one.tolist(), "other": other.tolist()}, y.tolist(), (y > 0).tolist())

    assert found.winner is None


@pytest.mark.parametrize(("n", "says"), [(99, "1 more answers"), (20, "80 more answers")])
def test_too_few_answers_are_refused_with_how_many_are_missing(n: int, says: str) -> None:
    with pytest.raises(TooFew, match=says):
        drivers({"wait": [0.0] * n}, [1.0] * n, [False] * n)


def test_what_says_nothing_of_its_own_is_left_out_by_name() -> None:
    x, y = some_calls(n=150)
    wait = x[:, 0].tolist()
    found = drivers(
        {"wait": wait, "same": [1.0] * 150, "twice": [2 * one for one in wait]},
        y.tolist(),
        (y >= 4).tolist(),
    )

    assert found.tentative
    assert dict(found.left_out) == {
        "same": "is the same for every call",
        "twice": "is told by the others",
    }
