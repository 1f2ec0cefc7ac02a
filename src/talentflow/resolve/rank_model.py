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
from talentflow.resolve.rank_index import Floats

MODEL_FILE: Final = "rank_model.npz"
FURTHER_FEATURES: Final = (
    *FEATURES, "score", "score_of_first", "first_is_company", "is_whole_of_first",
    "is_part_of_first",
)  # fmt: skip
"""What decides whether a further organization is named: the row, its score, the first's."""

Doubles = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Trees:
    """Trees in one set of arrays; a leaf has feature −1, children are absolute positions."""

    roots: npt.NDArray[np.int32]
    feature: npt.NDArray[np.int16]
    threshold: Doubles
    left: npt.NDArray[np.int32]
    right: npt.NDArray[np.int32]
    value: Doubles
    start: float

    def score(self, features: Floats) -> Doubles:
        """Log-odds of each row."""
        scores: Doubles = _score(
            np.ascontiguousarray(features, dtype=np.float32),
            self.roots,
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
    return Trees(
        roots=stored[f"{name}_roots"],
        feature=stored[f"{name}_feature"],
        threshold=stored[f"{name}_split"],
        left=stored[f"{name}_left"],
        right=stored[f"{name}_right"],
        value=stored[f"{name}_value"],
        start=float(stored[f"{name}_start"]),
    )


@nb.njit(cache=True, nogil=True)  # type: ignore[untyped-decorator, unused-ignore]
def _score(
    features: Floats,
    roots: npt.NDArray[np.int32],
    feature: npt.NDArray[np.int16],
    threshold: Doubles,
    left: npt.NDArray[np.int32],
    right: npt.NDArray[np.int32],
    value: Doubles,
    start: float,
) -> Doubles:
    scores = np.full(features.shape[0], start)
    for i in range(features.shape[0]):
        for root in roots:
            at = root
            while feature[at] >= 0:
                at = left[at] if features[i, feature[at]] <= threshold[at] else right[at]
            scores[i] += value[at]
    return scores
