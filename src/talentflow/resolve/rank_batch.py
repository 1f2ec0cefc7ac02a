"""What do the names found in many texts look like as numbers that compiled code can compare?

Texts, names and candidates of a batch stand one after another in flat arrays. Words are
numbered anew in each batch, so that nothing has to be remembered between two of them.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import accumulate, chain
from typing import TYPE_CHECKING, Any, Final, NamedTuple, TypeVar

import numpy as np
import numpy.typing as npt

from talentflow.core.areas import AREA_INDEX
from talentflow.resolve.candidates import ParsedText, Span
from talentflow.resolve.general_words import GENERIC_WORDS, INSTITUTION_WORDS
from talentflow.resolve.kinds import Kind
from talentflow.resolve.normalise import is_wide, normalise
from talentflow.resolve.rank_index import Bools, Doubles, Ints
from talentflow.resolve.registry import Registry

if TYPE_CHECKING:
    from talentflow.resolve.choose import Evidence

Cell = TypeVar("Cell")

UNKNOWN: Final = 0
GENERAL: Final = 1
NUMBER: Final = 2
PLACE: Final = 3
"""Kinds of words."""

_STRENGTH: Final = {Kind.OVERLAY: -1} | {k: int(k) for k in Kind if k is not Kind.OVERLAY}


class Words(NamedTuple):
    """The words of the texts. After each text stands an empty slot, so that what follows its
    last word can be looked at like any other."""

    starts: Ints
    """Of each text; that of the next one is past the slot."""
    number: Ints
    segment: Ints
    kind: npt.NDArray[np.int8]
    joined: Bools
    """Whether a word like `of` ties it to the one before."""
    weight: Doubles
    """By number of the word: how rare it is in names."""
    is_institution: Bools
    """By number of the word: whether it says that an organization is named."""


class Spans(NamedTuple):
    """The names found, text by text; most columns are those of `Span`."""

    starts: Ints
    """Of each text."""
    text: Ints
    start: Ints
    size: Ints
    segment: Ints
    whole: Ints
    generic: Bools
    via: Ints
    inner: Bools
    likeness: Doubles
    cut: Bools
    word_starts: Ints
    words: Ints
    """Numbers of the words of each name as registered."""
    candidate_starts: Ints
    organization: Ints
    strength: Ints
    """Of each candidate: how the name names it; overlays before all others."""
    city: Ints
    """Of each candidate: its city among those of `Places`; 0 where the registry tells none."""
    context: Ints
    """Which areas of `Places` stand near the name."""


class Places(NamedTuple):
    """Areas and cities. A context is a text, or a part of one that has places of its own."""

    stated: Bools
    """Context × area: named outright."""
    plausible: Bools
    """Context × area: may be meant."""
    city_starts: Ints
    city_words: Ints
    """Numbers of the words of each city; -1 for a word that no text has."""
    named_starts: Ints
    named: Ints
    """Cities that each text names as places."""


class Texts(NamedTuple):
    """Of each text: its segments and the parts between hard breaks, and areas named in it."""

    segments: Ints
    groups: Ints
    stated: Ints
    plausible: Ints


class Batch(NamedTuple):
    """Texts that name something, and their spans once more as they were found."""

    texts: Texts
    words: Words
    spans: Spans
    places: Places
    found: list[Span]


def read_batch(
    evidence: Sequence[Evidence], spans: Sequence[Sequence[Span]], registry: Registry
) -> Batch:
    """The texts, of which each has a span, as numbers."""
    found = list(chain.from_iterable(spans))
    numbers: dict[str, int] = {}
    flat = _lay_out((one.parsed.words for one in evidence), "")
    positions = _number(flat, numbers)
    names = [span.key.split() for span in found]
    own = _number(list(chain.from_iterable(names)), numbers)
    candidates = [candidate for span in found for candidate in span.candidates]
    organization = _ints([o for o, _ in candidates])
    cities, city = np.unique(registry.rank.organizations.city[organization], return_inverse=True)
    named_cities = [registry.rank.city_names[c] for c in cities.tolist()]
    contexts, context = _read_contexts(evidence, spans)
    return Batch(
        Texts(
            segments=_ints([len(one.parsed.segments) for one in evidence]),
            groups=_ints([len(set(one.parsed.group_of)) for one in evidence]),
            stated=_ints([len(one.stated) for one in evidence]),
            plausible=_ints([len(one.plausible) for one in evidence]),
        ),
        _read_words([one.parsed for one in evidence], flat, positions, numbers, registry),
        Spans(
            starts=_starts(map(len, spans)),
            text=np.repeat(np.arange(len(spans), dtype=np.int32), [len(s) for s in spans]),
            **_read_columns(found),
            word_starts=_starts(map(len, names)),
            words=own,
            candidate_starts=_starts(len(span.candidates) for span in found),
            organization=organization,
            strength=_ints([_STRENGTH[kind] for _, kind in candidates]),
            city=city.astype(np.int32),
            context=context,
        ),
        _read_places(evidence, contexts, named_cities, numbers),
        found,
    )


def _lay_out(columns: Iterable[Sequence[Cell]], slot: Cell) -> list[Cell]:
    """The columns of all texts, each followed by what stands in its empty slot."""
    return list(chain.from_iterable(chain.from_iterable((c, (slot,)) for c in columns)))


def _number(words: Sequence[str], numbers: dict[str, int]) -> Ints:
    for word in dict.fromkeys(words):
        numbers.setdefault(word, len(numbers))
    return np.fromiter(map(numbers.__getitem__, words), dtype=np.int32, count=len(words))


def _ints(values: Sequence[int]) -> Ints:
    return np.array(values, dtype=np.int32)


def _starts(sizes: Iterable[int]) -> Ints:
    return _ints(list(accumulate(sizes, initial=0)))


def _read_columns(found: Sequence[Span]) -> dict[str, npt.NDArray[Any]]:
    """The columns of `Spans` that each span states itself."""
    columns = dict(zip(Span._fields, zip(*found, strict=True), strict=True))
    types = {
        "start": np.int32,
        "size": np.int32,
        "segment": np.int32,
        "whole": np.int32,
        "generic": np.bool_,
        "via": np.int32,
        "inner": np.bool_,
        "likeness": np.float64,
        "cut": np.bool_,
    }
    return {name: np.array(columns[name], dtype=kind) for name, kind in types.items()}


def _read_words(
    texts: Sequence[ParsedText],
    flat: Sequence[str],
    positions: Ints,
    numbers: dict[str, int],
    registry: Registry,
) -> Words:
    index = registry.rank
    kinds = np.array([_sort_word(word, registry) for word in numbers], dtype=np.int8)
    begins = np.array([word in index.place_words for word in numbers], dtype=np.bool_)
    kind = kinds[positions]
    _mark_places(kind, np.flatnonzero(begins[positions]).tolist(), flat, registry)
    return Words(
        starts=_starts(len(text.words) + 1 for text in texts),
        number=positions,
        segment=_ints(_lay_out((text.segment_of for text in texts), -1)),
        kind=kind,
        joined=np.array(list(map(bool, _lay_out((text.joiners for text in texts), "")))),
        weight=np.array([index.weight_of(word) for word in numbers], dtype=np.float64),
        is_institution=np.array([word in INSTITUTION_WORDS for word in numbers], dtype=np.bool_),
    )


def _sort_word(word: str, registry: Registry) -> int:
    """What a word is by itself."""
    if word in GENERIC_WORDS:
        return GENERAL
    if registry.places.is_place(word):
        return PLACE
    if word in INSTITUTION_WORDS:
        return GENERAL
    if len(word) < 2 or word[0].isdigit():
        return NUMBER
    return GENERAL if is_wide(word) else UNKNOWN  # written without spaces: mostly a unit


def _mark_places(
    kind: npt.NDArray[np.int8], begins: Sequence[int], flat: Sequence[str], registry: Registry
) -> None:
    """Mark the names of places that have several words, the longest first; `begins`: positions
    of words with which such names begin. No name holds a slot, so none leaves its text."""
    places, pairs = registry.places, registry.rank.place_pairs
    end = 0
    for position in begins:
        if position < end:
            continue
        for n in pairs.get(f"{flat[position]} {flat[position + 1]}", ()):
            if places.is_place(" ".join(flat[position : position + n])):
                end = position + n
                kind[position:end] = PLACE
                break


def _read_contexts(
    evidence: Sequence[Evidence], spans: Sequence[Sequence[Span]]
) -> tuple[list[tuple[frozenset[str], frozenset[str]]], Ints]:
    """The (stated, plausible) areas of each context, and the context of each span."""
    contexts = [(one.stated, one.plausible) for one in evidence]
    of_span: list[int] = []
    for number, (one, found) in enumerate(zip(evidence, spans, strict=True)):
        near = _read_parts(one)
        if not near:
            of_span.extend([number] * len(found))
            continue
        of_group = {}
        for group, areas in near.items():
            of_group[group] = len(contexts)
            contexts.append(areas)
        group_of = dict(zip(one.parsed.segment_of, one.parsed.group_of, strict=True))
        of_span.extend(of_group.get(group_of.get(span.segment, -1), number) for span in found)
    return contexts, _ints(of_span)


def _read_parts(evidence: Evidence) -> dict[int, tuple[frozenset[str], frozenset[str]]]:
    """For texts with hard breaks the areas of each part that has a place of its own."""
    parsed = evidence.parsed
    if not parsed.group_of or parsed.group_of[0] == parsed.group_of[-1]:
        return {}
    group_of = dict(zip(parsed.segment_of, parsed.group_of, strict=True))
    parts = {}
    for group in set(group_of.values()):
        near = [p for p in evidence.places if group_of.get(p.segment) == group]
        stated = frozenset(p.areas[0] for p in near if p.level == 3 and len(p.areas) == 1)
        plausible = frozenset(a for p in near for a in p.areas if a)
        if plausible:
            parts[group] = stated, plausible
    return parts


def _read_places(
    evidence: Sequence[Evidence],
    contexts: Sequence[tuple[frozenset[str], frozenset[str]]],
    cities: Sequence[str],
    numbers: dict[str, int],
) -> Places:
    words = [[numbers.get(word, -1) for word in city.split()] for city in cities]
    number_of = {city: i for i, city in enumerate(cities) if city}
    spelled = [{normalise(p.name) for p in one.places if p.level == 1} for one in evidence]
    named = [[number_of[city] for city in own if city in number_of] for own in spelled]
    return Places(
        stated=_mark_areas([stated for stated, _ in contexts]),
        plausible=_mark_areas([plausible for _, plausible in contexts]),
        city_starts=_starts(map(len, words)),
        city_words=_ints(list(chain.from_iterable(words))),
        named_starts=_starts(map(len, named)),
        named=_ints(list(chain.from_iterable(named))),
    )


def _mark_areas(sets: Sequence[frozenset[str]]) -> Bools:
    """One row per set of areas, one column per area; column 0 tells whether there is any."""
    marked = np.zeros((len(sets), len(AREA_INDEX) + 1), dtype=np.bool_)
    for row, areas in enumerate(sets):
        for area in areas:
            marked[row, 0] = marked[row, AREA_INDEX[area]] = True
    return marked
