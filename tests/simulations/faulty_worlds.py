"""Worlds whose records are faulty, for measuring how often intervals still hold the truth.

Careers as in `iid_worlds`: persons arrive as a Poisson process, move between four countries, fall
silent and leave. Then the records are spoilt: some are attached to a random other person, some
persons are split in two, some rows lose their affiliation, and everything after the last year is
cut off. The truth is that of the complete world: nothing spoilt, four more years to look back
from.

    python tests/simulations/faulty_worlds.py --worlds 400

prints the table of `docs/coverage.md`.
"""

from __future__ import annotations

import argparse
import os
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from functools import partial
from multiprocessing import get_context

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from talentflow.careers.counts import CellCounts
from talentflow.careers.imputation import list_weights
from talentflow.careers.packing import COUNTRY_SHIFT, PERSON_SHIFT, YEAR_SHIFT, PackedEvidence
from talentflow.careers.relocation import fit_law, refit_law, relocate
from talentflow.careers.tallies import count_tallies, list_tallies
from talentflow.careers.vintages import VenueEvidence, count_vintages, open_years, take_vintage
from talentflow.careers.weights import hash_ids
from talentflow.core.areas import AREAS
from talentflow.core.contracts import AWAITED, VINTAGES, check_table
from talentflow.core.rules import Rules
from talentflow.estimate.imputation import Imputed, pool_refitted
from talentflow.estimate.truncation import RECENT_VINTAGES, estimate_nowcasts
from talentflow.estimate.values import Estimated, Publication, estimate_together

FIRST_YEAR, LAST_YEAR, LATER_YEARS = 2005, 2019, 4
COUNTRIES = ("CN", "DE", "KR", "US")
START = np.array([0.35, 0.1, 0.2, 0.35])
MOVE = np.array(
    [
        [0.935, 0.010, 0.015, 0.040],
        [0.010, 0.945, 0.005, 0.040],
        [0.010, 0.005, 0.950, 0.035],
        [0.025, 0.015, 0.020, 0.940],
    ]
)
LEAVES, SEEN, SECOND_RECORD = 0.12, 0.75, 0.3
RULES = Rules()

Interval = tuple[float, float]
Intervals = dict[str, dict[str, Interval]]
"""Cell → way of estimating → bounds."""


@dataclass(frozen=True, kw_only=True)
class Faults:
    """Shares of rows on the wrong person and without affiliation, and of persons split."""

    wrong: float = 0.05
    split: float = 0.05
    missing: float = 0.3


CELLS = {
    "stock KR 2015": ("stock", "KR", "all", "2015"),
    "stock US 2015": ("stock", "US", "all", "2015"),
    "stock KR 2018 (truncated)": ("stock", "KR", "all", "2018"),
    "stock US 2019 (truncated)": ("stock", "US", "all", "2019"),
    "net_rate KR 2015": ("net_rate", "KR", "all", "2015"),
    "net_rate KR 2010/2014": ("net_rate", "KR", "all", "2010/2014"),
    "net_rate US 2010/2014": ("net_rate", "US", "all", "2010/2014"),
    "net_rate US 2019 (truncated)": ("net_rate", "US", "all", "2019"),
    "flow CN US 2010/2014": ("flow", "CN", "US", "2010/2014"),
    "flow US CN 2010/2014": ("flow", "US", "CN", "2010/2014"),
    "flow KR US 2005/2019": ("flow", "KR", "US", "2005/2019"),
    "retention KR P5Y": ("retention", "KR", "all", "P5Y"),
    "retention CN P5Y": ("retention", "CN", "all", "P5Y"),
}
RANKED = {
    "rank KR of stock 2015": ("stock", "2015"),
    "rank KR of out_rate 2010/2014": ("out_rate", "2010/2014"),
    "rank KR of retention P5Y": ("retention", "P5Y"),
}
REPLICATES = 50
"""Of the imputed way, each with a law of its own; fewer make the intervals a little wider."""
CUTS = range(LAST_YEAR - RECENT_VINTAGES + 1, LAST_YEAR + 1)
WAYS = ("complete", "naive", "imputed")


def draw_rows(random: np.random.Generator, persons: int) -> npt.NDArray[np.int64]:
    """Rows of the complete world: person, year, country (index of `COUNTRIES`)."""
    size, years = int(random.poisson(persons)), LAST_YEAR - FIRST_YEAR + 1 + LATER_YEARS
    country = np.zeros((size, years), np.int64)
    country[:, 0] = random.choice(len(COUNTRIES), size, p=START)
    steps = np.cumsum(MOVE, axis=1)
    for year in range(1, years):
        country[:, year] = (random.random((size, 1)) > steps[country[:, year - 1]]).sum(axis=1)
    entry, stay = random.integers(-6, years, size), random.geometric(LEAVES, size)
    span = np.arange(years)
    present = (span >= entry[:, None]) & (span < (entry + stay)[:, None])
    seen = present & (random.random(present.shape) < SEEN)
    second = seen & (random.random(present.shape) < SECOND_RECORD)
    who, when = (
        np.concatenate(both) for both in zip(seen.nonzero(), second.nonzero(), strict=True)
    )
    return np.stack([who, FIRST_YEAR + when, country[who, when]], axis=1)


def spoil(
    rows: npt.NDArray[np.int64], faults: Faults, random: np.random.Generator
) -> npt.NDArray[np.int64]:
    """The rows as a faulty collection holds them; country −1 where there is none."""
    rows = rows[rows[:, 1] <= LAST_YEAR].copy()
    persons = rows[:, 0].max() + 1
    cut = random.integers(FIRST_YEAR + 1, LAST_YEAR + 1, persons)
    split = (random.random(persons) < faults.split)[rows[:, 0]]
    later = split & (rows[:, 1] >= cut[rows[:, 0]])
    wrong = random.random(len(rows)) < faults.wrong
    taken = rng_persons(random, rows, int(wrong.sum()))
    rows[later, 0] += persons
    rows[wrong, 0] = taken
    rows[random.random(len(rows)) < faults.missing, 2] = -1
    return rows


def rng_persons(
    random: np.random.Generator, rows: npt.NDArray[np.int64], count: int
) -> npt.NDArray[np.int64]:
    """Persons to attach rows to: any who has a row, all alike."""
    return random.choice(np.unique(rows[:, 0]), count)


def pack(rows: npt.NDArray[np.int64], prefix: str) -> PackedEvidence:
    """Rows as the kernel reads them; only their order by key matters."""
    codes = np.array([0, *(AREAS.index(country) + 1 for country in COUNTRIES)])
    persons, number = np.unique(rows[:, 0], return_inverse=True)
    keys = np.sort(
        (number.astype(np.int64) << PERSON_SHIFT)
        | ((rows[:, 1] - 1900) << YEAR_SHIFT)
        | (codes[rows[:, 2] + 1] << COUNTRY_SHIFT)
    )
    ids = pa.array([f"{prefix}{person}" for person in persons.tolist()], pa.string())
    return PackedEvidence(
        keys=keys,
        traits=np.full(len(keys), 255, np.uint32),
        votes=np.ones(len(keys), np.int32),
        seats=np.zeros(len(keys), np.uint8),
        cohorts=np.zeros(len(keys), np.uint64),
        person_ids=ids,
        person_hashes=hash_ids(ids),
        populations=(),
    )


def count(evidence: PackedEvidence, replicates: int) -> CellCounts:
    """Tallies of one evidence."""
    return count_tallies(evidence, RULES, replicates=replicates, cohorts=False)


def count_imputed(
    evidence: PackedEvidence, replicates: int, imputations: int, random: np.random.Generator
) -> tuple[CellCounts, pa.Table]:
    """Pooled tallies of several draws of where everybody was, and vintages drawn likewise: what
    is drawn for a vintage knows nothing of what came after it."""
    weights = list_weights(evidence, replicates)
    law = fit_law(evidence, weights[0])
    seeds = random.integers(2**31, size=imputations).tolist()
    drawn = [relocate(evidence, law, np.random.default_rng(seed)) for seed in seeds]
    refitted = [
        relocate(
            evidence,
            refit_law(evidence, law, weights[number + 1]),
            np.random.default_rng(seeds[number % imputations]),
        )
        for number in range(replicates)
    ]
    pooled = pool_refitted(
        [as_imputed(count(draw, replicates)) for draw in drawn],
        [as_imputed(count(draw, 0)) for draw in refitted],
    )
    vintages = [
        list_vintages(relocate(known, law, np.random.default_rng(seed)), [cut])
        for cut in CUTS
        for known in (take_vintage(evidence, cut, ()),)
        for seed in seeds
    ]
    counted = CellCounts(cells=pooled.cells, persons=pooled.persons, counts=pooled.counts)
    return counted, average_vintages(vintages, imputations)


def average_vintages(tables: list[pa.Table], draws: int) -> pa.Table:
    """Vintages of several draws as one, with their mean counts."""
    keys = list(VINTAGES.key)
    summed = pa.concat_tables(tables).group_by(keys).aggregate([("count", "sum")])
    mean = pc.round(pc.divide(pc.cast(summed["count_sum"], pa.float64()), draws))
    return check_table(summed.select(keys).append_column("count", mean), VINTAGES)


def list_vintages(evidence: PackedEvidence, cuts: Sequence[int]) -> pa.Table:
    """What each vintage of the evidence says."""
    return count_vintages(VenueEvidence(packed=evidence, venues=()), RULES, cuts)


def as_imputed(counted: CellCounts) -> Imputed:
    """Tallies of one draw."""
    return Imputed(counted.cells, counted.persons, counted.counts)


def find_values(counted: CellCounts, last: int) -> Estimated:
    """What a build would publish of the counts."""
    tallies = list_tallies(counted, ["default"], (FIRST_YEAR, last), 1)
    publication = Publication(
        level=0.95, floor=1, first_year=FIRST_YEAR, last_year=last, snapshot_id="simulated"
    )
    return estimate_together(tallies, RULES, publication, replicates=False)


def read_cells(values: pa.Table) -> dict[tuple[str, ...], Interval]:
    """Cell → bounds of each figure of all stages and sectors."""
    names = ("indicator", "area", "partner", "period", "low", "high", "stage", "sector")
    rows = zip(*(values[name].to_pylist() for name in names), strict=True)
    return {
        row[:4]: (row[4], row[5])
        for row in rows
        if row[6] == row[7] == "all" and row[4] is not None
    }


def bound_ranks(ranks: pa.Table, indicator: str, period: str) -> Interval:
    """The published bounds of the rank of KR."""
    for row in ranks.to_pylist():
        found = row["indicator"], row["area"], row["stage"], row["period"]
        if found == (indicator, "KR", "all", period):
            return row["rank_low"], row["rank_high"]
    return np.nan, np.nan


def nowcast(values: pa.Table, vintages: pa.Table) -> dict[tuple[str, ...], Interval]:
    """Bounds of censored figures, with the error of what is yet to come."""
    years = open_years(RULES)
    awaited = AWAITED.from_rows(
        [{"year": LAST_YEAR - d, "share": 0.0, "venues": ""} for d in range(years)]
    )
    return {
        (row["indicator"], row["area"], "all", row["period"]): (row["low_total"], row["high_total"])
        for row in estimate_nowcasts(vintages, values, awaited, level=0.95).to_pylist()
        if row["low_total"] is not None
    }


def check_world(
    truth: dict[str, float], seed: int, *, persons: int, faults: Faults, imputations: int
) -> Intervals:
    """Intervals of all cells of one world, by each way of estimating."""
    random = np.random.default_rng([4, seed])
    rows = draw_rows(random, persons)
    spoilt = pack(spoil(rows, faults, random), f"{seed}.")
    whole = pack(rows[rows[:, 1] <= LAST_YEAR], f"{seed}.")
    found: Intervals = {cell: {} for cell in truth}
    for way in WAYS:
        if way == "imputed":
            counted, vintages = count_imputed(spoilt, REPLICATES, imputations, random)
        elif way == "complete":
            counted, vintages = count(whole, 200), list_vintages(whole, CUTS)
        else:
            counted = count(spoilt, 200)
        published = find_values(counted, LAST_YEAR)
        values, bounds = published.values, read_cells(published.values)
        if way != "naive":
            bounds |= nowcast(values, vintages)
        for cell, key in CELLS.items():
            low, high = bounds.get(key, (None, None))
            found[cell][way] = (np.nan, np.nan) if low is None else (low, high)
        for cell, ranked in RANKED.items():
            found[cell][way] = bound_ranks(published.ranks, *ranked)
    return found


def find_truth(persons: int, scale: int) -> dict[str, float]:
    """Expected values of complete worlds, from one `scale` times as large."""
    rows = draw_rows(np.random.default_rng(9), persons * scale)
    now = find_values(count(pack(rows, "t"), 0), LAST_YEAR + LATER_YEARS).values
    then = find_values(count(pack(rows[rows[:, 1] <= LAST_YEAR], "t"), 0), LAST_YEAR).values
    truth = {}
    for cell, key in CELLS.items():
        whole = key[0] == "retention" or key[3] == f"{FIRST_YEAR}/{LAST_YEAR}"
        value = find_value(then if whole else now, key)
        truth[cell] = value / scale if key[0] in ("stock", "flow") else value
    for cell, (indicator, period) in RANKED.items():
        table = then if indicator == "retention" else now
        all_ = {c: find_value(table, (indicator, c, "all", period)) for c in COUNTRIES}
        truth[cell] = 1 + sum(value > all_["KR"] for value in all_.values())
    return truth


def find_value(values: pa.Table, key: tuple[str, ...]) -> float:
    """The value of a cell of all stages and sectors."""
    names = ("indicator", "area", "partner", "period", "stage", "sector")
    columns = [values[name].to_pylist() for name in names]
    row = list(zip(*columns, strict=True)).index((*key, "all", "all"))
    return float(values["value"][row].as_py())


@dataclass(frozen=True, kw_only=True)
class Covered:
    """How often the intervals of a cell held the truth, and their mean middle and width, by way."""

    cell: str
    truth: float
    worlds: int
    covered_pct: dict[str, float]
    middle: dict[str, float]
    width: dict[str, float]


def measure_faulty(
    worlds: int,
    *,
    persons: int = 2500,
    faults: Faults | None = None,
    imputations: int = 5,
    scale: int = 200,
    workers: int = 1,
) -> Iterator[Covered]:
    """Coverage of every cell over many worlds; a missing figure counts as a miss."""
    truth = find_truth(persons, scale)
    check: Callable[[int], Intervals] = partial(
        check_world, truth, persons=persons, faults=faults or Faults(), imputations=imputations
    )
    if workers > 1:
        with ProcessPoolExecutor(workers, mp_context=get_context("forkserver")) as pool:
            found = list(pool.map(check, range(worlds), chunksize=4))
    else:
        found = [check(seed) for seed in range(worlds)]
    for cell, value in truth.items():
        bounds = {way: np.array([one[cell][way] for one in found]) for way in WAYS}
        yield Covered(
            cell=cell,
            truth=value,
            worlds=worlds,
            covered_pct={
                w: 100 * float(((b[:, 0] <= value) & (value <= b[:, 1])).mean())
                for w, b in bounds.items()
            },
            middle={w: float(np.nanmean(b)) for w, b in bounds.items()},
            width={w: float(np.nanmean(b[:, 1] - b[:, 0])) for w, b in bounds.items()},
        )


def print_table(rows: Iterator[Covered]) -> None:
    """Markdown, one line a cell."""
    print(
        "| cell | truth | naive: middle | covered % | imputed: middle | width | covered % "
        "| complete records: covered % |"
    )
    print("|---|---:|---:|---:|---:|---:|---:|---:|")
    for row in rows:
        print(
            f"| {row.cell} | {row.truth:.2f} | {row.middle['naive']:.2f} "
            f"| {row.covered_pct['naive']:.1f} | {row.middle['imputed']:.2f} "
            f"| {row.width['imputed']:.2f} | {row.covered_pct['imputed']:.1f} "
            f"| {row.covered_pct['complete']:.1f} |"
        )


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--worlds", type=int, default=400)
    parser.add_argument("--persons", type=int, default=2500)
    parser.add_argument("--imputations", type=int, default=5)
    parser.add_argument("--wrong", type=float, default=0.05)
    parser.add_argument("--split", type=float, default=0.05)
    parser.add_argument("--missing", type=float, default=0.3)
    parser.add_argument("--workers", type=int, default=os.cpu_count() or 1)
    given = parser.parse_args()
    print_table(
        measure_faulty(
            given.worlds,
            persons=given.persons,
            faults=Faults(wrong=given.wrong, split=given.split, missing=given.missing),
            imputations=given.imputations,
            workers=given.workers,
        )
    )
