"""How conference lists print the papers of the toy world, each venue in its own style.

The venues carry the names of real ones so that rules about a venue's style apply:
`corl` as OpenReview prints it (profile fields in the order of `or_profile`), `icra` as IEEE
(all authors twice, affiliations once), `acl` as the ACL Anthology (name slugs), `nips` (names,
affiliations and e-mail domains, no ids). The upstream institution labels are imitated too,
with Hong Kong and Taiwan labelled China.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Final

from talentflow.sources.toy.affiliations import Letterhead
from talentflow.sources.toy.atlas import COUNTRIES
from talentflow.sources.toy.papers import Author, Paper

Record = dict[str, object]

_BASE62 = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"
_LABELLED_CHINA: Final = ("HK", "TW")


def write_conferences(papers: Iterable[Paper], letterhead: Letterhead, folder: Path) -> None:
    """One file per venue and year below `folder`: a JSON array, one record a line."""
    lines: dict[tuple[str, int], list[str]] = {}
    for paper in papers:
        record = describe_paper(paper, letterhead)
        line = json.dumps(record, ensure_ascii=False, separators=(",", ":"))
        lines.setdefault((paper.venue, paper.year), []).append(line)
    for (venue, year), records in lines.items():
        path = folder / venue / f"{venue}{year}.json"
        path.parent.mkdir(parents=True, exist_ok=True)
        text = "[\n" + ",\n".join(records) + "\n]\n"
        path.write_bytes(text.encode())


def describe_paper(paper: Paper, letterhead: Letterhead) -> Record:
    """One record, its keys in the order of the real files."""
    return _STYLES[paper.venue](paper, letterhead)


def _describe_corl(paper: Paper, letterhead: Letterhead) -> Record:
    forum = _make_forum_id(paper.number)
    printed = [_print_profile(author, paper.year, letterhead) for author in paper.authors]
    profiles = _order_profiles(paper)
    known = [None if author.missing_ids else author for author in profiles]
    return {
        "id": forum,
        "title": paper.title,
        "track": "main",
        "status": paper.status,
        "keywords": paper.title.split(":")[0].lower(),
        "primary_area": "",
        "author": ";".join(str(author.identity.name) for author in paper.authors),
        "authorids": ";".join(printed),
        "dblp": ";".join(a.identity.dblp if a else "" for a in known),
        "google_scholar": ";".join(a.identity.scholar if a else "" for a in known),
        "orcid": ";".join(a.identity.orcid if a else "" for a in known),
        "or_profile": ";".join(
            _print_profile(author, paper.year, letterhead, current=True) for author in profiles
        ),
        "aff": ";".join(letterhead.print_short(a) if a else "" for a in known),
        "aff_domain": ";".join(letterhead.print_domain(a) if a else "" for a in known),
        "position": ";".join(a.position if a and not a.missing_affiliation else "" for a in known),
        "site": f"https://openreview.net/forum?id={forum}",
        "authors#_avg": len(paper.authors),
        "gs_citation": paper.number % 40,
        **_label([author for author in known if author], letterhead),
    }


def _order_profiles(paper: Paper) -> list[Author]:
    """Authors in the order of the profile fields: renamed profiles stand at the end."""
    profiles = sorted(paper.authors, key=lambda a: paper.year < a.identity.renamed_year)
    return profiles[1:] + profiles[:1] if paper.shuffled else profiles


def _print_profile(
    author: Author, year: int, letterhead: Letterhead, *, current: bool = False
) -> str:
    if author.missing_ids:
        return f"email:{author.identity.email_number}@{letterhead.mail_domain(author)}"
    identity = author.identity
    return identity.current_profile(year) if current else identity.printed_profile(year)


def _describe_icra(paper: Paper, letterhead: Letterhead) -> Record:
    number = f"{7_000_000 + paper.number}"
    times = 2 if paper.doubled else 1
    names = [str(author.identity.name) for author in paper.authors] * times
    ids = ["" if a.missing_ids else a.identity.printed_ieee(paper.year) for a in paper.authors]
    return {
        "id": number,
        "title": paper.title,
        "track": "main",
        "status": paper.status,
        "primary_area": "",
        "author": ";".join(names),
        "authorids": ";".join(ids * times),
        "aff": "; ".join(letterhead.print_full(author) for author in paper.authors),
        "site": f"https://ieeexplore.ieee.org/document/{number}/",
        "gs_citation": paper.number % 40,
        "email": "",
        "author_num": len(names),
        **_label(paper.authors, letterhead),
    }


def _describe_acl(paper: Paper, letterhead: Letterhead) -> Record:
    track = {"Long": "acl-long", "Short": "acl-short", "Findings": "findings-acl"}[paper.status]
    number = f"{paper.year}.{track}.{paper.number + 1}"
    domains = ";".join(letterhead.print_domain(author) for author in paper.authors)
    ids = ["" if a.missing_ids else a.identity.printed_slug(paper.year) for a in paper.authors]
    return {
        "id": number,
        "title": paper.title,
        "track": "main",
        "status": paper.status,
        "award": False,
        "author": "; ".join(str(author.identity.name) for author in paper.authors),
        "authorids": "; ".join(ids),
        "site": f"https://aclanthology.org/{number}/",
        "gs_citation": paper.number % 40,
        "aff": "; ".join(letterhead.print_with_department(author) for author in paper.authors),
        "aff_domain": domains,
        "email": domains,
        "author_num": len(paper.authors),
        **_label(paper.authors, letterhead),
    }


def _describe_nips(paper: Paper, letterhead: Letterhead) -> Record:
    domains = ";".join(letterhead.print_domain(author) for author in paper.authors)
    names = [str(author.identity.name) for author in paper.authors]
    return {
        "title": paper.title,
        "status": paper.status,
        "track": "main",
        "site": f"https://nips.cc/virtual/{paper.year}/poster/{paper.number}",
        "id": f"{paper.number}",
        "author_site": ", ".join(names),
        "author": "; ".join(names),
        "gs_citation": paper.number % 40,
        "aff": "; ".join(letterhead.print_with_department(author) for author in paper.authors),
        "aff_domain": domains,
        "email": domains,
        "author_num": len(paper.authors),
        "oa": f"https://papers.nips.cc/paper_files/paper/{paper.year}/hash/"
        f"{paper.number:032x}-Abstract.html",
        **_label(paper.authors, letterhead),
    }


_STYLES: Final[dict[str, Callable[[Paper, Letterhead], Record]]] = {
    "corl": _describe_corl,
    "icra": _describe_icra,
    "acl": _describe_acl,
    "nips": _describe_nips,
}


def _label(authors: Iterable[Author], letterhead: Letterhead) -> Record:
    """The institution and country labels that upstream adds, blank affiliations left out."""
    placed = [letterhead.organization(a) for a in authors if not a.missing_affiliation]
    countries = [
        COUNTRIES["CN" if o.country in _LABELLED_CHINA else o.country].name for o in placed
    ]
    names = [o.printed for o in placed]
    of_organization = {o.printed: o for o in reversed(placed)}
    organizations = list(dict.fromkeys(names))
    cities = [o.city.name for o in placed]
    return {
        "aff_unique_index": _index(names),
        "aff_unique_norm": ";".join(organizations),
        "aff_unique_dep": ";".join("" for _ in organizations),
        "aff_unique_url": ";".join(
            f"https://www.{of_organization[n].domain}" for n in organizations
        ),
        "aff_unique_abbr": ";".join(_abbreviate(name) for name in organizations),
        "aff_campus_unique_index": _index(cities),
        "aff_campus_unique": ";".join(dict.fromkeys(cities)),
        "aff_country_unique_index": _index(countries),
        "aff_country_unique": ";".join(dict.fromkeys(countries)),
    }


def _index(labels: list[str]) -> str:
    """Each label's position in the list of distinct ones."""
    number = {label: str(at) for at, label in enumerate(dict.fromkeys(labels))}
    return ";".join(number[label] for label in labels)


def _abbreviate(name: str) -> str:
    return "".join(word[0] for word in name.split() if word[0].isupper())


def _make_forum_id(number: int) -> str:
    letters, rest = "", number * 7_919 + 62**8
    while rest:
        rest, digit = divmod(rest, 62)
        letters = _BASE62[digit] + letters
    return f"T{letters}"
