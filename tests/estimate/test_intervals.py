"""Are the intervals those of the literature, and sensible where the literature is silent?"""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from talentflow.estimate.intervals import (
    count_interval,
    difference_interval,
    rate_interval,
    share_interval,
    student_quantile,
)

Z = 1.959964


def replicate(value: float, variance: float) -> np.ndarray:
    """A value and two replicates that have exactly this variance."""
    half = math.sqrt(variance / 2)
    return np.array([value, value - half, value + half])


def binomial(hits: int, trials: int) -> np.ndarray:
    """A share in percent, with replicates of the binomial variance."""
    share = hits / trials
    return replicate(100 * share, 100**2 * share * (1 - share) / trials)


@pytest.mark.parametrize(
    ("hits", "trials", "low", "high"),
    [
        # Newcombe 1998, Statistics in Medicine 17:857, table I, method 3 (Wilson).
        (81, 263, 0.2553, 0.3662),
        (15, 148, 0.0624, 0.1605),
        (0, 20, 0.0000, 0.1611),
        (1, 29, 0.0061, 0.1718),
        # Its formula by hand: (17/40 + z²/80 ± z √(…)) / (1 + z²/40).
        (17, 40, 0.2851, 0.5780),
        (29, 29, 0.8830, 1.0000),
    ],
)
def test_shares_are_wilson(hits: int, trials: int, low: float, high: float) -> None:
    found = share_interval(binomial(hits, trials), trials, Z)
    assert found == pytest.approx((100 * low, 100 * high), abs=0.006)


@pytest.mark.parametrize(
    ("count", "low", "high"), [(1, 0.1765, 5.6649), (10, 5.4323, 18.4091), (100, 82.2272, 121.6143)]
)
def test_counts_are_the_poisson_score(count: int, low: float, high: float) -> None:
    # Bounds λ with (count − λ)² = z² λ.
    assert count_interval(replicate(count, count), Z) == pytest.approx((low, high), abs=5e-4)
    for bound in (low, high):
        assert (count - bound) ** 2 == pytest.approx(Z**2 * bound, rel=1e-3)


def test_no_count_at_all() -> None:
    assert count_interval(np.zeros(9), Z) == (0.0, Z * Z)


def test_a_dispersed_count_is_so_many_smaller_counts() -> None:
    """Every person counted four times: the interval of a quarter of them, times four."""
    low, high = count_interval(replicate(10, 10), Z)
    assert count_interval(replicate(40, 160), Z) == pytest.approx((4 * low, 4 * high))


def test_replicates_all_alike_count_as_independent() -> None:
    assert count_interval(np.array([10.0, 12, 12]), Z) == count_interval(replicate(10, 10), Z)
    wilson = share_interval(binomial(17, 40), 40, Z)
    assert share_interval(np.array([42.5, 40, 40]), 40, Z) == pytest.approx(wilson)


@pytest.mark.parametrize("replicates", [[], [3.0], [math.nan, 3.0, math.nan]])
def test_too_few_replicates_tell_nothing(replicates: list[float]) -> None:
    estimates = np.array([3.0, *replicates])
    for interval in (
        count_interval(estimates, Z),
        share_interval(estimates, 50, Z),
        difference_interval(estimates, Z),
        rate_interval(estimates, 50, Z),
    ):
        assert np.isnan(interval).all()


def test_undefined_replicates_are_left_out() -> None:
    known = replicate(20, 16)
    gaps = np.array([known[0], math.nan, *known[1:], math.nan])
    assert share_interval(gaps, 50, Z) == share_interval(known, 50, Z)
    assert difference_interval(gaps, Z) == difference_interval(known, Z)


def test_differences_are_normal() -> None:
    assert difference_interval(replicate(-10, 25), Z) == pytest.approx((-10 - 5 * Z, -10 + 5 * Z))


def test_a_rate_of_zero_may_have_been_either_side_of_it() -> None:
    nobody = np.zeros(9)
    high = share_interval(nobody, 50, Z)[1]
    assert rate_interval(nobody, 50, Z) == pytest.approx((-high, high))
    # As many in as out is another matter: the replicates tell.
    assert rate_interval(replicate(0, 4), 50, Z) == pytest.approx((-2 * Z, 2 * Z))


@pytest.mark.parametrize(
    ("replicates", "level", "quantile"),
    # Student's t, any table: degrees of freedom are one less.
    [
        (5, 0.95, 2.7764),
        (11, 0.95, 2.2281),
        (11, 0.90, 1.8125),
        (31, 0.99, 2.7500),
        (200, 0.95, 1.9720),
        (10**7, 0.95, 1.9600),
    ],
)
def test_quantiles_are_students(replicates: int, level: float, quantile: float) -> None:
    assert student_quantile(level, replicates) == pytest.approx(quantile, rel=5e-4)


figures = st.lists(st.integers(0, 400), min_size=1, max_size=30).map(
    lambda quarters: np.array(quarters) / 4
)


@given(figures, st.integers(1, 10_000), st.floats(0.7, 4))
def test_shares_stay_within_bounds_around_their_value(
    estimates: np.ndarray, trials: int, z: float
) -> None:
    low, high = share_interval(estimates, trials, z)
    if len(estimates) > 2:
        assert 0 <= low <= estimates[0] + 1e-9
        assert estimates[0] - 1e-9 <= high <= 100


@given(figures, st.floats(0.7, 4))
def test_counts_are_inside_their_interval(estimates: np.ndarray, z: float) -> None:
    low, high = count_interval(np.round(estimates), z)
    if len(estimates) > 2:
        assert 0 <= low <= np.round(estimates[0]) <= high


@pytest.mark.parametrize("expected", [5, 20, 80])
def test_poisson_counts_are_covered(expected: int) -> None:
    """Exactly, summed over the distribution; near-by rates even out the steps of counting."""
    rates = expected * np.linspace(0.9, 1.1, 21)
    counts = np.arange(1, 400)
    logs = counts * np.log(rates[:, None]) - rates[:, None]
    chance = np.exp(logs - np.array([math.lgamma(n + 1) for n in counts]))
    bounds = np.array([count_interval(replicate(n, n), Z) for n in counts])
    covered = (bounds[:, 0] <= rates[:, None]) & (rates[:, None] <= bounds[:, 1])
    assert 0.94 < (chance * covered).sum(axis=1).mean() < 0.96


@pytest.mark.parametrize("share", [0.03, 0.2, 0.5])
def test_binomial_shares_are_covered(share: float) -> None:
    trials = 150
    chances = np.linspace(0.9, 1.1, 21) * share
    hits = np.arange(trials + 1)
    ways = np.array([math.comb(trials, n) for n in hits], float)
    chance = ways * chances[:, None] ** hits * (1 - chances[:, None]) ** (trials - hits)
    bounds = np.array([share_interval(binomial(n, trials), trials, Z) for n in hits.tolist()]) / 100
    covered = (bounds[:, 0] <= chances[:, None]) & (chances[:, None] <= bounds[:, 1])
    assert 0.94 < (chance * covered).sum(axis=1).mean() < 0.96
