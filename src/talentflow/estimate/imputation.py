"""One set of counts with its replicates from those of several imputations.

Rubin's rules: the estimate is the mean over the M imputations, its variance the mean variance
within plus (1 + 1/M) times the variance between them. Counts are pooled so that the ordinary
variance over the pooled replicates is that sum: within each imputation the replicates keep their
distance from its own count, and the imputations' distances from their mean are stretched by
√((M + 1)/(M − 1)). Ratios, differences and survival follow from pooled counts like any others.

Sources: Rubin 1987, ch. 3; bootstrap within imputations, Schomaker and Heumann 2018 ("MI boot").
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

Counts = npt.NDArray[np.int64]


class Imputed(NamedTuple):
    """Counts of one imputation: `cells[i]`, `persons[i]`, `counts[i, replicate]`; replicate 0 is
    the imputation's own count."""

    cells: Counts
    persons: Counts
    counts: Counts


def share_replicates(replicates: int, imputations: int) -> list[int]:
    """How many replicates each imputation takes, as equal as can be."""
    return [
        replicates * (number + 1) // imputations - replicates * number // imputations
        for number in range(imputations)
    ]


def pool_imputations(parts: Sequence[Imputed]) -> Imputed:
    """All imputations as one, sorted by cell; a cell that an imputation lacks counts 0 in it.

    Counts stay whole numbers, rounded to the nearest; persons are the mean over imputations, at
    least one: a cell that some imputation has somebody in is small, and not nobody's.
    """
    if len(parts) == 1:
        return parts[0]
    cells = np.unique(np.concatenate([part.cells for part in parts]))
    spread = [_spread(part, cells) for part in parts]
    points = np.array([counts[:, 0] for counts in spread], float)
    mean = points.mean(axis=0)
    stretch = np.sqrt((len(parts) + 1) / (len(parts) - 1))
    columns = [mean[:, None]]
    for counts, point in zip(spread, points, strict=True):
        columns.append(counts[:, 1:] - point[:, None] + (mean + stretch * (point - mean))[:, None])
    pooled = np.maximum(np.rint(np.concatenate(columns, axis=1)), 0).astype(np.int64)
    persons = np.zeros(len(cells))
    for part in parts:
        persons[np.searchsorted(cells, part.cells)] += part.persons / len(parts)
    return Imputed(cells, np.maximum(np.rint(persons), 1).astype(np.int64), pooled)


def _spread(part: Imputed, cells: Counts) -> Counts:
    counts = np.zeros((len(cells), part.counts.shape[1]), np.int64)
    counts[np.searchsorted(cells, part.cells)] = part.counts
    return counts
