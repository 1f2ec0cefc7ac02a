"""What do the weaker signs of a text say about its country, taken together?

Used where no organization is known and no place stands for itself: names of places inside other
names, acronyms and names of institutions that could not be told apart but lie in one country,
the language, the legal form. Each sign counts by the odds that it is right.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator
from typing import Final

from talentflow.resolve.choose import Evidence
from talentflow.resolve.general_words import GENERIC_WORDS
from talentflow.resolve.kinds import Kind
from talentflow.resolve.normalise import normalise, split_words, word_set
from talentflow.resolve.place_hints import find_hints, find_site
from talentflow.resolve.place_rules import Signal
from talentflow.resolve.places import find_weak_places, one_area
from talentflow.resolve.registry import Registry

_CAPITALS: Final = re.compile(r"\b[A-Z][A-Za-z]?[A-Z&]{1,8}\b")
_JOINED_WORDS: Final = re.compile(r"(?<=[a-z])(?=[A-Z])|(?<=[a-z])\d{1,2}\b")
_NOT_NAMES: Final = word_set(
    "AI ML IT CS CSE ECE EE EECS NLP HCI IEEE ACM LLC LTD INC CO PHD DNN VR AR RD SIST DB IR IOT "
    "ICT GPU CPU CV DL RL AGI LLM CEO CTO ASR HRI SLAM USA UK III II IV CAD MSC BSC PDF"
)
_FORMS: Final = word_set("co air force team")
_MAX_NAME_WORDS: Final = 6
_SHARE_OF_NAME: Final = 0.85
_SHARE_OF_OVERLAY: Final = 0.93
_SHARE_OF_NAME_WORD: Final = 0.95
_SHARE_OF_SITE: Final = 0.99
_MIN_SHARE: Final = 0.6


def signals_of_text(text: str, evidence: Evidence, registry: Registry) -> list[Signal]:
    """The signs of one text, each with the area it points to and how often it is right."""
    words = evidence.parsed.words
    weak = find_weak_places(words, registry.places)
    signals = [Signal(weak, "name_word", _SHARE_OF_NAME_WORD)] if weak else []
    site = find_site(text)
    if site is not None:
        return [Signal(site, "campus", _SHARE_OF_SITE)]
    signals += _signals_of_names(evidence, registry)
    signals += [Signal(hint.area, "name_language", hint.share) for hint in find_hints(text)]
    if not signals:
        apart = _JOINED_WORDS.sub(" ", text)
        if apart != text:
            weak = find_weak_places([w.text for w in split_words(apart)], registry.places)
            signals += [Signal(weak, "name_word", 0.8)] if weak else []
    return signals


def weigh(signals: list[Signal]) -> tuple[Signal | None, str]:
    """The surest signal of the area that most speaks for, and how the others stand to it.

    None where nothing reaches an even chance by some margin, after what speaks against it.
    """
    odds: dict[str, float] = {}
    for area, _, share in set(signals):
        odds[area] = odds.get(area, 0.0) + math.log(share / (1 - share))
    if not odds:
        return None, "alone"
    ranked = sorted(odds, key=lambda a: (-odds[a], a))
    best = ranked[0]
    against = sum(max(0.0, odds[a]) for a in ranked[1:])
    if odds[best] - against < math.log(_MIN_SHARE / (1 - _MIN_SHARE)):
        return None, "contradicted"
    mine = [s for s in signals if s.area == best]
    surest = max(mine, key=lambda s: s.share)
    if len(ranked) > 1:
        return surest, "contradicted"
    return surest, "agreed" if len({s.rule for s in mine}) > 1 else "alone"


def _signals_of_names(evidence: Evidence, registry: Registry) -> Iterator[Signal]:
    """Known names in the text whose organizations all lie in one country, and short names kept
    by hand, in capitals."""
    parsed = evidence.parsed
    every = [word.rstrip("0123456789") or word for word in parsed.words]  # `Academia Sinica3`
    end = 0
    for start, first in enumerate(every):
        if start < end:
            continue
        longest = min(registry.longest.get(first, 0), _MAX_NAME_WORDS)
        for size in range(longest, 1, -1):
            words = every[start : start + size]
            key = " ".join(words)
            generic = all(word in GENERIC_WORDS or word in _FORMS for word in words)
            if generic and not _is_reviewed(key, registry):
                continue
            area = _area_of_name(key, registry)
            if area is not None:
                end = start + size
                yield Signal(area, "name_part", _SHARE_OF_NAME)
                break
    for segment in parsed.segments:
        for match in _CAPITALS.findall(segment):
            key = normalise(match)
            if match in _NOT_NAMES or registry.places.is_place(key):
                continue
            if _is_reviewed(key, registry):
                area = registry.countries[registry.by_name[key][0][0]]
                if area is not None:
                    yield Signal(area, "name_part", _SHARE_OF_OVERLAY)


def _is_reviewed(key: str, registry: Registry) -> bool:
    """Whether an overlay says what a name means."""
    found = registry.by_name.get(key, ())
    return len(found) > 0 and found[0][1] is Kind.OVERLAY


def _area_of_name(key: str, registry: Registry) -> str | None:
    candidates = registry.by_name.get(key)
    if candidates is None or registry.places.is_place(key):
        return None
    found = {c for o, _ in candidates if (c := registry.countries[o]) is not None}
    return one_area(found)
