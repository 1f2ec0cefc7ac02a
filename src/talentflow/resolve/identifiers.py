"""Which identifiers stand for one person, and which only repeat a name?

An identifier is written `system:value`. A registry's identifier (OpenReview, ORCID, …) stands for
one person by that registry's own word. An ACL Anthology slug is a name in other letters, and a
slot is a place on a paper.
"""

from __future__ import annotations

import re
from typing import Final

PREFERENCE: Final = ("orcid", "openreview", "dblp", "ieee", "scholar", "email")
"""Which identifier names a person that has several, best first; other registries follow in
alphabetical order."""

NAME_SYSTEMS: Final = frozenset({"acl", "slot", "name"})
"""Systems whose values identify a person only as far as the name does."""

ADDRESS_SYSTEMS: Final = frozenset({"email"})
"""Systems whose values pass from one person to another or are used by several."""

RENAMED: Final = "_renamed"
"""Ending of an entry of `ids` that holds the person's newer identifier in the same system."""


def system_of(identifier: str) -> str:
    """`openreview:~Jane_Doe1` → `openreview`; `slot` for text that names no system."""
    system, colon, value = identifier.partition(":")
    return system if colon and system and value else "slot"


def is_hard(identifier: str, system: str | None = None) -> bool:
    """Whether the identifier stands for one person: well formed, and no mere name. `system` is
    that of the identifier, for callers that know it."""
    system = system or system_of(identifier)
    if system in NAME_SYSTEMS:
        return False
    check = _CHECKS.get(system)
    return check is None or check(identifier[len(system) + 1 :])


def holds_orcid_checksum(orcid: str) -> bool:
    """Whether `0000-0002-1825-0097` has the form and the check digit of an ORCID iD.

    The check digit is ISO 7064 MOD 11-2:
    https://support.orcid.org/hc/en-us/articles/360006897674
    """
    if not _ORCID.fullmatch(orcid):
        return False
    digits = orcid.replace("-", "")
    total = 0
    for digit in digits[:-1]:
        total = (total + int(digit)) * 2
    expected = (12 - total % 11) % 11
    return digits[-1] == ("X" if expected == 10 else str(expected))


def is_disambiguated_slug(slug: str, full_name: str) -> bool:
    """Whether an ACL slug says more than the name: `bo-li-vanderbilt` or `wei-zhang2`.

    The Anthology adds such an ending where it knows several people of that name.
    """
    letters, name = slug.replace("-", ""), full_name.replace(" ", "")
    return bool(name) and letters.startswith(name) and len(letters) > len(name)


def read_profile_number(identifier: str) -> tuple[str, int] | None:
    """`openreview:~Jane_Doe3` → (`Jane Doe`, 3); null for any other identifier.

    OpenReview numbers the profiles of one name in the order in which they were made.
    """
    found = _PROFILE.fullmatch(identifier)
    return (found[1].replace("_", " "), int(found[2])) if found else None


def _is_address(value: str) -> bool:
    return _ADDRESS.fullmatch(value) is not None and not value.startswith("000000@")


_ORCID: Final = re.compile(r"\d{4}-\d{4}-\d{4}-\d{3}[\dX]", re.ASCII)
_PROFILE: Final = re.compile(r"openreview:~(.+?)(\d{1,4})", re.ASCII)
_ADDRESS: Final = re.compile(r"[^@\s*]+@[^@\s]+")
_CHECKS: Final = {"orcid": holds_orcid_checksum, "email": _is_address}
