"""How many persons, moves and years fall into each cell, under many rules at once?

One compiled pass over the packed evidence of a partition of persons: residences under the
rules, what they contribute to each cell, counted once in every replicate with the person's
weight. Counts of partitions add up, so how persons are split cannot change a figure.

The evidence is read and the weights of a person are drawn once for all sets of rules. Who was
only ever seen in one country is *settled*: how a country is chosen and what makes a move
cannot matter, so sets of rules that differ in nothing else count the settled once, together.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Final, NamedTuple

import numba as nb
import numpy as np
import numpy.typing as npt

from talentflow.careers.cells import (
    OF_CELL,
    RULES_SHIFT,
    CellTable,
    Ledger,
    grow_table,
    has_room,
    new_ledger,
    new_table,
    padded_items,
    post,
)
from talentflow.careers.contributions import (
    Life,
    count_areas,
    count_cohorts,
    count_details,
    count_lasting,
)
from talentflow.careers.movement import (
    Moves,
    Stays,
    find_moves,
    find_stays,
    new_moves,
    new_stays,
)
from talentflow.careers.packing import COUNTRY_SHIFT, PERSON_SHIFT, PackedEvidence
from talentflow.careers.residence import (
    DATED_SEEN,
    KIND_ANY,
    KIND_MODE,
    ORIGIN_FIRST,
    TIE_STAY,
    CompiledRules,
    Rows,
    Years,
    compile_rules,
    find_residences,
    new_years,
    slice_rows,
)
from talentflow.careers.sums import add_sums
from talentflow.careers.weights import draw_weights, hash_number
from talentflow.core.executor import run_in_threads
from talentflow.core.rules import Rules

_FIRST_CAPACITY: Final = 1 << 14
_TOGETHER: Final = 16
"""Sets of rules counted at once: with 200 replicates each takes some 20 MB of counts a worker."""


@dataclass(frozen=True, kw_only=True)
class CellCounts:
    """Counts of many cells: `cells[i]` packed, `persons[i]`, `counts[i, replicate]`. One person
    counts `units`."""

    cells: npt.NDArray[np.int64]
    persons: npt.NDArray[np.int64]
    counts: npt.NDArray[np.int64]
    units: int = 1


@dataclass(frozen=True, kw_only=True)
class Wanted:
    """What to count under one set of rules: stock and moves of countries, and if so said, who
    has moved before and who stayed (`lasting`), stages and sectors (`details`), and shares of
    `cohorts`. Rules that split persons (`Rules.splits_persons`) have neither of the last two.
    """

    rules: Rules
    lasting: bool = True
    details: bool = True
    cohorts: bool = True


class Partition(NamedTuple):
    """The sorted rows of some persons, all rows of each. `person_hashes[p]` belongs to person
    number p; where there are none, the person's number is the id."""

    rows: Rows
    cohorts: npt.NDArray[np.uint64]
    person_hashes: npt.NDArray[np.uint64]


def count_evidence(
    evidence: PackedEvidence, wanted: Sequence[Wanted], *, replicates: int, workers: int = 1
) -> Iterator[tuple[int, CellCounts]]:
    """The counts of everything wanted, each with its number in `wanted` and sorted by cell, as
    they are done; `workers` threads share the persons."""
    for numbers in _batch(wanted):
        batch = [wanted[number] for number in numbers]
        placed = evidence.at_seats if batch[0].rules.place.employer == "seat" else evidence
        parts = (
            Partition(Rows(part.keys, part.traits, part.votes), part.cohorts, part.person_hashes)
            for part in placed.split(workers)
        )
        found = count_partitions(parts, batch, replicates=replicates, workers=workers)
        yield from zip(numbers, found, strict=True)


def _batch(wanted: Sequence[Wanted]) -> Iterator[list[int]]:
    """Those of one place of employers and one unit, that share the settled beside each other."""
    groups: dict[tuple[str, int], list[int]] = {}
    for number, each in enumerate(wanted):
        group = each.rules.place.employer, compile_rules(each.rules).units
        groups.setdefault(group, []).append(number)
    for numbers in groups.values():
        numbers.sort(key=lambda number: _years_of(_ask(wanted[number])))
        for start in range(0, len(numbers), _TOGETHER):
            yield numbers[start : start + _TOGETHER]


def count_partitions(
    parts: Iterable[Partition], wanted: Sequence[Wanted], *, replicates: int, workers: int = 1
) -> list[CellCounts]:
    """The same over partitions of persons, whose evidence is already placed; each is read once
    and can be dropped."""
    plan = _plan([_ask(each) for each in wanted])
    counters = [_Counter(plan, replicates) for _ in range(workers)]
    free = list(counters)

    def count(part: Partition) -> None:
        counter = free.pop()
        counter.add(part)
        free.append(counter)

    for _ in run_in_threads(count, parts, workers):
        pass
    drained = [found for counter in counters for found in counter.drain()]
    settled = [
        _add_up([found[len(wanted) + j] for found in drained], replicates, world_is_sum=True)
        for j in range(len(plan.settled))
    ]
    return [
        _join(
            _add_up([found[i] for found in drained], replicates, asked.rules.kind != KIND_ANY),
            settled[plan.settled_as[i]],
            asked.rules.units,
        )
        for i, asked in enumerate(plan.moving)
    ]


class _Asked(NamedTuple):
    """Compiled rules, what is counted under them, and the traits of the rows that place
    everybody, told apart or not, who hold the cohorts."""

    rules: CompiledRules
    lasting: bool
    details: bool
    cohorts: bool
    traits_of_all: int


class _Plan(NamedTuple):
    """What is asked of those who were seen in several countries, what of the settled, and which
    of the latter goes with each of the former."""

    moving: list[_Asked]
    settled: list[_Asked]
    settled_as: list[int]


def _ask(wanted: Wanted) -> _Asked:
    rules, single = wanted.rules, not wanted.rules.splits_persons
    everybody = replace(rules, people=replace(rules.people, linkage="all"))
    return _Asked(
        compile_rules(rules),
        wanted.lasting,
        wanted.details and single,
        wanted.cohorts and single,
        compile_rules(everybody).traits,
    )


def _settle(asked: _Asked) -> _Asked:
    """The same without what cannot matter to who was only ever seen in one country."""
    rules = asked.rules._replace(
        tie=TIE_STAY, kind=KIND_MODE, by_votes=False, units=1, dating=DATED_SEEN, window=-1
    )
    return asked._replace(rules=rules)


def _plan(moving: list[_Asked]) -> _Plan:
    settled = [_settle(asked) for asked in moving]
    distinct = list(dict.fromkeys(settled))
    return _Plan(moving, distinct, [distinct.index(each) for each in settled])


_ASKED_RECORD: Final = np.dtype(
    [
        (name, np.int64)
        for name in (*CompiledRules._fields, "lasting", "details", "cohorts", "same_years")
    ]
)
"""`same_years`: the residences are those of the set of rules before."""


def _list_asked(asked: list[_Asked], *, everybody: bool) -> npt.NDArray[np.void]:
    """One record a set of rules, with the fields of `CompiledRules` and of `_ASKED_RECORD`."""
    records = np.zeros(len(asked), _ASKED_RECORD)
    for i, each in enumerate(asked):
        rules = each.rules._replace(traits=each.traits_of_all) if everybody else each.rules
        same = i > 0 and _years_of(asked[i - 1]) == _years_of(each)
        records[i] = (*rules, each.lasting, each.details, each.cohorts, same)
    return records


def _years_of(asked: _Asked) -> tuple[object, ...]:
    rules = asked.rules
    with_stages = asked.details or rules.origin != ORIGIN_FIRST
    kept = rules._replace(max_gap=0, fill=0, pad=-1, dating=0, origin=0, origin_left_out=False)
    return kept, with_stages


class _Room(NamedTuple):
    """Where one person's life is written while it is counted."""

    years: Years
    years_of_all: Years
    stays: Stays
    moves: Moves
    ledger: Ledger


class _Counter:
    """Counts partition after partition into one table, for one thread."""

    def __init__(self, plan: _Plan, replicates: int) -> None:
        self._rules_count = len(plan.moving) + len(plan.settled)
        self._moving = _list_asked(plan.moving, everybody=False)
        self._settled = _list_asked(plan.settled, everybody=False)
        self._of_all = _list_asked([*plan.moving, *plan.settled], everybody=True)
        self._replicates = replicates
        self._wide = any(asked.rules.units > 1 for asked in plan.moving)
        self._room = _Room(new_years(), new_years(), new_stays(), new_moves(), new_ledger())
        self._drained: list[list[CellCounts]] = []
        self._start_table()

    def _start_table(self) -> None:
        self._table = new_table(_FIRST_CAPACITY, self._replicates, wide=self._wide)
        self._rows = 0

    def add(self, part: Partition) -> None:
        """Count the persons of a partition."""
        # Twice the persons bound what a replicate's weights add up to in a cell of one year.
        if not self._wide and 2 * (self._rows + len(part.rows.keys)) >= 2**31:
            self._wide = 2 * len(part.rows.keys) >= 2**31
            self._drained.append(self._split())
            self._start_table()
        self._rows += len(part.rows.keys)
        weights = np.zeros(padded_items(self._replicates), np.int32)
        start = 0
        while True:
            start = _tally(
                part,
                (self._moving, self._settled, self._of_all),
                start,
                weights[: self._replicates + 1],
                weights,
                self._room,
                self._table,
            )
            if start == len(part.rows.keys):
                return
            self._table = grow_table(self._table)

    def drain(self) -> list[list[CellCounts]]:
        """All that was counted, in parts that add up: for each set of rules its cells."""
        return [*self._drained, self._split()]

    def _split(self) -> list[CellCounts]:
        used = int(self._table.state[0])
        tagged = self._table.rows["cell"][:used]
        order = np.argsort(tagged, kind="stable")
        bounds = np.searchsorted(
            tagged, np.arange(self._rules_count + 1) << RULES_SHIFT, sorter=order
        )
        return [
            CellCounts(
                cells=tagged[rows] & OF_CELL,
                persons=self._table.rows["persons"][rows],
                counts=self._table.counts[rows, : self._replicates + 1].astype(np.int64),
            )
            for rows in (order[a:b] for a, b in pairwise(bounds))
        ]


def _add_up(parts: list[CellCounts], replicates: int, world_is_sum: bool) -> CellCounts:
    """Counts of disjoint persons together, with the cells that are sums of others filled."""
    together = _merge(parts, replicates)
    add_sums(together.cells, together.counts, world_is_sum=world_is_sum)
    return together


def _join(moving: CellCounts, settled: CellCounts, units: int) -> CellCounts:
    """Of those seen in several countries and of the settled, who count one unit there."""
    scaled = settled if units == 1 else replace(settled, counts=settled.counts * units)
    return replace(_merge([moving, scaled], moving.counts.shape[1] - 1), units=units)


def _merge(parts: list[CellCounts], replicates: int) -> CellCounts:
    """Counts of disjoint persons → their sum, sorted by cell."""
    if len(parts) == 1:
        return parts[0]
    nothing = np.zeros(0, np.int64)
    every = np.unique(np.concatenate([nothing, *(part.cells for part in parts)]))
    persons = np.zeros(len(every), np.int64)
    counts = np.zeros((len(every), replicates + 1), np.int64)
    for part in parts:
        rows = np.searchsorted(every, part.cells)
        persons[rows] += part.persons
        counts[rows] += part.counts
    return CellCounts(cells=every, persons=persons, counts=counts)


@nb.njit(cache=True, nogil=True)
def _tally(
    part: Partition,
    asked: tuple[npt.NDArray[np.void], npt.NDArray[np.void], npt.NDArray[np.void]],
    start: int,
    weights: npt.NDArray[np.int32],
    padded: npt.NDArray[np.int32],
    room: _Room,
    table: CellTable,
) -> int:
    """Count persons from the row `start` on until the table is full; returns the row of the
    first person who is not counted."""
    keys = part.rows.keys
    moving, settled, of_all = asked
    while start < len(keys):
        person = keys[start] >> PERSON_SHIFT
        stop, several = _read_person(keys, start)
        rows = slice_rows(part.rows, start, stop)
        first, known = 0 if several else len(moving), 0
        for i in range(len(moving) if several else len(settled)):
            room.ledger.rules = first + i  # type: ignore[misc]
            rules = moving[i] if several else settled[i]
            known = _count_person(rows, rules, known, room)
            if rules.cohorts:
                _count_cohorts_of(rows, part.cohorts[start:stop], of_all[first + i], room)
        if not has_room(room.ledger, table):
            room.ledger.used = 0  # type: ignore[misc]
            return start
        if room.ledger.used:
            if len(weights) == 1:
                weights[0] = 1
            elif len(part.person_hashes):
                draw_weights(part.person_hashes[person], weights)
            else:
                draw_weights(hash_number(person), weights)
            post(room.ledger, padded, table)
        start = stop
    return start


@nb.njit(cache=True, nogil=True)
def _read_person(keys: npt.NDArray[np.int64], start: int) -> tuple[int, bool]:
    """Where the person's rows end, and whether they name several countries."""
    person, country, several = keys[start] >> PERSON_SHIFT, 0, False
    stop = start
    while stop < len(keys) and (keys[stop] >> PERSON_SHIFT) == person:
        here = (keys[stop] >> COUNTRY_SHIFT) & 255
        several |= here != 0 and country not in (0, here)
        country = here or country
        stop += 1
    return stop, several


@nb.njit(cache=True, nogil=True)
def _count_person(rows: Rows, rules: CompiledRules, known: int, room: _Room) -> int:
    """Note what the person counts; returns the number of known years, which the next set of
    rules starts from."""
    years, by_stage = room.years, rules.origin != ORIGIN_FIRST
    if not rules.same_years:
        known = find_residences(rows, rules, rules.details or by_stage, years)
    if known:
        stayed = find_stays(years, known, rules, room.stays)
        moved = find_moves(years, known, rules, room.moves)
        life = Life(years, known, room.stays, stayed, room.moves, moved)
        count_areas(life, rules, room.ledger)
        if rules.lasting:
            count_lasting(life, rules, room.ledger)
        if rules.details:
            count_details(life, rules, room.ledger)
    return known


@nb.njit(cache=True, nogil=True)
def _count_cohorts_of(
    rows: Rows, cohorts: npt.NDArray[np.uint64], everybody: CompiledRules, room: _Room
) -> None:
    years, by_stage = room.years_of_all, everybody.origin != ORIGIN_FIRST
    known = find_residences(rows, everybody, by_stage, years)
    if known:
        life = Life(years, known, room.stays, 0, room.moves, 0)
        count_cohorts(life, rows.keys, cohorts, everybody, room.ledger)
