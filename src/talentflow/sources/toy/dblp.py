"""How DBLP's dump holds the people of the toy world, in ASCII with the entities of its DTD."""

from __future__ import annotations

import gzip
from collections.abc import Iterable, Sequence
from html.entities import codepoint2name
from pathlib import Path
from typing import Final

from talentflow.sources.toy.atlas import COUNTRIES, Organization
from talentflow.sources.toy.histories import ToldCareer

FILE: Final = "dblp.xml.gz"


def write_dblp(
    careers: Iterable[ToldCareer], organizations: Sequence[Organization], folder: Path
) -> None:
    """`dblp.xml.gz` below `folder`: person records, between publications as in the dump."""
    folder.mkdir(parents=True, exist_ok=True)
    records = [describe_person(c, organizations) for c in careers if c.identity.dblp]
    document = "\n".join(
        [
            '<?xml version="1.0" encoding="ISO-8859-1"?>',
            '<!DOCTYPE dblp SYSTEM "dblp.dtd">',
            "<dblp>",
            '<article mdate="2024-05-05" key="journals/toy/Nobody24">',
            "<author>Nobody of This World</author>",
            "<title>On www and other records.</title>",
            "<year>2024</year>",
            "</article>",
            *records,
            "</dblp>",
            "",
        ]
    )
    (folder / FILE).write_bytes(gzip.compress(document.encode("ascii"), mtime=0))


def describe_person(career: ToldCareer, organizations: Sequence[Organization]) -> str:
    """One person record. Every third affiliation has a label without years."""
    identity = career.identity
    last = max(stay.last for stay in career.stays)
    notes = []
    for number, stay in enumerate(career.stays if career.tells("dblp") else ()):
        where = organizations[stay.organization]
        label = f"since {stay.first}" if stay.open else f"{stay.first}-{stay.last}"
        label = "former" if (career.person + number) % 3 == 0 and not stay.open else label
        said = f"{where.name}, {where.city.name}, {COUNTRIES[where.country].name}"
        notes.append(f'<note type="affiliation" label="{label}">{_escape(said)}</note>')
    urls = [f"<url>https://orcid.org/{identity.orcid}</url>"] if identity.orcid else []
    return "\n".join(
        [
            f'<www mdate="{last}-12-01" key="homepages/{identity.dblp}">',
            f"<author>{_escape(str(identity.name))}</author>",
            "<title>Home Page</title>",
            *notes,
            *urls,
            "</www>",
        ]
    )


def _escape(text: str) -> str:
    """ASCII: named entities where HTML has one, else numbers."""
    return "".join(
        letter
        if letter.isascii() and letter not in "&<>"
        else f"&{codepoint2name[ord(letter)]};"
        if ord(letter) in codepoint2name
        else f"&#{ord(letter)};"
        for letter in text
    )
