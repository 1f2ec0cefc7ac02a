"""When do two spellings of an organization or place say the same words?

One function decides it for registry names and for affiliation texts alike; changing what it
returns means raising `NORMALISER_VERSION`.
"""

from __future__ import annotations

import html
import re
import unicodedata
from functools import lru_cache
from typing import Final, NamedTuple

NORMALISER_VERSION: Final = 3


def word_set(text: str) -> frozenset[str]:
    """The words of a list written in one string."""
    return frozenset(text.split())


STOP_WORDS: Final = word_set(
    "the of for at in on and de la le les du des d l del della delle dello degli di do da dos das "
    "der die das dem den el los las y e et und für fur van voor het te i en og och studi "
    "inc ltd llc gmbh corp corporation limited incorporated plc pvt pte"
)
"""Words that spellings drop or exchange freely."""

JOINING_WORDS: Final = word_set(
    "of for and in de du des del della di do da der für fur y e et und van"
)
"""Stop words that tie what follows to what stands before."""

_EXPANSIONS: Final = {
    "university": "univ uni universidad universidade universita universitat universite universitet "
    "universitetet universiteit universiti universitas univerzita univerzitet uniwersytet "
    "universitesi univercity universtiy univeristy unversity universitaet univesity univerisity "
    "universtitat universtity universiy univerity rijksuniversiteit",
    "institute": "inst instit institut instituto istituto institutes instytut",
    "national": "natl nat nacional nazionale nationale",
    "international": "intl internat int",
    "department": "dept dep dpt departamento departement dipartimento departments",
    "laboratory": "lab labs laboratories laboratorio laboratoire",
    "center": "centre ctr cent centro centrum centers centres zentrum",
    "school": "sch",
    "college": "coll",
    "academy": "acad academia accademia academie",
    "hospital": "hosp",
    "science": "sci sciences",
    "technology": "tech technol technologies tecnologia technologia technologie tecnologias",
    "technological": "tecnologico tecnologica",
    "technical": "technische tecnica technique",
    "engineering": "eng engg engn engrg engr",
    "computer": "comput computing computation comp",
    "information": "informat info inform",
    "communication": "commun communications",
    "telecommunication": "telecommun telecommunications telecom telecomunicaciones",
    "polytechnic": "polytech",
    "mathematics": "math maths mathematical",
    "medical": "med medicine medicina medecine medizin",
    "research": "res recherche",
    "development": "dev",
    "electrical": "elec elect electr",
    "electronic": "electron electronics",
    "mechanical": "mech",
    "agricultural": "agric agr",
    "aeronautics": "aeronaut",
    "astronautics": "astronaut",
    "posts": "post",
    "system": "systems syst",
    "statistics": "stat statist",
    "intelligence": "intell",
    "federal": "fed",
    "foundation": "fdn",
    "saint": "st",
    "mount": "mt",
    "studies": "stud",
    "sociales": "social",
    "group": "grp groups",
    "company": "companies",
    "2": "ii",
    "3": "iii",
    "4": "iv",
    "6": "vi",
    "7": "vii",
    "8": "viii",
    "9": "ix",
    "11": "xi",
    "12": "xii",
    "13": "xiii",
}
_EXPANSION: Final = {
    short: word for word, shorts in _EXPANSIONS.items() for short in word_set(shorts)
}
_JOINED: Final = {("jiao", "tong"): "jiaotong", ("chiao", "tung"): "chiaotung"} | {
    ("yat", "sen"): "yatsen"
}
_JOINED_FIRST: Final = frozenset(first for first, _ in _JOINED)

_NUMBERED_NAMES: Final = "(?!Paradigm|dot\\b)"
_FOOTNOTES: Final = re.compile(
    r"(?:^|(?<=[,;|]))(?:[†‡*§¶♢♦♯#^~$∗⋆★\s]*\d{0,2}[†‡*§¶♢♦♯#^$∗⋆★]*)"
    + _NUMBERED_NAMES
    + r"(?=[A-Z][a-zA-Z])"
)
_TRAILING_MARKS: Final = re.compile(r"[†‡*§¶♢♦♯∗⋆★]+")
_FLOATING_ACCENT: Final = re.compile(r"\s?[´¨`ˆ˜¸˚ˇ]\s?(?=[A-Za-zı])|(?<=[A-Za-z])[´¨ˆ˜¸˚ˇ]")
_TEX_ACCENT: Final = re.compile(r"\\[\"'`^~=.uvHckrtbd]\s*\{?\\?([A-Za-z])\}?")
_BROKEN_WORD: Final = re.compile(r"(?<=[a-z]{2})- (?!and\b|or\b|und\b|et\b|e\b|y\b)(?=[a-z]{2})")
_DOTTED: Final = re.compile(r"\b(?:[a-z]\. ?){2,}(?:[a-z]\b)?")
_WRITTEN_MARKS: Final = re.compile(r"#(?:TAB|N|R)#")
_DIGIT: Final = re.compile(r"\d")
_MARK_BEFORE_UNIT: Final = re.compile(
    r"(?<=[a-zA-Z])\s\d{1,2}\s+(?=(?:Department|Dept|Division|Faculty|School|Institute|Laboratory|"
    r"Cent(?:er|re)|College|Graduate|Program|Unit)\b)"
)
_GLUED_MARK: Final = re.compile(r"(?<=[a-z]{4})\d{1,2}(?=\s*(?:[,;&]|and\b|$))")
_MARK_BEFORE_COMMA: Final = re.compile(r"(?<=[a-zA-Z])\s\d{1,2}\s+(?=,)")


class _Letters(dict[int, "int | str"]):
    """Code points → what is written for them; itself for all not listed, which translating
    text would else look up in vain at every occurrence."""

    def __missing__(self, code: int) -> int:
        self[code] = code
        return code


class _Accents(dict[int, "int | None"]):
    """Code points → themselves; nothing for those that only mark the letter before."""

    def __missing__(self, code: int) -> int | None:
        self[code] = kept = None if unicodedata.combining(chr(code)) else code
        return kept


_PLAIN_LETTERS: Final = dict.fromkeys("'’‘`´ʼ′", "") | {
    "ø": "o", "đ": "d", "ł": "l", "æ": "ae", "œ": "oe", "ı": "i", "ð": "d", "þ": "th", "ħ": "h"
}  # fmt: skip
_LETTERS: Final = _Letters({ord(letter): plain for letter, plain in _PLAIN_LETTERS.items()})
_ACCENTS: Final = _Accents()
_ASCII: Final = bytes(c if chr(c).isalnum() else 32 for c in range(128)).lower() + bytes(128)
_ASCII_DROPPED: Final = b"'`"
_WORD: Final = re.compile(r"[^\W_]+")
_WIDE: Final = re.compile(r"[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]")


class Word(NamedTuple):
    """A word that carries meaning. `joiner`: the stop word that joins it to the word before
    it (of, for, and …), or nothing."""

    text: str
    joiner: str


def tidy_text(text: str) -> str:
    """The text as its author meant it: entities, ligatures, loose accents, hyphenation and
    footnote marks undone; case and punctuation kept."""
    if "&" in text:
        text = html.unescape(html.unescape(text))
    if "\\" in text:
        text = _TEX_ACCENT.sub(r"\1", text)
    if not text.isascii():
        text = _FLOATING_ACCENT.sub("", text)
        text = unicodedata.normalize("NFKC", text)
        text = _TRAILING_MARKS.sub(" ", text)
    if "#" in text:
        text = _WRITTEN_MARKS.sub(" ", text)
    if " ," in text:
        text = _MARK_BEFORE_COMMA.sub(" ", text)
    if _DIGIT.search(text):
        text = _MARK_BEFORE_UNIT.sub(", ", text)
        text = _GLUED_MARK.sub("", text)
    if "- " in text:
        text = _BROKEN_WORD.sub("", text)
    return _FOOTNOTES.sub(" ", text).strip()


@lru_cache(maxsize=2**16)
def normalise(text: str) -> str:
    """The key under which a name is looked up; empty where the text holds no word.

    Legal forms, articles and prepositions are left out, abbreviations written out, accents
    and case dropped. Han, Hangul and kana stay as they are. Keys are remembered, as most texts
    hold the same few segments; `normalise_once` is for texts that are all different.
    """
    return normalise_once(text)


def normalise_once(text: str) -> str:
    """What `normalise` returns, without remembering it."""
    words = raw_words(text)
    kept = [_EXPANSION.get(w, w) for w in words if w not in STOP_WORDS]
    if len(kept) > 1 and not _JOINED_FIRST.isdisjoint(kept):
        kept = [word.text for word in _join([Word(w, "") for w in kept])]
    return " ".join(kept or words)


def split_words(text: str) -> list[Word]:
    """The words of `normalise(text)`, each with what stands before it."""
    words: list[Word] = []
    joiner = ""
    for raw in raw_words(text):
        if raw in STOP_WORDS:
            if raw in JOINING_WORDS:
                joiner = raw
            continue
        words.append(Word(_EXPANSION.get(raw, raw), joiner))
        joiner = ""
    if len(words) > 1 and any(w.text in _JOINED_FIRST for w in words):
        words = _join(words)
    return words


def raw_words(text: str) -> list[str]:
    """The words of `text` in lower case without accents, none left out."""
    if text.isascii():
        if "." in text:
            text = _DOTTED.sub(_undot, text.lower())
        return text.encode().translate(_ASCII, _ASCII_DROPPED).decode().split()
    folded = unicodedata.normalize("NFKC", text).casefold().translate(_LETTERS)
    if _WIDE.search(folded) is None:
        folded = _strip_accents(folded)
    if "." in folded:
        folded = _DOTTED.sub(_undot, folded)
    return _WORD.findall(folded)


def is_wide(text: str) -> bool:
    """Whether the text holds Han, Hangul or kana, which are written without spaces."""
    return not text.isascii() and _WIDE.search(text) is not None


def _undot(match: re.Match[str]) -> str:
    return match[0].replace(".", "").replace(" ", "") + " "


def _strip_accents(text: str) -> str:
    return unicodedata.normalize("NFD", text).translate(_ACCENTS)


def _join(words: list[Word]) -> list[Word]:
    joined: list[Word] = []
    for word in words:
        pair = _JOINED.get((joined[-1].text, word.text)) if joined else None
        if pair:
            joined[-1] = Word(pair, joined[-1].joiner)
        else:
            joined.append(word)
    return joined
