"""Does counting only the touched persons give what counting everybody gives?"""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from naive_careers import Row, pack_rows

from talentflow.careers.counts import CellCounts
from talentflow.careers.increments import find_touched, update_counts
from talentflow.careers.packing import PackedEvidence
from talentflow.careers.tallies import count_tallies
from talentflow.core.errors import ContractError
from talentflow.core.rules import MoveRule, Population, ResidenceRule, Rules

POPULATIONS = (Population(), Population(venue="nips"))
REPLICATES = 3

rows = st.builds(
    Row,
    person=st.sampled_from(["ada", "bora", "chen", "dora"]),
    year=st.integers(2008, 2026),
    country=st.sampled_from([None, "KR", "US", "ZW"]),
    role=st.sampled_from([None, "Undergrad student", "PhD student", "Postdoc"]),
    sector=st.sampled_from([None, "university", "company"]),
    venue=st.sampled_from([None, "nips", "icra"]),
)
rules = st.sampled_from(
    [
        Rules(),
        Rules(residence=ResidenceRule(kind="any")),
        Rules(residence=ResidenceRule(kind="fractional")),
        Rules(move=MoveRule(dating="spread", fill="dated")),
    ]
)


def count(evidence: PackedEvidence, rules: Rules) -> CellCounts:
    return count_tallies(evidence, rules, replicates=REPLICATES)


def count_touched(before: PackedEvidence, now: PackedEvidence, rules: Rules) -> CellCounts:
    touched = find_touched(before, now)
    return update_counts(
        count(before, rules),
        removed=count(touched.before, rules),
        added=count(touched.now, rules),
    )


@given(st.lists(rows, max_size=25), st.lists(rows, max_size=6), st.sets(st.integers(0, 24)), rules)
def test_touched_persons_are_enough(
    kept: list[Row], new: list[Row], gone: set[int], rules: Rules
) -> None:
    before = pack_rows(kept, POPULATIONS)
    now = pack_rows(
        [row for number, row in enumerate(kept) if number not in gone] + new, POPULATIONS
    )
    updated, anew = count_touched(before, now, rules), count(now, rules)
    assert updated.cells.tolist() == anew.cells.tolist()
    assert updated.persons.tolist() == anew.persons.tolist()
    assert updated.counts.tolist() == anew.counts.tolist()
    assert updated.units == anew.units


def test_only_who_changed_is_touched() -> None:
    old = [Row(person=name, year=2015, country="KR") for name in ("ada", "bora", "chen")]
    before = pack_rows(old, POPULATIONS)
    now = pack_rows(
        [
            *reversed(old[:2]),
            Row(person="bora", year=2016, country="US"),
            Row(person="dora", year=2016, country="US"),
        ],
        POPULATIONS,
    )
    touched = find_touched(before, now)
    assert touched.persons == 3, "bora moved, chen is gone, dora is new"
    assert len(touched.before.keys) == 2
    assert len(touched.now.keys) == 3


def test_a_changed_trait_touches_a_person() -> None:
    before = pack_rows([Row(person="ada", year=2015, country="KR")], POPULATIONS)
    now = pack_rows([Row(person="ada", year=2015, country="KR", ambiguous=True)], POPULATIONS)
    assert find_touched(before, now).persons == 1


def test_other_cohorts_cannot_be_compared() -> None:
    evidence = pack_rows([Row(person="ada", year=2015, country="KR")], POPULATIONS)
    with pytest.raises(ContractError, match="different cohorts"):
        find_touched(evidence, pack_rows([], POPULATIONS[:1]))


def test_taking_away_what_was_never_counted_is_refused() -> None:
    counted = count(pack_rows([Row(person="ada", year=2015, country="KR")]), Rules())
    nothing = CellCounts(
        cells=np.zeros(0, np.int64),
        persons=np.zeros(0, np.int64),
        counts=np.zeros((0, REPLICATES + 1), np.int64),
    )
    with pytest.raises(ContractError, match="fewer than nobody"):
        update_counts(nothing, removed=counted, added=nothing)
