"""In which lists was each person seen, by area and five-year window?

The lists are fields, families of venues: a person of robotics who also prints in a learning
venue is in two. Or they are the years of the window. How many persons are in one, two or more
lists tells how many may be in none, see `estimate.coverage`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from types import MappingProxyType
from typing import Final

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from talentflow.careers.cells import WINDOW_YEARS
from talentflow.careers.packing import (
    COUNTRY_SHIFT,
    FIRST_YEAR,
    PERSON_SHIFT,
    TOLD_APART,
    YEAR_SHIFT,
)
from talentflow.careers.tallies import data_years
from talentflow.careers.vintages import VenueEvidence
from talentflow.core.areas import AREAS
from talentflow.core.contracts import CAPTURES, check_table

FIELD_OF_VENUE: Final[Mapping[str, str]] = MappingProxyType(
    {
        venue: name
        for name, venues in {
            "learning": "nips iclr icml colm aistats uai colt alt acml automl",
            "robotics": "icra iros rss corl",
            "language": "acl emnlp naacl coling",
            "vision": "cvpr iccv eccv wacv 3dv acmmm siggraph siggraphasia",
            "general": "aaai ijcai kdd www ai4x",
        }.items()
        for venue in venues.split()
    }
)
"""Venue → its field; any other venue belongs to `general`."""

FIELDS: Final = tuple(dict.fromkeys(FIELD_OF_VENUE.values()))


def count_captures(evidence: VenueEvidence) -> pa.Table:
    """A table of the contract `captures`: fields as lists, and the years of the window as lists.

    A person belongs to every country named in a record of the window; references that cannot be
    told apart are left out, because each would be a person seen once. Windows that reach beyond
    the data are left out.
    """
    packed = evidence.packed
    first, last = data_years(packed)
    year = (packed.keys >> YEAR_SHIFT) & 255
    start = year // WINDOW_YEARS * WINDOW_YEARS + FIRST_YEAR
    usable = (packed.traits & TOLD_APART) != 0
    usable &= (start >= first) & (start + WINDOW_YEARS - 1 <= last)
    keys, year = packed.keys[usable], year[usable]
    fields = _find_fields(packed.cohorts[usable], evidence.venues)
    rows = [
        *_count_patterns(keys, fields, "fields"),
        *_count_patterns(keys, 1 << (year % WINDOW_YEARS), "years"),
    ]
    columns = {name: [row[i] for row in rows] for i, name in enumerate(CAPTURES.schema.names)}
    table = pa.table(columns, schema=CAPTURES.schema)
    return check_table(table.sort_by([(name, "ascending") for name in CAPTURES.key]), CAPTURES)


def _count_patterns(
    keys: npt.NDArray[np.int64], lists: npt.NDArray[np.int64], compared: str
) -> Iterator[tuple[str, str, str, str, int]]:
    """Rows of `captures`; `lists` has one bit for each list that a row of evidence stands in."""
    country, window = (keys >> COUNTRY_SHIFT) & 255, ((keys >> YEAR_SHIFT) & 255) // WINDOW_YEARS
    cell = ((keys >> PERSON_SHIFT) << 16) | (window << 8) | country
    order = np.argsort(cell, kind="stable")
    cell = cell[order]
    starts = np.flatnonzero(np.diff(cell, prepend=-1))
    if not len(starts):
        return
    seen_in = np.bitwise_or.reduceat(lists[order], starts)
    patterns, persons = np.unique(((cell[starts] & 0xFFFF) << 8) | seen_in, return_counts=True)
    for pattern, count in zip(patterns.tolist(), persons.tolist(), strict=True):
        area, first = (pattern >> 8) & 255, FIRST_YEAR + (pattern >> 16) * WINDOW_YEARS
        names = FIELDS if compared == "fields" else [str(first + i) for i in range(WINDOW_YEARS)]
        named = " ".join(name for bit, name in enumerate(names) if pattern >> bit & 1)
        if area:
            yield AREAS[area - 1], f"{first}/{first + WINDOW_YEARS - 1}", compared, named, count


def _find_fields(cohorts: npt.NDArray[np.uint64], venues: tuple[str, ...]) -> npt.NDArray[np.int64]:
    lists = np.zeros(len(cohorts), np.int64)
    for bit, venue in enumerate(venues):
        here = (cohorts & np.uint64(1 << bit)) != 0
        lists[here] |= 1 << FIELDS.index(FIELD_OF_VENUE.get(venue, "general"))
    return lists
