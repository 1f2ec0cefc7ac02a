"""Are places told as far as the records tell them?"""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from talentflow.estimate.ranks import rank_values


def rank(values: list[float], errors: list[float], replicates: int = 200) -> list[list[int]]:
    found, spread = np.array(values), np.array(errors)
    drawn = np.random.default_rng(3).normal(size=(len(values), replicates)) * spread[:, None]
    standing = rank_values(
        found, found - 1.96 * spread, found + 1.96 * spread, found[:, None] + drawn, 0.95
    )
    return [column.tolist() for column in standing]


def test_what_lies_far_apart_has_one_place() -> None:
    assert rank([1, 30, 20], [0.1] * 3) == [[3, 1, 2], [3, 1, 2], [3, 1, 2]]


def test_what_cannot_be_told_apart_shares_all_places() -> None:
    places, low, high = rank([5.0, 5.1, 5.2, 90.0], [2.0] * 4)
    assert places == [4, 3, 2, 1]
    assert low == [2, 2, 2, 1]
    assert high == [4, 4, 4, 1]


def test_equal_values_share_the_best_place() -> None:
    assert rank([2, 2, 1], [0.01] * 3)[0] == [1, 1, 3]


def test_a_common_cause_does_not_blur_the_order() -> None:
    """Figures that rise and fall together keep their order however wide their intervals."""
    common = np.random.default_rng(1).normal(size=200)
    values = np.array([3.0, 2.0, 1.0])
    drawn = values[:, None] + 5 * common + 0.01 * np.random.default_rng(2).normal(size=(3, 200))
    standing = rank_values(values, values - 9.8, values + 9.8, drawn, 0.95)
    assert standing.low.tolist() == standing.high.tolist() == [1, 2, 3]


@given(st.lists(st.floats(-10, 10), min_size=2, max_size=8), st.floats(0.01, 5))
def test_the_place_lies_in_its_interval(values: list[float], error: float) -> None:
    places, low, high = (np.array(column) for column in rank(values, [error] * len(values)))
    assert (low <= places).all()
    assert (places <= high).all()
    assert low.min() >= 1
    assert high.max() <= len(values)
