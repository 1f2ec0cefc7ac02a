"""Which area do the place words that stand with a name mean?"""

from __future__ import annotations

from talentflow.resolve.normalise import normalise
from talentflow.resolve.places import PARENT_AREA, PlaceWord


def pick_place(
    after: list[PlaceWord], seat: str | None, *, unique: bool = True
) -> tuple[str | None, str, str | None]:
    """The area that the place words name, the rule, and the city among them.

    The last country word decides; HK, MO, TW and PR win over CN and US where the text names
    them, or the seat is there and the name `unique`: no other organization has it. A name of
    several places is read as the seat's, where that is among them.
    """
    cities = [p for p in after if p.level == 1]
    city = cities[-1].name if cities else None
    for level, rule in ((3, "country_word"), (2, "place_word"), (1, "place_word")):
        words = [p for p in after if p.level == level and (p.alone or level > 1)]
        if level == 1:
            words = [p for p in words if "" not in p.areas or seat in p.areas]
        areas = [a for p in words if (a := _read_areas(p, after, seat)) is not None]
        if not areas:
            continue
        area = _prefer_own_code(areas[-1], after, seat if unique else None)
        return area, rule, city if _is_city_of(cities, area) else None
    return None, "unknown", None


def places_of_span(places: list[PlaceWord], segment: int, following: int | None) -> list[PlaceWord]:
    """The place words after a name and before the next; those of the whole text where the
    part between names no country."""
    after = [p for p in places if p.segment >= segment]
    if following is not None:
        between = [p for p in after if p.segment < following]
        if any(p.level == 3 for p in between):
            return between
    return after or places


def without_stray_codes(near: list[PlaceWord], seat: str | None) -> list[PlaceWord]:
    """The place words without codes that follow no place and are not of the seat:
    `University of Twente, NB`."""
    named = {p.segment for p in near}
    return [
        p
        for p in near
        if seat in p.areas
        or not (p.level == 2 and p.alone and len(p.name) == 2)
        or p.segment - 1 in named
    ]


def names_home(near: list[PlaceWord], home: str | None, country: str | None) -> str | None:
    """The city named, if it is the organization's own and no state or country says otherwise:
    `Western University, London`."""
    if home is None or country is None or any(p.level > 1 for p in near):
        return None
    own = normalise(home)
    for place in near:
        key = normalise(place.name)
        if key == own or own.startswith(f"{key} "):
            return home
    return None


def is_open(near: list[PlaceWord], area: str) -> bool:
    """Whether only names of several places speak for the area."""
    speaking = [p for p in near if area in p.areas]
    return bool(speaking) and all(len(p.areas) > 1 for p in speaking)


def _read_areas(word: PlaceWord, others: list[PlaceWord], seat: str | None) -> str | None:
    areas = [a for a in word.areas if a]
    if len(areas) == 1:
        return areas[0]
    if seat in areas:
        return seat
    around = {o.areas[0] for o in others if o is not word and len(o.areas) == 1}
    near = [a for a in areas if a in around]
    if near:
        return near[0]
    is_code = word.level == 2 and len(word.name) == 2
    unseated = word.level == 2 and seat is None
    return areas[0] if (is_code or unseated) and "" not in word.areas else None


def _prefer_own_code(area: str, words: list[PlaceWord], seat: str | None) -> str:
    """HK, MO, TW or PR where the text names one of them beside CN or US, or is seated there
    and names no other place of the larger one."""
    named = {a for p in words for a in p.areas if PARENT_AREA.get(a) == area}
    inland = any(p.areas == (area,) and p.level < 3 for p in words)
    if len(named) == 1 and not inland:
        return named.pop()
    if seat is not None and PARENT_AREA.get(seat) == area and not inland:
        return seat
    return area


def _is_city_of(cities: list[PlaceWord], area: str) -> bool:
    return bool(cities) and area in cities[-1].areas
