"""Corrections by hand: which lines a file may hold, which answer wins, who becomes whom."""

from __future__ import annotations

from pathlib import Path

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from talentflow.core.contracts import MENTIONS, ORGANIZATIONS, PEOPLE, RESOLVED_MENTIONS
from talentflow.core.errors import InputError
from talentflow.resolve.corrections import correct_mentions, correct_people, list_applied
from talentflow.resolve.corrections_csv import (
    COLUMNS,
    Correction,
    parse_corrections,
    read_corrections,
    write_line,
)

HEADER = "kind,match,domain,value,reason,date,by\n"
HANBIT, MARU = "https://ror.org/0hanbit01", "https://ror.org/0maruuu02"
FILE = Path("corrections.csv")


def lines_of(*rows: str) -> tuple[Correction, ...]:
    return parse_corrections(
        HEADER + "".join(f"{row},because,2026-01-31,me\n" for row in rows), FILE
    )


@pytest.fixture
def mentions() -> pa.Table:
    return MENTIONS.from_rows(
        [
            {"mention_id": -3, "text": "Hanbit Lab", "domain": None},
            {"mention_id": 1, "text": "HANBIT  LAB".replace("  ", " "), "domain": "maru.ac.kr"},
            {"mention_id": 2, "text": "Ｈanbit Lab", "domain": "hanbit.ac.kr"},
            {"mention_id": 3, "text": None, "domain": "maru.ac.kr"},
            {"mention_id": 4, "text": "Maru College, Japan", "domain": None},
        ]
    )


@pytest.fixture
def resolved() -> pa.Table:
    answered = {"organization_id": MARU, "organization_name": "Maru", "seat_country": "JP",
                "country": "JP", "city": "Kyoto", "sector": "university", "probability": 0.9,
                "rule": "name_in_text", "country_rule": "country_word"}  # fmt: skip
    nothing = {"rule": "no_match", "country_rule": "unknown"}
    return RESOLVED_MENTIONS.from_rows(
        [*({"mention_id": i, **nothing} for i in (-3, 1, 2, 3)), {"mention_id": 4, **answered}]
    )


@pytest.fixture
def organizations() -> pa.Table:
    return ORGANIZATIONS.from_rows(
        [
            {"organization_id": id_, "name": name, "country": country, "city": city,
             "sector": sector, "status": "active"}
            for id_, name, country, city, sector in (
                (HANBIT, "Hanbit University", "KR", "Seoul", "university"),
                (MARU, "Maru College", "JP", "Kyoto", "university"),
            )
        ]
    )  # fmt: skip


def answers(corrected: pa.Table, *names: str) -> dict[int, tuple]:
    return {row["mention_id"]: tuple(row[n] for n in names) for row in corrected.to_pylist()}


def test_an_organization_brings_what_belongs_to_it(mentions, resolved, organizations):
    (line,) = lines_of(f"organization,hanbit lab,,{HANBIT}")
    table, matched = correct_mentions(mentions, resolved, organizations, [line])
    names = (
        "organization_name",
        "country",
        "city",
        "sector",
        "probability",
        "rule",
        "country_rule",
    )
    hanbit = ("Hanbit University", "KR", "Seoul", "university", 1.0, "correction", "correction")
    found = answers(table, *names)
    assert {i for i, answer in found.items() if answer == hanbit} == {-3, 1, 2}
    assert matched == {2: [-3, 1, 2]}
    assert table["mention_id"].to_pylist() == resolved["mention_id"].to_pylist()


def test_the_narrower_line_wins(mentions, resolved, organizations):
    lines = lines_of(
        "country,Hanbit Lab,,KR",
        "country,Hanbit Lab,maru.ac.kr,JP",
        "country,mention:2,,TW",
        "country,,maru.ac.kr,HK",
    )
    table, matched = correct_mentions(mentions, resolved, organizations, lines)
    assert answers(table, "country") == {
        -3: ("KR",), 1: ("JP",), 2: ("TW",), 3: ("HK",), 4: ("JP",)
    }  # fmt: skip
    assert matched == {2: [-3], 3: [1], 4: [2], 5: [3]}


def test_a_named_place_is_left_to_the_text(mentions, resolved, organizations):
    lines = lines_of(f'organization,"Maru College, Japan",,{HANBIT}')
    table, _ = correct_mentions(mentions, resolved, organizations, lines)
    assert answers(table, "organization_id", "seat_country", "country", "country_rule")[4] == (
        HANBIT, "KR", "JP", "country_word"
    )  # fmt: skip


def test_none_takes_an_answer_away(mentions, resolved, organizations):
    lines = lines_of(
        'organization,"Maru College, Japan",,none', 'country,"Maru College, Japan",,none'
    )
    table, _ = correct_mentions(mentions, resolved, organizations, lines)
    names = ("organization_id", "probability", "rule", "country", "country_rule", "sector")
    assert answers(table, *names)[4] == (None, None, "correction", None, "correction", None)


def test_probabilities_of_fields_follow(mentions, resolved, organizations):
    extended = resolved.append_column(
        "country_probability", pa.array([None] * 5, pa.float64())
    ).append_column("sector_probability", pa.array([0.5] * 5, pa.float64()))
    lines = lines_of("country,Hanbit Lab,,KR", "sector,Hanbit Lab,,none")
    table, _ = correct_mentions(mentions, extended, organizations, lines)
    assert answers(table, "country_probability", "sector_probability")[-3] == (1.0, None)


def test_an_unknown_organization_is_refused(mentions, resolved, organizations):
    lines = lines_of("organization,Hanbit Lab,,https://ror.org/0nobody99")
    with pytest.raises(InputError, match="line 2 of the corrections names an organization"):
        correct_mentions(mentions, resolved, organizations, lines)


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        ("continent,x,,Asia,r,2026-01-31,", "unknown kind 'continent'"),
        ("country,,,KR,r,2026-01-31,", "nothing to match"),
        ("country,x,,Korea,r,2026-01-31,", "no ISO 3166-1"),
        ("sector,x,,industry,r,2026-01-31,", "sector 'industry'"),
        ("organization,x,,Hanbit,r,2026-01-31,", "no ROR id"),
        ("organization,x,,,r,2026-01-31,", "no ROR id"),
        ("city,x,,,r,2026-01-31,", "no value"),
        ("country,x,,KR,,2026-01-31,", "no reason"),
        ("country,x,,KR,r,31.1.2026,", "not of the form"),
        ("country,x,,KR,r", "5 cells where the header has 7"),
        ("person_merge,a:1,,a:1,r,2026-01-31,", "merged with itself"),
        ("person_split,a:1,x.org,,r,2026-01-31,", "goes with an affiliation text"),
        ("country,mention:1,x.org,KR,r,2026-01-31,", "goes with an affiliation text"),
    ],
)
def test_unusable_lines_are_named_with_their_reason(row, reason):
    with pytest.raises(InputError) as caught:
        parse_corrections(HEADER + "# a remark\n\n" + row + "\n", FILE)
    assert "line 4: " in caught.value.found
    assert reason in caught.value.found


def test_two_lines_may_not_contradict():
    with pytest.raises(InputError, match="line 3: answers the same question as line 2"):
        lines_of("country,Hanbit Lab,,KR", "country,hanbit lab,,JP")


def test_every_bad_line_is_told():
    text = HEADER + "country,x,,Korea,r,2026-01-31,\n" * 12
    with pytest.raises(InputError) as caught:
        parse_corrections(text, FILE)
    assert "12 unusable lines" in caught.value.found
    assert "and 2 more" in caught.value.found


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"", "has the columns"),
        (b"kind,match\n", "has the columns"),
        (b"kind,kind,match,value,reason,date\n", "has the columns"),
        (HEADER.encode() + b"country,\xff,,KR,r,2026-01-31,\n", "not UTF-8 text in line 2"),
        (HEADER.encode() + b'country,"open,,KR,r,2026-01-31,\n', "not CSV from line 2"),
    ],
)
def test_unreadable_files_are_refused(tmp_path, data, message):
    (tmp_path / "corrections.csv").write_bytes(data)
    with pytest.raises(InputError, match=message):
        read_corrections(tmp_path / "corrections.csv")


def test_a_missing_file_is_no_corrections(tmp_path):
    assert read_corrections(tmp_path / "corrections.csv") == read_corrections(tmp_path / "none")
    assert read_corrections(tmp_path / "none").sha256 is None


def test_domain_and_by_may_be_left_out(tmp_path):
    (tmp_path / "c.csv").write_text(
        "\ufeffkind,match,value,reason,date\ncountry,A,kr,r,2026-01-31\n", encoding="utf-8"
    )
    (line,) = read_corrections(tmp_path / "c.csv").lines
    assert (line.line, line.domain, line.value, line.by) == (2, None, "KR", None)


@given(
    st.text(st.characters(blacklist_categories=["Cs", "Cc"]), min_size=1, max_size=40).filter(
        lambda text: text.split() and not text.lstrip().startswith("#")
    )
)
def test_lines_that_are_written_are_read(text):
    written = write_line(
        {"kind": "city", "match": text, "value": text, "reason": "r", "date": "2026-01-31"}
    )
    (line,) = parse_corrections(",".join(COLUMNS) + "\n" + written + "\n", FILE)
    assert line.match == line.value == " ".join(text.split())


@pytest.fixture
def people() -> pa.Table:
    def row(ref: str, person: str, *, ambiguous: bool = False, hard: bool = False) -> dict:
        return {"person_ref": ref, "person_id": person, "confidence": 0.5,
                "ambiguous": ambiguous, "hard_id": hard}  # fmt: skip

    return PEOPLE.from_rows(
        [
            row("a:1", "a:1", hard=True),
            row("b:1", "a:1", hard=True),
            row("s:1", "s:1", ambiguous=True),
            row("s:2", "s:2", ambiguous=True),
            row("s:3", "name:jane doe"),
        ]
    )


RECORDS = pa.table(
    {
        "person_ref": ["a:1", "b:1", "s:1", "s:2", "s:3", "s:2", None],
        "person_name": ["Jane Doe", "Jane Doe", "JANE DOE", "Jane Doe", "Jane Doe", "J. D.", None],
        "mention_id": pa.array([1, 1, 2, None, 4, 4, 4], pa.int64()),
    }
)


def persons(table: pa.Table) -> dict[str, str]:
    return dict(zip(table["person_ref"].to_pylist(), table["person_id"].to_pylist(), strict=True))


def test_merged_people_are_one_and_told_apart(people):
    lines = lines_of("person_merge,s:1,,a:1", "person_merge,name:jane doe,,s:1")
    table, matched = correct_people(people, RECORDS, lines)
    assert persons(table) == {"a:1": "a:1", "b:1": "a:1", "s:1": "a:1", "s:2": "s:2", "s:3": "a:1"}
    assert matched == {2: ["s:1"], 3: ["s:3"]}
    merged = [row for row in table.to_pylist() if row["person_id"] == "a:1"]
    assert all(not row["ambiguous"] and row["hard_id"] and row["confidence"] == 1 for row in merged)


def test_a_split_reference_is_a_person_of_its_own(people):
    lines = lines_of("person_split,a:1,,", "person_merge,s:1,,b:1")
    table, matched = correct_people(people, RECORDS, lines)
    found = persons(table)
    assert found["a:1"] == "split:a:1"
    assert found["b:1"] == found["s:1"] == "a:1"
    assert matched == {2: ["a:1"], 3: ["s:1"]}


def test_references_split_off_together_stay_together(people):
    table, _ = correct_people(
        people, RECORDS, lines_of("person_split,b:1,,other", "person_split,s:3,,other")
    )
    assert persons(table)["b:1"] == persons(table)["s:3"] == "split:other"


def test_a_name_means_its_ambiguous_references_only(people):
    table, matched = correct_people(people, RECORDS, lines_of("person_merge,named:jane doe,,s:2"))
    assert matched == {2: ["s:1", "s:2"]}
    assert persons(table) == {**persons(people), "s:1": "s:2"}
    assert not any(r["ambiguous"] for r in table.to_pylist() if r["person_id"] == "s:2")


def test_merges_in_a_ring_are_one_person(people):
    lines = lines_of("person_merge,s:1,,s:2", "person_merge,s:2,,s:1")
    table, _ = correct_people(people, RECORDS, lines)
    assert persons(table)["s:1"] == persons(table)["s:2"]


def test_lines_that_match_nothing_are_counted(people):
    lines = lines_of("person_merge,x:9,,a:1", "person_split,a:1,,", "country,nowhere,,KR")
    table, matched = correct_people(people, RECORDS, lines)
    applied = list_applied(lines, matched, RECORDS).to_pylist()
    assert [(row["matched"], row["records"]) for row in applied] == [(0, 0), (1, 1), (0, 0)]
    assert table.num_rows == people.num_rows


@given(st.lists(st.tuples(st.sampled_from(["a:1", "b:1", "s:1", "s:2", "s:3"]),
                          st.sampled_from(["a:1", "b:1", "s:1", "s:2", "s:3", "x"]),
                          st.booleans()), max_size=8))  # fmt: skip
def test_nobody_is_lost_or_invented(pairs):
    people = PEOPLE.from_rows(
        [
            {"person_ref": ref, "person_id": ref, "confidence": 1.0, "ambiguous": False,
             "hard_id": False}
            for ref in ("a:1", "b:1", "s:1", "s:2", "s:3")
        ]
    )  # fmt: skip
    rows = {
        f"person_split,{a},," if split else f"person_merge,{a},,{b}"
        for a, b, split in pairs
        if split or a != b
    }
    lines = lines_of(*sorted(rows))
    table, matched = correct_people(people, RECORDS, lines)
    assert table["person_ref"].to_pylist() == people["person_ref"].to_pylist()
    merged = {frozenset((line.match, line.value)) for line in lines
              if line.kind == "person_merge" and line.value != "x"}  # fmt: skip
    found = persons(table)
    assert all(found[a] == found[b] for a, b in map(tuple, merged))
    assert set(matched) == {line.line for line in lines if line.value != "x"}
