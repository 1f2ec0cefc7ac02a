"""What does an affiliation mean: which organization, in which country and city, of what sector?

Each is answered on its own: a text can tell the country without telling the organization.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

import pyarrow as pa

from talentflow.core.areas import AREA_INDEX
from talentflow.core.contracts import RESOLVED_MENTIONS, check_table
from talentflow.resolve.candidates import (
    ParsedText,
    Span,
    find_acronyms,
    find_names,
    parse_text,
)
from talentflow.resolve.normalise import word_set
from talentflow.resolve.places import (
    PARENT_AREA,
    PlaceWord,
    area_of_domain,
    find_places,
    find_weak_places,
)
from talentflow.resolve.registry import Candidate, Kind, Registry
from talentflow.resolve.sectors import sector_of_words

RULE_PRECISION: Final = {
    "text_name": 0.97,
    "text_overlay": 0.96,
    "segment_overlay": 0.96,
    "segment_name": 0.93,
    "name_loose": 0.92,
    "name_in_text": 0.91,
    "acronym": 0.90,
    "domain": 0.90,
    "domain_beside_text": 0.75,
    "homonym": 0.60,
}
"""Share of a rule's answers that are right: the probability that an answer carries.

Measured by `benchmarks/resolve_organizations.py` on the development half of the lists that
label every organization of a text; `homonym` on all lists; `domain` as agreement with texts
that name an organization. No list tells of `domain_beside_text`: assumed to be halfway between
`domain` and `homonym`."""

_WELL_KNOWN: Final = 2.5
"""How many times the names and parts of its namesakes an organization has that is meant when
nothing else decides."""

_NONE_NAMED: Final = re.compile(
    r"\W*(?:(?:an?\s+)?independent(?:\s+(?:researcher|scholar|scientist|consultant|author|"
    r"ai researcher|research))?|unaffiliated|no(?:ne| affiliation| institution)?|n\.?/?a\.?|"
    r"not applicable|unknown|anonymous(?:\s+(?:institution|authors?|organi[sz]ation|submission|"
    r"affiliation))?|(?:paper )?under (?:double[- ]blind )?review|double[- ]blind.*|"
    r"affiliation not (?:available|given).*|self(?:[- ]employed)?|freelance(?:r)?|individual|"
    r"unemployed|home|private|retired|personal|other|null|nan|tba|tbd|student|researcher|"
    r"author|-+|\.+|\?+)\W*",
    re.IGNORECASE,
)
_DOMAIN: Final = re.compile(r"(?:[a-z0-9_](?:[a-z0-9_-]*[a-z0-9_])?\.)+[a-z]{2,18}")
_BRANCH_LABELS: Final = frozenset(AREA_INDEX) - word_set("AI CS ME ML PR SE SI ST TV LA")
"""Countries that companies write before their domain (`jp.x.com`); the rest are departments."""
_DOMAIN_JUNK: Final = re.compile(r"^[\s*@{}()\[\]<>~'\"]+|[\s.@{}()\[\]<>~'\",;]+$")


@dataclass(frozen=True, kw_only=True)
class Answer:
    """What one mention means; the fields are those of the contract `resolved_mentions`."""

    organization: int | None = None
    country: str | None = None
    city: str | None = None
    sector: str | None = None
    probability: float | None = None
    rule: str = "no_match"
    country_rule: str = "unknown"


@dataclass(frozen=True)
class _Choice:
    """An organization that a span of the text was taken for."""

    organization: int
    score: float
    rule: str
    span: Span


@dataclass(frozen=True)
class _Evidence:
    """What text and domain say besides names. `stated`: areas that the text names outright."""

    parsed: ParsedText
    places: list[PlaceWord]
    stated: frozenset[str]
    plausible: frozenset[str]
    domain: str | None
    owners: tuple[int, ...]


def resolve_mentions(mentions: pa.Table, registry: Registry) -> pa.Table:
    """One row of `resolved_mentions` per row of `mentions`, in the same order.

    Depends on nothing but the row and the registry, so slices may be resolved anywhere.
    """
    columns: dict[str, list[Any]] = {c.name: [] for c in RESOLVED_MENTIONS.columns}
    texts = mentions["text"].to_pylist()
    domains = mentions["domain"].to_pylist()
    appends = [column.append for column in columns.values()]
    for mention, text, domain in zip(
        mentions["mention_id"].to_pylist(), texts, domains, strict=True
    ):
        answer = resolve_affiliation(text, domain, registry)[0]
        o = answer.organization
        row = (
            mention,
            None if o is None else registry.ids[o],
            None if o is None else registry.names[o],
            answer.country,
            None if o is None else registry.countries[o],
            answer.city,
            answer.sector,
            answer.probability,
            answer.rule,
            answer.country_rule,
        )
        for append, value in zip(appends, row, strict=True):
            append(value)
    return check_table(pa.table(columns, schema=RESOLVED_MENTIONS.schema), RESOLVED_MENTIONS)


def resolve_affiliation(text: str | None, domain: str | None, registry: Registry) -> list[Answer]:
    """The answers for one affiliation, best first; always at least one.

    Further answers are other organizations that the text names beside the first.
    """
    if text and _NONE_NAMED.fullmatch(text):
        return [Answer(rule="none_named", country_rule="none_named")]
    domain = clean_domain(domain)
    if not text or not text.strip():
        return [_answer_by_domain(domain, registry)]
    evidence = _gather(text, domain, registry)
    choices = _choose(evidence, registry)
    if not choices:
        return [_answer_without_name(text, evidence, registry)]
    segments = sorted({choice.span.segment for choice in choices})
    return [_answer(choice, segments, text, evidence, registry) for choice in choices]


def clean_domain(domain: str | None) -> str | None:
    """The domain in lower case without what crawls leave around it; null if it is none."""
    if not domain:
        return None
    last = domain.strip().lower().rsplit("@", 1)[-1].split(",")[0].replace(" ", "")
    host = _DOMAIN_JUNK.sub("", last).removeprefix("www.")
    return host if _DOMAIN.fullmatch(host) else None


def _gather(text: str, domain: str | None, registry: Registry) -> _Evidence:
    parsed = parse_text(text)
    places = find_places(parsed.segments, registry.places)
    stated = {a for p in places if p.level == 3 and len(p.areas) == 1 for a in p.areas}
    plausible = {a for p in places for a in p.areas if a}
    owners = registry.find_domain(domain) if domain else ()
    return _Evidence(parsed, places, frozenset(stated), frozenset(plausible), domain, owners)


def _choose(evidence: _Evidence, registry: Registry) -> list[_Choice]:
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


def _decide(span: Span, evidence: _Evidence, registry: Registry) -> _Choice | None:
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
    if (
        kind is not Kind.OVERLAY
        and not supported
        and (span.generic or (span.size == 1 and span.whole == 1))
    ):
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
    return _Choice(organization, score, rule, span)


def _fits(organization: int, evidence: _Evidence, registry: Registry) -> bool:
    """Whether the stated country allows the organization; companies are anywhere."""
    country = registry.countries[organization]
    stated = evidence.stated
    if not stated or country is None or country in stated:
        return True
    if PARENT_AREA.get(country) in stated:
        return True
    return organization in registry.family_of or registry.sectors[organization] == "company"


def _narrow_by_evidence(
    candidates: list[Candidate], evidence: _Evidence, registry: Registry
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


def _is_supported(organization: int, evidence: _Evidence, registry: Registry) -> bool:
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


def _decide_acronym(span: Span, evidence: _Evidence, registry: Registry) -> _Choice | None:
    """An acronym counts only with support of its own, or as a long one that nobody shares."""
    supported = [c for c in span.candidates if _is_supported(c[0], evidence, registry)]
    owned = [c for c in supported if c[0] in evidence.owners]
    for candidates in (owned, supported):
        if len(candidates) == 1:
            return _Choice(candidates[0][0], 0.5, "acronym", span)
    alone = len(span.candidates) == 1 and not evidence.places and span.whole == 2
    if alone and len(evidence.parsed.segments[0]) >= 4:
        return _Choice(span.candidates[0][0], 0.4, "acronym", span)
    return None


def _drop_parents(choices: list[_Choice], registry: Registry) -> list[_Choice]:
    """Without repeated organizations and those whose own part is named as well."""
    chosen: dict[int, _Choice] = {}
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


def _answer(
    choice: _Choice, segments: list[int], text: str, evidence: _Evidence, registry: Registry
) -> Answer:
    organization = choice.organization
    following = next((s for s in segments if s > choice.span.segment), None)
    country, city, rule = _locate(choice, following, evidence, registry)
    family = registry.families.get(registry.family_of.get(organization, ""), {})
    if country is not None and country in family and registry.countries[organization] != country:
        organization = family[country]
    probability = RULE_PRECISION[choice.rule]
    return Answer(
        organization=organization,
        country=country,
        city=city,
        sector=registry.sectors[organization] or sector_of_words(text),
        probability=probability,
        rule=choice.rule,
        country_rule=rule,
    )


def _locate(
    choice: _Choice, following: int | None, evidence: _Evidence, registry: Registry
) -> tuple[str | None, str | None, str]:
    """Country, city and what decided the country, of the site named with an organization."""
    organization = choice.organization
    seat, home = registry.countries[organization], registry.cities[organization]
    near = _places_of_span(evidence.places, choice.span.segment, following)
    named, rule, city = _pick_place(near, seat)
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


def _place_beside(span: Span, evidence: _Evidence, registry: Registry) -> str | None:
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


def _pick_place(after: list[PlaceWord], seat: str | None) -> tuple[str | None, str, str | None]:
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


def _area_of_branch(organization: int, evidence: _Evidence, registry: Registry) -> str | None:
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


def _answer_by_domain(domain: str | None, registry: Registry) -> Answer:
    """The answer where there is no text."""
    if domain is None or registry.is_free_mail(domain):
        return Answer(rule="empty")
    owners = registry.find_domain(domain)
    area = area_of_domain(domain)
    if len(owners) > 1 and area is not None:
        owners = tuple(o for o in owners if registry.countries[o] == area) or owners
    countries = {registry.countries[o] for o in owners}
    if len(owners) == 1:
        (o,) = owners
        country, rule = registry.countries[o], "domain_organization"
        if registry.sectors[o] == "company" and area is not None and area != country:
            country, rule = area, "domain_suffix"
        return Answer(
            organization=o,
            country=country,
            city=registry.cities[o] if country == registry.countries[o] else None,
            sector=registry.sectors[o] or _sector_of_domain(domain),
            probability=RULE_PRECISION["domain"],
            rule="domain",
            country_rule=rule if country else "unknown",
        )
    shared = countries.pop() if len(countries) == 1 else None
    country = shared or area or ("US" if domain.endswith((".edu", ".gov", ".mil")) else None)
    rule = "domain_organization" if shared else "domain_suffix" if country else "unknown"
    return Answer(country=country, sector=_sector_of_domain(domain), country_rule=rule)


def _sector_of_domain(domain: str) -> str | None:
    labels = domain.split(".")
    ends = labels[-1] if len(labels[-1]) > 2 else labels[-2]
    return {"edu": "university", "ac": "university", "gov": "government", "mil": "government"}.get(
        ends
    )


def _answer_without_name(text: str, evidence: _Evidence, registry: Registry) -> Answer:
    """The answer where the text names no known organization."""
    country, rule, city = _pick_place(evidence.places, None)
    by_domain = _answer_by_domain(evidence.domain, registry)
    sector = sector_of_words(text)
    if country is None:
        weak = find_weak_places(evidence.parsed.words, registry.places)
        country, rule = (weak, "name_word") if weak else (None, "unknown")
        if by_domain.country and rule != "name_word":
            country, rule = by_domain.country, by_domain.country_rule
    o = by_domain.organization
    if o is not None and registry.countries[o] in (country, None):
        return Answer(
            organization=o,
            country=country,
            city=city or registry.cities[o],
            sector=sector or registry.sectors[o],
            probability=RULE_PRECISION["domain_beside_text"],
            rule="domain_beside_text",
            country_rule=rule,
        )
    return Answer(country=country, city=city, sector=sector, country_rule=rule)
