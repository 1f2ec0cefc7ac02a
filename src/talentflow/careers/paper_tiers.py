"""Which field, part of the year and tier does a paper belong to?

Venues stand for fields and months, because the records name no others: a paper's own subject
and date are in few of the lists. A tier at a fixed share of the submissions is drawn from what
became of the papers, because the lists that are read carry no ratings.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

import pyarrow as pa

from talentflow.core.rules import TIER_FLAGS
from talentflow.core.scans import Room, Source, select
from talentflow.core.vocabulary import Tier

FIELDS: Final[dict[str, tuple[str, ...]]] = {
    "machine-learning": (
        "acml", "aistats", "alt", "automl", "colt", "iclr", "icml", "nips", "uai",
    ),
    "vision": ("3dv", "cvpr", "eccv", "iccv", "wacv"),
    "language": ("acl", "coling", "colm", "emnlp", "naacl"),
    "robotics": ("corl", "icra", "iros", "rss"),
    "data": ("kdd", "www"),
    "graphics": ("acmmm", "siggraph", "siggraphasia"),
}  # fmt: skip
"""Field → its venues. Venues of all fields (aaai, ijcai) belong to none."""

VENUE_MONTHS: Final[dict[str, int]] = {
    "3dv": 3, "aaai": 2, "acl": 7, "acml": 12, "acmmm": 10, "ai4x": 7, "aistats": 4, "alt": 2,
    "automl": 9, "coling": 12, "colm": 10, "colt": 7, "corl": 11, "cvpr": 6, "eccv": 9,
    "emnlp": 11, "iccv": 10, "iclr": 5, "icml": 7, "icra": 5, "ijcai": 8, "iros": 10, "kdd": 8,
    "naacl": 6, "nips": 12, "rss": 7, "siggraph": 8, "siggraphasia": 12, "uai": 8, "wacv": 1,
    "www": 4,
}  # fmt: skip
"""Venue → the month in which it usually meets. Others come before all of these."""

_MOST_ACCEPTED: Final = 2 / 3
"""No venue that is read accepts more of what is submitted."""

FIXED_SHARES: Final = {"top20pct": 0.2, "top2pct": 0.02, "top0.5pct": 0.005}


Submissions = Mapping[tuple[str, int], int]
"""Venue and year → papers submitted, where that is known."""


def count_submissions(
    records: Source, inputs: pa.Table, room: Room | None = None
) -> dict[tuple[str, int], int]:
    """The submissions of each venue and year: the papers in its list, where at least a third of
    them were not accepted. Other lists leave out rejected papers, all or most, so the number of
    submissions is not in the data.

    The list is counted, not the records: most lists name no authors of rejected papers. A venue
    and year of which no paper is known to be accepted has none to rank, and is left out.
    """
    found = select(
        f"""
        with telling as (
            select distinct venue, year from r where (tier_flags & {int(Tier.ACCEPTED)}) > 0
        ), lists as (
            select source, file, venue, year, count(distinct paper_id)
                filter ((tier_flags & {int(Tier.ACCEPTED)}) > 0) as accepted
            from r semi join telling using (venue, year) group by source, file, venue, year
        )
        select venue, year, cast(sum(papers) as bigint) as papers
        from lists join i using (source, file) group by venue, year
        having sum(accepted) <= {_MOST_ACCEPTED} * sum(papers)
        """,
        room,
        r=records,
        i=inputs,
    )
    return {(row["venue"], row["year"]): row["papers"] for row in found.to_pylist()}


def rank_top_papers(
    records: Source, submissions: Submissions, room: Room | None = None
) -> pa.Table:
    """Accepted papers (`venue`, `year`, `paper_id`) in any tier at a fixed share, and `top`: the
    sum of the `TIER_FLAGS` of those that the paper is in.

    The accepted papers of a venue and year are ranked oral, spotlight, other, and among equals
    by a hash of their id, a lot that is drawn once and for all: the tier is a random sample of
    the class in which the cut falls. A venue that accepts a smaller share than the tier has all
    its accepted papers in it; a venue and year without `submissions` has none.
    """
    known = pa.table(
        {
            "venue": pa.array([venue for venue, _ in submissions], pa.string()),
            "year": pa.array([year for _, year in submissions], pa.int16()),
            "submitted": pa.array(list(submissions.values()), pa.int64()),
        }
    )
    shares = " + ".join(
        f"case when place <= round({share} * submitted) then {TIER_FLAGS[tier]} else 0 end"
        for tier, share in FIXED_SHARES.items()
    )
    return select(
        f"""
        with papers as (
            select venue, year, paper_id, submitted, bit_or(tier_flags) as flags
            from r join s using (venue, year) group by all
        ), ranked as (
            select *, row_number() over (
                partition by venue, year
                order by (flags & {int(Tier.ORAL)}) desc, (flags & {int(Tier.SPOTLIGHT)}) desc,
                    md5(paper_id)
            ) as place
            from papers where (flags & {int(Tier.ACCEPTED)}) > 0
        )
        select * from (select venue, year, paper_id, ({shares})::integer as top from ranked)
        where top > 0
        """,
        room,
        r=records,
        s=known,
    )
