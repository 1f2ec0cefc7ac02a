"""How do combined figures look once they are made, and how are they read again?

Needs none of the packages that make them, so the web can show what is there.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Protocol

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.parquet as pq

from talentflow.core.contracts import ESTIMATES, SOURCE_BIASES
from talentflow.core.errors import StoreError

Floats = npt.NDArray[np.float64]

COMBINED: Final = "combined"
"""Name of the combined figures among the sources."""

UNITS: Final = {"stock": "persons", "net_rate": "percent"}
ESTIMATES_FILE: Final = "estimates.parquet"
BIASES_FILE: Final = "biases.parquet"
DIAGNOSTICS_FILE: Final = "diagnostics.json"


class Grid(Protocol):
    """See `combine.Grid`."""

    @property
    def sources(self) -> tuple[str, ...]:
        """The reference first."""

    @property
    def areas(self) -> tuple[str, ...]:
        """Codes."""

    @property
    def years(self) -> tuple[int, ...]:
        """Consecutive years."""


@dataclass(frozen=True, kw_only=True)
class CombinedFigures:
    """What `talentflow combine` wrote: rows of the contracts `estimates` and `source_biases`."""

    estimates: list[dict[str, Any]]
    biases: list[dict[str, Any]]
    diagnostics: dict[str, Any]


def folder_of(store: Path, snapshot_id: str) -> Path:
    """Where the combined figures of a snapshot lie."""
    return store / COMBINED / snapshot_id


def read_combined(store: Path, snapshot_id: str) -> CombinedFigures | None:
    """The combined figures of a snapshot; None where nobody has made them.

    Raises `StoreError` where they cannot be read.
    """
    folder = folder_of(store, snapshot_id)
    if not folder.is_dir():
        return None
    try:
        tables = [pq.ParquetFile(folder / name).read() for name in (ESTIMATES_FILE, BIASES_FILE)]
        diagnostics = json.loads((folder / DIAGNOSTICS_FILE).read_text("utf-8"))
    except (OSError, pa.ArrowInvalid, ValueError) as error:
        raise StoreError(
            f"the combined figures cannot be read: {error}",
            where=str(folder),
            next_step="run `talentflow combine` again",
        ) from error
    estimates, biases = (table.to_pylist() for table in tables)
    return CombinedFigures(estimates=estimates, biases=biases, diagnostics=diagnostics)


def make_estimates(
    quantity: str, truth: Floats, grid: Grid, level: float, offset: float
) -> pa.Table:
    """Draws of the truth (chains × draws × areas × years, on the model's scale) → combined rows
    of the contract `estimates`: medians and central intervals."""
    draws = truth.reshape(-1, *truth.shape[2:]) + offset
    low, value, high = np.quantile(
        np.exp(draws) if quantity == "stock" else draws, _central(level), axis=0
    )
    rows: list[dict[str, object]] = [
        {
            "quantity": quantity,
            "area": area,
            "year": year,
            "source": COMBINED,
            "value": float(value[a, y]),
            "low": float(low[a, y]),
            "high": float(high[a, y]),
            "level": level,
            "unit": UNITS[quantity],
            "flag": "ok",
        }
        for a, area in enumerate(grid.areas)
        for y, year in enumerate(grid.years)
    ]
    return ESTIMATES.from_rows(rows)


def make_biases(quantity: str, departures: Floats, grid: Grid, level: float) -> pa.Table:
    """Draws of the departures (chains × draws × areas × sources × years) → rows of the contract
    `source_biases`: over the middle of the period, and the change over ten years.

    A source's departure in a log stock is told as the persons it counts for each person of the
    reference, that of a rate in percentage points.
    """
    draws = departures.reshape(-1, *departures.shape[2:])
    decades = (np.arange(draws.shape[-1]) - (draws.shape[-1] - 1) / 2) / 10
    slope = draws @ decades / (decades @ decades) if len(decades) > 1 else draws[..., 0] * 0
    parts = {"level": draws.mean(-1), "change": slope}
    rows: list[dict[str, object]] = []
    for measure, part in parts.items():
        told = np.exp(part) if quantity == "stock" else part
        low, value, high = np.quantile(told, _central(level), axis=0)
        rows += [
            {
                "quantity": quantity,
                "source": source,
                "area": area,
                "measure": measure,
                "value": float(value[a, s]),
                "low": float(low[a, s]),
                "high": float(high[a, s]),
                "level": level,
                "unit": "ratio" if quantity == "stock" else "percentage_points",
            }
            for s, source in enumerate(grid.sources)
            for a, area in enumerate(grid.areas)
        ]
    return SOURCE_BIASES.from_rows(rows)


def _central(level: float) -> tuple[float, float, float]:
    return (1 - level) / 2, 0.5, (1 + level) / 2
