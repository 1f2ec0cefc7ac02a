"""Which figures do the sources give for the same areas and years, and where does what they say
together go?

Takes the published snapshot and the tables of other sources below the data folder, and writes
`combined/<snapshot id>/` in the store: `estimates.parquet`, `biases.parquet` (contracts of the
names `estimates` and `source_biases`) and `diagnostics.json`.
"""

from __future__ import annotations

import json
import shutil
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from statistics import NormalDist, median
from typing import Any, Final

import pyarrow as pa

from talentflow.core.areas import AREAS
from talentflow.core.catalog import describe_os_error, write_folder, write_parquet
from talentflow.core.contracts import ESTIMATES, SOURCE_BIASES, check_table
from talentflow.core.errors import InputError, UsageError
from talentflow.estimate.combine import Combined, Grid, Sampling, combine_sources, require_jax
from talentflow.estimate.combine_results import (
    BIASES_FILE,
    DIAGNOSTICS_FILE,
    ESTIMATES_FILE,
    UNITS,
    folder_of,
)
from talentflow.indicators.snapshot import Query, Snapshot, open_snapshot, select_values
from talentflow.sources.orcid_counts import read_orcid_counts
from talentflow.sources.scholarlymigration import read_country_rates

REFERENCE: Final = "conferences"
SOURCES: Final = (REFERENCE, "openalex", "orcid")
FOLDER: Final = "scholarlymigration"
FIRST_RELIABLE_YEAR: Final = 1998
"""The migration tables start in 1996; nobody can have moved before being seen."""

LARGEST: Final = 30
_COMMON_AREAS: Final = 10
_LEVEL: Final = 0.95

Row = dict[str, Any]


@dataclass(frozen=True, kw_only=True)
class Choice:
    """What the user asked for; None: what the data allow, see `choose_grid`."""

    areas: tuple[str, ...] | None = None
    years: tuple[int, int] | None = None


def combine_store(
    store: Path,
    data: Path,
    choice: Choice,
    sampling: Sampling,
    say: Callable[[str], object] = len,
) -> tuple[Path, Combined]:
    """Combine the sources' figures and write them beside the snapshot; the folder and what is in
    it. Nothing is written where the sampling has not converged. Raises what `combine_sources`
    and the readers raise."""
    require_jax()
    snapshot = open_snapshot(store)
    observations = gather_observations(snapshot, data)
    grid = choose_grid(observations, choice)
    combined = combine_sources(select_grid(observations, grid), grid, sampling, say)
    folder = folder_of(store, str(snapshot.manifest["snapshot_id"]))
    write_combined(folder, combined)
    return folder, combined


def gather_observations(snapshot: Snapshot, data: Path) -> pa.Table:
    """The single-source figures of all areas and years, as rows of the contract `estimates`.

    Raises `InputError` where the data folder has no other source.
    """
    folder = data / FOLDER
    if not folder.is_dir():
        raise InputError(
            "there is no other source to combine with",
            where=str(data),
            expected=f"a folder {FOLDER} with the tables of the scholarly migration database",
            next_step="give the folder that holds it with --data",
        )
    rows = [*_list_published(snapshot), *_list_openalex(folder), *_list_orcid(folder)]
    return ESTIMATES.from_rows(rows)


def choose_grid(observations: pa.Table, choice: Choice) -> Grid:
    """Areas and years to combine.

    Unless chosen: the years in which the reference and another source have stocks of at least ten
    areas, and the `LARGEST` areas by the reference's median stock that it has for half of them.
    Raises `UsageError` for a choice that the reference does not cover.
    """
    stocks: dict[tuple[str, int], dict[str, float]] = defaultdict(dict)
    rates = set()
    for row in observations.to_pylist():
        if row["value"] is None:
            continue
        if row["quantity"] == "stock":
            stocks[row["area"], row["year"]][row["source"]] = row["value"]
        elif row["source"] == REFERENCE:
            rates.add((row["area"], row["year"]))
    years = _choose_years(stocks, choice)
    held: dict[str, list[float]] = defaultdict(list)
    for (area, year), told in stocks.items():
        if year in years and REFERENCE in told:
            held[area].append(told[REFERENCE])
    usable = {area for area in held if any((area, year) in rates for year in years)}
    if choice.areas is None:
        wanted = [area for area in usable if len(held[area]) * 2 >= len(years)]
        wanted.sort(key=lambda area: (-median(held[area]), area))
        areas = tuple(wanted[:LARGEST])
    else:
        _require_known(choice.areas, usable, years)
        areas = tuple(dict.fromkeys(choice.areas))
    if len(areas) < 2:
        raise UsageError(
            f"{len(areas)} area to combine",
            expected="at least two, for areas inform each other",
            next_step="name more areas, or a longer period",
        )
    return Grid(SOURCES, areas, years)


def select_grid(observations: pa.Table, grid: Grid) -> pa.Table:
    """The observations of the grid's areas and years."""
    areas, years = set(grid.areas), set(grid.years)
    pairs = zip(observations["area"].to_pylist(), observations["year"].to_pylist(), strict=True)
    return observations.filter(pa.array([a in areas and y in years for a, y in pairs], pa.bool_()))


def write_combined(folder: Path, combined: Combined) -> None:
    """Put the folder in place whole; an older one of the same snapshot is replaced.

    The older one is moved aside and deleted last, so that whatever fails, one of the two is whole:
    in place, or beside it as `….old`, from where the next call takes it back.
    """

    def fill(partial: Path) -> None:
        write_parquet(check_table(combined.estimates, ESTIMATES), partial / ESTIMATES_FILE)
        write_parquet(check_table(combined.biases, SOURCE_BIASES), partial / BIASES_FILE)
        text = json.dumps(combined.diagnostics, ensure_ascii=False, indent=1)
        (partial / DIAGNOSTICS_FILE).write_text(text, "utf-8")

    fresh, old = (folder.with_name(f"{folder.name}.{word}") for word in ("fresh", "old"))
    try:
        if old.exists() and not folder.exists():
            old.rename(folder)
        for stale in (fresh, old):
            if stale.exists():
                shutil.rmtree(stale)
        write_folder(fresh, fill)
        _swap(folder, fresh, old)
    except OSError as error:
        raise describe_os_error(error, folder) from error


def _swap(folder: Path, fresh: Path, old: Path) -> None:
    if folder.exists():
        folder.rename(old)
    try:
        fresh.rename(folder)
    except OSError:
        if old.exists():
            old.rename(folder)
        raise
    shutil.rmtree(old, ignore_errors=True)


def _list_published(snapshot: Snapshot) -> Iterable[Row]:
    """Years of the default definition. What later records will still change is left out, for an
    unfinished year would pass for a decline."""
    for quantity in UNITS:
        query = Query(
            indicator=quantity, partner="all", stage="all", sector="all", definition="default"
        )
        for row in select_values(snapshot, query).to_pylist():
            if row["period"].isdigit() and row["area"] in AREAS and row["flag"] != "censored":
                names = ("area", "value", "low", "high", "level", "n", "unit", "flag")
                kept = {name: row[name] for name in names}
                year = int(row["period"])
                yield {"quantity": quantity, "source": REFERENCE, "year": year, **kept}


def _list_openalex(folder: Path) -> Iterable[Row]:
    """Padded population with a Poisson interval; net rate with that of its moves."""
    z = NormalDist().inv_cdf(0.5 + _LEVEL / 2)
    for row in read_country_rates(folder).to_pylist():
        if row["year"] < FIRST_RELIABLE_YEAR or not row["population"] or row["area"] not in AREAS:
            continue
        persons, moves = row["population"], row["inflow"] + row["outflow"]
        cell = {"area": row["area"], "year": row["year"], "source": "openalex"}
        yield _count("stock", cell, persons)
        value = 100 * (row["inflow"] - row["outflow"]) / persons
        half = z * 100 * max(moves, 1) ** 0.5 / persons
        yield _figure("net_rate", cell, (value, value - half, value + half), persons)


def _list_orcid(folder: Path) -> Iterable[Row]:
    for row in read_orcid_counts(folder).to_pylist():
        if row["year"] >= FIRST_RELIABLE_YEAR and row["authors"] >= 1:
            cell = {"area": row["area"], "year": row["year"], "source": "orcid"}
            yield _count("stock", cell, row["authors"])


def _count(quantity: str, cell: Row, count: float) -> Row:
    """A count with Rao's score interval for a Poisson mean."""
    z = NormalDist().inv_cdf(0.5 + _LEVEL / 2)
    centre, half = count + z * z / 2, z * (count + z * z / 4) ** 0.5
    return _figure(quantity, cell, (count, centre - half, centre + half), count)


def _figure(quantity: str, cell: Row, told: tuple[float, float, float], persons: float) -> Row:
    value, low, high = told
    return {
        **cell,
        "quantity": quantity,
        "value": value,
        "low": low,
        "high": high,
        "level": _LEVEL,
        "n": round(persons),
        "unit": UNITS[quantity],
        "flag": "published",
    }


def _choose_years(
    stocks: dict[tuple[str, int], dict[str, float]], choice: Choice
) -> tuple[int, ...]:
    told = Counter(year for (_, year), by in stocks.items() if REFERENCE in by and len(by) > 1)
    held = sorted({year for (_, year), by in stocks.items() if REFERENCE in by})
    if choice.years is None:
        common = [
            year for year, areas in told.items() if areas >= min(_COMMON_AREAS, max(told.values()))
        ]
        if not common:
            raise InputError(
                f"no year is told by {REFERENCE} and another source",
                expected=f"years from {FIRST_RELIABLE_YEAR} in both",
            )
        return tuple(range(min(common), max(common) + 1))
    first, last = choice.years
    if not held or first < held[0] or last > held[-1] or first >= last:
        raise UsageError(
            f"years {first}:{last}",
            expected=f"two or more years within {held[0]}:{held[-1]}"
            if held
            else "years with data",
            next_step=f"{REFERENCE} has complete figures in these years only",
        )
    return tuple(range(first, last + 1))


def _require_known(areas: tuple[str, ...], usable: set[str], years: tuple[int, ...]) -> None:
    unknown = [area for area in areas if area not in usable]
    if unknown:
        raise UsageError(
            f"{REFERENCE} has no stock or net rate of {', '.join(unknown)} in "
            f"{years[0]} to {years[-1]}",
            expected="areas among " + ", ".join(sorted(usable)),
            next_step="leave these areas out, or take a longer period",
        )
