"""What kind of world is drawn: its countries, careers, publishing habits and planted errors.

Every rate is a probability or a yearly hazard, so the expected value of each figure follows
from the spec alone. One country has one yearly hazard of leaving for everybody who has ended a
stage of study, whatever they do next; so the share of those still there t years after any
stage of study ended is exactly (1 - hazard) ** t.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from types import MappingProxyType
from typing import Final

from talentflow.core.errors import UsageError
from talentflow.core.vocabulary import STAGES
from talentflow.sources.toy.atlas import KNOWN_COUNTRIES

VENUES: Final = ("corl", "icra", "acl", "nips")
"""Venues the world publishes in; each prints its papers in a style of its own."""

VENUES_WITH_POSITION: Final = ("corl",)
"""Venues whose records say which stage an author is in."""


@dataclass(frozen=True, kw_only=True)
class CountryRates:
    """How people enter and leave one country.

    `share`: weight among the countries where careers begin, over the whole period. `growth`:
    yearly growth of the number who begin. `leave_in_study`, `leave_after_study`: yearly hazard
    of moving abroad before and after the first stage of study has ended. `attraction`: weight
    as a destination.
    """

    share: float
    growth: float = 0.0
    leave_in_study: float = 0.02
    leave_after_study: float = 0.03
    attraction: float = 0.1


@dataclass(frozen=True, kw_only=True)
class StageRule:
    """How long a stage lasts and what follows it.

    A stage can end after `min_years`, from then on with the yearly hazard `end_hazard`, and is
    followed by the stages in `next` with these probabilities. `exit_hazard`: yearly hazard of
    leaving research altogether.
    """

    min_years: int = 1
    end_hazard: float = 0.0
    exit_hazard: float = 0.0
    next: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class ErrorRates:
    """How often each known error of the real sources is planted; the careers stay the same.

    Per author slot: `missing_affiliation` (affiliation, domain and position blank),
    `misspelt_organization` (two letters exchanged), `missing_ids` (no author id; at OpenReview
    only an e-mail address, and so no profile and no affiliation), `bad_domains` (free mail or
    broken), `bare_branches` (a branch abroad printed under the name and domain of the seat).
    Per paper: `doubled_author_lists` (IEEE-like papers that print all authors twice; the real
    ones all do), `shuffled_profiles` (profile fields in another order than the authors).
    Per person: `homonyms` (shares the full name of someone else), `renamed_profiles` (an old
    OpenReview id on early papers), `split_ids` (a second, unrelated id from some year on).
    """

    missing_affiliation: float = 0.0
    misspelt_organization: float = 0.0
    missing_ids: float = 0.0
    bad_domains: float = 0.0
    bare_branches: float = 0.0
    doubled_author_lists: float = 1.0
    shuffled_profiles: float = 0.0
    homonyms: float = 0.0
    renamed_profiles: float = 0.0
    split_ids: float = 0.0


REALISTIC_ERRORS: Final = ErrorRates(
    missing_affiliation=0.04,
    misspelt_organization=0.01,
    missing_ids=0.02,
    bad_domains=0.03,
    bare_branches=0.3,
    shuffled_profiles=0.1,
    homonyms=0.03,
    renamed_profiles=0.01,
    split_ids=0.02,
)
"""Rates of the order seen in the real conference records."""

DEFAULT_RATES: Final[Mapping[str, CountryRates]] = MappingProxyType(
    {
        "KR": CountryRates(
            share=0.11,
            growth=0.04,
            leave_in_study=0.02,
            leave_after_study=0.035,
            attraction=0.05,
        ),
        "US": CountryRates(
            share=0.25,
            growth=0.02,
            leave_in_study=0.006,
            leave_after_study=0.015,
            attraction=0.42,
        ),
        "CN": CountryRates(
            share=0.22,
            growth=0.12,
            leave_in_study=0.012,
            leave_after_study=0.02,
            attraction=0.15,
        ),
        "JP": CountryRates(
            share=0.09,
            growth=0.0,
            leave_in_study=0.01,
            leave_after_study=0.02,
            attraction=0.05,
        ),
        "GB": CountryRates(
            share=0.08,
            growth=0.02,
            leave_in_study=0.015,
            leave_after_study=0.035,
            attraction=0.1,
        ),
        "DE": CountryRates(
            share=0.08,
            growth=0.02,
            leave_in_study=0.015,
            leave_after_study=0.03,
            attraction=0.08,
        ),
        "HK": CountryRates(
            share=0.03,
            growth=0.04,
            leave_in_study=0.03,
            leave_after_study=0.06,
            attraction=0.04,
        ),
        "TW": CountryRates(
            share=0.04,
            growth=0.01,
            leave_in_study=0.025,
            leave_after_study=0.04,
            attraction=0.03,
        ),
        "CA": CountryRates(
            share=0.06,
            growth=0.03,
            leave_in_study=0.02,
            leave_after_study=0.04,
            attraction=0.07,
        ),
        "SG": CountryRates(
            share=0.04,
            growth=0.05,
            leave_in_study=0.03,
            leave_after_study=0.05,
            attraction=0.05,
        ),
    }
)

DEFAULT_STAGES: Final[Mapping[str, StageRule]] = MappingProxyType(
    {
        "undergraduate": StageRule(
            end_hazard=0.5, next={"master": 0.4, "doctoral": 0.4, "industry": 0.2}
        ),
        "master": StageRule(
            end_hazard=0.6,
            exit_hazard=0.05,
            next={"doctoral": 0.5, "industry": 0.4, "researcher": 0.1},
        ),
        "doctoral": StageRule(
            min_years=3,
            end_hazard=0.4,
            exit_hazard=0.03,
            next={"postdoctoral": 0.35, "faculty": 0.15, "researcher": 0.1, "industry": 0.4},
        ),
        "postdoctoral": StageRule(
            end_hazard=0.45,
            exit_hazard=0.03,
            next={"faculty": 0.5, "researcher": 0.2, "industry": 0.3},
        ),
        "faculty": StageRule(end_hazard=0.01, exit_hazard=0.02, next={"industry": 1.0}),
        "researcher": StageRule(
            end_hazard=0.05, exit_hazard=0.06, next={"faculty": 0.4, "industry": 0.6}
        ),
        "industry": StageRule(
            end_hazard=0.03, exit_hazard=0.1, next={"faculty": 0.5, "researcher": 0.5}
        ),
    }
)

DEFAULT_ENTRY: Final[Mapping[str, float]] = MappingProxyType(
    {
        "undergraduate": 0.1,
        "master": 0.3,
        "doctoral": 0.45,
        "faculty": 0.05,
        "researcher": 0.03,
        "industry": 0.07,
    }
)

DEFAULT_VENUE_SHARES: Final[Mapping[str, float]] = MappingProxyType(
    {"corl": 0.5, "icra": 0.2, "acl": 0.15, "nips": 0.15}
)


@dataclass(frozen=True, kw_only=True)
class WorldSpec:
    """One superpopulation: everything that worlds with different seeds have in common.

    `people`: expected number who enter research between `first_year - burn_in_years` and
    `last_year`; those who left before `first_year` write nothing. The number of a world is
    Poisson and persons are independent, so a world is a random sample.
    `rates` replaces the default rates of single countries. `return_share`: chance that a move
    of somebody abroad leads home. `change_job`: yearly hazard of changing the organization
    within the country. `publish_probability`: chance of at least one paper in a year of
    activity; `papers_per_year`: mean papers of such a year, at least 1. `venue_shares`: where
    people publish; a person keeps to one venue, because no id joins the real ones.
    `collaboration`: share of author slots on papers mixed from all countries.
    `reject_share`: share of rejected papers at the venue that prints them.

    Raises `UsageError` where a value makes no sense.
    """

    people: int = 2000
    first_year: int = 2000
    last_year: int = 2024
    burn_in_years: int = 12
    countries: tuple[str, ...] = tuple(DEFAULT_RATES)
    rates: Mapping[str, CountryRates] = field(default_factory=dict)
    return_share: float = 0.35
    change_job: float = 0.04
    stages: Mapping[str, StageRule] = field(default_factory=lambda: DEFAULT_STAGES)
    entry: Mapping[str, float] = field(default_factory=lambda: DEFAULT_ENTRY)
    publish_probability: float = 0.9
    papers_per_year: float = 1.4
    venue_shares: Mapping[str, float] = field(default_factory=lambda: DEFAULT_VENUE_SHARES)
    collaboration: float = 0.15
    reject_share: float = 0.1
    errors: ErrorRates = field(default_factory=ErrorRates)

    def __post_init__(self) -> None:
        _check_period(self)
        _check_countries(self)
        _check_stages(self)
        _check_publishing(self)

    def country_rates(self, code: str) -> CountryRates:
        """The rates of one country of this world."""
        return self.rates.get(code, DEFAULT_RATES[code])

    @property
    def years(self) -> range:
        """The years in which the world is seen."""
        return range(self.first_year, self.last_year + 1)


def _check_period(spec: WorldSpec) -> None:
    _require(spec.people >= 1, f"people = {spec.people}", "at least 1")
    _require(
        1950 <= spec.first_year <= spec.last_year <= 2100,
        f"first_year = {spec.first_year}, last_year = {spec.last_year}",
        "1950 ≤ first_year ≤ last_year ≤ 2100",
    )
    _require(
        0 <= spec.burn_in_years <= 50,
        f"burn_in_years = {spec.burn_in_years}",
        "0 to 50 years",
    )


def _check_countries(spec: WorldSpec) -> None:
    unknown = [c for c in (*spec.countries, *spec.rates) if c not in KNOWN_COUNTRIES]
    _require(
        not unknown,
        f"the toy world has no organizations in {', '.join(unknown)}",
        "countries among " + ", ".join(KNOWN_COUNTRIES),
    )
    _require(
        len(set(spec.countries)) == len(spec.countries) >= 2,
        f"countries = {spec.countries}",
        "at least two different countries",
    )
    for code in spec.countries:
        rates = spec.country_rates(code)
        for name in ("leave_in_study", "leave_after_study"):
            _require_probability(getattr(rates, name), f"{name} of {code}")
        _require(
            rates.share >= 0 and rates.attraction > 0 and rates.growth > -1,
            f"rates of {code}: {rates}",
            "share ≥ 0, attraction > 0, growth > -1",
        )
    total = sum(spec.country_rates(code).share for code in spec.countries)
    _require(total > 0, "all shares are 0", "a country in which careers begin")


def _check_stages(spec: WorldSpec) -> None:
    _require_distribution(spec.entry, "entry", tuple(spec.stages))
    unknown = [name for name in spec.stages if name not in STAGES[1:]]
    _require(not unknown, f"unknown stages {unknown}", "stages among " + ", ".join(STAGES[1:]))
    for name, rule in spec.stages.items():
        _require(rule.min_years >= 1, f"min_years of {name} = {rule.min_years}", "at least 1")
        _require_probability(rule.end_hazard, f"end_hazard of {name}")
        _require_probability(rule.exit_hazard, f"exit_hazard of {name}")
        if rule.end_hazard > 0:
            _require_distribution(rule.next, f"next of {name}", tuple(spec.stages))


def _check_publishing(spec: WorldSpec) -> None:
    for name in (
        "return_share",
        "change_job",
        "publish_probability",
        "collaboration",
        "reject_share",
    ):
        _require_probability(getattr(spec, name), name)
    _require(
        1 <= spec.papers_per_year <= 50,
        f"papers_per_year = {spec.papers_per_year}",
        "1 to 50: it counts the papers of a year with papers",
    )
    _require_distribution(spec.venue_shares, "venue_shares", VENUES)
    for rate in fields(spec.errors):
        _require_probability(getattr(spec.errors, rate.name), f"errors.{rate.name}")


def _require_distribution(weights: Mapping[str, float], name: str, among: tuple[str, ...]) -> None:
    unknown = [key for key in weights if key not in among]
    _require(not unknown, f"{name} has unknown {unknown}", "keys among " + ", ".join(among))
    for key, weight in weights.items():
        _require_probability(weight, f"{name}[{key}]")
    total = sum(weights.values())
    _require(abs(total - 1) < 1e-9, f"{name} adds up to {total:g}", "probabilities that add to 1")


def _require_probability(value: float, name: str) -> None:
    _require(0 <= value <= 1, f"{name} = {value}", "a probability, 0 to 1")


def _require(holds: bool, found: str, expected: str) -> None:
    if not holds:
        raise UsageError(f"toy world: {found}", expected=expected)
