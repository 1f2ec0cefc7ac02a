"""What is counted, and in which cell: cells as integers, and the table that counts them.

A cell is `measure (5) | population (6) | area (8) | partner (8) | stage (4) | sector (6) |
period (10)` in one 64-bit integer.
What one person counts is first noted in a ledger and then posted to the table, a hash table
with open addressing; each cell has one row of counts, the point value and every bootstrap
replicate.
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

_LEDGER_ROOM: Final = 1 << 20
_SCATTER: Final = np.uint64(0x9E3779B97F4A7C15)
_LINE_ITEMS: Final = 16


class Ledger(NamedTuple):
    """What persons count: `used` entries of a person's number, a cell and its units, 0 where the
    person is only noted. `person` is whose life is noted now; `members` is room for the cohorts
    of each year. One record in memory, see `residence.Years`."""

    of_person: npt.NDArray[np.int32]
    cell: npt.NDArray[np.int64]
    units: npt.NDArray[np.int32]
    used: int
    person: int
    members: npt.NDArray[np.uint64]


class CellTable(NamedTuple):
    """Counts by cell. `slots` maps a hash to a row; `rows` hold the cell, how many persons it has
    and who was last; `state` the number of rows in use and of persons before these."""

    slots: npt.NDArray[np.int32]
    rows: npt.NDArray[np.void]
    counts: npt.NDArray[np.int32] | npt.NDArray[np.int64]
    state: npt.NDArray[np.int64]


_MEMBERS: Final = ("members", np.uint64, (256,))
_ROW: Final = np.dtype([("cell", np.int64), ("persons", np.int64), ("last_person", np.int64)])


class Cell(NamedTuple):
    """A decoded cell, in the words of the tallies contract."""

    measure: str
    population: int
    area: str
    partner: str
    stage: str
    sector: str
    period: str


def new_ledgers(count: int) -> npt.NDArray[np.void]:
    """So many of `Ledger`, each with room for what one person counts. Pages are only taken from
    the machine when written."""
    room = (_LEDGER_ROOM,)
    entries = [("of_person", np.int32, room), ("cell", np.int64, room), ("units", np.int32, room)]
    fields = [*entries, ("used", np.int64), ("person", np.int64), _MEMBERS]
    return np.zeros(count, np.dtype(fields))


def new_table(capacity: int, replicates: int, *, wide: bool = False) -> CellTable:
    """An empty table for at most `capacity` cells (a power of two); `wide`: counts of 64 bits.

    Rows of counts end where a line of the processor's memory ends, so they are a little longer
    than the replicates need.
    """
    shape = (capacity, padded_items(replicates))
    return CellTable(
        np.full(2 * capacity, -1, np.int32),
        np.zeros(capacity, _ROW),
        # Pages of zeros are only taken from the machine when a cell is first written.
        np.zeros(shape, np.int64) if wide else np.zeros(shape, np.int32),
        np.array([0, 1], np.int64),
    )


def padded_items(replicates: int) -> int:
    """How many counts a row holds: the point value, the replicates, and zeros."""
    items = replicates + 1
    return items if items == 1 else -(-items // _LINE_ITEMS) * _LINE_ITEMS


def grow_table(table: CellTable) -> CellTable:
    """The same counts in a table of twice the capacity."""
    used = int(table.state[0])
    capacity, items = table.counts.shape
    grown = CellTable(
        np.full(4 * capacity, -1, np.int32),
        np.zeros(2 * capacity, _ROW),
        np.zeros((2 * capacity, items), table.counts.dtype),
        table.state.copy(),
    )
    grown.rows[:used], grown.counts[:used] = table.rows[:used], table.counts[:used]
    _fill_slots(grown)
    return grown


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
def add_to_cell(ledger: Ledger, cell: int, units: int) -> None:
    """Note one contribution of the person, to be counted once in every replicate."""
    ledger.of_person[ledger.used] = ledger.person
    ledger.cell[ledger.used] = cell
    ledger.units[ledger.used] = units
    ledger.used += 1  # type: ignore[misc]  # a record, written in place


@nb.njit(cache=True, nogil=True)
def touch_cell(ledger: Ledger, cell: int) -> None:
    """Note the person as one of the cell's, whose counts are added up from other cells later
    (see `sums`)."""
    add_to_cell(ledger, cell, 0)


@nb.njit(cache=True, nogil=True)
def post(ledger: Ledger, weights: npt.NDArray[np.uint8], table: CellTable) -> None:
    """Add the ledger to the table and empty it; the table must have room. `weights[p]` are what
    person number p counts in each replicate."""
    slots, rows, state = table.slots, table.rows, table.state
    mask, items = len(slots) - 1, table.counts.shape[1]
    for entry in range(ledger.used):
        cell, person = ledger.cell[entry], state[1] + ledger.of_person[entry]
        slot = _find_slot(cell, mask)
        row = slots[slot]
        while row >= 0 and rows[row].cell != cell:
            slot = (slot + 1) & mask
            row = slots[slot]
        if row < 0:
            row = state[0]
            state[0] += 1
            slots[slot] = row
            rows[row].cell = cell
        if rows[row].last_person != person:
            rows[row].last_person = person
            rows[row].persons += 1
        units = ledger.units[entry]
        if units and items == 1:
            table.counts[row, 0] += units
        elif units:
            counts, weighed = table.counts[row], weights[ledger.of_person[entry]]
            # In 32 bits the processor multiplies many replicates at once; in 64 it often cannot.
            factor = np.int32(units)
            for replicate in range(len(counts)):
                counts[replicate] += factor * np.int32(weighed[replicate])
    ledger.used = 0  # type: ignore[misc]  # as above


@nb.njit(cache=True, nogil=True)
def _find_slot(cell: int, mask: int) -> int:
    return int((np.uint64(cell) * _SCATTER) >> np.uint64(32)) & mask


@nb.njit(cache=True, nogil=True)
def _fill_slots(table: CellTable) -> None:
    mask = len(table.slots) - 1
    for row in range(table.state[0]):
        slot = _find_slot(table.rows[row].cell, mask)
        while table.slots[slot] >= 0:
            slot = (slot + 1) & mask
        table.slots[slot] = row


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
