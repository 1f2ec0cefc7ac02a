"""How rows look on a terminal, and how they leave it as a file: plain columns, numbers to the
right, wide characters counted; or CSV, JSON and Parquet."""

from __future__ import annotations

import io
import json
import sys
import unicodedata
from collections.abc import Mapping, Sequence
from typing import Any

import click
import pyarrow as pa

from talentflow.core.errors import UsageError


def print_rows(rows: Sequence[Mapping[str, Any]], limit: int | None = None) -> None:
    """Print rows as columns under their names; beyond `limit` say how many are left."""
    if not rows:
        return
    names = list(rows[0])
    shown = rows if limit is None else rows[:limit]
    cells = [[_format(row[name]) for name in names] for row in shown]
    right = [all(isinstance(row[name], int | float) for row in shown) for name in names]
    widths = [
        max(display_width(name), *(display_width(line[i]) for line in cells))
        for i, name in enumerate(names)
    ]
    for line in [names, *cells]:
        padded = [_pad(line[i], widths[i], right[i]) for i in range(len(names))]
        click.echo("  " + "  ".join(padded).rstrip())
    if len(shown) < len(rows):
        click.echo(f"  … {len(rows) - len(shown):,} more rows; --format csv prints all")


def print_accounting(lines: Sequence[Mapping[str, Any]], language: str) -> None:
    """Print what became of every row of evidence, with the sum."""
    click.echo("\nWhat became of every row of evidence")
    rows = [{"rows": line["records"], "what": line["title"][language]} for line in lines]
    print_rows([*rows, {"rows": sum(row["rows"] for row in rows), "what": "in all"}])


def print_changes(changes: Sequence[Mapping[str, Any]], language: str) -> None:
    """Print what became of the people of an earlier build; nothing where there is none."""
    if changes:
        click.echo("\nWhat became of the people of the earlier build")
        print_rows(
            [{"people": change["people"], "what": change["title"][language]} for change in changes]
        )


def display_width(text: str) -> int:
    """Columns a text takes on a terminal; Korean and Chinese characters take two."""
    return sum(2 if unicodedata.east_asian_width(c) in "WF" else 1 for c in text)


def _format(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, int):
        return f"{value:,}"
    return f"{value:,.2f}" if isinstance(value, float) else str(value)


def _pad(text: str, width: int, right: bool) -> str:
    space = " " * (width - display_width(text))
    return space + text if right else text + space


def write_table(table: pa.Table, format_: str) -> None:
    """Write a table to standard output as `json`, `csv` or `parquet`.

    Raises `UsageError` for Parquet on a terminal.
    """
    if format_ == "json":
        click.echo(json.dumps(table.to_pylist(), ensure_ascii=False, indent=1))
    elif format_ == "csv":
        from pyarrow import csv

        buffer = io.BytesIO()
        csv.write_csv(table, buffer, csv.WriteOptions(quoting_style="needed"))
        click.echo(buffer.getvalue().decode(), nl=False)
    else:
        if sys.stdout.isatty():
            raise UsageError("Parquet is binary", next_step="redirect it: … > figures.parquet")
        from pyarrow import parquet

        buffer = io.BytesIO()
        parquet.write_table(table, buffer)
        sys.stdout.buffer.write(buffer.getvalue())
