"""Which field, part of the year and tier does a paper belong to?

Venues stand for fields and months, because the records name no others: a paper's own subject
and date are in few of the lists. A tier at a fixed share of the submissions is drawn from what
became of the papers, because the lists that are read carry no ratings.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

import duckdb
import numpy as np
import numpy.typing as npt
import pyarrow as pa

from talentflow.core.rules import TIER_FLAGS
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


_LISTED: Final = ("source", "file", "venue", "year", "paper_id")

Submissions = Mapping[tuple[str, int], int]
"""Venue and year → papers submitted, where that is known."""


def count_submissions(records: pa.Table, inputs: pa.Table) -> dict[tuple[str, int], int]:
    """The submissions of each venue and year: the papers in its list, where at least a third of
    them were not accepted. Other lists leave out rejected papers, all or most, so the number of
    submissions is not in the data.

    The list is counted, not the records: most lists name no authors of rejected papers.
    """
    with duckdb.connect() as connection:
        connection.register("r", records.select([*_LISTED, "tier_flags"]))
        connection.register("i", inputs.select(["source", "file", "papers"]))
        found = connection.sql(
            f"""
            with lists as (
                select source, file, venue, year, count(distinct paper_id)
                    filter ((tier_flags & {int(Tier.ACCEPTED)}) > 0) as accepted
                from r where venue is not null group by source, file, venue, year
            )
            select venue, year, sum(papers)
            from lists join i using (source, file) group by venue, year
            having sum(accepted) <= {_MOST_ACCEPTED} * sum(papers)
            """
        ).fetchall()
    return {(venue, year): int(papers) for venue, year, papers in found}


def mark_top_papers(records: pa.Table, submissions: Submissions) -> npt.NDArray[np.int32]:
    """For each record the sum of the `TIER_FLAGS` of the fixed shares that its paper is in.

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
    papers = records.select(["venue", "year", "paper_id", "tier_flags"])
    numbered = papers.append_column("row", pa.array(np.arange(papers.num_rows)))
    with duckdb.connect() as connection:
        connection.register("r", numbered)
        connection.register("s", known)
        # A join does not keep the order of rows, so each carries its number.
        rows = connection.sql(
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
            select row, ({shares})::integer as top
            from r join ranked using (venue, year, paper_id)
            """
        ).to_arrow_table()
    flags = np.zeros(records.num_rows, np.int32)
    flags[rows["row"].to_numpy()] = rows["top"].to_numpy()
    return flags
