"""How many persons, moves and years fall into each cell, with bootstrap replicates?

One compiled pass over the packed evidence of a partition of persons: residences under the
rules, what they contribute to each cell, counted once in every replicate with the person's
weight. Counts of partitions add up, so how persons are split cannot change a figure.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final, NamedTuple

import numba as nb
import numpy as np
import numpy.typing as npt
import pyarrow as pa

from talentflow.careers import cells
from talentflow.careers.cells import CellTable, new_table, unpack_cell
from talentflow.careers.contributions import Life, count_areas, count_cohorts, count_details
from talentflow.careers.movement import find_moves, find_stays, new_moves, new_stays
from talentflow.careers.packing import FIRST_YEAR, PERSON_SHIFT, YEAR_SHIFT, PackedEvidence
from talentflow.careers.residence import (
    ORIGIN_FIRST,
    CompiledRules,
    Rows,
    compile_rules,
    find_residences,
    new_years,
    slice_rows,
)
from talentflow.careers.sums import add_sums
from talentflow.careers.weights import draw_weights
from talentflow.core.contracts import TALLIES
from talentflow.core.executor import run_in_threads
from talentflow.core.rules import Rules

_FIRST_CAPACITY: Final = 1 << 16
_MADE_OF: Final = {"inflow", "outflow", "retention_left"}


@dataclass(frozen=True, kw_only=True)
class CellCounts:
    """Counts of many cells: `cells[i]` packed, `persons[i]`, `counts[i, replicate]`. One person
    counts `units`."""

    cells: npt.NDArray[np.int64]
    persons: npt.NDArray[np.int64]
    counts: npt.NDArray[np.int64]
    units: int = 1


def count_tallies(
    evidence: PackedEvidence,
    rules: Rules,
    *,
    replicates: int,
    workers: int = 1,
    cohorts: bool = True,
    details: bool = True,
) -> CellCounts:
    """All tallies of the evidence under one set of rules, sorted by cell.

    `cohorts` false leaves out the cohort measures, `details` false all that is asked of stages
    and sectors. Rules that split persons (`Rules.splits_persons`) have neither. `workers`
    threads share the persons.
    """
    single = not rules.splits_persons
    compiled = compile_rules(rules)
    everybody = replace(rules, people=replace(rules.people, linkage="all"))
    pass_ = _Pass(compiled, compile_rules(everybody), details and single, cohorts and single)

    def count(part: PackedEvidence) -> CellCounts:
        return _count_partition(part, pass_, replicates)

    placed = evidence.at_seats if rules.place.employer == "seat" else evidence
    counted = _add_up(list(run_in_threads(count, placed.split(workers), workers)), replicates)
    add_sums(counted.cells, counted.counts, world_is_sum=rules.residence.kind != "any")
    return replace(counted, units=compiled.units)


class _Pass(NamedTuple):
    """What one pass counts. Cohorts are held by everybody, told apart or not."""

    rules: CompiledRules
    everybody: CompiledRules
    details: bool
    cohorts: bool


def list_tallies(
    counted: CellCounts, definition_ids: Sequence[str], years: tuple[int, int], floor: int
) -> pa.Table:
    """Counted cells → a table of the contract `tallies`.

    `definition_ids[population]` names the cohorts' definitions, its last item the one of cells
    without a population; `years` are the first and last year of the data. Cells of fewer than
    `floor` persons keep their point value only, because no figure will be drawn from their
    replicates, except the cells that other figures are made of: moves either way, and the
    steps of a retention curve. Years and windows that reach
    beyond the data are left out.
    """
    counted = _drop_doubled_period(counted, years)
    every = [unpack_cell(int(cell), *years) for cell in counted.cells]
    kept = np.array([not _leaves_data(cell.period, years) for cell in every], bool)
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
        "counts": _as_lists(counts / counted.units, (persons >= floor) | made_of),
    }
    return pa.table(columns, schema=TALLIES.schema)


def _leaves_data(period: str, years: tuple[int, int]) -> bool:
    """A year or window that reaches beyond the data would promise years that nobody looked at."""
    start, _, end = period.partition("/")
    end = end or start
    return end.isdigit() and not years[0] <= int(start) <= int(end) <= years[1]


def _drop_doubled_period(counted: CellCounts, years: tuple[int, int]) -> CellCounts:
    """Data of exactly one window count the same moves in the window and in the whole period."""
    first, last = years
    if first % cells.WINDOW_YEARS or last - first + 1 != cells.WINDOW_YEARS:
        return counted
    window = cells.WINDOWS + (first - FIRST_YEAR) // cells.WINDOW_YEARS
    whole = (counted.cells & cells.PERIOD_BITS) == cells.WHOLE
    doubled = whole & np.isin(counted.cells - cells.WHOLE + window, counted.cells)
    return replace(
        counted,
        cells=counted.cells[~doubled],
        persons=counted.persons[~doubled],
        counts=counted.counts[~doubled],
    )


def _as_lists(counts: npt.NDArray[np.float64], whole: npt.NDArray[np.bool_]) -> pa.ListArray:
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


def _count_partition(part: PackedEvidence, pass_: _Pass, replicates: int) -> CellCounts:
    rows = Rows(part.keys, part.traits, part.votes)
    # Twice the persons bound what a replicate's weights add up to in a cell of one year.
    wide = 2 * len(part.keys) * pass_.rules.units >= 2**31
    capacity = _FIRST_CAPACITY
    while True:
        table = new_table(capacity, replicates, wide=wide)
        _tally(rows, part.cohorts, part.person_hashes, pass_, table)
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
    rows: Rows,
    cohorts: npt.NDArray[np.uint64],
    person_hashes: npt.NDArray[np.uint64],
    pass_: _Pass,
    table: CellTable,
) -> None:
    rules, everybody = pass_.rules, pass_.everybody
    years, stays, moves = new_years(), new_stays(), new_moves()
    weights = np.zeros(table.counts.shape[1], np.int32)
    by_stage = rules.origin != ORIGIN_FIRST
    start = 0
    while start < len(rows.keys) and table.state[0] >= 0:
        person = rows.keys[start] >> PERSON_SHIFT
        stop = start
        while stop < len(rows.keys) and (rows.keys[stop] >> PERSON_SHIFT) == person:
            stop += 1
        of_person = slice_rows(rows, start, stop)
        known = find_residences(of_person, rules, pass_.details or by_stage, years)
        if known or pass_.cohorts:
            draw_weights(person_hashes[person], weights)
        if known:
            stayed = find_stays(years, known, rules, stays)
            moved = find_moves(years, known, rules, moves)
            life = Life(person, weights, years, known, stays, stayed, moves, moved)
            count_areas(life, rules, table)
            if pass_.details:
                count_details(life, rules, table)
        if pass_.cohorts:
            known = find_residences(of_person, everybody, by_stage, years)
            life = Life(person, weights, years, known, stays, 0, moves, 0)
            if known:
                count_cohorts(life, of_person.keys, cohorts[start:stop], everybody, table)
        start = stop


def data_years(evidence: PackedEvidence) -> tuple[int, int]:
    """First and last calendar year of the evidence; (0, 0) if there is none."""
    if not len(evidence.keys):
        return 0, 0
    years = (evidence.keys >> YEAR_SHIFT) & 255
    return int(years.min()) + FIRST_YEAR, int(years.max()) + FIRST_YEAR
