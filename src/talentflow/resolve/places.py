"""Which country does an affiliation text name, and how plainly?

Hong Kong, Macao, Taiwan and Puerto Rico are answered as themselves, also where the text adds
China or USA after them.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Final

from talentflow.core.areas import AREA_INDEX
from talentflow.resolve.normalise import is_wide, normalise, raw_words, word_set
from talentflow.resolve.overlays import read_overlay

PARENT_AREA: Final = {"HK": "CN", "MO": "CN", "TW": "CN", "PR": "US"}
"""Areas with a code of their own that texts often file under another."""

_LANGUAGES: Final = sorted(
    word_set("en ko ja zh zh_Hant de fr es it pt nl pl tr ru sv da nb fi cs hu vi")
)
_GENERIC_TLDS: Final = word_set("ai io me tv co cc ws fm ly to sh st gg su eu ac im nu")
_TLD_AREA: Final = {"uk": "GB"}
_COUNTRY_CODES: Final = word_set(
    "KR JP CN TW SG CH FR IT ES BE SE NO DK FI AT PT GR PL CZ HU RO IE TR RU BR AU NZ TH VN MY ZA "
    "EG IR"
)
"""Codes that close an address; others are states, provinces or initials more often."""
_CITY_MIN_SHARE: Final = 0.85
_CITY_MIN_ORGANIZATIONS: Final = 2
_POSTAL: Final = (
    (re.compile(r"\b[A-Z]{1,2}\d[A-Z\d]? ?\d[A-Z]{2}\b"), "GB"),
    (re.compile(r"\b[ABCEGHJ-NPR-TVXY]\d[A-Z][ -]?\d[A-Z]\d\b"), "CA"),
)
_POSTAL_PREFIX: Final = re.compile(
    r"\b(CH|D|DE|F|FR|A|AT|I|IT|NL|DK|SE|B|ES|PT|PL|CZ|FI)-\d{4,5}\b"
)
_PREFIX_AREA: Final = {"D": "DE", "F": "FR", "A": "AT", "I": "IT", "B": "BE"}
_STATE_CODE: Final = re.compile(r"(?:^|[\s,])([A-Z]{2})\.?(?:\s+(\d{5})(?:[-–]\d{4})?)?\s*$")
_NUMBER: Final = re.compile(r"(?:\b|^)(?:[A-Z]{1,3}-)?\d[\d\s-]*(?:\b|$)")
_SUFFIX_WORDS: Final = 4


@dataclass(frozen=True)
class PlaceWord:
    """A place named by one segment of a text.

    `level`: 3 country word, 2 state or postal code, 1 city; `alone`: nothing else stands in
    the segment. `areas` has several members where the name means several places.
    """

    segment: int
    level: int
    areas: tuple[str, ...]
    name: str
    alone: bool


@dataclass(frozen=True)
class PlaceIndex:
    """Names of places → areas, keys as `normalise` returns them."""

    countries: dict[str, tuple[str, ...]]
    states: dict[str, tuple[str, ...]]
    state_codes: dict[str, str]
    cities: dict[str, tuple[str, ...]]
    city_names: dict[str, str]
    wide: dict[str, tuple[int, tuple[str, ...]]] = field(default_factory=dict)

    def is_place(self, key: str) -> bool:
        """Whether a key names a country, state or city."""
        return key in self.countries or key in self.states or key in self.cities

    def city_areas(self, key: str) -> tuple[str, ...]:
        """Areas that have a city of this name; empty where none is known."""
        return self.cities.get(key, ())


def build_places(cities: Iterable[tuple[str, str]]) -> PlaceIndex:
    """The index of country words, states, and the given (city, country) pairs.

    One pair is given per organization seated there, so that a name that several countries
    share goes to the one where nearly all of its organizations are, or to none.
    """
    countries: dict[str, tuple[str, ...]] = {}
    for name, code in _cldr_names():
        countries[normalise(name)] = (code,)
    states: dict[str, tuple[str, ...]] = {}
    state_codes: dict[str, str] = {}
    city_areas, city_names = _count_cities(cities)
    for row in read_overlay("places.csv"):
        areas = tuple(row["country"].split("|"))
        for name in row["names"].split("|"):
            key = normalise(name)
            if row["kind"] == "country":
                countries[key] = areas
            elif row["kind"] == "city":
                city_areas[key] = areas
                city_names[key] = city_names.get(key, name)
            elif len(name) == 2 and name.isupper():
                state_codes[name] = areas[0]
            else:
                states[key] = areas
                countries.pop(key, None)
    wide = {
        key: (level, areas)
        for level, names in ((1, city_areas), (3, countries))
        for key, areas in names.items()
        if is_wide(key) and len(key) > 1
    }
    return PlaceIndex(countries, states, state_codes, city_areas, city_names, wide)


def find_places(segments: Sequence[str], places: PlaceIndex) -> list[PlaceWord]:
    """The place words of a text that was cut into segments, in the order of the text."""
    found: list[PlaceWord] = []
    for position, segment in enumerate(segments):
        if segment in _COUNTRY_CODES:
            if 0 < position == len(segments) - 1:
                found.append(PlaceWord(position, 2, (segment,), segment, True))
            continue
        found.extend(_find_in_segment(position, segment, places))
    return found


def area_of_domain(domain: str) -> str | None:
    """The country of a domain's ending; null for generic endings and malformed domains."""
    labels = domain.split(".")
    tld = labels[-1]
    if len(labels) < 2 or len(tld) != 2 or tld in _GENERIC_TLDS or len(labels[-2]) < 2:
        return None
    area = _TLD_AREA.get(tld, tld.upper())
    return area if area in AREA_INDEX else None


def _cldr_names() -> Iterator[tuple[str, str]]:
    from babel import Locale

    for language in _LANGUAGES:
        for code, name in Locale.parse(language).territories.items():
            if code in AREA_INDEX and (len(name) > 3 or is_wide(name)):
                yield re.sub(r"\s*\(.*\)", "", name) if language != "en" else name, code


def _count_cities(
    cities: Iterable[tuple[str, str]],
) -> tuple[dict[str, tuple[str, ...]], dict[str, str]]:
    counts: dict[str, Counter[str]] = {}
    names: dict[str, str] = {}
    keys: dict[str, str] = {}
    for city, country in cities:
        key = keys.get(city)
        if key is None:
            key = keys[city] = normalise(city)
        if key:
            counts.setdefault(key, Counter())[country] += 1
            names.setdefault(key, city)
    areas: dict[str, tuple[str, ...]] = {}
    for key, counted in counts.items():
        total = counted.total()
        top, n = counted.most_common(1)[0]
        if total >= _CITY_MIN_ORGANIZATIONS and n / total >= _CITY_MIN_SHARE:
            areas[key] = (top,)
        else:
            areas[key] = tuple(area for area, _ in counted.most_common())
            if total < _CITY_MIN_ORGANIZATIONS:
                areas[key] = (*areas[key], "")  # seen once: never decides alone
    return areas, names


def _find_in_segment(position: int, segment: str, places: PlaceIndex) -> Iterator[PlaceWord]:
    if is_wide(segment):
        yield from _find_wide(position, segment, places)
        return
    if any(c.isdigit() for c in segment):
        yield from _find_postal(position, segment)
        with_code = _STATE_CODE.search(segment)
        bare = _NUMBER.sub(" ", segment).strip()
    else:
        with_code = _STATE_CODE.search(segment) if len(segment) < 40 else None
        bare = segment
    if with_code and with_code[1] in places.state_codes:
        alone = not segment[: with_code.start()].strip()
        if alone or with_code[2] or _names_city(segment[: with_code.start()], places):
            areas: tuple[str, ...] = (places.state_codes[with_code[1]],)
            if alone and not with_code[2] and with_code[1] in AREA_INDEX:
                areas = (*areas, with_code[1])  # CA, DE, IN: a state's code or a country's
            yield PlaceWord(position, 2, areas, with_code[1], alone)
            yield from _find_suffix(position, segment[: with_code.start()], places)
            return
    yield from _find_suffix(position, bare, places)


def _find_suffix(position: int, text: str, places: PlaceIndex) -> Iterator[PlaceWord]:
    """The place that fills the segment or stands at its end, and the one before that."""
    key = normalise(text)
    if not key:
        return
    word = _look_up(position, key, True, places)
    if word:
        yield word
        return
    raw = raw_words(text)
    words = key.split()
    for n in range(min(_SUFFIX_WORDS, len(words) - 1), 0, -1):
        tail = " ".join(words[-n:])
        word = _look_up(position, tail, False, places)
        if word is None:
            continue
        if _is_joined(raw, words[-n]):
            return
        rest = " ".join(words[:-n])
        if word.level == 2 and not places.is_place(rest):
            return
        if word.level > 1:
            yield from _find_suffix(position, rest, places)
        yield word
        return


def _look_up(position: int, key: str, alone: bool, places: PlaceIndex) -> PlaceWord | None:
    for level, names in ((3, places.countries), (2, places.states), (1, places.cities)):
        areas = names.get(key)
        if areas and (alone or level > 1 or len(areas) == 1):
            name = places.city_names.get(key, key) if level == 1 else key
            return PlaceWord(position, level, areas, name, alone)
    return None


def _is_joined(raw: list[str], word: str) -> bool:
    """Whether `of`, `in` or the like stands before the last occurrence of `word`."""
    for index in range(len(raw) - 1, 0, -1):
        if raw[index] == word or raw[index].startswith(word):
            before = raw[index - 1]
            if before == "the" and index > 1:
                before = raw[index - 2]
            return before in ("of", "de", "for", "di", "do", "da", "und", "and", "von", "del")
    return False


def _names_city(text: str, places: PlaceIndex) -> bool:
    words = normalise(text).split()
    return any(" ".join(words[-n:]) in places.cities for n in (1, 2, 3) if n <= len(words))


def _find_postal(position: int, segment: str) -> Iterator[PlaceWord]:
    prefix = _POSTAL_PREFIX.search(segment)
    if prefix:
        yield PlaceWord(position, 2, (_PREFIX_AREA.get(prefix[1], prefix[1]),), prefix[0], False)
        return
    for pattern, area in _POSTAL:
        match = pattern.search(segment)
        if match:
            yield PlaceWord(position, 2, (area,), match[0], False)
            return


def _find_wide(position: int, segment: str, places: PlaceIndex) -> Iterator[PlaceWord]:
    """Places at the start or the end of each run of Han, Hangul or kana."""
    for word in raw_words(segment):
        for size in range(min(len(word), 8), 1, -1):
            for piece in (word[:size], word[-size:]):
                if piece in places.wide:
                    level, areas = places.wide[piece]
                    yield PlaceWord(position, level, areas, piece, piece == word)
                    return


_DEMONYMS: Final = {
    word: area
    for area, words in {
        "CN": "chinese",
        "KR": "korean",
        "JP": "japanese",
        "IN": "indian",
        "DE": "german deutsche deutsches",
        "FR": "french francais",
        "IT": "italian italiano",
        "CH": "swiss",
        "RU": "russian",
        "CA": "canadian",
        "AU": "australian",
        "NL": "dutch",
        "ES": "spanish",
        "PL": "polish",
        "TW": "taiwanese",
        "IL": "israeli",
        "BR": "brazilian",
        "TR": "turkish",
        "SE": "swedish",
        "NO": "norwegian",
        "FI": "finnish",
        "DK": "danish",
        "AT": "austrian",
        "HU": "hungarian",
        "VN": "vietnamese",
        "IR": "iranian",
        "EG": "egyptian",
    }.items()
    for word in words.split()
}


def find_weak_places(words: Sequence[str], places: PlaceIndex) -> str | None:
    """The one area that place names or nationalities inside a name point to, or null.

    `Beijing Institute of X` and `Korean Institute of Y` tell a country although they name no
    place of their own; a text that points to several areas tells none.
    """
    found: set[str] = set()
    skip = 0
    for start in range(len(words)):
        if start < skip:
            continue
        for size in (3, 2, 1):
            key = " ".join(words[start : start + size])
            areas = places.countries.get(key) or places.states.get(key) or places.cities.get(key)
            if areas is None and size == 1 and key in _DEMONYMS:
                areas = (_DEMONYMS[key],)
            if areas and (size > 1 or len(key) > 3):
                if len(areas) == 1:
                    found.add(areas[0])
                skip = start + size
                break
    folded = {PARENT_AREA.get(a, a) for a in found}
    if len(folded) != 1:
        return None
    own = [a for a in found if a in PARENT_AREA]
    return own[0] if own else found.pop()
