"""Where was a person in each year, judged from the evidence of that year?

The compiled heart of the careers: one call reads the rows of one person and fills one entry
for each year with a known residence. Everything else (moves, spells, tallies) reads those.
"""

from __future__ import annotations

from typing import Final, NamedTuple, cast

import numba as nb
import numpy as np
import numpy.typing as npt

from talentflow.careers.packing import (
    COUNTRY_SHIFT,
    MONTH_SHIFT,
    POSITION,
    STAGE_SHIFT,
    YEAR_SHIFT,
    required_traits,
)
from talentflow.core.rules import Rules
from talentflow.core.vocabulary import SECTORS, STAGES, STUDY_STAGES

YEARS: Final = 256
_COUNTRIES: Final = 256
_LAST_STUDY: Final = STAGES.index(STUDY_STAGES[-1])

TIE_STAY: Final = 0
TIE_CODE: Final = 1
TIE_DROP: Final = 2

FILL_NONE: Final = 0
FILL_BEFORE: Final = 1
FILL_AFTER: Final = 2
FILL_DATED: Final = 3
FILL_AROUND: Final = 4

KIND_MODE: Final = 0
KIND_LAST: Final = 1
KIND_ANY: Final = 2
KIND_FRACTIONAL: Final = 3

DATED_SEEN: Final = 0
DATED_MIDPOINT: Final = 1
DATED_SPREAD: Final = 2

EVIDENCE_TOGETHER: Final = 0
EVIDENCE_PAPERS: Final = 1
EVIDENCE_POSITIONS: Final = 2
EVIDENCE_PAPERS_FIRST: Final = 3
EVIDENCE_POSITIONS_FIRST: Final = 4

ORIGIN_FIRST: Final = 0

SPLIT_UNITS: Final = 2520
"""Parts of a person where rules split one: thirds to tenths are whole numbers, so sums are exact
in any order."""

_TIES: Final = {"stay": TIE_STAY, "code": TIE_CODE, "drop": TIE_DROP}
_FILLS: Final = {
    "none": FILL_NONE,
    "before": FILL_BEFORE,
    "after": FILL_AFTER,
    "dated": FILL_DATED,
    "around": FILL_AROUND,
}
_KINDS: Final = {
    "mode": KIND_MODE,
    "last": KIND_LAST,
    "any": KIND_ANY,
    "fractional": KIND_FRACTIONAL,
}
_DATINGS: Final = {"seen": DATED_SEEN, "midpoint": DATED_MIDPOINT, "spread": DATED_SPREAD}
_EVIDENCE: Final = {
    "together": EVIDENCE_TOGETHER,
    "papers": EVIDENCE_PAPERS,
    "positions": EVIDENCE_POSITIONS,
    "papers_first": EVIDENCE_PAPERS_FIRST,
    "positions_first": EVIDENCE_POSITIONS_FIRST,
}
_ORIGINS: Final = {
    "first": ORIGIN_FIRST,
    "undergraduate": STAGES.index("undergraduate"),
    "doctorate": STAGES.index("doctoral"),
}


class CompiledRules(NamedTuple):
    """`Rules` as integers, for the compiled pass.

    `units` is what one person counts; `pad` −1: none; `window` −1: any change is a move;
    `origin` a stage or `ORIGIN_FIRST`.
    """

    tie: int
    max_gap: int
    fill: int
    traits: int
    kind: int
    by_votes: bool
    units: int
    pad: int
    dating: int
    window: int
    origin: int
    origin_left_out: bool
    evidence: int


class Years(NamedTuple):
    """The observed years of one person: year number, country, stage and sector codes.

    Where every country of a year counts, `country` is the one with most records, and all of
    year k are `part_country[parts[k] : parts[k + 1]]`, each with its `part_units` of the person.
    `seen[year, word]` has a bit for every country with a record in a calendar year, filled only
    where moves must leave the old country. `counts`, `stages` and `sectors` are room to count
    votes in.

    In memory all of it is one record: a compiled function takes that as one pointer, whereas it
    counts references to each of several arrays, which cost most of the time of the pass.
    """

    year: npt.NDArray[np.int64]
    country: npt.NDArray[np.int64]
    stage: npt.NDArray[np.int64]
    sector: npt.NDArray[np.int64]
    counts: npt.NDArray[np.int64]
    parts: npt.NDArray[np.int64]
    part_country: npt.NDArray[np.int64]
    part_units: npt.NDArray[np.int64]
    seen: npt.NDArray[np.uint64]
    stages: npt.NDArray[np.int64]
    sectors: npt.NDArray[np.int64]


class Rows(NamedTuple):
    """The packed rows of one person, or of several: keys, traits and votes."""

    keys: npt.NDArray[np.int64]
    traits: npt.NDArray[np.uint32]
    votes: npt.NDArray[np.int32]


def compile_rules(rules: Rules) -> CompiledRules:
    """The integers that stand for a set of rules."""
    residence, move, origin = rules.residence, rules.move, rules.origin
    splits = residence.kind == "fractional" or move.dating == "spread"
    return CompiledRules(
        tie=_TIES[residence.tie],
        max_gap=move.max_gap_years,
        fill=_FILLS[move.fill],
        traits=required_traits(rules.people),
        kind=_KINDS[residence.kind],
        by_votes=residence.votes == "paper_shares",
        units=SPLIT_UNITS if splits else 1,
        pad=-1 if move.pad_years is None else move.pad_years,
        dating=_DATINGS[move.dating],
        window=-1 if move.kind == "change" else move.window_years,
        origin=_ORIGINS[origin.stage],
        origin_left_out=origin.otherwise == "left_out",
        evidence=_EVIDENCE[residence.evidence],
    )


_YEARS_RECORD: Final = np.dtype(
    [
        ("year", np.int64, (YEARS,)),
        ("country", np.int64, (YEARS,)),
        ("stage", np.int64, (YEARS,)),
        ("sector", np.int64, (YEARS,)),
        ("counts", np.int64, (_COUNTRIES,)),
        ("parts", np.int64, (YEARS + 1,)),
        ("part_country", np.int64, (YEARS * _COUNTRIES,)),
        ("part_units", np.int64, (YEARS * _COUNTRIES,)),
        ("seen", np.uint64, (2 * YEARS, _COUNTRIES // 64)),
        ("stages", np.int64, (16,)),
        ("sectors", np.int64, (8,)),
    ]
)


def new_years() -> Years:
    """Room for the years of one person, to be used for one person after another."""
    return cast(Years, np.zeros(1, _YEARS_RECORD)[0])


@nb.njit(cache=True, nogil=True)
def slice_rows(rows: Rows, start: int, stop: int) -> Rows:
    """Some of the rows, without copying them."""
    return Rows(rows.keys[start:stop], rows.traits[start:stop], rows.votes[start:stop])


@nb.njit(cache=True, nogil=True)
def find_residences(rows: Rows, rules: CompiledRules, with_stages: bool, years: Years) -> int:
    """Fill `years` from the sorted rows of one person; returns how many years are known.

    Without `with_stages` stages and sectors stay unknown, which saves a third of the time.
    """
    keys = rows.keys
    known = 0
    start = 0
    # One kind of evidence alone may leave out the only country of a year.
    is_exclusive = EVIDENCE_TOGETHER < rules.evidence < EVIDENCE_PAPERS_FIRST
    if rules.window >= 0:
        _forget_seen(keys, rules.window, years)
    while start < len(keys):
        year = (keys[start] >> YEAR_SHIFT) & 255
        country, several, stop = _read_year(rows, start, rules.traits)
        of_year = slice_rows(rows, start, stop)
        heard = Heard(rules.traits, rules.traits)
        if several or is_exclusive or with_stages:
            heard = _choose_evidence(of_year, rules)
        if several or is_exclusive:
            previous = years.country[known - 1] if known else 0
            country = _choose_country(of_year, rules, heard, previous, known, years)
            if rules.window >= 0:
                _note_seen(of_year, heard, year, years.seen)
        elif country:
            _put_only_part(years, known, country, rules.units)
            if rules.window >= 0:
                years.seen[year, country >> 6] |= np.uint64(1) << np.uint64(country & 63)
        if country:
            years.year[known] = year
            years.country[known] = country
            years.stage[known], years.sector[known] = 0, 0
            if with_stages:
                years.stage[known], years.sector[known] = _choose_stage_and_sector(
                    of_year, heard, country, years
                )
                if rules.evidence >= EVIDENCE_PAPERS_FIRST:
                    _complete_stage_and_sector(of_year, heard, country, known, years)
            known += 1
        start = stop
    return known


class Heard(NamedTuple):
    """The rows of a year that place a person: those whose traits within `mask` are `want`."""

    mask: int
    want: int


@nb.njit(cache=True, nogil=True)
def _choose_evidence(rows: Rows, rules: CompiledRules) -> Heard:
    required = rules.traits
    if rules.evidence == EVIDENCE_TOGETHER:
        return Heard(required, required)
    papers = Heard(required | POSITION, required)
    positions = Heard(required | POSITION, required | POSITION)
    if rules.evidence == EVIDENCE_PAPERS:
        return papers
    if rules.evidence == EVIDENCE_POSITIONS:
        return positions
    first, other = papers, positions
    if rules.evidence == EVIDENCE_POSITIONS_FIRST:
        first, other = positions, papers
    for i in range(len(rows.keys)):
        placed = (rows.keys[i] >> COUNTRY_SHIFT) & 255
        if placed and (rows.traits[i] & first.mask) == first.want:
            return first
    return other


@nb.njit(cache=True, nogil=True)
def _complete_stage_and_sector(
    rows: Rows, heard: Heard, country: int, known: int, years: Years
) -> None:
    """What the evidence heard does not say of stage and sector, the other may."""
    other = Heard(heard.mask, heard.want ^ POSITION)
    speaks = False
    for i in range(len(rows.keys)):
        speaks = speaks or (rows.traits[i] & other.mask) == other.want
    if not speaks:
        return
    stage, sector = _choose_stage_and_sector(rows, other, country, years)
    if years.stage[known] == 0:
        years.stage[known] = stage
    if years.sector[known] == 0:
        years.sector[known] = sector


@nb.njit(cache=True, nogil=True)
def _forget_seen(keys: npt.NDArray[np.int64], window: int, years: Years) -> None:
    """Clear the years that `has_left` can ask for."""
    first = (keys[0] >> YEAR_SHIFT) & 255
    last = (keys[len(keys) - 1] >> YEAR_SHIFT) & 255
    for year in range(first, last + window + 1):
        for word in range(_COUNTRIES // 64):
            years.seen[year, word] = 0


@nb.njit(cache=True, nogil=True)
def _read_year(rows: Rows, start: int, required: int) -> tuple[int, bool, int]:
    """The first country that a row of the year counts for (0: none does), whether others do too,
    and where the year ends. One country alone needs no choice, whatever the rules."""
    year, country, several = rows.keys[start] >> YEAR_SHIFT, 0, False
    stop = start
    while stop < len(rows.keys) and (rows.keys[stop] >> YEAR_SHIFT) == year:
        here = (rows.keys[stop] >> COUNTRY_SHIFT) & 255
        if here and (rows.traits[stop] & required) == required:
            several |= country not in (0, here)
            country = here
        stop += 1
    return country, several, stop


@nb.njit(cache=True, nogil=True)
def _put_only_part(years: Years, known: int, country: int, units: int) -> None:
    start = years.parts[known] if known else 0
    years.parts[0] = 0
    years.part_country[start], years.part_units[start] = country, units
    years.parts[known + 1] = start + 1


@nb.njit(cache=True, nogil=True)
def _choose_country(
    rows: Rows, rules: CompiledRules, heard: Heard, previous: int, known: int, years: Years
) -> int:
    keys, counts = rows.keys, years.counts
    month = _find_last_month(rows, heard) if rules.kind == KIND_LAST else 0
    best = 0
    for i in range(len(keys)):
        country = (keys[i] >> COUNTRY_SHIFT) & 255
        in_time = rules.kind != KIND_LAST or (rows.traits[i] >> MONTH_SHIFT) == month
        if country and (rows.traits[i] & heard.mask) == heard.want and in_time:
            counts[country] += rows.votes[i] if rules.by_votes else 1
            best = max(best, counts[country])
    _list_parts(keys, rules, known, years)
    chosen, equals = 0, 0
    for i in range(len(keys)):
        # Keys are sorted, so countries come in alphabetical order and the first equal wins.
        country = (keys[i] >> COUNTRY_SHIFT) & 255
        if best and counts[country] == best:
            equals += 1
            if chosen == 0 or (rules.tie == TIE_STAY and country == previous):
                chosen = country
            counts[country] = 0
        else:
            counts[country] = 0
    if rules.kind < KIND_ANY:
        years.part_country[years.parts[known]] = chosen
    return 0 if equals > 1 and rules.tie == TIE_DROP else chosen


@nb.njit(cache=True, nogil=True)
def _find_last_month(rows: Rows, heard: Heard) -> int:
    month = 0
    for i in range(len(rows.keys)):
        placed = (rows.keys[i] >> COUNTRY_SHIFT) & 255
        if placed and (rows.traits[i] & heard.mask) == heard.want:
            month = max(month, int(rows.traits[i] >> MONTH_SHIFT))
    return month


@nb.njit(cache=True, nogil=True)
def _list_parts(
    keys: npt.NDArray[np.int64], rules: CompiledRules, known: int, years: Years
) -> None:
    """The countries of the year and the part of the person in each; of a rest that does not
    divide evenly the first countries get one unit more."""
    start = years.parts[known] if known else 0
    years.parts[0] = 0
    if rules.kind < KIND_ANY:
        years.part_units[start] = rules.units
        years.parts[known + 1] = start + 1
        return
    stop, previous = start, 0
    for i in range(len(keys)):
        country = (keys[i] >> COUNTRY_SHIFT) & 255
        if years.counts[country] and country != previous:
            years.part_country[stop] = country
            previous = country
            stop += 1
    for at in range(start, stop):
        whole = rules.units
        if rules.kind == KIND_FRACTIONAL:
            whole = rules.units // (stop - start) + (at - start < rules.units % (stop - start))
        years.part_units[at] = whole
    years.parts[known + 1] = stop


@nb.njit(cache=True, nogil=True)
def _note_seen(rows: Rows, heard: Heard, year: int, seen: npt.NDArray[np.uint64]) -> None:
    for i in range(len(rows.keys)):
        country = (rows.keys[i] >> COUNTRY_SHIFT) & 255
        if country and (rows.traits[i] & heard.mask) == heard.want:
            seen[year, country >> 6] |= np.uint64(1) << np.uint64(country & 63)


@nb.njit(cache=True, nogil=True)
def _choose_stage_and_sector(
    rows: Rows, heard: Heard, country: int, years: Years
) -> tuple[int, int]:
    keys, traits = rows.keys, rows.traits
    stages, sectors = years.stages, years.sectors
    stages[:] = 0
    sectors[:] = 0
    for i in range(len(keys)):
        if (traits[i] & heard.mask) == heard.want:
            stages[(keys[i] >> STAGE_SHIFT) & 15] += 1
            if ((keys[i] >> COUNTRY_SHIFT) & 255) == country:
                sectors[keys[i] & 7] += 1
    stage = 0
    for code in range(1, len(STAGES)):
        # Of equals the earlier stage: students also hold jobs, not the other way round.
        if stages[code] > (stages[stage] if stage else 0):
            stage = code
    sector = 0
    for code in range(1, len(SECTORS)):
        if sectors[code] > (sectors[sector] if sector else 0):
            sector = code
    return stage, sector


@nb.njit(cache=True, nogil=True)
def has_left(years: Years, rules: CompiledRules, country: int, year: int) -> bool:
    """Whether a person who is seen elsewhere in a year has left a country: always, or only if
    no record there comes in that year and the window after it."""
    if rules.window < 0:
        return True
    bit = np.uint64(1) << np.uint64(country & 63)
    for later in range(year, year + rules.window + 1):
        if years.seen[later, country >> 6] & bit:
            return False
    return True


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
def find_origin(years: Years, known: int, rules: CompiledRules) -> int:
    """Index of the year that says where a person comes from; −1 if none does."""
    if rules.origin == ORIGIN_FIRST:
        return 0
    end = find_stage_end(years, known, rules.origin)
    return 0 if end < 0 and not rules.origin_left_out else end
