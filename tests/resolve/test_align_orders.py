"""Laying lists over authors: the sums over all ways, against a list of all ways."""

from __future__ import annotations

from itertools import combinations, permutations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from talentflow.resolve.align_orders import lay_parts
from talentflow.resolve.align_papers import Floats


def lay_by_listing(fit: Floats, blank: Floats, moved: float) -> Floats:
    """Every choice of holders in order, with every block of up to two of them moved to the end
    in either order."""
    n_authors, n_parts = fit.shape
    joint = np.zeros_like(fit)
    total = 0.0
    for holders in combinations(range(n_authors), n_parts):
        rest = float(np.prod([blank[i] for i in range(n_authors) if i not in holders]))
        for k in range(min(2, n_parts) + 1):
            for end in combinations(holders, k):
                kept = [i for i in holders if i not in end]
                ways = list(permutations(end))
                for way in ways:
                    order = [*kept, *way]
                    weight = rest * moved**k / len(ways)
                    weight *= float(np.prod([fit[i, p] for p, i in enumerate(order)]))
                    total += weight
                    for p, i in enumerate(order):
                        joint[i, p] += weight
    return joint / total


shapes = st.integers(1, 5).flatmap(lambda n: st.tuples(st.just(n), st.integers(1, min(n, 2))))


@given(shapes, st.integers(0, 1000), st.floats(0.01, 1))
def test_the_sums_are_those_over_all_ways(shape: tuple[int, int], seed: int, moved: float) -> None:
    generator = np.random.default_rng(seed)
    fit = generator.uniform(0.01, 1, shape)
    blank = generator.uniform(0.05, 2, shape[0])
    joint, _ = lay_parts(fit, blank, moved)
    np.testing.assert_allclose(joint, lay_by_listing(fit, blank, moved), atol=1e-9)


@given(st.integers(1, 12), st.integers(1, 12), st.integers(0, 1000))
def test_every_part_has_one_holder_and_every_author_at_most_one(
    n_authors: int, n_parts: int, seed: int
) -> None:
    fit = np.random.default_rng(seed).uniform(0.001, 1, (n_authors, n_parts))
    joint, expected = lay_parts(fit, np.ones(n_authors), 0.05)
    if n_parts > n_authors:
        assert not joint.any()
        return
    np.testing.assert_allclose(joint.sum(axis=0), 1)
    assert (joint.sum(axis=1) <= 1 + 1e-9).all()
    assert 0 <= expected <= n_parts


def test_as_many_parts_as_authors_are_mostly_in_order() -> None:
    joint, _ = lay_parts(np.ones((4, 4)), np.ones(4), 0.05)
    assert (np.diag(joint) > 0.7).all()
    assert joint[0, 3] == pytest.approx(joint[0].max() * 0.05, rel=0.5)


def test_evidence_finds_the_profile_that_moved_to_the_end() -> None:
    fit = np.full((3, 3), 0.02)
    fit[1, 0] = fit[2, 1] = fit[0, 2] = 1
    joint, expected = lay_parts(fit, np.ones(3), 0.05)
    assert joint.argmax(axis=1).tolist() == [2, 0, 1]
    assert expected > 0.5
