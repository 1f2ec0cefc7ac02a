"""Who was where, in which stage, in each year of the toy world?

Persons are independent draws: each begins somewhere, passes through stages and moves between
countries year by year. All persons advance together, one year of career at a time, so a world
of hundreds of thousands costs a few dozen passes over arrays.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from talentflow.core.vocabulary import SECTORS, STAGES, STUDY_STAGES
from talentflow.sources.toy.atlas import KINDS, Organization, list_organizations
from talentflow.sources.toy.spec import VENUES, WorldSpec

Array = npt.NDArray[Any]

STREAMS: Final = (
    "careers", "people", "papers", "printing", "homonyms", "changed_ids", "slots",
)  # fmt: skip
"""Independent streams of random numbers of one seed: planting errors changes no career."""

_KIND_OF_STAGE: Final = {"researcher": "institute", "industry": "company"}
_CHANGE_AT_STAGE_END: Final = 0.6


@dataclass(frozen=True, kw_only=True)
class World:
    """One drawn world: a row for each person and year of activity, sorted by person and year.

    Rows: `person` (number from 0), `year`, `country` (index in `spec.countries`),
    `organization` (index in `organizations`), `stage` and `sector` (codes of
    `core.vocabulary`), `published` (whether the year left a paper) and `papers` (how many).
    Persons: `origin` (country of the first year), `start_year`, `venue` (index in `VENUES`).
    Persons who left research before `spec.first_year` have no row.
    """

    spec: WorldSpec
    seed: int
    organizations: tuple[Organization, ...]
    person: Array
    year: Array
    country: Array
    organization: Array
    stage: Array
    sector: Array
    published: Array
    papers: Array
    origin: Array
    start_year: Array
    venue: Array

    @property
    def n_people(self) -> int:
        """Persons drawn, with or without rows."""
        return len(self.origin)


def open_stream(seed: int, name: str) -> np.random.Generator:
    """The generator of one of `STREAMS` for this seed."""
    return np.random.default_rng([seed, STREAMS.index(name)])


def build_world(spec: WorldSpec, seed: int) -> World:
    """Draw one world. The same spec and seed give the same arrays."""
    rng = open_stream(seed, "careers")
    organizations = list_organizations(spec.countries)
    origin, start_year = _draw_beginnings(spec, rng)
    rows = _live(spec, _Law(spec, organizations), (origin, start_year), rng)
    order = np.lexsort((rows["year"], rows["person"]))
    rows = {name: column[order] for name, column in rows.items()}
    published = rng.random(len(order)) < spec.publish_probability
    papers = np.where(published, 1 + rng.poisson(spec.papers_per_year - 1, len(order)), 0)
    sectors = np.array([SECTORS.index(o.sector) for o in organizations], np.int8)
    return World(
        spec=spec,
        seed=seed,
        organizations=organizations,
        **rows,
        sector=sectors[rows["organization"]],
        published=published,
        papers=papers.astype(np.int16),
        origin=origin,
        start_year=start_year,
        venue=_draw_codes(VENUES, spec.venue_shares, len(origin), rng),
    )


class _Law:
    """The spec as arrays: what happens to a person in a state, by index of the state."""

    def __init__(self, spec: WorldSpec, organizations: tuple[Organization, ...]) -> None:
        rates = [spec.country_rates(code) for code in spec.countries]
        self.leave = np.array([[r.leave_in_study, r.leave_after_study] for r in rates])
        weights = np.tile([r.attraction for r in rates], (len(rates), 1))
        np.fill_diagonal(weights, 0.0)
        self.destination = _cumulate(weights)
        rules = [spec.stages.get(name) for name in STAGES]
        self.min_years = np.array([r.min_years if r else 1 for r in rules])
        self.end_hazard = np.array([r.end_hazard if r else 0.0 for r in rules])
        self.exit_hazard = np.array([r.exit_hazard if r else 0.0 for r in rules])
        following = np.array(
            [[r.next.get(name, 0.0) if r else 0.0 for name in STAGES] for r in rules]
        )
        self.next_stage = _cumulate(following)
        self.is_study = np.array([name in STUDY_STAGES for name in STAGES])
        kinds = [KINDS.index(_KIND_OF_STAGE.get(name, "university")) for name in STAGES]
        self.kind = np.array(kinds)
        self._set_employers(spec, organizations)

    def _set_employers(self, spec: WorldSpec, organizations: tuple[Organization, ...]) -> None:
        """Employers of a kind in a country take people in proportion to 1 / rank."""
        employers: dict[tuple[int, int], list[int]] = {}
        for number, organization in enumerate(organizations):
            place = (spec.countries.index(organization.country), KINDS.index(organization.kind))
            employers.setdefault(place, []).append(number)
        most = max(len(numbers) for numbers in employers.values())
        weights = np.zeros((len(spec.countries), len(KINDS), most))
        self.employer = np.zeros(weights.shape, np.int16)
        for place, numbers in employers.items():
            weights[place][: len(numbers)] = 1 / np.arange(1, len(numbers) + 1)
            self.employer[place][: len(numbers)] = numbers
        self.employer_weight = _cumulate(weights)

    def draw_employers(self, country: Array, stage: Array, rng: np.random.Generator) -> Array:
        kind = self.kind[stage]
        choice = _pick(self.employer_weight[country, kind], rng)
        employers: Array = self.employer[country, kind, choice]
        return employers


def _draw_beginnings(spec: WorldSpec, rng: np.random.Generator) -> tuple[Array, Array]:
    """Country and year of the first row of a Poisson number of persons."""
    years = np.arange(spec.first_year - spec.burn_in_years, spec.last_year + 1)
    weights = np.empty((len(spec.countries), len(years)))
    for number, code in enumerate(spec.countries):
        rates = spec.country_rates(code)
        growth = (1 + rates.growth) ** np.arange(len(years))
        weights[number] = rates.share * growth / growth.sum()
    cell = _pick_same(weights.ravel(), int(rng.poisson(spec.people)), rng)
    origin, year = np.divmod(cell, len(years))
    return origin.astype(np.int8), years[year].astype(np.int16)


def _live(
    spec: WorldSpec, law: _Law, beginnings: tuple[Array, Array], rng: np.random.Generator
) -> dict[str, Array]:
    """All rows from `first_year` on, one year of career after another."""
    origin, start_year = beginnings
    stage = _draw_codes(STAGES, spec.entry, len(origin), rng)
    now: dict[str, Array] = {
        "person": np.arange(len(origin), dtype=np.int32),
        "year": start_year.copy(),
        "country": origin.copy(),
        "organization": law.draw_employers(origin, stage, rng),
        "stage": stage,
        "years_in_stage": np.ones(len(origin), np.int16),
        "studied": ~law.is_study[stage],
    }
    seen = [{name: now[name][:0] for name in _ROW_COLUMNS}]
    while len(now["person"]):
        visible = now["year"] >= spec.first_year
        seen.append({name: now[name][visible] for name in _ROW_COLUMNS})
        now = _advance(spec, law, now, origin, rng)
    return {name: np.concatenate([part[name] for part in seen]) for name in _ROW_COLUMNS}


_ROW_COLUMNS: Final = ("person", "year", "country", "organization", "stage")


def _advance(
    spec: WorldSpec, law: _Law, now: dict[str, Array], origin: Array, rng: np.random.Generator
) -> dict[str, Array]:
    """The state a year later of those still in research and not past the last year."""
    stays = rng.random(len(now["person"])) >= law.exit_hazard[now["stage"]]
    stays &= now["year"] < spec.last_year
    now = {name: column[stays] for name, column in now.items()}
    count = len(now["person"])
    stage, country = now["stage"], now["country"]
    ended = (now["years_in_stage"] >= law.min_years[stage]) & (
        rng.random(count) < law.end_hazard[stage]
    )
    # the move of the year after a stage is already under the hazard of those who finished
    studied = now["studied"] | (ended & law.is_study[stage])
    next_stage = stage.copy()
    next_stage[ended] = _pick(law.next_stage[stage[ended]], rng)
    moved = rng.random(count) < law.leave[country, studied.astype(np.intp)]
    next_country = country.copy()
    next_country[moved] = _draw_destinations(
        spec, law, (country[moved], origin[now["person"][moved]]), rng
    )
    changed = moved | (law.kind[next_stage] != law.kind[stage])
    changed |= rng.random(count) < np.where(ended, _CHANGE_AT_STAGE_END, spec.change_job)
    organization = now["organization"].copy()
    organization[changed] = law.draw_employers(next_country[changed], next_stage[changed], rng)
    return {
        "person": now["person"],
        "year": now["year"] + 1,
        "country": next_country,
        "organization": organization,
        "stage": next_stage,
        "years_in_stage": np.where(ended, 1, now["years_in_stage"] + 1),
        "studied": studied,
    }


def _draw_destinations(
    spec: WorldSpec, law: _Law, movers: tuple[Array, Array], rng: np.random.Generator
) -> Array:
    """Where movers of (country, origin) go: home with `return_share`, else by attraction."""
    country, origin = movers
    anywhere = _pick(law.destination[country], rng)
    goes_home = (country != origin) & (rng.random(len(country)) < spec.return_share)
    return np.where(goes_home, origin, anywhere).astype(np.int8)


def _draw_codes(
    words: tuple[str, ...], shares: Mapping[str, float], count: int, rng: np.random.Generator
) -> Array:
    weights = np.array([shares.get(word, 0.0) for word in words])
    return _pick_same(weights, count, rng).astype(np.int8)


def _cumulate(weights: Array) -> Array:
    """Weights along the last axis → cumulative shares; rows of zeros stay zero."""
    total = weights.sum(axis=-1, keepdims=True)
    shares: Array = weights / np.where(total > 0, total, 1)
    return np.cumsum(shares, axis=-1)


def _pick(cumulative: Array, rng: np.random.Generator) -> Array:
    """One index for each row of cumulative shares, never one of weight zero."""
    drawn = rng.random((len(cumulative), 1)) * cumulative[:, -1:]
    picked: Array = (cumulative <= drawn).sum(axis=1)
    return picked


def _pick_same(weights: Array, count: int, rng: np.random.Generator) -> Array:
    """`count` indices drawn from one list of weights."""
    cumulative = np.cumsum(weights)
    picked: Array = np.searchsorted(cumulative, rng.random(count) * cumulative[-1], side="right")
    return picked
