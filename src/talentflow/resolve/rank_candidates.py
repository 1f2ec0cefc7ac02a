"""Which organizations of a name are worth scoring, and how do they fit the text and each other?

Compiled, because there are several candidates to each name and each is compared with the others.
"""

from __future__ import annotations

from typing import Final

import numba as nb
import numpy as np
import numpy.typing as npt

from talentflow.core.areas import AREA_INDEX
from talentflow.resolve.candidates import Via
from talentflow.resolve.places import PARENT_AREA
from talentflow.resolve.rank_batch import Batch, Places, Spans, Words
from talentflow.resolve.rank_index import Doubles, Floats, Ints, Organizations

Positions = npt.NDArray[np.int64]

MAX_NAMESAKES: Final = 10
"""Organizations of one name that are looked at; those that fit the place come first."""

ROW_FEATURES: Final = (
    "kind", "area", "city", "better_namesakes", "equal_namesakes", "rival_weight",
    "older_rival", "part_named", "whole_named", "sister_named", "same_in_text",
)  # fmt: skip

_LIKE: Final = int(Via.LIKE)
_MAX_LEVELS: Final = 4
"""Parents above an organization that are looked at."""


def list_rows(batch: Batch, organizations: Organizations) -> tuple[Positions, Positions, Floats]:
    """Of each row the span, the organization and the features of `ROW_FEATURES`.

    A row is an organization that a span may mean, in the order of the spans.
    """
    span, candidate, fits = _list_fitting(
        batch.words, batch.spans, batch.places, organizations, _PARENT
    )
    organization = batch.spans.organization[candidate]
    relations = _relate(span, organization, batch.spans, organizations.parent)
    features = np.concatenate([fits, relations], axis=1)
    return span.astype(np.int64), organization.astype(np.int64), features


def _list_parents() -> npt.NDArray[np.int16]:
    """Of each area the one that texts often file it under; 0 for most."""
    parents = np.zeros(len(AREA_INDEX) + 1, dtype=np.int16)
    for area, parent in PARENT_AREA.items():
        parents[AREA_INDEX[area]] = AREA_INDEX[parent]
    return parents


_PARENT: Final = _list_parents()


@nb.njit(cache=True, nogil=True)  # type: ignore[untyped-decorator, unused-ignore]
def _list_fitting(
    words: Words,
    spans: Spans,
    places: Places,
    organizations: Organizations,
    parent_area: npt.NDArray[np.int16],
) -> tuple[Ints, Ints, Floats]:
    """Span, candidate and the first features of each row."""
    n = spans.organization.size
    area, city = np.empty(n), np.empty(n)
    of_span, candidate = np.empty(n, np.int32), np.empty(n, np.int32)
    features = np.empty((n, 7), np.float32)
    rows = 0
    for s in range(spans.start.size):
        for c in range(spans.candidate_starts[s], spans.candidate_starts[s + 1]):
            o = spans.organization[c]
            area[c] = _fit_area(o, spans.context[s], places, organizations, parent_area)
            city[c] = _fit_city(s, spans.city[c], words, spans, places)
        kept = _keep(s, spans, area, city, organizations)
        for c in kept:
            of_span[rows], candidate[rows] = s, c
            better, equal, weight, age = _compare(c, kept, spans, area, city, organizations)
            fit = (float(spans.strength[c]), area[c], city[c], better, equal, weight, age)
            for i, value in enumerate(fit):
                features[rows, i] = value
            rows += 1
    return of_span[:rows].copy(), candidate[:rows].copy(), features[:rows].copy()


@nb.njit(cache=True, nogil=True)  # type: ignore[untyped-decorator, unused-ignore]
def _fit_area(
    organization: int,
    context: int,
    places: Places,
    organizations: Organizations,
    parent_area: npt.NDArray[np.int16],
) -> float:
    """3 stated, 2 plausible, 0 nothing known, -0.5 plausible where another is stated, -1 another
    plausible, -2 another stated."""
    stated, plausible = places.stated[context], places.plausible[context]
    area = organizations.area[organization]
    if area == 0 or not plausible[0]:
        return 0.0
    if stated[area] or (parent_area[area] > 0 and stated[parent_area[area]]):
        return 3.0
    if plausible[area]:
        return -0.5 if stated[0] else 2.0
    if organizations.is_company[organization]:
        return 0.0  # companies are anywhere
    return -2.0 if stated[0] else -1.0


@nb.njit(cache=True, nogil=True)  # type: ignore[untyped-decorator, unused-ignore]
def _fit_city(s: int, city: int, words: Words, spans: Spans, places: Places) -> float:
    """3 where the city stands as a place, 2 elsewhere outside the name, 1 only inside it,
    0 not, -1 where the registry tells none."""
    t = spans.text[s]
    wanted = places.city_words[places.city_starts[city] : places.city_starts[city + 1]]
    if wanted.size == 0:
        return -1.0
    times = _count(words.number[words.starts[t] : words.starts[t + 1] - 1], wanted)
    if times == 0:
        return 0.0
    if times == 1 and spans.via[s] != _LIKE:
        own = spans.words[spans.word_starts[s] : spans.word_starts[s + 1]]
        if _count(own, wanted) > 0:
            return 1.0
    for i in range(places.named_starts[t], places.named_starts[t + 1]):
        if places.named[i] == city:
            return 3.0
    return 2.0


@nb.njit(cache=True, nogil=True)  # type: ignore[untyped-decorator, unused-ignore]
def _count(words: Ints, wanted: Ints) -> int:
    """How often a name stands in words, of repetitions right after each other every second."""
    times, at, size = 0, 0, wanted.size
    while at + size <= words.size:
        same = 0
        while same < size and words[at + same] == wanted[same]:
            same += 1
        if same == size:
            times += 1
            at += size
        at += 1
    return times


@nb.njit(cache=True, nogil=True)  # type: ignore[untyped-decorator, unused-ignore]
def _keep(s: int, spans: Spans, area: Doubles, city: Doubles, organizations: Organizations) -> Ints:
    """The candidates of a span that are looked at: a company that no place tells apart is one,
    bare names are no rivals of full records, and of too many those that fit best."""
    kept = np.arange(spans.candidate_starts[s], spans.candidate_starts[s + 1]).astype(np.int32)
    if kept.size < 2:
        return kept
    family = organizations.family[spans.organization[kept]]
    if family[0] >= 0 and np.all(family == family[0]) and area[kept].max() <= 0:
        best = kept[0]
        for c in kept[1:]:
            if _is_better_known(spans.organization[c], spans.organization[best], organizations):
                best = c
        return np.array([best], np.int32)
    local = organizations.is_local[spans.organization[kept]]
    if np.any(~local & (area[kept] >= 0)):
        kept = kept[~local]
    if kept.size > MAX_NAMESAKES:
        order = np.argsort(
            -64.0 * area[kept] - 8.0 * city[kept] + spans.strength[kept], kind="mergesort"
        )
        kept = kept[order[:MAX_NAMESAKES]]
    return kept


@nb.njit(cache=True, nogil=True)  # type: ignore[untyped-decorator, unused-ignore]
def _is_better_known(one: int, other: int, organizations: Organizations) -> bool:
    """Which of two branches of a company stands for it: the seat, else the better known."""
    if organizations.is_seat[one] != organizations.is_seat[other]:
        return bool(organizations.is_seat[one])
    weight, most = organizations.weight[one], organizations.weight[other]
    return weight > most or (weight == most and one < other)


@nb.njit(cache=True, nogil=True)  # type: ignore[untyped-decorator, unused-ignore]
def _compare(
    own: int,
    kept: Ints,
    spans: Spans,
    area: Doubles,
    city: Doubles,
    organizations: Organizations,
) -> tuple[float, float, float, float]:
    """Namesakes that fit the place better and as well, and how well known and how old the
    strongest of these is."""
    better, equal, rival, rival_age = 0.0, 0.0, 0.0, 0.0
    o = spans.organization[own]
    for c in kept:
        other = spans.organization[c]
        if other == o:
            continue
        above = area[c] - area[own]
        if above == 0.0:
            above = np.float64(city[c] > 1) - np.float64(city[own] > 1)
        if above > 0:
            better += 1
        elif above == 0.0:
            equal += 1
            if spans.strength[c] <= spans.strength[own]:
                rival = max(rival, float(organizations.weight[other]))
                rival_age = max(rival_age, organizations.age[other])
    weight = organizations.weight[o]
    return better, equal, weight / (weight + rival), rival_age - organizations.age[o]


@nb.njit(cache=True, nogil=True)  # type: ignore[untyped-decorator, unused-ignore]
def _relate(span: Ints, organization: Ints, spans: Spans, parent: Ints) -> Floats:
    """Whether a part, the whole or a sister of each row's organization is named in the same
    text as well, and how often it is itself named elsewhere in it."""
    related = np.zeros((span.size, 4), np.float32)
    first = 0
    while first < span.size:
        end = first
        while end < span.size and spans.text[span[end]] == spans.text[span[first]]:
            end += 1
        named = _list_named(first, end, span, spans)
        above = _list_above(named, organization, parent)
        for row in range(first, end):
            o = organization[row]
            related[row, 0] = np.any(above == o)
            related[row, 1] = _has_whole(o, named, organization, parent)
            related[row, 2] = _has_sister(o, named, organization, parent)
            related[row, 3] = _count_elsewhere(row, named, span, organization, spans)
        first = end
    return related


@nb.njit(cache=True, nogil=True)  # type: ignore[untyped-decorator, unused-ignore]
def _list_named(first: int, end: int, span: Ints, spans: Spans) -> Ints:
    """Rows of a text whose name stands in it on its own."""
    named = np.empty(end - first, np.int32)
    n = 0
    for row in range(first, end):
        if not spans.inner[span[row]] and spans.via[span[row]] != _LIKE:
            named[n] = row
            n += 1
    return named[:n]


@nb.njit(cache=True, nogil=True)  # type: ignore[untyped-decorator, unused-ignore]
def _list_above(named: Ints, organization: Ints, parent: Ints) -> Ints:
    """Organizations above those named; a chain ends where it meets an earlier one."""
    above = np.full(_MAX_LEVELS * named.size, -1, np.int32)
    n = 0
    for row in named:
        at = parent[organization[row]]
        for _ in range(_MAX_LEVELS):
            if at < 0 or np.any(above[:n] == at):
                break
            above[n] = at
            n += 1
            at = parent[at]
    return above[:n]


@nb.njit(cache=True, nogil=True)  # type: ignore[untyped-decorator, unused-ignore]
def _has_whole(organization_of_row: int, named: Ints, organization: Ints, parent: Ints) -> bool:
    at = parent[organization_of_row]
    for _ in range(_MAX_LEVELS):
        if at < 0:
            return False
        for row in named:
            if organization[row] == at:
                return True
        at = parent[at]
    return False


@nb.njit(cache=True, nogil=True)  # type: ignore[untyped-decorator, unused-ignore]
def _has_sister(organization_of_row: int, named: Ints, organization: Ints, parent: Ints) -> bool:
    mother = parent[organization_of_row]
    if mother < 0:
        return False
    for row in named:
        if parent[organization[row]] == mother and organization[row] != organization_of_row:
            return True
    return False


@nb.njit(cache=True, nogil=True)  # type: ignore[untyped-decorator, unused-ignore]
def _count_elsewhere(row: int, named: Ints, span: Ints, organization: Ints, spans: Spans) -> int:
    """Other positions of the text at which the row's organization is named."""
    seen = np.empty(named.size, np.int32)
    n = 0
    for other in named:
        start = spans.start[span[other]]
        elsewhere = organization[other] == organization[row] and start != spans.start[span[row]]
        if elsewhere and not np.any(seen[:n] == start):
            seen[n] = start
            n += 1
    return n
