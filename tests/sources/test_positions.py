"""Which years a dated position speaks for."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from talentflow.sources.evidence import Affiliation
from talentflow.sources.positions import (
    MAX_OPEN_STUDY_YEARS,
    MAX_YEARS,
    HistoryBuilder,
    Person,
    Position,
    Refusal,
    count_years,
    describe_place,
)


def position(
    start: int | None,
    end: int | None,
    confirmed: int | None = 2024,
    kind: str = "employment",
) -> Position:
    return Position(1, "k", kind, None, Affiliation("X"), start, end, confirmed)


@pytest.mark.parametrize(
    ("told", "years"),
    [
        (position(2010, 2013), (2010, 2013)),
        (position(2010, None), (2010, 2024)),
        (position(2010, None, kind="education"), (2010, 2010 + MAX_OPEN_STUDY_YEARS - 1)),
        (position(2022, None, kind="education"), (2022, 2024)),
        (position(2010, None, None), (2010, 2010)),
        (position(None, 2013), (2013, 2013)),
        (position(2023, 2030), (2023, 2024)),
        (position(2023, 2030, None), (2023, 2030)),
    ],
)
def test_years(told: Position, years: tuple[int, int]) -> None:
    assert count_years(told) == years


@pytest.mark.parametrize(
    ("told", "reason"),
    [
        (position(None, None), "undated"),
        (position(2013, 2010), "bad_years"),
        (position(20, 2010), "bad_year"),
        (position(2010, 20100), "bad_year"),
        (position(2026, 2030), "future"),
        (position(1948, 2019, kind="education"), "bad_years"),
        (position(1901, 2019), "bad_years"),
    ],
)
def test_what_cannot_be_is_refused(told: Position, reason: str) -> None:
    found = count_years(told)
    assert isinstance(found, Refusal)
    assert found.reason == reason


years = st.none() | st.integers(1890, 2110)


@given(
    years, years, st.none() | st.integers(2012, 2025), st.sampled_from(["education", "employment"])
)
def test_years_are_within_what_was_told(
    start: int | None, end: int | None, confirmed: int | None, kind: str
) -> None:
    found = count_years(position(start, end, confirmed, kind))
    if isinstance(found, Refusal):
        return
    first, last = found
    assert first <= last < first + MAX_YEARS[kind]
    assert start is None or first == start
    assert end is None or last <= end
    assert confirmed is None or last <= confirmed


def test_places_are_written_in_full() -> None:
    said = describe_place("Elm  College", "Elmton", "", "gb")
    assert said == Affiliation("Elm College, Elmton, United Kingdom", country="GB")
    assert describe_place("Elm", "", "", "ZZ") == Affiliation("Elm")
    assert describe_place("", "", "", "") == Affiliation()


@given(st.lists(st.tuples(years, years, st.booleans()), max_size=6))
def test_rows_are_records_and_rejects(told: list[tuple[int | None, int | None, bool]]) -> None:
    builder = HistoryBuilder(source="s", file="f")
    positions = [
        Position(n, str(n), "employment", "x", Affiliation("A" if named else None), a, b, None)
        for n, (a, b, named) in enumerate(told)
    ]
    builder.add_history("0", Person("s:1", None, {"orcid": "1", "dblp": "2"}), positions)
    builder.add_history("1", Person("s:2", "Ann", {}), positions)
    evidence = builder.build(sha256="0", size_bytes=1)
    total = evidence.inputs.to_pylist()[0]
    assert total["rows"] == evidence.records.num_rows + evidence.rejects.num_rows
    assert total["aligned"] + total["unknown"] == evidence.records.num_rows
    by_person: dict[str, int] = {}
    for row in evidence.records.to_pylist():
        by_person[row["person_ref"]] = by_person.get(row["person_ref"], 0) + 1
        assert dict(row["ids"]) == (
            {"orcid": "1", "dblp": "2"} if row["person_ref"] == "s:1" else {}
        )
        assert (row["mention_id"] is None) == (row["alignment"] == "unknown")
    assert len(set(by_person.values())) <= 1
