"""The named sets of rules that figures are computed under, each with the reason it exists.

`default` is what `show` prints; every other definition differs from it in one choice, so that
the distance between the two is the weight of that choice.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any, Final

from talentflow.core.errors import UsageError
from talentflow.core.rules import MoveRule, PeopleRule, Population, ResidenceRule, Rules

Text = dict[str, str]
"""Language (`en`, `ko`) → text."""


@dataclass(frozen=True, kw_only=True)
class Definition:
    """Rules with a name. `population` set: the cohort whose shares are computed."""

    id: str
    title: Text = field(hash=False)
    rules: Rules = field(default_factory=Rules)
    population: Population | None = None

    def to_dict(self) -> dict[str, Any]:
        """Plain values, as written to `definitions.json`."""
        population = self.population
        return {
            "id": self.id,
            "title": self.title,
            "rules": self.rules.to_dict(),
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
)

DEFINITIONS: Final[tuple[Definition, ...]] = (
    DEFAULT,
    Definition(
        id="no-bridging",
        title={
            "en": "Only consecutive observed years: a silent year ends the spell",
            "ko": "연속해서 관측된 해만: 공백이 있으면 체류가 끝난 것으로 봄",
        },
        rules=Rules(move=MoveRule(max_gap_years=0, fill="none")),
    ),
    Definition(
        id="any-gap",
        title={
            "en": "Moves across any silence count; only observed years form the stock",
            "ko": "공백 길이와 무관하게 이동으로 셈; 관측된 해만 재직자 수에 포함",
        },
        rules=Rules(move=MoveRule(max_gap_years=50, fill="none")),
    ),
    Definition(
        id="backward-fill",
        title={
            "en": "Silences of up to 2 years belong to the next country (backward fill)",
            "ko": "2년 이하의 공백은 다음 국가로 채움 (역방향 채움)",
        },
        rules=Rules(move=MoveRule(max_gap_years=2, fill="after")),
    ),
    Definition(
        id="drop-ties",
        title={
            "en": "Years split evenly between countries are left out",
            "ko": "국가가 동률인 해는 제외",
        },
        rules=Rules(residence=ResidenceRule(tie="drop")),
    ),
    Definition(
        id="with-ambiguous",
        title={
            "en": "References whose name cannot tell persons apart count as one person each",
            "ko": "이름만으로 구분할 수 없는 저자도 각각 한 사람으로 셈",
        },
        rules=Rules(people=PeopleRule(linkage="all")),
    ),
    Definition(
        id="hard-ids",
        title={
            "en": "Only persons identified by a registry id, none by name",
            "ko": "식별자가 있는 사람만 (이름으로 연결된 사람 제외)",
        },
        rules=Rules(people=PeopleRule(linkage="hard_id")),
    ),
    Definition(
        id="accepted",
        title={
            "en": "Only accepted papers place a person, not submissions",
            "ko": "채택된 논문만 근거로 사용 (투고 제외)",
        },
        rules=Rules(people=PeopleRule(tier="accepted")),
    ),
    Definition(
        id="first-author",
        title={
            "en": "Only first authors of papers",
            "ko": "제1저자만",
        },
        rules=Rules(people=PeopleRule(authors="first")),
    ),
)


def choose_definitions(which: str | Iterable[str]) -> tuple[Definition, ...]:
    """`default`, `all`, or ids, separated by commas or as a list → the definitions.

    Raises `UsageError` for an unknown id.
    """
    if which == "all":
        return DEFINITIONS
    wanted = which.split(",") if isinstance(which, str) else list(which)
    known = {definition.id: definition for definition in DEFINITIONS}
    unknown = [id_ for id_ in wanted if id_ not in known]
    if unknown:
        raise UsageError(
            f"unknown definition {', '.join(unknown)}",
            expected="all, or ids among " + ", ".join(known),
        )
    return tuple(known[id_] for id_ in dict.fromkeys(["default", *wanted]))


def define_cohort(population: Population) -> Definition:
    """The default rules applied to the persons of one cohort; its id is `default@nips.oral`."""
    tier_en = {"all": "all submissions", "accepted": "accepted papers", "oral": "orals"}
    tier_ko = {"all": "모든 투고", "accepted": "채택 논문", "oral": "구두 발표"}
    venue = population.venue
    venue_en = "all venues" if venue == "all" else venue.upper()
    venue_ko = "모든 학회" if venue == "all" else venue.upper()
    return Definition(
        id=f"default@{population.id}",
        title={
            "en": f"Authors of {tier_en[population.tier]} at {venue_en}",
            "ko": f"{venue_ko} {tier_ko[population.tier]} 저자",
        },
        population=population,
    )
