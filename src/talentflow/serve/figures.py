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
        self._spans = _join_spans(self._groups)
        self.snapshot = snapshot
        self.last_year = int(snapshot.manifest["last_year"])
        self._period_cache: dict[tuple[str, str], dict[str, bool]] = {}
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
        rows = _filter(self._slice(indicator, definition), cell)
        return {figure.area: figure for figure in _to_figures(rows) if figure.area in AREA_INDEX}

    def arrivals(self, area: str, period: str, *, definition: str = DEFAULT) -> list[Figure]:
        """The figures of `flow` whose partner is the area: moves from elsewhere to it."""
        rows = _filter(self._slice("flow", definition), Cell(partner=area, period=period))
        return [figure for figure in _to_figures(rows) if figure.area != ALL]

    def definitions_with(self, indicator: str) -> list[str]:
        """The definitions under which the indicator was computed, `default` first."""
        ids = {definition for name, definition in self._spans if name == indicator}
        return sorted(ids, key=lambda id_: (id_ != DEFAULT, id_))

    @cached_property
    def areas(self) -> list[str]:
        """Every area with any figure."""
        return sorted({area for _, _, area in self._groups if area in AREA_INDEX})

    def windows(self, indicator: str, definition: str = DEFAULT) -> list[str]:
        """The windows of several years that the indicator has, latest first."""
        return [p for p in self._periods(indicator, definition) if "/" in p]

    def latest_window(self, indicator: str, definition: str = DEFAULT) -> str | None:
        """The latest finished five-year window; else the latest window there is."""
        periods = self._periods(indicator, definition)
        windows = [period for period in periods if "/" in period]
        complete = [period for period in windows if not periods[period]]
        five = [period for period in complete if _length(period) == WINDOW_YEARS]
        return next(iter(five or complete or windows), None)

    def latest_year(self, indicator: str, definition: str = DEFAULT) -> str | None:
        """The latest finished calendar year; else the latest year there is."""
        periods = self._periods(indicator, definition)
        years = [period for period in periods if period.isdigit()]
        complete = [year for year in years if not periods[year]]
        return next(iter(complete or years), None)

    def _periods(self, indicator: str, definition: str) -> dict[str, bool]:
        """Period → whether it is unfinished (censored, or ends after the data), latest first."""
        key = indicator, definition
        if key not in self._period_cache:
            seen = self._slice(*key).group_by(["period", "flag"], use_threads=False).aggregate([])
            pairs = set(zip(seen["period"].to_pylist(), seen["flag"].to_pylist(), strict=True))
            periods = sorted({p for p, _ in pairs}, key=lambda p: _order(p)[::-1], reverse=True)
            self._period_cache[key] = {
                p: (p, "censored") in pairs or _order(p)[1] > self.last_year for p in periods
            }
        return self._period_cache[key]

    def _slice(self, indicator: str, definition: str) -> pa.Table:
        start, end = self._spans.get((indicator, definition), (0, 0))
        return self.table.slice(start, end - start)

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


def _join_spans(
    groups: dict[tuple[str, str, str], tuple[int, int]],
) -> dict[tuple[str, str], tuple[int, int]]:
    """Groups of one indicator and definition lie side by side: their common span."""
    spans: dict[tuple[str, str], tuple[int, int]] = {}
    for (indicator, definition, _), (start, end) in groups.items():
        first, _ = spans.get((indicator, definition), (start, end))
        spans[indicator, definition] = first, end
    return spans


def _filter(rows: pa.Table, cell: Cell) -> pa.Table:
    """The rows of a cell, found without turning the others into Python objects."""
    for name in ("period", "partner", "stage", "sector"):
        wanted = getattr(cell, name)
        if wanted is not None:
            rows = rows.filter(pc.equal(rows[name], wanted))
    return rows


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
