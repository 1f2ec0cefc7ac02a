"""Which organization does a text name that no registry knows?

Young companies and laboratories without an entry of their own write plainly what they are: a
legal form after the name, a mail domain that is the name, the kind of laboratory that a state
accredits, an institute of a place, a word of its own before `AI` or `Robotics`. Such a name is an
organization of its own, under a local id made of its words, so that all texts with the same name
mean the same.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Final, NamedTuple

from talentflow.resolve.choose import Evidence
from talentflow.resolve.general_words import GENERIC_WORDS, INSTITUTION_WORDS
from talentflow.resolve.hosts import PUBLIC_LABELS, is_free_mail
from talentflow.resolve.normalise import STOP_WORDS, normalise, raw_words, word_set
from talentflow.resolve.rank_index import find_like_names
from talentflow.resolve.registry import Registry

PRECISION: Final = {
    "unregistered_company": 0.93,
    "unregistered_domain": 0.95,
    "unregistered_laboratory": 0.93,
    "unregistered_institute": 0.88,
    "unregistered_name": 0.9,
}
"""Share of right answers of each rule by a quick reading of some 45 sampled texts, none of them
labelled for the held-out half: a first guess, see docs/decisions/0022."""

_FORMS: Final = (
    r"(?i:inc|incorporated|ltd|limited|llc|l\.l\.c|gmbh|corp|corporation|s\.?r\.?l|pvt|pte|pty"
    r"|private limited|sdn|bhd|s\.r\.o|jsc|llp)|Co|AG|B\.?V|S\.A\.S|SAS|S\.?p\.?A|Oyj?|ApS|A/S"
    r"|[Pp][Ll][Cc]|K\.K|AB|KG|UG|GbR|PBC"
)
_COMPANY: Final = re.compile(
    rf"(?:^|[,;|(]\s*)(?P<name>[^,;|()]{{2,60}}?)[\s,]+(?i:co\b\.?,?\s*)?(?:{_FORMS})\b\.?"
    r"(?=\s*(?:[,;|()]|co\b|inc\b|ltd\b|limited\b|bhd\b|$))",
)
_LABORATORY: Final = re.compile(
    r"\b(?:Key Lab(?:oratory|\.)?|Engineering (?:Technology )?(?:Research Cent(?:er|re)|Lab"
    r"(?:oratory)?)|Collaborative Innovation Cent(?:er|re))\s+(?:of|for|on)\s+\w+",
    re.IGNORECASE,
)
_INSTITUTE: Final = re.compile(
    r"\b(?:institute|cent(?:er|re)|laborator(?:y|ies)|academy|agency|observatory)\b", re.IGNORECASE
)
_PART: Final = re.compile(
    r"universi|college|school|dep(?:artmen)?t|facult|division|ministry|\bgroup\b|hospital"
    r"|polytech|institute of tech",
    re.IGNORECASE,
)
"""Words of institutes that are part of another organization, or of those whose registered name is
likely to be spelled otherwise."""

_BRAND: Final = re.compile(
    r"(?!The\b)(?:[A-Z][\w.&+-]*(?: [A-Z][\w.&+-]*)? "
    r"(?:A\.?I\.?|Labs?|Robotics|Technolog(?:y|ies)|Research|Analytics|Software|Health"
    r"|Therapeutics|Systems|Studios?|Motors?|Bank|Ventures)|[A-Z][\w-]*[a-z][\w-]*AI)"
)
_LED_BY: Final = word_set("national china chinese korea korean japan australian european canadian")
_HOST: Final = re.compile(
    r"(?P<name>[\w-]{3,40})\.(?:ai|io|com|org|net|co|tech|dev)", re.IGNORECASE
)
_NO_NAME: Final = re.compile(r"^\W*(?:department|dept|school|faculty|division|the|team)\b", re.I)
_LEAST_SHARED: Final = 4
"""Letters that a name and a domain must have in common from their beginnings."""

_LEAST_INITIALS: Final = 3
_MISSPELLED: Final = 0.75
"""A registered name so like an unknown one is more probably meant than a new one."""

_MAX_WORDS: Final = 8


class Unregistered(NamedTuple):
    """An organization outside the registry: its name, a local id, and the rule that found it."""

    name: str
    local_id: str
    rule: str

    @property
    def probability(self) -> float:
        """How often the rule is right."""
        return PRECISION[self.rule]


def find_unregistered(text: str, evidence: Evidence, registry: Registry) -> Unregistered | None:
    """The organization that a text names where none of the registry fits; null where none is
    plainly named. A name that the registry has is none: something spoke against it."""
    for rule, names in (
        ("unregistered_company", _list_companies(text)),
        ("unregistered_domain", _match_domain(evidence, registry)),
        ("unregistered_laboratory", _list_laboratories(evidence.parsed.segments)),
        ("unregistered_institute", _list_institutes(evidence.parsed.segments[:2], registry)),
        ("unregistered_name", _list_brands(evidence)),
    ):
        for name in names:
            key = normalise(name)
            if _is_name(key, rule, registry):
                return Unregistered(
                    name.strip(" .-–*'\""), f"local:named/{key.replace(' ', '-')}", rule
                )
    return None


def _is_name(key: str, rule: str, registry: Registry) -> bool:
    """Whether the words can be a name of their own, and one that the registry does not know."""
    words = key.split()
    if not 0 < len(words) <= 2 * _MAX_WORDS or registry.places.is_place(key):
        return False
    if key in registry.by_name or key in registry.by_acronym:
        return False
    if rule in ("unregistered_laboratory", "unregistered_institute"):
        return len(words) > 3
    if rule == "unregistered_name" and (words[0] in GENERIC_WORDS or words[0] in registry.longest):
        return False
    return len(words) <= _MAX_WORDS and not GENERIC_WORDS.issuperset(words)


def _list_companies(text: str) -> Iterator[str]:
    """What stands before a legal form."""
    for match in _COMPANY.finditer(text):
        if not _NO_NAME.match(match["name"]):
            yield match["name"]


def _match_domain(evidence: Evidence, registry: Registry) -> Iterator[str]:
    """Segments that an unknown mail domain spells, begins with or abbreviates; a web address
    that stands for a name does so itself."""
    segments = evidence.parsed.segments
    host = _HOST.fullmatch(segments[0]) if len(segments) == 1 else None
    if host is not None:
        yield host["name"]
    label = _own_label(evidence.domain) if evidence.domain else ""
    if not label or evidence.owners or is_free_mail(evidence.domain or ""):
        return
    for segment in segments[:2]:
        words = [word for word in raw_words(segment) if word not in STOP_WORDS]
        if words and not _NO_NAME.match(segment) and _spells(label, words, registry):
            yield segment


def _own_label(domain: str) -> str:
    """The part of a domain that its owner chose: `uni` of `cs.uni.ac.kr`."""
    labels = domain.split(".")
    at = 2 if len(labels) > 2 and labels[-2] in PUBLIC_LABELS else 1
    return labels[-1 - at].replace("-", "") if len(labels) > at else ""


def _spells(label: str, words: Sequence[str], registry: Registry) -> bool:
    joined, first = "".join(words), words[0]
    initials = "".join(word[0] for word in words)
    if len(initials) >= _LEAST_INITIALS and label == initials:
        return True
    if first in GENERIC_WORDS or first in INSTITUTION_WORDS or registry.places.is_place(first):
        return len(label) > len(first) + 1 and joined.startswith(label)
    if len(first) >= _LEAST_SHARED and label.startswith(first):
        return True
    return len(label) >= _LEAST_SHARED and joined.startswith(label)


def _list_laboratories(segments: Sequence[str]) -> Iterator[str]:
    """Segments that name an accredited laboratory or centre by what it is for."""
    for segment in segments:
        if _LABORATORY.search(segment):
            yield segment


def _list_institutes(segments: Sequence[str], registry: Registry) -> Iterator[str]:
    """Segments that name an institute by the place it is of: `Shanghai Institute of X`."""
    for segment in segments:
        words = normalise(segment).split()
        if len(words) < 4 or _PART.search(segment) or not _INSTITUTE.search(segment):
            continue
        if words[0] not in _LED_BY and not registry.places.is_place(words[0]):
            continue
        (like,) = find_like_names([words], registry.rank)
        if not like or like[0][1] < _MISSPELLED:
            yield segment


def _list_brands(evidence: Evidence) -> Iterator[str]:
    """A text that is, but for places, an unknown word and what such names end in: `Acme Labs`."""
    alone = {place.segment for place in evidence.places if place.alone}
    named = [s for i, s in enumerate(evidence.parsed.segments) if i not in alone]
    if len(named) == 1 and _BRAND.fullmatch(named[0]):
        yield named[0]
