"""How ORCID's public data file holds the careers of the toy world.

One XML summary a person in message schema 3.0, laid out as in the published archive
(`ORCID_…_summaries/31X/0000-….xml`), with the sections that the readers have to step over.
"""

from __future__ import annotations

import gzip
import io
import tarfile
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final
from xml.sax.saxutils import escape

from talentflow.sources.toy.atlas import Organization
from talentflow.sources.toy.histories import Stay, ToldCareer
from talentflow.sources.toy.registries import make_ror_id, registry_number

FILE: Final = "ORCID_2025_10_summaries.tar.gz"

_NAMES: Final = (
    "internal education distinction deprecated other-name membership error common record "
    "personal-details keyword email external-identifier funding preferences address "
    "invited-position work history employment qualification service person activities "
    "researcher-url peer-review bulk research-resource"
)
_ROOT: Final = " ".join(f'xmlns:{name}="http://www.orcid.org/ns/{name}"' for name in _NAMES.split())
_DEGREES: Final = {
    "undergraduate": ("BSc Computer Science", "Bachelor of Engineering", "B.S."),
    "master": ("Master of Science", "MSc", "M.Eng."),
    "doctoral": ("PhD", "Doctor of Philosophy", "Ph.D. in Computer Science"),
}
_TITLES: Final = {
    "postdoctoral": ("Postdoctoral Researcher", "Postdoc"),
    "faculty": ("Assistant Professor", "Professor"),
    "researcher": ("Research Scientist", "Researcher"),
    "industry": ("Research Engineer", "Software Engineer"),
    "other": ("Instructor",),
}


@dataclass(frozen=True, kw_only=True)
class Entry:
    """One education or employment as ORCID lists it; empty where not told."""

    section: str
    put_code: int
    role: str
    name: str
    city: str
    region: str
    country: str
    organization_id: str
    id_source: str
    start: int | None
    end: int | None
    modified: int


@dataclass(frozen=True, kw_only=True)
class Summary:
    """What one summary is made of; `works` is how many works it lists."""

    orcid: str
    given: str
    family: str
    urls: Sequence[tuple[str, str]]
    entries: Sequence[Entry]
    works: int = 0


def write_orcid(
    careers: Iterable[ToldCareer], organizations: Sequence[Organization], folder: Path
) -> None:
    """The summaries of everybody with an ORCID iD, in one archive below `folder`."""
    folder.mkdir(parents=True, exist_ok=True)
    # The name and time that gzip would note are left out: the same world, the same bytes.
    with (
        (folder / FILE).open("wb") as stream,
        gzip.GzipFile("", "wb", compresslevel=6, fileobj=stream, mtime=0) as packed,
        tarfile.open(None, "w", packed) as archive,
    ):
        for career in careers:
            if career.identity.orcid:
                summary = _tell(career, organizations)
                add_summary(archive, summary.orcid, print_summary(summary).encode())


def add_summary(archive: tarfile.TarFile, orcid: str, document: bytes) -> None:
    """Append one document under the name that the published archive gives it."""
    header = tarfile.TarInfo(f"{FILE.removesuffix('.tar.gz')}/{orcid[-3:]}/{orcid}.xml")
    header.size = len(document)
    archive.addfile(header, io.BytesIO(document))


def print_summary(summary: Summary) -> str:
    """The XML document."""
    path = f"/{summary.orcid}"
    return "\n".join(
        [
            '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>',
            f'<record:record path="{path}" {_ROOT}>',
            *_print_head(summary),
            *_print_person(summary),
            f'    <activities:activities-summary path="{path}/activities">',
            f'        <activities:distinctions path="{path}/distinctions"/>',
            _print_section("education", summary),
            _print_section("employment", summary),
            *(f'        <activities:{name} path="{path}/{name}"/>' for name in _SILENT),
            _print_works(summary),
            "    </activities:activities-summary>",
            "</record:record>",
            "",
        ]
    )


_SILENT: Final = (
    "fundings", "invited-positions", "memberships", "peer-reviews", "qualifications",
    "research-resources", "services",
)  # fmt: skip


def _print_head(summary: Summary) -> list[str]:
    return [
        "    <common:orcid-identifier>",
        f"        <common:uri>https://orcid.org/{summary.orcid}</common:uri>",
        f"        <common:path>{summary.orcid}</common:path>",
        "        <common:host>orcid.org</common:host>",
        "    </common:orcid-identifier>",
        "    <preferences:preferences>",
        "        <preferences:locale>en</preferences:locale>",
        "    </preferences:preferences>",
        "    <history:history>",
        "        <history:creation-method>Direct</history:creation-method>",
        "        <history:submission-date>2016-02-08T09:30:11.152Z</history:submission-date>",
        "        <common:last-modified-date>2025-06-01T08:00:00.000Z</common:last-modified-date>",
        "        <history:claimed>true</history:claimed>",
        "        <history:verified-email>true</history:verified-email>",
        "        <history:verified-primary-email>true</history:verified-primary-email>",
        "    </history:history>",
    ]


def _print_person(summary: Summary) -> list[str]:
    path, stamp = f"/{summary.orcid}", "2016-04-15T18:45:50.881Z"
    details = "personal-details"
    pages = [f'        <researcher-url:researcher-urls path="{path}/researcher-urls"/>']
    if summary.urls:
        pages = [
            f'        <researcher-url:researcher-urls path="{path}/researcher-urls">',
            *(_print_url(summary, at) for at in range(len(summary.urls))),
            "        </researcher-url:researcher-urls>",
        ]
    return [
        f'    <person:person path="{path}/person">',
        f'        <person:name visibility="public" path="{summary.orcid}">',
        f"            <common:created-date>{stamp}</common:created-date>",
        f"            <common:last-modified-date>{stamp}</common:last-modified-date>",
        f"            <{details}:given-names>{escape(summary.given)}</{details}:given-names>",
        f"            <{details}:family-name>{escape(summary.family)}</{details}:family-name>",
        "        </person:name>",
        f'        <other-name:other-names path="{path}/other-names"/>',
        *pages,
        f'        <email:emails path="{path}/email"/>',
        f'        <address:addresses path="{path}/address"/>',
        f'        <keyword:keywords path="{path}/keywords"/>',
        f'        <external-identifier:external-identifiers path="{path}/external-identifiers"/>',
        "    </person:person>",
    ]


def _tell(career: ToldCareer, organizations: Sequence[Organization]) -> Summary:
    identity = career.identity
    pages = [("Google Scholar", f"https://scholar.google.com/citations?user={identity.scholar}")]
    if identity.dblp:
        pages.append(("DBLP", f"https://dblp.org/pid/{identity.dblp}"))
    stays = career.stays if career.tells("orcid") else ()
    entries = [
        _make_entry(career.person, number, stay, organizations) for number, stay in enumerate(stays)
    ]
    return Summary(
        orcid=identity.orcid,
        given=identity.name.given,
        family=identity.name.surname,
        urls=pages if identity.scholar else pages[1:],
        entries=entries,
        works=career.person % 7,
    )


def _make_entry(
    person: int, number: int, stay: Stay, organizations: Sequence[Organization]
) -> Entry:
    where = organizations[stay.organization]
    roles = (_DEGREES if stay.is_education else _TITLES)[stay.stage]
    by_ror = (person + number) % 3 > 0
    identifier = make_ror_id(registry_number(stay.organization))
    return Entry(
        section="education" if stay.is_education else "employment",
        put_code=100 * person + number + 1,
        role=roles[person % len(roles)],
        name=where.name,
        city=where.city.name,
        region="",
        country=where.country,
        organization_id=identifier if by_ror else f"grid.{4000 + stay.organization}.1",
        id_source="ROR" if by_ror else "GRID",
        start=stay.first,
        end=None if stay.open else stay.last,
        modified=stay.last,
    )


def _print_section(kind: str, summary: Summary) -> str:
    path = f"/{summary.orcid}/{kind}s"
    entries = [entry for entry in summary.entries if entry.section == kind]
    if not entries:
        return f'        <activities:{kind}s path="{path}"/>'
    groups = "\n".join(_print_entry(summary.orcid, entry) for entry in entries)
    return (
        f'        <activities:{kind}s path="{path}">\n'
        "            <common:last-modified-date>2025-06-01T08:00:00.000Z"
        f"</common:last-modified-date>\n{groups}\n        </activities:{kind}s>"
    )


def _print_entry(orcid: str, entry: Entry) -> str:
    stamp = f"{entry.modified}-12-01T11:22:33.444Z"
    kind, space = entry.section, " " * 20
    lines = [
        "            <activities:affiliation-group>",
        f"                <common:last-modified-date>{stamp}</common:last-modified-date>",
        "                <common:external-ids/>",
        f'                <{kind}:{kind}-summary put-code="{entry.put_code}" '
        f'display-index="1" path="/{orcid}/{kind}/{entry.put_code}" visibility="public">',
        f"{space}<common:created-date>{stamp}</common:created-date>",
        f"{space}<common:last-modified-date>{stamp}</common:last-modified-date>",
        f"{space}<common:source>",
        f"{space}    <common:source-orcid>",
        f"{space}        <common:uri>https://orcid.org/{orcid}</common:uri>",
        f"{space}        <common:path>{orcid}</common:path>",
        f"{space}        <common:host>orcid.org</common:host>",
        f"{space}    </common:source-orcid>",
        f"{space}    <common:source-name>toy person</common:source-name>",
        f"{space}</common:source>",
        f"{space}<common:department-name>Computer Science</common:department-name>",
    ]
    if entry.role:
        lines.append(f"{space}<common:role-title>{escape(entry.role)}</common:role-title>")
    for name, year in (("start", entry.start), ("end", entry.end)):
        if year:
            lines += [
                f"{space}<common:{name}-date>",
                f"{space}    <common:year>{year}</common:year>",
                f"{space}    <common:month>09</common:month>",
                f"{space}</common:{name}-date>",
            ]
    region = f"{space}        <common:region>{escape(entry.region)}</common:region>"
    lines += [
        f"{space}<common:organization>",
        f"{space}    <common:name>{escape(entry.name)}</common:name>",
        f"{space}    <common:address>",
        f"{space}        <common:city>{escape(entry.city)}</common:city>",
        *([region] if entry.region else []),
        f"{space}        <common:country>{entry.country}</common:country>",
        f"{space}    </common:address>",
    ]
    if entry.organization_id:
        tag = "common:disambiguated-organization"
        lines += [
            f"{space}    <{tag}>",
            f"{space}        <{tag}-identifier>{entry.organization_id}</{tag}-identifier>",
            f"{space}        <common:disambiguation-source>{entry.id_source}"
            "</common:disambiguation-source>",
            f"{space}    </{tag}>",
        ]
    lines += [
        f"{space}</common:organization>",
        f"                </{kind}:{kind}-summary>",
        "            </activities:affiliation-group>",
    ]
    return "\n".join(lines)


def _print_url(summary: Summary, at: int) -> str:
    name, url = summary.urls[at]
    stamp = "2020-01-01T00:00:00.000Z"
    return "\n".join(
        [
            f'            <researcher-url:researcher-url put-code="{at + 1}" visibility="public" '
            f'path="/{summary.orcid}/researcher-urls/{at + 1}" display-index="{at + 1}">',
            f"                <common:created-date>{stamp}</common:created-date>",
            f"                <common:last-modified-date>{stamp}</common:last-modified-date>",
            f"                <researcher-url:url-name>{escape(name)}</researcher-url:url-name>",
            f"                <researcher-url:url>{escape(url)}</researcher-url:url>",
            "            </researcher-url:researcher-url>",
        ]
    )


def _print_works(summary: Summary) -> str:
    path = f"/{summary.orcid}/works"
    if not summary.works:
        return f'        <activities:works path="{path}"/>'
    works = "\n".join(_print_work(summary.orcid, number) for number in range(summary.works))
    return f'        <activities:works path="{path}">\n{works}\n        </activities:works>'


def _print_work(orcid: str, number: int) -> str:
    year, doi = 1990 + number % 35, f"10.99999/toy.{orcid[-6:]}.{number}"
    code = int(orcid[-8:-5] + orcid[-4:-1]) * 1000 + number
    place = "/".join(("", orcid, "work", str(code)))
    identifier = (
        "                        <common:external-id>\n"
        "                            <common:external-id-type>doi</common:external-id-type>\n"
        f"                            <common:external-id-value>{doi}</common:external-id-value>\n"
        '                            <common:external-id-normalized transient="true">'
        f"{doi}</common:external-id-normalized>\n"
        "                            <common:external-id-url>https://doi.org/"
        f"{doi}</common:external-id-url>\n"
        "                            <common:external-id-relationship>self"
        "</common:external-id-relationship>\n"
        "                        </common:external-id>\n"
    )
    stamp = f"{year + 1}-03-04T05:06:07.{number % 1000:03d}Z"
    return (
        "            <activities:group>\n"
        f"                <common:last-modified-date>{stamp}</common:last-modified-date>\n"
        f"                <common:external-ids>\n{identifier}"
        "                </common:external-ids>\n"
        f'                <work:work-summary put-code="{code}" path="{place}" '
        'visibility="public" display-index="0">\n'
        f"                    <common:created-date>{stamp}</common:created-date>\n"
        f"                    <common:last-modified-date>{stamp}</common:last-modified-date>\n"
        "                    <common:source>\n"
        "                        <common:source-client-id>\n"
        "                            <common:uri>https://orcid.org/client/0000-0001-9884-1913"
        "</common:uri>\n"
        "                            <common:path>0000-0001-9884-1913</common:path>\n"
        "                            <common:host>orcid.org</common:host>\n"
        "                        </common:source-client-id>\n"
        "                        <common:source-name>Crossref</common:source-name>\n"
        "                    </common:source>\n"
        "                    <work:title>\n"
        f"                        <common:title>Adaptive methods &amp; study {code} of learned "
        "representations</common:title>\n"
        "                    </work:title>\n"
        f"                    <common:external-ids>\n{identifier}"
        "                    </common:external-ids>\n"
        f"                    <common:url>https://doi.org/{doi}</common:url>\n"
        "                    <work:type>journal-article</work:type>\n"
        "                    <common:publication-date>\n"
        f"                        <common:year>{year}</common:year>\n"
        "                    </common:publication-date>\n"
        "                    <work:journal-title>Journal of Toy Results</work:journal-title>\n"
        "                </work:work-summary>\n"
        "            </activities:group>"
    )
