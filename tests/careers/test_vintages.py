"""Do vintages hold what an earlier year knew, and captures the lists of each person?"""

from __future__ import annotations

import pyarrow as pa

from talentflow.careers.captures import count_captures
from talentflow.careers.vintages import (
    count_vintages,
    find_awaited,
    list_awaited,
    open_years,
    pack_by_venue,
)
from talentflow.core.rules import MoveRule, Rules

ROWS = [
    # person, year, country, venue
    ("a", 2015, "KR", "icra"),
    ("a", 2018, "KR", "nips"),
    ("b", 2015, "KR", "acl"),
    ("b", 2016, "US", "icra"),
    ("c", 2016, "US", "acl"),
    ("c", 2018, "US", "nips"),
    ("d", 2010, "US", "nips"),
    ("d", 2016, None, "nips"),
    ("e", 2019, "US", "icra"),
]


def evidence_of(rows: list[tuple[str, int, str | None, str]]):
    countries = ["KR", "US", None]
    records = pa.table(
        {
            "person_ref": [row[0] for row in rows],
            "mention_id": [countries.index(row[2]) for row in rows],
            "year": pa.array([row[1] for row in rows], pa.int16()),
            "role_raw": pa.array(["PhD student"] * len(rows)),
            "tier_flags": pa.array([0] * len(rows), pa.int32()),
            "author_position": pa.array([1] * len(rows), pa.int16()),
            "venue": [row[3] for row in rows],
        }
    )
    names = sorted({row[0] for row in rows})
    people = pa.table(
        {
            "person_ref": names,
            "person_id": names,
            "ambiguous": [False] * len(names),
            "hard_id": [True] * len(names),
        }
    )
    resolved = pa.table(
        {
            "mention_id": [0, 1, 2],
            "country": pa.array(countries, pa.string()),
            "sector": pa.array([None] * 3, pa.string()),
        }
    )
    return pack_by_venue(records, people, resolved)


def count_of(table: pa.Table) -> dict[tuple[object, ...], int]:
    rows = table.to_pylist()
    return {(r["cut"], r["measure"], r["area"], r["year"]): r["count"] for r in rows}


def test_a_silent_year_is_filled_when_the_person_is_seen_again() -> None:
    counts = count_of(count_vintages(evidence_of(ROWS), Rules(), [2016, 2017, 2018, 2019]))
    assert counts[2016, "stock", "KR", 2015] == 2
    assert (2017, "stock", "KR", 2016) not in counts
    assert counts[2018, "stock", "KR", 2016] == 1
    assert counts[2018, "stock", "KR", 2017] == 1
    assert counts[2016, "outflow", "KR", 2016] == counts[2019, "outflow", "KR", 2016] == 1


def test_lists_held_two_years_before_are_awaited() -> None:
    evidence = evidence_of(ROWS)
    first, second, third = find_awaited(evidence, 3)
    assert first == 0  # 2017 held nothing
    awaited = list_awaited(evidence, 3).to_pylist()
    assert [row["year"] for row in awaited] == [2017, 2018, 2019]
    assert [row["venues"] for row in awaited] == ["acl icra", "acl icra", ""]
    assert [row["share"] for row in awaited] == [1.0, 1.0, 0.0]
    assert second == third


def test_a_vintage_lacks_what_the_last_year_lacks() -> None:
    evidence = evidence_of(ROWS)
    bit = 1 << evidence.venues.index("acl")
    counts = count_of(count_vintages(evidence, Rules(), [2016, 2019], awaited=(bit,)))
    assert counts[2016, "stock", "US", 2016] == 1
    assert counts[2019, "stock", "US", 2016] == 2


def test_open_years_follow_from_the_rules() -> None:
    assert open_years(Rules()) == 3
    assert open_years(Rules(move=MoveRule(max_gap_years=0, fill="none"))) == 1


def test_captures_name_the_fields_and_years_of_each_person() -> None:
    rows = count_captures(evidence_of(ROWS)).to_pylist()
    found = {(r["area"], r["period"], r["lists"]): r["persons"] for r in rows}
    window = "2015/2019"
    assert found["KR", window, "learning robotics"] == 1
    assert found["KR", window, "language"] == 1
    assert found["US", window, "learning language"] == 1
    assert found["KR", window, "2015 2018"] == 1
    assert found["US", "2010/2014", "2010"] == 1
