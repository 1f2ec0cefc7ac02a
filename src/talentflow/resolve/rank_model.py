"""How probable is it that an organization is the one a text names?

Two small sets of boosted regression trees, trained by `tools/train_ranker.py` and kept in
`rank_model.npz`: one scores each candidate, one says whether a further organization is named
beside the first. Their scores are turned into probabilities by step-wise linear calibration.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from importlib import resources
from typing import Any, Final

import numba as nb
import numpy as np
import numpy.typing as npt

from talentflow.core.errors import ContractError
from talentflow.resolve.rank_features import FEATURES
from talentflow.resolve.rank_index import Doubles, Floats

MODEL_FILE: Final = "rank_model.npz"
FURTHER_FEATURES: Final = (
    *FEATURES, "score", "score_of_first", "first_is_company", "is_whole_of_first",
    "is_part_of_first",
)  # fmt: skip
"""What decides whether a further organization is named: the row, its score, the first's."""

_BLOCK_ROWS: Final = 128
"""Rows that go down a tree together, so that one need not wait for the other's memory."""

Unsigned = npt.NDArray[np.uint32]


@dataclass(frozen=True)
class Trees:
    """Trees in one set of arrays; children are absolute positions, a leaf is its own child."""

    roots: Unsigned
    depths: npt.NDArray[np.int64]
    """Of each tree: how many steps lead to any leaf."""
    feature: Unsigned
    threshold: Floats
    """Rows with a feature up to the threshold go left."""
    left: Unsigned
    right: Unsigned
    value: Doubles
    start: float

    def score(self, features: Floats) -> Doubles:
        """Log-odds of each row."""
        scores: Doubles = _score(
            np.ascontiguousarray(features, dtype=np.float32),
            self.roots,
            self.depths,
            self.feature,
            self.threshold,
            self.left,
            self.right,
            self.value,
            self.start,
        )
        return scores


@dataclass(frozen=True)
class RankModel:
    """Everything that was learned. Calibrations are points of (log-odds, probability)."""

    candidates: Trees
    further: Trees
    first_calibration: tuple[Doubles, Doubles]
    further_calibration: tuple[Doubles, Doubles]
    threshold: float
    further_threshold: float


@lru_cache(maxsize=1)
def load_model() -> RankModel:
    """The model shipped with the package; raises `ContractError` for other features."""
    with (resources.files(__package__) / MODEL_FILE).open("rb") as file:
        stored = dict(np.load(file, allow_pickle=False))
    names = tuple(stored["features"].tolist())
    if names != FURTHER_FEATURES:
        raise ContractError(
            "the ranker was trained on other features",
            expected=", ".join(FURTHER_FEATURES),
            where=MODEL_FILE,
            next_step="train it again with tools/train_ranker.py",
        )
    return RankModel(
        candidates=_read_trees(stored, "candidates"),
        further=_read_trees(stored, "further"),
        first_calibration=(stored["first_score"], stored["first_probability"]),
        further_calibration=(stored["further_score"], stored["further_probability"]),
        threshold=float(stored["threshold"]),
        further_threshold=float(stored["further_threshold"]),
    )


def calibrate(scores: Doubles, points: tuple[Doubles, Doubles]) -> Doubles:
    """Probabilities of log-odds, between the points linearly."""
    result: Doubles = np.interp(scores, *points)
    return result


def _read_trees(stored: dict[str, Any], name: str) -> Trees:
    """The trees as stored: there a leaf has feature −1 and a parent stands before its children."""
    feature, value, left, right = (
        stored[f"{name}_{column}"] for column in ("feature", "value", "left", "right")
    )
    leaf, own = feature < 0, np.arange(len(feature))
    left, right = np.where(leaf, own, left), np.where(leaf, own, right)
    height = np.zeros(len(feature), dtype=np.int64)
    for node in np.flatnonzero(~leaf)[::-1].tolist():
        height[node] = 1 + max(height[left[node]], height[right[node]])
    roots = stored[f"{name}_roots"]
    return Trees(
        roots=roots.astype(np.uint32),
        depths=height[roots],
        feature=np.where(leaf, 0, feature).astype(np.uint32),
        threshold=_round_down(stored[f"{name}_split"]),
        left=left.astype(np.uint32),
        right=right.astype(np.uint32),
        value=value,
        start=float(stored[f"{name}_start"]),
    )


def _round_down(thresholds: Doubles) -> Floats:
    """The largest single-precision numbers that are no larger: they part single-precision
    features exactly as the thresholds themselves do."""
    near = thresholds.astype(np.float32)
    below = np.nextafter(near, np.float32(-np.inf))
    return np.where(near > thresholds, below, near)


@nb.njit(cache=True, nogil=True)  # type: ignore[untyped-decorator, unused-ignore]
def _score(
    features: Floats,
    roots: Unsigned,
    depths: npt.NDArray[np.int64],
    feature: Unsigned,
    threshold: Floats,
    left: Unsigned,
    right: Unsigned,
    value: Doubles,
    start: float,
) -> Doubles:
    scores = np.full(features.shape[0], start)
    at = np.empty(_BLOCK_ROWS, np.uint32)
    for first in range(0, features.shape[0], _BLOCK_ROWS):
        block = features[first : first + _BLOCK_ROWS]
        for tree in range(roots.size):
            at[:] = roots[tree]
            for _ in range(depths[tree]):
                for row in range(block.shape[0]):
                    node = at[row]
                    goes_left = block[row, feature[node]] <= threshold[node]
                    at[row] = left[node] if goes_left else right[node]
            for row in range(block.shape[0]):
                scores[first + row] += value[at[row]]
    return scores
