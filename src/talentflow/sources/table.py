"""Where were the people of a user's own table? CSV or Parquet, with a mapping of its columns.

One row of the table is one row of evidence: a person, a year, and where the document says the
person was. The mapping is a TOML file beside the data: docs/guide/sources-table.md.
"""

from __future__ import annotations

import csv
import hashlib
import math
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any, Final, TextIO

from talentflow.core.errors import InputError
from talentflow.core.vocabulary import CORRESPONDING
from talentflow.sources.email_domains import normalise_domain
from talentflow.sources.evidence import Evidence, EvidenceBuilder
from talentflow.sources.identifiers import normalise_dblp, normalise_orcid, normalise_scholar
from talentflow.sources.paper_status import read_tier
from talentflow.sources.printed_text import clean_field, fold_space, looks_like_affiliation

MAPPING_FILE: Final = "mapping.toml"
SUFFIXES: Final = (".csv", ".tsv", ".parquet")
YEARS: Final = range(1900, 2101)
MAX_ROW_BYTES: Final = 1024 * 1024
"""A longer line of a CSV file is no row of people."""

_BATCH_ROWS: Final = 65536
_MAX_POSITION: Final = 32767


@dataclass(frozen=True, kw_only=True)
class TableMapping:
    """Which column of the table holds what; null: the table has none.

    `person` is the user's own identifier; without it and without an ORCID iD or OpenReview id a
    row stands for a person of its own. `paper` is the document; without it every row is one.
    """

    year: str
    person: str | None = None
    name: str | None = None
    affiliation: str | None = None
    domain: str | None = None
    paper: str | None = None
    venue: str | None = None
    role: str | None = None
    orcid: str | None = None
    openreview: str | None = None
    dblp: str | None = None
    scholar: str | None = None
    status: str | None = None
    author_position: str | None = None
    corresponding: str | None = None

    def columns(self) -> dict[str, str]:
        """Field → column, of the fields that are mapped."""
        named = ((field.name, getattr(self, field.name)) for field in fields(self))
        return {name: column for name, column in named if column is not None}


def load_mapping(path: Path) -> TableMapping:
    """The mapping of a TOML file with one table `[columns]`, `person = "author_id"` and so on.

    Raises `InputError` where the file is missing, is no TOML, lacks `year`, or maps something
    that is no field.
    """
    known = [field.name for field in fields(TableMapping)]
    expected = f'[columns] with year and any of {", ".join(known)}, each = "name of a column"'
    try:
        columns = tomllib.loads(path.read_text("utf-8")).get("columns")
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise InputError(
            f"the mapping could not be read: {error}",
            expected=expected,
            where=str(path),
            next_step="write the mapping as docs/guide/sources-table.md shows",
        ) from error
    if not isinstance(columns, dict) or "year" not in columns:
        found = "no [columns]" if not isinstance(columns, dict) else "no column for year"
        raise InputError(
            found, expected=expected, where=str(path), next_step='add year = "…" to [columns]'
        )
    wrong = [name for name, value in columns.items() if name not in known or not value]
    wrong += [name for name, value in columns.items() if not isinstance(value, str)]
    if wrong:
        raise InputError(
            f"[columns] maps {', '.join(sorted(set(wrong)))}",
            expected=expected,
            where=str(path),
            next_step="remove or correct these lines",
        )
    return TableMapping(**columns)


def list_files(folder: Path) -> list[str]:
    """The CSV and Parquet files below a folder, sorted, with forward slashes."""
    return sorted(
        path.relative_to(folder).as_posix()
        for path in folder.rglob("*")
        if path.suffix.lower() in SUFFIXES and path.is_file()
    )


def read_file(folder: Path, file: str, *, mapping: TableMapping, source: str = "table") -> Evidence:
    """The evidence of one table, read in batches.

    `position` is the row, counted from 0 without the header. Raises `InputError` when the file
    cannot be read at all or lacks a mapped column; a single bad row (year, encoding, number of
    cells) becomes a reject.
    """
    path = folder / file
    try:
        size_bytes = path.stat().st_size
        sha256 = _hash(path)
    except OSError as error:
        raise InputError(
            f"the table could not be read: {error.strerror or error}",
            where=str(path),
            next_step="check that the file exists and may be read",
        ) from error
    builder = EvidenceBuilder(source=source, file=file, sha256=sha256, size_bytes=size_bytes)
    read_rows = _read_parquet if path.suffix.lower() == ".parquet" else _read_csv
    rows = 0
    records = []
    for row, values in enumerate(read_rows(path, mapping.columns())):
        rows += 1
        problem = values.get("problem") or _find_problem(values)
        if problem is None:
            records.append(_read_record(row, values, source=source, file=file))
        else:
            raw = values.get("raw") or ", ".join(f"{k}={v}" for k, v in values.items())
            builder.reject(
                position=str(row), reason=problem[0], detail=_plain(problem[1]), raw=_plain(raw)
            )
    authors: dict[str, set[str]] = {}
    for record in records:
        authors.setdefault(record["paper_id"], set()).add(record["person_ref"])
    for record in records:
        builder.add_record(n_authors=len(authors[record["paper_id"]]), **record)
    builder.papers = len(authors)
    builder.slots = sum(map(len, authors.values()))
    return builder.build(rows)


def _hash(path: Path) -> str:
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def _check_columns(path: Path, found: list[str], columns: dict[str, str]) -> None:
    missing = sorted(set(columns.values()).difference(found))
    if missing:
        raise InputError(
            f"no column {', '.join(missing)}; the table has {', '.join(found)}"[:2000],
            expected="every column that the mapping names",
            where=str(path),
            next_step=f"correct the names in {MAPPING_FILE}",
        )


def _read_parquet(path: Path, columns: dict[str, str]) -> Iterator[dict[str, Any]]:
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        with pq.ParquetFile(path) as table:
            _check_columns(path, list(table.schema_arrow.names), columns)
            wanted = sorted(set(columns.values()))
            for batch in table.iter_batches(batch_size=_BATCH_ROWS, columns=wanted):
                values = batch.to_pydict()
                for row in range(batch.num_rows):
                    yield {name: values[column][row] for name, column in columns.items()}
    except (pa.ArrowException, OSError) as error:
        raise InputError(
            f"not a Parquet table: {error}"[:500],
            where=str(path),
            next_step="write the file again; it may have been cut off",
        ) from error


def _read_csv(path: Path, columns: dict[str, str]) -> Iterator[dict[str, Any]]:
    with path.open(encoding="utf-8-sig", errors="surrogateescape", newline="") as stream:
        first = stream.readline(MAX_ROW_BYTES)
        delimiter = max(",;\t", key=first.count)
        stream.seek(0)
        rows = csv.reader(_read_lines(stream), delimiter=delimiter)
        header = [cell.strip() for cell in next(rows, [])]
        _check_columns(path, header, columns)
        places = {name: header.index(column) for name, column in columns.items()}
        while True:
            try:
                row = next(rows)
            except StopIteration:
                return
            except csv.Error as error:
                yield {"problem": ("bad_row", f"{error}"), "raw": ""}
                continue
            if any("\x00" in cell for cell in row):
                yield {"problem": ("line_too_long", f"more than {MAX_ROW_BYTES} characters")}
            elif len(row) == len(header):
                yield {name: row[at] for name, at in places.items()}
            elif row:
                detail = f"{len(row)} cells; the header has {len(header)}"
                yield {"problem": ("bad_row", detail), "raw": delimiter.join(row)}


def _read_lines(stream: TextIO) -> Iterator[str]:
    """Lines of bounded length. A longer one gives a NUL in its place, which no other line holds;
    bytes that are not UTF-8 stay as surrogates, for the row to show."""
    while line := stream.readline(MAX_ROW_BYTES):
        if len(line) == MAX_ROW_BYTES and not line.endswith("\n"):
            while (rest := stream.readline(MAX_ROW_BYTES)) and not rest.endswith("\n"):
                pass
            yield "\x00\n"
        else:
            yield line.replace("\x00", "")


def _read_record(row: int, values: dict[str, Any], *, source: str, file: str) -> dict[str, Any]:
    """One sound row, field → cell, as the arguments of `EvidenceBuilder.add_record`."""
    cells = {name: _text(value) for name, value in values.items()}
    affiliation = cells.get("affiliation")
    domain = normalise_domain(cells.get("domain") or "")
    ids = _read_ids(cells)
    return {
        "position": str(row),
        "year": int(cells["year"] or 0),
        "paper_id": f"{source}:{cells.get('paper') or f'{file}#{row}'}",
        "alignment": "aligned" if affiliation or domain else "unknown",
        "person_ref": _person_ref(cells.get("person"), ids, f"{source}:{file}#{row}"),
        "person_name": cells.get("name"),
        "ids": ids,
        "text": affiliation,
        "domain": domain,
        "role_raw": cells.get("role"),
        "author_position": _read_position(cells.get("author_position")),
        "venue": (cells.get("venue") or "").lower() or None,
        "tier_flags": read_tier(cells.get("status") or "")
        | (CORRESPONDING if _read_yes_no(cells.get("corresponding")) else 0),
    }


def _find_problem(values: dict[str, Any]) -> tuple[str, str] | None:
    for name, value in values.items():
        if isinstance(value, bytes) or (isinstance(value, str) and not _is_utf8(value)):
            return "bad_encoding", f"{name} is not UTF-8"
    year = _text(values["year"])
    if year is None or not year.isascii() or not year.isdigit() or int(year) not in YEARS:
        return "bad_year", f"{values['year']!r}; expected a year such as 2019"
    position = _text(values.get("author_position"))
    if position is not None and _read_position(position) is None:
        return "bad_position", f"{position!r}; expected 1 for the first author"
    corresponding = _text(values.get("corresponding"))
    if corresponding is not None and _read_yes_no(corresponding) is None:
        return "bad_corresponding", f"{corresponding!r}; expected yes, no, true, false, 1 or 0"
    affiliation = values.get("affiliation")
    given = isinstance(affiliation, str) and bool(affiliation.strip())
    if given and not looks_like_affiliation(str(affiliation)):
        return "not_an_affiliation", "no letter, or a whole page"
    return None


def _is_utf8(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def _plain(text: str) -> str:
    return text.encode("utf-8", "surrogateescape").decode("utf-8", "replace")


def _text(value: object) -> str | None:
    """A cell as text; null where it is blank. Whole numbers lose the `.0` a null beside them
    gives them in many programs."""
    if value is None:
        return None
    if isinstance(value, float):
        if math.isnan(value):  # how data frames write null
            return None
        value = int(value) if value.is_integer() else value
    text = fold_space(clean_field(str(value)))
    return text.removesuffix(".0") if text[:-2].isdigit() else text or None


def _read_position(text: str | None) -> int | None:
    if text is None or not text.isascii() or not text.isdigit():
        return None
    return int(text) if 1 <= int(text) <= _MAX_POSITION else None


def _read_yes_no(text: str | None) -> bool | None:
    return {"yes": True, "true": True, "1": True, "no": False, "false": False, "0": False}.get(
        (text or "no").lower()
    )


def _read_ids(cells: dict[str, str | None]) -> dict[str, str]:
    """Identifiers by system; what is not one is left out."""
    openreview = cells.get("openreview")
    found = {
        "openreview": openreview if openreview and openreview.startswith("~") else None,
        "orcid": normalise_orcid(cells.get("orcid") or ""),
        "dblp": normalise_dblp(cells.get("dblp") or ""),
        "scholar": normalise_scholar(cells.get("scholar") or ""),
    }
    return {system: value for system, value in found.items() if value}


def _person_ref(person: str | None, ids: dict[str, str], slot: str) -> str:
    """Who the row is about: the user's own identifier, else a known one, else the row itself."""
    if person is not None:
        return f"table:{person}"
    for system in ("orcid", "openreview"):
        if system in ids:
            return f"{system}:{ids[system]}"
    return f"slot:{slot}"
