"""What does an affiliation mean: which organization, in which country and city, of what sector?

Each is answered on its own: a text can tell the country without telling the organization.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final, NamedTuple

import pyarrow as pa

from talentflow.core.collector import paused_collector
from talentflow.core.contracts import (
    MENTION_ORGANIZATIONS,
    RESOLVED_MENTIONS,
    Contract,
    check_table,
)
from talentflow.resolve.choose import (
    REVIEWED_PRECISION,
    Choice,
    Evidence,
    choose_organizations,
    gather_evidence,
)
from talentflow.resolve.hosts import is_free_mail
from talentflow.resolve.locate import (
    Location,
    locate_affiliation,
    locate_domain,
    name_choice,
)
from talentflow.resolve.normalise import normalise
from talentflow.resolve.place_beside import Named
from talentflow.resolve.places import area_of_domain
from talentflow.resolve.registry import Registry
from talentflow.resolve.unregistered import Unregistered, find_unregistered

RULE_PRECISION: Final = {"domain": 0.90, "domain_beside_text": 0.75}
"""Share of right answers where only the domain tells the organization: agreement with texts
that name one; beside a text that names nothing known, assumed to be lower. Every other
probability comes from the ranker."""

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


class Answer(NamedTuple):
    """What one mention means; the fields are those of the contract `resolved_mentions`.

    `former` is the withdrawn organization that the text means where it was printed before
    `organization` was founded; null where there is none, or the year asked for has settled it.
    `unregistered` is an organization that the registry lacks, where `organization` is null.
    """

    organization: int | None = None
    former: int | None = None
    country: str | None = None
    city: str | None = None
    sector: str | None = None
    probability: float | None = None
    rule: str = "no_match"
    country_rule: str = "unknown"
    country_probability: float | None = None
    sector_probability: float | None = None
    unregistered: Unregistered | None = None

    @property
    def is_known(self) -> bool:
        """Whether an organization is told, be it one that the registry lacks."""
        return self.organization is not None or self.unregistered is not None


class Query(NamedTuple):
    """What is asked: a text, a domain, and the year in which the text was printed."""

    text: str | None
    domain: str | None = None
    year: int | None = None


class ResolvedMentions(NamedTuple):
    """Tables of the contracts `resolved_mentions` and `mention_organizations`."""

    resolved: pa.Table
    organizations: pa.Table


def resolve_mentions(mentions: pa.Table, registry: Registry) -> pa.Table:
    """One row of `resolved_mentions` per row of `mentions`, in the same order.

    Depends on nothing but the row and the registry, so slices may be resolved anywhere.
    """
    return resolve_mentions_fully(mentions, registry).resolved


def resolve_mentions_fully(mentions: pa.Table, registry: Registry) -> ResolvedMentions:
    """What `resolve_mentions` returns, and all organizations that each mention names.

    `mention_organizations` has no row for a mention that names none, and several, by rank, for
    one that names several; rank 1 is the organization of `resolved_mentions`. A mention has no
    year, so an organization that was founded later than some texts comes with its former one.
    """
    ids = mentions["mention_id"].to_pylist()
    queries = [
        Query(text, domain)
        for text, domain in zip(
            mentions["text"].to_pylist(), mentions["domain"].to_pylist(), strict=True
        )
    ]
    rows = [
        [
            {"mention_id": mention, "rank": rank, **_row(answer, registry)}
            for rank, answer in enumerate(found, start=1)
        ]
        for mention, found in zip(ids, resolve_affiliations(queries, registry), strict=True)
    ]
    named = [row for found in rows for row in found if row["organization_id"] is not None]
    return ResolvedMentions(
        _build_table([found[0] for found in rows], RESOLVED_MENTIONS),
        _build_table(named, MENTION_ORGANIZATIONS),
    )


def _row(answer: Answer, registry: Registry) -> dict[str, object]:
    o, former = answer.organization, answer.former
    until = None if o is None or former is None else registry.founded[o]
    identifier, name = name_organization(answer, registry)
    return {
        "organization_id": identifier,
        "organization_name": name,
        "country": answer.country,
        "seat_country": None if o is None else registry.seat_of(o),
        "city": answer.city,
        "sector": answer.sector,
        "probability": answer.probability,
        "rule": answer.rule,
        "country_rule": answer.country_rule,
        "country_probability": answer.country_probability,
        "sector_probability": answer.sector_probability,
        "former_id": None if former is None else registry.ids[former],
        "former_name": None if former is None else registry.names[former],
        "former_until": until,
    }


def name_organization(answer: Answer, registry: Registry) -> tuple[str | None, str | None]:
    """The id and name of the organization answered; null twice where there is none."""
    if answer.organization is not None:
        return registry.ids[answer.organization], registry.names[answer.organization]
    if answer.unregistered is not None:
        return answer.unregistered.local_id, answer.unregistered.name
    return None, None


def _build_table(rows: list[dict[str, object]], contract: Contract) -> pa.Table:
    columns = {c.name: [row[c.name] for row in rows] for c in contract.columns}
    return check_table(pa.table(columns, schema=contract.schema), contract)


def resolve_affiliation(
    text: str | None, domain: str | None, registry: Registry, year: int | None = None
) -> list[Answer]:
    """The answers for one affiliation, best first; always at least one.

    Further answers are other organizations that the text names beside the first. With `year`
    an organization that had another name or form then is answered as it was. Of a text the
    first `MAX_TEXT_CHARS` characters are read.
    """
    return resolve_affiliations([Query(text, domain, year)], registry)[0]


def resolve_affiliations(queries: Sequence[Query], registry: Registry) -> list[list[Answer]]:
    """What `resolve_affiliation` returns, for many at once and so much faster."""
    with paused_collector():
        return _resolve(queries, registry)


def _resolve(queries: Sequence[Query], registry: Registry) -> list[list[Answer]]:
    answers: list[list[Answer]] = [[] for _ in queries]
    evidence: list[Evidence] = []
    asked: list[int] = []
    for position, query in enumerate(queries):
        text = query.text[:MAX_TEXT_CHARS] if query.text else None
        domain = clean_domain(query.domain)
        if text and len(text) < _NONE_NAMED_CHARS and _NONE_NAMED.fullmatch(text):
            answers[position] = [Answer(rule="none_named", country_rule="none_named")]
        elif not text or not text.strip():
            answers[position] = [_answer_by_domain(domain, registry)]
        else:
            asked.append(position)
            evidence.append(gather_evidence(text, domain, registry))
    chosen = choose_organizations(evidence, registry)
    for position, one, choices in zip(asked, evidence, chosen, strict=True):
        query = queries[position]
        text = (query.text or "")[:MAX_TEXT_CHARS]
        if choices:
            answers[position] = _answer_choices(choices, text, one, registry, query.year)
        else:
            answers[position] = [_answer_without_name(text, one, registry)]
    return answers


def clean_domain(domain: str | None) -> str | None:
    """The domain in lower case without what crawls leave around it; null if it is none."""
    if not domain:
        return None
    last = domain.strip().lower().rsplit("@", 1)[-1].split(",")[0].replace(" ", "")
    host = _DOMAIN_JUNK.sub("", last).removeprefix("www.")
    return host if _DOMAIN.fullmatch(host) else None


def _answer_choices(
    choices: list[Choice], text: str, evidence: Evidence, registry: Registry, year: int | None
) -> list[Answer]:
    named = [name_choice(choice, choice.probability) for choice in choices]
    locations = locate_affiliation(text, named, evidence, registry)
    answers: dict[int | None, Answer] = {}
    for choice, location in zip(choices, locations, strict=True):
        organization = _branch_in(choice.organization, location.country, registry)
        former = _find_former(organization, choice, registry)
        if former is not None and year is not None:
            founded = registry.founded[organization] or year
            organization, former = former if year < founded else organization, None
        answer = _answer(location, organization, choice.probability, choice.rule)
        if former is not None:
            answer = answer._replace(former=former)
        answers.setdefault(organization, answer)
    return list(answers.values())


def _answer(
    location: Location,
    organization: int | None = None,
    probability: float | None = None,
    rule: str = "no_match",
) -> Answer:
    return Answer(
        organization=organization,
        country=location.country,
        city=location.city,
        sector=location.sector,
        probability=probability,
        rule=rule,
        country_rule=location.country_rule,
        country_probability=location.country_probability,
        sector_probability=location.sector_probability,
    )


def _branch_in(organization: int, country: str | None, registry: Registry) -> int:
    """The company's branch in the country named, where the registry has one."""
    family = registry.families.get(registry.family_of.get(organization, ""), {})
    if country is not None and country in family and registry.countries[organization] != country:
        return family[country]
    return organization


def _find_former(organization: int, choice: Choice, registry: Registry) -> int | None:
    """The withdrawn organization of that name, where it is known when today's was founded."""
    if registry.founded[organization] is None:
        return None
    return registry.former.get((choice.span.key, organization))


def _answer_by_domain(domain: str | None, registry: Registry) -> Answer:
    """The answer where there is no text."""
    if domain is None or is_free_mail(domain):
        return Answer(rule="empty")
    location = locate_domain(domain, registry)
    owner = _find_owner(domain, registry)
    if owner is None:
        return _answer(location)
    return _answer(location, owner, RULE_PRECISION["domain"], "domain")


def _find_owner(domain: str | None, registry: Registry) -> int | None:
    """The one organization that a domain belongs to; null for none, several and free mail."""
    if domain is None or is_free_mail(domain):
        return None
    owners = registry.find_domain(domain)
    area = area_of_domain(domain)
    if len(owners) > 1 and area is not None:
        owners = tuple(o for o in owners if registry.countries[o] == area) or owners
    return owners[0] if len(owners) == 1 else None


def _answer_without_name(text: str, evidence: Evidence, registry: Registry) -> Answer:
    """The answer where the text names no known organization that fits."""
    late = _find_late_name(evidence, registry)
    if late is not None:
        (location,) = locate_affiliation(text, [late], evidence, registry)
        rule = "segment_overlay" if len(evidence.parsed.segments) > 1 else "text_overlay"
        return _answer(location, late.organization, late.probability, rule)
    (location,) = locate_affiliation(text, [], evidence, registry)
    owner = _find_owner(evidence.domain, registry)
    if owner is None or registry.countries[owner] not in (location.country, None):
        found = find_unregistered(text, evidence, registry)
        if found is None:
            return _answer(location)
        answer = _answer(location, None, found.probability, found.rule)
        return answer._replace(unregistered=found)
    return _answer(location, owner, RULE_PRECISION["domain_beside_text"], "domain_beside_text")


def _find_late_name(evidence: Evidence, registry: Registry) -> Named | None:
    """The first segment that is one of the reviewed names asked last."""
    parsed = evidence.parsed
    for segment, text in enumerate(parsed.segments):
        organization = registry.late_names.get(normalise(text))
        if organization is not None:
            size = parsed.segment_of.count(segment)
            start = parsed.segment_of.index(segment) if size else 0
            return Named(organization, start, size, segment, REVIEWED_PRECISION, normalise(text))
    return None
