"""Papers and positions in one career: which is heard in a year that has both."""

from __future__ import annotations

from collections import defaultdict

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from naive_careers import Row, list_moves, list_residences, pack_rows

from talentflow.careers.histories import list_histories
from talentflow.careers.packing import POSITION
from talentflow.careers.stages import parse_degree
from talentflow.careers.tallies import data_years
from talentflow.core.rules import Evidence, MoveRule, PeopleRule, ResidenceRule, Rules
from talentflow.core.vocabulary import Tier

EVERY: tuple[Evidence, ...] = (
    "papers_first",
    "positions_first",
    "together",
    "papers",
    "positions",
)


def rules(evidence: Evidence, **others: object) -> Rules:
    return Rules(residence=ResidenceRule(evidence=evidence), **others)


def paper(year: int, country: str | None, **more: object) -> Row:
    return Row(person="ann", year=year, country=country, **more)


def position(year: int, country: str | None, kind: str = "employment", **more: object) -> Row:
    more = {"venue": None, "author_position": None, "tier": Tier.NONE, **more}
    return Row(person="ann", year=year, country=country, kind=kind, **more)


def lived(rows: list[Row], chosen: Rules) -> dict[int, str]:
    found = list_histories(pack_rows(rows), chosen).residences.to_pylist()
    return {row["year"]: row["country"] for row in found if not row["bridged"]}


CAREER = [
    position(2010, "KR", "education"),
    paper(2010, None),
    position(2011, "KR"),
    paper(2011, "US"),
    paper(2011, "US"),
    position(2012, "GB"),
    paper(2013, "US"),
    position(2013, None),
]


@pytest.mark.parametrize(
    ("evidence", "years"),
    [
        ("papers_first", {2010: "KR", 2011: "US", 2012: "GB", 2013: "US"}),
        ("positions_first", {2010: "KR", 2011: "KR", 2012: "GB", 2013: "US"}),
        ("together", {2010: "KR", 2011: "US", 2012: "GB", 2013: "US"}),
        ("papers", {2011: "US", 2013: "US"}),
        ("positions", {2010: "KR", 2011: "KR", 2012: "GB"}),
    ],
)
def test_what_is_heard(evidence: Evidence, years: dict[int, str]) -> None:
    assert lived(CAREER, rules(evidence)) == years


def test_a_student_employed_elsewhere_stays_where_they_were_and_is_a_student() -> None:
    both = [
        paper(2009, "US"),
        position(2010, "KR", "education", role="PhD"),
        position(2010, "US", role="Engineer", sector="company"),
        paper(2011, None),
    ]
    found = list_histories(pack_rows(both), rules("positions_first")).residences.to_pylist()
    year = next(row for row in found if row["year"] == 2010)
    assert (year["country"], year["stage"]) == ("US", "doctoral")


def test_what_papers_do_not_say_of_stage_positions_may() -> None:
    rows = [
        paper(2010, "KR", role=None),
        position(2010, "KR", "education", role="Master of Science"),
        paper(2011, "KR", role="PhD student"),
        position(2011, "KR", "education", role="Master of Science"),
    ]
    found = list_histories(pack_rows(rows), Rules()).residences.to_pylist()
    assert [row["stage"] for row in found] == ["master", "doctoral"]


def test_a_position_left_open_keeps_nobody_from_leaving() -> None:
    rows = [paper(2010, "KR"), *(position(y, "KR") for y in range(2010, 2016))]
    rows += [paper(year, "US") for year in range(2011, 2016)]
    left = rules("papers_first", move=MoveRule(kind="left"))
    assert list_histories(pack_rows(rows), left).moves.num_rows == 1


def test_a_position_alone_makes_nobody_an_author_and_no_year_one_of_the_data() -> None:
    rows = [
        paper(2010, "KR"),
        paper(2015, "KR"),
        *(position(year, "KR") for year in range(2000, 2020)),
        Row(person="bob", year=2012, country="US", kind="employment", venue=None),
    ]
    packed = pack_rows(rows)
    assert data_years(packed) == (2010, 2015)
    assert packed.person_ids.to_pylist() == ["ann"]
    alone = pack_rows([row for row in rows if row.kind != "authorship"])
    assert data_years(alone) == (2000, 2019)


def test_positions_are_no_papers_of_a_tier_or_author() -> None:
    rows = [paper(2010, "KR"), position(2010, "US"), position(2010, "US"), paper(2012, "KR")]
    for people in (PeopleRule(tier="accepted"), PeopleRule(authors="first")):
        chosen = rules("positions_first", people=people)
        assert lived(rows, chosen) == {2010: "KR", 2012: "KR"}


def test_each_year_of_a_position_has_a_whole_vote() -> None:
    rows = [paper(2010, "KR"), *(position(year, "US") for year in range(2010, 2013))]
    rows.append(paper(2012, "KR"))
    packed = pack_rows(rows)
    assert set(packed.votes[(packed.traits & POSITION) != 0].tolist()) == {720720}


rows_of_a_life = st.lists(
    st.builds(
        lambda year, country, kind: (
            paper(year, country) if kind == "authorship" else position(year, country, kind)
        ),
        st.integers(2001, 2008),
        st.sampled_from(["KR", "US", "GB", None]),
        st.sampled_from(["authorship", "authorship", "education", "employment"]),
    ),
    min_size=1,
    max_size=14,
)


def hear(rows: list[Row], evidence: Evidence) -> list[Row]:
    """The rows that place a person under a rule, chosen year by year."""
    by_year: dict[int, list[Row]] = defaultdict(list)
    for row in rows:
        by_year[row.year].append(row)
    heard = []
    for of_year in by_year.values():
        papers = [row for row in of_year if row.kind == "authorship"]
        positions = [row for row in of_year if row.kind != "authorship"]
        first, other = {
            "together": (of_year, []),
            "papers": (papers, []),
            "positions": (positions, []),
            "papers_first": (papers, positions),
            "positions_first": (positions, papers),
        }[evidence]
        heard += first if any(row.country for row in first) else other
    return heard


@settings(deadline=None)
@given(rows_of_a_life, st.sampled_from(EVERY), st.sampled_from(["mode", "last"]))
def test_the_compiled_pass_hears_what_plain_reading_hears(
    rows: list[Row], evidence: Evidence, kind: str
) -> None:
    # papers at both ends, so that no year of a position lies outside the data
    everything = [paper(2000, "KR"), *rows, paper(2009, "KR")]
    chosen = Rules(residence=ResidenceRule(kind=kind, evidence=evidence))
    expected = list_residences(hear(everything, evidence), chosen)
    assert lived(everything, chosen) == {year.year: year.country for year in expected}
    found = list_histories(pack_rows(everything), chosen).moves.to_pylist()
    assert [(m["year"], m["from_country"], m["to_country"]) for m in found] == [
        move[:3] for move in list_moves(expected, chosen)
    ]


@settings(deadline=None)
@given(rows_of_a_life)
def test_without_positions_only_their_absence_matters(rows: list[Row]) -> None:
    papers = [row for row in rows if row.kind == "authorship"] or [paper(2001, "KR")]
    packed = pack_rows(papers)
    figures = [list_histories(packed, rules(evidence)) for evidence in EVERY[:4]]
    assert all(found.residences == figures[0].residences for found in figures)
    assert list_histories(packed, rules("positions")).residences.num_rows == 0


@pytest.mark.parametrize(
    ("degree", "stage"),
    [
        ("PhD", "doctoral"),
        ("Ph. D. in Physics", "doctoral"),
        ("Doctor of Philosophy", "doctoral"),
        ("Doctorado en Informática", "doctoral"),
        ("Integrated M.S./Ph.D.", "doctoral"),
        ("DPhil", "doctoral"),
        ("공학박사", "doctoral"),
        ("MSc", "master"),
        ("M.Eng.", "master"),
        ("Master of Science", "master"),
        ("Diplom-Informatiker", "master"),
        ("Mestrado", "master"),
        ("석사", "master"),
        ("BSc Computer Science", "undergraduate"),
        ("B.S.", "undergraduate"),
        ("Bachelor of Engineering", "undergraduate"),
        ("Licenciatura", "undergraduate"),
        ("学士", "undergraduate"),
        ("Undergrad student", "undergraduate"),
        ("MS student", "master"),
        ("Graduate student", "doctoral"),
        ("Postdoctoral training", "postdoctoral"),
        ("Professor", "unknown"),
        ("Computer Science", "unknown"),
        ("", "unknown"),
        (None, "unknown"),
    ],
)
def test_degrees(degree: str | None, stage: str) -> None:
    assert parse_degree(degree) == stage
