"""How well does each affiliation of a paper fit each of its authors, by what is known elsewhere?

For every pair of an open author and a loose part of one paper: logarithms of how much likelier the
part is for this author than for anyone, by kind of evidence. Evidence of the paper itself, of
other crawls of its conference, and of namesakes with another profile is never used.
"""

from __future__ import annotations

from typing import Final, NamedTuple

import numba as nb
import numpy as np
from numpy.typing import NDArray

from talentflow.resolve.align_papers import Codes, Floats, Mask, OpenPapers, Rows

FEATURES: Final = ("profile", "name", "listed", "surname")
"""Kinds of evidence: affiliations of the same profile; of the same name; papers of the name that
list the affiliation without saying whose; the country in which the surname is usual. The country
of the author's other affiliations adds nothing to these (weight 0.0 when fitted)."""

MAX_YEARS: Final = 3
_YEAR_WEIGHT: Final = np.array([1.0, 0.9, 0.6, 0.4])
_PLACE_BASE: Final = 0.02
"""How often an affiliation fits anybody of the same field."""
_PSEUDO_COUNT: Final = 0.5
_SURNAME_PSEUDO_COUNT: Final = 5.0

PROFILE, NAME, LISTED, SURNAME = range(len(FEATURES))
_PROFILE, _FILE, _CRAWL, _PAPER, _YEAR = range(5)


class Pairs(NamedTuple):
    """Entry `start[t] + i * n_parts + p` is author i and part p of paper t; `fit` has a column for
    each of FEATURES."""

    start: Codes
    fit: Floats


class _Context(NamedTuple):
    """What the loops read: columns of rows, papers, and the rows of every name."""

    name: Codes
    about: Codes
    keys: Codes
    second: Mask
    author: Codes
    author_start: Codes
    part: Codes
    part_start: Codes
    ordered: Mask
    own_start: Codes
    own_row: Codes
    listed_start: Codes
    listed_author: Codes
    paper_of_author: Codes


def measure_fit(rows: Rows, papers: OpenPapers) -> Pairs:
    """The fit of every author and part of `papers`."""
    n_parts = np.diff(papers.part_start)
    sizes = np.diff(papers.author_start) * n_parts
    start = np.concatenate([[0], np.cumsum(sizes)]).astype(np.int64)
    fit = np.zeros((int(start[-1]), len(FEATURES)))
    context = _collect(rows, papers)
    _add_own(context, _YEAR_WEIGHT, start, fit)
    _add_listed(context, _YEAR_WEIGHT, start, fit)
    fit[:, SURNAME] = _measure_surnames(rows, papers)
    return Pairs(start, fit)


def _collect(rows: Rows, papers: OpenPapers) -> _Context:
    own = np.flatnonzero((rows.mention >= 0) & (rows.name >= 0))
    n_names = int(rows.name.max(initial=-1)) + 1
    own_start, own_order = _index(rows.name[own], n_names)
    listed_start, listed_order = _index(rows.name[papers.author], n_names)
    meanings = rows.meanings
    keys = np.stack([meanings.organization, meanings.domain, meanings.text], axis=1)
    return _Context(
        name=rows.name,
        about=np.stack([rows.profile, rows.file, rows.crawl, rows.paper, rows.year], axis=1),
        keys=keys,
        second=rows.second,
        author=papers.author,
        author_start=papers.author_start,
        part=papers.part,
        part_start=papers.part_start,
        ordered=papers.ordered,
        own_start=own_start,
        own_row=own[own_order],
        listed_start=listed_start,
        listed_author=listed_order,
        paper_of_author=np.repeat(np.arange(len(papers)), np.diff(papers.author_start)),
    )


def _index(codes: Codes, size: int) -> tuple[Codes, Codes]:
    """Where each code's entries start in the order that sorts by code; entries of −1 are left
    before the first."""
    order = np.argsort(codes, kind="stable")
    starts: Codes = np.searchsorted(codes[order], np.arange(size + 1))
    return starts.astype(np.int64), order


@nb.njit(cache=True, nogil=True)
def _is_usable(about: Codes, second: Mask, evidence: int, target: int) -> bool:
    """Whether one row may speak for another: not the same paper, not another crawl of the same
    conference, not a namesake, and not too far in time."""
    if about[evidence, _PAPER] == about[target, _PAPER]:
        return False
    if about[evidence, _FILE] != about[target, _FILE] and (
        about[evidence, _CRAWL] == about[target, _CRAWL] or second[evidence]
    ):
        return False
    one, other = about[evidence, _PROFILE], about[target, _PROFILE]
    if one >= 0 and other >= 0 and one != other:
        return False
    return bool(abs(about[evidence, _YEAR] - about[target, _YEAR]) <= MAX_YEARS)


@nb.njit(cache=True, nogil=True)
def _same_place(keys: NDArray[np.int64], one: int, other: int) -> bool:
    same = False
    for k in range(keys.shape[1]):
        same = same or (keys[one, k] >= 0 and keys[one, k] == keys[other, k])
    return same


@nb.njit(cache=True, nogil=True)
def _log_lift(matched: float, total: float, base: float) -> float:
    """How much likelier than for anyone, with `total` observations of which `matched` agree."""
    return float(np.log((matched + _PSEUDO_COUNT * base) / ((total + _PSEUDO_COUNT) * base)))


@nb.njit(cache=True, nogil=True)
def _add_own(
    c: _Context, year_weight: NDArray[np.float64], start: Codes, fit: NDArray[np.float64]
) -> None:
    about, second, keys = c.about, c.second, c.keys
    for t in range(len(c.ordered)):
        parts = c.part[c.part_start[t] : c.part_start[t + 1]]
        matched = np.zeros((2, len(parts)))
        for i in range(c.author_start[t + 1] - c.author_start[t]):
            row = c.author[c.author_start[t] + i]
            if c.name[row] < 0:
                continue
            matched[:] = 0
            total = np.zeros(2)
            for at in range(c.own_start[c.name[row]], c.own_start[c.name[row] + 1]):
                evidence = c.own_row[at]
                if not _is_usable(about, second, evidence, row):
                    continue
                weight = year_weight[abs(about[evidence, _YEAR] - about[row, _YEAR])]
                same = (
                    about[row, _PROFILE] >= 0 and about[evidence, _PROFILE] == about[row, _PROFILE]
                )
                kind = 0 if same else 1
                total[kind] += weight
                for p in range(len(parts)):
                    if _same_place(keys, evidence, parts[p]):
                        matched[kind, p] += weight
            for p in range(len(parts)):
                pair = start[t] + i * len(parts) + p
                for kind in range(2):
                    if total[kind] > 0:
                        fit[pair, kind] = _log_lift(matched[kind, p], total[kind], _PLACE_BASE)


@nb.njit(cache=True, nogil=True)
def _add_listed(
    c: _Context, year_weight: NDArray[np.float64], start: Codes, fit: NDArray[np.float64]
) -> None:
    about, second, keys = c.about, c.second, c.keys
    for t in range(len(c.ordered)):
        parts = c.part[c.part_start[t] : c.part_start[t + 1]]
        matched = np.zeros(len(parts))
        for i in range(c.author_start[t + 1] - c.author_start[t]):
            row = c.author[c.author_start[t] + i]
            if c.name[row] < 0:
                continue
            matched[:] = 0
            total = 0.0
            for at in range(c.listed_start[c.name[row]], c.listed_start[c.name[row] + 1]):
                author = c.listed_author[at]
                evidence = c.author[author]
                if not _is_usable(about, second, evidence, row):
                    continue
                if c.ordered[t] and about[evidence, _FILE] == about[row, _FILE]:
                    continue  # the messages between the papers of one profile say it better
                weight = year_weight[abs(about[evidence, _YEAR] - about[row, _YEAR])]
                other = c.paper_of_author[author]
                listed = c.part[c.part_start[other] : c.part_start[other + 1]]
                total += weight
                for p in range(len(parts)):
                    for k in range(len(listed)):
                        if _same_place(keys, listed[k], parts[p]):
                            matched[p] += weight / len(listed)
            if total > 0:
                for p in range(len(parts)):
                    pair = start[t] + i * len(parts) + p
                    fit[pair, LISTED] = _log_lift(min(matched[p], total), total, _PLACE_BASE)


def _measure_surnames(rows: Rows, papers: OpenPapers) -> Floats:
    """How much more usual a surname is in the country of the part than elsewhere."""
    country = rows.meanings.country
    size = int(country.max(initial=-1)) + 1
    known = np.flatnonzero(
        (rows.mention >= 0) & (rows.surname >= 0) & (country >= 0) & ~rows.second
    )
    seen, counts = np.unique(rows.surname[known] * size + country[known], return_counts=True)
    bearers = np.bincount(rows.surname[known], minlength=int(rows.surname.max(initial=-1)) + 1)
    usual = np.bincount(country[known], minlength=size) / max(len(known), 1)
    author_row, part_row = list_pairs(papers)
    surname, place = rows.surname[author_row], country[part_row]
    asked = surname * size + place
    if not len(seen):
        return np.zeros(len(asked))
    at = np.minimum(np.searchsorted(seen, asked), len(seen) - 1)
    count = np.where(seen[at] == asked, counts[at], 0)
    base = np.where(place >= 0, usual[place], 1)
    expected = (bearers[surname] + _SURNAME_PSEUDO_COUNT) * base
    known_pair = (surname >= 0) & (place >= 0) & (base > 0)
    observed = np.where(known_pair, count + _SURNAME_PSEUDO_COUNT * base, 1.0)
    fit: Floats = np.log(observed / np.where(known_pair, expected, 1.0))
    return fit


def list_pairs(papers: OpenPapers) -> tuple[Codes, Codes]:
    """The row of the author and the row of the part of every pair."""
    n_parts = np.diff(papers.part_start)
    paper_of_author = np.repeat(np.arange(len(papers)), np.diff(papers.author_start))
    repeats = n_parts[paper_of_author]
    authors = np.repeat(papers.author, repeats)
    within = np.arange(int(repeats.sum())) - np.repeat(np.cumsum(repeats) - repeats, repeats)
    parts = papers.part[np.repeat(papers.part_start[:-1][paper_of_author], repeats) + within]
    return authors, parts
