"""Which cells does one life count in?

Only the finest cells get counts here, one addition of all replicates each; what adds up from
them (windows, departures from flows, the world from its countries) only notes the person, and
is added up once for everybody in `sums`.
"""

from __future__ import annotations

from typing import Any, Final, NamedTuple

import numba as nb
import numpy as np
import numpy.typing as npt

from talentflow.careers import cells
from talentflow.careers.cells import Ledger, add_to_cell, pack_cell, touch_cell
from talentflow.careers.movement import Moves, Stays
from talentflow.careers.packing import YEAR_SHIFT
from talentflow.careers.residence import (
    KIND_ANY,
    CompiledRules,
    Years,
    find_first_work,
    find_origin,
    find_stage_end,
    has_left,
)
from talentflow.core.vocabulary import SECTORS, STAGES, STUDY_STAGES

MAX_DURATION_YEARS: Final = 15
"""How far retention curves reach."""

_FIRST_STUDY: Final = STAGES.index(STUDY_STAGES[0])
_LAST_STUDY: Final = STAGES.index(STUDY_STAGES[-1])
_SECTORS: Final = len(SECTORS)


class Life(NamedTuple):
    """One person under one set of rules: the first `known` years, `stayed` stays and `moved`
    moves are theirs."""

    years: Years
    known: int
    stays: Stays
    stayed: int
    moves: Moves
    moved: int


@nb.njit(cache=True, nogil=True)
def count_areas(life: Life, rules: Any, ledger: Ledger) -> None:
    """Who lives in a country and who comes and goes: stock and moves. Of the settled the world is
    left to `sums.find_world`."""
    _count_stock(life, rules, ledger)
    _count_moves(life, ledger)


@nb.njit(cache=True, nogil=True)
def count_lasting(life: Life, rules: CompiledRules, ledger: Ledger) -> None:
    """Who has moved before, and who stayed how long."""
    _count_followed(life, ledger)
    start = find_origin(life.years, life.known, rules)
    if start >= 0:
        _count_survival(life, start, cells.ALL_STAGES, rules, ledger)


@nb.njit(cache=True, nogil=True)
def count_details(life: Life, rules: CompiledRules, ledger: Ledger) -> None:
    """What is asked of stages and sectors within countries."""
    _count_stock_details(life, ledger)
    _count_sector_changes(life, ledger)
    for stage in range(_FIRST_STUDY, _LAST_STUDY + 1):
        end = find_stage_end(life.years, life.known, stage)
        if end >= 0:
            _count_survival(life, end, stage, rules, ledger)
            _count_first_work(life, end, stage, ledger)


@nb.njit(cache=True, nogil=True)
def _add(ledger: Ledger, cell: int, year: int, units: int) -> None:
    """Count in a year and note the person in its window. The period is the lowest field, so it
    can be added to a cell packed with period 0."""
    add_to_cell(ledger, cell + year, units)
    touch_cell(ledger, cell + cells.WINDOWS + year // cells.WINDOW_YEARS)


@nb.njit(cache=True, nogil=True)
def _touch(ledger: Ledger, cell: int, year: int) -> None:
    touch_cell(ledger, cell + year)
    touch_cell(ledger, cell + cells.WINDOWS + year // cells.WINDOW_YEARS)


@nb.njit(cache=True, nogil=True)
def _pack_area(measure: int, area: int, partner: int) -> int:
    return pack_cell(
        measure, cells.NO_POPULATION, area, partner, cells.ALL_STAGES, cells.ALL_SECTORS, 0
    )


@nb.njit(cache=True, nogil=True)
def _count_stock(life: Life, rules: Any, ledger: Ledger) -> None:
    stays, every = life.stays, cells.ALL_AREAS
    world = _pack_area(cells.STOCK, every, every)
    for i in range(life.stayed):
        year, country = stays.year[i], stays.country[i]
        window = cells.WINDOWS + year // cells.WINDOW_YEARS
        # Stays come by year, so most repeat the window of the one before.
        other_year = i == 0 or year != stays.year[i - 1]
        other_window = i == 0 or year // cells.WINDOW_YEARS != stays.year[i - 1] // (
            cells.WINDOW_YEARS
        )
        area = _pack_area(cells.STOCK, country, every)
        add_to_cell(ledger, area + year, stays.units[i])
        if other_window or country != stays.country[i - 1]:
            touch_cell(ledger, area + window)
        if rules.settled and rules.kind != KIND_ANY:
            continue
        if other_year:
            # Who is in several countries is one person of the world, not their sum.
            add_to_cell(ledger, world + year, rules.units if rules.kind == KIND_ANY else 0)
        if other_window:
            touch_cell(ledger, world + window)


@nb.njit(cache=True, nogil=True)
def _count_moves(life: Life, ledger: Ledger) -> None:
    moves, every = life.moves, cells.ALL_AREAS
    for i in range(life.moved):
        before, after, year = moves.before[i], moves.after[i], moves.year[i]
        flow = _pack_area(cells.FLOW, before, after)
        _add(ledger, flow, year, moves.units[i])
        touch_cell(ledger, flow + cells.WHOLE)
        _touch(ledger, _pack_area(cells.OUTFLOW, before, every), year)
        _touch(ledger, _pack_area(cells.INFLOW, after, every), year)


@nb.njit(cache=True, nogil=True)
def _count_followed(life: Life, ledger: Ledger) -> None:
    years, mobile = life.years, False
    for k in range(life.known):
        start, stop = years.parts[k], years.parts[k + 1]
        for part in range(start, stop):
            mobile = mobile or years.part_country[part] != years.part_country[0]
        if k == 0:
            continue
        for part in range(start, stop):
            area, units = years.part_country[part], years.part_units[part]
            followed = _pack_area(cells.FOLLOWED, area, cells.ALL_AREAS)
            _add(ledger, followed, years.year[k], units)
            if mobile:
                cell = _pack_area(cells.MOBILE, area, cells.ALL_AREAS)
                _add(ledger, cell, years.year[k], units)


@nb.njit(cache=True, nogil=True)
def _count_survival(
    life: Life, start: int, stage: int, rules: CompiledRules, ledger: Ledger
) -> None:
    years = life.years
    for part in range(years.parts[start], years.parts[start + 1]):
        area, units = years.part_country[part], years.part_units[part]
        duration, left = _follow(life, start, area, rules)
        risk = pack_cell(
            cells.RETENTION_RISK,
            cells.NO_POPULATION,
            area,
            cells.ALL_AREAS,
            stage,
            cells.ALL_SECTORS,
            cells.DURATIONS,
        )
        longest = min(duration, MAX_DURATION_YEARS)
        for year in range(1, longest):
            touch_cell(ledger, risk + year)
        if longest:
            add_to_cell(ledger, risk + longest, units)
        if left and duration <= MAX_DURATION_YEARS:
            cell = pack_cell(
                cells.RETENTION_LEFT,
                cells.NO_POPULATION,
                area,
                cells.ALL_AREAS,
                stage,
                cells.ALL_SECTORS,
                cells.DURATIONS,
            )
            add_to_cell(ledger, cell + duration, units)


@nb.njit(cache=True, nogil=True)
def _follow(life: Life, start: int, area: int, rules: CompiledRules) -> tuple[int, bool]:
    """Years from `start` to the last one seen without a long silence or to the first one gone
    from the area, and whether it is the latter."""
    years, duration = life.years, 0
    for k in range(start + 1, life.known):
        if years.year[k] - years.year[k - 1] - 1 > rules.max_gap:
            break
        duration = years.year[k] - years.year[start]
        there = False
        for part in range(years.parts[k], years.parts[k + 1]):
            there = there or years.part_country[part] == area
        if not there and has_left(years, rules, area, years.year[k]):
            return duration, True
    return duration, False


@nb.njit(cache=True, nogil=True)
def _count_stock_details(life: Life, ledger: Ledger) -> None:
    stays, years, none = life.stays, life.years, cells.NO_POPULATION
    every = cells.ALL_AREAS
    for i in range(life.stayed):
        area, k = stays.country[i], stays.source[i]
        stage, sector = years.stage[k], years.sector[k]
        for cell in (
            pack_cell(cells.STOCK, none, area, every, stage, cells.ALL_SECTORS, 0),
            pack_cell(cells.STOCK, none, area, every, cells.ALL_STAGES, sector, 0),
        ):
            _add(ledger, cell, stays.year[i], stays.units[i])


@nb.njit(cache=True, nogil=True)
def _count_sector_changes(life: Life, ledger: Ledger) -> None:
    years = life.years
    for k in range(1, life.known):
        before, after = years.sector[k - 1], years.sector[k]
        if before and after and before != after:
            cell = pack_cell(
                cells.SECTOR_FLOW,
                cells.NO_POPULATION,
                years.country[k],
                cells.ALL_AREAS,
                cells.ALL_STAGES,
                before * _SECTORS + after,
                0,
            )
            window = cells.WINDOWS + years.year[k] // cells.WINDOW_YEARS
            add_to_cell(ledger, cell + window, 1)
            touch_cell(ledger, cell + cells.WHOLE)


@nb.njit(cache=True, nogil=True)
def _count_first_work(life: Life, end: int, stage: int, ledger: Ledger) -> None:
    years = life.years
    work = find_first_work(years, life.known, end)
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
        add_to_cell(ledger, cell, 1)


@nb.njit(cache=True, nogil=True)
def count_cohorts(
    life: Life,
    keys: npt.NDArray[np.int64],
    cohorts: npt.NDArray[np.uint64],
    rules: CompiledRules,
    ledger: Ledger,
) -> None:
    """The cohorts that the rows of a person make them a member of, by where the person works
    and comes from."""
    years = life.years
    origin = find_origin(years, life.known, rules)
    if origin < 0:
        return
    members = ledger.members
    members[:] = 0
    for i in range(len(keys)):
        members[(keys[i] >> YEAR_SHIFT) & 255] |= cohorts[i]
    every, stages, sectors = cells.ALL_AREAS, cells.ALL_STAGES, cells.ALL_SECTORS
    for k in range(life.known):
        bits = members[years.year[k]]
        work, home = years.country[k], years.country[origin]
        population = 0
        while bits:
            if bits & np.uint64(1):
                for cell in (
                    pack_cell(cells.COHORT_LOCATED, population, every, every, stages, sectors, 0),
                    pack_cell(cells.COHORT_WORK, population, work, every, stages, sectors, 0),
                    pack_cell(cells.COHORT_ORIGIN, population, home, every, stages, sectors, 0),
                ):
                    _add(ledger, cell, years.year[k], 1)
            bits >>= np.uint64(1)
            population += 1
