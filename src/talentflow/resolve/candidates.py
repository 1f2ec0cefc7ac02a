"""Which known names does an affiliation text contain, and how firmly?

A name counts where it stands as words of its own; inside a longer unknown name it does not.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final, NamedTuple

from talentflow.resolve.normalise import is_wide, normalise, split_words, tidy_text, word_set
from talentflow.resolve.registry import Candidate, Kind, Registry

GENERIC_WORDS: Final = word_set(
    "a academic academy ads advanced aerospace affiliated aging agricultural agriculture ai "
    "anatomy and anesthesiology animal animals applied architecture art artificial arts "
    "astronomy astrophysics atmospheric automation autonomous basic biochemistry bioengineering "
    "bioinformatics biology biomedical biophysics bioscience biosciences biostatistics "
    "biotechnology botany brain bureau business campus cancer cardiology care cell cellular "
    "center central chair chemical chemistry child children city civil climate clinic clinical "
    "cloud cognitive college communication company computational computer condensed control "
    "core county critical crop crops cs cse data deep dentistry department dept dermatology "
    "design development diabetes digital discovery disease diseases division doctoral drug "
    "earth ece ecology economics education ee eecs electrical electronic emergency "
    "endocrinology energy engineering entomology environment environmental epidemiology "
    "excellence eye faculty federal first food forestry foundation gastroenterology general "
    "genetics genome genomic genomics geography geology global graduate group gynecology health "
    "heart hematology high history hospital human i ii iii imaging immunology industrial "
    "infection infectious inflammation informatics informatik information innovation institute "
    "intelligence intelligent interaction internal international iv joint key knowledge lab "
    "laboratory labs language law learning life limited linguistics lung machine main "
    "management marine materials mathematics matter mechanical media medical medicine men "
    "mental metabolism microbiology ml molecular multimedia municipal nano nanotechnology "
    "national natural nephrology network networks neural neurology neuroscience new nlp nuclear "
    "nursing nutrition obstetrics ocean office oncology open operations ophthalmology optical "
    "optics particle pathology pattern pediatrics people performance pharmacology pharmacy phd "
    "philosophy photonics physical physics physiology plant platform policy polymer polytechnic "
    "preventive processing product products professor program project provincial psychiatry "
    "psychology public quantum radiology recognition regional rehabilitation reproductive "
    "research robot robotics robots safety school science sciences second security sensing "
    "services signal social society software soil solutions space speech sports state "
    "statistics stem structural student studies studio surgery system systems team technical "
    "technological technology telecommunication the theoretical theory therapeutics therapy "
    "third toxicology translational unit university urology vaccine veterinary virology vision "
    "water web women zoology "
)
"""Words that name kinds of units and subjects; a name made only of them needs support."""

_PLAIN_WORDS: Final = word_set(
    "apple meta orange line square visa target reality snap uber unity zoom cruise aurora arm "
    "shell "
    "oracle cohere inception idea prime idiap parrot recruit stripe slack continental canon nice "
    "momenta tempus adept runway figure magic liquid essential physical together scale groq "
    "cadence rafael trigo merck square roku bose corti wix ola jio nota toss pico gree nikola nuro "
    "ideas forth rice brown york columbia fractal imperial vector ford dyson honda kodak"
)
"""Company names that are words, surnames or places as well."""

_SUBUNITS: Final = word_set("department division section faculty chair unit ministry")
_UNIT_BREAK: Final = re.compile(r"[,()\[\]{}/]|\s[-–—:@]+\s|:\s|\sat\s|\s[-–—](?=[A-Z])")
_HARD_BREAK: Final = re.compile(r"[;|\n\t•·]| & (?=[A-Z]\w+ Univ)")


class Span(NamedTuple):
    """A known name in the text. `whole` segments it fills 2 the text, 1 a segment, 0 neither."""

    start: int
    size: int
    segment: int
    whole: int
    generic: bool
    loose: bool
    candidates: tuple[Candidate, ...]


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
    for group, part in enumerate(_HARD_BREAK.split(tidy_text(text))):
        for segment in _UNIT_BREAK.split(part):
            stripped = segment.strip(" .-–—*'\"")
            if not stripped:
                continue
            position = len(parsed.segments)
            parsed.segments.append(stripped)
            for word in split_words(stripped):
                parsed.words.append(word.text)
                parsed.joiners.append(word.joiner)
                parsed.segment_of.append(position)
                parsed.group_of.append(group)
    return parsed


def find_names(parsed: ParsedText, registry: Registry) -> list[Span]:
    """The known names of the text, the longest at each place, none overlapping another."""
    spans = []
    end = 0
    for start in range(len(parsed.words)):
        if start < end:
            continue
        span = _longest_name(parsed, registry, start)
        if span is not None:
            spans.append(span)
            end = start + span.size
    if "university" in parsed.words:
        named = {span.segment for span in spans if not span.generic}
        spans.extend(_find_reordered(parsed, registry, named))
    if any(is_wide(segment) for segment in parsed.segments):
        spans.extend(_scan_wide(parsed, registry))
    return spans


def _longest_name(parsed: ParsedText, registry: Registry, start: int) -> Span | None:
    words, groups = parsed.words, parsed.group_of
    size = min(registry.longest.get(words[start], 0), len(words) - start)
    while size and groups[start + size - 1] != groups[start]:
        size -= 1
    for n in range(size, 0, -1):
        key = " ".join(words[start : start + n])
        candidates = registry.by_name.get(key)
        if candidates is None:
            continue
        if candidates[0][1] is not Kind.OVERLAY and (len(key) < 3 or registry.places.is_place(key)):
            continue
        span = _bound(parsed, registry, start, n, candidates)
        if span is not None:
            return span
    return None


def _bound(
    parsed: ParsedText,
    registry: Registry,
    start: int,
    size: int,
    candidates: tuple[Candidate, ...],
) -> Span | None:
    """The span, unless its surroundings show that it is part of some other name."""
    words, segments = parsed.words, parsed.segment_of
    end = start + size
    at_start = start == 0 or segments[start - 1] != segments[start]
    at_end = end == len(words) or segments[end] != segments[end - 1]
    whole = 2 if start == 0 and end == len(words) else int(at_start and at_end)
    generic = words[start] in _SUBUNITS or all(w in GENERIC_WORDS for w in words[start:end])
    span = Span(start, size, segments[start], whole, generic, False, candidates)
    if whole:
        return span
    if generic or segments[start] != segments[end - 1]:
        return None
    if size == 1:
        return span._replace(loose=True) if _stands_out(parsed, registry, span) else None
    fits_before = at_start or _may_precede(parsed, registry, start)
    fits_after = at_end or not parsed.joiners[end] or _may_follow(parsed, registry, end)
    if not (fits_before and fits_after):
        return None
    trailing = not at_end and not parsed.joiners[end] and words[end] not in GENERIC_WORDS
    return span._replace(loose=trailing)


def _may_precede(parsed: ParsedText, registry: Registry, start: int) -> bool:
    if parsed.joiners[start]:
        return True
    before = parsed.words[start - 1]
    return before in GENERIC_WORDS or before.isdigit() or registry.places.is_place(before)


def _may_follow(parsed: ParsedText, registry: Registry, end: int) -> bool:
    """Whether the words after `of`, `and` or the like are a place or a name of their own."""
    if registry.places.is_place(parsed.words[end]):
        return True
    longest = registry.longest.get(parsed.words[end], 0)
    return any(
        " ".join(parsed.words[end : end + n]) in registry.by_name for n in range(2, longest + 1)
    )


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
                spans.append(Span(first, size, segment, whole, False, True, candidates))
    return spans


def _stands_out(parsed: ParsedText, registry: Registry, span: Span) -> bool:
    """Whether a one-word name is the only word of its segment that says which organization."""
    if is_wide(parsed.words[span.start]):
        return True
    for position, segment in enumerate(parsed.segment_of):
        if segment != span.segment or span.start <= position < span.start + span.size:
            continue
        word = parsed.words[position]
        known = word in GENERIC_WORDS or word.isdigit() or registry.places.is_place(word)
        if not known:
            return _opens_segment(parsed, registry, span)
    return span.candidates[0][1] is Kind.OVERLAY or any(
        kind in (Kind.DISPLAY, Kind.FAMILY) for _, kind in span.candidates
    )


def _opens_segment(parsed: ParsedText, registry: Registry, span: Span) -> bool:
    """Whether a company's or laboratory's name opens the segment and cannot be a plain word."""
    (organization, kind), *_ = span.candidates
    word = parsed.words[span.start]
    return (
        kind is Kind.OVERLAY
        and (span.start == 0 or parsed.segment_of[span.start - 1] != span.segment)
        and registry.sectors[organization] in ("company", "facility")
        and word not in _PLAIN_WORDS
        and (len(word) > 3 or parsed.segments[span.segment].startswith(word.upper()))
        and not parsed.joiners[span.start + 1]
    )


def find_acronyms(parsed: ParsedText, registry: Registry) -> list[Span]:
    """Acronyms of known organizations that stand alone in a segment in capitals."""
    spans = []
    offsets: dict[int, int] = {}
    for offset, number in enumerate(parsed.segment_of):
        offsets.setdefault(number, offset)
    for position, segment in enumerate(parsed.segments):
        if len(segment) > 16 or segment.upper() != segment or not segment[0].isalpha():
            continue
        key = normalise(segment)
        candidates = registry.by_acronym.get(key)
        known = registry.places.is_place(key) or segment in registry.places.state_codes
        if candidates and not known:
            whole = 2 if len(parsed.segments) == 1 else 1
            start = offsets.get(position, 0)
            spans.append(Span(start, 1, position, whole, False, False, candidates))
    return spans


def _scan_wide(parsed: ParsedText, registry: Registry) -> list[Span]:
    """Names in Han, Hangul or kana at the start of a run, which is written without spaces."""
    spans = []
    for start, word in enumerate(parsed.words):
        if not is_wide(word) or word in registry.by_name:
            continue
        for size in range(min(len(word) - 1, 24), 2, -1):
            candidates = registry.by_name.get(word[:size])
            if candidates:
                segment = parsed.segment_of[start]
                spans.append(Span(start, 1, segment, 0, False, True, candidates))
                break
    return spans
