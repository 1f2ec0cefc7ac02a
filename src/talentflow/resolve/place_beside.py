"""Which country do the words about an organization's name point to?

Places inside other names, a place right before or after the name, sites known by name.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final, NamedTuple

from talentflow.resolve.choose import Evidence
from talentflow.resolve.normalise import word_set
from talentflow.resolve.place_hints import find_site
from talentflow.resolve.places import find_weak_places, is_acronym, one_area, weak_areas
from talentflow.resolve.registry import Registry

_ABBREVIATED: Final = re.compile(
    r"(?<![\w.])(?:(U\.?S\.?A\.?|US|U\.S\.)|(U\.?K\.?)|(P\.?R\.?C))(?![\w-])"
)
_ABBREVIATED_AREAS: Final = ("US", "GB", "CN")
_CAMPUS_WORDS: Final = word_set("campus branch site graduate research")


class Named(NamedTuple):
    """An organization that stands in the text: where, and how surely.

    `start`, `size` and `segment` count words and segments of the parsed text. `key`: the known
    name that the words were taken for; empty where it is not told. `rivals`: all organizations
    of that name. `usual`: which of them the overlays take the words for; null where they do not
    say. `is_likeness`: the words are only like the name; `is_acronym`: they are its initials.
    """

    organization: int
    start: int
    size: int
    segment: int
    probability: float = 0.95
    key: str = ""
    rivals: frozenset[int] = frozenset()
    usual: int | None = None
    is_likeness: bool = False
    is_acronym: bool = False

    def is_of_name(self, position: int, word: str) -> bool:
        """Whether the word at a position of the text belongs to the name, of which a text may
        spell only some: `X Canada` where X is known."""
        inside = self.start <= position < self.start + self.size
        return inside and (self.size == 1 or not self.key or word in self.key.split())


def words_beside(
    one: Named, named: Sequence[Named], evidence: Evidence, registry: Registry
) -> list[tuple[int, str]]:
    """Position and word of what stands about a name, up to the names before and after it; past
    further names of the same company."""
    parsed = evidence.parsed
    taken = {
        i
        for n in named
        for i in range(n.start, min(n.start + n.size, len(parsed.words)))
        if n.is_of_name(i, parsed.words[i])
    }
    family = registry.family_of.get(one.organization, "")
    others = {
        n.segment
        for n in named
        if n.segment != one.segment and registry.family_of.get(n.organization) != family
    }
    low = max((s for s in others if s < one.segment), default=-1)
    high = min((s for s in others if s > one.segment), default=len(parsed.segments))
    return [
        (i, word)
        for i, (word, segment) in enumerate(zip(parsed.words, parsed.segment_of, strict=True))
        if i not in taken
        and low < segment < high
        and (segment == one.segment or not is_acronym(parsed.segments[segment]))
    ]


def area_beside(beside: list[tuple[int, str]], registry: Registry, *, demonyms: bool) -> str | None:
    """The one area that the words about a name point to."""
    words: list[str] = []
    last = -1
    for i, word in beside:
        if i != last + 1:
            words.append("")
        words.append(word)
        last = i
    return find_weak_places(words, registry.places, demonyms=demonyms) if words else None


def area_abbreviated(segment: str) -> str | None:
    """US, UK or PRC in capitals beside a company's name."""
    found = {
        area
        for match in _ABBREVIATED.finditer(segment)
        for area, group in zip(_ABBREVIATED_AREAS, match.groups(), strict=True)
        if group
    }
    return one_area(found)


def area_of_campus(
    one: Named, beside: list[tuple[int, str]], evidence: Evidence, registry: Registry
) -> str | None:
    """The area of a site known by name, of a place right before or after a name (`X University
    Shenzhen`), or of one that opens the next segment before a word like campus (`X University,
    Malaysia Campus`)."""
    parsed = evidence.parsed
    site = find_site(segments_of(one, evidence))
    if site is not None:
        return site
    before = _area_before(one, beside, evidence, registry)
    if before is not None:
        return before
    end = one.start + one.size
    if not any(i == end for i, _ in beside):
        return None
    same = parsed.segment_of[end] == one.segment
    if same and parsed.joiners[end] not in ("", "in", "of"):
        return None
    for size in (3, 2, 1):
        words = parsed.words[end : end + size]
        last = end + len(words) - 1
        if len(words) < size or parsed.segment_of[last] != parsed.segment_of[end]:
            continue
        areas = weak_areas(words, registry.places, demonyms=False)
        if len(areas) != 1:
            continue
        follows = parsed.words[last + 1 : last + 2]
        if same or (follows and follows[0] in _CAMPUS_WORDS):
            return areas[0]
    return None


def segments_of(one: Named, evidence: Evidence) -> str:
    """The segment of a name and the one after it."""
    return " ".join(evidence.parsed.segments[one.segment : one.segment + 2])


def _area_before(
    one: Named, beside: list[tuple[int, str]], evidence: Evidence, registry: Registry
) -> str | None:
    """The area of a place that stands right before a name as part of a longer one: `Guangxi
    University of Finance`."""
    parsed = evidence.parsed
    if one.start >= len(parsed.words):  # an acronym that is also a legal form: `PTE`
        return None
    if parsed.joiners[one.start]:
        return None
    free = {i for i, _ in beside}
    for size in (2, 1):
        first = one.start - size
        if first < 0 or parsed.segment_of[first] != one.segment or first not in free:
            continue
        if one.start - 1 not in free:
            return None
        areas = weak_areas(parsed.words[first : one.start], registry.places, demonyms=False)
        if len(areas) == 1:
            return areas[0]
    return None
