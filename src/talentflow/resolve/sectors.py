"""Of what sector is the organization that an affiliation names?

Sectors follow who runs a place, as in the Frascati Manual (OECD, 2015, chapter 3): a company's
laboratory is of the company, a university's institute of the university. `facility` is public
research, whether the registry types it as facility, government agency or association (CNRS,
Chinese Academy of Sciences, Max Planck Society and their institutes); hospitals are apart.
Where no organization is known the words decide, then the domain.
"""

from __future__ import annotations

import re
from typing import Final

from talentflow.resolve.general_words import GENERIC_WORDS
from talentflow.resolve.hosts import is_free_mail
from talentflow.resolve.normalise import normalise, word_set
from talentflow.resolve.registry import Registry

_SECTORS: Final = (
    (
        "healthcare",
        r"universit\w* (?:general )?(?:hospital|clinic|medical cent|health)|"
        r"universitäts?(?:klinik|spital|medizin)|uniklinik|h[oô]pita\w*[^,;]*univers|"
        r"hospital\w*[^,;]* univers|ospedal\w*[^,;]*univers|policlinico|"
        r"affiliated[^,;]*hospital|hospital[^,;]*affiliated",
    ),
    (
        "university",
        r"univ|hochschule|college\b|école|ecole\b|politecnico|polytechnic|polytechnique|"
        r"institut\w* of (?:(?:sciences?|engineering|information) (?:and |& )?){0,2}technology|"
        r"school of|graduate school|"
        r"facult(?:y|é|ad|ade|eit)\b|academy of arts|medical school|key lab|"
        r"engineering research cent\w* of[^;]* ministry of education|"
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
_PARTS: Final = re.compile(r"[,;()/]")
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


_MEDICAL_SCHOOL: Final = re.compile(
    r"(?:school|college|faculty) of medicine|medical school|medical university", re.IGNORECASE
)
_HOSPITAL: Final = re.compile(
    r"hospital|clinic\b|klinik|medical cent|health (?:system|care)|cancer cent", re.IGNORECASE
)
_PUBLIC_RESEARCH: Final = re.compile(
    r"\b(?:research|institute|academy\b.* science|laboratory|scientific|science technology|"
    r"commissariat l energie atomique|fraunhofer|leibniz|helmholtz|max planck)\b"
)
_PUBLIC: Final = re.compile(r"\b(?:national (?:research|academy)|academy\b.* science|max planck)\b")
_RULES_OTHERS: Final = re.compile(r"\b(?:ministry|department|bureau|office|foundation|fund)\b")
_OWN_LABORATORIES: Final = word_set("propulsion lincoln")
"""Words of laboratories that a university runs for a government apart from its own work."""


def decide_sector(
    text: str, organization: int | None, domain: str | None, registry: Registry
) -> tuple[str | None, str]:
    """The sector and what decided it: `company_family`, `organization`, `words`, `domain`.

    `unknown` with null where nothing tells.
    """
    if organization is not None:
        own = sector_of_organization(organization, registry)
        if own[0] == "healthcare" and _names_school_alone(text):
            return "university", "words"
        if own[0] is not None:
            return own
    told = sector_of_words(text)
    if told in ("facility", None) and _opens_with_company(text, registry):
        return "company", "company_family"
    if domain is None or is_free_mail(domain):
        return (told, "words") if told else (None, "unknown")
    by_domain = sector_of_domain(domain, registry)
    if told is None:
        return by_domain
    of_owner = by_domain[0] == "university" and registry.find_domain(domain)
    return by_domain if of_owner and told == "facility" else (told, "words")


def _names_school_alone(text: str) -> bool:
    """Whether a text names a medical school and no hospital: registries file some schools under
    the hospital."""
    return _MEDICAL_SCHOOL.search(text) is not None and _HOSPITAL.search(text) is None


def sector_of_organization(organization: int, registry: Registry) -> tuple[str | None, str]:
    """The registry's sector, unless another is told by who runs the organization: `company` for
    parts and branches of companies (`IBM Research - Tokyo` is a facility in ROR), `university`
    for institutes of universities, `facility` for public research."""
    sector = registry.sectors[organization]
    if organization in registry.family_of and sector != "university":
        return "company", "company_family"
    above = registry.parents[organization]
    of_parent = registry.sectors[above] if above >= 0 else None
    if sector in ("facility", "nonprofit", None) and _is_company_laboratory(organization, registry):
        return "company", "company_family"
    if sector is None and of_parent is None:
        words = sector_of_words(registry.names[organization])
        return (words, "words") if words else (None, "unknown")
    if sector == "facility" and of_parent == "university":
        sector = "facility" if _is_national(organization, registry) else "university"
    elif sector in ("government", "nonprofit") and _is_public_research(organization, registry):
        sector = "facility"
    elif sector == "healthcare" and _names_school_alone(registry.names[organization]):
        sector = "university"
    return sector or of_parent, "organization"


def _is_national(organization: int, registry: Registry) -> bool:
    """Whether a university only runs the laboratory (`Lawrence Berkeley National Laboratory`)."""
    words = set(normalise(registry.names[organization]).split())
    return {"national", "laboratory"} <= words or not words.isdisjoint(_OWN_LABORATORIES)


def _is_public_research(organization: int, registry: Registry) -> bool:
    """Whether a government body or an association does research, as its name says. One that is
    no government body must be public by name: others are non-profit."""
    name = normalise(registry.names[organization])
    if _RULES_OTHERS.search(name) or not _PUBLIC_RESEARCH.search(name):
        return False
    return registry.sectors[organization] == "government" or bool(_PUBLIC.search(name))


def _opens_with_company(text: str, registry: Registry) -> bool:
    """Whether a part of the text opens with the name of a company known for its seat
    (`NTT Cyber Solutions Laboratories`)."""
    for part in _PARTS.split(text):
        words = normalise(part).split()
        if any(" ".join(words[:size]) in registry.family_seats for size in (1, 2)):
            return True
    return False


def _is_company_laboratory(organization: int, registry: Registry) -> bool:
    """Whether the name is that of a company followed by what laboratories are called
    (`Honda Research Institute`), or the company above bears the same name."""
    words = normalise(registry.names[organization]).split()
    for size in (1, 2):
        family = registry.families.get(" ".join(words[:size]))
        if family is None or all(word in GENERIC_WORDS for word in words[:size]):
            continue
        if words[size : size + 1] and words[size] in ("research", "laboratory", "ai"):
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
