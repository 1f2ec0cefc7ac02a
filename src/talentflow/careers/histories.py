"""The lives behind the tallies, row by row: residences, spells, moves and stage changes.

Private tables, made once for the default definition so that a figure can be traced to the
records behind it. They come from the same compiled `find_residences` as the tallies.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

import numba as nb
import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from talentflow.careers.movement import (
    Moves,
    Stays,
    find_moves,
    find_stays,
    new_moves,
    new_stays,
)
from talentflow.careers.packing import FIRST_YEAR, PERSON_SHIFT, PackedEvidence
from talentflow.careers.residence import (
    CompiledRules,
    Years,
    compile_rules,
    find_first_work,
    find_residences,
    find_stage_end,
    new_years,
    slice_rows,
)
from talentflow.careers.residence import Rows as Evidence
from talentflow.core.areas import AREAS
from talentflow.core.contracts import MOVES, RESIDENCES, SPELLS, STAGE_CHANGES, Contract
from talentflow.core.errors import UsageError
from talentflow.core.rules import Rules
from talentflow.core.vocabulary import SECTORS, STAGES, STUDY_STAGES

Rows = npt.NDArray[np.int64]
_STUDIES: Final = len(STUDY_STAGES)
_ROWS_AT_ONCE: Final = 1 << 18


@dataclass(frozen=True, kw_only=True)
class Histories:
    """Tables of the contracts of the same names, each sorted by its key."""

    residences: pa.Table
    spells: pa.Table
    moves: pa.Table
    stage_changes: pa.Table


def list_histories(evidence: PackedEvidence, rules: Rules) -> Histories:
    """The histories of all persons under one set of rules.

    Raises `UsageError` as `list_histories_in_parts` does.
    """
    parts = [Histories(**{contract.name: contract.empty() for contract in _CONTRACTS})]
    parts += list_histories_in_parts(evidence, rules)
    return Histories(
        **{
            contract.name: pa.concat_tables([getattr(part, contract.name) for part in parts])
            for contract in _CONTRACTS
        }
    )


_CONTRACTS: Final = (RESIDENCES, SPELLS, MOVES, STAGE_CHANGES)


def list_histories_in_parts(
    evidence: PackedEvidence, rules: Rules, rows: int = _ROWS_AT_ONCE
) -> Iterator[Histories]:
    """The histories of some persons after another, in the order of their numbers; about so many
    rows of evidence at a time, since a row may become several of each table.

    Raises `UsageError` for rules that split persons, whose years and moves are not whole rows.
    """
    if rules.splits_persons:
        raise UsageError(
            f"no histories where residence.kind = {rules.residence.kind} and "
            f"move.dating = {rules.move.dating}",
            expected="one country a year and one year a move",
            next_step="nearest valid: residence.kind = mode with move.dating = seen or midpoint",
        )
    placed = evidence.at_seats if rules.place.employer == "seat" else evidence
    for part in placed.split(-(-len(placed.keys) // rows)):
        found = _list_rows(
            Evidence(part.keys, part.traits, part.votes),
            compile_rules(rules),
            new_years(),
            new_stays(),
            new_moves(),
        )
        yield Histories(
            **{
                contract.name: _table(contract, listed, evidence.person_ids)
                for contract, listed in zip(_CONTRACTS, found, strict=True)
            }
        )


def _table(contract: Contract, rows: Rows, people: pa.StringArray) -> pa.Table:
    columns = {
        column.name: _decode(column.name, column.type, rows[:, i], people)
        for i, column in enumerate(contract.columns)
    }
    table = pa.table(columns, schema=contract.schema)
    return table.sort_by([(name, "ascending") for name in contract.key])


def _decode(name: str, kind: pa.DataType, codes: Rows, people: pa.StringArray) -> pa.Array:
    if name == "person_id":
        return people.take(pa.array(codes)).cast(pa.string())
    if name.endswith("country"):
        return pa.array(AREAS, pa.string()).take(pa.array(codes - 1))
    if name.endswith("stage"):
        return _take_words(STAGES, codes)
    if name == "sector":
        return _take_words(SECTORS, codes)
    if name.endswith("year"):
        return pa.array(codes + FIRST_YEAR).cast(kind)
    return pa.array(codes).cast(kind)


def _take_words(words: tuple[str, ...], codes: Rows) -> pa.Array:
    """Code 0, unknown, is null in tables."""
    named = pa.array([None, *words[1:]], pa.string()).take(pa.array(codes))
    return pc.cast(named, pa.string())


@nb.njit(cache=True, nogil=True)
def _list_rows(
    evidence: Evidence, rules: CompiledRules, years: Years, stays: Stays, changed: Moves
) -> tuple[Rows, Rows, Rows, Rows]:
    keys = evidence.keys
    residences = np.zeros((2 * len(keys) + 64, 6), np.int64)
    spells = np.zeros((len(keys) + 1, 5), np.int64)
    moves = np.zeros((len(keys) + 1, 5), np.int64)
    changes = np.zeros((len(keys) * _STUDIES + 1, 7), np.int64)
    used = np.zeros(4, np.int64)
    start = 0
    while start < len(keys):
        person = keys[start] >> PERSON_SHIFT
        stop = start
        while stop < len(keys) and (keys[stop] >> PERSON_SHIFT) == person:
            stop += 1
        known = find_residences(slice_rows(evidence, start, stop), rules, True, years)
        if used[0] + 256 > len(residences):
            residences = np.concatenate((residences, np.zeros_like(residences)))
        stayed = find_stays(years, known, rules, stays)
        _list_residences(years, stays, stayed, person, residences, used)
        _list_spells(years, known, rules, person, spells, used)
        moved = find_moves(years, known, rules, changed)
        _list_moves(changed, moved, person, moves, used)
        _list_changes(years, known, person, changes, used)
        start = stop
    return residences[: used[0]], spells[: used[1]], moves[: used[2]], changes[: used[3]]


@nb.njit(cache=True, nogil=True)
def _list_residences(
    years: Years, stays: Stays, stayed: int, person: int, rows: Rows, used: Rows
) -> None:
    for i in range(stayed):
        row, k = rows[used[0]], stays.source[i]
        row[0], row[1], row[2] = person, stays.year[i], stays.country[i]
        row[3], row[4], row[5] = years.stage[k], years.sector[k], stays.bridged[i]
        used[0] += 1


@nb.njit(cache=True, nogil=True)
def _list_spells(
    years: Years, known: int, rules: CompiledRules, person: int, rows: Rows, used: Rows
) -> None:
    for k in range(known):
        silence = years.year[k] - years.year[k - 1] - 1 if k else 0
        if k and silence <= rules.max_gap and years.country[k] == years.country[k - 1]:
            rows[used[1] - 1, 3] = years.year[k]
            rows[used[1] - 1, 4] += 1
            continue
        row = rows[used[1]]
        row[0], row[1] = person, years.country[k]
        row[2], row[3], row[4] = years.year[k], years.year[k], 1
        used[1] += 1


@nb.njit(cache=True, nogil=True)
def _list_moves(moves: Moves, moved: int, person: int, rows: Rows, used: Rows) -> None:
    for i in range(moved):
        row = rows[used[2]]
        row[0], row[1], row[2] = person, moves.year[i], moves.before[i]
        row[3], row[4] = moves.after[i], moves.silence[i]
        used[2] += 1


@nb.njit(cache=True, nogil=True)
def _list_changes(years: Years, known: int, person: int, rows: Rows, used: Rows) -> None:
    for stage in range(1, _STUDIES + 1):
        end = find_stage_end(years, known, stage)
        work = find_first_work(years, known, end) if end >= 0 else -1
        if work >= 0:
            row = rows[used[3]]
            row[0], row[1], row[2], row[3] = person, years.year[end], stage, years.country[end]
            row[4], row[5] = years.stage[work], years.country[work]
            row[6] = years.year[work]
            used[3] += 1
