"""Which person does an identifier, as a source writes it, point to?

Sources mix systems, addresses and bare numbers in one field. Here each is brought to the form
its issuer prints, or dropped when it is not one.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Final, NamedTuple

from talentflow.sources.email_domains import normalise_domain

_ORCID = re.compile(r"(?<!\d)(\d{4}-?\d{4}-?\d{4}-?\d{3}[\dXx])(?!\d)")
_IEEE = re.compile(r"/?(\d{5,})/?")
_ACL = re.compile(r"/[a-z0-9]/([^/\s]+)/?")
_EMAIL = re.compile(r"email:(\d{6}@\S+)")
_BROKEN_EMAIL: Final = "000000@"
_SCHOLAR_BARE = re.compile(r"([\w-]{12})(?:[/&?,].*)?")
_SCHOLAR_QUERY = re.compile(r"[?&]user=([\w-]{12})(?![\w-])")
_DBLP_PREFIX = re.compile(
    r"(?:https?://)?(?:[\w.-]+/)?(?:db/)?(?:pid|pers(?:/h[a-z])?|homepages)/", re.IGNORECASE
)
_OPENREVIEW = re.compile(
    r"(?:https?://)?(?:www\.)?openreview\.net/profile\?id=(~[^&#\s]+?\d)(?:[&#].*)?"
)
_DBLP_PID = re.compile(r"([A-Za-z0-9-]+/[^\s/?#,=]+)")


class PersonId(NamedTuple):
    """One author's identifier: its system, its value, and the domain where it is an address."""

    system: str
    value: str
    domain: str | None = None


def parse_author_id(text: str) -> PersonId | None:
    """The identifier of an author as conference lists write it; null when it is none.

    `~Name1` is OpenReview, `/37086936234` IEEE, `/o/ann-example/` the ACL Anthology,
    `email:000017@example.edu` a masked address. An address that was broken before it was masked
    (number 000000) identifies nobody: its `value` is empty and only the domain is kept.
    """
    if text.startswith("~"):
        return PersonId("openreview", text) if len(text) > 1 else None
    if text.startswith("email:"):
        return _parse_email(text)
    if found := _IEEE.fullmatch(text):
        return PersonId("ieee", found[1])
    if found := _ACL.fullmatch(text):
        orcid = normalise_orcid(found[1])
        return PersonId("orcid", orcid) if orcid else PersonId("acl", found[1])
    return None


def _parse_email(text: str) -> PersonId | None:
    domain = normalise_domain(text.partition("@")[2])
    found = _EMAIL.fullmatch(text)
    if found and domain and not found[1].startswith(_BROKEN_EMAIL):
        return PersonId("email", found[1].lower(), domain)
    return PersonId("email", "", domain) if domain else None


def normalise_orcid(text: str) -> str | None:
    """An ORCID iD as `0000-0002-1825-0097`, from any spelling or address; null when its check
    digit (ISO 7064 MOD 11-2) is wrong or there is none."""
    found = _ORCID.search(text)
    if not found:
        return None
    digits = found[1].replace("-", "").upper()
    total = 0
    for digit in digits[:15]:
        total = (total + int(digit)) * 2
    check = (12 - total % 11) % 11
    if digits[15] != ("X" if check == 10 else str(check)):
        return None
    return "-".join(digits[i : i + 4] for i in range(0, 16, 4))


def normalise_dblp(text: str) -> str | None:
    """A DBLP person key such as `96/9255`, from a key or any of DBLP's addresses; else null."""
    key = _DBLP_PREFIX.sub("", text.strip(), count=1).strip("/")
    key = re.sub(r"\.(?:html?|xml|rdf)\b.*", "", key)
    found = _DBLP_PID.fullmatch(key)
    return found[1] if found else None


def normalise_scholar(text: str) -> str | None:
    """The twelve characters of a Google Scholar profile, from the bare id or an address; null
    for addresses that carry a language only."""
    found = _SCHOLAR_QUERY.search(text) or _SCHOLAR_BARE.fullmatch(text.strip())
    return found[1] if found else None


def normalise_openreview(text: str) -> str | None:
    """An OpenReview profile id such as `~Ann_One1`, from the id or its address; else null."""
    text = text.strip().replace("%7E", "~")
    found = _OPENREVIEW.fullmatch(text)
    if found:
        return found[1]
    return text if re.fullmatch(r"~[^\s/?&]+\d", text) else None


def find_profiles(urls: Iterable[str]) -> dict[str, str]:
    """A person's identifiers by system, from the addresses of their own pages; none of a system
    of which several are given."""
    found: dict[str, set[str]] = {}
    for url in urls:
        system, value = _read_profile(url.strip())
        if value:
            found.setdefault(system, set()).add(value)
    return {system: values.pop() for system, values in found.items() if len(values) == 1}


def _read_profile(url: str) -> tuple[str, str | None]:
    if "orcid.org/" in url:
        return "orcid", normalise_orcid(url)
    if "scholar.google" in url:
        return "scholar", normalise_scholar(url)
    if "dblp." in url:
        return "dblp", normalise_dblp(url)
    if "openreview.net" in url:
        return "openreview", normalise_openreview(url)
    return "", None
