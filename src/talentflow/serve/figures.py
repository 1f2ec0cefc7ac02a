"""Which figures are there for a country, an indicator, a definition, a window?

An index in memory over the published values, so that a page costs a few dictionary look-ups.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import Final, NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from talentflow.core.areas import AREA_INDEX
from talentflow.core.contracts import VALUES
from talentflow.core.vocabulary import ALL
from talentflow.indicators.snapshot import Snapshot

DEFAULT: Final = "default"
WINDOW_YEARS: Final = 5
_GROUP: Final = ("indicator", "definition_id", "area")


class Figure(NamedTuple):
    """One row of the table `values`, see its contract."""

    indicator: str
    definition_id: str
    area: str
    partner: str
    stage: str
    sector: str
    period: str
    value: float | None
    low: float | None
    high: float | None
    level: float
    n: int | None
    unit: str
    flag: str
    snapshot_id: str

    @property
    def censored(self) -> bool:
        """Whether the period is too recent for all of its moves to have been seen."""
        return self.flag == "censored"

    @property
    def year(self) -> int | None:
        """The calendar year; null for a window or a duration."""
        return int(self.period) if re.fullmatch(r"\d{4}", self.period) else None


@dataclass(frozen=True, kw_only=True)
class Cell:
    """Which part of an area's figures: `None` takes everything along that column."""

    partner: str | None = ALL
    stage: str | None = ALL
    sector: str | None = ALL
    period: str | None = None


def parse_window(period: str) -> tuple[int, int] | None:
    """`2015/2019` → (2015, 2019), a year → (year, year), a duration → None."""
    match = re.fullmatch(r"(\d{4})(?:/(\d{4}))?", period)
    return (int(match[1]), int(match[2] or match[1])) if match else None


def parse_duration(period: str) -> int | None:
    """`P5Y` → 5; None for anything else."""
    match = re.fullmatch(r"P(\d+)Y", period)
    return int(match[1]) if match else None


class Figures:
    """The values of one snapshot, grouped by indicator, definition and area."""

    def __init__(self, snapshot: Snapshot) -> None:
        table = snapshot.values.select(VALUES.schema.names)
        for name in (*_GROUP, "partner"):
            table = table.set_column(
                table.schema.get_field_index(name), name, pc.dictionary_encode(table[name])
            )
        self.table = table.unify_dictionaries().combine_chunks()
        self.table = self.table.take(pc.sort_indices(_codes(self.table, _GROUP)))
        self._groups = dict(_find_groups(self.table))
        self._of_area = lru_cache(maxsize=4096)(self._read_group)

    def find(
        self, indicator: str, area: str, cell: Cell | None = None, *, definition: str = DEFAULT
    ) -> list[Figure]:
        """One area's figures in order of partner, stage, sector and period; empty if none."""
        return _keep(self._of_area(indicator, definition, area), cell or Cell())

    def find_one(
        self, indicator: str, area: str, cell: Cell, *, definition: str = DEFAULT
    ) -> Figure | None:
        """The figure of one fully stated cell, or None."""
        found = self.find(indicator, area, cell, definition=definition)
        return found[0] if found else None

    def compare(
        self, indicator: str, cell: Cell, *, definition: str = DEFAULT
    ) -> dict[str, Figure]:
        """Area → its figure of the same cell, for areas that have one (a cell with a period)."""
        found = {
            area: self.find_one(indicator, area, cell, definition=definition)
            for area in self.areas_with(indicator, definition)
        }
        return {area: figure for area, figure in found.items() if figure is not None}

    def arrivals(self, area: str, period: str, *, definition: str = DEFAULT) -> list[Figure]:
        """The figures of `flow` whose partner is the area: moves from elsewhere to it."""
        rows = self._slice_definition("flow", definition)
        rows = rows.filter(pc.equal(rows["partner"], area))
        rows = rows.filter(pc.equal(rows["period"], period))
        return [figure for figure in _to_figures(rows) if figure.area != ALL]

    def areas_with(self, indicator: str, definition: str = DEFAULT) -> list[str]:
        """The areas that have any row of the indicator, without `all`."""
        return self._areas.get((indicator, definition), [])

    def definitions_with(self, indicator: str) -> list[str]:
        """The definitions under which the indicator was computed, `default` first."""
        ids = {definition for name, definition in self._areas if name == indicator}
        return sorted(ids, key=lambda id_: (id_ != DEFAULT, id_))

    @cached_property
    def areas(self) -> list[str]:
        """Every area with any figure."""
        return sorted({area for _, _, area in self._groups if area in AREA_INDEX})

    def windows(self, indicator: str, definition: str = DEFAULT) -> list[str]:
        """The windows of several years that the indicator has, latest first."""
        return self._windows(indicator, definition)[0]

    def latest_window(self, indicator: str, definition: str = DEFAULT) -> str | None:
        """The latest five-year window that is not censored; else the latest window there is."""
        windows, complete = self._windows(indicator, definition)
        five = [w for w in complete if _length(w) == WINDOW_YEARS]
        return next(iter(five or complete or windows), None)

    def latest_year(
        self, indicator: str, area: str, *, definition: str = DEFAULT, before: int | None = None
    ) -> Figure | None:
        """The area's latest yearly figure that is complete and has a value."""
        rows = self.find(indicator, area, definition=definition)
        good = [
            row
            for row in rows
            if row.year is not None
            and row.value is not None
            and not row.censored
            and (before is None or row.year < before)
        ]
        return max(good, key=lambda row: row.period, default=None)

    @cached_property
    def _areas(self) -> dict[tuple[str, str], list[str]]:
        areas: dict[tuple[str, str], list[str]] = {}
        for indicator, definition, area in self._groups:
            if area in AREA_INDEX:
                areas.setdefault((indicator, definition), []).append(area)
        return areas

    @cached_property
    def _window_cache(self) -> dict[tuple[str, str], tuple[list[str], list[str]]]:
        return {}

    def _windows(self, indicator: str, definition: str) -> tuple[list[str], list[str]]:
        key = indicator, definition
        if key not in self._window_cache:
            rows = self._slice_definition(*key)
            seen = rows.group_by(["period", "flag"], use_threads=False).aggregate([])
            pairs = list(zip(seen["period"].to_pylist(), seen["flag"].to_pylist(), strict=True))
            windows = {period for period, _ in pairs if "/" in period}
            censored = {period for period, flag in pairs if flag == "censored"}
            order = sorted(windows, key=lambda w: (parse_window(w) or (0, 0))[::-1], reverse=True)
            self._window_cache[key] = order, [w for w in order if w not in censored]
        return self._window_cache[key]

    def _slice_definition(self, indicator: str, definition: str) -> pa.Table:
        spans = [
            span
            for (name, id_, _), span in self._groups.items()
            if (name, id_) == (indicator, definition)
        ]
        if not spans:
            return self.table.slice(0, 0)
        start = min(first for first, _ in spans)
        return self.table.slice(start, max(last for _, last in spans) - start)

    def _read_group(self, indicator: str, definition: str, area: str) -> tuple[Figure, ...]:
        span = self._groups.get((indicator, definition, area))
        if span is None:
            return ()
        rows = _to_figures(self.table.slice(span[0], span[1] - span[0]))
        return tuple(sorted(rows, key=lambda r: (r.partner, r.stage, r.sector, _order(r.period))))


def _codes(table: pa.Table, names: Sequence[str]) -> pa.Array:
    """One number per row that orders rows by the named dictionary columns."""
    code = np.zeros(table.num_rows, dtype=np.int64)
    for name in names:
        column = _encoded(table, name)
        code = code * (len(column.dictionary) + 1) + column.indices.to_numpy()
    return pa.array(code)


def _encoded(table: pa.Table, name: str) -> pa.DictionaryArray:
    column = table[name].combine_chunks()
    return column.chunk(0) if isinstance(column, pa.ChunkedArray) else column


def _find_groups(table: pa.Table) -> Iterator[tuple[tuple[str, str, str], tuple[int, int]]]:
    if not table.num_rows:
        return
    code = _codes(table, _GROUP).to_numpy()
    starts = np.concatenate(([0], np.flatnonzero(np.diff(code)) + 1))
    ends = np.append(starts[1:], table.num_rows)
    columns = [table[name].take(pa.array(starts)).to_pylist() for name in _GROUP]
    for key, start, end in zip(zip(*columns, strict=True), starts, ends, strict=True):
        yield key, (int(start), int(end))


def _to_figures(rows: pa.Table) -> list[Figure]:
    columns = [rows[name].to_pylist() for name in Figure._fields]
    return [Figure(*row) for row in zip(*columns, strict=True)]


def _keep(rows: Sequence[Figure], cell: Cell) -> list[Figure]:
    return [
        row
        for row in rows
        if (cell.partner is None or row.partner == cell.partner)
        and (cell.stage is None or row.stage == cell.stage)
        and (cell.sector is None or row.sector == cell.sector)
        and (cell.period is None or row.period == cell.period)
    ]


def _length(window: str) -> int:
    first, last = parse_window(window) or (0, -1)
    return last - first + 1


def _order(period: str) -> tuple[int, int]:
    duration = parse_duration(period)
    return parse_window(period) or (duration or 0, 0)
