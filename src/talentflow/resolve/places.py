"""Which country does an affiliation text name, and how plainly?

Hong Kong, Macao, Taiwan and Puerto Rico are answered as themselves, also where the text adds
China or USA after them.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Final, NamedTuple

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
    "EG IR HK MO DZ UA BG HR SK LT LV QA AE PK BD LK PH KE UY CL CY JO TN MX"
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
_DIGIT: Final = re.compile(r"\d")
_NUMBER: Final = re.compile(r"(?:\b|^)(?:[A-Z]{1,3}-)?\d[\d\s-]*(?:\b|$)")
_GLUED_MARK: Final = re.compile(r"(?<=[^\W\d_]{3})\d{1,2}(?=\W|$)")
"""A footnote's number that a crawl left on a word: `Montréal2`."""
_REMEMBERED_SEGMENTS: Final = 2**16
_SUFFIX_WORDS: Final = 4
_WEAK_CITY_MIN: Final = 4
"""How often a city must have been seen before it tells a country inside a name."""
_ACRONYM_CHARS: Final = 5
_NOT_COUNTRIES: Final = word_set("island polen")
"""Names of countries in other languages that are words in English."""
_NOT_CITIES: Final = word_set(
    "agri armenia as baden bath beverly canterbury columbia commerce darlington david delta "
    "enterprise eureka field franklin hope independence kettering lebanon maia mans media "
    "middlesex mobile nanyang naval newton nice norfolk normal novi oral orange panama prior "
    "reading rousse sandwich split terrace toyota tours victor vista wa wales york young lincoln "
    "washington george madison marion florence sidney"
)
"""Cities whose names are words, parts of other names or persons' names more often."""
_NOUNS: Final = word_set("media commerce enterprise mobile reading")
"""Those that close the name of a unit: `Center for Future Media`."""
_INSTITUTES: Final = word_set("mila")
"""Cities that affiliations of this field never mean: an institute has the name."""


class PlaceWord(NamedTuple):
    """A place named by one segment of a text.

    `level`: 3 country word, 2 state or postal code, 1 city; `alone`: nothing else stands in
    the segment. `areas` has several members where the name means several places.
    """

    segment: int
    level: int
    areas: tuple[str, ...]
    name: str
    alone: bool


@dataclass(frozen=True, eq=False)
class PlaceIndex:
    """Names of places → areas, keys as `normalise` returns them. Two are never equal, so that
    what they say of a segment can be remembered."""

    countries: dict[str, tuple[str, ...]]
    states: dict[str, tuple[str, ...]]
    state_codes: dict[str, str]
    cities: dict[str, tuple[str, ...]]
    city_names: dict[str, str]
    wide: dict[str, tuple[int, tuple[str, ...]]] = field(default_factory=dict)
    code_areas: dict[str, tuple[str, ...]] = field(default_factory=dict)
    """Code of a state → areas it may mean, that of the state first."""
    city_counts: dict[str, dict[str, int]] = field(default_factory=dict)
    """City → area → organizations seated there and texts that name it."""
    first_words: frozenset[str] = frozenset()
    """First words of all these names."""

    def is_place(self, key: str) -> bool:
        """Whether a key names a country, state or city."""
        return key in self.countries or key in self.states or key in self.cities

    def city_areas(self, key: str) -> tuple[str, ...]:
        """Areas that have a city of this name; empty where none is known."""
        return self.cities.get(key, ())

    def is_city_of(self, key: str, area: str) -> bool:
        """Whether an area has a city of this name, be it the rarer meaning."""
        return area in self.city_counts.get(key, ()) or area in self.cities.get(key, ())


def build_places(cities: Iterable[tuple[str, str]]) -> PlaceIndex:
    """The index of country words, states, and the given (city, country) pairs.

    One pair is given per organization seated there, so that a name that several countries
    share goes to the one where nearly all of its organizations are, or to none.
    """
    counts, city_names = _count_cities(cities)
    city_areas = {
        key: _read_counts(counted) for key, counted in counts.items() if key not in _INSTITUTES
    }
    countries: dict[str, tuple[str, ...]] = {}
    for language, name, code in _cldr_names():
        key = normalise(name)
        if key in _NOT_COUNTRIES:
            continue
        if language == "en" or code in counts.get(key, (code,)):  # not Salvador, nor Norfolk
            countries[key] = (code,)
    states: dict[str, tuple[str, ...]] = {}
    state_codes: dict[str, str] = {}
    code_areas: dict[str, tuple[str, ...]] = {}
    for row in read_overlay("places.csv"):
        areas = tuple(row["country"].split("|"))
        for name in row["names"].split("|"):
            key = normalise(name)
            if row["kind"] == "country":
                countries[key] = areas
            elif row["kind"] == "city":
                city_areas[key] = areas
                if countries.get(key, areas) != areas:
                    del countries[key]
                city_names[key] = city_names.get(key, name)
            elif len(name) == 2 and name.isupper():
                state_codes.setdefault(name, areas[0])
                code_areas[name] = (*code_areas.get(name, ()), *areas)
            else:
                states[key] = areas
                countries.pop(key, None)
    wide = {
        key: (level, areas)
        for level, names in ((1, city_areas), (3, countries))
        for key, areas in names.items()
        if is_wide(key) and len(key) > 1
    }
    first_words = {
        key.split(" ", 1)[0] for names in (countries, states, city_areas) for key in names
    }
    return PlaceIndex(
        countries,
        states,
        state_codes,
        city_areas,
        city_names,
        wide,
        code_areas,
        counts,
        frozenset(first_words),
    )


def find_places(segments: Sequence[str], places: PlaceIndex) -> list[PlaceWord]:
    """The place words of a text that was cut into segments, in the order of the text."""
    found: list[PlaceWord] = []
    for position, segment in enumerate(segments):
        if segment in _COUNTRY_CODES and segment not in places.state_codes:
            if 0 < position == len(segments) - 1:
                found.append(PlaceWord(position, 2, (segment,), segment, True))
            continue
        read = _read_segment(segment, places)
        found.extend([word._replace(segment=position) for word in read] if position else read)
    return _settle(found, segments, places) if len(segments) > 1 else found


@lru_cache(maxsize=_REMEMBERED_SEGMENTS)
def _read_segment(segment: str, places: PlaceIndex) -> tuple[PlaceWord, ...]:
    """The place words of a segment, as if it were the first; most occur in many texts."""
    return tuple(_find_in_segment(0, segment, places))


def bare_place(segment: str) -> str:
    """A segment without postal codes and footnote numbers."""
    return _NUMBER.sub(" ", _GLUED_MARK.sub("", segment)).strip()


def area_of_domain(domain: str) -> str | None:
    """The country of a domain's ending; null for generic endings and malformed domains."""
    labels = domain.split(".")
    tld = labels[-1]
    if len(labels) < 2 or len(tld) != 2 or tld in _GENERIC_TLDS or len(labels[-2]) < 2:
        return None
    area = _TLD_AREA.get(tld, tld.upper())
    return area if area in AREA_INDEX else None


def _settle(found: list[PlaceWord], segments: Sequence[str], places: PlaceIndex) -> list[PlaceWord]:
    """The place words once those beside each other have been read together.

    A code after a city is one of that city's country (`Perth, WA`); where no such city is
    known there, either may be meant (`Cassino, FR`, a province; `Venice, CA`); one that opens
    the text is a department (`MS, X University`). Capitals in brackets are a name (`LIMA`), not a
    city, unless another word is of the same country.
    """
    settled: list[PlaceWord] = []
    for word in found:
        before = settled[-1] if settled else None
        if word.level == 2 and word.alone and len(word.name) == 2 and word.name.isupper():
            if word.segment == 0:
                continue
            if before is not None and before.level == 1 and before.segment == word.segment - 1:
                cities = places.city_counts.get(normalise(before.name), {})
                areas = tuple(a for a in word.areas if a in cities or a in before.areas)
                if areas:
                    word = word._replace(areas=areas)  # noqa: PLW2901
                elif len(before.areas) == 1 and not any(map(str.isdigit, segments[word.segment])):
                    word = word._replace(areas=(*before.areas, *word.areas))  # noqa: PLW2901
        elif word.level == 1 and word.alone and is_acronym(segments[word.segment]):
            others = {a for w in found if w is not word for a in w.areas}
            if others.isdisjoint(word.areas) and not all(s.isupper() for s in segments):
                continue
        settled.append(word)
    return settled


def is_acronym(segment: str) -> bool:
    """Whether a segment is a few capitals, which are a name's initials more often than a city."""
    return len(segment) <= _ACRONYM_CHARS and segment.isupper() and segment.isascii()


def _cldr_names() -> Iterator[tuple[str, str, str]]:
    """(language, name, code) of each country."""
    from babel import Locale

    for language in sorted(_LANGUAGES, key=lambda x: x != "en"):
        for code, name in Locale.parse(language).territories.items():
            if code in AREA_INDEX and (len(name) > 3 or is_wide(name)):
                short = re.sub(r"\s*\(.*\)", "", name) if language != "en" else name
                yield language, short, code


def _count_cities(
    cities: Iterable[tuple[str, str]],
) -> tuple[dict[str, dict[str, int]], dict[str, str]]:
    counts: dict[str, dict[str, int]] = {}
    names: dict[str, str] = {}
    keys: dict[str, str] = {}
    for city, country in cities:
        key = keys.get(city)
        if key is None:
            key = keys[city] = normalise(city)
        if len(key) > 2 or is_wide(key):
            counted = counts.setdefault(key, {})
            counted[country] = counted.get(country, 0) + 1
            names.setdefault(key, city)
    for row in read_overlay("cities.csv"):
        key = normalise(row["name"])
        counted = counts.setdefault(key, {})
        counted[row["country"]] = counted.get(row["country"], 0) + int(row["texts"])
        names.setdefault(key, row["name"])
    return counts, names


def _read_counts(counted: dict[str, int]) -> tuple[str, ...]:
    """The areas that a city's name means: one where it has nearly all the counts, else all."""
    total = sum(counted.values())
    top = max(counted, key=counted.__getitem__)
    if total < _CITY_MIN_ORGANIZATIONS:
        return (*counted, "")  # seen once: never decides alone
    if counted[top] / total >= _CITY_MIN_SHARE:
        return (top,)
    return tuple(sorted(counted, key=lambda a: (-counted[a], a)))


def _find_in_segment(position: int, segment: str, places: PlaceIndex) -> Iterator[PlaceWord]:
    if is_wide(segment):
        yield from _find_wide(position, segment, places)
        return
    if _DIGIT.search(segment):
        segment = _GLUED_MARK.sub("", segment)
        yield from _find_postal(position, segment)
        with_code = _STATE_CODE.search(segment)
        bare = _NUMBER.sub(" ", segment).strip()
    else:
        with_code = _STATE_CODE.search(segment) if len(segment) < 40 else None
        bare = segment
    if with_code and with_code[1] in places.state_codes:
        alone = not with_code[2] and not segment[: with_code.start()].strip()
        city = segment[: with_code.start()]
        areas = _read_code(with_code[1], bool(with_code[2]), city, places)
        if areas:
            yield PlaceWord(position, 2, areas, with_code[1], alone)
            yield from _find_suffix(position, city, places)
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
        if word is None or (word.level == 1 and tail in _NOUNS):
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


def _read_code(code: str, zipped: bool, before: str, places: PlaceIndex) -> tuple[str, ...]:
    """Areas that a state's code may mean after the words before it in its segment; none where
    these end in no city and no ZIP code follows, or where the city is elsewhere."""
    areas = places.code_areas[code]
    if code in AREA_INDEX and code not in areas and not zipped:
        areas = (*areas, code)  # CA, DE, IN: a state's code or a country's
    words = normalise(before).split()
    if not words:
        return areas
    for size in (3, 2, 1):
        counted = places.city_counts.get(" ".join(words[-size:])) if size <= len(words) else None
        if counted:
            return tuple(a for a in areas if a in counted) or areas[:zipped]
    return areas[:zipped]


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


def find_weak_places(
    words: Sequence[str], places: PlaceIndex, *, demonyms: bool = True
) -> str | None:
    """The one area that place names or nationalities inside a name point to, or null.

    `Beijing Institute of X` and `Korean Institute of Y` tell a country although they name no
    place of their own; a text that points to several areas tells none.
    """
    found: set[str] = set()
    skip = 0
    for start, word in enumerate(words):
        first = word.rstrip("0123456789")
        if start < skip or (first not in places.first_words and first not in _DEMONYMS):
            continue
        for size in (3, 2, 1):
            areas = weak_areas(words[start : start + size], places, demonyms=demonyms)
            if areas:
                if len(areas) == 1:
                    found.add(areas[0])
                skip = start + size
                break
    return one_area(found)


def weak_areas(
    words: Sequence[str], places: PlaceIndex, *, demonyms: bool = True
) -> tuple[str, ...]:
    """Areas that these words mean as one name inside a longer one; empty where none."""
    key = " ".join(words).rstrip("0123456789")
    if len(key) < 3:
        return ()
    areas = places.states.get(key) or (places.countries.get(key) if len(key) > 3 else None)
    if areas:
        return areas
    areas = places.cities.get(key, ()) if len(key) > 3 else ()
    if areas:
        rare = sum(places.city_counts.get(key, {"": _WEAK_CITY_MIN}).values()) < _WEAK_CITY_MIN
        if len(words) == 1 and (key in _NOT_CITIES or rare):
            return ()
        return areas
    return (_DEMONYMS[key],) if demonyms and key in _DEMONYMS else ()


def one_area(found: set[str]) -> str | None:
    """The one area among those found, HK, MO, TW and PR before CN and US; null for several.

    Two of CN's (`Guangdong-Hong Kong-Macao Laboratory`) are CN.
    """
    folded = {PARENT_AREA.get(a, a) for a in found}
    if len(folded) != 1:
        return None
    own = {a for a in found if a in PARENT_AREA}
    return own.pop() if len(own) == 1 else folded.pop()
