"""Where was a person, and when did they move, under each rule?"""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from naive_careers import (
    Row,
    fill_silence,
    find_study_end,
    find_work,
    list_moves,
    list_residences,
    pack_rows,
)
from test_tallies import evidence, whole_rules

from talentflow.careers.histories import (
    Histories,
    list_histories,
    list_histories_in_parts,
)
from talentflow.core.contracts import MOVES, RESIDENCES, SPELLS, STAGE_CHANGES, check_table
from talentflow.core.errors import UsageError
from talentflow.core.rules import MoveRule, PeopleRule, ResidenceRule, Rules
from talentflow.core.vocabulary import STUDY_STAGES, Tier


def life(*seen: tuple[int, str | None]) -> list[Row]:
    return [Row(person="ada", year=year, country=country) for year, country in seen]


def histories(rows: list[Row], rules: Rules) -> Histories:
    found = list_histories(pack_rows(rows), rules)
    for table, contract in (
        (found.residences, RESIDENCES),
        (found.spells, SPELLS),
        (found.moves, MOVES),
        (found.stage_changes, STAGE_CHANGES),
    ):
        check_table(table, contract)
    return found


def where(rows: list[Row], rules: Rules) -> dict[int, str]:
    table = histories(rows, rules).residences
    return dict(zip(table["year"].to_pylist(), table["country"].to_pylist(), strict=True))


def moves(rows: list[Row], rules: Rules) -> list[tuple[int, str, str, int]]:
    columns = ("year", "from_country", "to_country", "gap_years")
    table = histories(rows, rules).moves
    return list(zip(*(table[name].to_pylist() for name in columns), strict=True))


def test_the_most_frequent_country_of_the_year() -> None:
    rows = life((2010, "US"), (2010, "KR"), (2010, "KR"), (2010, None), (2011, None))
    assert where(rows, Rules()) == {2010: "KR"}


@pytest.mark.parametrize(
    ("tie", "expected"),
    [
        ("stay", {2009: "US", 2010: "US", 2011: "US"}),
        ("code", {2009: "US", 2010: "KR", 2011: "US"}),
        ("drop", {2009: "US", 2011: "US"}),
    ],
)
def test_ties(tie: str, expected: dict[int, str]) -> None:
    rows = life((2009, "US"), (2010, "KR"), (2010, "US"), (2011, "US"))
    rule = Rules(residence=ResidenceRule(tie=tie), move=MoveRule(fill="none"))
    assert where(rows, rule) == expected


def test_a_tie_without_a_past_takes_the_first_code() -> None:
    rows = life((2010, "US"), (2010, "KR"), (2010, "HK"))
    assert where(rows, Rules()) == {2010: "HK"}
    assert where(rows, Rules(residence=ResidenceRule(tie="drop"))) == {}


def test_staying_means_the_last_known_residence_not_the_first() -> None:
    rows = life((2008, "KR"), (2009, "US"), (2010, "KR"), (2010, "US"))
    assert where(rows, Rules())[2010] == "US"
    # The past counts only where it is among the equals.
    assert where([*rows, *life((2011, "DE"), (2011, "FR"))], Rules())[2011] == "DE"


@pytest.mark.parametrize(
    ("fill", "between"), [("before", ["KR"] * 3), ("after", ["US"] * 3), ("none", [])]
)
def test_silent_years_belong_to(fill: str, between: list[str]) -> None:
    rows = life((2010, "KR"), (2014, "US"))
    found = where(rows, Rules(move=MoveRule(fill=fill)))
    assert [found[year] for year in (2011, 2012, 2013) if year in found] == between
    bridged = histories(rows, Rules(move=MoveRule(fill=fill))).residences["bridged"].to_pylist()
    assert bridged == [False, *[True] * len(between), False]


@pytest.mark.parametrize(("max_gap", "bridged"), [(0, False), (2, False), (3, True), (50, True)])
def test_a_gap_is_bridged_up_to_its_limit(max_gap: int, bridged: bool) -> None:
    rule = Rules(move=MoveRule(max_gap_years=max_gap))
    away = life((2010, "KR"), (2014, "US"))
    assert moves(away, rule) == ([(2014, "KR", "US", 3)] if bridged else [])
    assert len(where(away, rule)) == (5 if bridged else 2)
    home = life((2010, "KR"), (2014, "KR"))
    assert histories(home, rule).spells.num_rows == (1 if bridged else 2)


def test_a_move_is_dated_to_the_first_year_in_the_new_country() -> None:
    rows = life((2010, "KR"), (2011, "KR"), (2012, "US"), (2013, "US"), (2013, "KR"), (2014, "KR"))
    assert moves(rows, Rules()) == [(2012, "KR", "US", 0), (2014, "US", "KR", 0)]


def test_spells() -> None:
    rows = life((2010, "KR"), (2012, "KR"), (2013, "US"), (2019, "US"))
    table = histories(rows, Rules()).spells.drop_columns(["person_id"])
    assert [tuple(row.values()) for row in table.to_pylist()] == [
        ("KR", 2010, 2012, 2),
        ("US", 2013, 2013, 1),
        ("US", 2019, 2019, 1),
    ]


def test_who_counts() -> None:
    row = Row(person="ada", year=2010, country="KR", tier=Tier.REJECTED, author_position=2)
    soft = replace(row, year=2011, hard_id=False, tier=Tier.ACCEPTED, author_position=1)
    rows = [row, soft]
    assert set(where(rows, Rules())) == {2010, 2011}
    assert set(where(rows, Rules(people=PeopleRule(linkage="hard_id")))) == {2010}
    assert set(where(rows, Rules(people=PeopleRule(tier="accepted")))) == {2011}
    assert set(where(rows, Rules(people=PeopleRule(authors="first")))) == {2011}


@pytest.mark.parametrize(
    ("roles", "sector", "change"),
    [
        (["PhD student", "Professor"], "university", ("doctoral", 2010, "faculty", 2011)),
        (["PhD student", "Postdoc"], "university", ("doctoral", 2010, "postdoctoral", 2011)),
        (["PhD student", None, "Engineer"], "company", ("doctoral", 2010, "industry", 2012)),
        (["MS student", "PhD student"], "university", None),
        (["PhD student", "PhD student"], "university", None),
        (["Professor", "PhD student"], "university", None),
        (["PhD student"], "university", None),
    ],
)
def test_stage_changes(
    roles: list[str | None], sector: str, change: tuple[str, int, str, int] | None
) -> None:
    rows = [
        Row(person="ada", year=2010 + i, country="KR", role=role, sector=sector)
        for i, role in enumerate(roles)
    ]
    table = histories(rows, Rules()).stage_changes.select(
        ["stage", "year", "next_stage", "next_year"]
    )
    assert [tuple(row.values()) for row in table.to_pylist()] == ([change] if change else [])


def test_of_equally_frequent_stages_the_earlier_one() -> None:
    rows = [
        Row(person="ada", year=2010, country="KR", role=role)
        for role in ("Professor", "PhD student", "Professor", "PhD student", None, None, None)
    ]
    assert histories(rows, Rules()).residences["stage"].to_pylist() == ["doctoral"]


def test_sector_is_that_of_the_country_of_residence() -> None:
    rows = [
        Row(person="ada", year=2010, country="KR", sector="university"),
        Row(person="ada", year=2010, country="KR", sector=None),
        Row(person="ada", year=2010, country="US", sector="company"),
    ]
    assert histories(rows, Rules()).residences["sector"].to_pylist() == ["university"]


@pytest.mark.parametrize("years", [-1, 51])
def test_impossible_gap(years: int) -> None:
    with pytest.raises(UsageError, match="0 to 50"):
        MoveRule(max_gap_years=years)


@given(evidence, whole_rules)
def test_histories_are_the_plain_reading(rows: list[Row], rules: Rules) -> None:
    found = histories(rows, rules)
    by_person = {
        person: [row for row in rows if row.person == person]
        for person in sorted({row.person for row in rows})
    }
    lives = {person: list_residences(life, rules) for person, life in by_person.items()}

    def known(word: str) -> str | None:
        return None if word == "unknown" else word

    assert [tuple(row.values()) for row in found.residences.to_pylist()] == [
        (person, r.year, r.country, known(r.stage), known(r.sector), bridged)
        for person, lived in lives.items()
        for r, bridged in fill_silence(lived, rules, by_person[person])
    ]
    assert [tuple(row.values()) for row in found.moves.to_pylist()] == [
        (person, *move)
        for person, lived in lives.items()
        for move in list_moves(lived, rules, by_person[person])
    ]
    changes = []
    for person, lived in lives.items():
        for stage in sorted(STUDY_STAGES):
            end = find_study_end(lived, stage)
            work = None if end is None else find_work(lived, end)
            if end is not None and work is not None:
                last = lived[end]
                changes.append(
                    (person, last.year, stage, last.country, work.stage, work.country, work.year)
                )
    assert [tuple(row.values()) for row in found.stage_changes.to_pylist()] == changes


@given(evidence, whole_rules)
def test_spells_hold_every_observed_year_once(rows: list[Row], rules: Rules) -> None:
    found = histories(rows, rules)
    observed = found.residences.num_rows - sum(found.residences["bridged"].to_pylist())
    assert sum(found.spells["years_observed"].to_pylist()) == observed
    for spell in found.spells.to_pylist():
        assert spell["start_year"] <= spell["end_year"]


@given(st.permutations(life((2010, "KR"), (2010, "US"), (2012, "US"), (2013, "DE"))))
def test_order_of_rows_does_not_matter(rows: list[Row]) -> None:
    assert where(rows, Rules()) == {2010: "KR", 2011: "KR", 2012: "US", 2013: "DE"}


@given(rows=evidence, at_once=st.integers(1, 5))
def test_histories_in_parts_are_those_of_the_whole(rows: list[Row], at_once: int) -> None:
    packed = pack_rows(rows)
    whole = list_histories(packed, Rules())
    parts = list(list_histories_in_parts(packed, Rules(), at_once))
    for name, table in vars(whole).items():
        found = [row for part in parts for row in getattr(part, name).to_pylist()]
        assert found == table.to_pylist()
