"""Do published replicates say how figures vary together, and nothing of who is behind them?"""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from talentflow.estimate.replicates import PUBLISHED_REPLICATES, rotate_replicates


@given(st.integers(1, 12), st.integers(2, 40), st.integers(0, 99))
def test_means_and_covariances_stay(figures: int, count: int, seed: int) -> None:
    replicates = np.random.default_rng(seed).normal(size=(figures, count)).cumsum(axis=0)
    rotated = rotate_replicates(replicates)
    assert rotated.mean(axis=1) == pytest.approx(replicates.mean(axis=1), abs=1e-9)
    assert np.cov(rotated) == pytest.approx(np.cov(replicates), abs=1e-9)
    assert np.array_equal(rotated, rotate_replicates(replicates.copy()))


def test_members_of_a_small_cell_cannot_be_recognised() -> None:
    """Weights that anybody can draw again correlate with the replicates of the cell they are in;
    with the rotated ones no more than those of a stranger."""
    random = np.random.default_rng(4)
    weights = random.poisson(1, (2000, 200)).astype(float)
    cells = np.stack([weights[i : i + 25].sum(axis=0) for i in range(0, 1000, 25)])

    def recognise(published: np.ndarray, people: np.ndarray) -> float:
        return float(np.mean([np.corrcoef(published[0], person)[0, 1] for person in people]))

    members, strangers = weights[:25], weights[1000:]
    assert recognise(cells, members) > 0.15
    rotated = rotate_replicates(cells)
    spread = np.std([np.corrcoef(rotated[0], person)[0, 1] for person in strangers])
    assert abs(recognise(rotated, members)) < 3 * spread / np.sqrt(len(members)) + 0.02


def test_undefined_replicates_leave_the_variance_what_it_is() -> None:
    replicates = np.random.default_rng(5).normal(size=(1, 100))
    replicates[0, ::10] = np.nan
    rotated = rotate_replicates(replicates)
    assert np.isfinite(rotated).all()
    assert rotated.var(ddof=1) == pytest.approx(np.nanvar(replicates, ddof=1))


def test_no_more_are_published_than_blur_common_members() -> None:
    replicates = np.random.default_rng(6).normal(size=(3, 900))
    rotated = rotate_replicates(replicates)
    assert rotated.shape == (3, PUBLISHED_REPLICATES)
    assert rotated.std() == pytest.approx(1, abs=0.1)


@pytest.mark.parametrize("shape", [(0, 50), (4, 0), (4, 1)])
def test_nothing_to_rotate(shape: tuple[int, int]) -> None:
    assert rotate_replicates(np.zeros(shape)).shape == shape
