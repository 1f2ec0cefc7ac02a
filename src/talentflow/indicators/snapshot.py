"""The published snapshot as its readers see it: values, and what makes them readable.

This is the only door to figures for the web, the command line and the library; nothing behind
it is about a person.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, Final

import msgspec
import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from talentflow.core.areas import parse_area
from talentflow.core.contracts import RANKS, REPLICATES
from talentflow.core.errors import StoreError, UsageError
from talentflow.core.vocabulary import ALL, SECTORS, STAGES
from talentflow.indicators.registry import find_indicator

_LONGEST: Final = 10_000

PUBLISHED: Final = "published"
"""Name of the folder (a link to the current snapshot) inside a store."""


@dataclass(frozen=True)
class Snapshot:
    """A published folder: `values.parquet`, `definitions.json`, `indicators.json`,
    `series.json`, `quality.json`, `replication.json`, `manifest.json`, `datapackage.json`."""

    folder: Path

    @cached_property
    def values(self) -> pa.Table:
        """All figures, see the contract `values`."""
        try:
            # Not read_table: that loads the dataset layer and with it pandas, half a second.
            return pq.ParquetFile(self.folder / "values.parquet").read()
        except (OSError, pa.ArrowInvalid) as error:
            raise self._describe_unreadable("values.parquet", error) from error

    @cached_property
    def replicates(self) -> pa.Table | None:
        """What comparing two figures needs, see the contract; null in older snapshots."""
        return self._read_optional("replicates.parquet")

    @cached_property
    def ranks(self) -> pa.Table | None:
        """Every ranking with its intervals, see the contract; null in older snapshots."""
        return self._read_optional("ranks.parquet")

    @cached_property
    def indicators(self) -> dict[str, dict[str, Any]]:
        """Indicator id → description, as frozen at publication."""
        return {entry["id"]: entry for entry in self._read("indicators.json")}

    @cached_property
    def definitions(self) -> dict[str, dict[str, Any]]:
        """Definition id → title and rules, as frozen at publication."""
        return {entry["id"]: entry for entry in self._read("definitions.json")}

    @cached_property
    def manifest(self) -> dict[str, Any]:
        """Inputs, counts, rules and versions of the build."""
        manifest: dict[str, Any] = self._read("manifest.json")
        return manifest

    @cached_property
    def quality(self) -> dict[str, Any] | None:
        """How well affiliations and people were resolved; null in snapshots of older builds."""
        if not (self.folder / "quality.json").exists():
            return None
        report: dict[str, Any] = self._read("quality.json")
        return report

    def _read_optional(self, name: str) -> pa.Table | None:
        if not (self.folder / name).exists():
            return None
        try:
            return pq.ParquetFile(self.folder / name).read()
        except (OSError, pa.ArrowInvalid) as error:
            raise self._describe_unreadable(name, error) from error

    @cached_property
    def replication(self) -> dict[str, Any] | None:
        """How figures that others published compare; null in snapshots of older builds."""
        if not (self.folder / "replication.json").exists():
            return None
        report: dict[str, Any] = self._read("replication.json")
        return report

    def _read(self, name: str) -> Any:
        try:
            return msgspec.json.decode((self.folder / name).read_bytes())
        except (OSError, msgspec.DecodeError) as error:
            raise self._describe_unreadable(name, error) from error

    def _describe_unreadable(self, name: str, error: Exception) -> StoreError:
        return StoreError(
            f"cannot read {name}: {error}",
            where=str(self.folder),
            next_step="run `talentflow build` again",
        )


def open_snapshot(store: Path) -> Snapshot:
    """The current snapshot of a store, or `StoreError` if nothing has been published."""
    folder = store / PUBLISHED
    if not (folder / "values.parquet").exists():
        raise StoreError(
            "nothing has been published here",
            where=str(store),
            expected="a store with a finished build",
            next_step="run `talentflow build --store " + str(store) + "`",
        )
    return Snapshot(folder.resolve())


@dataclass(frozen=True, kw_only=True)
class Query:
    """What to select; `None` selects everything along that column."""

    indicator: str
    area: str | None = None
    partner: str | None = None
    stage: str | None = None
    sector: str | None = None
    period: str | None = None
    definition: str | None = None


def select_values(snapshot: Snapshot, query: Query) -> pa.Table:
    """The rows that answer a query, ordered by definition, area, partner, stage, sector, period.

    `period` is one period (`2018`, `2014/2018`, `P5Y`) or a range of years (`2010:2024`).
    Raises `UsageError` for an unknown indicator, area, stage, sector or definition, and for a
    period outside the data (naming the nearest there is), never an empty table for a misspelt
    request.
    """
    find_indicator(query.indicator)
    table = snapshot.values
    table = table.filter(_equals(table["indicator"], query.indicator))
    wanted = {
        "area": _parse_cell(query.area),
        "partner": _parse_cell(query.partner),
        "stage": _parse_word("stage", query.stage, STAGES),
        "sector": _parse_sector(query.sector),
        "definition_id": _parse_definition(snapshot, query.definition),
    }
    for column, value in wanted.items():
        if value is not None:
            table = table.filter(_equals(table[column], value))
    if query.period is not None:
        table = _filter_period(table, query.period)
    names = ("definition_id", "area", "partner", "stage", "sector")
    columns = [table[name].to_pylist() for name in names]
    periods = [period_order(period) for period in table["period"].to_pylist()]
    keys = list(zip(*columns, periods, strict=True))
    return _take(table, sorted(range(len(keys)), key=keys.__getitem__))


def select_ranks(snapshot: Snapshot, query: Query) -> pa.Table:
    """The rows of `ranks` for the indicator, definition, stage, period and area of a query whose
    parts have been checked; no rows where there is no ranking."""
    if snapshot.ranks is None:
        return RANKS.empty()
    table = snapshot.ranks
    for column, value in (
        ("indicator", query.indicator),
        ("definition_id", query.definition),
        ("stage", query.stage),
        ("period", query.period),
        ("area", query.area),
    ):
        if value is not None:
            table = table.filter(_equals(table[column], value))
    return table


def read_replicates(snapshot: Snapshot, row: Mapping[str, Any]) -> npt.NDArray[np.float64] | None:
    """The replicates of one row of `values`; null where it has none."""
    table = snapshot.replicates
    if table is None:
        return None
    for column in REPLICATES.key:
        table = table.filter(_equals(table[column], row[column]))
    if not table.num_rows:
        return None
    return np.asarray(table["replicates"].combine_chunks().flatten().to_numpy(), float)


def period_order(period: str) -> tuple[int, int]:
    """Sort key of periods: years, then windows, longer ones last, then durations (P2Y, P10Y)."""
    if period.startswith("P"):
        return _LONGEST, int(period[1:-1])
    first, _, last = period.partition("/")
    return int(last) - int(first) if last else -1, int(first)


# To learn the type of a plain string, list or scalar Arrow imports pandas where it is installed,
# a quarter of a second; so the words and row numbers below are built from their bytes.


def _equals(column: pa.ChunkedArray, word: str) -> pa.ChunkedArray:
    text = word.encode()
    offsets = pa.py_buffer(np.array([0, len(text)], np.int32))
    return pc.equal(column, pa.StringArray.from_buffers(1, offsets, pa.py_buffer(text))[0])


def _take(table: pa.Table, rows: Sequence[int]) -> pa.Table:
    numbers = pa.py_buffer(np.array(rows, np.int64))
    return table.take(pa.Int64Array.from_buffers(pa.int64(), len(rows), [None, numbers]))


def _parse_cell(area: str | None) -> str | None:
    return area if area is None or area == ALL else parse_area(area)


def _parse_word(column: str, word: str | None, words: tuple[str, ...]) -> str | None:
    if word is not None and word not in (*words, ALL):
        raise UsageError(f"unknown {column} {word!r}", expected=f"{ALL}, {', '.join(words)}")
    return word


def _parse_sector(sector: str | None) -> str | None:
    for word in (sector or ALL).split(">"):
        _parse_word("sector", word, SECTORS)
    return sector


def _parse_definition(snapshot: Snapshot, definition: str | None) -> str | None:
    if definition is not None and definition not in snapshot.definitions:
        raise UsageError(
            f"definition {definition!r} is not in this snapshot",
            expected="one of " + ", ".join(sorted(snapshot.definitions)),
            next_step="`talentflow build --definitions all` computes every named definition",
        )
    return definition


def _filter_period(table: pa.Table, period: str) -> pa.Table:
    if ":" not in period:
        found = table.filter(_equals(table["period"], period))
        if not found.num_rows and table.num_rows:
            raise _describe_absence(table, period)
        return found
    first, _, last = period.partition(":")
    try:
        bounds = int(first), int(last)
    except ValueError as error:
        raise UsageError(
            f"period {period!r} is not a range of years", expected="FIRST:LAST, e.g. 2010:2024"
        ) from error
    if bounds[0] > bounds[1]:
        raise UsageError(
            f"period {period!r} ends before it begins", expected="FIRST:LAST, e.g. 2010:2024"
        )
    periods = table["period"].to_pylist()
    wanted = range(bounds[0], bounds[1] + 1)
    found = _take(table, [row for row, p in enumerate(periods) if p.isdigit() and int(p) in wanted])
    if not found.num_rows and table.num_rows:
        raise _describe_absence(table, period)
    return found


def _describe_absence(table: pa.Table, period: str) -> UsageError:
    columns = (table["period"].to_pylist(), table["value"].to_pylist())
    shown = {found for found, value in zip(*columns, strict=True) if value is not None}
    periods = sorted(set(columns[0]), key=period_order)
    years = [p for p in periods if p.isdigit()] or periods
    near = _find_nearest(period, sorted(shown, key=period_order) or periods)
    heads = find_indicator(table["indicator"][0].as_py()).heads
    told = f"; a year of which a table tells the {heads}" if heads else ""
    return UsageError(
        f"no figure for period {period!r}",
        expected=f"{years[0]} to {years[-1]}{told}"
        + (f", or {', '.join(p for p in periods if p not in years)}" if years != periods else ""),
        next_step=f"the nearest is {near}" if near else None,
    )


def _find_nearest(period: str, periods: Sequence[str]) -> str | None:
    """The period whose two ends lie nearest to those asked for; of durations that which looks most
    like it."""
    asked = _find_ends(period)
    ends = {known: found for known in periods if (found := _find_ends(known)) is not None}
    if asked is None or not ends:
        close = difflib.get_close_matches(period, periods, n=1, cutoff=0.5)
        return next(iter([*close, *periods]), None)
    return min(ends, key=lambda p: abs(ends[p][0] - asked[0]) + abs(ends[p][1] - asked[1]))


def _find_ends(period: str) -> tuple[int, int] | None:
    match = re.fullmatch(r"(\d{1,4})(?:[/:](\d{1,4}))?", period)
    return (int(match[1]), int(match[2] or match[1])) if match else None
