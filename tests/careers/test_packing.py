"""Does packing keep the evidence of every person, and of nobody else?"""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from naive_careers import Row, pack_rows
from test_tallies import POPULATIONS, evidence

from talentflow.careers.packing import (
    ACCEPTED,
    COUNTRY_SHIFT,
    FIRST_AUTHOR,
    FIRST_YEAR,
    HARD_ID,
    LINKAGE,
    PERSON_SHIFT,
    TOLD_APART,
    YEAR_SHIFT,
    pack_evidence,
    required_traits,
)
from talentflow.careers.stages import parse_stage
from talentflow.careers.tallies import data_years
from talentflow.careers.weights import hash_ids
from talentflow.core.areas import AREAS
from talentflow.core.rules import PeopleRule, Population
from talentflow.core.vocabulary import SECTORS, STAGES, Tier

RECORDS = pa.table(
    {
        "person_ref": ["~Ada1", "~Ada2", None, "~Gone1", "~Bora1"],
        "mention_id": pa.array([1, 2, 1, 1, None], pa.int64()),
        "year": pa.array([2010, 2011, 2010, 2010, 2012], pa.int16()),
        "role_raw": ["PhD student", None, None, None, None],
        "tier_flags": pa.array([2, 0, 2, 2, 18], pa.int32()),
        "author_position": pa.array([1, 2, 1, 1, None], pa.int32()),
        "venue": ["nips", "icra", "nips", "nips", None],
    }
)
PEOPLE = pa.table(
    {
        "person_ref": ["~Ada1", "~Ada2", "~Bora1", "~Unseen1"],
        "person_id": ["ada", "ada", "bora", "unseen"],
        "hard_id": [True, False, False, True],
        "ambiguous": [False, True, True, False],
    }
)
MENTIONS = pa.table(
    {
        "mention_id": pa.array([1, 2], pa.int64()),
        "country": ["KR", None],
        "sector": ["university", "company"],
    }
)


def test_references_become_persons_and_strangers_are_left_out() -> None:
    packed = pack_evidence(RECORDS, PEOPLE, MENTIONS, (Population(), Population(tier="oral")))
    rows = {
        (
            packed.person_ids[int(key >> PERSON_SHIFT)].as_py(),
            int((key >> YEAR_SHIFT) & 255) + FIRST_YEAR,
            int((key >> COUNTRY_SHIFT) & 255),
            STAGES[int((key >> 3) & 15)],
            SECTORS[int(key & 7)],
            int(traits) & (LINKAGE | ACCEPTED | FIRST_AUTHOR),
            int(cohorts),
        )
        for key, traits, cohorts in zip(packed.keys, packed.traits, packed.cohorts, strict=True)
    }
    korea = AREAS.index("KR") + 1
    every_trait = HARD_ID | TOLD_APART | ACCEPTED | FIRST_AUTHOR
    assert rows == {
        ("ada", 2010, korea, "doctoral", "university", every_trait, 1),
        ("ada", 2011, 0, "unknown", "company", 0, 0),
        ("bora", 2012, 0, "unknown", "unknown", ACCEPTED, 3),
    }
    assert packed.person_hashes.tolist() == hash_ids(packed.person_ids).tolist()
    assert data_years(packed) == (2010, 2012)


@pytest.mark.parametrize(
    ("rule", "traits"),
    [
        (PeopleRule(), TOLD_APART),
        (PeopleRule(linkage="all"), 0),
        (PeopleRule(linkage="hard_id"), HARD_ID),
        (PeopleRule(tier="accepted"), TOLD_APART | ACCEPTED),
        (PeopleRule(linkage="all", authors="first"), FIRST_AUTHOR),
        (PeopleRule(linkage="hard_id", authors="first"), HARD_ID | FIRST_AUTHOR),
    ],
)
def test_rules_as_traits(rule: PeopleRule, traits: int) -> None:
    assert required_traits(rule) == traits


def test_every_area_stage_and_sector_survives() -> None:
    rows = [Row(person="ada", year=2010, country=area) for area in AREAS]
    rows += [Row(person="ada", year=2155, country="KR", sector=sector) for sector in SECTORS[1:]]
    packed = pack_rows(rows)
    assert set((packed.keys >> COUNTRY_SHIFT & 255).tolist()) == set(range(1, len(AREAS) + 1))
    assert set((packed.keys & 7).tolist()) == set(range(len(SECTORS)))
    assert packed.keys.min() >= 0


@given(evidence)
def test_rows_are_sorted_and_none_is_lost(rows: list[Row]) -> None:
    packed = pack_rows(rows, POPULATIONS)
    assert len(packed.keys) == len(rows)
    assert (np.diff(packed.keys) >= 0).all()
    assert sorted(packed.person_ids.to_pylist()) == sorted({row.person for row in rows})
    accepted = sum(Tier.ACCEPTED in row.tier for row in rows)
    assert int(((packed.traits & ACCEPTED) != 0).sum()) == accepted
    assert int((packed.cohorts & np.uint64(1)).sum()) == accepted
    stages = sorted(STAGES.index(parse_stage(row.role, row.sector)) for row in rows)
    assert sorted((packed.keys >> 3 & 15).tolist()) == stages
