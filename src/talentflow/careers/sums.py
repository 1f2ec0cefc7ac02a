"""Which cells are sums of others, and what do they add up to?

The pass over persons counts only the finest cells. A year adds up to its window and flows to
the whole period, flows to departures and arrivals, countries to the world, and those followed
for t years or longer to those at risk in year t. Sums of whole numbers are the same in any
order, so these are the figures that counting each of them would give.
"""

from __future__ import annotations

from typing import Final

import numba as nb
import numpy as np
import numpy.typing as npt

from talentflow.careers import cells

Integers = npt.NDArray[np.int64]

_PERIOD: Final = np.int64(cells.PERIOD_BITS)
_SECTOR_SHIFT, _STAGE_SHIFT, _PARTNER_SHIFT, _AREA_SHIFT, _MEASURE_SHIFT = 10, 16, 20, 28, 42


def add_sums(found: Integers, counts: Integers, *, world_is_sum: bool) -> None:
    """Fill in place the counts of the cells that are sums; `found` are sorted cells and
    `counts[i, replicate]` belongs to the i-th. Every sum must be among the cells, empty.

    `world_is_sum` false: persons live in several countries at once, and the world was counted.
    """
    measure, period = found >> _MEASURE_SHIFT, found & _PERIOD
    yearly = period < cells.WINDOWS
    flows = yearly & (measure == cells.FLOW)
    _add(found, counts, flows, _as_outflow(found))
    _add(found, counts, flows, _as_inflow(found))
    _add(found, counts, flows, found - period + cells.WHOLE)
    if world_is_sum:
        countries = yearly & (measure == cells.STOCK) & _covers_everyone(found)
        _add(found, counts, countries, _replace(found, _AREA_SHIFT, cells.ALL_AREAS))
    window = cells.WINDOWS + period // cells.WINDOW_YEARS
    _add(found, counts, yearly, found - period + window)
    changes = (measure == cells.SECTOR_FLOW) & (period != cells.WHOLE)
    _add(found, counts, changes, found - period + cells.WHOLE)
    _accumulate(found, counts, measure == cells.RETENTION_RISK)


def find_world(found: Integers) -> tuple[Integers, Integers]:
    """Rows of the stock of whole countries, and the cell of the world that each is a part of."""
    rows = np.flatnonzero(((found >> _MEASURE_SHIFT) == cells.STOCK) & _covers_everyone(found))
    return rows, _replace(found[rows], _AREA_SHIFT, cells.ALL_AREAS)


def _replace(found: Integers, shift: int, code: int) -> Integers:
    return np.asarray((found & ~(np.int64(255) << shift)) | (np.int64(code) << shift), np.int64)


def _as_measure(found: Integers, measure: int) -> Integers:
    within = found & ((np.int64(1) << _MEASURE_SHIFT) - 1)
    return np.asarray(within | (np.int64(measure) << _MEASURE_SHIFT), np.int64)


def _as_outflow(found: Integers) -> Integers:
    return _replace(_as_measure(found, cells.OUTFLOW), _PARTNER_SHIFT, cells.ALL_AREAS)


def _as_inflow(found: Integers) -> Integers:
    arrived = (found >> _PARTNER_SHIFT) & 255
    cleared = found & ~(np.int64(255) << _AREA_SHIFT)
    of_area = np.asarray(cleared | (arrived << _AREA_SHIFT), np.int64)
    return _replace(_as_measure(of_area, cells.INFLOW), _PARTNER_SHIFT, cells.ALL_AREAS)


def _covers_everyone(found: Integers) -> npt.NDArray[np.bool_]:
    """A country as a whole, all stages and sectors."""
    area = (found >> _AREA_SHIFT) & 255
    stage = (found >> _STAGE_SHIFT) & 15
    sector = (found >> _SECTOR_SHIFT) & 63
    return np.asarray(
        (area != cells.ALL_AREAS) & (stage == cells.ALL_STAGES) & (sector == cells.ALL_SECTORS)
    )


def _add(
    found: Integers, counts: Integers, chosen: npt.NDArray[np.bool_], totals: Integers
) -> None:
    sources = np.flatnonzero(chosen)
    targets = np.searchsorted(found, totals[sources])
    assert np.array_equal(found[targets], totals[sources]), "a sum without a cell"
    _add_rows(counts, sources, targets)


def _accumulate(found: Integers, counts: Integers, chosen: npt.NDArray[np.bool_]) -> None:
    """From the longest duration down, those followed longer are at risk too."""
    rows = np.flatnonzero(chosen)[::-1]
    same = found[rows[:-1]] & ~_PERIOD == found[rows[1:]] & ~_PERIOD
    _add_rows(counts, rows[:-1][same], rows[1:][same])


@nb.njit(cache=True, nogil=True)
def _add_rows(counts: Integers, sources: Integers, targets: Integers) -> None:
    for i in range(len(sources)):
        counts[targets[i]] += counts[sources[i]]
