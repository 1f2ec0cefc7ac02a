"""Which place does an area take among all, and which places do the records allow?

The place of an area is uncertain because its differences to the others are. An area may stand as
high as one below all that are certainly above it, and as low as one above all that are certainly
below; certain at a level that holds for all its comparisons at once, so that the interval of
places holds the true one at least as often as the level says, however close the areas lie.

Resampling the places themselves (Goldstein and Spiegelhalter 1996) gives narrower intervals which
do not: where many areas are close, the first and the last are pulled to the middle in every
replicate. `docs/coverage.md` shows both.

Source: Mogstad, Romano, Shaikh and Wilhelm 2024, marginal confidence sets for ranks; the margin
of each difference as in `differences`.
"""

from __future__ import annotations

from statistics import NormalDist
from typing import Final, NamedTuple

import numpy as np
import numpy.typing as npt

from talentflow.estimate.differences import Floats, join_margins

Places = npt.NDArray[np.int64]

RANKED_FROM: Final = 20
"""Areas whose figure rests on fewer persons are left out of rankings."""


class Standing(NamedTuple):
    """Place and interval of places of each area, 1 for the highest value."""

    rank: Places
    low: Places
    high: Places


def rank_values(
    values: Floats, low: Floats, high: Floats, replicates: Floats, level: float
) -> Standing:
    """Places of p figures with their bounds at `level` and (p, B) joint replicates.

    Equal values share the best place. Needs two figures and two replicates.
    """
    deviations = _centre(replicates)
    covariance = deviations @ deviations.T / (deviations.shape[1] - 1)
    scale = _find_critical(deviations, covariance, level) / NormalDist().inv_cdf(0.5 + level / 2)
    gap = values[:, None] - values[None, :]
    # Item (j, k): by how much j must exceed k for the difference to be certain.
    margin = join_margins((values - low)[:, None], (high - values)[None, :], _correlate(covariance))
    certain_above = gap.T - scale[:, None] * margin.T
    certain_below = gap - scale[:, None] * margin
    return Standing(
        rank=1 + (gap < 0).sum(axis=1),
        low=1 + (certain_above > 0).sum(axis=1),
        high=len(values) - (certain_below > 0).sum(axis=1),
    )


def _centre(replicates: Floats) -> Floats:
    """Replicates around their own mean; an undefined one says nothing and becomes the mean."""
    known = np.isfinite(replicates)
    count = np.maximum(known.sum(axis=1, keepdims=True), 1)
    mean = np.where(known, replicates, 0.0).sum(axis=1, keepdims=True) / count
    return np.asarray(np.where(known, replicates - mean, 0.0), float)


def _correlate(covariance: Floats) -> Floats:
    spread = np.sqrt(np.diag(covariance))
    scale = spread[:, None] * spread[None, :]
    found = np.divide(covariance, scale, out=np.zeros_like(covariance), where=scale > 0)
    return np.asarray(np.clip(found, -1.0, 1.0), float)


def _find_critical(deviations: Floats, covariance: Floats, level: float) -> Floats:
    """For each figure the bound that the largest of its studentised differences to the others
    keeps in the share `level` of the replicates."""
    size = np.diag(covariance)
    variance = size[:, None] + size[None, :] - 2 * covariance
    # Rounding leaves a trace of variance between figures that are alike in every replicate.
    alike = variance <= 1e-12 * (size[:, None] + size[None, :])
    spread = np.where(alike, np.inf, np.sqrt(np.maximum(variance, 0.0)))
    largest = np.stack(
        [
            (np.abs(deviations[j] - deviations) / spread[j][:, None]).max(axis=0)
            for j in range(len(deviations))
        ]
    )
    single = NormalDist().inv_cdf(0.5 + level / 2)
    return np.asarray(np.maximum(np.quantile(largest, level, axis=1), single), float)
