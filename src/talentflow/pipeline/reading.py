"""The tables of a store for use in Python: as Arrow, pandas or Polars.

Arrow tables are mapped from disk; Polars takes them without copying, pandas where its types
allow it.
"""

from __future__ import annotations

import html
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Literal

import pyarrow as pa

from talentflow.core.catalog import Catalog
from talentflow.core.errors import UsageError
from talentflow.indicators.snapshot import Query, open_snapshot, select_values

Frame = Literal["arrow", "pandas", "polars"]

_LATER: Final = ("align", "corrections")
"""Stages whose tables stand for earlier ones of the same name."""


@dataclass(frozen=True)
class Figures:
    """Selected rows of `values`. Any library that takes Arrow data can consume it directly."""

    table: pa.Table
    title: str

    def __arrow_c_stream__(self, requested_schema: object | None = None) -> object:
        """The Arrow PyCapsule interface: pandas, Polars and DuckDB read figures from it."""
        return self.table.__arrow_c_stream__(requested_schema)

    def __len__(self) -> int:
        return int(self.table.num_rows)

    def to_arrow(self) -> pa.Table:
        """The rows as an Arrow table."""
        return self.table

    def to_pandas(self) -> Any:
        """The rows as a pandas data frame."""
        return convert_table(self.table, "pandas")

    def to_polars(self) -> Any:
        """The rows as a Polars data frame."""
        return convert_table(self.table, "polars")

    def _repr_html_(self) -> str:
        names = [n for n in self.table.column_names if n not in ("snapshot_id", "level")]
        head = "".join(f"<th>{html.escape(name)}</th>" for name in names)
        body = "".join(
            "<tr>" + "".join(f"<td>{_format_cell(row[name])}</td>" for name in names) + "</tr>"
            for row in self.table.slice(0, 50).to_pylist()
        )
        more = f"<p>… {len(self) - 50:,} more rows</p>" if len(self) > 50 else ""
        return (
            f"<table><caption>{html.escape(self.title)}</caption>"
            f"<thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>{more}"
        )


def read(name: str, store: str | Path = "store", frame: Frame = "arrow") -> Any:
    """A table of a store by its name: `values`, or one of the private tables, such as `moves`.

    Returns a `pyarrow.Table`, a pandas or a Polars data frame. Raises `UsageError` for an
    unknown table and `StoreError` if the store holds no finished build.
    """
    root = Path(store)
    if name == "values":
        return convert_table(open_snapshot(root).values, frame)
    catalog = Catalog(root)
    current = catalog.require_current()
    # Records lie in two stages, as read and aligned, answers as resolved and corrected: the
    # later ones count.
    stages = [*(stage for stage in current if stage not in _LATER), *_LATER]
    homes = {
        path.stem: stage
        for stage, key in ((stage, current[stage]) for stage in stages if stage in current)
        for path in catalog.stage_folder(stage, key).glob("*.parquet")
    }
    if name not in homes:
        raise UsageError(f"unknown table {name!r}", expected=", ".join(sorted(homes)))
    return convert_table(catalog.read_table(homes[name], current[homes[name]], name), frame)


def figures(indicator: str, store: str | Path = "store", **cell: str) -> Figures:
    """The figures of an indicator, as `talentflow show` prints them.

    `cell` narrows them down: area, partner, stage, sector, period, definition.
    """
    snapshot = open_snapshot(Path(store))
    query = Query(indicator=indicator, **cell)
    title = snapshot.indicators.get(indicator, {}).get("title", {}).get("en", indicator)
    return Figures(select_values(snapshot, query), title)


def convert_table(table: pa.Table, frame: Frame) -> Any:
    """An Arrow table as it is, or as a pandas or Polars data frame.

    Raises `UsageError` if that library is not installed.
    """
    if frame == "arrow":
        return table
    try:
        if frame == "polars":
            import polars

            return polars.from_arrow(table)
        return table.to_pandas()
    except ImportError as error:
        raise UsageError(
            f"{frame} is not installed", next_step='pip install "talentflow[frames]"'
        ) from error


def _format_cell(value: object) -> str:
    if value is None:
        return "–"
    return f"{value:,.2f}" if isinstance(value, float) else html.escape(str(value))
