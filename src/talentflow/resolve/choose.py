"""Which organizations does a text name, once place and domain have had their say?"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from talentflow.resolve.candidates import (
    ParsedText,
    Span,
    find_acronyms,
    find_names,
    parse_text,
)
from talentflow.resolve.places import PARENT_AREA, PlaceWord, area_of_domain, find_places
from talentflow.resolve.registry import Candidate, Kind, Registry

_WELL_KNOWN: Final = 2.5
"""How many times the names and parts of its namesakes an organization has that is meant when
nothing else decides."""


@dataclass(frozen=True)
class Evidence:
    """What text and domain say besides names. `stated`: areas that the text names outright."""

    parsed: ParsedText
    places: list[PlaceWord]
    stated: frozenset[str]
    plausible: frozenset[str]
    domain: str | None
    owners: tuple[int, ...]


@dataclass(frozen=True)
class Choice:
    """An organization that a span of the text was taken for."""

    organization: int
    score: float
    rule: str
    span: Span


def gather_evidence(text: str, domain: str | None, registry: Registry) -> Evidence:
    """What a text and its domain say: names, places, and who owns the domain."""
    parsed = parse_text(text)
    places = find_places(parsed.segments, registry.places)
    stated = {a for p in places if p.level == 3 and len(p.areas) == 1 for a in p.areas}
    plausible = {a for p in places for a in p.areas if a}
    owners = registry.find_domain(domain) if domain else ()
    return Evidence(parsed, places, frozenset(stated), frozenset(plausible), domain, owners)


def choose_organizations(evidence: Evidence, registry: Registry) -> list[Choice]:
    """The organizations that the text names, best first."""
    choices = []
    for span in find_names(evidence.parsed, registry):
        choice = _decide(span, evidence, registry)
        if choice is not None:
            choices.append(choice)
    if not any(choice.score >= 1 for choice in choices):
        for span in find_acronyms(evidence.parsed, registry):
            choice = _decide_acronym(span, evidence, registry)
            if choice is not None:
                choices.append(choice)
    choices.sort(key=lambda c: (-c.score, c.span.start))
    return _drop_parents(choices, registry)


def _decide(span: Span, evidence: Evidence, registry: Registry) -> Choice | None:
    """Which of the organizations of one name is meant; null where nothing decides it."""
    fitting = [c for c in span.candidates if _fits(c[0], evidence, registry)]
    if not fitting:
        return None
    left = _narrow_by_evidence(fitting, evidence, registry)
    organization, kind = min(left, key=lambda c: c[1] is not Kind.OVERLAY)
    ambiguous = kind is not Kind.OVERLAY and not _is_one(left, registry)
    if ambiguous:
        known = _best_known(left, registry)
        if known is None:
            return None
        organization, kind = known
    elif len(left) > 1 and kind is not Kind.OVERLAY:
        organization, kind = _narrow_by_kind(left, registry)[0]
    supported = _is_supported(organization, evidence, registry)
    if kind is not Kind.OVERLAY and not supported and _needs_support(span, kind):
        return None
    if kind is Kind.OVERLAY:
        rule = ("name_in_text", "segment_overlay", "text_overlay")[span.whole]
    else:
        rule = ("name_in_text", "segment_name", "text_name")[span.whole]
    if span.loose:
        rule = "name_loose"
    if ambiguous:
        rule = "homonym"
    score = 1 + 0.5 * span.whole + 0.05 * min(span.size, 6) - 0.5 * span.loose
    score += 0.4 * (registry.sectors[organization] == "university") - 0.8 * span.generic
    score += 0.2 * supported - 0.3 * (kind is Kind.ALIAS) - 0.6 * (span.size == 1)
    return Choice(organization, score, rule, span)


def _needs_support(span: Span, kind: Kind) -> bool:
    """Whether a name is too common, or too short beside other words, to be taken alone."""
    opens_text = span.segment == 0 and kind is Kind.FAMILY
    return span.generic or (span.size == 1 and span.whole == 1 and not opens_text)


def _fits(organization: int, evidence: Evidence, registry: Registry) -> bool:
    """Whether the stated country allows the organization; companies are anywhere."""
    country = registry.countries[organization]
    stated = evidence.stated
    if not stated or country is None or country in stated:
        return True
    if PARENT_AREA.get(country) in stated:
        return True
    return organization in registry.family_of or registry.sectors[organization] == "company"


def _narrow_by_evidence(
    candidates: list[Candidate], evidence: Evidence, registry: Registry
) -> list[Candidate]:
    """The candidates that the stated country, the city and the domain leave."""
    if len(candidates) == 1:
        return candidates
    cities = {p.name.casefold() for p in evidence.places if p.level == 1}
    area = _area_of(evidence.domain)
    above = {registry.parents[o] for o in evidence.owners} | set(evidence.owners)
    tests: tuple[Callable[[int], bool], ...] = (
        lambda o: registry.countries[o] in evidence.stated,
        lambda o: (registry.cities[o] or "").casefold() in cities,
        lambda o: registry.countries[o] in evidence.plausible,
        lambda o: o in evidence.owners,
        lambda o: registry.parents[o] in above,
        lambda o: registry.countries[o] == area,
    )
    return _keep(candidates, tests)


def _narrow_by_kind(candidates: list[Candidate], registry: Registry) -> list[Candidate]:
    """Of namesakes in one country the one that bears the name first of all."""
    parents = {o for o, _ in candidates}
    best = min(kind for _, kind in candidates)
    strongest = {o for o, kind in candidates if kind == best}
    tests: tuple[Callable[[int], bool], ...] = (
        lambda o: o in strongest,
        lambda o: o not in registry.named_only,
        lambda o: not registry.ids[o].startswith("local:"),
        lambda o: registry.parents[o] not in parents,
    )
    return _keep(candidates, tests)


def _keep(candidates: list[Candidate], tests: tuple[Callable[[int], bool], ...]) -> list[Candidate]:
    """Candidates after each test in turn; a test that none passes is left out."""
    for test in tests:
        if len(candidates) == 1:
            break
        candidates = [c for c in candidates if test(c[0])] or candidates
    return candidates


def _is_one(candidates: list[Candidate], registry: Registry) -> bool:
    """Whether the namesakes are branches of one company, or one by its kind of name."""
    if len(candidates) == 1:
        return True
    families = {registry.family_of.get(o) for o, _ in candidates}
    if len(families) == 1 and None not in families:
        return True
    countries = {registry.countries[o] for o, _ in candidates}
    return len(countries) == 1 and len(_narrow_by_kind(candidates, registry)) == 1


def _best_known(candidates: list[Candidate], registry: Registry) -> Candidate | None:
    """The organization that the registry knows much more about than its namesakes."""
    second, first = sorted((registry.weights[o], o, kind) for o, kind in candidates)[-2:]
    return (first[1], first[2]) if first[0] >= _WELL_KNOWN * second[0] else None


def _is_supported(organization: int, evidence: Evidence, registry: Registry) -> bool:
    """Whether place or domain speak for the organization, besides its name."""
    country = registry.countries[organization]
    if country is not None and country in evidence.plausible:
        return True
    if organization in evidence.owners:
        return True
    return country is not None and _area_of(evidence.domain) == country


def _area_of(domain: str | None) -> str | None:
    """The country that a domain's ending suggests; `.gov` and `.mil` are of the US."""
    if domain is None:
        return None
    return "US" if domain.endswith((".gov", ".mil")) else area_of_domain(domain)


def _decide_acronym(span: Span, evidence: Evidence, registry: Registry) -> Choice | None:
    """An acronym counts only with support of its own, or as a long one that nobody shares."""
    supported = [c for c in span.candidates if _is_supported(c[0], evidence, registry)]
    owned = [c for c in supported if c[0] in evidence.owners]
    for candidates in (owned, supported):
        if len(candidates) == 1:
            return Choice(candidates[0][0], 0.5, "acronym", span)
    alone = len(span.candidates) == 1 and not evidence.places and span.whole == 2
    if alone and len(evidence.parsed.segments[0]) >= 4:
        return Choice(span.candidates[0][0], 0.4, "acronym", span)
    return None


def _drop_parents(choices: list[Choice], registry: Registry) -> list[Choice]:
    """Without repeated organizations and those whose own part is named as well."""
    chosen: dict[int, Choice] = {}
    for choice in choices:
        chosen.setdefault(choice.organization, choice)
    parents = set()
    for organization in chosen:
        above = registry.parents[organization]
        for _ in range(4):
            if above < 0 or above == organization:
                break
            parents.add(above)
            above = registry.parents[above]
    return [c for o, c in chosen.items() if o not in parents] or list(chosen.values())[:1]
