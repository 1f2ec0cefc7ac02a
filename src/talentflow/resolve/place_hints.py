"""Which country do words hint at where an affiliation names neither a place nor anything known?

The language of a name, a kind of institution that one country has, and the legal form of a
company: each with the share of texts that bear it out.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Final, NamedTuple

from talentflow.resolve.normalise import raw_words
from talentflow.resolve.overlays import read_overlay

_LEGAL_FORMS: Final[tuple[tuple[str, str, float], ...]] = (
    ("SG", r"(?i:\bpte\b)", 0.97),
    ("IN", r"(?i:\bpvt\b|\bprivate limited\b)", 0.9),
    ("AU", r"(?i:\bpty\b)", 0.85),
    ("MY", r"(?i:\bsdn\b)", 0.97),
    ("IT", r"(?i:\bs\.?r\.?l\b)|\bS\.?p\.?A\b", 0.95),
    ("PL", r"(?i:\bsp\.? ?z ?\.?o\.? ?o)", 0.97),
    ("FI", r"\bOyj?\b", 0.97),
    ("DK", r"\bApS\b|\bA/S\b", 0.95),
    ("JP", r"\bK\.K\b|株式会社", 0.97),
    ("KR", r"주식회사|㈜|\(주\)", 0.98),
    ("CN", r"有限公司|集团", 0.95),
    ("BR", r"(?i:\bltda\b)", 0.8),
    ("CZ", r"(?i:\bs\.r\.o)", 0.8),
    ("HU", r"\bKft\b|\bZrt\b", 0.97),
    ("TR", r"\bA\.Ş", 0.97),
    ("PT", r"\bLda\b", 0.9),
    ("FR", r"(?i:\bsarl\b)|\bS\.A\.S\b", 0.85),
    ("NL", r"\bB\.V\b", 0.85),
    ("SE", r"\bAB$", 0.85),
    ("DE", r"\b[Gg]mb[Hh]\b|\bGMBH\b", 0.84),
    ("US", r"\bL\.?L\.?C\b", 0.89),
)
"""Area, form, and how many of the texts with the form and a country name that area; measured
on the development half of the paper lists where ten texts or more have the form, else typical."""


_REMEMBERED_TEXTS: Final = 2**14
"""What is asked is one segment, or what stands beside a name: most recur in many texts."""


class Hint(NamedTuple):
    """An area, and the share of texts with such words that are of it."""

    area: str
    share: float


def find_hints(text: str) -> list[Hint]:
    """What the words and the legal form of a text hint at, the surest first."""
    found: dict[str, float] = {}
    for area, share in _list_phrases(text, "words"):
        found[area] = max(share, found.get(area, 0.0))
    hint = hint_of_legal_form(text)
    if hint is not None:
        found[hint.area] = max(hint.share, found.get(hint.area, 0.0))
    return sorted((Hint(a, s) for a, s in found.items()), key=lambda h: (-h.share, h.area))


def find_site(text: str) -> str | None:
    """The country of a site whose name names no place of it (`CMU Africa`); null for others."""
    return next((hint.area for hint in _list_phrases(text, "site")), None)


@lru_cache(maxsize=_REMEMBERED_TEXTS)
def hint_of_legal_form(text: str) -> Hint | None:
    """The country that a company's legal form points to; null for forms of many countries."""
    for match in _legal_pattern().finditer(text):
        area, _, share = _LEGAL_FORMS[int(str(match.lastgroup)[1:])]
        return Hint(area, share)
    return None


@lru_cache(maxsize=_REMEMBERED_TEXTS)
def _list_phrases(text: str, kind: str) -> tuple[Hint, ...]:
    """The hints of the phrases of one kind that a text holds, in its order."""
    phrases, longest = _read_phrases(kind)
    words = raw_words(text)
    found: list[Hint] = []
    for start, word in enumerate(words):
        for size in range(1, longest.get(word, 0) + 1):
            found.extend(phrases.get(" ".join(words[start : start + size]), ()))
    return tuple(found)


@lru_cache(maxsize=2)
def _read_phrases(kind: str) -> tuple[dict[str, tuple[Hint, ...]], dict[str, int]]:
    """Phrase → hints, and first word → words of the longest phrase that begins with it."""
    phrases: dict[str, tuple[Hint, ...]] = {}
    longest: dict[str, int] = {}
    for row in read_overlay("place_hints.csv"):
        if row["kind"] != kind:
            continue
        share = float(row["share"])
        for phrase in row["phrases"].split("|"):
            hints = tuple(Hint(area, share) for area in row["country"].split("|"))
            phrases[phrase] = phrases.get(phrase, ()) + hints
            first, size = phrase.split(" ", 1)[0], len(phrase.split())
            longest[first] = max(size, longest.get(first, 0))
    return phrases, longest


@lru_cache(maxsize=1)
def _legal_pattern() -> re.Pattern[str]:
    return re.compile("|".join(f"(?P<f{i}>{form})" for i, (_, form, _) in enumerate(_LEGAL_FORMS)))
