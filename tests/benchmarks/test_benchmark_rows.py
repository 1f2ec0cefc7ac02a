"""A run of one benchmark replaces its rows in the file and leaves the others."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from run import BENCHMARKS, FIELDS, Row, merge_rows, row


def make_row(name: str) -> Row:
    return row(name, 1.0, "s", "limit of 2 s", 2.0)


def test_rows_of_one_benchmark_are_replaced() -> None:
    known = merge_rows([], "people", [make_row("old"), make_row("older")])
    known = merge_rows(known, "main path", [make_row("cold")])
    merged = merge_rows(known, "people", [make_row("new")])
    assert [(one["benchmark"], one["name"]) for one in merged] == [
        ("main path", "cold"),
        ("people", "new"),
    ]


def test_a_row_with_a_missing_or_unknown_field_is_refused() -> None:
    without = {name: value for name, value in make_row("x").items() if name != "bound"}
    for wrong in (without, {**make_row("x"), "note": ""}):
        with pytest.raises(ValueError, match="people: fields"):
            merge_rows([], "people", [wrong])


def test_the_committed_figures_have_all_fields(repository: Path) -> None:
    rows = json.loads((repository / "benchmarks" / "latest.json").read_text("utf-8"))
    assert rows
    assert all(tuple(one) == ("benchmark", *FIELDS) for one in rows)
    assert {one["benchmark"] for one in rows} <= set(BENCHMARKS)
