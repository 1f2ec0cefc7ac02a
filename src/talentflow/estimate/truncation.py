"""What will the figures of the last years be once later records are in?

Later records still add to the last years: a silent year is filled only when the person is seen
again, and lists of venues come in late. How earlier years filled up, vintage after vintage, says
by how much. A count grows from one delay to the next by a development factor, the same for all
years up to chance (chain ladder); its error has two parts, of the factor and of what is yet to
come (Mack 1993). The variance of a step is never taken for less than that of a Poisson number of
late persons, because five to seven vintages can agree by luck.

Two things are told of a figure: what complete records will say, and what careers like these lead
to, which allows for who happened to be there. The chance of the second covers that of persons yet
to come, because those who are in are so many fewer than will be; only what years differ by beyond
it, and the error of the factor, are added.

Sources: Mack 1993, ASTIN Bulletin 23(2), formulas of theorem 3 and its estimators of σ²; the
reporting triangle of epidemiology, Höhle and an der Heiden 2014. Assumed: years fill up
independently of each other, at the pace of the recent vintages. Tested on hidden years, see
`docs/guide/censoring.md`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, NamedTuple

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from talentflow.core.contracts import NOWCASTS, check_table
from talentflow.core.vocabulary import ALL
from talentflow.estimate.intervals import student_quantile

Floats = npt.NDArray[np.float64]

RECENT_VINTAGES: Final = 8
"""Vintages looked at, the present one included: an older one filled up under other habits."""

LEAST_STEPS: Final = 3
"""A step from one delay to the next must have been seen so often."""

_SIGNED: Final[Mapping[str, tuple[tuple[str, float], ...]]] = {
    "stock": (("stock", 1.0),),
    "inflow": (("inflow", 1.0),),
    "outflow": (("outflow", 1.0),),
    "net_flow": (("inflow", 1.0), ("outflow", -1.0)),
    "in_rate": (("inflow", 1.0),),
    "out_rate": (("outflow", 1.0),),
    "net_rate": (("inflow", 1.0), ("outflow", -1.0)),
}
INDICATORS: Final = tuple(_SIGNED)
"""The indicators that have nowcasts."""

_RATES: Final = {"in_rate", "out_rate", "net_rate"}


class Nowcast(NamedTuple):
    """An expected count and the variance of what it will be around it; `lasting` is the part
    that is no chance of late persons, `growth` what the count grows by, and `steps` how often
    the least seen step of its development was seen."""

    value: float
    variance: float
    lasting: float
    growth: float
    steps: int


@dataclass(frozen=True, kw_only=True)
class Triangle:
    """Counts of one measure and area: `counts[i, d]` of year `years[i]`, d years later; NaN where
    that is still to come. The last column is complete."""

    years: tuple[int, ...]
    counts: Floats


def estimate_nowcasts(
    vintages: pa.Table, values: pa.Table, awaited: pa.Table, *, level: float
) -> pa.Table:
    """Vintages and published values → rows of the contract `nowcasts`, by key.

    A figure is nowcast where `values` publishes it flagged `censored`, so nothing withheld shows.
    `awaited` has one row for each year that later records can still change. Value and bounds are
    null where too few vintages hold the area.
    """
    open_years, lacking = awaited.num_rows, _sum_awaited(awaited)
    found = build_triangles(vintages, open_years)
    last = int(pc.max(vintages["cut"]).as_py() or 0)
    expected = {
        (measure, area, last - delay): nowcast
        for (measure, area), triangle in found.items()
        for delay in range(open_years)
        if (nowcast := develop(triangle, last - delay)) is not None
    }
    rows = [
        {**_describe(row, expected, level), "awaited_share": lacking[int(row["period"])]}
        for row in _select_censored(values).to_pylist()
        if int(row["period"]) in lacking
    ]
    table = pa.table(
        {name: [row[name] for row in rows] for name in NOWCASTS.schema.names},
        schema=NOWCASTS.schema,
    )
    return check_table(table.sort_by([(name, "ascending") for name in NOWCASTS.key]), NOWCASTS)


def _sum_awaited(awaited: pa.Table) -> dict[int, float]:
    """A year lacks what it or any later year lacks most: those fill its silence."""
    rows = sorted(awaited.to_pylist(), key=lambda row: -int(row["year"]))
    worst = np.maximum.accumulate([float(row["share"]) for row in rows])
    return {int(row["year"]): float(share) for row, share in zip(rows, worst, strict=True)}


def build_triangles(vintages: pa.Table, open_years: int) -> dict[tuple[str, str], Triangle]:
    """Counts by measure and area as reporting triangles.

    Column d holds the vintage d years after the year; the last column, for years that many years
    ago, the present data, in which they are complete.
    """
    columns = [vintages[name].to_pylist() for name in ("measure", "area", "cut", "year", "count")]
    cuts = sorted(set(columns[2]))
    if not cuts:
        return {}
    last, first = cuts[-1], cuts[0]
    years = tuple(range(first, last + 1))
    tables: dict[tuple[str, str], Floats] = {}
    for measure, area, cut, year, count in zip(*columns, strict=True):
        delay = cut - year
        if year < first or (delay > open_years and cut != last):
            continue
        table = tables.setdefault((measure, area), _empty_triangle(years, last, open_years))
        if delay < open_years:
            table[year - first, delay] = count
        if cut == last and delay >= open_years:
            table[year - first, open_years] = count
    return {key: Triangle(years=years, counts=table) for key, table in tables.items()}


def _empty_triangle(years: tuple[int, ...], last: int, open_years: int) -> Floats:
    """Zero where a vintage exists, because what it lacks it did not count; else NaN."""
    delay = np.arange(open_years + 1)
    return np.where(np.array(years)[:, None] + delay <= last, 0.0, np.nan)


def develop(triangle: Triangle, year: int) -> Nowcast | None:
    """What the count of a year will come to; null where a step was not seen often enough.

    Mack's recursion: with C the count so far, f the factor of a step and S what the step was
    seen on, the variance grows by C² σ²/f² (1/C + 1/S), all scaled to the end.
    """
    if year not in triangle.years:
        return None
    counts = triangle.counts
    known = counts[triangle.years.index(year)]
    observed = value = float(known[np.isfinite(known)][-1])
    variance, lasting, least = 0.0, 0.0, len(triangle.years)
    for delay in range(int(np.isfinite(known).sum()) - 1, counts.shape[1] - 1):
        step = _measure_step(counts[:, delay], counts[:, delay + 1])
        if step is None:
            return None
        factor, spread, base, seen = step
        of_factor, beyond_chance = value**2 * spread / base, spread - abs(factor - 1)
        variance = variance * factor**2 + value * spread + of_factor
        lasting = lasting * factor**2 + value * beyond_chance + of_factor
        value *= factor
        least = min(least, seen)
    return Nowcast(value, variance, lasting, value / observed if observed > 0 else 1.0, least)


def _measure_step(before: Floats, after: Floats) -> tuple[float, float, float, int] | None:
    """Factor, σ², what it was seen on, and how often."""
    seen = np.isfinite(before) & np.isfinite(after) & (before > 0)
    if seen.sum() < LEAST_STEPS:
        return None
    base = float(before[seen].sum())
    factor = float(after[seen].sum()) / base
    spread = float((before[seen] * (after[seen] / before[seen] - factor) ** 2).sum())
    return factor, max(spread / (seen.sum() - 1), abs(factor - 1)), base, int(seen.sum())


def _select_censored(values: pa.Table) -> pa.Table:
    whole = pc.and_(pc.equal(values["stage"], ALL), pc.equal(values["sector"], ALL))
    wanted = pc.and_(whole, pc.equal(values["flag"], "censored"))
    for column in (
        pc.is_in(values["indicator"], value_set=pa.array(INDICATORS)),
        pc.equal(values["partner"], ALL),
        pc.not_equal(values["area"], ALL),
        pc.equal(pc.utf8_length(values["period"]), 4),
        pc.equal(values["definition_id"], "default"),
        pc.is_valid(values["value"]),
    ):
        wanted = pc.and_(wanted, column)
    return values.filter(wanted)


def _describe(
    row: dict[str, object], expected: Mapping[tuple[str, str, int], Nowcast], level: float
) -> dict[str, object]:
    nowcast = _combine(str(row["indicator"]), str(row["area"]), int(str(row["period"])), expected)
    described: dict[str, object] = {
        **{name: row[name] for name in ("indicator", "definition_id", "area", "period", "n")},
        **dict.fromkeys(("value", "low", "high", "low_total", "high_total")),
        "level": level,
        "observed_value": row["value"],
        "vintages": 0 if nowcast is None else nowcast.steps,
    }
    if nowcast is None:
        return described
    z = student_quantile(level, nowcast.steps)
    error = np.sqrt(nowcast.variance)
    positive = str(row["indicator"]) not in ("net_flow", "net_rate")
    described["value"] = nowcast.value
    described["low"], described["high"] = _bound(nowcast.value, z * error, positive)
    chance = _chance_half(row, nowcast.growth)
    if chance is not None:
        half = max(float(np.hypot(z * np.sqrt(nowcast.lasting), chance)), float(z * error))
        described["low_total"], described["high_total"] = _bound(nowcast.value, half, positive)
    return described


def _combine(
    indicator: str, area: str, year: int, expected: Mapping[tuple[str, str, int], Nowcast]
) -> Nowcast | None:
    """Sum, difference or rate of nowcast counts; their errors are taken as independent, rates
    by the delta method. Of a difference `growth` is that of the two together."""
    parts = [(expected.get((name, area, year)), sign) for name, sign in _SIGNED[indicator]]
    if any(part is None for part, _ in parts):
        return None
    known = [(part, sign) for part, sign in parts if part is not None]
    value = sum(sign * part.value for part, sign in known)
    variance = sum(part.variance for part, _ in known)
    lasting = sum(part.lasting for part, _ in known)
    steps = min(part.steps for part, _ in known)
    before = sum(part.value / part.growth for part, _ in known)
    growth = sum(part.value for part, _ in known) / before if before > 0 else 1.0
    if indicator not in _RATES:
        return Nowcast(value, variance, lasting, growth, steps)
    stock = expected.get(("stock", area, year))
    if stock is None or stock.value <= 0:
        return None
    share = value / stock.value
    scale = (100 / stock.value) ** 2
    return Nowcast(
        100 * share,
        scale * (variance + share**2 * stock.variance),
        scale * (lasting + share**2 * stock.lasting),
        growth / stock.growth,
        min(steps, stock.steps),
    )


def _chance_half(row: dict[str, object], growth: float) -> float | None:
    """Half the width of the figure's own interval, carried over to the nowcast: who is in stands
    for `growth` times as many."""
    low, high = row["low"], row["high"]
    if not (isinstance(low, float) and isinstance(high, float)):
        return None
    return growth * (high - low) / 2


def _bound(value: float, half: float, positive: bool) -> tuple[float, float]:
    """Symmetric, or for a quantity that cannot be negative symmetric in its logarithm."""
    if not positive or value <= 0:
        return value - half, value + half
    ratio = float(np.exp(half / value))
    return value / ratio, value * ratio
