"""Where was a person in silent years, and when did they move?

Reads the observed years of one person and writes rows: a stay is (a part of) one person in one
country in one year, a move (a part of) one change of country in one year.
"""

from __future__ import annotations

from typing import Final, NamedTuple, cast

import numba as nb
import numpy as np
import numpy.typing as npt

from talentflow.careers.residence import (
    DATED_MIDPOINT,
    DATED_SEEN,
    DATED_SPREAD,
    FILL_AFTER,
    FILL_AROUND,
    FILL_BEFORE,
    FILL_DATED,
    FILL_NONE,
    KIND_ANY,
    KIND_FRACTIONAL,
    YEARS,
    CompiledRules,
    Years,
    has_left,
)

_ROOM: Final = YEARS * YEARS


class Stays(NamedTuple):
    """Years of residence: `source` is the observed year k that the stay is taken from, `bridged`
    1 in a silent year, `units` the part of the person."""

    year: npt.NDArray[np.int64]
    country: npt.NDArray[np.int64]
    units: npt.NDArray[np.int64]
    source: npt.NDArray[np.int64]
    bridged: npt.NDArray[np.int64]


class Moves(NamedTuple):
    """Changes of country, dated; `silence` is the number of silent years bridged."""

    year: npt.NDArray[np.int64]
    before: npt.NDArray[np.int64]
    after: npt.NDArray[np.int64]
    units: npt.NDArray[np.int64]
    silence: npt.NDArray[np.int64]


def new_stays() -> Stays:
    """Room for the stays of one person: one record, see `Years`."""
    return cast(Stays, np.zeros(1, _list_fields(Stays))[0])


def new_moves() -> Moves:
    """Room for the moves of one person."""
    return cast(Moves, np.zeros(1, _list_fields(Moves))[0])


def _list_fields(columns: type[Stays] | type[Moves]) -> np.dtype[np.void]:
    return np.dtype([(name, np.int64, (_ROOM,)) for name in columns._fields])


@nb.njit(cache=True, nogil=True)
def find_stays(years: Years, known: int, rules: CompiledRules, stays: Stays) -> int:
    """Fill `stays` with the observed years and the silent ones that the rules fill, by year;
    returns how many. Padding may reach beyond the years of the data."""
    used = 0
    around = rules.fill == FILL_AROUND and known > 0
    if around:
        earliest = max(years.year[0] - rules.pad, 0)
        used = _put_span(years, 0, earliest, years.year[0] - 1, stays, used)
    for k in range(known):
        used = _put_year(years, k, years.year[k], 0, stays, used)
        if k + 1 < known and rules.fill != FILL_NONE:
            used = _fill_silence(years, k, rules, stays, used)
    if around:
        last = years.year[known - 1]
        latest = min(last + rules.pad, YEARS - 1)
        used = _put_span(years, known - 1, last + 1, latest, stays, used)
    return used


@nb.njit(cache=True, nogil=True)
def _fill_silence(years: Years, k: int, rules: CompiledRules, stays: Stays, used: int) -> int:
    first, last = years.year[k] + 1, years.year[k + 1] - 1
    if rules.fill == FILL_AROUND:
        turn = max(first, last - rules.pad + 1)
        used = _put_span(years, k, first, min(first + rules.pad, turn) - 1, stays, used)
        return _put_span(years, k + 1, turn, last, stays, used)
    if rules.pad >= 0:
        if rules.fill == FILL_AFTER:
            first = max(first, last - rules.pad + 1)
        else:
            last = min(last, first + rules.pad - 1)
    elif last - first + 1 > rules.max_gap:
        return used
    if rules.fill != FILL_DATED:
        source = k if rules.fill == FILL_BEFORE else k + 1
        return _put_span(years, source, first, last, stays, used)
    for year in range(first, last + 1):
        used = _put_dated(years, k, rules, year, stays, used)
    return used


@nb.njit(cache=True, nogil=True)
def _put_dated(
    years: Years, k: int, rules: CompiledRules, year: int, stays: Stays, used: int
) -> int:
    """One silent year, divided by the chance that the move has happened by then. A person who
    did not move is where they were."""
    before, steps = years.year[k], years.year[k + 1] - years.year[k]
    if years.country[k] == years.country[k + 1] or not has_left(
        years, rules, years.country[k], years.year[k + 1]
    ):
        return _put_stay(years, k, year, rules.units, stays, used)
    if rules.dating == DATED_MIDPOINT:
        source = k + 1 if year >= find_midpoint(before, years.year[k + 1]) else k
        return _put_stay(years, source, year, rules.units, stays, used)
    moved = rules.units * (year - before) // steps
    used = _put_stay(years, k, year, rules.units - moved, stays, used)
    return _put_stay(years, k + 1, year, moved, stays, used)


@nb.njit(cache=True, nogil=True)
def find_midpoint(before: int, after: int) -> int:
    """The middle between two records, rounded up."""
    return before + (after - before) // 2 + (after - before) % 2


@nb.njit(cache=True, nogil=True)
def _put_stay(years: Years, k: int, year: int, units: int, stays: Stays, used: int) -> int:
    if units == 0:
        return used
    stays.year[used], stays.country[used] = year, years.country[k]
    stays.units[used], stays.source[used], stays.bridged[used] = units, k, 1
    return used + 1


@nb.njit(cache=True, nogil=True)
def _put_span(years: Years, k: int, first: int, last: int, stays: Stays, used: int) -> int:
    """Silent years in the countries of the observed year k."""
    for year in range(first, last + 1):
        used = _put_year(years, k, year, 1, stays, used)
    return used


@nb.njit(cache=True, nogil=True)
def _put_year(years: Years, k: int, year: int, bridged: int, stays: Stays, used: int) -> int:
    for part in range(years.parts[k], years.parts[k + 1]):
        stays.year[used], stays.country[used] = year, years.part_country[part]
        stays.units[used], stays.source[used] = years.part_units[part], k
        stays.bridged[used] = bridged
        used += 1
    return used


@nb.njit(cache=True, nogil=True)
def find_moves(years: Years, known: int, rules: CompiledRules, moves: Moves) -> int:
    """Fill `moves` with the changes between observed years; returns how many."""
    used = 0
    for k in range(1, known):
        if years.year[k] - years.year[k - 1] - 1 > rules.max_gap:
            continue
        if rules.kind == KIND_ANY:
            used = _put_gains(years, k, rules, moves, used)
        elif rules.kind == KIND_FRACTIONAL:
            used = _put_shifts(years, k, moves, used)
        elif years.country[k] != years.country[k - 1] and has_left(
            years, rules, years.country[k - 1], years.year[k]
        ):
            used = _put_change(years, k, rules, moves, used)
    return used


@nb.njit(cache=True, nogil=True)
def _put_change(years: Years, k: int, rules: CompiledRules, moves: Moves, used: int) -> int:
    """One move between one country and another, dated as the rules say."""
    start, year = years.year[k - 1], years.year[k]
    before, after = years.country[k - 1], years.country[k]
    silence = year - start - 1
    if rules.dating == DATED_SEEN:
        return _put_move(moves, used, year, before, after, rules.units, silence)
    if rules.dating == DATED_MIDPOINT:
        middle = find_midpoint(start, year)
        return _put_move(moves, used, middle, before, after, rules.units, silence)
    assert rules.dating == DATED_SPREAD
    gone = 0
    for step in range(1, silence + 2):
        by_then = rules.units * step // (silence + 1)
        used = _put_move(moves, used, start + step, before, after, by_then - gone, silence)
        gone = by_then
    return used


@nb.njit(cache=True, nogil=True)
def _put_move(
    moves: Moves, used: int, year: int, before: int, after: int, units: int, silence: int
) -> int:
    if units == 0:
        return used
    moves.year[used], moves.before[used], moves.after[used] = year, before, after
    moves.units[used], moves.silence[used] = units, silence
    return used + 1


@nb.njit(cache=True, nogil=True)
def _put_gains(years: Years, k: int, rules: CompiledRules, moves: Moves, used: int) -> int:
    """Every country of the year that is new is reached from each that is gone; if none is gone,
    from each of the year before, unless moves must leave the old country."""
    a, b, c = years.parts[k - 1], years.parts[k], years.parts[k + 1]
    gone = 0
    for i in range(a, b):
        gone += _find_share(years, years.part_country[i], b, c) == 0
    year = years.year[k]
    for i in range(a, b):
        before = years.part_country[i]
        if _find_share(years, before, b, c):
            if gone or rules.window >= 0:
                continue
        elif not has_left(years, rules, before, year):
            continue
        for j in range(b, c):
            after = years.part_country[j]
            if not _find_share(years, after, a, b):
                silence = year - years.year[k - 1] - 1
                used = _put_move(moves, used, year, before, after, 1, silence)
    return used


@nb.njit(cache=True, nogil=True)
def _put_shifts(years: Years, k: int, moves: Moves, used: int) -> int:
    """What the shares of a person lose in one country goes to those that gain, in proportion,
    rounded down to whole units along the gains so that nothing is lost."""
    a, b, c = years.parts[k - 1], years.parts[k], years.parts[k + 1]
    year, silence = years.year[k], years.year[k] - years.year[k - 1] - 1
    total = 0
    for j in range(b, c):
        total += _find_gain(years, years.part_country[j], a, b, c)
    for i in range(a, b):
        before = years.part_country[i]
        lost = years.part_units[i] - _find_share(years, before, b, c)
        gained, passed = 0, 0
        for j in range(b, c):
            after = years.part_country[j]
            gained += _find_gain(years, after, a, b, c)
            if lost > 0:
                by_here = lost * gained // total
                used = _put_move(moves, used, year, before, after, by_here - passed, silence)
                passed = by_here
    return used


@nb.njit(cache=True, nogil=True)
def _find_share(years: Years, country: int, start: int, stop: int) -> int:
    for i in range(start, stop):
        if years.part_country[i] == country:
            return int(years.part_units[i])
    return 0


@nb.njit(cache=True, nogil=True)
def _find_gain(years: Years, country: int, a: int, b: int, c: int) -> int:
    return max(0, _find_share(years, country, b, c) - _find_share(years, country, a, b))
