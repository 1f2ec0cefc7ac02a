"""Groups: components against a plain union, ragged lists against a dictionary."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from talentflow.resolve.people_graph import (
    Ragged,
    distinct_pairs,
    find_components,
    join_cautiously,
    repeated_keys,
)

PAIRS = st.lists(st.tuples(st.integers(0, 19), st.integers(0, 19)), max_size=40)


def columns(pairs: list[tuple[int, int]]) -> tuple[np.ndarray, np.ndarray]:
    table = np.array(pairs, dtype=np.int64).reshape(-1, 2)
    return table[:, 0], table[:, 1]


@given(PAIRS)
def test_components_are_what_is_connected(pairs: list[tuple[int, int]]) -> None:
    group = list(range(20))
    for left, right in pairs:
        low, high = sorted((group[left], group[right]))
        group = [low if g == high else g for g in group]
    assert find_components(20, *columns(pairs)).tolist() == group


def test_a_long_chain_is_one_component() -> None:
    order = np.random.default_rng(7).permutation(5000)
    assert set(find_components(5000, order[:-1], order[1:]).tolist()) == {0}


@given(PAIRS)
def test_ragged_lists_distinct_values(pairs: list[tuple[int, int]]) -> None:
    ragged = Ragged.from_pairs(20, *columns(pairs))
    for key in range(20):
        assert ragged.of(key) == sorted({value for k, value in pairs if k == key})
    several = {k for k in range(20) if len({v for key, v in pairs if key == k}) > 1}
    assert {key for key, _ in ragged.several()} == several
    assert set(repeated_keys(*columns(pairs)).tolist()) == several


def test_distinct_pairs_remember_the_first_position() -> None:
    keys, values, first, counts = distinct_pairs(*columns([(2, 1), (0, 3), (2, 1)]))
    assert (keys.tolist(), values.tolist()) == ([0, 2], [3, 1])
    assert (first.tolist(), counts.tolist()) == ([1, 0], [1, 2])


def test_a_group_is_joined_wholly_or_not_at_all() -> None:
    def seven_is_too_much(_: int, parts: list[set[int]]) -> bool:
        return sum(map(sum, parts)) > 7

    groups = [[1, 2], [3, 4], [2, 3], [4], [1, 4]]
    assert join_cautiously(groups, seven_is_too_much) == [True, True, False, True, False]
    assert join_cautiously([[1, 2], [2, 1]], lambda position, _: position > 0) == [True, True]
