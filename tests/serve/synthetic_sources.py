"""Writes invented combined figures beside a snapshot, in the format of `talentflow combine`."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pyarrow as pa

from talentflow.core.catalog import write_parquet
from talentflow.core.contracts import ESTIMATES
from talentflow.estimate.combine import Grid
from talentflow.estimate.combine_results import folder_of, make_biases, make_estimates

GRID = Grid(("conferences", "openalex"), ("KR", "JP"), (2000, 2001, 2002))


def write_figures(store: Path, snapshot_id: str) -> None:
    random = np.random.default_rng(1)
    draws = random.normal(5.0, 0.1, (1, 200, 2, 3))
    departures = random.normal(0.0, 0.1, (1, 200, 2, 2, 3))
    single = ESTIMATES.from_rows(
        [
            {"quantity": "stock", "area": "KR", "year": 2000, "source": "conferences",
             "level": 0.95, "unit": "persons", "flag": "too_few"}
        ]
    )  # fmt: skip
    quantities = ("stock", "net_rate")
    estimates = pa.concat_tables(
        [single, *(make_estimates(name, draws, GRID, 0.95, 0.0) for name in quantities)]
    )
    biases = pa.concat_tables([make_biases(name, departures, GRID, 0.95) for name in quantities])
    facts = {"sources": list(GRID.sources), "r_hat": 1.002, "effective_draws": 800.0, "seconds": 9}
    diagnostics = {"stock": facts, "net_rate": facts, "areas": ["KR", "JP"],
                   "sampling": {"level": 0.95}}  # fmt: skip
    folder = folder_of(store, snapshot_id)
    folder.mkdir(parents=True)
    write_parquet(estimates, folder / "estimates.parquet")
    write_parquet(biases, folder / "biases.parquet")
    (folder / "diagnostics.json").write_text(json.dumps(diagnostics))
