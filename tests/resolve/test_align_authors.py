"""Affiliations given to authors: typed-in papers, and what holds for any."""

from __future__ import annotations

import random
from collections import Counter
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from talentflow.core.contracts import MENTIONS, RECORDS, RESOLVED_MENTIONS
from talentflow.core.errors import ContractError
from talentflow.pipeline.accounting import Balance, account_for_records
from talentflow.resolve.align_authors import AlignedRecords, align_authors
from talentflow.resolve.people import link_people

SECOND = "second-crawl"
PLACES = ("North University", "South Institute", "East Labs", "West College", "Hill School")
NAMES = ("Ada Brook", "Ben Cole", "Cleo Dunn", "Dov Eames", "Eva Frost", "Finn Gale")


def make_paper(
    paper: str,
    authors: list[tuple[str, str | None]],
    loose: list[tuple[str, str | None]],
    *,
    year: int = 2023,
    venue: str = "conf",
    source: str = "typed",
) -> list[dict[str, Any]]:
    """Authors as (name, affiliation), affiliations of nobody as (text, position)."""
    base = {
        "source": source,
        "file": f"{venue}{year}",
        "year": year,
        "paper_id": paper,
        "venue": venue,
        "n_authors": len(authors),
        "tier_flags": 0,
    }
    rows = []
    for place, (name, text) in enumerate(authors, 1):
        profile = "~" + name.replace(" ", "_") + "1"
        rows.append(
            base
            | {
                "record_id": f"{source}:{venue}{year}#{paper}/{place}/1",
                "person_ref": f"openreview:{profile}",
                "person_name": name,
                "ids": [("openreview", profile)],
                "author_position": place,
                "mention_id": None if text is None else number_of(text),
                "alignment": "set_only" if text is None and loose else "aligned",
                "kind": "authorship",
            }
        )
    for part, (text, role) in enumerate(loose, 1):
        rows.append(
            base
            | {
                "record_id": f"{source}:{venue}{year}#{paper}/s/{part}",
                "ids": [],
                "mention_id": number_of(text),
                "role_raw": role,
                "alignment": "set_only",
                "kind": "authorship",
            }
        )
    return rows


def number_of(text: str) -> int:
    return PLACES.index(text) + 1


def mentions() -> tuple[pa.Table, pa.Table]:
    numbered = list(enumerate(PLACES, 1))
    resolved = [
        {
            "mention_id": i,
            "organization_id": f"local:{i}",
            "country": "KR" if i % 2 else "FR",
            "rule": "typed",
            "country_rule": "typed",
        }
        for i, _ in numbered
    ]
    plain = MENTIONS.from_rows([{"mention_id": i, "text": text} for i, text in numbered])
    return plain, RESOLVED_MENTIONS.from_rows(resolved)


def align(*papers: list[dict[str, Any]], second: str | None = None) -> AlignedRecords:
    records = RECORDS.from_rows([row for paper in papers for row in paper])
    return align_authors(records, *mentions(), second=second)


def places_of(aligned: AlignedRecords, paper: str) -> dict[str, str | None]:
    """Name → affiliation of the authors of a paper."""
    return {
        row["person_name"]: row["mention_id"] and PLACES[row["mention_id"] - 1]
        for row in aligned.records.to_pylist()
        if row["paper_id"] == paper and row["person_ref"] is not None
    }


def known(name: str, text: str, *, year: int = 2022, times: int = 3) -> list[dict[str, Any]]:
    """Papers of other conferences that say where somebody was."""
    return [
        row
        for k in range(times)
        for row in make_paper(f"{name}{k}", [(name, text)], [], year=year, venue=f"other{k}")
    ]


STUDENT, PROFESSOR = "PhD student", "Full Professor"
THREE: list[tuple[str, str | None]] = [(name, None) for name in NAMES[:3]]


def test_an_author_left_out_is_found_by_what_is_known_of_the_others() -> None:
    lists = [("South Institute", STUDENT), ("East Labs", PROFESSOR)]
    aligned = align(
        make_paper("p", THREE, lists),
        known("Ben Cole", "South Institute"),
        known("Cleo Dunn", "East Labs"),
    )
    assert places_of(aligned, "p") == {
        "Ada Brook": None,
        "Ben Cole": "South Institute",
        "Cleo Dunn": "East Labs",
    }
    rows = {
        row["person_name"]: row for row in aligned.records.to_pylist() if row["paper_id"] == "p"
    }
    assert [rows[name]["alignment"] for name in NAMES[:3]] == ["unknown", "aligned", "aligned"]
    assert rows["Cleo Dunn"]["role_raw"] == PROFESSOR
    assert aligned.placements["affiliation_record_id"].to_pylist() == [
        "typed:conf2023#p/s/1",
        "typed:conf2023#p/s/2",
    ]


def test_a_profile_moved_to_the_end_is_found() -> None:
    lists = [(place, STUDENT) for place in ("South Institute", "East Labs", "North University")]
    aligned = align(
        make_paper("p", THREE, lists),
        known("Ada Brook", "North University"),
        known("Ben Cole", "South Institute"),
        known("Cleo Dunn", "East Labs"),
    )
    assert places_of(aligned, "p") == {
        "Ada Brook": "North University",
        "Ben Cole": "South Institute",
        "Cleo Dunn": "East Labs",
    }


def test_what_nothing_supports_stays_with_the_paper() -> None:
    paper = make_paper("p", THREE, [("South Institute", STUDENT)])
    aligned = align(paper)
    assert aligned.records.num_rows == len(paper)
    assert aligned.placements.num_rows == 0


def test_two_papers_of_a_profile_inform_each_other() -> None:
    alone = make_paper("p", THREE, [("South Institute", STUDENT), ("East Labs", STUDENT)])
    others: list[tuple[str, str | None]] = [("Ben Cole", None), ("Dov Eames", None)]
    other = make_paper("q", others, [("South Institute", STUDENT), ("Hill School", STUDENT)])
    assert places_of(align(alone), "p")["Ben Cole"] is None
    assert places_of(align(alone, other), "p")["Ben Cole"] == "South Institute"


def test_distinct_affiliations_go_to_those_known_there() -> None:
    aligned = align(
        make_paper("p", THREE, [("South Institute", None), ("East Labs", None)], venue="set"),
        known("Ada Brook", "East Labs"),
        known("Cleo Dunn", "East Labs"),
    )
    assert places_of(aligned, "p") == {
        "Ada Brook": "East Labs",
        "Ben Cole": None,
        "Cleo Dunn": "East Labs",
    }
    left = [row for row in aligned.records.to_pylist() if row["paper_id"] == "p"]
    assert [row["mention_id"] for row in left if row["person_ref"] is None] == [2]
    assert {row["alignment"] for row in left if row["person_name"] == "Ben Cole"} == {"set_only"}


def test_other_crawls_of_a_conference_say_nothing() -> None:
    lists: list[tuple[str, str | None]] = [("South Institute", STUDENT)]
    answer: list[tuple[str, str | None]] = [(NAMES[0], None), (NAMES[1], "South Institute")]
    first = make_paper("p", [(NAMES[0], None), (NAMES[1], None)], lists)
    crawl = make_paper("p", answer, [], source=SECOND)
    for row in crawl:
        row["file"] = "conf2023@later"
    records = RECORDS.from_rows([*first, *crawl])
    aligned = align_authors(records, *mentions(), second=SECOND)
    assert aligned.records.equals(records)


def test_a_namesake_with_another_profile_is_no_evidence() -> None:
    paper = make_paper("p", THREE, [("South Institute", None), ("East Labs", None)], venue="set")
    evidence = known("Ada Brook", "East Labs")
    for row in evidence:
        row["ids"] = [("openreview", "~Ada_Brook9")]
    assert places_of(align(paper, evidence), "p")["Ada Brook"] is None


papers = st.lists(
    st.tuples(
        st.lists(st.sampled_from(NAMES), min_size=1, max_size=4, unique=True),
        st.lists(st.sampled_from(PLACES), min_size=0, max_size=5),
        st.booleans(),
        st.integers(2020, 2023),
    ),
    min_size=1,
    max_size=8,
)


def build(drawn: list[Any]) -> list[list[dict[str, Any]]]:
    made = []
    for k, (names, texts, as_set, year) in enumerate(drawn):
        if k % 3 == 2:  # known papers, one affiliation an author
            authors = [(n, t) for n, t in zip(names, [*texts, *PLACES], strict=False)]
            made.append(make_paper(f"k{k}", authors, [], year=year, venue="aligned"))
            continue
        listed = sorted(set(texts)) if as_set else texts
        loose = [(text, None if as_set else STUDENT) for text in listed]
        venue = "set" if as_set else "list"
        made.append(make_paper(f"p{k}", [(n, None) for n in names], loose, year=year, venue=venue))
    return made


@settings(max_examples=60)
@given(papers)
def test_nothing_is_invented_doubled_or_lost(drawn: list[Any]) -> None:
    made = build(drawn)
    before = {row["record_id"]: row for paper in made for row in paper}
    aligned = align(*made)
    after = {row["record_id"]: row for row in aligned.records.to_pylist()}
    placements = aligned.placements.to_pylist()
    gone = {row["affiliation_record_id"] for row in placements}
    assert set(after) == set(before) - gone
    for row in placements:
        author, affiliation = row["author_record_id"], before[row["affiliation_record_id"]]
        assert before[author]["mention_id"] is None
        assert affiliation.get("person_ref") is None
        assert before[author]["paper_id"] == affiliation["paper_id"]
        assert after[author]["mention_id"] in stated(made, affiliation["paper_id"])
        assert after[author]["alignment"] == "aligned"
    ordered = [r for r in placements if r["rule"] == "ordered_list"]
    assert max(Counter(r["affiliation_record_id"] for r in ordered).values(), default=1) == 1
    given_to = {row["author_record_id"] for row in placements}
    for record_id in set(after) - given_to:
        assert after[record_id]["mention_id"] == before[record_id].get("mention_id")
        assert after[record_id]["role_raw"] == before[record_id].get("role_raw")
        if before[record_id]["alignment"] == "aligned":
            assert after[record_id]["alignment"] == "aligned"


def stated(made: list[list[dict[str, Any]]], paper: str) -> set[int]:
    return {row["mention_id"] for rows in made for row in rows if row["paper_id"] == paper}


@given(papers, st.integers(0, 100))
def test_the_order_of_rows_does_not_matter(drawn: list[Any], seed: int) -> None:
    rows = [row for paper in build(drawn) for row in paper]
    shuffled = random.Random(seed).sample(rows, len(rows))
    one, other = align(rows), align(shuffled)
    key = "record_id"
    assert one.placements.drop(["probability"]).equals(other.placements.drop(["probability"]))
    assert one.records.sort_by(key).equals(other.records.sort_by(key))


def test_papers_without_open_authors_are_left_alone() -> None:
    records = RECORDS.from_rows(known("Ada Brook", "East Labs"))
    aligned = align_authors(records, *mentions())
    assert aligned.records.equals(records)
    assert aligned.placements.num_rows == 0


def test_no_records_give_no_records() -> None:
    aligned = align_authors(RECORDS.empty(), MENTIONS.empty(), RESOLVED_MENTIONS.empty())
    assert aligned.records.num_rows == aligned.placements.num_rows == 0


def test_authors_without_name_or_profile_are_no_stumbling_block() -> None:
    paper = make_paper("p", THREE, [("South Institute", STUDENT), ("East Labs", STUDENT)])
    for row in paper:
        row["person_name"], row["ids"], row["venue"] = None, [], None
    aligned = align(paper, known("Ben Cole", "South Institute"))
    assert places_of(aligned, "p") == {None: None}


def test_a_mention_that_was_never_resolved_is_known_by_its_text() -> None:
    paper = make_paper("p", THREE, [("South Institute", None), ("East Labs", None)], venue="set")
    rows = [*paper, *known("Ada Brook", "East Labs")]
    plain, _ = mentions()
    aligned = align_authors(RECORDS.from_rows(rows), plain, RESOLVED_MENTIONS.empty())
    assert places_of(aligned, "p")["Ada Brook"] == "East Labs"


def test_accounting_counts_a_placed_row_once() -> None:
    made = [
        make_paper("p", THREE, [("South Institute", STUDENT), ("East Labs", PROFESSOR)]),
        known("Ben Cole", "South Institute"),
        known("Cleo Dunn", "East Labs"),
    ]
    n_read = sum(map(len, made))
    aligned = align(*made)
    people = link_people(aligned.records).people
    balance = Balance(read=n_read, rejected=2, placements=aligned.placements)
    lines = account_for_records(aligned.records, people, mentions()[1], balance, SECOND)
    counted = {line["id"]: line["records"] for line in lines}
    assert counted["placed"] == 2
    assert counted["no_affiliation"] == 1
    assert counted["set_only_author"] == counted["set_only_affiliation"] == 0
    assert sum(counted.values()) == n_read + 2
    wrong = Balance(read=n_read + 1, rejected=2, placements=aligned.placements)
    with pytest.raises(ContractError, match="accounted for"):
        account_for_records(aligned.records, people, mentions()[1], wrong, SECOND)
