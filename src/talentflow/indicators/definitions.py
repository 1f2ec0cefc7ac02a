"""The named sets of rules that figures are computed under, each with the reason it exists.

`default` is what `show` prints. The `STANDARD` definitions, computed by every build, differ from
it in one choice each, so that the distance between the two is the weight of that choice. `all`
adds the rules of others (`BUNDLES`), further single choices, and the full grid of the four
choices that decide where a person is and what is a move, from which the share of each in the
spread of a figure can be told.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from itertools import product
from typing import Any, Final, Literal

from talentflow.core.errors import UsageError
from talentflow.core.rules import (
    Field,
    MoveRule,
    OriginRule,
    PaperTier,
    PeopleRule,
    PlaceRule,
    Population,
    ResidenceRule,
    Rules,
)
from talentflow.indicators.choices import Text, list_choices, title_rules


@dataclass(frozen=True, kw_only=True)
class Definition:
    """Rules with a name. `population` set: the cohort whose shares are computed.

    `details`: figures by stage and sector too, not only of countries. `cohorts`: shares of the
    authors of each venue and tier too, under ids such as `default@nips.oral`.
    """

    id: str
    title: Text = field(hash=False)
    rules: Rules = field(default_factory=Rules)
    population: Population | None = None
    details: bool = False
    cohorts: bool = False

    @property
    def choices(self) -> dict[str, str]:
        """Choice → level, the same choices in every definition; see `choices.LEVELS`."""
        return list_choices(self.rules)

    def to_dict(self) -> dict[str, Any]:
        """Plain values, as written to `definitions.json`."""
        population = self.population
        return {
            "id": self.id,
            "title": self.title,
            "rules": self.rules.to_dict(),
            "choices": self.choices,
            "population": None
            if population is None
            else {"venue": population.venue, "tier": population.tier},
        }


DEFAULT: Final = Definition(
    id="default",
    title={
        "en": "Most frequent country of the year; silences of up to 3 years bridged",
        "ko": "그 해 가장 자주 나타난 국가; 3년 이하의 공백은 이어서 봄",
    },
    details=True,
    cohorts=True,
)

STANDARD: Final[tuple[Definition, ...]] = (
    DEFAULT,
    Definition(
        id="no-bridging",
        title={
            "en": "Only consecutive observed years: a silent year ends the spell",
            "ko": "연속해서 관측된 해만: 공백이 있으면 체류가 끝난 것으로 봄",
        },
        rules=Rules(move=MoveRule(max_gap_years=0, fill="none")),
        details=True,
    ),
    Definition(
        id="any-gap",
        title={
            "en": "Moves across any silence count; only observed years form the stock",
            "ko": "공백 길이와 무관하게 이동으로 셈; 관측된 해만 재직자 수에 포함",
        },
        rules=Rules(move=MoveRule(max_gap_years=50, fill="none")),
        details=True,
    ),
    Definition(
        id="backward-fill",
        title={
            "en": "Silences of up to 2 years belong to the next country (backward fill)",
            "ko": "2년 이하의 공백은 다음 국가로 채움 (역방향 채움)",
        },
        rules=Rules(move=MoveRule(max_gap_years=2, fill="after")),
        details=True,
    ),
    Definition(
        id="drop-ties",
        title={
            "en": "Years split evenly between countries are left out",
            "ko": "국가가 동률인 해는 제외",
        },
        rules=Rules(residence=ResidenceRule(tie="drop")),
        details=True,
    ),
    Definition(
        id="with-ambiguous",
        title={
            "en": "References whose name cannot tell persons apart count as one person each",
            "ko": "이름만으로 구분할 수 없는 저자도 각각 한 사람으로 셈",
        },
        rules=Rules(people=PeopleRule(linkage="all")),
        details=True,
    ),
    Definition(
        id="hard-ids",
        title={
            "en": "Only persons identified by a registry id, none by name",
            "ko": "식별자가 있는 사람만 (이름으로 연결된 사람 제외)",
        },
        rules=Rules(people=PeopleRule(linkage="hard_id")),
        details=True,
    ),
    Definition(
        id="accepted",
        title={
            "en": "Only accepted papers place a person, not submissions",
            "ko": "채택된 논문만 근거로 사용 (투고 제외)",
        },
        rules=Rules(people=PeopleRule(tier="accepted")),
        details=True,
    ),
    Definition(
        id="first-author",
        title={
            "en": "Only first authors of papers",
            "ko": "제1저자만",
        },
        rules=Rules(people=PeopleRule(authors="first")),
        details=True,
    ),
)


_BRIDGING: Final = {
    "bridged": MoveRule(),
    "consecutive": MoveRule(max_gap_years=0, fill="none"),
    "observed": MoveRule(max_gap_years=50, fill="none"),
    "padded": MoveRule(max_gap_years=50, fill="around", pad_years=2),
}

_RESIDENCES: Final[tuple[Literal["mode", "last", "any", "fractional"], ...]] = (
    "mode",
    "last",
    "any",
    "fractional",
)
_MOVES: Final[tuple[Literal["change", "left"], ...]] = ("change", "left")
_EMPLOYERS: Final[tuple[Literal["site", "seat"], ...]] = ("site", "seat")
_DATINGS: Final[tuple[Literal["midpoint", "spread"], ...]] = ("midpoint", "spread")
_TIERS: Final[tuple[PaperTier, ...]] = ("oral", "top20pct", "top2pct", "top0.5pct")
_VENUES: Final[tuple[Field, ...]] = ("machine-learning", "vision", "language", "robotics")
_ORIGINS: Final[tuple[Literal["undergraduate", "doctorate"], ...]] = ("undergraduate", "doctorate")

BUNDLES: Final[tuple[Definition, ...]] = (
    Definition(
        id="smd",
        title={
            "en": "As the Scholarly Migration Database: most frequent country, moves across any "
            "silence, two years padded on both sides of every record",
            "ko": "학자이동데이터베이스(SMD) 방식: 최빈 국가, 모든 공백을 잇는 이동, 모든 기록의 "
            "앞뒤 2년 채움",
        },
        rules=Rules(residence=ResidenceRule(tie="code"), move=_BRIDGING["padded"]),
        details=True,
    ),
    Definition(
        id="macropolo",
        title={
            "en": "As MacroPolo: the employer's seat, accepted papers, origin by undergraduate "
            "study where known, else by first affiliation",
            "ko": "매크로폴로 방식: 고용 기관 본부 소재국, 채택 논문, 출신은 학부(모르면 첫 소속)",
        },
        rules=Rules(
            move=_BRIDGING["observed"],
            people=PeopleRule(linkage="all", tier="accepted"),
            place=PlaceRule(employer="seat"),
            origin=OriginRule(stage="undergraduate"),
        ),
        details=True,
        cohorts=True,
    ),
    Definition(
        id="oecd-like",
        title={
            "en": "In the manner of the OECD: last affiliation of the year against that of the "
            "year observed before",
            "ko": "OECD와 유사: 그 해의 마지막 소속을 직전 관측 연도와 비교",
        },
        rules=Rules(
            residence=ResidenceRule(kind="last"),
            move=_BRIDGING["observed"],
            people=PeopleRule(linkage="all"),
        ),
        details=True,
    ),
    Definition(
        id="orcid",
        title={
            "en": "As comparisons with ORCID: persons with an identifier, country of the doctorate "
            "against country of employment",
            "ko": "ORCID 비교 방식: 식별자가 있는 사람, 박사과정 국가와 취업 국가 비교",
        },
        rules=Rules(
            residence=ResidenceRule(evidence="positions_first"),
            move=_BRIDGING["observed"],
            people=PeopleRule(linkage="hard_id"),
            origin=OriginRule(stage="doctorate", otherwise="left_out"),
        ),
        details=True,
        cohorts=True,
    ),
)
"""The rules of others, as far as records allow."""


def _list_grid() -> Iterator[Definition]:
    """Every admissible combination of residence, bridging, move and employer's place."""
    for residence, (bridging, move), kind, employer in product(
        _RESIDENCES, _BRIDGING.items(), _MOVES, _EMPLOYERS
    ):
        try:
            rules = Rules(
                residence=ResidenceRule(kind=residence),
                move=replace(move, kind=kind),
                place=PlaceRule(employer=employer),
            )
        except UsageError:
            continue
        defaults = {"mode", "bridged", "change", "site"}
        words = [w for w in (residence, bridging, kind, employer) if w not in defaults]
        yield _define("-".join(words) or "default", rules)


def _list_singles() -> Iterator[Definition]:
    """Single choices beside the standard ones and the grid."""
    for dating in _DATINGS:
        yield _define(f"dated-{dating}", Rules(move=MoveRule(fill="dated", dating=dating)))
    yield _define("tie-by-code", Rules(residence=ResidenceRule(tie="code")))
    yield _define("paper-shares", Rules(residence=ResidenceRule(votes="paper_shares")))
    yield _define("papers-only", Rules(residence=ResidenceRule(evidence="papers")))
    yield _define("positions-first", Rules(residence=ResidenceRule(evidence="positions_first")))
    yield _define("last-author", Rules(people=PeopleRule(authors="last")))
    yield _define("corresponding-author", Rules(people=PeopleRule(authors="corresponding")))
    for tier in _TIERS:
        id_ = tier.replace(".", "-")
        yield _define(id_, Rules(people=PeopleRule(tier=tier)))
    for venues in _VENUES:
        yield _define(venues, Rules(people=PeopleRule(field=venues)))
    for stage in _ORIGINS:
        rules = Rules(origin=OriginRule(stage=stage, otherwise="left_out"))
        yield _define(f"origin-{stage}", rules)


def _define(id_: str, rules: Rules) -> Definition:
    return Definition(id=id_, title=title_rules(rules), rules=rules)


def _collect() -> tuple[Definition, ...]:
    """All definitions; of two with the same rules the first has the name."""
    found: dict[Rules, Definition] = {}
    for definition in (*STANDARD, *BUNDLES, *_list_singles(), *_list_grid()):
        found.setdefault(definition.rules, definition)
    return tuple(found.values())


DEFINITIONS: Final[tuple[Definition, ...]] = _collect()


def choose_definitions(which: str | Iterable[str]) -> tuple[Definition, ...]:
    """`default`, `standard`, `all`, or ids, separated by commas or as a list → the definitions.

    Raises `UsageError` for an unknown id.
    """
    if which == "all":
        return DEFINITIONS
    if which == "standard":
        return STANDARD
    wanted = which.split(",") if isinstance(which, str) else list(which)
    known = {definition.id: definition for definition in DEFINITIONS}
    unknown = [id_ for id_ in wanted if id_ not in known]
    if unknown:
        raise UsageError(
            f"unknown definition {', '.join(unknown)}",
            expected="standard, all, or ids among " + ", ".join(known),
        )
    return tuple(known[id_] for id_ in dict.fromkeys(["default", *wanted]))


def define_cohort(population: Population, definition: Definition = DEFAULT) -> Definition:
    """The rules of a definition applied to the persons of one cohort; its id is
    `default@nips.oral`."""
    venue = population.venue
    tier_en, tier_ko = _TIER_WORDS[population.tier]
    venue_en = "all venues" if venue == "all" else venue.upper()
    venue_ko = "모든 학회" if venue == "all" else venue.upper()
    by = "" if definition.id == DEFAULT.id else f" ({definition.id})"
    return Definition(
        id=f"{definition.id}@{population.id}",
        title={
            "en": f"Authors of {tier_en} at {venue_en}{by}",
            "ko": f"{venue_ko} {tier_ko} 저자{by}",
        },
        rules=definition.rules,
        population=population,
    )


_TIER_WORDS: Final = {
    "all": ("all submissions", "모든 투고"),
    "accepted": ("accepted papers", "채택 논문"),
    "oral": ("orals", "구두 발표"),
    "top20pct": ("the top 20 % of submissions", "투고 상위 20 %"),
    "top2pct": ("the top 2 % of submissions", "투고 상위 2 %"),
    "top0.5pct": ("the top 0.5 % of submissions", "투고 상위 0.5 %"),
}
