"""Which country does the mail domain of an affiliation tell, and whose domain is it?

Mail that anybody, or whoever once studied there, can have tells nothing.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import Final

from talentflow.core.areas import AREA_INDEX
from talentflow.resolve.choose import Evidence
from talentflow.resolve.general_words import GENERIC_WORDS, INSTITUTION_WORDS
from talentflow.resolve.hosts import is_free_mail
from talentflow.resolve.normalise import normalise, word_set
from talentflow.resolve.place_beside import Named
from talentflow.resolve.places import area_of_domain, weak_areas
from talentflow.resolve.registry import Registry

_BRANCH_LABELS: Final = (
    frozenset(AREA_INDEX) - word_set("AI AM AS CC CS ME ML PR SE SI ST TV LA MS RE MD IS")
) | {"UK"}
"""Countries that companies write before their domain (`jp.x.com`); the rest are departments."""


_FORMER_LABELS: Final = word_set("alumni alum alumnos alumnus alumno exalumnos alumnes alumnat")
"""Labels under which universities give mail to those who left."""

_WEIGHT_OF_MAIL: Final = 2.0
_WEIGHT_OF_OWN_MAIL: Final = 8.0


def is_personal(domain: str) -> bool:
    """Whether a domain tells nothing of today's work: free mail, and mail for life."""
    return is_free_mail(domain) or not _FORMER_LABELS.isdisjoint(domain.split("."))


def weigh_mail(one: Named, evidence: Evidence, registry: Registry) -> float:
    """How much the country of the mail counts beside the organization's own.

    Mostly little, as a second employer's mail is commoner than a wrong organization. Much
    where the mail is of another organization of the same name (`Northeastern University`,
    neu.edu.cn), of one that a text which was only like the name spells better, or bears the
    acronym that was all that the text told.
    """
    others = [o for o in evidence.owners if o != one.organization]
    if not one.rivals.isdisjoint(others):
        return _WEIGHT_OF_OWN_MAIL
    key = set(one.key.split())
    if others and one.is_likeness:
        known = key | set(normalise(registry.names[one.organization]).split())
        telling = set(evidence.parsed.words) - known - GENERIC_WORDS - INSTITUTION_WORDS
        if any(_is_spelled(o, telling, registry) for o in others):
            return _WEIGHT_OF_OWN_MAIL
    labels = (evidence.domain or "").split(".")
    if one.is_acronym and not evidence.owners and key & set(labels[:-1]):
        return _WEIGHT_OF_OWN_MAIL
    return _WEIGHT_OF_MAIL


def _is_spelled(organization: int, telling: set[str], registry: Registry) -> bool:
    """Whether telling words of the text are in the organization's name; a company's name beside
    another organization's tells two employers."""
    if is_company(organization, registry):
        return False
    return not telling.isdisjoint(normalise(registry.names[organization]).split())


def area_of_mail(evidence: Evidence, registry: Registry) -> str | None:
    """The country of the domain's owners, else of its ending; null for personal mail."""
    domain = evidence.domain
    if domain is None or is_personal(domain):
        return None
    countries = {registry.countries[o] for o in evidence.owners}
    shared = countries.pop() if len(countries) == 1 else None
    return shared or area_of_domain(domain)


def is_own_mail(evidence: Evidence, organization: int, registry: Registry) -> bool:
    """Whether the domain is the company's own, or of a branch of it."""
    return any(_is_akin(o, organization, registry) for o in evidence.owners)


def area_of_branch(
    organization: int, domain: str | None, owners: tuple[int, ...], registry: Registry
) -> str | None:
    """The country of a company's own e-mail domain (`x.co.kr`, `de.x.com`, `zurich.x.com`);
    not of others'."""
    if domain is None or is_personal(domain):
        return None
    akin = all(_is_akin(o, organization, registry) for o in owners)
    if not akin or not (owners or _bears_name(domain, organization, registry)):
        return None
    area = area_of_domain(domain)
    return area or _area_of_labels(domain.split(".")[:-2], registry)


def _area_of_labels(labels: list[str], registry: Registry) -> str | None:
    """The country or city that a company put before its domain, the label nearest to it first."""
    for label in reversed(labels):
        code = label.upper().rstrip("0123456789")
        if code in _BRANCH_LABELS:
            return "GB" if code == "UK" else code
        areas = weak_areas([label], registry.places, demonyms=False)
        if len(areas) == 1:
            return areas[0]
    return None


def _is_akin(owner: int, organization: int, registry: Registry) -> bool:
    """Whether one company owns both, as far as names and parents tell."""
    if owner == organization:
        return True
    family = registry.family_of.get(organization)
    if family is not None and registry.family_of.get(owner) == family:
        return True
    if organization == registry.parents[owner] or owner == registry.parents[organization]:
        return True
    first, other = (normalise(registry.names[o]).split(" ", 1)[0] for o in (owner, organization))
    return first == other and is_company(organization, registry)


def areas_of_family(organization: int, registry: Registry) -> Collection[str]:
    """Where a company has branches, as far as the registry knows."""
    return registry.families.get(registry.family_of.get(organization, ""), {})


def is_company(organization: int, registry: Registry) -> bool:
    """Whether an organization is a company or a branch of one."""
    return organization in registry.family_of or registry.sectors[organization] == "company"


def _bears_name(domain: str, organization: int, registry: Registry) -> bool:
    """Whether a domain that nobody is known to own has the company's name in it."""
    first = normalise(registry.names[organization]).split(" ", 1)[0]
    return len(first) > 1 and any(first in label for label in domain.split(".")[:-1])
