"""Is the variance over pooled replicates that of Rubin's rules?"""

from __future__ import annotations

import numpy as np
import pytest

from talentflow.estimate.imputation import (
    Imputed,
    pool_imputations,
    pool_refitted,
    share_replicates,
)


def draw_parts(random: np.random.Generator, imputations: int) -> list[Imputed]:
    parts = []
    for _ in range(imputations):
        point = int(random.normal(1000, 30))
        counts = np.array([[point, *np.rint(random.normal(point, 20, 400)).astype(int)]])
        parts.append(Imputed(np.array([7]), np.array([point]), counts))
    return parts


def test_between_and_within_variance_add_up() -> None:
    parts = draw_parts(np.random.default_rng(1), 5)
    pooled = pool_imputations(parts)
    points = np.array([part.counts[0, 0] for part in parts], float)
    within = np.mean([((p.counts[0, 1:] - p.counts[0, 0]) ** 2).mean() for p in parts])
    total = within + (1 + 1 / 5) * points.var(ddof=1)
    assert pooled.counts[0, 0] == round(points.mean())
    assert pooled.counts.shape == (1, 2001)
    assert pooled.counts[0, 1:].var() == pytest.approx(total, rel=0.02)


def test_a_cell_that_an_imputation_lacks_counts_nothing_there() -> None:
    one = Imputed(np.array([3, 5]), np.array([4, 10]), np.array([[4, 4], [10, 12]]))
    two = Imputed(np.array([5]), np.array([20]), np.array([[20, 18]]))
    pooled = pool_imputations([one, two])
    assert pooled.cells.tolist() == [3, 5]
    assert pooled.persons.tolist() == [2, 15]
    assert pooled.counts[:, 0].tolist() == [2, 15]
    assert pooled.counts.min() >= 0


def test_a_cell_that_one_imputation_of_five_has_is_small_and_not_empty() -> None:
    """Rounded to nobody, it would be withheld, and what it adds up with beside it."""
    parts = [Imputed(np.array([5]), np.array([20]), np.array([[20, 18]])) for _ in range(4)]
    parts.append(Imputed(np.array([3, 5]), np.array([1, 20]), np.array([[1, 2], [20, 18]])))
    assert pool_imputations(parts).persons.tolist() == [1, 20]


def test_one_imputation_is_itself() -> None:
    (part,) = draw_parts(np.random.default_rng(1), 1)
    assert pool_imputations([part]) is part


@pytest.mark.parametrize("imputations", [1, 3, 7, 200])
def test_replicates_are_shared_out_completely(imputations) -> None:
    shares = share_replicates(200, imputations)
    assert sum(shares) == 200
    assert max(shares) - min(shares) <= 1


def test_draws_of_a_fitted_law_are_averaged_and_carry_its_error() -> None:
    def one(cells: list[int], counts: list[list[int]]) -> Imputed:
        return Imputed(np.array(cells), np.array([len(c) for c in counts]), np.array(counts))

    draws = [one([1, 2], [[10, 12, 8], [4, 4, 6]]), one([1], [[20, 22, 18]])]
    refitted = [one([1, 2], [[13], [4]]), one([1, 3], [[18], [2]])]
    pooled = pool_refitted(draws, refitted)
    assert pooled.cells.tolist() == [1, 2, 3]
    # The mean of the draws; replicate 1 adds 13 − 10 of draw 0, replicate 2 adds 18 − 20 of draw 1.
    assert pooled.counts[0].tolist() == [15, 17 + 3, 13 - 2]
    assert pooled.counts[1].tolist() == [2, 2, 3]
    assert pooled.counts[2].tolist() == [0, 0, 2]
    assert (pooled.persons >= 1).all()
