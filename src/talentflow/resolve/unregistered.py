"""Which organization does a text name that no registry knows?

Young companies and laboratories without an entry of their own write plainly what they are: a
legal form after the name, a mail domain that is the name, or the kind of laboratory that a state
accredits. Such a name is an organization of its own, under a local id made of its words, so that
all texts with the same name mean the same.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Final, NamedTuple

from talentflow.resolve.choose import Evidence
from talentflow.resolve.general_words import GENERIC_WORDS, INSTITUTION_WORDS
from talentflow.resolve.normalise import STOP_WORDS, normalise, raw_words
from talentflow.resolve.registry import PUBLIC_LABELS, Registry

PRECISION: Final = {
    "unregistered_company": 0.95,
    "unregistered_domain": 0.93,
    "unregistered_laboratory": 0.9,
}
"""Share of right answers of each rule among its texts of the development half of the paper lists
that were read one by one, see docs/decisions/0022."""

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
_HOST: Final = re.compile(
    r"(?P<name>[\w-]{3,40})\.(?:ai|io|com|org|net|co|tech|dev)", re.IGNORECASE
)
_NO_NAME: Final = re.compile(r"^\W*(?:department|dept|school|faculty|division|the|team)\b", re.I)
_LEAST_SHARED: Final = 4
"""Letters that a name and a domain must have in common from their beginnings."""

_LEAST_INITIALS: Final = 3
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
    if rule == "unregistered_laboratory":
        return len(words) > 3
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
    if not label or evidence.owners or registry.is_free_mail(evidence.domain or ""):
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
