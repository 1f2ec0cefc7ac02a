"""Works in the format of the OpenAlex snapshot, generated: as many bytes as one asks for.

    python benchmarks/openalex_works.py FOLDER [MEGABYTES] [FILES]

or, from Python, so many works: `generate_records`.

Nothing in them is real. Their size and make-up follow what OpenAlex documents of a work: 3 to
6 KB of JSON, of which authorships are a third and most of the rest (the inverted abstract,
concepts, topics, locations, references, yearly counts) is of no use here. The same seed gives
the same bytes.
"""

from __future__ import annotations

import json
import random
import sys
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import Final

from isal import igzip

MEGABYTE: Final = 1_000_000
_URL: Final = "https://openalex.org"
_COUNTRIES: Final = ("US", "CN", "KR", "JP", "GB", "DE", "FR", "IN", "CA", "AU", "TW", "HK", "SG")
_TYPES: Final = ("education", "company", "facility", "government", "healthcare", "nonprofit")
_SYLLABLES: Final = (
    "ka",
    "lo",
    "mi",
    "ter",
    "sen",
    "ul",
    "ran",
    "po",
    "vi",
    "ge",
    "é",
    "ü",
    "한",
    "南",
)


@dataclass(frozen=True)
class Generated:
    """What was written: the files, and the bytes of JSON in them."""

    files: tuple[Path, ...]
    works: int
    json_bytes: int
    gzip_bytes: int


WORKS_A_FILE: Final = 25_000
RECORDS_A_WORK: Final = 4.87
"""Rows of evidence that the build makes of a generated work, on average."""


def generate_records(folder: Path, records: int, seed: int = 1) -> Generated:
    """About so many rows of evidence, in files of 25,000 works and 20,000 authors each, so that
    the people grow with the record as they do in the real one: six rows a person."""
    works = round(records / RECORDS_A_WORK)
    return generate_works(folder, works=works, files=max(1, round(works / WORKS_A_FILE)), seed=seed)


def generate_works(
    folder: Path, json_bytes: int = 0, files: int = 8, seed: int = 1, *, works: int = 0
) -> Generated:
    """`updated_date=…/part_0000.gz` below `folder`, each of `json_bytes` or `works` / `files`."""
    paths, made, written = [], 0, 0
    for number in range(files):
        maker = _Maker(random.Random(seed * 1000 + number), number)
        day = date(2026, 1, 1) + timedelta(number)
        path = folder / f"updated_date={day}" / "part_0000.gz"
        path.parent.mkdir(parents=True, exist_ok=True)
        size, first = 0, made
        with igzip.open(path, "wb", compresslevel=2) as stream:
            while size < json_bytes / files or made - first < works / files:
                lines = b"".join(maker.make() for _ in range(200))
                made += 200
                size += len(lines)
                stream.write(lines)
        written += size
        paths.append(path)
    return Generated(tuple(paths), made, written, sum(path.stat().st_size for path in paths))


class _Maker:
    """Works of one file, put together from parts that were written out once."""

    def __init__(self, rng: random.Random, file: int) -> None:
        self.rng = rng
        self.number = file * 10**7
        self.day = date(2026, 1, 1) + timedelta(file)
        world = random.Random(99)  # the same institutions and words in every file
        self.words = [_word(world) for _ in range(4000)]
        self.institutions = [_institution(world, n, self.words) for n in range(6000)]
        self.authors = [_author(rng, file * 10**6 + n) for n in range(20_000)]
        self.sources = [_source(world, n, self.words) for n in range(500)]
        self.tails = [_tail(rng, self.words) for _ in range(400)]
        self.abstracts = [_abstract(rng, self.words) for _ in range(400)]

    def make(self) -> bytes:
        """One line."""
        rng, self.number = self.rng, self.number + 1
        key = f"{_URL}/W{4_000_000_000 + self.number}"
        year = 2005 + int(20 * rng.random())
        title = " ".join(rng.choices(self.words, k=9))
        listed = [self._authorship(n) for n in range(min(40, 1 + int(rng.expovariate(0.27))))]
        return (
            f'{{"id":"{key}","doi":"https://doi.org/10.1000/{self.number}","title":"{title}",'
            f'"display_name":"{title}","publication_year":{year},'
            f'"publication_date":"{year}-05-01","ids":{{"openalex":"{key}"}},"language":"en",'
            f'"primary_location":{rng.choice(self.sources)},"type":"article",'
            f'"is_retracted":false,"authorships":[{",".join(listed)}],'
            f'"abstract_inverted_index":{rng.choice(self.abstracts)},{rng.choice(self.tails)},'
            f'"updated_date":"{self.day}T03:14:15.926535"}}\n'
        ).encode()

    def _authorship(self, position: int) -> str:
        rng = self.rng
        author, name = rng.choice(self.authors)
        chance = rng.random()
        count = 0 if chance < 0.12 else 1 if chance < 0.85 else 2
        found = [self._institution() for _ in range(count)]
        raw = [f"Department of {rng.choice(self.words)}, {text}" for _, text, _ in found]
        if not found and chance < 0.06:
            raw = [f"{rng.choice(self.words)} {rng.choice(self.words)} Laboratory"]
        ids = [_quote(identifier) for _, _, identifier in found]
        affiliations = ",".join(
            f'{{"raw_affiliation_string":{_quote(text)},"institution_ids":[{",".join(ids)}]}}'
            for text in raw
        )
        return (
            f'{{"author_position":"{"first" if position == 0 else "middle"}","author":{author},'
            f'"institutions":[{",".join(rendered for rendered, _, _ in found)}],'
            f'"countries":[],"is_corresponding":false,"raw_author_name":"{name}",'
            f'"raw_affiliation_strings":[{",".join(map(_quote, raw))}],'
            f'"affiliations":[{affiliations}]}}'
        )

    def _institution(self) -> tuple[str, str, str]:
        at = int(len(self.institutions) * self.rng.random() ** 3)  # a few hold most authors
        return self.institutions[at]


def _word(rng: random.Random) -> str:
    return "".join(rng.choices(_SYLLABLES, k=rng.randint(1, 4)))


def _quote(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)


def _ror(number: int) -> str:
    letters = "0123456789abcdefghjkmnpqrstvwxyz"
    text = ""
    for _ in range(6):
        number, rest = divmod(number, 32)
        text = letters[rest] + text
    return f"https://ror.org/0{text}{number % 90 + 10}"


def _institution(rng: random.Random, number: int, words: list[str]) -> tuple[str, str, str]:
    identifier = f"{_URL}/I{100_000_000 + number}"
    name = f"University of {rng.choice(words)} {rng.choice(words)} {number}"
    told = {
        "id": identifier,
        "display_name": name,
        "ror": _ror(number) if rng.random() < 0.97 else None,
        "country_code": rng.choice(_COUNTRIES) if rng.random() < 0.98 else None,
        "type": rng.choice(_TYPES),
        "lineage": [identifier],
    }
    return json.dumps(told, ensure_ascii=False, separators=(",", ":")), name, identifier


def _author(rng: random.Random, number: int) -> tuple[str, str]:
    name = " ".join(_word(rng).title() for _ in range(2))
    orcid = None
    if rng.random() < 0.4:
        digits = f"{rng.randrange(10**15):015d}"
        total = 0
        for digit in digits:
            total = (total + int(digit)) * 2
        check = (12 - total % 11) % 11
        digits += "X" if check == 10 else str(check)
        orcid = "https://orcid.org/" + "-".join(digits[i : i + 4] for i in range(0, 16, 4))
    told = {"id": f"{_URL}/A{5_000_000_000 + number}", "display_name": name, "orcid": orcid}
    return json.dumps(told, ensure_ascii=False, separators=(",", ":")), name


def _source(rng: random.Random, number: int, words: list[str]) -> str:
    name = f"Journal of {rng.choice(words)} {rng.choice(words)}"
    source = {
        "id": f"{_URL}/S{number}",
        "display_name": name.title(),
        "issn_l": "1234-5678",
        "issn": ["1234-5678", "8765-4321"],
        "is_oa": True,
        "host_organization_name": " ".join(rng.choices(words, k=3)),
        "type": "journal",
    }
    location = {
        "is_oa": True,
        "landing_page_url": f"https://doi.org/10.1/{number}",
        "source": source,
    }
    return json.dumps(location, ensure_ascii=False, separators=(",", ":"))


def _abstract(rng: random.Random, words: list[str]) -> str:
    if rng.random() < 0.4:
        return "null"
    index: dict[str, list[int]] = {}
    for at in range(rng.randint(40, 120)):
        index.setdefault(rng.choice(words), []).append(at)
    return json.dumps(index, ensure_ascii=False, separators=(",", ":"))


def _tail(rng: random.Random, words: list[str]) -> str:
    def thing(kind: str) -> dict[str, object]:
        name = f"{rng.choice(words)} {rng.choice(words)}"
        return {"id": f"{_URL}/{kind}{rng.randrange(10**9)}", "display_name": name, "score": 0.5}

    told = {
        "cited_by_count": rng.randint(0, 90),
        "primary_topic": thing("T"),
        "concepts": [thing("C") for _ in range(rng.randint(2, 9))],
        "keywords": [thing("keywords/") for _ in range(3)],
        "referenced_works": [f"{_URL}/W{rng.randrange(10**10)}" for _ in range(rng.randint(0, 25))],
        "counts_by_year": [{"year": 2020 + n, "cited_by_count": n} for n in range(5)],
    }
    return json.dumps(told, ensure_ascii=False, separators=(",", ":"))[1:-1]


if __name__ == "__main__":
    found = generate_works(
        Path(sys.argv[1]),
        int(sys.argv[2] if len(sys.argv) > 2 else 512) * MEGABYTE,
        int(sys.argv[3] if len(sys.argv) > 3 else 8),
    )
    print(f"{found.works:,} works, {found.json_bytes:,} bytes, {found.gzip_bytes:,} gzipped")
