"""What became of people between two builds."""

from __future__ import annotations

import pyarrow as pa
from hypothesis import given
from hypothesis import strategies as st

from talentflow.core.contracts import PEOPLE
from talentflow.resolve.people_changes import compare_people, count_changes


def make_people(persons: dict[str, str]) -> pa.Table:
    rows: list[dict[str, object]] = [
        {
            "person_ref": ref,
            "person_id": person,
            "confidence": 1.0,
            "ambiguous": False,
            "hard_id": False,
        }
        for ref, person in persons.items()
    ]
    return PEOPLE.from_rows(rows)


def test_every_change_is_told() -> None:
    before = make_people(
        {"a": "same", "b": "old", "c": "one", "d": "two", "e": "whole", "f": "whole", "g": "left"}
    )
    after = make_people(
        {"a": "same", "new": "same", "b": "new", "c": "one", "d": "one", "e": "p", "f": "q"}
    )
    changes = compare_people(before, after)
    assert changes.to_pylist() == [
        {"person_id_before": b, "change": change, "person_id_after": a, "references": 1}
        for b, change, a in [
            ("left", "gone", None),
            ("old", "renamed", "new"),
            ("one", "merged_into", "one"),
            ("same", "same", "same"),
            ("two", "merged_into", "one"),
            ("whole", "split_into", "p"),
            ("whole", "split_into", "q"),
        ]
    ]
    assert count_changes(changes) == {
        "same": 1,
        "renamed": 1,
        "merged_into": 2,
        "split_into": 1,
        "gone": 1,
    }


def test_a_reference_that_left_is_no_split() -> None:
    changes = compare_people(make_people({"a": "x", "b": "x"}), make_people({"a": "x"}))
    assert changes["change"].to_pylist() == ["same"]


def test_the_first_build_changes_nobody() -> None:
    changes = compare_people(PEOPLE.empty(), make_people({"a": "x"}))
    assert changes.num_rows == 0
    assert set(count_changes(changes).values()) == {0}


PERSONS = st.dictionaries(st.sampled_from("abcdef"), st.sampled_from("xyz"), max_size=6)


@given(PERSONS, PERSONS)
def test_everyone_is_accounted_for(before: dict[str, str], after: dict[str, str]) -> None:
    changes = compare_people(make_people(before), make_people(after))
    assert sum(count_changes(changes).values()) == len(set(before.values()))
    told = set(changes["person_id_before"].to_pylist())
    assert told == set(before.values())
