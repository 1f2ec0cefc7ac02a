"""How often do the intervals of differences and of ranks hold the truth?

Differences and ranks of four countries are measured in the worlds of `iid_worlds`, with what the
build publishes: bounds and rotated replicates. Ranks of many areas are measured with estimates
drawn around known truths, beside the ranks' own percentiles.

    python tests/simulations/compared_worlds.py --worlds 1000

prints the tables of `docs/coverage.md`.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
from iid_worlds import COUNTS, FIRST_YEAR, POPULATIONS, YEARS, draw_evidence

from talentflow.careers.packing import PackedEvidence
from talentflow.careers.tallies import count_tallies, list_tallies
from talentflow.core.rules import Rules
from talentflow.estimate.differences import Estimate, subtract_estimates
from talentflow.estimate.ranks import rank_values
from talentflow.estimate.values import Estimated, Publication, estimate_together
from talentflow.indicators.definitions import define_cohort

Key = tuple[str, str, str]
"""Indicator, area and period; work shares are those of the cohort of accepted papers."""

DIFFERENCES: tuple[tuple[Key, Key], ...] = (
    (("stock", "KR", "2018"), ("stock", "KR", "2012")),
    (("stock", "KR", "2015"), ("stock", "CN", "2015")),
    (("net_rate", "KR", "2015/2019"), ("net_rate", "KR", "2010/2014")),
    (("net_rate", "KR", "2010/2014"), ("net_rate", "US", "2010/2014")),
    (("out_rate", "US", "2015/2019"), ("out_rate", "US", "2010/2014")),
    (("out_rate", "CN", "2010/2014"), ("out_rate", "KR", "2010/2014")),
    (("share_mobile", "US", "2015/2019"), ("share_mobile", "US", "2010/2014")),
    (("retention", "KR", "P5Y"), ("retention", "US", "P5Y")),
    (("work_share", "KR", "2015"), ("work_share", "CN", "2015")),
    (("work_share", "KR", "2018"), ("work_share", "KR", "2012")),
)
RANKED: tuple[tuple[str, str], ...] = (
    ("stock", "2015"),
    ("net_rate", "2010/2014"),
    ("out_rate", "2010/2014"),
    ("retention", "P5Y"),
)
AREAS = ("CN", "DE", "KR", "US")
LEVEL = 0.95
COHORT = "default@nips"


class Held(NamedTuple):
    """What was measured, and in how many percent of the worlds it held the truth."""

    name: str
    worlds: int
    covered_pct: float
    width: float


def estimate_compared(evidence: PackedEvidence, replicates: int) -> Estimated:
    """Values, replicates and ranks of a world as a build publishes them."""
    counted = count_tallies(evidence, Rules(), replicates=replicates)
    ids = [*(define_cohort(p).id for p in POPULATIONS), "default"]
    last = FIRST_YEAR + YEARS - 1
    tallies = list_tallies(counted, ids, (FIRST_YEAR, last), 1)
    publication = Publication(
        level=LEVEL, floor=1, first_year=FIRST_YEAR, last_year=last, snapshot_id="simulated"
    )
    return estimate_together(tallies, Rules(), publication, replicates=True)


def read_estimates(found: Estimated) -> dict[Key, Estimate]:
    """The shown figures of whole countries by indicator, area and period."""
    names = ("indicator", "definition_id", "area", "partner", "stage", "sector", "period")
    joint = {
        tuple(row[name] for name in names): np.array(row["replicates"])
        for row in found.replicates.to_pylist()
    }
    estimates: dict[Key, Estimate] = {}
    for row in found.values.to_pylist():
        if row["value"] is None or not _is_wanted(row):
            continue
        key = tuple(row[name] for name in names)
        estimates[row["indicator"], row["area"], row["period"]] = Estimate(
            value=row["value"],
            low=np.nan if row["low"] is None else row["low"],
            high=np.nan if row["high"] is None else row["high"],
            replicates=joint.get(key),
        )
    return estimates


def _is_wanted(row: dict[str, Any]) -> bool:
    definition = COHORT if row["indicator"] == "work_share" else "default"
    whole = row["partner"] == row["stage"] == row["sector"] == "all"
    return bool(whole and row["definition_id"] == definition)


def measure_comparisons(
    worlds: int, *, persons: int = 2500, replicates: int = 200, seed: int = 11, scale: int = 300
) -> Iterator[Held]:
    """Coverage of the differences and of the ranks of four countries."""
    evidence = draw_evidence(np.random.default_rng(2), persons * scale, "t")
    truth = {
        key: estimate.value / (scale if key[0] in COUNTS else 1)
        for key, estimate in read_estimates(estimate_compared(evidence, 0)).items()
    }
    bounds = np.full((worlds, len(DIFFERENCES), 2), np.nan)
    places = np.full((worlds, len(RANKED), len(AREAS), 2), np.nan)
    for world in range(worlds):
        drawn = draw_evidence(np.random.default_rng([seed, world]), persons, f"{seed}.{world}.")
        found = estimate_compared(drawn, replicates)
        estimates = read_estimates(found)
        for i, (first, second) in enumerate(DIFFERENCES):
            difference = subtract_estimates(estimates[first], estimates[second])
            bounds[world, i] = difference.low, difference.high
        standing = {
            (row["indicator"], row["period"], row["area"]): (row["rank_low"], row["rank_high"])
            for row in found.ranks.to_pylist()
            if row["stage"] == "all" and row["definition_id"] == "default"
        }
        for i, (indicator, period) in enumerate(RANKED):
            for j, area in enumerate(AREAS):
                places[world, i, j] = standing[indicator, period, area]
    for i, (first, second) in enumerate(DIFFERENCES):
        wanted = truth[first] - truth[second]
        held = (bounds[:, i, 0] <= wanted) & (wanted <= bounds[:, i, 1])
        name = f"{first[0]} {first[1]} {first[2]} − {second[1]} {second[2]}"
        yield Held(name, worlds, 100 * held.mean(), float(np.diff(bounds[:, i]).mean()))
    for i, (indicator, period) in enumerate(RANKED):
        values = np.array([truth[indicator, area, period] for area in AREAS])
        ranks = 1 + (values[:, None] < values[None, :]).sum(axis=1)
        held = (places[:, i, :, 0] <= ranks) & (ranks <= places[:, i, :, 1])
        width = float(np.diff(places[:, i]).mean())
        yield Held(f"rank by {indicator} {period}", worlds, 100 * float(held.mean()), width)


@dataclass(frozen=True, kw_only=True)
class RankCoverage:
    """Coverage of the ranks of `areas`, in percent: the mean over areas and the worst of them,
    of the published interval and of the percentiles of resampled ranks; and their mean widths."""

    areas: int
    spread: float
    mean_pct: float
    worst_pct: float
    width: float
    percentile_mean_pct: float
    percentile_worst_pct: float
    percentile_width: float


def measure_ranks(
    areas: int, spread: float, worlds: int, *, replicates: int = 200, seed: int = 5
) -> RankCoverage:
    """Estimates drawn with standard errors between 0.3 and 3 around truths that lie `spread`
    apart (standard deviation)."""
    random = np.random.default_rng([seed, areas, int(10 * spread)])
    truths = random.normal(0, spread, areas)
    errors = np.exp(random.uniform(np.log(0.3), np.log(3), areas))
    ranks = 1 + (truths[:, None] < truths[None, :]).sum(axis=1)
    z = 1.959964
    held, widths = np.zeros((2, worlds, areas)), np.zeros((2, worlds))
    for world in range(worlds):
        values = random.normal(truths, errors)
        drawn = random.normal(values[:, None], errors[:, None], (areas, replicates))
        standing = rank_values(values, values - z * errors, values + z * errors, drawn, LEVEL)
        for i, (low, high) in enumerate([standing[1:], _find_percentiles(drawn)]):
            held[i, world] = (low <= ranks) & (ranks <= high)
            widths[i, world] = (high - low).mean()
    share = 100 * held.mean(axis=1)
    return RankCoverage(
        areas=areas,
        spread=spread,
        mean_pct=float(share[0].mean()),
        worst_pct=float(share[0].min()),
        width=float(widths[0].mean()),
        percentile_mean_pct=float(share[1].mean()),
        percentile_worst_pct=float(share[1].min()),
        percentile_width=float(widths[1].mean()),
    )


def _find_percentiles(
    drawn: npt.NDArray[np.float64],
) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
    """Goldstein and Spiegelhalter 1996: percentiles of the ranks of the replicates."""
    ranks = 1 + (drawn[:, None, :] < drawn[None, :, :]).sum(axis=1)
    tail = (1 - LEVEL) / 2
    low, high = np.quantile(ranks, [tail, 1 - tail], axis=1, method="inverted_cdf")
    return low, high


def main() -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--worlds", type=int, default=1000)
    parser.add_argument("--persons", type=int, default=2500)
    asked = parser.parse_args()
    print("| what | covered % | width |\n|---|---:|---:|")
    for row in measure_comparisons(asked.worlds, persons=asked.persons):
        print(f"| {row.name} | {row.covered_pct:.1f} | {row.width:.2f} |")
    print("\n| areas | spread | mean % | worst % | width | percentiles: mean % | worst % | width |")
    print("|---:|---:|---:|---:|---:|---:|---:|---:|")
    for areas, spread in ((4, 1.0), (10, 1.0), (30, 0.0), (30, 1.0), (30, 3.0), (30, 10.0)):
        row = measure_ranks(areas, spread, asked.worlds)
        print(
            f"| {areas} | {spread:g} | {row.mean_pct:.1f} | {row.worst_pct:.1f} "
            f"| {row.width:.1f} | {row.percentile_mean_pct:.1f} "
            f"| {row.percentile_worst_pct:.1f} | {row.percentile_width:.1f} |"
        )


if __name__ == "__main__":
    main()
