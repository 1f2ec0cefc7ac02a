"""What was counted, as a table: cells in the words of the tallies contract."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Final

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from talentflow.careers import cells
from talentflow.careers.cells import unpack_cell
from talentflow.careers.counting import count_evidence
from talentflow.careers.counts import CellCounts
from talentflow.careers.packing import FIRST_YEAR, YEAR_SHIFT, PackedEvidence
from talentflow.careers.shared_rules import Wanted
from talentflow.core.contracts import TALLIES
from talentflow.core.rules import Rules

_MADE_OF: Final = {"inflow", "outflow", "retention_left"}


def count_tallies(
    evidence: PackedEvidence,
    rules: Rules,
    *,
    replicates: int,
    workers: int = 1,
    cohorts: bool = True,
    details: bool = True,
) -> CellCounts:
    """All tallies of the evidence under one set of rules, sorted by cell; see `Wanted` for
    `cohorts` and `details`. `workers` threads share the persons."""
    wanted = [Wanted(rules=rules, cohorts=cohorts, details=details)]
    ((_, counted),) = count_evidence(evidence, wanted, replicates=replicates, workers=workers)
    return counted


def list_tallies(
    counted: CellCounts, definition_ids: Sequence[str], years: tuple[int, int], floor: int
) -> pa.Table:
    """Counted cells → a table of the contract `tallies`.

    `definition_ids[population]` names the cohorts' definitions, its last item the one of cells
    without a population; `years` are the first and last year of the data. Cells of fewer than
    `floor` persons keep their point value only, because no figure will be drawn from their
    replicates, except the cells that other figures are made of: moves either way, and the
    steps of a retention curve. Years and windows that reach beyond the data are left out.
    """
    counted = _drop_doubled_period(counted, years)
    every = [unpack_cell(int(cell), *years) for cell in counted.cells]
    kept = np.array([not _leaves_data(cell.period, years) for cell in every], bool)
    words = [cell for cell, keep in zip(every, kept, strict=True) if keep]
    persons, counts = counted.persons[kept], counted.counts[kept]
    made_of = np.array([w.measure in _MADE_OF for w in words], bool)
    last = len(definition_ids) - 1
    columns = {
        "measure": [w.measure for w in words],
        "definition_id": [definition_ids[min(w.population, last)] for w in words],
        "area": [w.area for w in words],
        "partner": [w.partner for w in words],
        "stage": [w.stage for w in words],
        "sector": [w.sector for w in words],
        "period": [w.period for w in words],
        "persons": persons,
        "counts": _as_lists(counts / counted.units, (persons >= floor) | made_of),
    }
    return pa.table(columns, schema=TALLIES.schema)


def _leaves_data(period: str, years: tuple[int, int]) -> bool:
    """A year or window that reaches beyond the data would promise years that nobody looked at."""
    start, _, end = period.partition("/")
    end = end or start
    return end.isdigit() and not years[0] <= int(start) <= int(end) <= years[1]


def _drop_doubled_period(counted: CellCounts, years: tuple[int, int]) -> CellCounts:
    """Data of exactly one window count the same moves in the window and in the whole period."""
    first, last = years
    if first % cells.WINDOW_YEARS or last - first + 1 != cells.WINDOW_YEARS:
        return counted
    window = cells.WINDOWS + (first - FIRST_YEAR) // cells.WINDOW_YEARS
    whole = (counted.cells & cells.PERIOD_BITS) == cells.WHOLE
    doubled = whole & np.isin(counted.cells - cells.WHOLE + window, counted.cells)
    return replace(
        counted,
        cells=counted.cells[~doubled],
        persons=counted.persons[~doubled],
        counts=counted.counts[~doubled],
    )


def _as_lists(counts: npt.NDArray[np.float64], whole: npt.NDArray[np.bool_]) -> pa.ListArray:
    lengths = np.where(whole, counts.shape[1], 1)
    kept = whole[:, None] | (np.arange(counts.shape[1]) == 0)
    offsets = np.concatenate([[0], np.cumsum(lengths)]).astype(np.int32)
    return pa.ListArray.from_arrays(offsets, counts[kept])


def data_years(evidence: PackedEvidence) -> tuple[int, int]:
    """First and last calendar year of the evidence; (0, 0) if there is none."""
    if not len(evidence.keys):
        return 0, 0
    years = (evidence.keys >> YEAR_SHIFT) & 255
    return int(years.min()) + FIRST_YEAR, int(years.max()) + FIRST_YEAR
