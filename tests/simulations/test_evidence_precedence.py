"""Which rule of evidence knows most years rightly, when papers lag and histories go stale?

The measurement behind docs/decisions/0020-papers-before-positions.md.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
import pyarrow as pa
import pytest

from talentflow.careers.histories import list_histories
from talentflow.careers.packing import PackedEvidence, pack_evidence
from talentflow.core.rules import Evidence, ResidenceRule, Rules
from talentflow.sources.toy import World, WorldSpec, build_world

LAG = 0.2
"""Share of papers that print the country of the year before."""

STALE = 0.25
"""Share of persons who at some time stop keeping their history, and leave its last entry open."""

TELLS = 0.5
"""Share of persons who tell a history at all."""


class Score(NamedTuple):
    """Years known as a share of those lived, and rightly known as a share of those known."""

    known: float
    right: float


def test_papers_first_loses_nothing_to_stale_histories() -> None:
    world = build_world(WorldSpec(people=3000, publish_probability=0.5), 20)
    scores = {evidence: score(world, evidence) for evidence in ("papers", "papers_first")}
    scores |= {evidence: score(world, evidence) for evidence in ("positions_first", "together")}
    for evidence, found in scores.items():
        print(f"{evidence:16} known {found.known:.3f} right {found.right:.3f}")
    papers, first = scores["papers"], scores["papers_first"]
    assert first.known == pytest.approx(scores["positions_first"].known)
    assert first.known > 1.2 * papers.known
    assert first.right > papers.right - 0.005


def score(world: World, evidence: Evidence) -> Score:
    lived = {
        (f"p{person}", year): world.spec.countries[country]
        for person, year, country in zip(
            world.person.tolist(), world.year.tolist(), world.country.tolist(), strict=True
        )
    }
    rules = Rules(residence=ResidenceRule(evidence=evidence))
    found = list_histories(pack(world), rules).residences.to_pylist()
    seen = [row for row in found if not row["bridged"]]
    right = sum(lived.get((row["person_id"], row["year"])) == row["country"] for row in seen)
    return Score(len(seen) / len(lived), right / len(seen))


def pack(world: World) -> PackedEvidence:
    rows = list(tell(world))
    people = sorted({row[0] for row in rows})
    records = pa.table(
        {
            "person_ref": pa.array([row[0] for row in rows], pa.string()),
            "year": pa.array([row[1] for row in rows], pa.int16()),
            "mention_id": pa.array([row[2] for row in rows], pa.int64()),
            "kind": pa.array([row[3] for row in rows], pa.string()),
            "paper_id": pa.array([str(n) for n in range(len(rows))], pa.string()),
            "role_raw": pa.nulls(len(rows), pa.string()),
            "tier_flags": pa.array([0] * len(rows), pa.int32()),
            "author_position": pa.nulls(len(rows), pa.int16()),
            "n_authors": pa.array([1] * len(rows), pa.int16()),
            "venue": pa.nulls(len(rows), pa.string()),
        }
    )
    linked = pa.table(
        {
            "person_ref": people,
            "person_id": people,
            "hard_id": [True] * len(people),
            "ambiguous": [False] * len(people),
        }
    )
    countries = list(world.spec.countries)
    mentions = pa.table(
        {
            "mention_id": pa.array(range(len(countries)), pa.int64()),
            "country": countries,
            "sector": pa.nulls(len(countries), pa.string()),
            "seat_country": countries,
        }
    )
    return pack_evidence(records, linked, mentions)


def tell(world: World) -> Iterator[tuple[str, int, int, str]]:
    """Person, year, country and kind of every row of evidence."""
    rng = np.random.default_rng(4)
    starts = np.flatnonzero(np.diff(world.person, prepend=-1))
    for start, stop in zip(starts, [*starts[1:], len(world.person)], strict=True):
        years, countries = world.year[start:stop].tolist(), world.country[start:stop].tolist()
        person = f"p{world.person[start]}"
        tells, stale = rng.random() < TELLS, rng.random() < STALE
        kept = int(rng.integers(len(years))) if stale else len(years)
        for at, (year, country) in enumerate(zip(years, countries, strict=True)):
            if world.published[start + at]:
                before = countries[at - 1] if at and rng.random() < LAG else country
                yield person, year, before, "authorship"
            if tells:
                yield person, year, countries[min(at, kept)], "employment"
