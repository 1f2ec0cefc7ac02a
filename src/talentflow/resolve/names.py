"""Which spellings are one name, and which two names could be one person's?

A name is compared by its letters alone: accents, case, hyphens, footnote marks and homonym
numbers (`Wei Li 0001`) are typography. The order is given name first, `Surname, Given` where a
comma says so, and surname first in Han, Hangul and kana.
"""

from __future__ import annotations

import re
import unicodedata
from functools import cached_property
from typing import Final, NamedTuple


class _Parts(NamedTuple):
    given: tuple[str, ...]
    surname: str
    east_asian: bool


class PersonName(_Parts):
    """A name taken apart: `given` as written, one entry per word; `surname` in one word."""

    @cached_property
    def full(self) -> str:
        """The spelling that exact comparison uses: `Kim, Min-Jun` → `minjun kim`, `김 민준` →
        `김민준`; empty when there is no letter in it."""
        given = "".join(self.given)
        return self.surname + given if self.east_asian else f"{given} {self.surname}".strip()

    @cached_property
    def words(self) -> frozenset[str]:
        """Every word, in no order."""
        return frozenset((*self.given, self.surname))

    @property
    def complete(self) -> bool:
        """Whether both a surname and a given name are spelled out, not only initials."""
        shortest = 1 if self.east_asian else 2
        if len(self.surname) < shortest:
            return False
        for word in self.given:  # noqa: SIM110 -- asked of every name, and a generator costs more
            if len(word) >= shortest:
                return True
        return False


def parse_name(text: str) -> PersonName:
    """Take a printed name apart; whatever is not a letter separates or vanishes."""
    if "(" in text:
        text = _ASIDE.sub(" ", text)
    if not text.isascii():
        text = _plain_letters(text)
    if "," in text:
        text = _given_name_first(text)
    words = _words(text)
    if words and not text.isascii() and _EAST_ASIAN.match(words[0]):
        return _split_east_asian(words)
    return _split_western(words)


def could_be_one_person(one: PersonName, other: PersonName) -> bool:
    """Whether two spellings may belong to one person who also carries a common identifier.

    Lenient, since it only has to catch identifiers attached to the wrong person: the same
    surname with a given name, short form or initial in common, the surname written first, or one
    name that leaves out words of the other. Names in different scripts are not held against each
    other.
    """
    if one.full == other.full or one.east_asian != other.east_asian:
        return True
    if one.words <= other.words or other.words <= one.words:
        return True
    if _surname_first(one) == other.full.replace(" ", "") or (
        _surname_first(other) == one.full.replace(" ", "")
    ):
        return True
    return one.surname == other.surname and any(
        mine.startswith(theirs) or theirs.startswith(mine)
        for mine in one.given
        for theirs in other.given
    )


def _surname_first(name: PersonName) -> str:
    return name.surname + "".join(name.given)


_ASIDE: Final = re.compile(r"\([^)]*\)?")
_EAST_ASIAN: Final = re.compile(
    "[\u1100-\u11ff\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af\uf900-\ufaff]"
)
_SUFFIXES: Final = frozenset({"jr", "sr", "ii", "iii", "iv"})
_TITLES: Final = frozenset({"dr", "prof"})
_PARTICLES: Final = frozenset(
    {"van", "von", "der", "den", "de", "del", "della", "dos", "das", "al", "el", "bin", "ibn"}
    | {"ter", "zu", "zur"}
)
_KANA_MARKS: Final = frozenset("\u3099\u309a")
_INSEPARABLE: Final = str.maketrans(
    {"ø": "o", "Ø": "O", "ł": "l", "Ł": "L", "đ": "d", "Đ": "D", "ı": "i", "æ": "ae", "Æ": "AE"}
    | {"œ": "oe", "Œ": "OE", "þ": "th", "Þ": "Th", "ð": "d", "Ð": "D"}
    # Accents that stand alone were torn from their letter by a PDF; apostrophes and hyphens of
    # every shape join what they stand between.
    | dict.fromkeys("´`¨ˆ˜¸˙˚ˇ˝’‘ʼʻ‐‑‒–—−·・\u00ad\u200b\u200c\u200d\ufeff")
)
_SEPARATE: Final = str.maketrans(
    {chr(code): chr(code).lower() if chr(code).isalpha() else " " for code in range(128)}
    | dict.fromkeys("'`-")
)


def _plain_letters(text: str) -> str:
    text = text.translate(_INSEPARABLE)
    marked = unicodedata.normalize("NFKD", text)
    bare = "".join(
        char for char in marked if char in _KANA_MARKS or unicodedata.category(char) != "Mn"
    )
    return unicodedata.normalize("NFC", bare)


def _given_name_first(text: str) -> str:
    """`Kim, Min-Jun` → `Min-Jun Kim`, surname in one word; `Jane Doe, Jr.` → `Jane Doe`."""
    surname, _, rest = text.partition(",")
    given = _words(rest)
    if not given or given[0] in _SUFFIXES:
        return surname
    return f"{' '.join(given)} {''.join(_words(surname))}"


def _words(text: str) -> list[str]:
    if text.isascii():
        words = text.translate(_SEPARATE).split()
    else:
        letters = text.casefold().translate(_SEPARATE)
        words = "".join(char for char in letters if char.isalpha() or char == " ").split()
    if len(words) > 2:
        if words[-1] in _SUFFIXES:
            words.pop()
        if words[0] in _TITLES:
            words.pop(0)
    return words


def _split_western(words: list[str]) -> PersonName:
    start = max(len(words) - 1, 0)
    while start > 1 and words[start - 1] in _PARTICLES:
        start -= 1
    return PersonName(tuple(words[:start]), "".join(words[start:]), False)


def _split_east_asian(words: list[str]) -> PersonName:
    if len(words) == 1:
        words = [words[0][:1], words[0][1:]]
    return PersonName(tuple(word for word in words[1:] if word), words[0], True)
