"""Which positions do authors usually hold at their place on the author list?

The first author is rarely a professor and the last one rarely a student, the more so the longer
their names have been on papers. Learned from the profiles whose author is known; where there are
none, nothing is usual.
"""

from __future__ import annotations

from typing import Final, NamedTuple

import numpy as np
import pyarrow.compute as pc

from talentflow.resolve.align_evidence import list_pairs
from talentflow.resolve.align_papers import Codes, Floats, Mask, OpenPapers, Rows

_ROLE_WORDS: Final = (
    ("postdoctoral", r"post-?\s?doc"),
    ("student", r"student|intern\b|internship|undergrad|ph\.?d|master|trainee"),
    ("faculty", r"prof|lectur|faculty|reader\b"),
)
"""The first that occurs decides; everything else is one kind of its own."""

_AGES: Final = np.array([1, 3, 6, 10])
"""Years since the name was first seen, from which on a new class begins."""
_N_ROLES: Final = len(_ROLE_WORDS) + 1
_N_SEATS: Final = 3 * (len(_AGES) + 1)
_PSEUDO_COUNT: Final = 20.0
_USUAL_BLANKS: Final = 0.12


class Habits(NamedTuple):
    """`role`: of every pair, the logarithm of how much more usual the position is for an author of
    this place and age; `blank`: of every open author, the odds of a profile without affiliation,
    relative to the usual ones."""

    role: Floats
    blank: Floats


def measure_habits(rows: Rows, papers: OpenPapers) -> Habits:
    """The habits of all authors as they bear on the pairs and authors of `papers`."""
    role = _classify_roles(rows)
    seat = rows.place * (len(_AGES) + 1) + _measure_ages(rows)
    profiles = _is_profile_list(rows, papers, role)
    known = np.flatnonzero(profiles & (role >= 0) & (rows.mention >= 0))
    without = np.flatnonzero(profiles & (rows.mention < 0) & (rows.profile >= 0))
    counts = np.zeros((_N_SEATS, _N_ROLES))
    np.add.at(counts, (seat[known], role[known]), 1)
    lift = _log_lift(counts)
    authors, parts = list_pairs(papers)
    blanks = np.bincount(seat[without], minlength=_N_SEATS)
    share = (blanks + _PSEUDO_COUNT * _USUAL_BLANKS) / (blanks + counts.sum(axis=1) + _PSEUDO_COUNT)
    return Habits(
        role=np.where(role[parts] >= 0, lift[seat[authors], role[parts]], 0.0),
        blank=(share / (1 - share))[seat[papers.author]] * (1 - _USUAL_BLANKS) / _USUAL_BLANKS,
    )


def _log_lift(counts: Floats) -> Floats:
    usual = (counts.sum(axis=0) + 1) / (counts.sum() + _N_ROLES)
    seen = counts + _PSEUDO_COUNT * usual
    lift: Floats = np.log(seen / seen.sum(axis=1, keepdims=True) / usual)
    return lift


def _classify_roles(rows: Rows) -> Codes:
    """The class of each row's position (−1: none stated)."""
    if not len(rows.role_texts):
        return np.full(len(rows.role), -1, dtype=np.int64)
    texts = pc.utf8_lower(rows.role_texts)
    role = np.full(len(texts) + 1, _N_ROLES - 1, dtype=np.int64)
    for kind in reversed(range(len(_ROLE_WORDS))):
        found = pc.match_substring_regex(texts, _ROLE_WORDS[kind][1])
        role[:-1][found.to_numpy(zero_copy_only=False)] = kind
    role[-1] = -1
    classes: Codes = role[rows.role]
    return classes


def _measure_ages(rows: Rows) -> Codes:
    """The class of the years since each row's name was first seen, by that row's year."""
    first = np.full(int(rows.name.max(initial=-1)) + 2, np.iinfo(np.int64).max)
    np.minimum.at(first, rows.name, np.where(rows.second, first[0], rows.year))
    ages: Codes = np.digitize(np.maximum(rows.year - first[rows.name], 0), _AGES)
    return ages


def _is_profile_list(rows: Rows, papers: OpenPapers, role: Codes) -> Mask:
    """Whether each row is of a file that lists profiles and whose order is known."""
    size = int(rows.file.max(initial=-1)) + 1
    has_roles = np.zeros(size, dtype=np.bool_)
    has_roles[rows.file[role >= 0]] = True
    unordered = np.unique(rows.file[papers.part])
    has_roles[unordered] = False
    listed: Mask = has_roles[rows.file] & ~rows.second
    return listed
