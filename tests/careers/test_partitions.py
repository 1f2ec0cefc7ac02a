"""Is a record counted out of core the same, to the last digit, as in memory?"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st
from naive_careers import Row, pack_rows

from talentflow.careers import partitions
from talentflow.careers.counting import count_evidence
from talentflow.careers.counts import CellCounts
from talentflow.careers.partitions import count_authorships
from talentflow.careers.shared_rules import Wanted
from talentflow.core.errors import ContractError, UsageError
from talentflow.core.rules import MoveRule, OriginRule, PeopleRule, PlaceRule, ResidenceRule, Rules

REPLICATES = 5

RULES = (
    Rules(),
    Rules(residence=ResidenceRule(kind="any"), move=MoveRule(max_gap_years=50, fill="none")),
    Rules(residence=ResidenceRule(kind="fractional")),
    Rules(move=MoveRule(fill="dated", dating="spread")),
    Rules(move=MoveRule(kind="left")),
    Rules(residence=ResidenceRule(tie="drop")),
)

authorships = st.lists(
    st.tuples(
        st.integers(0, 12),
        st.integers(2000, 2025),
        st.sampled_from([None, "FR", "HK", "KR", "US"]),
    ),
    min_size=1,
    max_size=60,
)
Authorships = list[tuple[int, int, str | None]]


def write(folder: Path, rows: Authorships, *, text: bool = False, group_rows: int = 7) -> Path:
    """Authorships as a file of several row groups."""
    person, year, country = zip(*rows, strict=True)
    table = pa.table(
        {
            "person": pa.array(map(str, person) if text else person),
            "year": pa.array(year, pa.int16()),
            "country": pa.array(country, pa.string()),
        }
    )
    path = folder / "authorships.parquet"
    pq.write_table(table, path, row_group_size=group_rows)
    return path


def in_memory(rows: Authorships, wanted: list[Wanted]) -> list[CellCounts]:
    lives = [Row(person=str(p), year=y, country=c) for p, y, c in rows]
    found = dict(count_evidence(pack_rows(lives), wanted, replicates=REPLICATES))
    return [found[number] for number in range(len(wanted))]


def same(found: list[CellCounts], expected: list[CellCounts]) -> bool:
    return len(found) == len(expected) and all(
        np.array_equal(a.cells, b.cells)
        and np.array_equal(a.persons, b.persons)
        and a.counts.tobytes() == b.counts.tobytes()
        and a.units == b.units
        for a, b in zip(found, expected, strict=True)
    )


@given(authorships, st.integers(1, 9), st.booleans(), st.booleans(), st.integers(1, 3))
def test_out_of_core_is_the_same_to_the_last_byte(
    tmp_path_factory: pytest.TempPathFactory,
    rows: Authorships,
    count: int,
    text: bool,
    spill: bool,
    workers: int,
) -> None:
    wanted = [Wanted(rules=rules, details=False, cohorts=False) for rules in RULES]
    folder = tmp_path_factory.mktemp("authorships")
    with pytest.MonkeyPatch.context() as patch:
        if spill:
            patch.setattr(partitions, "_SMALLEST_BYTES", 64)
        found = count_authorships(
            [write(folder, rows, text=text)],
            wanted,
            replicates=REPLICATES,
            workers=workers,
            memory_bytes=0 if spill else 4 << 30,
            partitions=count,
            folder=folder,
        )
    assert same(found, in_memory(rows, wanted))
    assert [path.name for path in folder.iterdir()] == ["authorships.parquet"]


def test_one_by_one_is_the_same_as_together(tmp_path: Path) -> None:
    random = np.random.default_rng(3)
    rows: Authorships = [
        (int(p), int(y), ["KR", "US", "FR"][c])
        for p, y, c in zip(
            random.zipf(1.5, 900) % 200,
            random.integers(2000, 2020, 900),
            random.integers(0, 3, 900),
            strict=True,
        )
    ]
    path = write(tmp_path, rows, group_rows=100)
    wanted = [Wanted(rules=rules, cohorts=False) for rules in RULES]
    together = count_authorships([path], wanted, replicates=REPLICATES)
    apart = [count_authorships([path], [each], replicates=REPLICATES)[0] for each in wanted]
    assert same(together, apart)


def test_stage_sector_and_traits_are_read(tmp_path: Path) -> None:
    table = pa.table(
        {
            "person": [1, 1, 2],
            "year": [2010, 2011, 2010],
            "country": ["KR", "US", "KR"],
            "stage": ["doctoral", "postdoctoral", None],
            "sector": ["university", "company", None],
            "traits": pa.array([1 | 8, 1 | 8, 8], pa.uint32()),
        }
    )
    pq.write_table(table, tmp_path / "a.parquet")
    hard = Rules(people=PeopleRule(linkage="hard_id"))
    (found,) = count_authorships(
        [tmp_path / "a.parquet"], [Wanted(rules=hard, cohorts=False)], partitions=2
    )
    lives = [
        Row(person="1", year=2010, country="KR", role="PhD student", sector="university"),
        Row(person="1", year=2011, country="US", role="Postdoc", sector="company"),
    ]
    wanted = [Wanted(rules=hard, cohorts=False)]
    ((_, expected),) = count_evidence(pack_rows(lives), wanted, replicates=0)
    assert np.array_equal(found.cells, expected.cells)
    assert np.array_equal(found.counts, expected.counts)


def test_rows_without_person_or_year_are_left_out(tmp_path: Path) -> None:
    rows = [(1, 2010, "KR"), (None, 2010, "KR"), (1, None, "US")]
    path = write(tmp_path, rows)  # type: ignore[arg-type]
    wanted = [Wanted(rules=Rules(), cohorts=False)]
    (found,) = count_authorships([path], wanted)
    (expected,) = count_authorships([write(tmp_path, [(1, 2010, "KR")])], wanted)
    assert np.array_equal(found.cells, expected.cells)


@pytest.mark.parametrize(
    "rules",
    [
        Rules(people=PeopleRule(linkage="hard_id")),
        Rules(people=PeopleRule(tier="oral")),
        Rules(residence=ResidenceRule(votes="paper_shares")),
        Rules(residence=ResidenceRule(kind="last")),
        Rules(place=PlaceRule(employer="seat")),
    ],
)
def test_rules_that_the_rows_cannot_tell_are_refused(tmp_path: Path, rules: Rules) -> None:
    path = write(tmp_path, [(1, 2010, "KR")])
    with pytest.raises(UsageError, match="venues, papers"):
        count_authorships([path], [Wanted(rules=rules, cohorts=False)])


def test_what_cannot_be_packed_is_refused(tmp_path: Path) -> None:
    wanted = [Wanted(rules=Rules(origin=OriginRule(stage="doctorate")), cohorts=False)]
    with pytest.raises(ContractError, match="person out of range"):
        count_authorships([write(tmp_path, [(1 << 40, 2010, "KR")])], wanted)
    with pytest.raises(ContractError, match="year out of range"):
        count_authorships([write(tmp_path, [(1, 1066, "GB")])], wanted)
    pq.write_table(pa.table({"person": [1], "year": [2010]}), tmp_path / "b.parquet")
    with pytest.raises(ContractError, match="no column country"):
        count_authorships([tmp_path / "b.parquet"], wanted)
