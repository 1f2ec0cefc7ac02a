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
from talentflow.resolve.rank_index import Bools, Doubles, Floats, Ints, Positions
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
    firm = ~spans.inner & (spans.via < Via.ACRONYM)
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


def _list_covered(words: Words, spans: Spans) -> Bools:
    """Which words belong to a known name that is no general word."""
    firm = (spans.via != Via.LIKE) & ~spans.generic
    start, end = _place(words, spans)
    size = words.number.size
    opened = np.bincount(start[firm], minlength=size)
    closed = np.bincount(end[firm], minlength=size)
    covered: Bools = np.cumsum(opened - closed) > 0
    return covered


def _place(words: Words, spans: Spans) -> tuple[Positions, Positions]:
    """Positions in the batch of the first word of each name and of what follows its last."""
    starts = words.starts.astype(np.int64)
    start = starts[spans.text] + spans.start
    return start, np.minimum(start + spans.size, starts[spans.text + 1] - 1)


def _count_institutions(words: Words, covered: Bools) -> Ints:
    """Of each text the segments that name an organization of which no name is known."""
    first = _start_segments(words)
    named = np.logical_or.reduceat(covered, first)
    told = np.logical_or.reduceat(words.is_institution[words.number], first)
    unknown = np.logical_or.reduceat(words.kind == UNKNOWN, first)
    text = np.searchsorted(words.starts, first[told & unknown & ~named], side="right") - 1
    return np.bincount(text, minlength=words.starts.size - 1).astype(np.int32)


def _start_segments(words: Words) -> Positions:
    """Positions at which segments, and slots, begin."""
    return np.flatnonzero(np.r_[True, words.segment[1:] != words.segment[:-1]])


def _describe_spans(words: Words, spans: Spans, unknown: Ints) -> Floats:
    """The features of `SPAN_FEATURES` of each span; `unknown`: unexplained words of each text."""
    start, end = _place(words, spans)
    first, last = _find_segments(words, spans, start, end)
    at_start, at_end = start <= first, end >= last
    before = np.where(at_start, -1, words.kind[start - 1])
    after = np.where(at_end, -1, words.kind[end])
    unknowns = np.r_[0, np.cumsum(words.kind == UNKNOWN)]
    places = np.r_[0, np.cumsum(words.kind == PLACE)]
    left, right = unknowns[start] - unknowns[first], unknowns[last] - unknowns[end]
    like = spans.via == Via.LIKE
    own, weights = spans.word_starts[:-1], words.weight[spans.words]
    size = np.diff(spans.word_starts)
    missing, extra = _weigh_others(words, spans, first, last)
    columns = {
        "whole": spans.whole,
        "size": size,
        "generic": spans.generic,
        "via": spans.via,
        "inner": spans.inner,
        "likeness": spans.likeness,
        "weight": np.bincount(np.repeat(np.arange(size.size), size), weights=weights),
        "heaviest_word": np.maximum.reduceat(weights, own),
        "namesakes": np.diff(spans.candidate_starts),
        "at_start": at_start,
        "at_end": at_end,
        "joined_before": ~at_start & words.joined[start],
        "joined_after": ~at_end & words.joined[end],
        "unknown_left": left,
        "unknown_right": right,
        "general_before": before == GENERAL,
        "general_after": after == GENERAL,
        "place_before": before == PLACE,
        "place_after": after == PLACE,
        "institution_word": np.logical_or.reduceat(words.is_institution[spans.words], own),
        "contains_names": _count_inside(spans.starts, start, end, spans.inner),
        "share_of_segment": (end - start) / np.maximum(1, last - first),
        "own_place": places[end] - places[start],
        "unknown_elsewhere": unknown[spans.text]
        - left
        - right
        - np.where(like, unknowns[end] - unknowns[start], 0),
        "missing_word": np.where(like, missing, 0.0),
        "extra_word": extra,
        "cut": spans.cut,
    }
    return np.stack([columns[name] for name in SPAN_FEATURES], axis=1).astype(np.float32)


def _find_segments(
    words: Words, spans: Spans, start: Positions, end: Positions
) -> tuple[Positions, Positions]:
    """First word of the segment in which each name begins, and the end of that in which it ends.

    The name's own first and last word where its segment has no words.
    """
    begins = _start_segments(words)
    ends = np.r_[begins[1:], words.segment.size]
    number = np.cumsum(np.r_[True, words.segment[1:] != words.segment[:-1]]) - 1
    inside = words.segment[start] == spans.segment
    first = np.where(inside, begins[number[start]], start)
    last = np.where(end > words.starts[spans.text], ends[number[end - 1]], end)
    return first, last


def _weigh_others(
    words: Words, spans: Spans, first: Positions, last: Positions
) -> tuple[Doubles, Doubles]:
    """The rarest word of each name that its text lacks, and the rarest of its segment that says
    something of its own and is none of the name's."""
    own = spans.word_starts.astype(np.int64)
    starts = words.starts.astype(np.int64)
    weight = words.weight[words.number]
    weight[words.kind != UNKNOWN] = 0.0
    return (
        _weigh_apart(
            spans.words, words.weight[spans.words], own[:-1], own[1:],
            words.number, starts[spans.text], starts[spans.text + 1],
        ),
        _weigh_apart(words.number, weight, first, last, spans.words, own[:-1], own[1:]),
    )  # fmt: skip


@nb.njit(cache=True, nogil=True)  # type: ignore[untyped-decorator, unused-ignore]
def _weigh_apart(
    words: Ints,
    weights: Doubles,
    first: Positions,
    end: Positions,
    others: Ints,
    others_first: Positions,
    others_end: Positions,
) -> Doubles:
    """Of each stretch of words the largest weight of one that a stretch of others lacks."""
    largest = np.zeros(first.size)
    for i in range(first.size):
        for at in range(first[i], end[i]):
            if weights[at] <= largest[i]:
                continue
            other = others_first[i]
            while other < others_end[i] and others[other] != words[at]:
                other += 1
            if other == others_end[i]:
                largest[i] = weights[at]
    return largest


@nb.njit(cache=True, nogil=True)  # type: ignore[untyped-decorator, unused-ignore]
def _count_inside(starts: Ints, start: Positions, end: Positions, inner: Bools) -> Ints:
    """Of each name how many others of its text stand inside it."""
    counts = np.zeros(start.size, np.int32)
    for text in range(starts.size - 1):
        for other in range(starts[text], starts[text + 1]):
            if not inner[other]:
                continue
            for s in range(starts[text], starts[text + 1]):
                counts[s] += start[other] >= start[s] and end[other] <= end[s]
    return counts


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
