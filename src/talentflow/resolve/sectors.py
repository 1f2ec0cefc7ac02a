"""Of what sector is the organization that an affiliation names?

The registry's type decides where it is known; a company's laboratory is of the company; where
no organization is known the words decide, then the domain.
"""

from __future__ import annotations

import re
from typing import Final

from talentflow.resolve.normalise import normalise
from talentflow.resolve.registry import Registry

_SECTORS: Final = (
    (
        "healthcare",
        r"universit\w* (?:hospital|clinic|medical cent)|universitäts?(?:klinik|spital)|uniklinik|"
        r"hospital[^,;]* of [^,;]*univers|affiliated[^,;]*hospital|hospital[^,;]*affiliated",
    ),
    (
        "university",
        r"univ|hochschule|college\b|école|ecole\b|politecnico|polytechnic|polytechnique|"
        r"institut\w* of technology|school of|graduate school|faculty|facult[ée]|academy of arts|"
        r"uniwersytet|politechnika|yliopisto|egyetem|université|joint institute|"
        r"대학|大学|大學|학부|doctoral",
    ),
    (
        "healthcare",
        r"hospital|clinic\b|clinical center|klinik|medical cent|health system|infirmary|"
        r"병원|医院|病院",
    ),
    (
        "company",
        r"\b(?:inc|llc|ltd|corp|corporation|gmbh|co|company|technologies|s\.?r\.?l|b\.?v|"
        r"pty|plc|k\.k|s\.?a\.?s|limited|ventures|startup|labs?\.ai|pte|sdn|ltda|oy|aps|a/s|ag|"
        r"sarl|s\.r\.o|sp\.? ?z ?\.?o\.? ?o)\b|\.ai\b|\.com\b|\.io\b|"
        r"주식회사|公司|株式会社|㈜|\(주\)",
    ),
    (
        "government",
        r"ministry|department of (?:defen[sc]e|energy|state|health)|government|federal agency|"
        r"\barmy\b|\bnavy\b|air force|bureau of|공사|청$|municipality|\bcity of\b",
    ),
    (
        "facility",
        r"national laborator|research (?:institute|cent|council)|academy of sciences|"
        r"institute (?:of|for)|institut f[üu]r|max.planck|fraunhofer|"
        r"研究所|연구원|연구소|laborator",
    ),
    ("nonprofit", r"foundation\b|\bfondazione\b|non-?profit|재단|association\b|\bsociety\b"),
)
_COMPILED: Final = tuple((sector, re.compile(words, re.IGNORECASE)) for sector, words in _SECTORS)


def sector_of_words(text: str) -> str | None:
    """The first sector whose words occur; null where none do."""
    for sector, words in _COMPILED:
        if words.search(text):
            return sector
    return None


_SECTOR_OF_LABEL: Final = {
    "edu": "university",
    "ac": "university",
    "gov": "government",
    "gob": "government",
    "gouv": "government",
    "gc": "government",
    "mil": "government",
}


def decide_sector(
    text: str, organization: int | None, domain: str | None, registry: Registry
) -> tuple[str | None, str]:
    """The sector and what decided it: `company_family`, `organization`, `words`, `domain`.

    `unknown` with null where nothing tells.
    """
    if organization is not None:
        own = sector_of_organization(organization, registry)
        if own[0] is not None:
            return own
    told = sector_of_words(text)
    if told is not None:
        return told, "words"
    if domain is None or registry.is_free_mail(domain):
        return None, "unknown"
    return sector_of_domain(domain, registry)


def sector_of_organization(organization: int, registry: Registry) -> tuple[str | None, str]:
    """The registry's sector; `company` for parts and branches of companies, whatever their type
    (`IBM Research - Tokyo` is a facility in ROR)."""
    sector = registry.sectors[organization]
    if organization in registry.family_of and sector != "university":
        return "company", "company_family"
    above = registry.parents[organization]
    if sector in ("facility", "nonprofit", None) and _is_company_laboratory(organization, registry):
        return "company", "company_family"
    if sector is None and above >= 0 and registry.sectors[above] is not None:
        return registry.sectors[above], "organization"
    if sector is None:
        words = sector_of_words(registry.names[organization])
        return (words, "words") if words else (None, "unknown")
    return sector, "organization"


def _is_company_laboratory(organization: int, registry: Registry) -> bool:
    """Whether the name is that of a company followed by what laboratories are called
    (`Honda Research Institute`), or the company above bears the same name."""
    words = normalise(registry.names[organization]).split()
    for size in (1, 2):
        family = registry.families.get(" ".join(words[:size]))
        if family and words[size : size + 1] and words[size] in ("research", "laboratory", "ai"):
            return True
    above = registry.parents[organization]
    if above < 0 or registry.sectors[above] != "company" or not words:
        return False
    return normalise(registry.names[above]).split(" ", 1)[0] == words[0]


def sector_of_domain(domain: str, registry: Registry | None = None) -> tuple[str | None, str]:
    """The sector of a domain's owners, else of its ending (`.edu`, `.ac.kr`, `.gov`)."""
    if registry is not None:
        kinds = {sector_of_organization(o, registry)[0] for o in registry.find_domain(domain)}
        if len(kinds) == 1 and None not in kinds:
            return kinds.pop(), "domain"
    labels = domain.split(".")
    ends = labels[-1] if len(labels[-1]) > 2 else labels[-2]
    sector = _SECTOR_OF_LABEL.get(ends)
    return (sector, "domain") if sector else (None, "unknown")
