"""In which country and city is the site that an affiliation names?

The campus or branch named decides, not the seat: a place named with the organization, then
the organization's own site, then the domain. A company without any of these is put at its
seat, which its rule says.
"""

from __future__ import annotations

from typing import Final

from talentflow.core.areas import AREA_INDEX
from talentflow.resolve.candidates import Span
from talentflow.resolve.choose import Choice, Evidence
from talentflow.resolve.normalise import word_set
from talentflow.resolve.places import PARENT_AREA, PlaceWord, area_of_domain, find_weak_places
from talentflow.resolve.registry import Registry

_BRANCH_LABELS: Final = frozenset(AREA_INDEX) - word_set("AI CS ME ML PR SE SI ST TV LA")
"""Countries that companies write before their domain (`jp.x.com`); the rest are departments."""


def locate_choice(
    choice: Choice, following: int | None, evidence: Evidence, registry: Registry
) -> tuple[str | None, str | None, str]:
    """Country, city and what decided the country, of the site named with an organization."""
    organization = choice.organization
    seat, home = registry.countries[organization], registry.cities[organization]
    near = _places_of_span(evidence.places, choice.span.segment, following)
    named, rule, city = pick_place(near, seat)
    if named is not None:
        named_city = city or (home if named == seat else None)
        return named, named_city, rule
    is_company = registry.sectors[organization] == "company"
    if is_company:
        inside = _place_beside(choice.span, evidence, registry)
        if inside is not None and inside != seat:
            return inside, None, "name_word"
        area = _area_of_branch(organization, evidence, registry)
        if area is not None and area != seat:
            return area, None, "domain_suffix"
    if seat is not None:
        return seat, home, "inferred_seat" if is_company else "organization_site"
    area = area_of_domain(evidence.domain) if evidence.domain else None
    return area, None, "domain_suffix" if area else "unknown"


def _place_beside(span: Span, evidence: Evidence, registry: Registry) -> str | None:
    """The area that words beside a company's name point to, as in `Samsung AI Center NYC`."""
    words = evidence.parsed.words
    beside = words[: span.start] + words[span.start + span.size :]
    return find_weak_places(beside, registry.places) if beside else None


def _places_of_span(
    places: list[PlaceWord], segment: int, following: int | None
) -> list[PlaceWord]:
    """The place words after a name and before the next; those of the whole text where the
    part between names no country."""
    after = [p for p in places if p.segment >= segment]
    if following is not None:
        between = [p for p in after if p.segment < following]
        if any(p.level == 3 for p in between):
            return between
    return after or places


def pick_place(after: list[PlaceWord], seat: str | None) -> tuple[str | None, str, str | None]:
    """The area that the place words name, the rule, and the city among them.

    The last country word decides; HK, MO, TW and PR win over
    CN and US; a name of several places is read as the seat's, where that is among them.
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
        area = _prefer_own_code(areas[-1], after, seat)
        return area, rule, city if _is_city_of(cities, area) else None
    return None, "unknown", None


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
    return areas[0] if word.level == 2 and seat is None and "" not in word.areas else None


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


def _area_of_branch(organization: int, evidence: Evidence, registry: Registry) -> str | None:
    """The country of a company's own e-mail domain (`x.co.kr`, `de.x.com`); not of others'."""
    domain = evidence.domain
    if domain is None or registry.is_free_mail(domain):
        return None
    owners = evidence.owners
    family = registry.family_of.get(organization, "")
    if not all(o == organization or registry.family_of.get(o) == family for o in owners):
        return None
    area = area_of_domain(domain)
    if area is not None:
        return area
    labels = domain.split(".")
    branch = labels[-3].upper() if len(labels) > 2 else ""
    return "GB" if branch == "UK" else branch if branch in _BRANCH_LABELS else None
