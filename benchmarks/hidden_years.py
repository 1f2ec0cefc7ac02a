"""Do nowcasts of years gone by hold what later became known?

For each year of a range the records of a finished build are cut off after it, the last three
years before the cut are nowcast as if nothing later were known, and the figures of the whole
records are held against the nowcasts and their bounds.

    python benchmarks/hidden_years.py --store store --first 2014 --last 2022
"""

from __future__ import annotations

import argparse
from collections import defaultdict
from pathlib import Path

import numpy as np
import pyarrow.compute as pc

from talentflow.careers.vintages import (
    VenueEvidence,
    count_vintages,
    open_years,
    pack_by_venue,
    take_vintage,
)
from talentflow.core.catalog import Catalog
from talentflow.core.rules import Rules
from talentflow.estimate.intervals import student_quantile
from talentflow.estimate.truncation import RECENT_VINTAGES, build_triangles, develop

LEAST_STOCK = 100
RULES = Rules()


def read_evidence(store: Path) -> VenueEvidence:
    """The evidence of a store's last finished build."""
    catalog = Catalog(store)
    current = catalog.require_current()
    records = catalog.read_table("align", current["align"], "records")
    return pack_by_venue(
        records.filter(pc.field("source") == "paperlists"),
        catalog.read_table("corrections", current["corrections"], "people"),
        catalog.read_table("corrections", current["corrections"], "resolved_mentions"),
    )


def hide_years(evidence: VenueEvidence, cut: int) -> dict[tuple[str, int], tuple[float, ...]]:
    """Area and year → stock so far, nowcast, lower and upper bound."""
    part = VenueEvidence(packed=take_vintage(evidence.packed, cut, ()), venues=evidence.venues)
    vintages = count_vintages(part, RULES, range(cut - RECENT_VINTAGES + 1, cut + 1))
    found = {}
    for (measure, area), triangle in build_triangles(vintages, open_years(RULES)).items():
        for delay in range(open_years(RULES) if measure == "stock" else 0):
            nowcast = develop(triangle, cut - delay)
            if nowcast is None or nowcast.value <= 0:
                continue
            so_far = triangle.counts[triangle.years.index(cut - delay), delay]
            half = student_quantile(0.95, nowcast.steps) * np.sqrt(nowcast.variance)
            ratio = np.exp(half / nowcast.value)
            bounds = (nowcast.value / ratio, nowcast.value * ratio)
            found[area, cut - delay] = (so_far, nowcast.value, *bounds)
    return found


def measure(evidence: VenueEvidence, first: int, last: int) -> None:
    """Print error and coverage by delay, of areas with at least `LEAST_STOCK` persons."""
    years = (evidence.packed.keys >> 15) & 255
    present = count_vintages(evidence, RULES, [int(years.max()) + 1900]).to_pylist()
    known = {(r["area"], r["year"]): r["count"] for r in present if r["measure"] == "stock"}
    rows = defaultdict(list)
    for cut in range(first, last + 1):
        for (area, year), figures in hide_years(evidence, cut).items():
            if known.get((area, year), 0) >= LEAST_STOCK:
                rows[cut - year].append((known[area, year], *figures))
    print("| years since | stocks | raw error % | nowcast error % | bounds hold % |")
    print("|---:|---:|---:|---:|---:|")
    for delay, found in sorted(rows.items()):
        truth, so_far, value, low, high = np.array(found).T
        held = 100 * ((low <= truth) & (truth <= high)).mean()
        raw, left = (100 * np.abs(x - truth).sum() / truth.sum() for x in (so_far, value))
        print(f"| {delay} | {len(found)} | {raw:.1f} | {left:.1f} | {held:.1f} |")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--store", type=Path, default=Path("store"))
    parser.add_argument("--first", type=int, default=2014)
    parser.add_argument("--last", type=int, default=2022)
    given = parser.parse_args()
    measure(read_evidence(given.store), given.first, given.last)
