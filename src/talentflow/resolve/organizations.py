"""What does an affiliation mean: which organization, in which country and city, of what sector?

Each is answered on its own: a text can tell the country without telling the organization.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any, Final

import pyarrow as pa

from talentflow.core.contracts import RESOLVED_MENTIONS, check_table
from talentflow.resolve.choose import Choice, Evidence, gather_evidence
from talentflow.resolve.locate import locate_choice, pick_place
from talentflow.resolve.places import area_of_domain, find_weak_places
from talentflow.resolve.registry import Registry
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
_NONE_NAMED_CHARS: Final = 80
MAX_TEXT_CHARS: Final = 2_000
"""What stands after so many characters is not part of an affiliation but of a paper."""

_DOMAIN: Final = re.compile(r"(?:[a-z0-9_](?:[a-z0-9_-]*[a-z0-9_])?\.)+[a-z]{2,18}")
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
            None if o is None else registry.seat_of(o),
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

    Further answers are other organizations that the text names beside the first. Of a text
    the first `MAX_TEXT_CHARS` characters are read.
    """
    text = text[:MAX_TEXT_CHARS] if text else text
    if text and len(text) < _NONE_NAMED_CHARS and _NONE_NAMED.fullmatch(text):
        return [Answer(rule="none_named", country_rule="none_named")]
    domain = clean_domain(domain)
    if not text or not text.strip():
        return [_answer_by_domain(domain, registry)]
    evidence = gather_evidence(text, domain, registry)
    choices = choose_organizations(evidence, registry)
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


def _answer(
    choice: Choice, segments: list[int], text: str, evidence: Evidence, registry: Registry
) -> Answer:
    organization = choice.organization
    following = next((s for s in segments if s > choice.span.segment), None)
    country, city, rule = locate_choice(choice, following, evidence, registry)
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


def _answer_without_name(text: str, evidence: Evidence, registry: Registry) -> Answer:
    """The answer where the text names no known organization."""
    country, rule, city = pick_place(evidence.places, None)
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
