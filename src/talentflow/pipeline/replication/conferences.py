"""How near do figures from AI conferences come to those of all science?

The same countries and years in both sources, correlated over countries. The interval draws whole
countries with all their years, because the years of a country hang together.
"""

from __future__ import annotations

from collections.abc import Mapping
from statistics import median
from typing import Final

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from talentflow.core.vocabulary import ALL
from talentflow.pipeline.replication.figures import Published
from talentflow.pipeline.replication.rows import Check, Text, say

FIRST, LAST = 2008, 2014
WINDOW: Final = (2010, 2014)
DEFINITIONS: Final = ("smd", "any-gap", "default")
"""The nearest to SMD's rules first."""

MIN_AREAS: Final = 8
REPLICATES: Final = 1000
_SEED: Final = 20140101
_LEVEL_PCT: Final = (2.5, 97.5)

Floats = npt.NDArray[np.float64]
Pair = tuple[str, float, float]
"""Country that is drawn as a whole, our figure, theirs."""


def compare_conferences(published: Published, tables: Mapping[str, pa.Table]) -> list[Check]:
    """Net rate, stock and moves by pair; a quantity with fewer than `MIN_AREAS` countries in both
    sources is left out. `tables` are those of `tables.read_tables`."""
    rates = tables["rates"].to_pylist()
    yearly = {(row["area"], str(row["year"])): row for row in rates if FIRST <= row["year"] <= LAST}
    net = [
        (area, ours, 1000 * yearly[area, year]["net_rate"])
        for area, year, ours in _list_ours(published, "net_rate")
        if (area, year) in yearly
    ]
    stock = [
        (area, ours, yearly[area, year]["population"])
        for area, year, ours in _list_ours(published, "stock")
        if (area, year) in yearly
    ]
    window = _rate_window(rates)
    five_years = [
        (area, ours, window[area])
        for area, period, ours in _list_ours(published, "net_rate")
        if period == "/".join(map(str, WINDOW)) and area in window
    ]
    checks = [
        _correlate("net_rate", net, years=(FIRST, LAST)),
        _correlate("net_rate_window", five_years, years=WINDOW),
        _correlate("stock", stock, years=(FIRST, LAST), logarithms=True),
        _correlate(
            "flow_window", _pair_flows(published, tables["flows"]), years=WINDOW, logarithms=True
        ),
    ]
    return [check for check in checks if check is not None]


def choose_definition(published: Published, indicator: str) -> str:
    """The definition nearest to SMD's rules that has figures."""
    for definition in DEFINITIONS:
        if published.list_rows(indicator, definition):
            return definition
    return DEFINITIONS[-1]


def _list_ours(published: Published, indicator: str) -> list[tuple[str, str, float]]:
    rows = published.list_rows(indicator, choose_definition(published, indicator))
    return [
        (row["area"], row["period"], row["value"])
        for row in rows
        if row["partner"] == ALL and row["area"] != ALL
    ]


def _rate_window(rates: list[dict[str, float]]) -> dict[object, float]:
    """Net rate of the window in ‰: mean counts over mean population."""
    sums: dict[object, list[float]] = {}
    for row in rates:
        if WINDOW[0] <= row["year"] <= WINDOW[1]:
            total = sums.setdefault(row["area"], [0.0, 0.0])
            total[0] += row["inflow"] - row["outflow"]
            total[1] += row["population"]
    return {area: 1000 * net / people for area, (net, people) in sums.items() if people}


def _pair_flows(published: Published, moves: pa.Table) -> list[Pair]:
    inside = pc.and_(
        pc.greater_equal(moves["year"], WINDOW[0]), pc.less_equal(moves["year"], WINDOW[1])
    )
    summed = moves.filter(inside).group_by(["origin", "destination"], use_threads=False)
    rows = summed.aggregate([("moves", "sum")]).to_pylist()
    flows = {(row["origin"], row["destination"]): row["moves_sum"] for row in rows}
    period = "/".join(map(str, WINDOW))
    return [
        (row["area"], row["value"], float(flows[row["area"], row["partner"]]))
        for row in published.list_rows("flow", choose_definition(published, "flow"))
        if row["period"] == period and (row["area"], row["partner"]) in flows
    ]


def _correlate(
    name: str, pairs: list[Pair], *, years: tuple[int, int], logarithms: bool = False
) -> Check | None:
    if logarithms:
        pairs = [pair for pair in pairs if pair[1] > 0 and pair[2] > 0]
    areas = sorted({pair[0] for pair in pairs})
    if len(areas) < MIN_AREAS:
        return None
    values = np.array([pair[1:] for pair in pairs], np.float64)
    scaled = np.log(values) if logarithms else values
    group = np.array([areas.index(pair[0]) for pair in pairs])
    ratio = median(ours / theirs for _, ours, theirs in pairs) if logarithms else None
    low, high = _bootstrap_ranks(values, group, len(areas))
    return Check(
        id=name,
        title=_title(name, len(areas), years),
        explanation=_explain(name, ratio),
        verdict="not_comparable",
        cells=len(pairs),
        correlation=_pearson(scaled),
        ranks=rank_correlation(values),
        ranks_low=low,
        ranks_high=high,
        ratio=ratio,
    )


def _explain(name: str, ratio: float | None) -> Text:
    if ratio is None:
        return say("conferences.why_rate")
    key = "why_flow" if name.startswith("flow") else "why_stock"
    return say(f"conferences.{key}", times=f"{1 / ratio:,.0f}")


def _title(name: str, areas: int, years: tuple[int, int]) -> Text:
    return say(f"conferences.{name}", areas=areas, first=years[0], last=years[1])


def _bootstrap_ranks(
    values: Floats, group: npt.NDArray[np.int64], groups: int
) -> tuple[float, float]:
    """Bounds of Spearman's correlation when countries are drawn with replacement.

    A country drawn twice weighs twice, so drawing is weighting: all replicates at once.
    """
    random = np.random.default_rng(_SEED)
    drawn = random.multinomial(groups, np.full(groups, 1 / groups), REPLICATES)
    weights = drawn[:, group].astype(np.float64)
    x, y = (_rank_weighted(values[:, column], weights) for column in (0, 1))
    total = weights.sum(axis=1, keepdims=True)
    x -= (weights * x).sum(axis=1, keepdims=True) / total
    y -= (weights * y).sum(axis=1, keepdims=True) / total
    spread = np.sqrt((weights * x * x).sum(axis=1) * (weights * y * y).sum(axis=1))
    found = (weights * x * y).sum(axis=1)[spread > 0] / spread[spread > 0]
    low, high = np.percentile(found, _LEVEL_PCT)
    return float(low), float(high)


def _rank_weighted(column: Floats, weights: Floats) -> Floats:
    """Ranks of a column in each row of weights, equals at their mean."""
    _, place = np.unique(column, return_inverse=True)
    order = np.argsort(place, kind="stable")
    starts = np.searchsorted(place[order], np.arange(place.max() + 1))
    together = np.add.reduceat(weights[:, order], starts, axis=1)
    ranks: Floats = (together.cumsum(axis=1) - (together - 1) / 2)[:, place]
    return ranks


def rank_correlation(values: Floats) -> float:
    """Spearman's correlation of two columns."""
    ones = np.ones((1, len(values)))
    ranks = [_rank_weighted(values[:, column], ones)[0] for column in (0, 1)]
    return _pearson(np.column_stack(ranks))


def _pearson(values: Floats) -> float:
    if (values.std(axis=0) == 0).any():
        return float("nan")
    return float(np.asarray(np.corrcoef(values.T))[0, 1])
