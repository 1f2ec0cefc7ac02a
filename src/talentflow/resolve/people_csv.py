"""Which rows of a CSV file of names mean one person?

The rule is that of `people` for names without identifiers. Rows are kept on disk while they are
counted, so the file may be larger than memory.
"""

from __future__ import annotations

import csv
import tempfile
from collections.abc import Callable, Iterable, Iterator
from io import TextIOWrapper
from itertools import islice
from pathlib import Path
from typing import Any, Final

import duckdb
import pyarrow as pa

from talentflow.core.contracts import YEARS
from talentflow.core.errors import InputError, UsageError
from talentflow.resolve.names import parse_name
from talentflow.resolve.people_joins import MAX_COMMONNESS

REQUIRED: Final = ("record_id", "paper_id", "name", "year")
OUTPUT: Final = ("record_id", "person_id", "confidence", "ambiguous")


def resolve_people_csv(
    input_path: Path,
    output_path: Path,
    on_progress: Callable[[int, int], None] | None = None,
) -> dict[str, int]:
    """Write one row of `record_id,person_id,confidence,ambiguous` per row of the input, in order.

    The input has a header with at least `record_id,paper_id,name,year`; further columns are
    ignored. A row is one author of one paper. `person_id` is `name:jane doe` for a rare full
    name and `slot:` + record_id for everyone else, who is `ambiguous`. A row that cannot be used
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
            _store_names(store)
            store.execute(_RESOLVE, {"max_commonness": MAX_COMMONNESS})
            _write_rows(store, partial)
            counts = store.execute(_COUNT).fetchone()
        finally:
            store.close()
    partial.replace(output_path)
    return dict(
        zip(("rows", "resolved", "ambiguous", "rejected", "people"), counts or (), strict=True)
    )


_BATCH_ROWS: Final = 100_000
_LINE_LIMIT: Final = 4 * 1024 * 1024
_ROWS: Final = pa.schema(
    [("n", pa.int64()), *((c, pa.string()) for c in ("record_id", "paper_id", "name", "reason"))]
)
_NAMES: Final = pa.schema(
    [*((c, pa.string()) for c in ("name", "full_name", "surname", "given")), ("full", pa.bool_())]
)

_RESOLVE: Final = """
CREATE TABLE judged AS
WITH first_seen AS (SELECT record_id, min(n) AS n FROM rows WHERE reason IS NULL GROUP BY ALL),
usable AS (
    SELECT n, record_id, paper_id, full_name
    FROM rows JOIN first_seen USING (n, record_id) JOIN names USING (name)
),
complete AS (
    SELECT full_name, min(surname) AS surname, min(given) AS given
    FROM names GROUP BY full_name HAVING bool_and("full")
),
counted AS (
    SELECT full_name,
        (count(*) OVER (PARTITION BY surname) - 1) * (count(*) OVER (PARTITION BY given) - 1)
            / (count(*) OVER ()) AS commonness
    FROM complete
),
twice AS (
    SELECT DISTINCT full_name FROM usable GROUP BY paper_id, full_name HAVING count(*) > 1
),
rare AS (
    SELECT full_name, count(*) AS n_rows, any_value(commonness) AS commonness
    FROM usable JOIN counted USING (full_name) ANTI JOIN twice USING (full_name)
    WHERE commonness < $max_commonness GROUP BY full_name
)
SELECT rows.n, rows.record_id, rare.full_name,
    if(rare.n_rows > 1, exp(-rare.commonness), 1.0) AS confidence,
    coalesce(rows.reason, if(usable.n IS NULL, 'record_id occurs before', NULL)) AS reason
FROM rows LEFT JOIN usable USING (n) LEFT JOIN rare USING (full_name)
"""
_COUNT: Final = """
SELECT count(*), count(*) FILTER (reason IS NULL AND full_name IS NOT NULL),
    count(*) FILTER (reason IS NULL AND full_name IS NULL), count(reason),
    count(DISTINCT full_name) + count(*) FILTER (reason IS NULL AND full_name IS NULL)
FROM judged
"""


def _store_rows(
    store: duckdb.DuckDBPyConnection, path: Path, on_progress: Callable[[int, int], None]
) -> None:
    _store_batches(store, "rows", _ROWS, _read_rows(path, on_progress))


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
        places = [header.index(column) for column in REQUIRED]
        for n, fields in enumerate(_readable_rows(reader)):
            yield (n, *_read_row(fields, len(header), places))
            if n % _BATCH_ROWS == 0:
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
    fields: list[str] | str, n_columns: int, places: list[int]
) -> tuple[str, str | None, str | None, str | None]:
    """record_id, paper_id and name, or record_id and the reason why the row is rejected."""
    if isinstance(fields, str):
        return "", None, None, f"not CSV: {fields}"
    record_id = fields[places[0]].strip() if places[0] < len(fields) else ""
    record_id = record_id.encode("utf-8", "replace").decode()
    if len(fields) != n_columns:
        return record_id, None, None, f"{len(fields)} fields, expected {n_columns}"
    _, paper_id, name, year = (fields[place].strip() for place in places)
    reason = None
    if any(not field.isascii() and _is_torn(field) for field in fields):
        reason = "not UTF-8"
    elif not (record_id and paper_id and name):
        reason = "record_id, paper_id or name is empty"
    elif not (year.isascii() and year.isdigit() and YEARS[0] <= int(year[:9]) <= YEARS[1]):
        reason = f"year {year[:20]!r} is not a year between {YEARS[0]} and {YEARS[1]}"
    if reason:
        return record_id, None, None, reason
    return record_id, paper_id, name, None


def _is_torn(text: str) -> bool:
    """Whether bytes of the text could not be decoded."""
    return any("\udc80" <= char <= "\udcff" for char in text)


def _store_names(store: duckdb.DuckDBPyConnection) -> None:
    reader = store.cursor()
    reader.execute("SELECT DISTINCT name FROM rows WHERE reason IS NULL")

    def names() -> Iterator[tuple[Any, ...]]:
        while batch := reader.fetchmany(_BATCH_ROWS):
            for (text,) in batch:
                name = parse_name(text)
                yield text, name.full, name.surname, "".join(name.given), name.complete

    _store_batches(store, "names", _NAMES, names())


def _store_batches(
    store: duckdb.DuckDBPyConnection, table: str, schema: pa.Schema, rows: Iterable[tuple[Any, ...]]
) -> None:
    store.register("batch", schema.empty_table())
    store.execute(f"CREATE TABLE {table} AS FROM batch")
    rows = iter(rows)
    while batch := list(islice(rows, _BATCH_ROWS)):
        columns = zip(*batch, strict=True)
        arrays = [pa.array(c, t) for c, t in zip(columns, schema.types, strict=True)]
        store.register("batch", pa.Table.from_arrays(arrays, schema=schema))
        store.execute(f"INSERT INTO {table} FROM batch")


def _write_rows(store: duckdb.DuckDBPyConnection, path: Path) -> None:
    judged = store.execute("SELECT record_id, full_name, confidence, reason FROM judged ORDER BY n")
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(OUTPUT)
        while batch := judged.fetchmany(_BATCH_ROWS):
            writer.writerows(_write_row(*row) for row in batch)


def _write_row(
    record_id: str, full_name: str | None, confidence: float, reason: str | None
) -> tuple[str, str, str, str]:
    if reason is not None:
        return record_id, "", "", f"rejected: {reason}"
    if full_name is None:
        return record_id, f"slot:{record_id}", "1.0000", "true"
    return record_id, f"name:{full_name}", f"{confidence:.4f}", "false"
