"""How do figures leave as a file: JSON, CSV or Parquet?

Columns are those of the table `values`, whatever was asked, so that a script can rely on them.
"""

from __future__ import annotations

import io
from collections.abc import Sequence
from typing import Any, Final

import msgspec
import pyarrow as pa
import pyarrow.csv as pa_csv
import pyarrow.parquet as pq

from talentflow.core.contracts import VALUES
from talentflow.core.errors import UsageError
from talentflow.serve.figures import Figure

MEDIA_TYPES: Final = {
    "json": "application/json",
    "csv": "text/csv; charset=utf-8",
    "parquet": "application/vnd.apache.parquet",
    "png": "image/png",
    "svg": "image/svg+xml",
}
FORMATS: Final = ("json", "csv", "parquet")


def tabulate_figures(rows: Sequence[Figure]) -> pa.Table:
    """Figures as a table under the contract `values`."""
    columns = zip(*rows, strict=True) if rows else ([] for _ in Figure._fields)
    arrays = {name: list(column) for name, column in zip(Figure._fields, columns, strict=True)}
    return pa.table(arrays, schema=VALUES.schema)


def write_table(table: pa.Table, kind: str, *, about: dict[str, Any] | None = None) -> bytes:
    """The table as bytes of one of `FORMATS`; `about` is said beside the rows in JSON.

    Raises `UsageError` for another format.
    """
    if kind == "json":
        rows = table.to_pylist()
        return msgspec.json.encode({**(about or {}), "count": len(rows), "values": rows})
    sink = io.BytesIO()
    if kind == "csv":
        pa_csv.write_csv(table, sink)
    elif kind == "parquet":
        pq.write_table(table, sink, compression="zstd")
    else:
        raise UsageError(f"unknown format {kind!r}", expected="one of " + ", ".join(FORMATS))
    return sink.getvalue()
