"""Are tiers a fixed share of what was submitted, whatever was accepted?"""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pytest

from talentflow.careers.paper_tiers import (
    FIELDS,
    FIXED_SHARES,
    VENUE_MONTHS,
    count_submissions,
    rank_top_papers,
)
from talentflow.core.rules import TIER_FLAGS
from talentflow.core.vocabulary import Tier


def records(orals: int, spotlights: int, posters: int, rejected: int) -> pa.Table:
    """One paper a row and two authors a paper."""
    accepted = int(Tier.ACCEPTED)
    flags = [accepted | int(Tier.ORAL)] * orals + [accepted | int(Tier.SPOTLIGHT)] * spotlights
    flags += [accepted] * posters + [int(Tier.REJECTED)] * rejected
    papers = [f"p{i}" for i in range(len(flags))]
    return pa.table(
        {
            "source": ["s"] * 2 * len(flags),
            "file": ["iclr/iclr2020.json"] * 2 * len(flags),
            "venue": ["iclr"] * 2 * len(flags),
            "year": pa.array([2020] * 2 * len(flags), pa.int16()),
            "paper_id": papers * 2,
            "tier_flags": pa.array(flags * 2, pa.int32()),
        }
    )


def mark_top_papers(table: pa.Table, submissions: dict[tuple[str, int], int]) -> np.ndarray:
    """For each row the tiers at a fixed share that its paper is in."""
    ranked = rank_top_papers(table, submissions).to_pylist()
    top = {row["paper_id"]: row["top"] for row in ranked}
    return np.array([top.get(paper, 0) for paper in table["paper_id"].to_pylist()])


def inputs(papers: int) -> pa.Table:
    return pa.table(
        {"source": ["s"], "file": ["iclr/iclr2020.json"], "papers": pa.array([papers], pa.int64())}
    )


def test_submissions_are_the_papers_of_the_list_with_or_without_authors() -> None:
    assert count_submissions(records(2, 8, 90, 5), inputs(400)) == {("iclr", 2020): 400}


def test_a_list_of_accepted_papers_does_not_tell_the_submissions() -> None:
    assert count_submissions(records(2, 8, 90, 5), inputs(105)) == {}


@pytest.mark.parametrize("submitted", [200, 400, 1000, 5000])
def test_tiers_are_a_share_of_submissions_orals_first(submitted: int) -> None:
    table = records(4, 16, 180, 10)
    flags = mark_top_papers(table, {("iclr", 2020): submitted})
    given = table["tier_flags"].to_numpy()
    papers = np.array(table["paper_id"].to_pylist())
    for tier, share in FIXED_SHARES.items():
        inside = (flags & TIER_FLAGS[tier]) != 0
        assert len(set(papers[inside])) == min(round(share * submitted), 200)
        assert (given[inside] & Tier.ACCEPTED).all()
        # Nobody is in the tier while a better class is not in it as a whole.
        ranks = np.select([(given & Tier.ORAL) > 0, (given & Tier.SPOTLIGHT) > 0], [2, 1], 0)
        if inside.any() and (given[~inside] & Tier.ACCEPTED).any():
            rest = ranks[~inside & ((given & Tier.ACCEPTED) > 0)]
            assert rest.max() <= ranks[inside].min()


def test_unknown_submissions_leave_the_tier_empty() -> None:
    assert not mark_top_papers(records(4, 16, 180, 0), {}).any()


def test_the_lot_does_not_depend_on_the_order_of_rows() -> None:
    table = records(0, 0, 50, 100)
    shuffled = table.take(np.random.default_rng(4).permutation(table.num_rows))
    chosen = [
        {
            paper
            for paper, flag in zip(
                t["paper_id"].to_pylist(), mark_top_papers(t, {("iclr", 2020): 150}), strict=True
            )
            if flag & TIER_FLAGS["top20pct"]
        }
        for t in (table, shuffled)
    ]
    assert chosen[0] == chosen[1]
    assert len(chosen[0]) == 30


def test_venues_stand_in_one_field_and_have_a_month() -> None:
    venues = [venue for some in FIELDS.values() for venue in some]
    assert len(set(venues)) == len(venues)
    assert set(venues) <= set(VENUE_MONTHS)
    assert set(VENUE_MONTHS.values()) <= set(range(1, 13))
