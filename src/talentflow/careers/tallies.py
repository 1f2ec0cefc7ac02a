"""How many persons, moves and years fall into each cell, with bootstrap replicates?

One compiled pass over the packed evidence of a partition of persons: residences under the
rules, what they contribute to each cell, counted once in every replicate with the person's
weight. Counts of partitions add up, so how persons are split cannot change a figure.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numba as nb
import numpy as np
import numpy.typing as npt
import pyarrow as pa

from talentflow.careers import cells
from talentflow.careers.cells import CellTable, add_to_cell, new_table, pack_cell, unpack_cell
from talentflow.careers.packing import FIRST_YEAR, LINKAGE, PERSON_SHIFT, YEAR_SHIFT, PackedEvidence
from talentflow.careers.residence import (
    FILL_AFTER,
    FILL_NONE,
    YEARS,
    CompiledRules,
    Years,
    compile_rules,
    find_residences,
    new_years,
)
from talentflow.careers.weights import draw_weights
from talentflow.core.contracts import TALLIES
from talentflow.core.executor import run_in_threads
from talentflow.core.rules import Rules
from talentflow.core.vocabulary import SECTORS, STAGES, STUDY_STAGES

MAX_DURATION_YEARS: Final = 15
"""How far retention curves reach."""

_FIRST_STUDY: Final = STAGES.index(STUDY_STAGES[0])
_LAST_STUDY: Final = STAGES.index(STUDY_STAGES[-1])
_SECTORS: Final = len(SECTORS)
_FIRST_CAPACITY: Final = 1 << 16
_MADE_OF: Final = {"inflow", "outflow", "retention_left"}


@dataclass(frozen=True, kw_only=True)
class CellCounts:
    """Counts of many cells: `cells[i]` packed, `persons[i]`, `counts[i, replicate]`."""

    cells: npt.NDArray[np.int64]
    persons: npt.NDArray[np.int64]
    counts: npt.NDArray[np.int64]


def count_tallies(
    evidence: PackedEvidence,
    rules: Rules,
    *,
    replicates: int,
    workers: int = 1,
    cohorts: bool = True,
) -> CellCounts:
    """All tallies of the evidence under one set of rules, sorted by cell.

    `cohorts` false leaves out the cohort measures. `workers` threads share the persons.
    """

    def count(part: PackedEvidence) -> CellCounts:
        return _count_partition(part, compile_rules(rules), replicates, cohorts)

    return _add_up(list(run_in_threads(count, evidence.split(workers), workers)), replicates)


def list_tallies(
    counted: CellCounts, definition_ids: Sequence[str], years: tuple[int, int], floor: int
) -> pa.Table:
    """Counted cells → a table of the contract `tallies`.

    `definition_ids[population]` names the cohorts' definitions, its last item the one of cells
    without a population; `years` are the first and last year of the data. Cells of fewer than
    `floor` persons keep their point value only, because no figure will be drawn from their
    replicates, except the cells that other figures are made of: moves either way, and the
    steps of a retention curve. Windows that reach beyond the data are left out.
    """
    counted = _drop_doubled_period(counted, years)
    every = [unpack_cell(int(cell), *years) for cell in counted.cells]
    kept = np.array([not _is_partial_window(cell.period, years) for cell in every], bool)
    words = [cell for cell, keep in zip(every, kept, strict=True) if keep]
    persons, counts = counted.persons[kept], counted.counts[kept]
    made_of = np.array([w.measure in _MADE_OF for w in words], bool)
    last = len(definition_ids) - 1
    columns = {
        "measure": [w.measure for w in words],
        "definition_id": [definition_ids[min(w.population, last)] for w in words],
        "area": [w.area for w in words],
        "partner": [w.partner for w in words],
        "stage": [w.stage for w in words],
        "sector": [w.sector for w in words],
        "period": [w.period for w in words],
        "persons": persons,
        "counts": _as_lists(counts, (persons >= floor) | made_of),
    }
    return pa.table(columns, schema=TALLIES.schema)


def _is_partial_window(period: str, years: tuple[int, int]) -> bool:
    """A window that reaches beyond the data would promise years that nobody looked at."""
    start, _, end = period.partition("/")
    return bool(end) and not years[0] <= int(start) <= int(end) <= years[1]


def _drop_doubled_period(counted: CellCounts, years: tuple[int, int]) -> CellCounts:
    """Data of exactly one window count the same moves in the window and in the whole period."""
    first, last = years
    if first % cells.WINDOW_YEARS or last - first + 1 != cells.WINDOW_YEARS:
        return counted
    window = cells.WINDOWS + (first - FIRST_YEAR) // cells.WINDOW_YEARS
    whole = (counted.cells & cells.PERIOD_BITS) == cells.WHOLE
    doubled = whole & np.isin(counted.cells - cells.WHOLE + window, counted.cells)
    return CellCounts(
        cells=counted.cells[~doubled],
        persons=counted.persons[~doubled],
        counts=counted.counts[~doubled],
    )


def _as_lists(counts: npt.NDArray[np.int64], whole: npt.NDArray[np.bool_]) -> pa.ListArray:
    lengths = np.where(whole, counts.shape[1], 1)
    kept = whole[:, None] | (np.arange(counts.shape[1]) == 0)
    offsets = np.concatenate([[0], np.cumsum(lengths)]).astype(np.int32)
    return pa.ListArray.from_arrays(offsets, counts[kept])


def _add_up(parts: list[CellCounts], replicates: int) -> CellCounts:
    if not parts:
        nothing = np.zeros(0, np.int64)
        return CellCounts(
            cells=nothing, persons=nothing, counts=np.zeros((0, replicates + 1), np.int64)
        )
    every = np.unique(np.concatenate([part.cells for part in parts]))
    persons = np.zeros(len(every), np.int64)
    counts = np.zeros((len(every), replicates + 1), np.int64)
    for part in parts:
        rows = np.searchsorted(every, part.cells)
        persons[rows] += part.persons
        counts[rows] += part.counts
    return CellCounts(cells=every, persons=persons, counts=counts)


def _count_partition(
    part: PackedEvidence, rules: CompiledRules, replicates: int, cohorts: bool
) -> CellCounts:
    capacity = _FIRST_CAPACITY
    while True:
        table = new_table(capacity, replicates)
        _tally(part.keys, part.traits, part.cohorts, part.person_hashes, rules, cohorts, table)
        used = int(table.state[0])
        if used >= 0:
            return CellCounts(
                cells=table.cells[:used],
                persons=table.persons[:used],
                counts=table.counts[:used].astype(np.int64),
            )
        capacity *= 4


@nb.njit(cache=True, nogil=True)
def _tally(
    keys: npt.NDArray[np.int64],
    traits: npt.NDArray[np.uint8],
    cohorts: npt.NDArray[np.uint64],
    person_hashes: npt.NDArray[np.uint64],
    rules: CompiledRules,
    with_cohorts: bool,
    table: CellTable,
) -> None:
    years = new_years()
    anybody = CompiledRules(rules.tie, rules.max_gap, rules.fill, rules.traits & ~LINKAGE)
    weights = np.zeros(table.counts.shape[1], np.int32)
    start = 0
    while start < len(keys) and table.state[0] >= 0:
        person = keys[start] >> PERSON_SHIFT
        stop = start
        while stop < len(keys) and (keys[stop] >> PERSON_SHIFT) == person:
            stop += 1
        known = find_residences(keys[start:stop], traits[start:stop], rules, years)
        if known:
            draw_weights(person_hashes[person], weights)
            _tally_stock(years, known, rules, person, weights, table)
            _tally_moves(years, known, rules, person, weights, table)
            _tally_histories(years, known, person, weights, table)
            _tally_retention(years, known, rules, person, weights, table)
            _tally_stage_flows(years, known, person, weights, table)
        if with_cohorts:
            known = find_residences(keys[start:stop], traits[start:stop], anybody, years)
            draw_weights(person_hashes[person], weights)
            _tally_cohorts(
                keys[start:stop], cohorts[start:stop], years, known, person, weights, table
            )
        start = stop


@nb.njit(cache=True, nogil=True)
def _add_year_and_window(
    cell: int, year: int, person: int, weights: npt.NDArray[np.int32], table: CellTable
) -> None:
    # The period is the lowest field, so it can be added to a cell packed with period 0.
    add_to_cell(table, cell + year, person, weights)
    window = cells.WINDOWS + year // cells.WINDOW_YEARS
    add_to_cell(table, cell + window, person, weights)


@nb.njit(cache=True, nogil=True)
def _tally_stock(
    years: Years,
    known: int,
    rules: CompiledRules,
    person: int,
    weights: npt.NDArray[np.int32],
    table: CellTable,
) -> None:
    for k in range(known):
        _add_stock(years, k, years.year[k], person, weights, table)
        if k + 1 == known or rules.fill == FILL_NONE:
            continue
        gap = years.year[k + 1] - years.year[k] - 1
        if gap <= rules.max_gap:
            source = k + 1 if rules.fill == FILL_AFTER else k
            for year in range(years.year[k] + 1, years.year[k + 1]):
                _add_stock(years, source, year, person, weights, table)


@nb.njit(cache=True, nogil=True)
def _add_stock(
    years: Years,
    k: int,
    year: int,
    person: int,
    weights: npt.NDArray[np.int32],
    table: CellTable,
) -> None:
    none, area = cells.NO_POPULATION, years.country[k]
    stage, sector = years.stage[k], years.sector[k]
    every = cells.ALL_AREAS
    for cell in (
        pack_cell(cells.STOCK, none, area, every, cells.ALL_STAGES, cells.ALL_SECTORS, 0),
        pack_cell(cells.STOCK, none, area, every, stage, cells.ALL_SECTORS, 0),
        pack_cell(cells.STOCK, none, area, every, cells.ALL_STAGES, sector, 0),
        pack_cell(cells.STOCK, none, every, every, cells.ALL_STAGES, cells.ALL_SECTORS, 0),
    ):
        _add_year_and_window(cell, year, person, weights, table)


@nb.njit(cache=True, nogil=True)
def _tally_moves(
    years: Years,
    known: int,
    rules: CompiledRules,
    person: int,
    weights: npt.NDArray[np.int32],
    table: CellTable,
) -> None:
    none, every = cells.NO_POPULATION, cells.ALL_AREAS
    stages, sectors = cells.ALL_STAGES, cells.ALL_SECTORS
    for k in range(1, known):
        before, after, year = years.country[k - 1], years.country[k], years.year[k]
        if before == after or year - years.year[k - 1] - 1 > rules.max_gap:
            continue
        flow = pack_cell(cells.FLOW, none, before, after, stages, sectors, 0)
        _add_year_and_window(flow, year, person, weights, table)
        add_to_cell(table, flow + cells.WHOLE, person, weights)
        for cell in (
            pack_cell(cells.OUTFLOW, none, before, every, stages, sectors, 0),
            pack_cell(cells.INFLOW, none, after, every, stages, sectors, 0),
        ):
            _add_year_and_window(cell, year, person, weights, table)


@nb.njit(cache=True, nogil=True)
def _tally_histories(
    years: Years, known: int, person: int, weights: npt.NDArray[np.int32], table: CellTable
) -> None:
    none, every = cells.NO_POPULATION, cells.ALL_AREAS
    stages, sectors = cells.ALL_STAGES, cells.ALL_SECTORS
    mobile = False
    for k in range(1, known):
        area = years.country[k]
        mobile = mobile or area != years.country[k - 1]
        followed = pack_cell(cells.FOLLOWED, none, area, every, stages, sectors, 0)
        _add_year_and_window(followed, years.year[k], person, weights, table)
        if mobile and _lived_elsewhere(years, k):
            cell = pack_cell(cells.MOBILE, none, area, every, stages, sectors, 0)
            _add_year_and_window(cell, years.year[k], person, weights, table)
        before, after = years.sector[k - 1], years.sector[k]
        if before and after and before != after:
            change = before * _SECTORS + after
            cell = pack_cell(cells.SECTOR_FLOW, none, area, every, stages, change, 0)
            window = cells.WINDOWS + years.year[k] // cells.WINDOW_YEARS
            add_to_cell(table, cell + window, person, weights)
            add_to_cell(table, cell + cells.WHOLE, person, weights)


@nb.njit(cache=True, nogil=True)
def _lived_elsewhere(years: Years, k: int) -> bool:
    return bool(np.any(years.country[:k] != years.country[k]))


@nb.njit(cache=True, nogil=True)
def _tally_retention(
    years: Years,
    known: int,
    rules: CompiledRules,
    person: int,
    weights: npt.NDArray[np.int32],
    table: CellTable,
) -> None:
    _add_survival(years, known, 0, cells.ALL_STAGES, rules, person, weights, table)
    for stage in range(_FIRST_STUDY, _LAST_STUDY + 1):
        end = find_stage_end(years, known, stage)
        if end >= 0:
            _add_survival(years, known, end, stage, rules, person, weights, table)


@nb.njit(cache=True, nogil=True)
def _add_survival(
    years: Years,
    known: int,
    start: int,
    stage: int,
    rules: CompiledRules,
    person: int,
    weights: npt.NDArray[np.int32],
    table: CellTable,
) -> None:
    area = years.country[start]
    duration, left = 0, False
    for k in range(start + 1, known):
        if years.year[k] - years.year[k - 1] - 1 > rules.max_gap:
            break
        duration = years.year[k] - years.year[start]
        if years.country[k] != area:
            left = True
            break
    none, every, sectors = cells.NO_POPULATION, cells.ALL_AREAS, cells.ALL_SECTORS
    risk = pack_cell(cells.RETENTION_RISK, none, area, every, stage, sectors, cells.DURATIONS)
    for year in range(1, min(duration, MAX_DURATION_YEARS) + 1):
        add_to_cell(table, risk + year, person, weights)
    if left and duration <= MAX_DURATION_YEARS:
        cell = pack_cell(cells.RETENTION_LEFT, none, area, every, stage, sectors, cells.DURATIONS)
        add_to_cell(table, cell + duration, person, weights)


@nb.njit(cache=True, nogil=True)
def find_stage_end(years: Years, known: int, stage: int) -> int:
    """Index of the last year a person was seen in a stage; −1 if never."""
    for k in range(known - 1, -1, -1):
        if years.stage[k] == stage:
            return k
    return -1


@nb.njit(cache=True, nogil=True)
def find_first_work(years: Years, known: int, end: int) -> int:
    """Index of the first year after `end` in a later stage than the one held then; −1 if none."""
    for k in range(end + 1, known):
        if years.stage[k] >= _LAST_STUDY and years.stage[k] > years.stage[end]:
            return k
    return -1


@nb.njit(cache=True, nogil=True)
def _tally_stage_flows(
    years: Years, known: int, person: int, weights: npt.NDArray[np.int32], table: CellTable
) -> None:
    for stage in range(_FIRST_STUDY, _LAST_STUDY + 1):
        end = find_stage_end(years, known, stage)
        work = find_first_work(years, known, end) if end >= 0 else -1
        if work >= 0:
            cell = pack_cell(
                cells.STAGE_FLOW,
                cells.NO_POPULATION,
                years.country[end],
                years.country[work],
                stage,
                cells.ALL_SECTORS,
                cells.WHOLE,
            )
            add_to_cell(table, cell, person, weights)


@nb.njit(cache=True, nogil=True)
def _tally_cohorts(
    keys: npt.NDArray[np.int64],
    cohorts: npt.NDArray[np.uint64],
    years: Years,
    known: int,
    person: int,
    weights: npt.NDArray[np.int32],
    table: CellTable,
) -> None:
    members = np.zeros(YEARS, np.uint64)
    for i in range(len(keys)):
        members[(keys[i] >> YEAR_SHIFT) & 255] |= cohorts[i]
    every, stages, sectors = cells.ALL_AREAS, cells.ALL_STAGES, cells.ALL_SECTORS
    for k in range(known):
        bits = members[years.year[k]]
        population = 0
        while bits:
            if bits & np.uint64(1):
                for cell in (
                    pack_cell(cells.COHORT_LOCATED, population, every, every, stages, sectors, 0),
                    pack_cell(
                        cells.COHORT_WORK, population, years.country[k], every, stages, sectors, 0
                    ),
                    pack_cell(
                        cells.COHORT_ORIGIN, population, years.country[0], every, stages, sectors, 0
                    ),
                ):
                    _add_year_and_window(cell, years.year[k], person, weights, table)
            bits >>= np.uint64(1)
            population += 1


def data_years(evidence: PackedEvidence) -> tuple[int, int]:
    """First and last calendar year of the evidence; (0, 0) if there is none."""
    if not len(evidence.keys):
        return 0, 0
    years = (evidence.keys >> YEAR_SHIFT) & 255
    return int(years.min()) + FIRST_YEAR, int(years.max()) + FIRST_YEAR
