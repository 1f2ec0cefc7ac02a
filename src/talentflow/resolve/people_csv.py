"""Which rows of a CSV file of names mean one person?

The rule is that of `people` for names without identifiers. Rows are kept on disk while they are
counted and judged one share of the names at a time, so the file may be larger than memory.
"""

from __future__ import annotations

import csv
import tempfile
from collections.abc import Callable, Iterator
from io import TextIOWrapper
from pathlib import Path
from typing import Any, Final

import duckdb
import pyarrow as pa

from talentflow.core.contracts import YEARS
from talentflow.core.errors import InputError, UsageError
from talentflow.resolve.people_csv_evidence import judge_rows, prepare_evidence
from talentflow.resolve.people_csv_names import BATCH_ROWS, store_batches, store_names

REQUIRED: Final = ("record_id", "paper_id", "name", "year")
OPTIONAL: Final = ("affiliation", "domain")
OUTPUT: Final = ("record_id", "person_id", "confidence", "ambiguous")


def resolve_people_csv(
    input_path: Path,
    output_path: Path,
    on_progress: Callable[[int, int], None] | None = None,
) -> dict[str, int]:
    """Write one row of `record_id,person_id,confidence,ambiguous` per row of the input, in order.

    The input has a header with at least `record_id,paper_id,name,year`; `affiliation` and
    `domain` are used where present, further columns are ignored. A row is one author of one
    paper. `person_id` is `name:jane doe` for a name so rare that it decides alone, else `slot:`
    + the smallest record_id of the person. A row that cannot be used
    has no person_id and `rejected: …` as `ambiguous`. `on_progress` is called with the bytes
    read so far and in all.

    Returns the counts `rows`, `resolved`, `ambiguous`, `rejected` and `people`; rows = resolved
    + ambiguous + rejected. Raises `InputError` when the file is missing, empty or without these
    columns, and `UsageError` when the output's folder is missing. The output appears whole or not
    at all.
    """
    if not output_path.parent.is_dir():
        raise UsageError(
            f"{output_path.parent} is not a folder", expected="an existing folder for the output"
        )
    partial = output_path.with_name(output_path.name + ".partial")
    with tempfile.TemporaryDirectory(dir=output_path.parent, prefix=".people-") as folder:
        store = duckdb.connect(str(Path(folder) / "rows.duckdb"))
        try:
            _store_rows(store, input_path, on_progress or (lambda _done, _total: None))
            store_names(store)
            prepare_evidence(store)
            judge_rows(store)
            _write_rows(store, partial)
            counts = store.execute(_COUNT).fetchone()
        finally:
            store.close()
    partial.replace(output_path)
    return dict(
        zip(("rows", "resolved", "ambiguous", "rejected", "people"), counts or (), strict=True)
    )


_LINE_LIMIT: Final = 4 * 1024 * 1024
_STORED: Final = ("record_id", "paper_id", "name", "affiliation", "domain", "reason")
_ROWS: Final = pa.schema([("n", pa.int64()), *((c, pa.string()) for c in _STORED)])
_COUNT: Final = """
SELECT count(*), count(*) FILTER (reason IS NULL AND NOT ambiguous),
    count(*) FILTER (reason IS NULL AND ambiguous), count(reason), count(DISTINCT person_id)
FROM answers
"""


def _store_rows(
    store: duckdb.DuckDBPyConnection, path: Path, on_progress: Callable[[int, int], None]
) -> None:
    store_batches(store, "rows", _ROWS, _read_rows(path, on_progress))


def _read_rows(path: Path, on_progress: Callable[[int, int], None]) -> Iterator[tuple[Any, ...]]:
    try:
        raw = path.open("rb")
    except OSError as error:
        raise InputError(
            f"cannot read {path}: {error.strerror}", expected="a CSV file with a header"
        ) from error
    with raw:
        total = path.stat().st_size
        text = TextIOWrapper(raw, encoding="utf-8-sig", errors="surrogateescape", newline="")
        reader = csv.reader(_bounded_lines(text))
        header = [column.strip() for column in next(reader, [])]
        _check_header(header, path)
        known = [*REQUIRED, *(column for column in OPTIONAL if column in header)]
        places = {column: header.index(column) for column in known}
        for n, fields in enumerate(_readable_rows(reader)):
            yield (n, *_read_row(fields, len(header), places))
            if n % BATCH_ROWS == 0:
                on_progress(raw.tell(), total)
        on_progress(total, total)


def _check_header(header: list[str], path: Path) -> None:
    missing = [column for column in REQUIRED if column not in header]
    if missing:
        raise InputError(
            f"columns {', '.join(missing)} are missing",
            expected=f"a header with {','.join(REQUIRED)}[,affiliation][,domain]",
            where=f"{path}, line 1: {','.join(header)[:200] or 'empty'}",
        )


def _bounded_lines(text: TextIOWrapper) -> Iterator[str]:
    """Lines, cut at a length that no honest row has, so that one line cannot fill the memory."""
    while line := text.readline(_LINE_LIMIT):
        yield line
        while len(line) == _LINE_LIMIT and not line.endswith("\n"):
            line = text.readline(_LINE_LIMIT)


def _readable_rows(reader: Iterator[list[str]]) -> Iterator[list[str] | str]:
    """Rows, or why a row cannot be split into fields; blank lines are no rows."""
    while True:
        try:
            fields = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            yield str(error)
        else:
            if fields:
                yield fields


def _read_row(
    fields: list[str] | str, n_columns: int, places: dict[str, int]
) -> tuple[str | None, ...]:
    """What is stored of a row; a row that is rejected keeps its record_id and the reason."""
    if isinstance(fields, str):
        return "", None, None, None, None, f"not CSV: {fields}"
    first = places["record_id"]
    record_id = fields[first].strip() if first < len(fields) else ""
    record_id = record_id.encode("utf-8", "replace").decode()
    if len(fields) != n_columns:
        reason = f"{len(fields)} fields, expected {n_columns}"
        return record_id, None, None, None, None, reason
    found = {column: fields[place].strip() for column, place in places.items()}
    fault = _find_fault(fields, found)
    if fault:
        return record_id, None, None, None, None, fault
    affiliation, domain = found.get("affiliation") or None, found.get("domain") or None
    return record_id, found["paper_id"], found["name"], affiliation, domain, None


def _find_fault(fields: list[str], found: dict[str, str]) -> str | None:
    year = found["year"]
    if not all(map(str.isascii, fields)) and any(map(_is_torn, fields)):
        return "not UTF-8"
    if not (found["record_id"] and found["paper_id"] and found["name"]):
        return "record_id, paper_id or name is empty"
    if not (year.isascii() and year.isdigit() and YEARS[0] <= int(year[:9]) <= YEARS[1]):
        return f"year {year[:20]!r} is not a year between {YEARS[0]} and {YEARS[1]}"
    return None


def _is_torn(text: str) -> bool:
    """Whether bytes of the text could not be decoded."""
    return any("\udc80" <= char <= "\udcff" for char in text)


def _write_rows(store: duckdb.DuckDBPyConnection, path: Path) -> None:
    answers = store.execute(_ANSWERS)
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(OUTPUT)
        while batch := answers.fetchmany(BATCH_ROWS):
            writer.writerows(batch)


_ANSWERS: Final = """
SELECT record_id, coalesce(person_id, ''),
    if(reason IS NULL, printf('%.4f', confidence), ''),
    coalesce('rejected: ' || reason, if(ambiguous, 'true', 'false'))
FROM answers ORDER BY n
"""
