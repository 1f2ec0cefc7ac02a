"""Which organizations of a name are worth scoring, and how do they fit the text and each other?

There are several candidates to each name, and each is compared with the others: what compares
two of them is compiled.
"""

from __future__ import annotations

from typing import Final

import numba as nb
import numpy as np
import numpy.typing as npt

from talentflow.core.areas import AREA_INDEX
from talentflow.resolve.candidates import Via
from talentflow.resolve.places import PARENT_AREA
from talentflow.resolve.rank_batch import Batch
from talentflow.resolve.rank_index import Bools, Doubles, Floats, Ints, Organizations, Positions

MAX_NAMESAKES: Final = 10
"""Organizations of one name that are looked at; those that fit the place come first."""

ROW_FEATURES: Final = (
    "kind", "area", "city", "better_namesakes", "equal_namesakes", "rival_weight",
    "older_rival", "part_named", "whole_named", "sister_named", "same_in_text",
)  # fmt: skip

_KIND, _AREA, _CITY, _FAMILY, _IS_SEAT, _IS_LOCAL, _WEIGHT, _AGE, _ORGANIZATION = range(9)
"""Columns of the table of candidates."""
_MAX_LEVELS: Final = 4
"""Parents above an organization that are looked at."""


def list_rows(batch: Batch, organizations: Organizations) -> tuple[Positions, Positions, Floats]:
    """Of each row the span, the organization and the features of `ROW_FEATURES`.

    A row is an organization that a span may mean, in the order of the spans.
    """
    spans = batch.spans
    candidates = _describe_candidates(batch, organizations)
    span, candidate, fits = _list_fitting(spans.candidate_starts, candidates)
    organization = spans.organization[candidate]
    is_named = ~spans.inner & (spans.via != Via.LIKE)
    relations = _relate(
        spans.text[span], spans.start[span], is_named[span], organization, organizations.parent
    )
    features = np.concatenate([fits, relations], axis=1)
    return span.astype(np.int64), organization.astype(np.int64), features


def _describe_candidates(batch: Batch, organizations: Organizations) -> Doubles:
    """The table of candidates: a row for each organization of each name."""
    spans = batch.spans
    span = np.repeat(np.arange(spans.start.size), np.diff(spans.candidate_starts))
    o = spans.organization
    return np.stack(
        [
            spans.strength,
            _fit_areas(batch, span, organizations),
            _fit_cities(batch, span),
            organizations.family[o],
            organizations.is_seat[o],
            organizations.is_local[o],
            organizations.weight[o],
            organizations.age[o],
            o,
        ],
        axis=1,
    ).astype(np.float64)


def _list_parents() -> npt.NDArray[np.int16]:
    """Of each area the one that texts often file it under; 0 for most."""
    parents = np.zeros(len(AREA_INDEX) + 1, dtype=np.int16)
    for area, parent in PARENT_AREA.items():
        parents[AREA_INDEX[area]] = AREA_INDEX[parent]
    return parents


_PARENT: Final = _list_parents()


def _fit_areas(batch: Batch, span: Positions, organizations: Organizations) -> Floats:
    """3 stated, 2 plausible, 0 nothing known, -0.5 plausible where another is stated, -1 another
    plausible, -2 another stated."""
    context, stated, plausible = batch.spans.context[span], *batch.places[:2]
    area = organizations.area[batch.spans.organization]
    parent = _PARENT[area]
    is_stated = stated[context, area] | ((parent > 0) & stated[context, parent])
    is_company = organizations.is_company[batch.spans.organization]
    fits: Floats = np.select(
        [
            (area == 0) | ~plausible[context, 0],
            is_stated,
            plausible[context, area] & stated[context, 0],
            plausible[context, area],
            is_company,  # companies are anywhere
            stated[context, 0],
        ],
        [0.0, 3.0, -0.5, 2.0, 0.0, -2.0],
        default=-1.0,
    ).astype(np.float32)
    return fits


def _fit_cities(batch: Batch, span: Positions) -> Ints:
    """3 where the city stands as a place, 2 elsewhere outside the name, 1 only inside it,
    0 not, -1 where the registry tells none."""
    words, spans, places = batch.words, batch.spans, batch.places
    text, city = spans.text[span], spans.city
    name = (places.city_words, places.city_starts[city], places.city_starts[city + 1])
    times = _count_names(words.number, words.starts[text], words.starts[text + 1], *name)
    inside = _count_names(spans.words, spans.word_starts[span], spans.word_starts[span + 1], *name)
    own_text = np.repeat(np.arange(places.named_starts.size - 1), np.diff(places.named_starts))
    cities = places.city_starts.size
    is_place = np.isin(text * cities + city, own_text * cities + places.named)
    is_like = spans.via[span] == Via.LIKE
    return np.select(
        [name[1] == name[2], times == 0, (times == 1) & (inside > 0) & ~is_like, is_place],
        [-1, 0, 1, 3],
        default=2,
    )


@nb.njit(cache=True, nogil=True)  # type: ignore[untyped-decorator, unused-ignore]
def _count_names(
    words: Ints, first: Ints, end: Ints, names: Ints, names_first: Ints, names_end: Ints
) -> Ints:
    """How often each name stands in a stretch of words; of repetitions right after each other
    every second counts."""
    counts = np.zeros(first.size, np.int32)
    for i in range(first.size):
        at, size = first[i], names_end[i] - names_first[i]
        while at + size <= end[i]:
            same = 0
            while same < size and words[at + same] == names[names_first[i] + same]:
                same += 1
            if same == size:
                counts[i] += 1
                at += size
            at += 1
    return counts


@nb.njit(cache=True, nogil=True)  # type: ignore[untyped-decorator, unused-ignore]
def _list_fitting(starts: Ints, candidates: Doubles) -> tuple[Ints, Ints, Floats]:
    """Span, candidate and the first features of each row."""
    n = candidates.shape[0]
    span, candidate = np.empty(n, np.int32), np.empty(n, np.int32)
    features = np.empty((n, 7), np.float32)
    rows = 0
    for s in range(starts.size - 1):
        kept = _keep(starts[s], starts[s + 1], candidates)
        for own in kept:
            span[rows], candidate[rows] = s, own
            for column in (_KIND, _AREA, _CITY):
                features[rows, column] = candidates[own, column]
            _compare(own, kept, candidates, features[rows, _CITY + 1 :])
            rows += 1
    return span[:rows].copy(), candidate[:rows].copy(), features[:rows].copy()


@nb.njit(cache=True, nogil=True)  # type: ignore[untyped-decorator, unused-ignore]
def _keep(first: int, end: int, candidates: Doubles) -> Ints:
    """The candidates of a span that are looked at: a company that no place tells apart is one,
    bare names are no rivals of full records, and of too many those that fit best."""
    family = candidates[first, _FAMILY]
    is_company, has_record, best = family >= 0, False, first
    for c in range(first, end):
        is_company = is_company and candidates[c, _FAMILY] == family and candidates[c, _AREA] <= 0
        has_record = has_record or (not candidates[c, _IS_LOCAL] and candidates[c, _AREA] >= 0)
        if _is_better_known(c, best, candidates):
            best = c
    kept = np.empty(end - first, np.int32)
    n = 0
    for c in range(first, end):
        is_rival = c == best if is_company else not (has_record and candidates[c, _IS_LOCAL])
        if is_rival:
            kept[n] = c
            n += 1
    if n > MAX_NAMESAKES:
        _sort_by_fit(kept[:n], candidates)
    return kept[: min(n, MAX_NAMESAKES)]


@nb.njit(cache=True, nogil=True)  # type: ignore[untyped-decorator, unused-ignore]
def _is_better_known(one: int, other: int, candidates: Doubles) -> bool:
    """Which of two branches of a company stands for it: the seat, else the better known."""
    for column in (_IS_SEAT, _WEIGHT):
        if candidates[one, column] != candidates[other, column]:
            return bool(candidates[one, column] > candidates[other, column])
    return bool(candidates[one, _ORGANIZATION] < candidates[other, _ORGANIZATION])


@nb.njit(cache=True, nogil=True)  # type: ignore[untyped-decorator, unused-ignore]
def _sort_by_fit(kept: Ints, candidates: Doubles) -> None:
    """Put candidates that fit the place, then those of stronger names first; else as they were."""
    for end in range(1, kept.size):
        own, at = kept[end], end
        while at > 0 and _fits_better(own, kept[at - 1], candidates):
            kept[at] = kept[at - 1]
            at -= 1
        kept[at] = own


@nb.njit(cache=True, nogil=True)  # type: ignore[untyped-decorator, unused-ignore]
def _fits_better(one: int, other: int, candidates: Doubles) -> bool:
    for column in (_AREA, _CITY):
        if candidates[one, column] != candidates[other, column]:
            return bool(candidates[one, column] > candidates[other, column])
    return bool(candidates[one, _KIND] < candidates[other, _KIND])


@nb.njit(cache=True, nogil=True)  # type: ignore[untyped-decorator, unused-ignore]
def _compare(own: int, kept: Ints, candidates: Doubles, features: Floats) -> None:
    """Namesakes that fit the place better and as well, and how well known and how old the
    strongest of these is."""
    better, equal, rival, rival_age = 0, 0, 0.0, 0.0
    for other in kept:
        if candidates[other, _ORGANIZATION] == candidates[own, _ORGANIZATION]:
            continue
        above = candidates[other, _AREA] - candidates[own, _AREA]
        if above == 0:
            above = float(int(candidates[other, _CITY] > 1) - int(candidates[own, _CITY] > 1))
        if above > 0:
            better += 1
        elif above == 0:
            equal += 1
            if candidates[other, _KIND] <= candidates[own, _KIND]:
                rival = max(rival, candidates[other, _WEIGHT])
                rival_age = max(rival_age, candidates[other, _AGE])
    weight = candidates[own, _WEIGHT]
    features[0], features[1] = better, equal
    features[2], features[3] = weight / (weight + rival), rival_age - candidates[own, _AGE]


@nb.njit(cache=True, nogil=True)  # type: ignore[untyped-decorator, unused-ignore]
def _relate(text: Ints, start: Ints, is_named: Bools, organization: Ints, parent: Ints) -> Floats:
    """Whether a part, the whole or a sister of each row's organization is named in the same
    text as well, and at how many other places it is named itself."""
    related = np.zeros((text.size, 4), np.float32)
    first = 0
    while first < text.size:
        end = first
        while end < text.size and text[end] == text[first]:
            end += 1
        named = _list_named(first, end, is_named)
        above = _list_above(named, organization, parent)
        for row in range(first, end):
            mother = parent[organization[row]]
            related[row, 0] = _holds(above, organization[row])
            related[row, 1] = _has_whole(mother, organization, named, parent)
            for i in range(named.size):
                other = named[i]
                if organization[other] != organization[row]:
                    if mother >= 0 and parent[organization[other]] == mother:
                        related[row, 2] = 1
                elif start[other] != start[row]:
                    related[row, 3] += _is_new(i, named, organization, start)
        first = end
    return related


@nb.njit(cache=True, nogil=True)  # type: ignore[untyped-decorator, unused-ignore]
def _list_named(first: int, end: int, is_named: Bools) -> Ints:
    """Rows of a text whose name stands in it on its own."""
    named = np.empty(end - first, np.int32)
    n = 0
    for row in range(first, end):
        if is_named[row]:
            named[n] = row
            n += 1
    return named[:n]


@nb.njit(cache=True, nogil=True)  # type: ignore[untyped-decorator, unused-ignore]
def _is_new(i: int, named: Ints, organization: Ints, start: Ints) -> bool:
    """Whether no row before names the same organization at the same place."""
    for before in named[:i]:
        if organization[before] == organization[named[i]] and start[before] == start[named[i]]:
            return False
    return True


@nb.njit(cache=True, nogil=True)  # type: ignore[untyped-decorator, unused-ignore]
def _list_above(named: Ints, organization: Ints, parent: Ints) -> Ints:
    """Organizations above those named; a chain ends where it meets an earlier one."""
    above = np.empty(_MAX_LEVELS * named.size, np.int32)
    n = 0
    for row in named:
        at = parent[organization[row]]
        for _ in range(_MAX_LEVELS):
            if at < 0 or _holds(above[:n], at):
                break
            above[n] = at
            n += 1
            at = parent[at]
    return above[:n]


@nb.njit(cache=True, nogil=True)  # type: ignore[untyped-decorator, unused-ignore]
def _has_whole(above: int, organization: Ints, named: Ints, parent: Ints) -> bool:
    """Whether one of the organizations from `above` upwards is named."""
    for _ in range(_MAX_LEVELS):
        if above < 0:
            return False
        for row in named:
            if organization[row] == above:
                return True
        above = parent[above]
    return False


@nb.njit(cache=True, nogil=True)  # type: ignore[untyped-decorator, unused-ignore]
def _holds(values: Ints, wanted: int) -> bool:
    for value in values:  # noqa: SIM110 -- compiled code knows no generators
        if value == wanted:
            return True
    return False
