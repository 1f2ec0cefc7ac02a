"""Which known names does an affiliation text contain, and how do they stand in it?

All word-bounded names are found, also those inside longer ones; what they are worth is decided
later, with what stands around them.
"""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import IntEnum
from functools import lru_cache
from typing import Final, NamedTuple

from talentflow.resolve.general_words import GENERIC_WORDS, INSTITUTION_WORDS
from talentflow.resolve.kinds import Candidate, Kind
from talentflow.resolve.normalise import is_wide, normalise, split_words, tidy_text, word_set
from talentflow.resolve.rank_index import find_like_names
from talentflow.resolve.registry import Registry

_REMEMBERED_SEGMENTS: Final = 2**16
_MAX_ACRONYMS: Final = 3
_SUBUNITS: Final = word_set("department division section faculty chair unit ministry")
_FACULTY_WORDS: Final = GENERIC_WORDS - word_set(
    "hospital clinic clinical center care cancer health institute laboratory technology "
    "polytechnic foundation child children women heart eye system state"
) | word_set("school college faculty")
"""What may stand beside a university's name without making it another organization."""
_CONTINUING: Final = word_set("of for de du des del della di do da")
_CAPITALS: Final = re.compile(r"\b[A-Z][A-Z&0-9-]{1,14}[A-Z0-9]\b")
_UNIT_BREAK: Final = re.compile(r"[,()\[\]{}/]|\s[-–—:@]+\s|:\s|\sat\s|\s[-–—](?=[A-Z])")
_HARD_BREAK: Final = re.compile(r"[;|\n\t•·]")
_TWO_UNIVERSITIES: Final = re.compile(r"(\bUniv\w*\.?(?: of [A-Z]\w+)*) & (?=[A-Z]\w+ Univ)")


class Via(IntEnum):
    """How a name was found in a text."""

    NAME = 0
    REORDERED = 1
    WIDE = 2
    ACRONYM = 3
    ACRONYM_INSIDE = 4
    LIKE = 5
    WITH_CITY = 6


class Span(NamedTuple):
    """A known name in the text. `whole`: segments it fills: 2 the text, 1 a segment, 0 neither.

    `inner`: part of a longer known name. `cut`: what stands beside it looks like part of a
    longer unknown one. `likeness`: 1 where the words are those of the name.
    """

    start: int
    size: int
    segment: int
    whole: int
    generic: bool
    via: Via
    inner: bool
    likeness: float
    key: str
    candidates: tuple[Candidate, ...]
    cut: bool = False


@dataclass(frozen=True)
class ParsedText:
    """A text cut into segments (at commas and the like) and words.

    `groups` tells for each word the part between hard breaks, which no name crosses.
    """

    segments: list[str]
    words: list[str]
    joiners: list[str]
    segment_of: list[int]
    group_of: list[int]


def parse_text(text: str) -> ParsedText:
    """Cut a text as printed into segments and normalised words."""
    parsed = ParsedText([], [], [], [], [])
    for group, part in enumerate(_HARD_BREAK.split(_separate(tidy_text(text)))):
        for segment in _UNIT_BREAK.split(part):
            stripped = segment.strip(" .-–—*'\"")
            if not stripped:
                continue
            read = _read_segment(stripped)
            parsed.words.extend(read.words)
            parsed.joiners.extend(read.joiners)
            parsed.segment_of.extend([len(parsed.segments)] * len(read.words))
            parsed.group_of.extend([group] * len(read.words))
            parsed.segments.append(stripped)
    return parsed


def _separate(text: str) -> str:
    """The text with a hard break between two universities that `&` joins."""
    return _TWO_UNIVERSITIES.sub(r"\1; ", text) if "&" in text else text


class _Segment(NamedTuple):
    """What a segment says by itself. `capitals`: words in capitals, unless there are many."""

    words: tuple[str, ...]
    joiners: tuple[str, ...]
    capitals: tuple[str, ...]
    is_wide: bool


@lru_cache(maxsize=_REMEMBERED_SEGMENTS)
def _read_segment(segment: str) -> _Segment:
    """A segment read once, as most segments occur in many texts."""
    words = split_words(segment)
    capitals = tuple(_CAPITALS.findall(segment))
    return _Segment(
        tuple(word.text for word in words),
        tuple(word.joiner for word in words),
        capitals if len(capitals) <= _MAX_ACRONYMS else (),
        is_wide(segment),
    )


def find_spans(parsed: ParsedText, registry: Registry) -> list[Span]:
    """The known names of the text: names, names in another order, acronyms."""
    spans = _find_names(parsed, registry)
    if "university" in parsed.words:
        named = {span.segment for span in spans if not span.generic and span.size > 1}
        spans.extend(_find_reordered(parsed, registry, named))
    segments = [_read_segment(segment) for segment in parsed.segments]
    if any(segment.is_wide for segment in segments):
        spans.extend(_scan_wide(parsed, registry))
    for position, segment in enumerate(segments):
        if segment.capitals and segment.words:
            spans.extend(_find_acronyms(position, segment.capitals, parsed, registry))
    return spans


def _find_names(parsed: ParsedText, registry: Registry) -> list[Span]:
    words, groups = parsed.words, parsed.group_of
    longest, pairs, by_name = registry.longest, registry.rank.pairs, registry.by_name
    spans: list[Span] = []
    n = len(words)
    end = 0
    for start, word in enumerate(words):
        if word not in longest:
            continue
        group = groups[start]
        sizes = pairs.get(f"{word} {words[start + 1]}", ()) if start + 1 < n else ()
        for size in (*sizes, 1) if word in by_name else sizes:
            if start + size > n or groups[start + size - 1] != group:
                continue
            key = " ".join(words[start : start + size]) if size > 1 else word
            candidates = by_name.get(key)
            if candidates is not None:
                inner = start + size <= end
                span = _describe_span(parsed, registry, (start, size, key, inner), candidates)
                if span is not None:
                    spans.append(span)
                    end = max(end, start + size)
    return spans


def _describe_span(
    parsed: ParsedText,
    registry: Registry,
    found: tuple[int, int, str, bool],
    candidates: tuple[Candidate, ...],
) -> Span | None:
    """The span, unless it cannot be meant: a place, or one general word among others."""
    start, size, key, inner = found
    overlay = candidates[0][1] is Kind.OVERLAY
    if not overlay and (len(key) < 3 or registry.places.is_place(key)):
        return None
    words, segments = parsed.words, parsed.segment_of
    end = start + size
    at_start = start == 0 or segments[start - 1] != segments[start]
    at_end = end == len(words) or segments[end] != segments[end - 1]
    whole = 2 if start == 0 and end == len(words) else int(at_start and at_end)
    generic = words[start] in _SUBUNITS or GENERIC_WORDS.issuperset(words[start:end])
    if not whole:
        if generic or (segments[start] != segments[end - 1] and not (at_start and size > 2)):
            return None
        if inner and size == 1:
            return None
    cut = (not at_end and _continues(parsed, registry, end)) or (
        not at_start and not inner and _is_cut(parsed, registry, start)
    )
    return Span(
        start, size, segments[start], whole, generic, Via.NAME, inner, 1.0, key, candidates, cut
    )


def _continues(parsed: ParsedText, registry: Registry, end: int) -> bool:
    """Whether `of X` follows that is neither a place nor a name: `Maple University of Music`."""
    if parsed.joiners[end] not in _CONTINUING:
        return False
    word = parsed.words[end]
    if registry.places.is_place(word) or INSTITUTION_WORDS.intersection((word,)):
        return False
    longest = registry.longest.get(word, 0)
    return not any(
        " ".join(parsed.words[end : end + n]) in registry.by_name for n in range(2, longest + 1)
    )


def _is_cut(parsed: ParsedText, registry: Registry, start: int) -> bool:
    """Whether an unknown word stands right before the name, as if it began there."""
    if parsed.joiners[start]:
        return False
    word = parsed.words[start - 1]
    known = word in GENERIC_WORDS or word in INSTITUTION_WORDS or not word.isalpha()
    if known or word in registry.by_name or registry.places.is_place(word):
        return False
    return start < 2 or not registry.places.is_place(" ".join(parsed.words[start - 2 : start]))


def _find_reordered(parsed: ParsedText, registry: Registry, named: set[int]) -> list[Span]:
    """Universities whose name fills a segment in another order: `Univ. of Nagoya`."""
    spans = []
    words = parsed.words
    for start, word in enumerate(words):
        if word != "university" or parsed.segment_of[start] in named:
            continue
        segment = parsed.segment_of[start]
        first = parsed.segment_of.index(segment)
        size = parsed.segment_of.count(segment)
        if 1 < size < 9:
            key = " ".join(sorted(words[first : first + size]))
            candidates = registry.by_word_set.get(key)
            if candidates:
                whole = 2 if size == len(words) else 1
                via = Via.REORDERED
                spans.append(
                    Span(first, size, segment, whole, False, via, False, 1.0, key, candidates)
                )
    return spans


def _scan_wide(parsed: ParsedText, registry: Registry) -> list[Span]:
    """Names in Han, Hangul or kana at the start of a run, which is written without spaces."""
    spans = []
    for start, word in enumerate(parsed.words):
        if not is_wide(word) or word in registry.by_name:
            continue
        for size in range(min(len(word) - 1, 24), 2, -1):
            key = word[:size]
            candidates = registry.by_name.get(key)
            if candidates:
                segment = parsed.segment_of[start]
                spans.append(
                    Span(start, 1, segment, 0, False, Via.WIDE, False, 1.0, key, candidates)
                )
                break
    return spans


def _find_acronyms(
    position: int, capitals: Sequence[str], parsed: ParsedText, registry: Registry
) -> Iterator[Span]:
    """Acronyms in capitals that fill a segment or stand in it beside other words."""
    places = registry.places
    start = parsed.segment_of.index(position)
    size = parsed.segment_of.count(position)
    for match in capitals:
        key = normalise(match)
        candidates = registry.by_acronym.get(key)
        if not candidates or places.is_place(key) or match in places.state_codes:
            continue
        alone = match == parsed.segments[position]
        whole = 0 if not alone else 2 if len(parsed.segments) == 1 else 1
        via = Via.ACRONYM if alone else Via.ACRONYM_INSIDE
        at = start
        while not alone and at < start + size - 1 and parsed.words[at] != key:
            at += 1
        yield Span(at, 1, position, whole, False, via, False, 1.0, key, candidates)


def find_campuses(spans: list[Span], cities: list[str], registry: Registry) -> list[Span]:
    """Names that a name and a city elsewhere in the text make up: `University of X, …, City`."""
    found = []
    for span in spans:
        if span.inner or span.generic or span.via is not Via.NAME or span.size > 6:
            continue
        for city in (*cities, *(c.removeprefix("new ") for c in cities if c.startswith("new "))):
            key = f"{span.key} {city}"
            candidates = registry.by_name.get(key)
            if candidates:
                found.append(span._replace(via=Via.WITH_CITY, key=key, candidates=candidates))
    return found


def list_unknown_names(
    parsed: ParsedText, spans: list[Span], places: set[int]
) -> list[tuple[int, list[str]]]:
    """Segments that no known name explains and that name something: their position and words.

    `places`: segments that hold nothing but a place.
    """
    firm = {s.segment for s in spans if not s.inner and not s.generic and s.whole}
    if len(firm | places) == len(parsed.segments):
        return []
    covered = _cover(spans)
    found = []
    for segment in range(len(parsed.segments)):
        if segment in firm or segment in places:
            continue
        own = range(
            bisect_left(parsed.segment_of, segment), bisect_right(parsed.segment_of, segment)
        )
        named = [at for at in own if not parsed.words[at].isdigit()]
        words = [parsed.words[at] for at in named]
        left = [parsed.words[at] for at in named if at not in covered]
        if len(left) < len(words):  # a known name and what stands beside it
            if len(words) < 4 or _FACULTY_WORDS.issuperset(left):
                continue
        elif GENERIC_WORDS.issuperset(words):
            continue
        if not INSTITUTION_WORDS.isdisjoint(words) or len(parsed.segments) <= 2 or not firm:
            found.append((segment, words))
    return found


def _cover(spans: list[Span]) -> set[int]:
    """Positions of words that a known name of several words explains."""
    firm = [s for s in spans if not s.inner and not s.generic and s.size > 1]
    return {at for span in firm for at in range(span.start, span.start + span.size)}


def add_like_names(
    unknown: list[list[tuple[int, list[str]]]], parsed: list[ParsedText], registry: Registry
) -> list[list[Span]]:
    """For each text the names most like its unknown ones."""
    queries = [words for text in unknown for _, words in text]
    answers = iter(find_like_names(queries, registry.rank))
    spans: list[list[Span]] = []
    for text, own in zip(parsed, unknown, strict=True):
        found: list[Span] = []
        for segment, _ in own:
            start = text.segment_of.index(segment)
            size = text.segment_of.count(segment)
            whole = 2 if size == len(text.words) else 1
            for key, likeness in next(answers):
                candidates = registry.by_name[key]
                generic = GENERIC_WORDS.issuperset(key.split())
                found.append(
                    Span(
                        start,
                        size,
                        segment,
                        whole,
                        generic,
                        Via.LIKE,
                        False,
                        likeness,
                        key,
                        candidates,
                    )
                )
        spans.append(found)
    return spans
