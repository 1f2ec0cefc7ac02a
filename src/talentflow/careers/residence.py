"""Where was a person in each year, judged from the evidence of that year?

The compiled heart of the careers: one call reads the rows of one person and fills one entry
for each year with a known residence. Everything else (moves, spells, tallies) reads those.
"""

from __future__ import annotations

from typing import Final, NamedTuple

import numba as nb
import numpy as np
import numpy.typing as npt

from talentflow.careers.packing import (
    COUNTRY_SHIFT,
    STAGE_SHIFT,
    YEAR_SHIFT,
    required_traits,
)
from talentflow.core.rules import Rules
from talentflow.core.vocabulary import SECTORS, STAGES

YEARS: Final = 256
_COUNTRIES: Final = 256

TIE_STAY: Final = 0
TIE_CODE: Final = 1
TIE_DROP: Final = 2

FILL_NONE: Final = 0
FILL_BEFORE: Final = 1
FILL_AFTER: Final = 2

_TIES: Final = {"stay": TIE_STAY, "code": TIE_CODE, "drop": TIE_DROP}
_FILLS: Final = {"none": FILL_NONE, "before": FILL_BEFORE, "after": FILL_AFTER}


class CompiledRules(NamedTuple):
    """`Rules` as integers, for the compiled pass."""

    tie: int
    max_gap: int
    fill: int
    traits: int


class Years(NamedTuple):
    """The observed years of one person: year number, country, stage and sector codes."""

    year: npt.NDArray[np.int64]
    country: npt.NDArray[np.int64]
    stage: npt.NDArray[np.int64]
    sector: npt.NDArray[np.int64]
    counts: npt.NDArray[np.int64]


def compile_rules(rules: Rules) -> CompiledRules:
    """The integers that stand for a set of rules."""
    return CompiledRules(
        _TIES[rules.residence.tie],
        rules.move.max_gap_years,
        _FILLS[rules.move.fill],
        required_traits(rules.people),
    )


@nb.njit(cache=True, nogil=True)
def new_years() -> Years:
    """Room for the years of one person, to be used for one person after another."""
    return Years(
        np.zeros(YEARS, np.int64),
        np.zeros(YEARS, np.int64),
        np.zeros(YEARS, np.int64),
        np.zeros(YEARS, np.int64),
        np.zeros(_COUNTRIES, np.int64),
    )


@nb.njit(cache=True, nogil=True)
def find_residences(
    keys: npt.NDArray[np.int64],
    traits: npt.NDArray[np.uint8],
    rules: CompiledRules,
    years: Years,
) -> int:
    """Fill `years` from the sorted rows of one person; returns how many years are known."""
    known = 0
    start = 0
    while start < len(keys):
        year = (keys[start] >> YEAR_SHIFT) & 255
        stop = start
        while stop < len(keys) and ((keys[stop] >> YEAR_SHIFT) & 255) == year:
            stop += 1
        previous = years.country[known - 1] if known else 0
        country = _choose_country(
            keys[start:stop], traits[start:stop], rules, previous, years.counts
        )
        if country:
            years.year[known] = year
            years.country[known] = country
            years.stage[known], years.sector[known] = _choose_stage_and_sector(
                keys[start:stop], traits[start:stop], rules.traits, country
            )
            known += 1
        start = stop
    return known


@nb.njit(cache=True, nogil=True)
def _choose_country(
    keys: npt.NDArray[np.int64],
    traits: npt.NDArray[np.uint8],
    rules: CompiledRules,
    previous: int,
    counts: npt.NDArray[np.int64],
) -> int:
    best = 0
    for i in range(len(keys)):
        country = (keys[i] >> COUNTRY_SHIFT) & 255
        if country and (traits[i] & rules.traits) == rules.traits:
            counts[country] += 1
            best = max(best, counts[country])
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
    return 0 if equals > 1 and rules.tie == TIE_DROP else chosen


@nb.njit(cache=True, nogil=True)
def _choose_stage_and_sector(
    keys: npt.NDArray[np.int64], traits: npt.NDArray[np.uint8], required: int, country: int
) -> tuple[int, int]:
    stages = np.zeros(16, np.int64)
    sectors = np.zeros(8, np.int64)
    for i in range(len(keys)):
        if (traits[i] & required) == required:
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
