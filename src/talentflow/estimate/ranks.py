"""Which place does an area take among all, and which places do the records allow?

The place of an area is uncertain because its differences to the others are. An area may stand as
high as one below all that are certainly above it, and as low as one above all that are certainly
below; certain at a level that holds for all its comparisons at once, so that the interval of
places holds the true one at least as often as the level says, however close the areas lie.

Of two areas one is truly above, so a comparison can only be wrong to one side; and areas that are
certainly above or below need no further share of the error (a step-down). So the level is reached
where all areas are as good as equal, and passed where they are not: an interval of whole numbers
cannot be held less often than that and still hold for every area.

Resampling the places themselves (Goldstein and Spiegelhalter 1996) gives narrower intervals which
do not: where many areas are close, the first and the last are pulled to the middle in every
replicate. `docs/coverage.md` shows both.

Sources: Mogstad, Romano, Shaikh and Wilhelm 2024, marginal confidence sets for ranks; stepping
down, Romano and Wolf 2005; the margin of each difference as in `differences`.
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
    gap = values[:, None] - values[None, :]
    # Item (j, k): by how much j must exceed k for the difference to be certain.
    margin = join_margins((values - low)[:, None], (high - values)[None, :], _correlate(covariance))
    studentised = _Studentised(deviations, covariance, np.argsort(values, kind="stable"))
    two_sided = NormalDist().inv_cdf(0.5 + level / 2)
    undecided = ~np.eye(len(values), dtype=bool)
    critical = np.zeros(len(values))
    changed = np.arange(len(values))
    while len(changed):
        critical[changed] = studentised.find_critical(changed, undecided, level)
        scale = critical[:, None] / two_sided
        certain_above = gap.T - scale * margin.T
        certain_below = gap - scale * margin
        left = undecided & (certain_above <= 0) & (certain_below <= 0)
        changed = np.flatnonzero((left != undecided).any(axis=1))
        undecided = left
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


class _Studentised:
    """Differences between areas in their standard errors, replicate by replicate; `order` lists
    the areas from the lowest value to the highest."""

    def __init__(self, deviations: Floats, covariance: Floats, order: Places) -> None:
        size = np.diag(covariance)
        variance = size[:, None] + size[None, :] - 2 * covariance
        # Rounding leaves a trace of variance between figures that are alike in every replicate.
        alike = variance <= 1e-12 * (size[:, None] + size[None, :])
        spread = np.where(alike, np.inf, np.sqrt(np.maximum(variance, 0.0)))
        self._deviations, self._precision, self._order = deviations, 1 / spread, order

    def find_critical(self, areas: Places, undecided: Places, level: float) -> Floats:
        """For each of the areas the bound that the largest of its undecided differences keeps in
        the share `level` of the replicates, each difference to the side on which it can be wrong.

        Which side that is depends on the true order. Three orders are tried, the area last,
        first, and every other area above it, and the largest bound is taken.
        """
        largest = np.zeros((len(areas), 3, self._deviations.shape[1]))
        for found, area in zip(largest, areas.tolist(), strict=True):
            rows = self._order[undecided[area][self._order]]
            if len(rows):
                precision = self._precision[area, rows][:, None]
                above = (self._deviations[area] - self._deviations[rows]) * precision
                found[0], found[1] = above.max(axis=0), -above.min(axis=0)
                above[::2] *= -1
                found[2] = above.max(axis=0)
        critical = np.quantile(largest, level, axis=2).max(axis=1)
        return np.asarray(np.maximum(critical, NormalDist().inv_cdf(level)), float)
