"""Is the difference of two figures told with the right doubt?"""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from talentflow.estimate.differences import (
    Estimate,
    correlate_replicates,
    subtract_estimates,
)

REPLICATES = np.random.default_rng(1).normal(size=200)


def estimate(value: float, half: float, replicates: np.ndarray | None = None) -> Estimate:
    return Estimate(value=value, low=value - half, high=value + half, replicates=replicates)


def test_independent_margins_add_in_squares() -> None:
    found = subtract_estimates(estimate(10, 3), estimate(6, 4))
    assert (found.value, found.low, found.high) == (4, -1, 9)
    assert found.correlation is None
    assert found.verdict == "open"


def test_what_both_rest_on_is_counted_once() -> None:
    apart = subtract_estimates(estimate(10, 3), estimate(6, 3))
    alike = subtract_estimates(estimate(10, 3, REPLICATES), estimate(6, 3, 2 * REPLICATES))
    against = subtract_estimates(estimate(10, 3, REPLICATES), estimate(6, 3, -REPLICATES))
    assert alike.correlation == pytest.approx(1)
    assert alike.low == pytest.approx(alike.high) == pytest.approx(4)
    assert alike.verdict == "higher"
    assert against.high - against.low == pytest.approx(12)
    assert alike.high < apart.high < against.high


def test_bounds_keep_their_asymmetry() -> None:
    """Newcombe 1998, Statistics in Medicine 17:873, table II: 56/70 against 48/80, method 10."""
    first = Estimate(value=80.0, low=69.2, high=87.7)
    second = Estimate(value=60.0, low=49.0, high=70.0)
    found = subtract_estimates(first, second)
    assert (found.low, found.high) == (pytest.approx(5.24, abs=0.5), pytest.approx(33.4, abs=0.5))


def test_a_figure_that_does_not_vary_is_independent() -> None:
    assert correlate_replicates(np.zeros(5), np.arange(5.0)) == 0
    gappy = np.array([1.0, np.nan, 3.0, 4.0])
    assert correlate_replicates(gappy, np.array([2.0, 9.0, 6.0, 8.0])) == pytest.approx(1)


@given(
    st.floats(-50, 50), st.floats(0.1, 20), st.floats(-50, 50), st.floats(0.1, 20), st.booleans()
)
def test_turned_round_it_is_the_same(a: float, s: float, b: float, t: float, joint: bool) -> None:
    replicates = (REPLICATES, REPLICATES[::-1]) if joint else (None, None)
    first, second = estimate(a, s, replicates[0]), estimate(b, t, replicates[1])
    there, back = subtract_estimates(first, second), subtract_estimates(second, first)
    assert there.low == pytest.approx(-back.high)
    assert there.low <= there.value <= there.high
    assert {there.verdict, back.verdict} in ({"open"}, {"higher", "lower"})
