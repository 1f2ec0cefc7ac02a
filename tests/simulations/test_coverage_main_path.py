"""Do the published 95 % intervals hold the truth in 93 to 97 of 100 worlds?

Each world is drawn from the same law, written as raw files in the sources' formats, built by
the main path, and its published intervals are held against the expected values of the law.
Prints the table that `docs/coverage.md` shows.
"""

from __future__ import annotations

import os
import tempfile
from collections import defaultdict
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from multiprocessing import get_context
from pathlib import Path

import numpy as np
import pytest

from talentflow.core.settings import Settings
from talentflow.indicators.snapshot import open_snapshot
from talentflow.pipeline.build import build
from talentflow.sources.toy import WorldSpec, build_world, expected_truth, write_world

SPEC = WorldSpec(people=3000, venue_shares={"corl": 1.0})
WORLDS = 400
AREAS = ("KR", "US", "CN", "DE")
YEARS = ("2008", "2012", "2016", "2020")
WINDOW = "2015/2019"

Held = dict[str, list[bool]]


@pytest.mark.slow
def test_intervals_cover_the_expected_values():
    truth = expected_values()
    held: Held = defaultdict(list)
    with ProcessPoolExecutor(os.cpu_count(), mp_context=get_context("forkserver")) as pool:
        for one in pool.map(partial(check_world, truth), range(WORLDS), chunksize=10):
            for name, results in one.items():
                held[name] += results
    print(f"\n{'indicator':<14} {'intervals':>9} {'coverage':>9}")
    for name, results in held.items():
        print(f"{name:<14} {len(results):>9,} {100 * np.mean(results):>8.1f} %")
    for name, results in held.items():
        assert 0.93 <= np.mean(results) <= 0.97, (name, np.mean(results))


def expected_values() -> dict[tuple[str, ...], float]:
    """(indicator, area, partner, stage, period) → expected value of the law."""
    law = expected_truth(SPEC, people=600_000)
    years = range(2015, 2020)
    found: dict[tuple[str, ...], float] = {}
    for a, area in enumerate(law.countries):
        if area not in AREAS:
            continue
        for year in YEARS:
            for indicator, table in (("stock", "stock"), ("net_rate", "net_rate_pct")):
                found[indicator, area, "all", "all", year] = law.pick(table, area, int(year))
        inflow, outflow, stock = (
            sum(law.pick(name, area, year) for year in years)
            for name in ("inflow", "outflow", "stock")
        )
        found["net_rate", area, "all", "all", WINDOW] = 100 * (inflow - outflow) / stock
        found["out_rate", area, "all", "all", WINDOW] = 100 * outflow / stock
        for b, partner in enumerate(law.countries):
            moves = sum(law.flow[a, b, law.years.index(year)] for year in years)
            if moves >= 20:
                found["flow", area, partner, "all", WINDOW] = moves
        for t in (3, 5):
            curve = law.retention["doctoral"].observed
            found["retention", area, "all", "doctoral", f"P{t}Y"] = 100 * curve[a, t]
    return found


def check_world(truth: dict[tuple[str, ...], float], seed: int) -> Held:
    """Which published intervals of one world hold the truth."""
    held: Held = defaultdict(list)
    with tempfile.TemporaryDirectory() as folder:
        data = Path(folder) / "data"
        write_world(build_world(SPEC, seed), data, sources=("paperlists", "ror"))
        build(Settings(data=data, store=Path(folder), workers=1, definitions="default"))
        values = open_snapshot(Path(folder)).values.to_pylist()
    for row in values:
        key = tuple(row[n] for n in ("indicator", "area", "partner", "stage", "period"))
        expected = truth.get(key) if row["sector"] == "all" else None
        if expected is not None and row["value"] is not None:
            held[row["indicator"]].append(row["low"] <= expected <= row["high"])
    return dict(held)
