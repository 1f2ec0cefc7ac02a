"""In which country and city is the site that an affiliation names, and of what sector is it?

The campus or branch named decides, not the seat: a place named with the organization, then
words beside its name, then the organization's own site or, for a company, its mail domain. A
company without any of these is put at its seat, which its rule says. Where no organization is
known, names of places and of institutions, the domain and the language are weighed against
each other.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final, NamedTuple

from talentflow.resolve.candidates import Via
from talentflow.resolve.choose import Choice, Evidence
from talentflow.resolve.kinds import Kind
from talentflow.resolve.place_after import (
    is_open,
    names_home,
    pick_place,
    places_of_span,
    without_stray_codes,
)
from talentflow.resolve.place_beside import (
    Named,
    area_abbreviated,
    area_beside,
    area_of_campus,
    segments_of,
    words_beside,
)
from talentflow.resolve.place_hints import Hint, find_hints, find_site, hint_of_legal_form
from talentflow.resolve.place_mail import (
    area_of_branch,
    area_of_mail,
    areas_of_family,
    is_company,
    is_own_mail,
    is_personal,
    weigh_mail,
)
from talentflow.resolve.place_rules import Signal, country_probability, sector_probability
from talentflow.resolve.place_signals import signals_of_text, weigh
from talentflow.resolve.places import (
    PARENT_AREA,
    area_of_domain,
)
from talentflow.resolve.registry import Registry
from talentflow.resolve.sectors import decide_sector, sector_of_domain

_MAIL: Final = re.compile(r"@((?:[a-z0-9-]+\.)+[a-z]{2,18})\b")
"""An address that a crawl left in the text."""
_SURE_FORM: Final = 0.95
_WEIGHT_OF_CAMPUS: Final = 8.0
_WEIGHT_BESIDE: Final = 3.0
_WEIGHT_BESIDE_LIKE: Final = 4.5
"""Places beside words that are only like a name, or its initials."""

_WEIGHT_OF_KIND: Final = 3.0
_SURE_KIND: Final = 0.98
_WEIGHT_OF_SITE: Final = 5.0
_SURE_NAME: Final = 0.85
"""How probable an organization must be for its site to be as sure as such sites are."""

_SHARE_OF_STRAY_CODE: Final = 0.85
"""Codes of states that follow no place: `Birch Institute, NB`."""


class Location(NamedTuple):
    """Where the site named is and of what sector, each with its own probability.

    Null means not known; a probability is null where its answer is. `country_rule` and
    `sector_rule` tell what decided, see `docs/guide/resolve-places.md`.
    """

    country: str | None = None
    city: str | None = None
    sector: str | None = None
    country_rule: str = "unknown"
    sector_rule: str = "unknown"
    support: str = "alone"
    country_probability: float | None = None
    city_probability: float | None = None
    sector_probability: float | None = None


class _Place(NamedTuple):
    """An area with what decided it, how the rest of the evidence stands to it, and a city."""

    area: str | None
    rule: str
    support: str
    city: str | None = None


def locate_affiliation(
    text: str, named: Sequence[Named], evidence: Evidence, registry: Registry
) -> list[Location]:
    """The location of each organization named, in their order; one location if none is."""
    if not named:
        return [_locate_unnamed(text, evidence, registry)]
    segments = sorted({n.segment for n in named})
    locations = []
    for one in named:
        following = next((s for s in segments if s > one.segment), None)
        place = _locate_named(one, following, evidence, registry)
        if place is None:
            beside = words_beside(one, named, evidence, registry)
            weigh_signs = _locate_company if is_company(one.organization, registry) else _weigh_site
            place = weigh_signs(one, beside, evidence, registry)
        if place.area is None:
            place = _place_by_signals(text, evidence, registry)
        sector = decide_sector(text, one.organization, evidence.domain, registry)
        locations.append(_finish(place, sector))
    return locations


def locate_domain(domain: str | None, registry: Registry) -> Location:
    """The location that a domain alone tells, where there is no text."""
    if domain is None or is_personal(domain):
        return Location()
    owners = registry.find_domain(domain)
    ending = area_of_domain(domain)
    if len(owners) > 1 and ending is not None:
        owners = tuple(o for o in owners if registry.countries[o] == ending) or owners
    countries = {registry.countries[o] for o in owners}
    shared = countries.pop() if len(countries) == 1 else None
    owner = owners[0] if len(owners) == 1 else None
    of_company = owner is not None and registry.sectors[owner] == "company"
    area, rule = shared, "domain_organization"
    if owner is not None and of_company:
        branch = area_of_branch(owner, domain, owners, registry)
        area, rule = (branch, "domain_suffix") if branch else (shared, rule)
    if area is None:
        area = ending or ("US" if domain.endswith((".edu", ".gov", ".mil")) else None)
        rule = "domain_suffix" if area else "unknown"
    city = registry.cities[owner] if owner is not None and area == shared else None
    support = _compare(area, {ending} if rule == "domain_organization" else {shared})
    sector = decide_sector("", owner, domain, registry)
    if sector[0] is None and shared is not None:
        kinds = {registry.sectors[o] for o in owners}
        sector = (kinds.pop(), "domain") if len(kinds) == 1 else sector_of_domain(domain)
    return _finish(_Place(area, rule, support, city), sector)


def name_choice(choice: Choice, probability: float = 0.95) -> Named:
    """An organization chosen from a text, as `locate_affiliation` takes it."""
    span = choice.span
    return Named(
        organization=choice.organization,
        start=span.start,
        size=span.size,
        segment=span.segment,
        probability=probability,
        key=span.key,
        rivals=frozenset(o for o, _ in span.candidates),
        usual=next((o for o, kind in span.candidates if kind is Kind.OVERLAY), None),
        is_likeness=span.via is Via.LIKE,
        is_acronym=span.via in (Via.ACRONYM, Via.ACRONYM_INSIDE),
    )


def _locate_named(
    one: Named, following: int | None, evidence: Evidence, registry: Registry
) -> _Place | None:
    """The place that place words tell of one organization; null where none do."""
    organization = one.organization
    seat, home = _seat_of(one, registry), registry.cities[organization]
    near = places_of_span(evidence.places, one.segment, following)
    of_company = is_company(organization, registry)
    branch = None
    if of_company:
        branch = area_of_branch(organization, evidence.domain, evidence.owners, registry)
    else:
        near = without_stray_codes(near, seat)
    unique = seat not in PARENT_AREA or all(registry.countries[o] == seat for o in one.rivals)
    area, rule, city = pick_place(near, branch or seat, unique=unique)
    home_named = names_home(near, home, registry.countries[organization])
    if home_named is not None and area != seat and rule == "place_word":
        area, city = registry.countries[organization], home_named
    if area is None:
        return None
    domain_area = area_of_mail(evidence, registry)
    support = _compare(area, {domain_area} if of_company else {domain_area, seat})
    if area == seat and home_named is None and is_open(near, area):
        support = "ambiguous"
    return _Place(area, rule, support, city or (home if area == seat else None))


def _locate_company(
    one: Named, beside: list[tuple[int, str]], evidence: Evidence, registry: Registry
) -> _Place:
    """A company without a place after its name: words beside it, its mail, its seat."""
    organization, seat = one.organization, _seat_of(one, registry)
    inside = find_site(segments_of(one, evidence))
    inside = inside or area_beside(beside, registry, demonyms=True)
    if inside is None:
        inside = area_abbreviated(evidence.parsed.segments[one.segment])
    branch = area_of_branch(organization, evidence.domain, evidence.owners, registry)
    if inside is not None and inside != seat:
        return _Place(inside, "name_word", _compare(inside, {branch}))
    if branch is not None and branch != seat:
        return _Place(branch, "domain_suffix", _compare(branch, {inside}))
    hint = hint_of_legal_form(evidence.parsed.segments[one.segment])
    if hint is not None and hint.area != seat and _may_be_branch(organization, hint, registry):
        return _Place(hint.area, "legal_form", "alone")
    if seat is None:
        return _Place(None, "unknown", "alone")
    own_mail = is_own_mail(evidence, organization, registry)
    mail = None if own_mail else area_of_mail(evidence, registry)
    stated = area_of_domain(evidence.domain or "") == mail  # .edu and .com tell no country
    branches = areas_of_family(organization, registry)
    if mail is not None and stated and mail != seat and mail in branches:
        return _Place(mail, "mail_country", "contradicted")
    home = registry.cities[organization] if seat == registry.countries[organization] else None
    support = "agreed" if seat in (inside, branch, mail) else "contradicted" if mail else "alone"
    return _Place(seat, "inferred_seat", support, home)


def _weigh_site(
    one: Named, beside: list[tuple[int, str]], evidence: Evidence, registry: Registry
) -> _Place:
    """The organization's own site, unless words beside its name or the mail outweigh it."""
    organization, seat = one.organization, _seat_of(one, registry)
    domain_area, parsed = area_of_mail(evidence, registry), evidence.parsed
    inside = area_beside(beside, registry, demonyms=False)
    text = " ".join(parsed.segments[s] for s in sorted({parsed.segment_of[i] for i, _ in beside}))
    campus = area_of_campus(one, beside, evidence, registry)
    if seat is None:
        area = campus or inside
        rule = "name_word" if area else "unknown"
        return _Place(area, rule, _compare(area, {domain_area}))
    weights = {seat: _WEIGHT_OF_SITE - 6 * max(0.0, 0.95 - one.probability)}
    kinds = [h.area for h in find_hints(text) if h.share >= _SURE_KIND]
    for area, weight in (
        (campus, _WEIGHT_OF_CAMPUS),
        (inside, _WEIGHT_BESIDE_LIKE if one.is_likeness or one.is_acronym else _WEIGHT_BESIDE),
        (domain_area, weigh_mail(one, evidence, registry)),
        (kinds[0] if len(kinds) == 1 else None, _WEIGHT_OF_KIND),
    ):
        if area is not None:
            weights[area] = weights.get(area, 0.0) + weight
    best = max(weights, key=lambda a: (weights[a], a == seat))
    if best == seat:
        support = _compare(seat, {inside, domain_area})
        if support == "alone" and one.probability < _SURE_NAME:
            support = "doubtful"
        return _Place(seat, "organization_site", support, registry.cities[organization])
    for rule, area in (("campus", campus), ("name_word", inside)):
        if best == area:
            return _Place(best, rule, _compare(best, {seat, domain_area}))
    if best == domain_area:
        rule = "domain_organization" if evidence.owners else "domain_suffix"
        return _Place(best, rule, "contradicted")
    return _Place(best, "name_language", _compare(best, {seat, domain_area}))


def _locate_unnamed(text: str, evidence: Evidence, registry: Registry) -> Location:
    """The location where the text names no known organization."""
    near = without_stray_codes(evidence.places, None)
    area, rule, city = pick_place(near, None)
    if area is None:
        place = _place_by_signals(text, evidence, registry)
    elif is_open(near, area):
        told = _place_by_signals(text, evidence, registry).area
        meant = told if any(told in p.areas for p in near) else area
        place = _Place(meant, rule, "ambiguous", city)
    else:
        place = _Place(area, rule, _compare(area, {area_of_mail(evidence, registry)}), city)
    return _finish(place, decide_sector(text, None, evidence.domain, registry))


def _place_by_signals(text: str, evidence: Evidence, registry: Registry) -> _Place:
    """The area that the weaker signs of text and domain point to together."""
    signals = signals_of_text(text, evidence, registry)
    near = without_stray_codes(evidence.places, None)
    stray = [p for p in evidence.places if p not in near]
    code, rule, _ = pick_place(stray, area_of_mail(evidence, registry))
    if code is not None:
        signals.append(Signal(code, rule, _SHARE_OF_STRAY_CODE))
    in_text = None if evidence.domain else _MAIL.search(text.lower())
    by_domain = locate_domain(in_text[1] if in_text else evidence.domain, registry)
    if by_domain.country is not None and by_domain.country_probability is not None:
        share = by_domain.country_probability
        if decide_sector(text, None, None, registry)[0] != by_domain.sector == "university":
            share = min(share, 0.8)  # a second employer's mail more often
        signals.append(Signal(by_domain.country, by_domain.country_rule, share))
    best, support = weigh(signals)
    if best is None:
        return _Place(None, "unknown", "alone")
    return _Place(best.area, best.rule, support)


def _finish(place: _Place, sector: tuple[str | None, str]) -> Location:
    area = place.area
    probability = None if area is None else country_probability(place.rule, place.support)
    return Location(
        country=area,
        city=place.city if area is not None else None,
        sector=sector[0],
        country_rule=place.rule if area is not None else "unknown",
        sector_rule=sector[1],
        support=place.support,
        country_probability=probability,
        city_probability=None if place.city is None else probability,
        sector_probability=None if sector[0] is None else sector_probability(sector[1]),
    )


def _compare(area: str | None, others: set[str | None]) -> str:
    """Whether other evidence agrees with an area, contradicts it, or is silent."""
    told = {PARENT_AREA.get(o, o) for o in others if o is not None}
    if not told:
        return "alone"
    return "agreed" if PARENT_AREA.get(area or "", area) in told else "contradicted"


def _seat_of(one: Named, registry: Registry) -> str | None:
    """The organization's country; of a company that is named without its branch the seat."""
    own = registry.countries[one.organization]
    if one.usual is None or not is_company(one.usual, registry):
        return own
    return registry.countries[one.usual] or own if is_company(one.organization, registry) else own


def _may_be_branch(organization: int, hint: Hint, registry: Registry) -> bool:
    """Whether a legal form tells a branch: the company has one there, or the form is sure."""
    return hint.area in areas_of_family(organization, registry) or hint.share >= _SURE_FORM
