"""What speaks for and against each organization that a name in a text could mean?

One row per text, name and organization; the columns are the features that the ranker was
trained on. Order inside the text is no feature, so that shuffled segments mean the same.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numba as nb
import numpy as np
import numpy.typing as npt

from talentflow.core.vocabulary import SECTORS
from talentflow.resolve.candidates import Span, Via
from talentflow.resolve.rank_batch import (
    GENERAL,
    PLACE,
    UNKNOWN,
    Batch,
    Spans,
    Words,
    read_batch,
)
from talentflow.resolve.rank_candidates import ROW_FEATURES, list_rows
from talentflow.resolve.rank_index import Bools, Floats, Ints
from talentflow.resolve.registry import Registry

if TYPE_CHECKING:
    from talentflow.resolve.choose import Evidence

TEXT_FEATURES: Final = (
    "segments", "words", "groups", "names_found", "institutions_unknown", "areas_stated",
    "areas_plausible", "words_unknown",
)  # fmt: skip
SPAN_FEATURES: Final = (
    "whole", "size", "generic", "via", "inner", "likeness", "weight", "heaviest_word", "namesakes",
    "at_start", "at_end", "joined_before", "joined_after", "unknown_left", "unknown_right",
    "general_before", "general_after", "place_before", "place_after", "institution_word",
    "contains_names", "share_of_segment", "own_place", "unknown_elsewhere",
    "missing_word", "extra_word", "cut",
)  # fmt: skip
REGISTRY_FEATURES: Final = ("sector", "is_family")
CONTEXT_FEATURES: Final = (
    "heaviest_other", "best_area_other", "university_other", "fitting_names",
    "best_whole_other", "hospital_other", "facility_other", "government_other",
)  # fmt: skip
FEATURES: Final = (
    *ROW_FEATURES, *SPAN_FEATURES, *TEXT_FEATURES, *REGISTRY_FEATURES, *CONTEXT_FEATURES,
)  # fmt: skip

_LIKE: Final = int(Via.LIKE)
_ACRONYM: Final = int(Via.ACRONYM)
_UNIVERSITY, _HEALTHCARE, _FACILITY, _GOVERNMENT = (
    SECTORS.index(name) for name in ("university", "healthcare", "facility", "government")
)


@dataclass(frozen=True)
class RankRows:
    """Rows of candidates, grouped by text. `spans[i]` is the name that row i reads."""

    text: npt.NDArray[np.int64]
    organization: npt.NDArray[np.int64]
    kind: npt.NDArray[np.int64]
    spans: list[Span]
    features: Floats


def build_rows(
    evidence: Sequence[Evidence], spans: Sequence[Sequence[Span]], registry: Registry
) -> RankRows:
    """All candidates of all texts with their features."""
    named = [number for number, found in enumerate(spans) if found]
    if not named:
        nothing = np.zeros(0, dtype=np.int64)
        return RankRows(nothing, nothing, nothing, [], np.zeros((0, len(FEATURES)), np.float32))
    index = registry.rank
    batch = read_batch([evidence[n] for n in named], [spans[n] for n in named], registry)
    words, found = batch.words, batch.spans
    row_span, organization, own = list_rows(batch, index.organizations)
    covered = _list_covered(words, found)
    unknown = np.add.reduceat((words.kind == UNKNOWN) & ~covered, words.starts[:-1], dtype=np.int32)
    of_text = _describe_texts(batch, covered, unknown)
    of_span = _describe_spans(words, found, unknown)
    row_text = found.text[row_span].astype(np.int64)
    known = np.stack([index.sectors[organization], index.is_family[organization]], axis=1)
    base = np.concatenate([own, of_span[row_span], of_text[row_text], known], axis=1)
    features = np.concatenate([base, _describe_others(row_text, row_span, base)], axis=1)
    return RankRows(
        text=np.array(named, dtype=np.int64)[row_text],
        organization=organization,
        kind=own[:, 0].astype(np.int64),
        spans=[batch.found[s] for s in row_span.tolist()],
        features=features,
    )


def _describe_texts(batch: Batch, covered: Bools, unknown: Ints) -> Floats:
    """The features of `TEXT_FEATURES` of each text."""
    spans, texts = batch.spans, batch.texts
    firm = ~spans.inner & (spans.via < _ACRONYM)
    return np.stack(
        [
            texts.segments,
            np.diff(batch.words.starts) - 1,
            texts.groups,
            np.add.reduceat(firm, spans.starts[:-1], dtype=np.int32),
            _count_institutions(batch.words, covered),
            texts.stated,
            texts.plausible,
            unknown,
        ],
        axis=1,
    ).astype(np.float32)


@nb.njit(cache=True, nogil=True)  # type: ignore[untyped-decorator, unused-ignore]
def _list_covered(words: Words, spans: Spans) -> Bools:
    """Which words belong to a known name that is no general word."""
    covered = np.zeros(words.number.size, np.bool_)
    for s in range(spans.start.size):
        if spans.via[s] != _LIKE and not spans.generic[s]:
            begin, end = words.starts[spans.text[s]], words.starts[spans.text[s] + 1] - 1
            first = begin + spans.start[s]
            covered[first : min(first + spans.size[s], end)] = True
    return covered


@nb.njit(cache=True, nogil=True)  # type: ignore[untyped-decorator, unused-ignore]
def _count_institutions(words: Words, covered: Bools) -> Ints:
    """Of each text the segments that name an organization of which no name is known."""
    counts = np.zeros(words.starts.size - 1, np.int32)
    for t in range(counts.size):
        first, end = words.starts[t], words.starts[t + 1] - 1
        while first < end:
            last, named, told, any_unknown = first, False, False, False
            while last < end and words.segment[last] == words.segment[first]:
                named = named or covered[last]
                told = told or words.is_institution[words.number[last]]
                any_unknown = any_unknown or words.kind[last] == UNKNOWN
                last += 1
            counts[t] += told and any_unknown and not named
            first = last
    return counts


@nb.njit(cache=True, nogil=True)  # type: ignore[untyped-decorator, unused-ignore]
def _describe_spans(words: Words, spans: Spans, unknown: Ints) -> Floats:
    """The features of `SPAN_FEATURES` of each span; `unknown`: unexplained words of each text."""
    features = np.empty((spans.start.size, len(SPAN_FEATURES)), np.float32)
    for s in range(spans.start.size):
        described = _describe_span(s, words, spans, unknown[spans.text[s]])
        for i, value in enumerate(described):
            features[s, i] = value
    return features


@nb.njit(cache=True, nogil=True)  # type: ignore[untyped-decorator, unused-ignore]
def _describe_span(s: int, words: Words, spans: Spans, unknown: int) -> tuple[float, ...]:
    begin, stop = words.starts[spans.text[s]], words.starts[spans.text[s] + 1] - 1
    start = begin + spans.start[s]
    end = min(start + spans.size[s], stop)
    first, last = _find_segment(start, end, begin, spans.segment[s], words)
    own = spans.words[spans.word_starts[s] : spans.word_starts[s + 1]]
    kinds = words.kind
    at_start, at_end = start <= first, end >= last
    before = -1 if at_start else kinds[start - 1]
    after = -1 if at_end else kinds[end]
    left = _count(kinds, first, start, UNKNOWN)
    right = _count(kinds, end, last, UNKNOWN)
    like = spans.via[s] == _LIKE
    inside = _count(kinds, start, end, UNKNOWN) if like else 0
    weight, heaviest, told = 0.0, 0.0, False
    for word in own:
        weight += words.weight[word]
        heaviest = max(heaviest, words.weight[word])
        told = told or words.is_institution[word]
    return (
        np.float64(spans.whole[s]),
        np.float64(own.size),
        np.float64(spans.generic[s]),
        np.float64(spans.via[s]),
        np.float64(spans.inner[s]),
        spans.likeness[s],
        weight,
        heaviest,
        np.float64(spans.candidate_starts[s + 1] - spans.candidate_starts[s]),
        np.float64(at_start),
        np.float64(at_end),
        np.float64(not at_start and words.joined[start]),
        np.float64(not at_end and words.joined[end]),
        np.float64(left),
        np.float64(right),
        np.float64(before == GENERAL),
        np.float64(after == GENERAL),
        np.float64(before == PLACE),
        np.float64(after == PLACE),
        np.float64(told),
        np.float64(_count_inside(s, spans)),
        (end - start) / max(1, last - first),
        np.float64(_count(kinds, start, end, PLACE)),
        np.float64(unknown - left - right - inside),
        _weigh_missing(own, words, begin, stop) if like else 0.0,
        _weigh_extra(own, words, first, last),
        np.float64(spans.cut[s]),
    )


@nb.njit(cache=True, nogil=True)  # type: ignore[untyped-decorator, unused-ignore]
def _find_segment(start: int, end: int, begin: int, segment: int, words: Words) -> tuple[int, int]:
    """First word of the segment in which a name begins, and the end of that in which it ends.

    The name's own first and last word where its segment has no words.
    """
    first, last = start, end
    while first > begin and words.segment[start] == segment == words.segment[first - 1]:
        first -= 1
    while last > begin and words.segment[last] == words.segment[end - 1]:
        last += 1
    return first, last


@nb.njit(cache=True, nogil=True)  # type: ignore[untyped-decorator, unused-ignore]
def _count(kinds: npt.NDArray[np.int8], first: int, end: int, kind: int) -> int:
    return int(np.count_nonzero(kinds[first:end] == kind))


@nb.njit(cache=True, nogil=True)  # type: ignore[untyped-decorator, unused-ignore]
def _count_inside(s: int, spans: Spans) -> int:
    """Known names that stand inside a name."""
    start, end, t = spans.start[s], spans.start[s] + spans.size[s], spans.text[s]
    count = 0
    for other in range(spans.starts[t], spans.starts[t + 1]):
        low, high = spans.start[other], spans.start[other] + spans.size[other]
        count += spans.inner[other] and low >= start and high <= end
    return count


@nb.njit(cache=True, nogil=True)  # type: ignore[untyped-decorator, unused-ignore]
def _weigh_missing(own: Ints, words: Words, begin: int, stop: int) -> float:
    """The rarest word of the name that the text lacks."""
    rarest = 0.0
    for word in own:
        if not np.any(words.number[begin:stop] == word):
            rarest = max(rarest, words.weight[word])
    return rarest


@nb.njit(cache=True, nogil=True)  # type: ignore[untyped-decorator, unused-ignore]
def _weigh_extra(own: Ints, words: Words, first: int, last: int) -> float:
    """The rarest word beside the name, in its segment, that says something of its own."""
    rarest = 0.0
    for at in range(first, last):
        word = words.number[at]
        if words.kind[at] == UNKNOWN and not np.any(own == word):
            rarest = max(rarest, words.weight[word])
    return rarest


def _describe_others(
    text: npt.NDArray[np.int64], span: npt.NDArray[np.int64], base: Floats
) -> Floats:
    """For each row what the other names of its text offer."""
    n = len(text)
    if not n:
        return np.zeros((0, len(CONTEXT_FEATURES)), dtype=np.float32)
    column = {name: base[:, i] for i, name in enumerate(FEATURES[: base.shape[1]])}
    starts = np.flatnonzero(np.r_[True, text[1:] != text[:-1]])
    number = np.cumsum(np.r_[True, text[1:] != text[:-1]]) - 1
    firm = (column["inner"] == 0) & (column["generic"] == 0) & (column["via"] <= Via.ACRONYM)
    fitting = firm & (column["area"] >= 0)
    heaviest = _best_of_others(np.where(fitting, column["weight"], 0.0), span, starts, number)
    area = _best_of_others(np.where(firm, column["area"], -3.0), span, starts, number)
    sectors = [
        _best_of_others(np.where(fitting & (column["sector"] == s), 1.0, 0.0), span, starts, number)
        for s in (_UNIVERSITY, _HEALTHCARE, _FACILITY, _GOVERNMENT)
    ]
    whole = _best_of_others(np.where(fitting, column["whole"], 0.0), span, starts, number)
    names = np.r_[True, span[1:] != span[:-1]]
    fitting_names = np.add.reduceat((names & fitting).astype(np.float32), starts)
    return np.stack(
        [
            heaviest, area, sectors[0], fitting_names[number], whole, *sectors[1:],
        ],
        axis=1,
    ).astype(np.float32)  # fmt: skip


def _best_of_others(
    values: npt.NDArray[np.floating],
    span: npt.NDArray[np.int64],
    starts: npt.NDArray[np.int64],
    number: npt.NDArray[np.int64],
) -> npt.NDArray[np.floating]:
    """The largest value among rows of the same text that read another name."""
    span_starts = np.flatnonzero(np.r_[True, span[1:] != span[:-1]])
    span_number = np.cumsum(np.r_[True, span[1:] != span[:-1]]) - 1
    of_span = np.maximum.reduceat(values, span_starts)
    text_of_span = number[span_starts]
    text_starts = np.searchsorted(text_of_span, np.arange(len(starts)))
    best = np.maximum.reduceat(of_span, text_starts)
    where = np.flatnonzero(of_span == best[text_of_span])
    first = np.zeros(len(starts), dtype=np.int64)
    first[text_of_span[where[::-1]]] = where[::-1]
    without = of_span.copy()
    without[first] = -3.0
    second = np.maximum.reduceat(without, text_starts)
    result: npt.NDArray[np.floating] = np.where(
        span_number == first[number], second[number], best[number]
    )
    return result
