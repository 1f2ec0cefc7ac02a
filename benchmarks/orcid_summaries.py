"""How fast are ORCID's summaries read, against a plain reader, and what bounds it?

    python benchmarks/orcid_summaries.py [--people 200000] [--rounds 2]

The archive is made in the run: of the summaries 70 % tell of no position and of few works, the
others of one to five positions; how many works they list is drawn from a long tail. The plain
reader is what one writes first: `tarfile` and `lxml.etree.fromstring`, one process, the fields
of every entry by path. Both must give the same entries. Bound: decompressing the archive, which
nobody who reads it can leave out.
"""

from __future__ import annotations

import argparse
import resource
import tarfile
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
from lxml import etree

from talentflow.core.areas import area_names
from talentflow.sources.evidence import Evidence
from talentflow.sources.orcid import read_parts
from talentflow.sources.positions import MAX_OPEN_STUDY_YEARS, MAX_YEARS
from talentflow.sources.toy.identities import checksum_orcid
from talentflow.sources.toy.orcid import Entry, Summary, add_summary, print_summary

PEOPLE = 200_000
SEED = 5
CORES = 2
MUST, AIM = 3.0, 6.0
_COUNTRIES = ("KR", "US", "CN", "GB", "DE", "JP", "BR", "IN")
_ROLES = ("PhD", "Professor", "Postdoctoral Researcher", "MSc", "BSc", "Researcher", "")
_NAMESPACES = {
    name: f"http://www.orcid.org/ns/{name}"
    for name in ("common", "education", "employment", "personal-details")
}
_PERSON = (
    "common:orcid-identifier/common:path",
    ".//personal-details:given-names",
    ".//personal-details:family-name",
)
_FIELDS = (
    "common:role-title",
    "common:start-date/common:year",
    "common:end-date/common:year",
    "common:last-modified-date",
    "common:organization/common:name",
    "common:organization/common:address/common:city",
    "common:organization/common:address/common:region",
    "common:organization/common:address/common:country",
    "common:organization/common:disambiguated-organization/"
    "common:disambiguated-organization-identifier",
    "common:organization/common:disambiguated-organization/common:disambiguation-source",
)

Result = TypeVar("Result")
PlainEntry = tuple[Any, ...]
Entries = dict[str, tuple[Any, ...]]
"""Document (`orcid:iD/put-code`) → kind, name, role, place, country, ROR id, first, last year."""


def measure_orcid(people: int = PEOPLE, rounds: int = 2) -> list[dict[str, object]]:
    """Rows of the benchmark table."""
    with tempfile.TemporaryDirectory() as name:
        path = Path(name) / "ORCID_summaries.tar.gz"
        size = write_archive(path, people)
        print(
            f"{people:,} summaries, {size / 1e9:.2f} GB of XML, {path.stat().st_size / 1e9:.2f} GB"
        )
        bound = min(_time(lambda: decompress(path)) for _ in range(rounds))
        ours, parts = _best(lambda: list_ours(path), rounds)
        plain, listed = _best(lambda: list_plainly(path), 1)
        found = gather_entries(parts)
        tell_difference(found, gather_plainly(listed))
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20
    print(
        f"talentflow {ours:.1f} s ({size / ours / 1e6:.0f} MB/s, "
        f"{people / ours:,.0f} summaries/s), plain lxml {plain:.1f} s, "
        f"decompression alone {bound:.1f} s, {len(found):,} entries agree, peak {peak:.2f} GiB"
    )
    print(f"ratio {plain / ours:.1f} (must {MUST:g}, aim {AIM:g})")
    return [
        {
            "name": f"ORCID, {people:,} summaries → records",
            "value": round(people / ours),
            "unit": "summaries/s",
            "against": f"plain lxml reader {people / plain:,.0f}/s, must {MUST:g}×, aim {AIM:g}×",
            "ratio": round(plain / ours, 2),
            "bound": f"decompression alone: {people / bound:,.0f} summaries/s",
        }
    ]


def write_archive(path: Path, people: int) -> int:
    """Made-up summaries of so many people; returns the bytes of XML."""
    from isal import igzip

    rng = np.random.default_rng(SEED)
    tells = rng.random(people) < 0.3
    counts = rng.integers(1, 6, people)
    works = np.minimum(rng.lognormal(0.2, 1.6, people).astype(int), 400)
    works[~tells] //= 4
    size = 0
    with igzip.open(path, "wb", compresslevel=2) as stream, tarfile.open(None, "w|", stream) as tar:
        for person in range(people):
            entries = [make_entry(rng, person, at) for at in range(counts[person] * tells[person])]
            digits = f"00000{person % 10}{person:09d}"
            orcid = "-".join((digits + checksum_orcid(digits))[i : i + 4] for i in range(0, 16, 4))
            summary = Summary(
                orcid=orcid,
                given=f"Given{person % 1013}",
                family=f"Fämily-{person % 7919}",
                urls=(("Page", f"https://example.org/~p{person}"),) if person % 4 == 0 else (),
                entries=entries,
                works=int(works[person]),
            )
            document = print_summary(summary).encode()
            add_summary(tar, orcid, document)
            size += len(document)
    return size


def make_entry(rng: np.random.Generator, person: int, at: int) -> Entry:
    """One dated entry."""
    start, years, place, role, by_ror = rng.integers(0, [30, 8, 3000, len(_ROLES), 2]).tolist()
    return Entry(
        section="education" if at < 2 else "employment",
        put_code=10 * person + at,
        role=_ROLES[role],
        name=f"University of Place {place}" + (" & Sons" if place % 20 == 0 else ""),
        city=f"City {place % 700}",
        region="" if place % 3 else f"Region {place % 40}",
        country=_COUNTRIES[place % len(_COUNTRIES)],
        organization_id=f"https://ror.org/0{place % 10}abcde{place % 90 + 10}" if by_ror else "",
        id_source="ROR",
        start=1990 + start,
        end=1990 + start + years if place % 5 else None,
        modified=2024,
    )


def decompress(path: Path) -> None:
    """The archive without looking at it."""
    from isal import igzip

    with igzip.open(path, "rb") as stream:
        while stream.read(2**22):
            pass


def list_ours(path: Path) -> list[Evidence]:
    """The reader's tables, with as many processes as a laptop has cores."""
    return list(read_parts(path.parent, path.name, workers=CORES))


def gather_entries(parts: list[Evidence]) -> Entries:
    """Records put together to entries again."""
    entries: Entries = {}
    for part in parts:
        places = {row["mention_id"]: row for row in part.mentions.to_pylist()}
        for row in part.records.to_pylist():
            said = places[row["mention_id"]]
            entry = (row["kind"], row["person_name"], row["role_raw"], said["text"])
            entry += (said["asserted_country"], said["asserted_organization"])
            known = entries.get(row["paper_id"], (*entry, row["year"], row["year"]))
            years = min(known[-2], row["year"]), max(known[-1], row["year"])
            entries[row["paper_id"]] = (*entry, *years)
    return entries


def list_plainly(path: Path) -> list[PlainEntry]:
    """The plain reader: kind, ORCID iD, name, put-code and the fields of every entry."""
    found = []
    with tarfile.open(path, "r:gz") as archive:
        for member in archive:
            document = archive.extractfile(member)
            if document is None:
                continue
            root = etree.fromstring(document.read())
            who = [root.findtext(path, "", _NAMESPACES) for path in _PERSON]
            for kind in ("education", "employment"):
                for entry in root.iterfind(f".//{kind}:{kind}-summary", _NAMESPACES):
                    fields = [entry.findtext(path, None, _NAMESPACES) for path in _FIELDS]
                    found.append((kind, *who, entry.get("put-code"), *fields))
    return found


def gather_plainly(listed: list[PlainEntry]) -> Entries:
    """The same form as `gather_entries`, after the rules of docs/guide/sources-orcid.md."""
    names = area_names()
    entries: Entries = {}
    for kind, orcid, given, family, code, role, start, end, changed, *place in listed:
        name, city, region, country, identifier, source = place
        first, confirmed = int(start or end), int(changed[:4])
        last = min(int(end) if end else confirmed, confirmed)
        if not end and kind == "education":
            last = min(last, first + MAX_OPEN_STUDY_YEARS - 1)
        if last - first + 1 > MAX_YEARS[kind]:
            continue
        text = ", ".join(part for part in (name, city, region, names[country]) if part)
        ror = identifier if source == "ROR" else None
        entry = (kind, f"{given} {family}", role, text, country, ror, first, last)
        entries[f"orcid:{orcid}/{code}"] = entry
    return entries


def tell_difference(found: Entries, expected: Entries) -> None:
    """Raises `SystemExit` where the two readers disagree."""
    for document in found.keys() | expected.keys():
        if found.get(document) != expected.get(document):
            raise SystemExit(f"{document}: {found.get(document)} or {expected.get(document)}")


def _time(work: Callable[[], object]) -> float:
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


def _best(work: Callable[[], Result], rounds: int) -> tuple[float, Result]:
    times = []
    for _ in range(rounds):
        start = time.perf_counter()
        found = work()
        times.append(time.perf_counter() - start)
    return min(times), found


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--people", type=int, default=PEOPLE)
    parser.add_argument("--rounds", type=int, default=2)
    chosen = parser.parse_args()
    measure_orcid(chosen.people, chosen.rounds)
