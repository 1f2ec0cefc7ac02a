"""What comes out of counting, and how the counts of disjoint persons add up."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt


@dataclass(frozen=True, kw_only=True)
class CellCounts:
    """Counts of many cells: `cells[i]` packed, `persons[i]`, `counts[i, replicate]`. One person
    counts `units`."""

    cells: npt.NDArray[np.int64]
    persons: npt.NDArray[np.int64]
    counts: npt.NDArray[np.int64]
    units: int = 1


def add_counts(parts: Sequence[CellCounts]) -> CellCounts:
    """The counts of disjoint persons under one set of rules, at least one part, added up."""
    every = np.unique(np.concatenate([part.cells for part in parts]))
    persons = np.zeros(len(every), np.int64)
    counts = np.zeros((len(every), parts[0].counts.shape[1]), np.int64)
    for part in parts:
        rows = np.searchsorted(every, part.cells)
        persons[rows] += part.persons
        counts[rows] += part.counts
    return CellCounts(cells=every, persons=persons, counts=counts, units=parts[0].units)
