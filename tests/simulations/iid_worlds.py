"""Worlds of independent careers whose true indicators are known, for measuring coverage.

Persons arrive as a Poisson process and live independent careers between four countries: they
study, move, change jobs, fall silent, and leave science. What an indicator is in truth is taken
from one world many hundred times as large.

    python tests/simulations/iid_worlds.py --worlds 2000

prints the table of `docs/coverage.md`.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from talentflow.careers.packing import PackedEvidence, pack_evidence
from talentflow.careers.tallies import count_tallies, list_tallies
from talentflow.core.rules import Population, Rules
from talentflow.core.vocabulary import Tier
from talentflow.estimate.values import Publication, estimate_values
from talentflow.indicators.definitions import define_cohort

FIRST_YEAR, YEARS = 2010, 10
COUNTRIES = np.array(["CN", "DE", "KR", "US"])
START = np.array([0.35, 0.1, 0.2, 0.35])
MOVE = np.array(
    [
        [0.935, 0.010, 0.015, 0.040],
        [0.010, 0.945, 0.005, 0.040],
        [0.010, 0.005, 0.950, 0.035],
        [0.025, 0.015, 0.020, 0.940],
    ]
)
ROLES = np.array(["PhD student", "Postdoc", "Engineer", "Professor"])
SECTORS = np.array(["university", "university", "company", "university"])
STUDY_ENDS, LEAVES, SEEN, SECOND_RECORD, AT_VENUE, ORAL = 0.25, 0.12, 0.75, 0.3, 0.4, 0.2
POPULATIONS = (Population(venue="nips"), Population(venue="nips", tier="oral"))


@dataclass(frozen=True, kw_only=True)
class Cell:
    """A figure whose coverage is measured."""

    indicator: str
    area: str
    period: str
    partner: str = "all"
    stage: str = "all"
    sector: str = "all"
    definition: str = "default"


CELLS = (
    Cell(indicator="stock", area="KR", period="2015"),
    Cell(indicator="stock", area="US", period="2015"),
    Cell(indicator="inflow", area="KR", period="2010/2014"),
    Cell(indicator="outflow", area="KR", period="2010/2014"),
    Cell(indicator="net_flow", area="KR", period="2010/2014"),
    Cell(indicator="flow", area="KR", partner="US", period="2010/2014"),
    Cell(indicator="flow", area="US", partner="CN", period="2010/2019"),
    Cell(indicator="in_rate", area="KR", period="2010/2014"),
    Cell(indicator="out_rate", area="US", period="2014"),
    Cell(indicator="out_rate", area="KR", period="2010/2014"),
    Cell(indicator="net_rate", area="US", period="2014"),
    Cell(indicator="net_rate", area="KR", period="2010/2014"),
    Cell(indicator="share_mobile", area="KR", period="2015"),
    Cell(indicator="share_mobile", area="US", period="2010/2014"),
    Cell(indicator="retention", area="KR", period="P5Y"),
    Cell(indicator="retention", area="CN", stage="doctoral", period="P3Y"),
    Cell(indicator="work_share", area="KR", period="2015", definition="default@nips"),
    Cell(indicator="work_share", area="KR", period="2010/2014", definition="default@nips.oral"),
    Cell(indicator="origin_share", area="CN", period="2015", definition="default@nips"),
    Cell(indicator="stage_flow", area="CN", partner="US", stage="doctoral", period="2010/2019"),
    Cell(indicator="sector_flow", area="US", sector="university>company", period="2010/2014"),
)


def draw_evidence(random: np.random.Generator, persons: int, prefix: str) -> PackedEvidence:
    """A world of about `persons` careers as the kernel reads it; ids begin with `prefix`."""
    size = int(random.poisson(persons))
    country, role, present = _draw_careers(random, size)
    seen = present & (random.random((size, YEARS)) < SEEN)
    second = seen & (random.random((size, YEARS)) < SECOND_RECORD)
    who, when = (
        np.concatenate(pair) for pair in zip(seen.nonzero(), second.nonzero(), strict=True)
    )
    place, job = country[who, when], role[who, when]
    venue = random.random(len(who)) < AT_VENUE
    oral = random.random(len(who)) < ORAL
    ids = pa.array([f"{prefix}{i}" for i in range(size)], pa.string())
    mention = place * len(ROLES) + job
    records = pa.table(
        {
            "person_ref": ids.take(pa.array(who)),
            "mention_id": mention,
            "year": (FIRST_YEAR + when).astype(np.int16),
            "role_raw": pa.array(ROLES).take(pa.array(job)),
            "tier_flags": np.where(oral, int(Tier.ACCEPTED | Tier.ORAL), int(Tier.ACCEPTED)),
            "author_position": np.ones(len(who), np.int32),
            "venue": pa.array(["nips", "icra"]).take(pa.array(np.where(venue, 0, 1))),
        }
    )
    people = pa.table(
        {
            "person_ref": ids,
            "person_id": ids,
            "ambiguous": pa.repeat(False, size),
            "hard_id": pa.repeat(True, size),
        }
    )
    mentions = pa.table(
        {
            "mention_id": np.arange(len(COUNTRIES) * len(ROLES)),
            "country": np.repeat(COUNTRIES, len(ROLES)),
            "sector": np.tile(SECTORS, len(COUNTRIES)),
        }
    )
    return pack_evidence(records, people, mentions, POPULATIONS)


def _draw_careers(
    random: np.random.Generator, size: int
) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64], npt.NDArray[np.bool_]]:
    """Country, role and presence of each person in each year."""
    country, role = np.zeros((2, size, YEARS), np.int64)
    country[:, 0] = random.choice(len(COUNTRIES), size, p=START)
    role[:, 0] = np.where(random.random(size) < 0.6, 0, random.integers(1, 4, size))
    steps = np.cumsum(MOVE, axis=1)
    for year in range(1, YEARS):
        before, job = country[:, year - 1], role[:, year - 1]
        country[:, year] = (random.random((size, 1)) > steps[before]).sum(axis=1)
        new_job = random.integers(1, 4, size)
        changes = random.random(size) < np.where(job == 0, STUDY_ENDS, 0.1)
        role[:, year] = np.where(changes, new_job, job)
    entry = random.integers(-4, YEARS, size)
    stay = random.geometric(LEAVES, size)
    years = np.arange(YEARS)
    return country, role, (years >= entry[:, None]) & (years < (entry + stay)[:, None])


def estimate_world(evidence: PackedEvidence, replicates: int) -> pa.Table:
    """The published values of a world."""
    counted = count_tallies(evidence, Rules(), replicates=replicates)
    ids = [*(define_cohort(p).id for p in POPULATIONS), "default"]
    last = FIRST_YEAR + YEARS - 1
    tallies = list_tallies(counted, ids, (FIRST_YEAR, last), 1)
    publication = Publication(
        level=0.95, floor=1, first_year=FIRST_YEAR, last_year=last, snapshot_id="simulated"
    )
    return estimate_values(tallies, Rules(), publication)


Figure = tuple[float, float, float, float]
"""Value, low, high and n."""


def find_figures(values: pa.Table) -> list[Figure | None]:
    """The figure of each of `CELLS`; None where the world has none."""
    columns = ("indicator", "definition_id", "area", "partner", "stage", "sector", "period")
    keys = zip(*(values[name].to_pylist() for name in columns), strict=True)
    rows = dict(zip(keys, range(values.num_rows), strict=True))
    numbers = [values[name].to_numpy() for name in ("value", "low", "high", "n")]
    found: list[Figure | None] = []
    for c in CELLS:
        row = rows.get((c.indicator, c.definition, c.area, c.partner, c.stage, c.sector, c.period))
        figure = None if row is None else tuple(float(column[row]) for column in numbers)
        found.append(figure)
    return found


COUNTS = {"stock", "inflow", "outflow", "net_flow", "flow", "stage_flow", "sector_flow"}


def find_truth(persons: int, scale: int = 300, seed: int = 2) -> list[tuple[float, float]]:
    """What each cell and its n are on average in worlds of `persons`, from a world `scale` times
    as large."""
    evidence = draw_evidence(np.random.default_rng(seed), persons * scale, "t")
    found = find_figures(estimate_world(evidence, replicates=0))
    truth = []
    for cell, figure in zip(CELLS, found, strict=True):
        assert figure is not None, cell
        truth.append((figure[0] / (scale if cell.indicator in COUNTS else 1), figure[3] / scale))
    return truth


@dataclass(frozen=True, kw_only=True)
class Coverage:
    """How often the intervals of one cell held the truth, missed it above and below, in percent
    of `worlds`; `n` is the number of persons it rests on, `width` the mean width."""

    cell: Cell
    truth: float
    n: float
    worlds: int
    covered_pct: float
    truth_above_pct: float
    truth_below_pct: float
    width: float


def measure_coverage(
    worlds: int, *, persons: int = 2500, replicates: int = 200, seed: int = 1, scale: int = 300
) -> Iterator[Coverage]:
    """Coverage of every cell of `CELLS` over many worlds; a missing figure counts as a miss.

    The truth comes from a world `scale` times as large.
    """
    truth, n = np.array(find_truth(persons, scale)).T
    bounds = np.full((worlds, len(CELLS), 2), np.nan)
    for world in range(worlds):
        random = np.random.default_rng([seed, world])
        evidence = draw_evidence(random, persons, f"{seed}.{world}.")
        values = estimate_world(evidence, replicates)
        for i, figure in enumerate(find_figures(values)):
            if figure is not None:
                bounds[world, i] = figure[1:3]
    low, high = bounds[:, :, 0], bounds[:, :, 1]
    covered = (low <= truth) & (truth <= high)
    for i, cell in enumerate(CELLS):
        yield Coverage(
            cell=cell,
            truth=float(truth[i]),
            n=float(n[i]),
            worlds=worlds,
            covered_pct=100 * float(covered[:, i].mean()),
            truth_above_pct=100 * float((truth[i] > high[:, i]).mean()),
            truth_below_pct=100 * float((truth[i] < low[:, i]).mean()),
            width=float(np.nanmean(high[:, i] - low[:, i])),
        )


def _print_table(rows: Iterator[Coverage]) -> None:
    print("| indicator | cell | truth | n | width | covered % | truth above % | truth below % |")
    print("|---|---|---:|---:|---:|---:|---:|---:|")
    for row in rows:
        c = row.cell
        words = [c.area, c.partner, c.stage, c.sector, c.period]
        cell = " ".join(word for word in words if word != "all")
        cohort = c.definition.partition("@")[2]
        print(
            f"| {c.indicator} | {cell}{f' ({cohort})' if cohort else ''} | {row.truth:.2f} "
            f"| {row.n:.0f} | {row.width:.2f} | {row.covered_pct:.1f} | {row.truth_above_pct:.1f} "
            f"| {row.truth_below_pct:.1f} |"
        )


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--worlds", type=int, default=400)
    parser.add_argument("--persons", type=int, default=2500)
    parser.add_argument("--replicates", type=int, default=200)
    parser.add_argument("--seed", type=int, default=1)
    given = parser.parse_args()
    _print_table(
        measure_coverage(
            given.worlds, persons=given.persons, replicates=given.replicates, seed=given.seed
        )
    )
