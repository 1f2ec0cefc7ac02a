"""Are the bootstrap weights independent Poisson(1) draws that never change?"""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from talentflow.careers.weights import THRESHOLDS, draw_weights, hash_ids

PERSONS, REPLICATES = 4000, 200


def draw(ids: list[str], replicates: int) -> npt.NDArray[np.int32]:
    """One row a person."""
    weights = np.zeros((len(ids), replicates + 1), np.int32)
    for row, person_hash in zip(weights, hash_ids(pa.array(ids, pa.string())), strict=True):
        draw_weights(person_hash, row)
    return weights


@pytest.fixture(scope="module")
def replicates() -> npt.NDArray[np.float64]:
    """Weights of persons with neighbouring ids, the point value left out."""
    return draw([f"~Person{i}" for i in range(PERSONS)], REPLICATES)[:, 1:].astype(float)


def test_hashes_are_fnv_1a() -> None:
    # Vectors of the FNV specification (draft-eastlake-fnv, appendix C).
    hashes = hash_ids(pa.array(["", "a", "foobar"]))
    assert [f"{h:016x}" for h in hashes] == [
        "cbf29ce484222325",
        "af63dc4c8601ec8c",
        "85944171f73967e8",
    ]


def test_weights_never_change() -> None:
    """A published interval must come out the same from any later version."""
    assert draw(["~Ada_Kim1", "박지민", ""], 12).tolist() == [
        [1, 1, 0, 0, 1, 1, 2, 0, 2, 2, 0, 1, 0],
        [1, 0, 1, 0, 1, 0, 1, 1, 2, 1, 1, 1, 1],
        [1, 1, 2, 3, 0, 0, 1, 2, 1, 0, 0, 2, 0],
    ]


def test_hash_depends_on_the_text_alone() -> None:
    ids = ["x", "~Ada_Kim1", "박지민"]
    expected = hash_ids(pa.array(ids)).tolist()
    assert hash_ids(pa.array(["other", *ids]).slice(1)).tolist() == expected
    assert hash_ids(pa.array(ids, pa.large_string())).tolist() == expected
    assert [int(hash_ids(pa.array([text]))[0]) for text in ids] == expected


def test_nobody_has_no_hash() -> None:
    assert hash_ids(pa.array([], pa.string())).tolist() == []


@given(st.text(max_size=20), st.integers(0, 40))
def test_a_replicate_does_not_depend_on_how_many_there_are(person: str, replicates: int) -> None:
    more = draw([person], 50)[0]
    assert draw([person], replicates)[0].tolist() == more[: replicates + 1].tolist()
    assert more[0] == 1


def test_thresholds_are_the_poisson_distribution() -> None:
    assert THRESHOLDS[0] == round(math.exp(-1) * 2**32)
    assert (np.diff(THRESHOLDS.astype(float)) >= 0).all()
    twelve_or_more = 1 - sum(math.exp(-1) / math.factorial(k) for k in range(12))
    assert 2**32 - int(THRESHOLDS[-1]) == round(twelve_or_more * 2**32)
    assert math.exp(-1) / math.factorial(13) * 2**32 < 1


def test_mean_and_variance_are_one(replicates: npt.NDArray[np.float64]) -> None:
    n = replicates.size
    assert abs(replicates.mean() - 1) < 4 / math.sqrt(n)
    # The fourth central moment of Poisson(1) is 4, so the variance has variance 3 / n.
    assert abs(replicates.var() - 1) < 4 * math.sqrt(3 / n)
    # Each replicate resamples everybody about once.
    assert np.abs(replicates.mean(axis=0) - 1).max() < 4.5 / math.sqrt(PERSONS)
    assert np.abs(replicates.mean(axis=1) - 1).max() < 5 / math.sqrt(REPLICATES)


@pytest.mark.parametrize("step", [1, 2])
def test_counts_fit_the_distribution(replicates: npt.NDArray[np.float64], step: int) -> None:
    """Chi-square over the weights 0 … 6 and above; odd replicates and all."""
    drawn = replicates[:, ::step].astype(int)
    observed = np.bincount(np.minimum(drawn, 7).ravel(), minlength=8)
    p = [math.exp(-1) / math.factorial(k) for k in range(7)]
    expected = np.array([*p, 1 - sum(p)]) * drawn.size
    # 24.3 is exceeded with probability 0.001 at 7 degrees of freedom.
    assert ((observed - expected) ** 2 / expected).sum() < 24.3


@pytest.mark.parametrize("lag", [1, 2, 3, 4])
@pytest.mark.parametrize("axis", [0, 1], ids=["persons", "replicates"])
def test_neighbours_are_independent(
    replicates: npt.NDArray[np.float64], axis: int, lag: int
) -> None:
    x = replicates if axis == 1 else replicates.T
    near, far = x[:, :-lag].ravel() - 1, x[:, lag:].ravel() - 1
    assert abs((near * far).mean()) < 4 / math.sqrt(near.size)
    # Not only uncorrelated: whether both are zero is also a matter of chance.
    both = ((near == -1) & (far == -1)).mean()
    assert abs(both - math.exp(-2)) < 4 * math.sqrt(math.exp(-2) / near.size)


def test_no_two_persons_share_their_weights(replicates: npt.NDArray[np.float64]) -> None:
    assert len(np.unique(replicates, axis=0)) == PERSONS
    # Nor is one person's sequence another's, shifted by a pair of replicates.
    shifted = {row[2:42].tobytes() for row in replicates}
    assert not shifted & {row[:40].tobytes() for row in replicates}
