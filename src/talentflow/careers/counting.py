"""How many persons, moves and years fall into each cell, under many rules at once?

One compiled pass over the packed evidence of a partition of persons: residences under the
rules, what they contribute to each cell, counted once in every replicate with the person's
weight. Counts of partitions add up, so how persons are split cannot change a figure.

The evidence is read and the weights of a person are drawn once for all sets of rules. Who was
only ever seen in one country is *settled*: how a country is chosen and what makes a move
cannot matter, so sets of rules that differ in nothing else count the settled once, together.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any, Final, NamedTuple

import numba as nb
import numpy as np
import numpy.typing as npt

from talentflow.careers.cells import (
    CellTable,
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
from talentflow.careers.sums import add_sums, find_world
from talentflow.careers.weights import draw_weights, hash_number
from talentflow.core.executor import run_in_threads
from talentflow.core.rules import Rules

_FIRST_CAPACITY: Final = 1 << 14
_TOGETHER: Final = 16
"""Sets of rules counted at once: with 200 replicates each takes some 20 MB of counts a worker."""

_BESIDE: Final = 8
"""Sets of rules whose ledgers are written beside each other, while one life is at hand."""

_PEOPLE_AT_ONCE: Final = 4096
_ENTRIES_AT_ONCE: Final = 1 << 14


@dataclass(frozen=True, kw_only=True)
class Wanted:
    """What to count under one set of rules: moves between countries, and if so said, who lives
    where (`stock`), who has moved before and who stayed (`lasting`), stages and sectors
    (`details`), and shares of `cohorts`. Rules that split persons (`Rules.splits_persons`) have
    neither of the last two. Moves alone are counted of those who were seen in several countries,
    so most persons cost nothing.
    """

    rules: Rules
    stock: bool = True
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
        numbers.sort(key=lambda number: _settle(_ask(wanted[number])))
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
    plan = _plan([_ask(each) for each in wanted])
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


class _Asked(NamedTuple):
    """Compiled rules, what is counted under them, and the traits of the rows that place
    everybody, told apart or not, who hold the cohorts."""

    rules: CompiledRules
    stock: bool
    lasting: bool
    details: bool
    cohorts: bool
    traits_of_all: int

    @property
    def concerns_settled(self) -> bool:
        """Whether anything but moves is counted, which the settled have none of."""
        return self.stock or self.lasting or self.details or self.cohorts


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
        wanted.stock,
        wanted.lasting,
        wanted.details and single,
        wanted.cohorts and single,
        compile_rules(everybody).traits,
    )


def _settle(asked: _Asked) -> _Asked:
    """The same without what cannot matter to who was only ever seen in one country. Where every
    country of a year counts, it matters that the world is counted apart."""
    kind = KIND_ANY if asked.rules.kind == KIND_ANY else KIND_MODE
    rules = asked.rules._replace(
        tie=TIE_STAY, kind=kind, by_votes=False, units=1, dating=DATED_SEEN, window=-1
    )
    return asked._replace(rules=rules)


def _plan(moving: list[_Asked]) -> _Plan:
    settled = [_settle(asked) for asked in moving]
    distinct = list(dict.fromkeys(settled))
    return _Plan(moving, distinct, [distinct.index(each) for each in settled])


_FIELDS: Final = ("settled", "stock", "lasting", "details", "cohorts")
_ASKED_RECORD: Final = np.dtype([(name, np.int64) for name in (*_FIELDS, *CompiledRules._fields)])


def _list_records(group: _Group, *, everybody: bool, settled: bool) -> Any:
    """Records with the fields of `CompiledRules`, of whom and what is counted; the first has the
    widest window, so that what it needs to know of a life serves the others."""
    values = [
        (
            *(settled, asked.stock, asked.lasting, asked.details, asked.cohorts),
            *(asked.rules._replace(traits=asked.traits_of_all) if everybody else asked.rules),
        )
        for asked, _ in group
    ]
    return np.array(values, _ASKED_RECORD)


_Group = list[tuple[_Asked, list[CellTable]]]
"""Sets of rules under which everybody lives in the same country in the same year, and what is
counted under each: they differ in what makes a move."""


def _group(asked: Sequence[_Asked], tables: Sequence[list[CellTable]]) -> list[_Group]:
    groups: dict[_Asked, _Group] = {}
    for each, counted in zip(asked, tables, strict=True):
        groups.setdefault(_reside(each), []).append((each, counted))
    return [
        sorted(group, key=lambda one: -one[0].rules.window)[at : at + _BESIDE]
        for group in groups.values()
        for at in range(0, len(group), _BESIDE)
    ]


def _reside(asked: _Asked) -> _Asked:
    """The same without what says nothing of who lives where, and at which stage."""
    rules = asked.rules._replace(
        max_gap=0, fill=0, pad=0, dating=0, window=-1, origin_left_out=False,
        origin=int(asked.details or asked.rules.origin != ORIGIN_FIRST),
    )  # fmt: skip
    return _Asked(rules, False, False, False, False, 0)


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

    def __init__(self, plan: _Plan, replicates: int) -> None:
        self._plan, self._replicates = plan, replicates
        self._room = _Room(new_years(), new_stays(), new_moves())
        self._ledgers = new_ledgers(_BESIDE)
        self._rows = 0
        self.moving: list[list[CellTable]] = [[] for _ in plan.moving]
        self.settled: list[list[CellTable]] = [[] for _ in plan.settled]
        self._moving = _group(plan.moving, self.moving)
        counted = [n for n, asked in enumerate(plan.settled) if asked.concerns_settled]
        self._settled = _group(
            [plan.settled[n] for n in counted], [self.settled[n] for n in counted]
        )
        self._start_tables()

    def add(self, part: Partition) -> None:
        """Count the persons of a partition, some thousands after another: their weights stay in
        the processor's cache while set after set of rules counts them."""
        # Twice the persons bound what a replicate's weights add up to in a cell of one year.
        if 2 * (self._rows + len(part.rows.keys)) >= 2**31:
            self._start_tables()
        self._rows += len(part.rows.keys)
        starts, several = _find_people(part.rows.keys)
        for first in range(0, len(several), _PEOPLE_AT_ONCE):
            chosen = slice(first, min(first + _PEOPLE_AT_ONCE, len(several)))
            weights = _weigh(part, starts[chosen], self._replicates)
            people = _People(starts[first : chosen.stop + 1], several[chosen], weights)
            for group in self._moving:
                self._count(part, people, group, several=True)
            for group in self._settled:
                self._count(part, people, group, several=False)

    def _start_tables(self) -> None:
        for asked, tables in zip(
            (*self._plan.moving, *self._plan.settled), (*self.moving, *self.settled), strict=True
        ):
            wide = asked.rules.units > 1
            tables.append(new_table(_FIRST_CAPACITY, self._replicates, wide=wide))
        self._rows = 0

    def _count(self, part: Partition, people: _People, group: _Group, *, several: bool) -> None:
        records = tuple(
            _list_records(group, everybody=everybody, settled=not several)
            for everybody in (False, True)
        )
        done = 0
        while done < len(people.several):
            done = _note_lives(part, people, done, several, records, self._room, self._ledgers)
            for ledger, (_, tables) in zip(self._ledgers, group, strict=False):
                while tables[-1].state[0] + ledger["used"] > len(tables[-1].rows):
                    tables[-1] = grow_table(tables[-1])
                post(ledger, people.weights, tables[-1])
        for _, tables in group:
            tables[-1].state[1] += len(people.several)


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
def _count_life(known: int, rules: Any, room: _Room, ledger: Any) -> None:
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
    rows: Rows, cohorts: npt.NDArray[np.uint64], everybody: Any, room: _Room, ledger: Any
) -> None:
    years, by_stage = room.years, everybody.origin != ORIGIN_FIRST
    known = find_residences(rows, everybody, by_stage, years)
    if known:
        life = Life(years, known, room.stays, 0, room.moves, 0)
        count_cohorts(life, rows.keys, cohorts, everybody, ledger)
