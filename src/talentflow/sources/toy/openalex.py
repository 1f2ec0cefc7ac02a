"""How an OpenAlex snapshot holds the papers of the toy world.

The fields of a work are those OpenAlex documents for its snapshot (the Work, Authorship and
Location objects), as far as a reader of affiliations could want them. Topics are real, all other
identifiers invented. Misprinted affiliations and split or missing author ids are planted here
too; homonyms keep ids of their own.
"""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterable
from pathlib import Path
from typing import Final

from talentflow.sources.toy.affiliations import Letterhead
from talentflow.sources.toy.atlas import Organization
from talentflow.sources.toy.papers import Author, Paper
from talentflow.sources.toy.registries import ROR_TYPES, make_ror_id, registry_number

Record = dict[str, object]

UPDATED_DATES: Final = ("2025-01-10", "2025-02-14", "2025-03-21")
"""Partitions of the snapshot; a work's partition follows from its number."""

_OPENALEX = "https://openalex.org"
_SOURCES: Final = {
    "corl": ("S9000000001", "Conference on Robot Learning (toy)"),
    "icra": ("S9000000002", "International Conference on Robotics and Automation (toy)"),
    "acl": ("S9000000003", "Annual Meeting on Computational Linguistics (toy)"),
    "nips": ("S9000000004", "Neural Information Processing Systems (toy)"),
}
_TOPICS: Final = {
    "corl": ("T10653", "Robot Manipulation and Learning"),
    "icra": ("T10586", "Robotic Path Planning Algorithms"),
    "acl": ("T10028", "Topic Modeling"),
    "nips": ("T10036", "Advanced Neural Network Applications"),
}
_SUBFIELDS: Final = {
    "corl": ("2207", "Control and Systems Engineering"),
    "icra": ("1707", "Computer Vision and Pattern Recognition"),
    "acl": ("1702", "Artificial Intelligence"),
    "nips": ("1707", "Computer Vision and Pattern Recognition"),
}
_FIELDS: Final = {"17": "Computer Science", "22": "Engineering"}


def write_openalex(papers: Iterable[Paper], letterhead: Letterhead, folder: Path) -> None:
    """`updated_date=…/part_000.gz` below `folder` (gzipped JSON lines) and their `manifest`."""
    lines: dict[str, list[bytes]] = {date: [] for date in UPDATED_DATES}
    for paper in papers:
        date = UPDATED_DATES[paper.number % len(UPDATED_DATES)]
        work = describe_work(paper, letterhead, updated_date=date)
        lines[date].append(json.dumps(work, ensure_ascii=False, separators=(",", ":")).encode())
    entries = []
    for date, works in lines.items():
        name = f"updated_date={date}/part_000.gz"
        body = gzip.compress(b"".join(line + b"\n" for line in works), compresslevel=6, mtime=0)
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(body)
        meta = {"content_length": len(body), "record_count": len(works)}
        entries.append({"url": f"s3://openalex/data/works/{name}", "meta": meta})
    manifest = {"entries": entries, "meta": {"record_count": sum(map(len, lines.values()))}}
    (folder / "manifest").write_text(json.dumps(manifest, indent=2) + "\n", encoding="utf-8")


def describe_work(paper: Paper, letterhead: Letterhead, *, updated_date: str) -> Record:
    """One work."""
    identifier = f"{_OPENALEX}/W9{paper.number:09d}"
    doi = f"https://doi.org/10.99999/toy.{paper.number}"
    last = len(paper.authors) - 1
    authorships = [
        _describe_authorship(paper, at, letterhead, is_last=at == last)
        for at in range(len(paper.authors))
    ]
    countries = {code for authorship in authorships for code in _listed(authorship, "countries")}
    return {
        "id": identifier,
        "doi": doi,
        "title": paper.title,
        "display_name": paper.title,
        "publication_year": paper.year,
        "publication_date": f"{paper.year}-06-01",
        "ids": {"openalex": identifier, "doi": doi},
        "language": "en",
        "primary_location": _describe_location(paper, doi),
        "type": "article" if paper.accepted else "preprint",
        "is_retracted": False,
        "is_paratext": False,
        "authorships": authorships,
        "countries_distinct_count": len(countries),
        "cited_by_count": paper.number % 40,
        "primary_topic": _describe_topic(paper.venue),
        "updated_date": f"{updated_date}T00:00:00.000000",
        "created_date": f"{paper.year}-07-01",
    }


def _describe_authorship(paper: Paper, at: int, letterhead: Letterhead, *, is_last: bool) -> Record:
    author = paper.authors[at]
    raw = letterhead.print_full(author)
    institutions = [_describe_institution(author, letterhead)] if raw else []
    identity = author.identity
    has_orcid = identity.orcid and not author.missing_ids
    return {
        "author_position": "first" if at == 0 else "last" if is_last else "middle",
        "author": {
            "id": None if author.missing_ids else identity.printed_openalex(paper.year),
            "display_name": str(identity.name),
            "orcid": f"https://orcid.org/{identity.orcid}" if has_orcid else None,
        },
        "institutions": institutions,
        "countries": [institution["country_code"] for institution in institutions],
        "is_corresponding": at == 0,
        "raw_author_name": str(identity.name),
        "raw_affiliation_strings": [raw] if raw else [],
        "affiliations": [
            {"raw_affiliation_string": raw, "institution_ids": [i["id"] for i in institutions]}
        ]
        if raw
        else [],
    }


def _describe_institution(author: Author, letterhead: Letterhead) -> Record:
    where: Organization = letterhead.organization(author)
    number = registry_number(author.organization)
    identifier = f"{_OPENALEX}/I{number}"
    return {
        "id": identifier,
        "display_name": where.name,
        "ror": make_ror_id(number),
        "country_code": where.country,
        "type": ROR_TYPES[where.sector],
        "lineage": [identifier],
    }


def _describe_location(paper: Paper, doi: str) -> Record:
    number, name = _SOURCES[paper.venue]
    return {
        "is_oa": False,
        "landing_page_url": doi,
        "pdf_url": None,
        "source": {
            "id": f"{_OPENALEX}/{number}",
            "display_name": name,
            "issn_l": None,
            "issn": None,
            "is_oa": False,
            "is_in_doaj": False,
            "host_organization": None,
            "host_organization_name": None,
            "host_organization_lineage": [],
            "type": "conference",
        },
        "license": None,
        "version": "publishedVersion" if paper.accepted else "submittedVersion",
        "is_accepted": paper.accepted,
        "is_published": paper.accepted,
    }


def _describe_topic(venue: str) -> Record:
    topic, name = _TOPICS[venue]
    subfield, subfield_name = _SUBFIELDS[venue]
    field = subfield[:2]
    return {
        "id": f"{_OPENALEX}/{topic}",
        "display_name": name,
        "score": 0.99,
        "subfield": {"id": f"{_OPENALEX}/subfields/{subfield}", "display_name": subfield_name},
        "field": {"id": f"{_OPENALEX}/fields/{field}", "display_name": _FIELDS[field]},
        "domain": {"id": f"{_OPENALEX}/domains/3", "display_name": "Physical Sciences"},
    }


def _listed(record: Record, key: str) -> list[str]:
    value = record[key]
    return value if isinstance(value, list) else []
