"""Do persons held by papers vary as persons and papers do?"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pyarrow as pa
import pytest
from naive_careers import Row, pack_rows

from talentflow.careers.imputation import list_weights
from talentflow.careers.packing import PackedEvidence
from talentflow.careers.resampling import ARRANGEMENTS, hold_by_papers
from talentflow.estimate.two_way import measure_two_way

REPLICATES = 400


def tables(pairs: list[tuple[str, str]]) -> tuple[pa.Table, pa.Table, PackedEvidence]:
    """Records of persons and papers, twice each, as two affiliations give them."""
    persons = sorted({person for person, _ in pairs})
    records = pa.table(
        {
            "person_ref": [f"ref {person}" for person, _ in pairs for _ in range(2)],
            "paper_id": [paper for _, paper in pairs for _ in range(2)],
        }
    )
    people = pa.table({"person_ref": [f"ref {p}" for p in persons], "person_id": persons})
    rows = [Row(person=person, year=2010, country="KR") for person in persons]
    return records, people, pack_rows(rows)


def count_replicates(pairs: list[tuple[str, str]], arrangements: int) -> np.ndarray:
    """How many persons each replicate of each arrangement holds."""
    records, people, evidence = tables(pairs)
    held = hold_by_papers([evidence] * arrangements, records, people)
    return np.concatenate([list_weights(each, REPLICATES)[1:].sum(axis=1) for each in held])


def test_the_variance_is_that_over_persons_and_papers() -> None:
    random = np.random.default_rng(3)
    pairs = sorted(
        {
            (f"p{person}", f"w{paper}")
            for paper in range(150)
            for person in random.choice(300, 4, replace=False)
        }
    )
    names = sorted({person for person, _ in pairs})
    persons = np.array([names.index(person) for person, _ in pairs])
    papers = np.array([int(paper[1:]) for _, paper in pairs])
    expected = measure_two_way(persons, papers, np.ones(len(pairs)))
    counts = count_replicates(pairs, 30)
    assert counts.mean() == pytest.approx(len(names), rel=0.02)
    assert expected.design_effect > 1.4
    assert counts.var() == pytest.approx(expected.both, rel=0.06)


def test_a_team_of_one_paper_comes_and_goes_together() -> None:
    records, people, evidence = tables([("a", "w"), ("b", "w"), ("c", "other")])
    (held,) = hold_by_papers([evidence], records, people)
    weights = dict(zip(held.person_ids.to_pylist(), list_weights(held, 50).T, strict=True))
    assert (weights["a"] == weights["b"]).all()
    assert (weights["a"] != weights["c"]).any()


def test_the_order_of_records_does_not_matter() -> None:
    records, people, evidence = tables([(f"p{i % 7}", f"w{i}") for i in range(40)])
    turned = records.take(np.random.default_rng(1).permutation(records.num_rows))
    every = [hold_by_papers([evidence] * ARRANGEMENTS, told, people) for told in (records, turned)]
    for one, other in zip(*every, strict=True):
        assert (one.person_hashes == other.person_hashes).all()
    assert len({tuple(each.person_hashes) for each in every[0]}) == ARRANGEMENTS


def test_who_has_no_paper_or_fell_apart_has_weights_too() -> None:
    records, people, evidence = tables([("a", "w"), ("b", "w")])
    apart = replace(evidence, person_ids=pa.array(["ref a", "stranger"]))
    (held,) = hold_by_papers([apart], records, people)
    (whole,) = hold_by_papers([evidence], records, people)
    assert held.person_hashes[0] == whole.person_hashes[0]
    assert held.person_hashes[1] != apart.person_hashes[1]
