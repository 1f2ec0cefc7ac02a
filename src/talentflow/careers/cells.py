"""What is counted, and in which cell: cells as integers, and the table that counts them.

A cell is `measure (5) | population (6) | area (8) | partner (8) | stage (4) | sector (6) |
period (10)` in one 64-bit integer. The table is a hash table with open addressing; each cell
has one row of counts, the point value and every bootstrap replicate.
"""

from __future__ import annotations

from typing import Final, NamedTuple

import numba as nb
import numpy as np
import numpy.typing as npt

from talentflow.careers.packing import FIRST_YEAR
from talentflow.core.areas import AREAS
from talentflow.core.vocabulary import ALL, SECTORS, STAGES

MEASURES: Final = (
    "stock",
    "inflow",
    "outflow",
    "flow",
    "cohort_work",
    "cohort_origin",
    "cohort_located",
    "retention_risk",
    "retention_left",
    "stage_flow",
    "sector_flow",
    "mobile",
    "followed",
)
STOCK, INFLOW, OUTFLOW, FLOW = 0, 1, 2, 3
COHORT_WORK, COHORT_ORIGIN, COHORT_LOCATED = 4, 5, 6
RETENTION_RISK, RETENTION_LEFT = 7, 8
STAGE_FLOW, SECTOR_FLOW, MOBILE, FOLLOWED = 9, 10, 11, 12

NO_POPULATION: Final = 63
ALL_AREAS: Final = 255
ALL_STAGES: Final = 15
ALL_SECTORS: Final = 63

WINDOW_YEARS: Final = 5
WINDOWS: Final = 256
WHOLE: Final = 400
DURATIONS: Final = 512
PERIOD_BITS: Final = 1023

_FULL: Final = -2


class CellTable(NamedTuple):
    """Counts by cell. `slots` maps a hash to a row, `state[0]` is the number of rows in use."""

    slots: npt.NDArray[np.int64]
    cells: npt.NDArray[np.int64]
    persons: npt.NDArray[np.int64]
    last_person: npt.NDArray[np.int64]
    counts: npt.NDArray[np.int32] | npt.NDArray[np.int64]
    state: npt.NDArray[np.int64]


class Cell(NamedTuple):
    """A decoded cell, in the words of the tallies contract."""

    measure: str
    population: int
    area: str
    partner: str
    stage: str
    sector: str
    period: str


def new_table(capacity: int, replicates: int, *, wide: bool = False) -> CellTable:
    """An empty table for at most `capacity` cells (a power of two); `wide`: counts of 64 bits."""
    shape = (capacity, replicates + 1)
    return CellTable(
        np.full(2 * capacity, -1, np.int64),
        np.zeros(capacity, np.int64),
        np.zeros(capacity, np.int64),
        np.full(capacity, -1, np.int64),
        # Pages of zeros are only taken from the machine when a cell is first written.
        np.zeros(shape, np.int64) if wide else np.zeros(shape, np.int32),
        np.zeros(1, np.int64),
    )


@nb.njit(cache=True, nogil=True)
def pack_cell(
    measure: int, population: int, area: int, partner: int, stage: int, sector: int, period: int
) -> int:
    """The integer of a cell."""
    cell = (measure << 6) | population
    cell = (cell << 8) | area
    cell = (cell << 8) | partner
    cell = (cell << 4) | stage
    cell = (cell << 6) | sector
    return (cell << 10) | period


@nb.njit(cache=True, nogil=True)
def add_to_cell(
    table: CellTable, cell: int, person: int, weights: npt.NDArray[np.int32], units: int
) -> None:
    """Count one person's contribution once in every replicate. A full table sets `state[0]`
    to −1 and ignores what follows; the caller starts again with a larger one."""
    row = touch_cell(table, cell, person)
    if row == _FULL:
        return
    counts = table.counts[row]
    if units == 1:
        for replicate in range(len(weights)):
            counts[replicate] += weights[replicate]
        return
    # In 32 bits the processor multiplies many replicates at once; in 64 it often cannot.
    factor = np.int32(units)
    for replicate in range(len(weights)):
        counts[replicate] += factor * weights[replicate]


@nb.njit(cache=True, nogil=True)
def touch_cell(table: CellTable, cell: int, person: int) -> int:
    """Count the person as one of the cell's, whose counts are added up from other cells later
    (see `sums`); returns its row."""
    row = _find_row(table, cell)
    if row == _FULL:
        table.state[0] = -1
    elif table.last_person[row] != person:
        table.last_person[row] = person
        table.persons[row] += 1
    return row


@nb.njit(cache=True, nogil=True)
def _find_row(table: CellTable, cell: int) -> int:
    if table.state[0] < 0:
        return _FULL
    mask = len(table.slots) - 1
    slot = ((cell * 0x9E3779B97F4A7C1) >> 20) & mask
    while table.slots[slot] >= 0:
        if table.cells[table.slots[slot]] == cell:
            return int(table.slots[slot])
        slot = (slot + 1) & mask
    if table.state[0] == len(table.cells):
        return _FULL
    row = int(table.state[0])
    table.state[0] += 1
    table.slots[slot] = row
    table.cells[row] = cell
    return row


def unpack_cell(cell: int, first_year: int, last_year: int) -> Cell:
    """The words of a cell; `first_year` and `last_year` name the whole period."""
    period, cell = cell & PERIOD_BITS, cell >> 10
    sector, cell = cell & 63, cell >> 6
    stage, cell = cell & 15, cell >> 4
    partner, cell = cell & 255, cell >> 8
    area, cell = cell & 255, cell >> 8
    measure = MEASURES[cell >> 6]
    return Cell(
        measure,
        cell & 63,
        _name_area(area),
        _name_area(partner),
        ALL if stage == ALL_STAGES else STAGES[stage],
        _name_sector(sector, measure),
        _name_period(period, first_year, last_year),
    )


def _name_area(code: int) -> str:
    return ALL if code == ALL_AREAS else AREAS[code - 1]


def _name_sector(code: int, measure: str) -> str:
    if code == ALL_SECTORS:
        return ALL
    if measure != "sector_flow":
        return SECTORS[code]
    return f"{SECTORS[code // len(SECTORS)]}>{SECTORS[code % len(SECTORS)]}"


def _name_period(code: int, first_year: int, last_year: int) -> str:
    if code >= DURATIONS:
        return f"P{code - DURATIONS}Y"
    if code == WHOLE:
        return f"{first_year}/{last_year}"
    if code >= WINDOWS:
        start = FIRST_YEAR + (code - WINDOWS) * WINDOW_YEARS
        return f"{start}/{start + WINDOW_YEARS - 1}"
    return str(FIRST_YEAR + code)
