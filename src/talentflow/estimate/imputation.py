"""One set of counts with its replicates from those of several imputations.

Draws come from chances that are given, or from a law fitted to the same records; the two are
pooled differently.

Chances that are given, Rubin's rules: the estimate is the mean over the M imputations, its
variance the mean variance within plus (1 + 1/M) times the variance between them. Counts are
pooled so that the ordinary variance over the pooled replicates is that sum: within each imputation
the replicates keep their distance from its own count, and the imputations' distances from their
mean are stretched by √((M + 1)/(M − 1)). Ratios, differences and survival follow from pooled
counts like any others.

A fitted law: whoever fits knows more than whoever counts (one chance of a move serves all years),
and Rubin's sum is then too large. The estimate, the mean over draws of one law, is a function of
the sample of persons, directly and through the law, and its variance is that over resamples in
both: a replicate counts the persons of its resample in the draws at hand, and adds what one draw
changes when the law is fitted to the resample and drawn from with the same random numbers.

Sources: Rubin 1987, ch. 3; bootstrap within imputations, Schomaker and Heumann 2018 ("MI boot");
where Rubin's variance is too large, Meng 1994, Robins and Wang 2000; resampling before imputing,
Bartlett and Hughes 2020.
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


def pool_refitted(draws: Sequence[Imputed], refitted: Sequence[Imputed]) -> Imputed:
    """Draws of one fitted law as one estimate, sorted by cell; a cell that a draw lacks counts 0.

    `draws` share their bootstrap weights. `refitted[b]` has the count alone, of draw b modulo the
    number of draws, made again with the law of resample b + 1; the result has that many
    replicates. Persons are the mean over draws, at least one.
    """
    cells = np.unique(np.concatenate([part.cells for part in (*draws, *refitted)]))
    spread = [_spread(part, cells) for part in draws]
    pooled = np.mean([counts[:, : len(refitted) + 1] for counts in spread], axis=0)
    for number, part in enumerate(refitted):
        change = _spread(part, cells)[:, 0] - spread[number % len(draws)][:, 0]
        pooled[:, number + 1] += change
    persons = np.zeros(len(cells))
    for part in draws:
        persons[np.searchsorted(cells, part.cells)] += part.persons / len(draws)
    return Imputed(
        cells,
        np.maximum(np.rint(persons), 1).astype(np.int64),
        np.maximum(np.rint(pooled), 0).astype(np.int64),
    )


def _spread(part: Imputed, cells: Counts) -> Counts:
    counts = np.zeros((len(cells), part.counts.shape[1]), np.int64)
    counts[np.searchsorted(cells, part.cells)] = part.counts
    return counts
