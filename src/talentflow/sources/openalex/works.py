"""What does one work of OpenAlex say of who was where?

Works are decoded one by one here, whatever form they came in; `lines` reads the same out of the
snapshot's lines without decoding them, and leaves to this module every line that is not plain.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Final, cast

import msgspec
import numpy as np
import numpy.typing as npt
import pyarrow as pa
from isal import igzip, isal_zlib

from talentflow.sources.identifiers import normalise_orcid
from talentflow.sources.openalex.affiliations import NO_AFFILIATION, Affiliations, Institution

Integers = npt.NDArray[np.int64]
Damaged: type[Exception] = cast(Any, isal_zlib).IsalError
"""What unpacking raises for bytes that are no gzip."""
Reject = Callable[[int, str, str, bytes, int], None]
"""Told of what cannot be used: line, reason, detail, the line itself, records it stands for."""

YEARS: Final = range(1900, 2101)
MAX_POSITION: Final = 32767
"""Authors beyond are counted as this one: no index of the contract is larger."""

_ENTITY: Final = re.compile(r"(?:https?://(?:www\.)?openalex\.org/)?([A-Z])([1-9]\d{0,16})")


class Author(msgspec.Struct, gc=False):
    """An author as an authorship names it."""

    id: str | None = None
    display_name: str | None = None
    orcid: str | None = None


class Authorship(msgspec.Struct, gc=False):
    """One author of one work."""

    author: Author | None = None
    institutions: list[Institution] | None = None
    raw_author_name: str | None = None
    raw_affiliation_strings: list[str | None] | None = None
    is_corresponding: bool | None = None


class Venue(msgspec.Struct, gc=False):
    """A journal, conference series or repository."""

    display_name: str | None = None


class Location(msgspec.Struct, gc=False):
    """Where a work is published."""

    source: Venue | None = None


class Work(msgspec.Struct, gc=False):
    """The fields of a work that are read; its others are skipped unread."""

    id: str
    publication_year: int | None = None
    updated_date: str | None = None
    primary_location: Location | None = None
    authorships: list[Authorship] | None = None


WORK_DECODER: Final = msgspec.json.Decoder(Work)

SELECTED: Final = ("id", "publication_year", "updated_date", "primary_location", "authorships")
"""The same fields, as the interface selects them."""


@dataclass(frozen=True, kw_only=True)
class Batch:
    """Works as columns. One row of `row_*` is one record.

    `work_line` counts from 0, `work_id` and `author_id` are the digits of OpenAlex ids (0: none),
    `work_updated` is yyyymmddhhmmss (0: not said), `author_work` and `row_author` point to rows
    of the arrays before, `row_affiliation` to `Affiliations`. Venues are spelled as printed.
    `author_corresponds` is 1 for authors to write to, else 0.
    """

    work_line: Integers
    work_id: Integers
    work_year: Integers
    work_updated: Integers
    work_authors: Integers
    work_venue: pa.Array
    author_work: Integers
    author_position: Integers
    author_id: Integers
    author_name: pa.Array
    author_orcid: pa.Array
    author_corresponds: Integers
    row_author: Integers
    row_part: Integers
    row_affiliation: Integers


class WorkError(Exception):
    """A work that cannot be used. `args`: reason, detail."""


def decode_works(
    raws: Iterable[tuple[int, bytes]], affiliations: Affiliations, reject: Reject
) -> Batch:
    """Works as JSON, with their line numbers → columns of those that can be used."""
    good: list[tuple[int, Work]] = []
    for line, raw in raws:
        if not raw.strip():
            continue
        try:
            work = WORK_DECODER.decode(raw)
        except (msgspec.DecodeError, UnicodeDecodeError) as error:
            reject(line, "bad_json", str(error), raw, 1)
            continue
        try:
            check_work(work)
        except WorkError as error:
            reason, detail = error.args
            reject(line, reason, detail, raw, max(1, count_rows(work)))
            continue
        good.append((line, work))
    return gather_works(good, affiliations)


def gather_works(works: Sequence[tuple[int, Work]], affiliations: Affiliations) -> Batch:
    """Usable works with their line numbers → columns. Raises `WorkError` for one that is not."""
    listed: list[tuple[int, int, int, int, int, str | None]] = []
    authors: list[tuple[int, int, int, str | None, str | None, bool]] = []
    rows: list[tuple[int, int, int]] = []
    for line, work in works:
        authorships = work.authorships or []
        listed.append(
            (
                line,
                check_work(work),
                work.publication_year or 0,
                read_updated(work.updated_date),
                len(authorships),
                _venue_of(work),
            )
        )
        for position, authorship in enumerate(authorships, start=1):
            author = authorship.author or Author()
            name = authorship.raw_author_name or author.display_name or None
            number = parse_entity(author.id, "A") or 0
            orcid = normalise_orcid(author.orcid) if author.orcid else None
            for part, said in enumerate(_affiliations_of(authorship, affiliations), start=1):
                rows.append((len(authors), part, said))
            corresponds = bool(authorship.is_corresponding)
            authors.append((len(listed) - 1, position, number, name, orcid, corresponds))
    work_columns = _columns(listed, 6)
    author_columns = _columns(authors, 6)
    row_columns = _columns(rows, 3)
    return Batch(
        work_line=_integers(work_columns[0]),
        work_id=_integers(work_columns[1]),
        work_year=_integers(work_columns[2]),
        work_updated=_integers(work_columns[3]),
        work_authors=_integers(work_columns[4]),
        work_venue=pa.array(work_columns[5], pa.string()),
        author_work=_integers(author_columns[0]),
        author_position=_integers(author_columns[1]),
        author_id=_integers(author_columns[2]),
        author_name=pa.array(author_columns[3], pa.string()),
        author_orcid=pa.array(author_columns[4], pa.string()),
        row_author=_integers(row_columns[0]),
        row_part=_integers(row_columns[1]),
        row_affiliation=_integers(row_columns[2]),
        author_corresponds=_integers(author_columns[5]),
    )


def check_work(work: Work) -> int:
    """The digits of the work's id; `WorkError` where it cannot be used."""
    number = parse_entity(work.id, "W")
    if number is None:
        raise WorkError("bad_id", f"{work.id!r} is no id of a work")
    if work.publication_year is None or work.publication_year not in YEARS:
        raise WorkError("bad_year", f"{work.publication_year}, expected 1900 to 2100")
    return number


def unpack(body: bytes) -> bytes:
    """The body of a file, gzipped or not. Raises `Damaged`, `OSError` or `EOFError`."""
    return bytes(cast(Any, igzip).decompress(body)) if body[:2] == b"\x1f\x8b" else body


def count_rows(work: Work) -> int:
    """Records that a work stands for."""
    return sum(
        max(1, len(a.institutions or a.raw_affiliation_strings or ()))
        for a in work.authorships or ()
    )


def parse_entity(text: str | None, letter: str) -> int | None:
    """The digits of an OpenAlex id of this kind, from an address or a bare id."""
    found = _ENTITY.fullmatch(text) if text else None
    return int(found[2]) if found and found[1] == letter else None


def read_updated(text: str | None) -> int:
    """`2025-01-10T03:14:15.92` as 20250110031415; 0 for none."""
    digits = "".join(c for c in (text or "")[:19] if "0" <= c <= "9")[:14]
    return int(digits.ljust(14, "0")) if digits else 0


def _venue_of(work: Work) -> str | None:
    location = work.primary_location
    name = location.source.display_name if location and location.source else None
    return name or None


def _affiliations_of(authorship: Authorship, affiliations: Affiliations) -> list[int]:
    if authorship.institutions:
        return [affiliations.of_institution(each) for each in authorship.institutions]
    if authorship.raw_affiliation_strings:
        return [affiliations.of_text(text) for text in authorship.raw_affiliation_strings]
    return [NO_AFFILIATION]


def _columns(rows: Sequence[tuple[object, ...]], width: int) -> list[tuple[object, ...]]:
    return list(zip(*rows, strict=True)) if rows else [()] * width


def _integers(values: Iterable[object]) -> Integers:
    return np.array(list(values), dtype=np.int64)
