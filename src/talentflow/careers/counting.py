"""How many persons, moves and years fall into each cell, under many rules at once?

One compiled pass over the packed evidence of a partition of persons: residences under the
rules, what they contribute to each cell, counted once in every replicate with the person's
weight. Counts of partitions add up, so how persons are split cannot change a figure.

The evidence is read and the weights of a person are drawn once for all sets of rules, and what
several of them share is found once (`shared_rules`).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import partial
from typing import Any, Final, NamedTuple

import numba as nb
import numpy as np
import numpy.typing as npt

from talentflow.careers.cells import (
    CellTable,
    Ledger,
    grow_table,
    new_ledgers,
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
from talentflow.careers.counts import CellCounts
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
    KIND_ANY,
    ORIGIN_FIRST,
    CompiledRules,
    Rows,
    Years,
    find_residences,
    new_years,
    slice_rows,
)
from talentflow.careers.shared_rules import (
    Asked,
    Plan,
    Wanted,
    ask,
    list_groups,
    list_records,
    make_plan,
    settle,
)
from talentflow.careers.sums import add_sums, find_world
from talentflow.careers.weights import draw_weights, hash_number
from talentflow.core.executor import run_in_threads

_FIRST_CAPACITY: Final = 1 << 14
_TOGETHER: Final = 16
"""Sets of rules counted at once: with 200 replicates each takes some 20 MB of counts a worker."""

_BESIDE: Final = 8
"""Sets of rules whose ledgers are written beside each other, while one life is at hand."""

_WEIGHTS_AT_ONCE: Final = 1 << 20
"""A byte each for person and replicate: what stays in the processor's cache."""

_ENTRIES_AT_ONCE: Final = 1 << 14


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
        parts = (partial(_read_evidence, part) for part in placed.split(workers))
        found = count_partitions(parts, batch, replicates=replicates, workers=workers)
        yield from zip(numbers, found, strict=True)


def _read_evidence(part: PackedEvidence) -> Partition:
    return Partition(Rows(part.keys, part.traits, part.votes), part.cohorts, part.person_hashes)


def _batch(wanted: Sequence[Wanted]) -> Iterator[list[int]]:
    """Those of one place of employers, that share the settled beside each other."""
    groups: dict[str, list[int]] = {}
    for number, each in enumerate(wanted):
        groups.setdefault(each.rules.place.employer, []).append(number)
    for numbers in groups.values():
        numbers.sort(key=lambda number: settle(ask(wanted[number])))
        for start in range(0, len(numbers), _TOGETHER):
            yield numbers[start : start + _TOGETHER]


def count_partitions(
    parts: Iterable[Callable[[], Partition]],
    wanted: Sequence[Wanted],
    *,
    replicates: int,
    workers: int = 1,
) -> list[CellCounts]:
    """The same over partitions of persons, whose evidence is already placed, in the order wanted.
    A thread that is free makes the next partition, counts it and lets it go."""
    plan = make_plan([ask(each) for each in wanted])
    counters = [_Counter(plan, replicates) for _ in range(workers)]
    free = list(counters)

    def count(make: Callable[[], Partition]) -> None:
        counter = free.pop()
        counter.add(make())
        free.append(counter)

    for _ in run_in_threads(count, parts, workers):
        pass
    moving = [[table for c in counters for table in c.moving[i]] for i in range(len(wanted))]
    settled = [[table for c in counters for table in c.settled[i]] for i in plan.settled_as]
    return [
        _add_up(of_moving, of_settled, asked.rules, replicates)
        for of_moving, of_settled, asked in zip(moving, settled, plan.moving, strict=True)
    ]


class _Room(NamedTuple):
    """Where one person's life is written while it is counted."""

    years: Years
    stays: Stays
    moves: Moves


class _People(NamedTuple):
    """Consecutive persons of a partition: person i has the rows `starts[i]` to `starts[i + 1]`,
    was seen in several countries or not, and counts `weights[i]`."""

    starts: npt.NDArray[np.int64]
    several: npt.NDArray[np.bool_]
    weights: npt.NDArray[np.uint8]


class _Counter:
    """Counts partition after partition, for one thread: of every set of rules of the plan some
    tables that add up."""

    def __init__(self, plan: Plan, replicates: int) -> None:
        self._plan, self._replicates = plan, replicates
        self._room = _Room(new_years(), new_stays(), new_moves())
        self._ledgers = new_ledgers(_BESIDE)
        self._rows = 0
        self.moving: list[list[CellTable]] = [[] for _ in plan.moving]
        self.settled: list[list[CellTable]] = [[] for _ in plan.settled]
        self._groups = [
            *_gather(plan.moving, self.moving, several=True),
            *_gather(plan.settled, self.settled, several=False),
        ]
        self._start_tables()

    def add(self, part: Partition) -> None:
        """Count the persons of a partition, some thousands after another: their weights stay in
        the processor's cache while set after set of rules counts them."""
        # Twice the persons bound what a replicate's weights add up to in a cell of one year.
        if 2 * (self._rows + len(part.rows.keys)) >= 2**31:
            self._start_tables()
        self._rows += len(part.rows.keys)
        starts, several = _find_people(part.rows.keys)
        at_once = _WEIGHTS_AT_ONCE // padded_items(self._replicates)
        for first in range(0, len(several), at_once):
            chosen = slice(first, min(first + at_once, len(several)))
            weights = _weigh(part, starts[chosen], self._replicates)
            people = _People(starts[first : chosen.stop + 1], several[chosen], weights)
            for group in self._groups:
                self._count(part, people, group)

    def _start_tables(self) -> None:
        for asked, tables in zip(
            (*self._plan.moving, *self._plan.settled), (*self.moving, *self.settled), strict=True
        ):
            wide = asked.rules.units > 1
            tables.append(new_table(_FIRST_CAPACITY, self._replicates, wide=wide))
        self._rows = 0

    def _count(self, part: Partition, people: _People, group: _Group) -> None:
        done = 0
        while done < len(people.several):
            done = _note_lives(
                part, people, done, group.several, group.records, self._room, self._ledgers
            )
            for ledger, tables in zip(self._ledgers, group.tables, strict=False):
                while tables[-1].state[0] + ledger["used"] > len(tables[-1].rows):
                    tables[-1] = grow_table(tables[-1])
                post(ledger, people.weights, tables[-1])
        for tables in group.tables:
            tables[-1].state[1] += len(people.several)


class _Group(NamedTuple):
    """Sets of rules that are counted together, of those seen in several countries or of the
    settled: records of `list_records`, as they are and of everybody, and the tables of each."""

    several: bool
    records: tuple[Any, Any]
    tables: list[list[CellTable]]


def _gather(
    asked: Sequence[Asked], tables: Sequence[list[CellTable]], *, several: bool
) -> Iterator[_Group]:
    counted = [n for n, each in enumerate(asked) if several or each.concerns_settled]
    for group in list_groups([asked[n] for n in counted], _BESIDE):
        members = [asked[counted[at]] for at in group]
        records = [list_records(members, everybody=e, settled=not several) for e in (False, True)]
        yield _Group(several, (records[0], records[1]), [tables[counted[at]] for at in group])


def _add_up(
    moving: list[CellTable], settled: list[CellTable], rules: CompiledRules, replicates: int
) -> CellCounts:
    """Counts of disjoint persons together, sorted by cell, with the cells that are sums of
    others filled. The settled count one unit each."""
    tables = [*((table, 1) for table in moving), *((table, rules.units) for table in settled)]
    found = [table.rows[: table.state[0]] for table, _ in tables]
    worlds = [] if rules.kind == KIND_ANY else found[len(moving) :]
    world_cells = [find_world(rows["cell"]) for rows in worlds]
    every = np.unique(
        np.concatenate([*(rows["cell"] for rows in found), *(cells for _, cells in world_cells)])
    )
    persons = np.zeros(len(every), np.int64)
    counts = np.zeros((len(every), replicates + 1), np.int64)
    for rows, (table, factor) in zip(found, tables, strict=True):
        places = np.searchsorted(every, rows["cell"])
        persons[places] += rows["persons"]
        _add_rows(table.counts, places, factor, counts)
    # Who only ever was in one country is in the world once for each time in the country.
    for rows, (areas, world) in zip(worlds, world_cells, strict=True):
        np.add.at(persons, np.searchsorted(every, world), rows["persons"][areas])
    add_sums(every, counts, world_is_sum=rules.kind != KIND_ANY)
    return CellCounts(cells=every, persons=persons, counts=counts, units=rules.units)


@nb.njit(cache=True, nogil=True)
def _add_rows(
    source: npt.NDArray[np.int32] | npt.NDArray[np.int64],
    places: npt.NDArray[np.int64],
    factor: int,
    counts: npt.NDArray[np.int64],
) -> None:
    for row in range(len(places)):
        target, found = counts[places[row]], source[row]
        if factor == 1:
            for replicate in range(len(target)):
                target[replicate] += found[replicate]
        else:
            for replicate in range(len(target)):
                target[replicate] += factor * found[replicate]


@nb.njit(cache=True, nogil=True)
def _find_people(
    keys: npt.NDArray[np.int64],
) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.bool_]]:
    """Where the rows of each person start, and of the last one end, and who was seen in several
    countries."""
    starts = np.empty(len(keys) + 1, np.int64)
    several = np.empty(len(keys), np.bool_)
    people, start = 0, 0
    while start < len(keys):
        person, country, more = keys[start] >> PERSON_SHIFT, 0, False
        starts[people] = start
        while start < len(keys) and (keys[start] >> PERSON_SHIFT) == person:
            here = (keys[start] >> COUNTRY_SHIFT) & 255
            more |= here != 0 and country not in (0, here)
            country = here or country
            start += 1
        several[people] = more
        people += 1
    starts[people] = start
    return starts[: people + 1], several[:people]


def _weigh(
    part: Partition, starts: npt.NDArray[np.int64], replicates: int
) -> npt.NDArray[np.uint8]:
    weights = np.zeros((len(starts), padded_items(replicates)), np.uint8)
    _draw_all(part.rows.keys, part.person_hashes, starts, replicates, weights)
    return weights


@nb.njit(cache=True, nogil=True)
def _draw_all(
    keys: npt.NDArray[np.int64],
    person_hashes: npt.NDArray[np.uint64],
    starts: npt.NDArray[np.int64],
    replicates: int,
    weights: npt.NDArray[np.uint8],
) -> None:
    drawn = np.ones(replicates + 1, np.int32)
    for i in range(len(starts)):
        if replicates:
            person = keys[starts[i]] >> PERSON_SHIFT
            known = len(person_hashes) > 0
            draw_weights(person_hashes[person] if known else hash_number(person), drawn)
        for replicate in range(replicates + 1):
            weights[i, replicate] = drawn[replicate]


@nb.njit(cache=True, nogil=True)
def _note_lives(
    part: Partition,
    people: _People,
    done: int,
    several: bool,
    records: tuple[Any, Any],
    room: _Room,
    ledgers: Any,
) -> int:
    """Note what those seen in several countries count, or the settled, from the person `done` on
    until a ledger is full; returns the first person who is not noted. `records` are the rules of
    a group, and the same for everybody, with a ledger each."""
    rules, everybody = records
    with_stages = rules[0].details or rules[0].origin != ORIGIN_FIRST
    for i in range(done, len(people.several)):
        if people.several[i] != several:
            continue
        for each in range(len(rules)):
            if ledgers[each].used > _ENTRIES_AT_ONCE:
                return i
        start, stop = people.starts[i], people.starts[i + 1]
        rows = slice_rows(part.rows, start, stop)
        known = find_residences(rows, rules[0], with_stages, room.years)
        for each in range(len(rules)):
            ledgers[each].person = i
            if known:
                _count_life(known, rules[each], room, ledgers[each])
        for each in range(len(rules)):
            if rules[each].cohorts:
                cohorts = part.cohorts[start:stop]
                _count_cohorts_of(rows, cohorts, everybody[each], room, ledgers[each])
    return len(people.several)


@nb.njit(cache=True, nogil=True)
def _count_life(known: int, rules: Any, room: _Room, ledger: Ledger) -> None:
    years, stayed = room.years, 0
    if rules.stock or rules.details:
        stayed = find_stays(years, known, rules, room.stays)
    moved = find_moves(years, known, rules, room.moves)
    life = Life(years, known, room.stays, stayed, room.moves, moved)
    count_areas(life, rules, ledger)
    if rules.lasting:
        count_lasting(life, rules, ledger)
    if rules.details:
        count_details(life, rules, ledger)


@nb.njit(cache=True, nogil=True)
def _count_cohorts_of(
    rows: Rows, cohorts: npt.NDArray[np.uint64], everybody: Any, room: _Room, ledger: Ledger
) -> None:
    years, by_stage = room.years, everybody.origin != ORIGIN_FIRST
    known = find_residences(rows, everybody, by_stage, years)
    if known:
        life = Life(years, known, room.stays, 0, room.moves, 0)
        count_cohorts(life, rows.keys, cohorts, everybody, ledger)
