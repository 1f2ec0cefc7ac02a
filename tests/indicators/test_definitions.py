"""Do the definitions make every admissible choice, each under one name?"""

from __future__ import annotations

from itertools import product

from talentflow.core.rules import MoveRule, Population, Rules
from talentflow.indicators.choices import LEVELS, list_choices, title_rules
from talentflow.indicators.definitions import (
    BUNDLES,
    DEFAULT,
    DEFINITIONS,
    STANDARD,
    choose_definitions,
    define_cohort,
)


def test_there_are_enough_of_them() -> None:
    assert len(DEFINITIONS) >= 48
    assert len({d.id for d in DEFINITIONS}) == len(DEFINITIONS)
    assert len({d.rules for d in DEFINITIONS}) == len(DEFINITIONS)


def test_what_a_build_computes_unasked_has_not_grown() -> None:
    assert choose_definitions("standard") == STANDARD
    assert len(STANDARD) == 9
    assert [d.id for d in STANDARD if d.cohorts] == ["default"]
    assert {d.id for d in BUNDLES} == {"smd", "macropolo", "oecd-like", "orcid"}


def test_choices_and_titles_are_said_in_both_languages() -> None:
    for definition in DEFINITIONS:
        assert definition.choices.keys() == LEVELS.keys()
        for choice, level in definition.choices.items():
            assert set(LEVELS[choice][level]) == {"en", "ko"}
        assert all(definition.title.values())
        assert definition.to_dict()["choices"] == definition.choices
    titles = [d.title["en"] for d in DEFINITIONS]
    assert len(set(titles)) == len(titles)


def test_the_grid_is_full_but_for_what_is_impossible() -> None:
    names = ("residence", "bridging", "move", "employer")
    defaults = list_choices(DEFAULT.rules)
    grid = {
        tuple(d.choices[name] for name in names)
        for d in DEFINITIONS
        if all(
            level == defaults[choice]
            for choice, level in d.choices.items()
            if choice not in (*names, "denominator")
        )
    }
    wanted = {
        found
        for found in product(
            LEVELS["residence"],
            ("bridged", "consecutive", "observed", "padded"),
            LEVELS["move"],
            LEVELS["employer"],
        )
        if (found[0], found[2]) != ("fractional", "left")
    }
    assert wanted <= grid


def test_titles_say_what_differs() -> None:
    assert title_rules(Rules(move=MoveRule(kind="left")))["en"].startswith("A move only if")
    assert title_rules(Rules())["en"].startswith("Most frequent country")


def test_cohorts_under_other_rules() -> None:
    macropolo = next(d for d in DEFINITIONS if d.id == "macropolo")
    cohort = define_cohort(Population(venue="nips", tier="top2pct"), macropolo)
    assert cohort.id == "macropolo@nips.top2pct"
    assert cohort.rules == macropolo.rules
    assert "top 2 %" in cohort.title["en"]
    assert "상위 2 %" in cohort.title["ko"]
