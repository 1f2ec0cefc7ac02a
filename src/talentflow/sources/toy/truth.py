"""What every estimate from a toy world should come to.

The true careers are counted in the years that left a paper, under the default rules: residence
is the country of the year; a silence of at most `max_gap_years` years between two such years is
filled with the country before it; a change of country across it is a move, dated to the first
year seen in the new country; after a longer silence the person starts anew without a move.
It is written for plainness and shares no code with the kernel it checks.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Final

import numpy as np

from talentflow.core.vocabulary import STAGES, STUDY_STAGES
from talentflow.sources.toy.careers import Array, World, build_world
from talentflow.sources.toy.spec import VENUES, VENUES_WITH_POSITION, WorldSpec

HORIZON_YEARS: Final = 10
"""How long retention is followed after a stage of study ended."""

REFERENCE_SEED: Final = 2718


@dataclass(frozen=True, kw_only=True)
class Moves:
    """One entry per true move: person number, indices of the countries, year, silent years."""

    person: Array
    from_country: Array
    to_country: Array
    year: Array
    gap_years: Array


@dataclass(frozen=True, kw_only=True)
class RetentionTruth:
    """Retention after one stage of study; arrays are country × years since the stage ended.

    The clock starts in the last year seen in the stage; only those seen in another stage later
    have ended it. `known` is the law of the world, (1 - hazard) ** t. `at_risk`, `left` and
    `observed` (Kaplan-Meier) come from the years that left a paper at the venues that print
    positions, where a silent year can hide the end of a stage or date a move late. Shares, not
    percent; `observed` is NaN once nobody is at risk.
    """

    known: Array
    observed: Array
    at_risk: Array
    left: Array


@dataclass(frozen=True, kw_only=True)
class WorldTruth:
    """Exact tables of one world, or expected ones, by country and year (axes in that order).

    `stock_observed`: persons with a paper in the year; `stock`: and those whose silent year is
    bridged. `inflow`, `outflow`: moves dated to the year; `flow`: from × to × year. `entries`,
    `exits`: persons in the stock of a year who were in no country's stock the year before, and
    who left every stock after the year before, so
    `stock[y] - stock[y-1] = inflow - outflow + entries - exits`.
    `net_rate_pct`: 100 (inflow - outflow) / stock, NaN where the stock is 0. `retention`: by
    stage of study. `moves` is null in expected tables.
    """

    countries: tuple[str, ...]
    years: tuple[int, ...]
    stock_observed: Array
    stock: Array
    inflow: Array
    outflow: Array
    flow: Array
    entries: Array
    exits: Array
    net_rate_pct: Array
    retention: dict[str, RetentionTruth]
    moves: Moves | None = None

    def pick(self, table: str, area: str, year: int) -> float:
        """One cell of a country × year table, e.g. `pick("stock", "KR", 2018)`."""
        values: Array = getattr(self, table)
        return float(values[self.countries.index(area), self.years.index(year)])


def truth(world: World, *, max_gap_years: int = 3) -> WorldTruth:
    """Count the true careers of one world."""
    seen = _Sightings(world, max_gap_years)
    moves = _find_moves(seen)
    count = _Counter(world.spec)
    flow = count.by_pair_and_year(moves)
    stock_observed = count.by_country_and_year(seen.country, seen.year)
    bridged = [
        count.by_country_and_year(seen.country[before], seen.year[before] + silent)
        for silent in range(1, max_gap_years + 1)
        for before in [np.flatnonzero(seen.linked & (seen.gap >= silent)) - 1]
    ]
    stock = stock_observed + sum(bridged, np.zeros_like(stock_observed))
    last = np.append(~seen.linked[1:], True) if len(seen.linked) else seen.linked
    gone = last & (seen.year < world.spec.last_year)
    inflow, outflow = flow.sum(axis=0), flow.sum(axis=1)
    return WorldTruth(
        countries=world.spec.countries,
        years=tuple(world.spec.years),
        stock_observed=stock_observed,
        stock=stock,
        inflow=inflow,
        outflow=outflow,
        flow=flow,
        entries=count.by_country_and_year(seen.country[~seen.linked], seen.year[~seen.linked]),
        exits=count.by_country_and_year(seen.country[gone], seen.year[gone] + 1),
        net_rate_pct=_net_rate_pct(inflow, outflow, stock),
        retention={stage: _follow_stage(world, seen, stage) for stage in STUDY_STAGES},
        moves=moves,
    )


def expected_truth(
    spec: WorldSpec, *, people: int = 400_000, seed: int = REFERENCE_SEED, max_gap_years: int = 3
) -> WorldTruth:
    """The values that worlds of this spec scatter around, for checking intervals.

    Counts of one reference world of `people`, scaled to `spec.people`; the relative error of a
    scaled count is 1 / sqrt(count in the reference world). Rates and survival are not scaled.
    """
    reference = truth(build_world(replace(spec, people=people), seed), max_gap_years=max_gap_years)
    scale = spec.people / people
    return replace(
        reference,
        stock_observed=reference.stock_observed * scale,
        stock=reference.stock * scale,
        inflow=reference.inflow * scale,
        outflow=reference.outflow * scale,
        flow=reference.flow * scale,
        entries=reference.entries * scale,
        exits=reference.exits * scale,
        retention={
            stage: replace(table, at_risk=table.at_risk * scale, left=table.left * scale)
            for stage, table in reference.retention.items()
        },
        moves=None,
    )


class _Sightings:
    """The rows that left a paper. `linked`: follows a row of the same person after at most
    `max_gap_years` silent years; `gap`: how many, meaningless where not linked."""

    def __init__(self, world: World, max_gap_years: int) -> None:
        rows = np.flatnonzero(world.published)
        self.person = world.person[rows].astype(np.int64)
        self.year = world.year[rows].astype(np.int64)
        self.country = world.country[rows].astype(np.int64)
        self.stage = world.stage[rows].astype(np.int64)
        self.gap = np.diff(self.year, prepend=0) - 1
        self.linked = np.diff(self.person, prepend=-1) == 0
        self.linked &= self.gap <= max_gap_years


class _Counter:
    """Counts rows into tables of the spec's countries and years."""

    def __init__(self, spec: WorldSpec) -> None:
        self.n_countries = len(spec.countries)
        self.n_years = len(spec.years)
        self.first_year = spec.first_year

    def by_country_and_year(self, country: Array, year: Array) -> Array:
        table = np.zeros((self.n_countries, self.n_years))
        np.add.at(table, (country, year - self.first_year), 1)
        return table

    def by_pair_and_year(self, moves: Moves) -> Array:
        table = np.zeros((self.n_countries, self.n_countries, self.n_years))
        cell = (moves.from_country, moves.to_country, moves.year - self.first_year)
        np.add.at(table, cell, 1)
        return table


def _find_moves(seen: _Sightings) -> Moves:
    linked = np.flatnonzero(seen.linked)
    after = linked[seen.country[linked] != seen.country[linked - 1]]
    return Moves(
        person=seen.person[after],
        from_country=seen.country[after - 1],
        to_country=seen.country[after],
        year=seen.year[after],
        gap_years=seen.gap[after],
    )


def _net_rate_pct(inflow: Array, outflow: Array, stock: Array) -> Array:
    known = np.where(stock > 0, stock, np.nan)
    return 100 * (inflow - outflow) / known


def _follow_stage(world: World, seen: _Sightings, name: str) -> RetentionTruth:
    """Retention after one stage, from the last row in it to the first row abroad."""
    spec = world.spec
    shape = (len(spec.countries), HORIZON_YEARS + 1)
    at_risk, left = np.zeros(shape), np.zeros(shape)
    in_stage = seen.stage == STAGES.index(name)
    printed = np.isin(world.venue, [VENUES.index(v) for v in VENUES_WITH_POSITION])
    same_person_next = np.append(seen.person[1:] == seen.person[:-1], False)
    stage_next = np.append(in_stage[1:], False)
    ends = np.flatnonzero(in_stage & same_person_next & ~stage_next & printed[seen.person])
    for row in ends.tolist():
        years, leaves = _years_until_departure(seen, row)
        country = seen.country[row]
        at_risk[country, 1 : min(years, HORIZON_YEARS) + 1] += 1
        if leaves and years <= HORIZON_YEARS:
            left[country, years] += 1
    staying = 1 - left / np.where(at_risk > 0, at_risk, np.nan)
    staying[:, 0] = 1.0
    hazard = np.array([[spec.country_rates(c).leave_after_study] for c in spec.countries])
    return RetentionTruth(
        known=(1 - hazard) ** np.arange(shape[1]),
        observed=np.cumprod(staying, axis=1),
        at_risk=at_risk,
        left=left,
    )


def _years_until_departure(seen: _Sightings, start: int) -> tuple[int, bool]:
    """Years from row `start` to the first row abroad (true), or to the last row before a long
    silence or the end (false)."""
    row = start
    while row + 1 < len(seen.linked) and seen.linked[row + 1]:
        row += 1
        if seen.country[row] != seen.country[start]:
            return int(seen.year[row] - seen.year[start]), True
    return int(seen.year[row] - seen.year[start]), False
