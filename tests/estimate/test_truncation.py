"""Are factors and errors Mack's, and do nowcasts hold what later became known?"""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pytest

from talentflow.core.contracts import AWAITED, VALUES, VINTAGES
from talentflow.estimate.truncation import (
    Triangle,
    build_triangles,
    develop,
    estimate_nowcasts,
)

TAYLOR_ASHE = [
    [357848, 1124788, 1735330, 2218270, 2745596, 3319994, 3466336, 3606286],
    [352118, 1236139, 2170033, 3353322, 3799067, 4120063, 4647867, 4914039],
    [290507, 1292306, 2218525, 3235179, 3985995, 4132918, 4628910, 4909315],
    [310608, 1418858, 2195047, 3757447, 4029929, 4381982, 4588268],
    [443160, 1136350, 2128333, 2897821, 3402672, 3873311],
    [396132, 1333217, 2180715, 2985752, 3691712],
    [440832, 1288463, 2419861, 3483130],
    [359480, 1421128, 2864498],
    [376686, 1363294],
    [344014],
]
"""The triangle of Mack 1993, without its last two columns, which are seen too seldom."""


def test_factors_and_variances_are_those_of_mack() -> None:
    triangle = np.full((10, 8), np.nan)
    for row, known in enumerate(TAYLOR_ASHE):
        triangle[row, : len(known)] = known
    factors = [3.490607, 1.747333, 1.457413, 1.173852, 1.103824, 1.086269, 1.053874]
    spreads = [160280, 37737, 41965, 15183, 13731, 8186]
    last = develop(Triangle(years=tuple(range(10)), counts=triangle), 9)
    assert last is not None
    assert last.value == pytest.approx(344014 * np.prod(factors), rel=1e-5)
    one_step = develop(Triangle(years=tuple(range(10)), counts=triangle[:, 5:7]), 4)
    assert one_step is not None
    base = sum(row[5] for row in TAYLOR_ASHE[:4])
    c = 3873311
    assert one_step.variance == pytest.approx(spreads[5] * c * (1 + c / base), rel=1e-3)


def draw_vintages(random: np.random.Generator, size: float) -> tuple[pa.Table, np.ndarray]:
    """Stocks that fill up over three years: 70, 85, 95, 100 % of a Poisson number."""
    final = random.poisson(size, 10)
    late = np.array([random.multinomial(n, [0.7, 0.15, 0.1, 0.05]) for n in final])
    known = late.cumsum(axis=1)
    rows = [
        {"cut": 2010 + cut, "measure": "stock", "area": "KR", "year": 2010 + year,
         "count": int(known[year, min(cut - year, 3)])}
        for cut in range(2, 10)
        for year in range(cut + 1)
    ]  # fmt: skip
    return VINTAGES.from_rows(rows), final


def value_row(period: str, value: float) -> dict[str, object]:
    return {
        "indicator": "stock", "definition_id": "default", "area": "KR", "partner": "all",
        "stage": "all", "sector": "all", "period": period, "value": value, "low": value - 30,
        "high": value + 30, "level": 0.95, "n": int(value), "unit": "persons",
        "flag": "censored", "snapshot_id": "s",
    }  # fmt: skip


def awaited_rows(share: float = 0.0) -> pa.Table:
    return AWAITED.from_rows(
        [{"year": year, "share": share, "venues": ""} for year in (2017, 2018, 2019)]
    )


def test_hidden_years_are_held_by_95_percent_bounds() -> None:
    """Years that later filled up completely lie within the bounds, more often than stated: the
    quantile allows for a variance seen on few vintages, and here it is Poisson, its least."""
    held, error, raw = [], [], []
    for seed in range(400):
        random = np.random.default_rng(seed)
        vintages, final = draw_vintages(random, 200)
        now = build_triangles(vintages, 3)["stock", "KR"].counts
        observed = [now[year - 2012, 2019 - year] for year in (2017, 2018, 2019)]
        values = VALUES.from_rows(
            [value_row(str(y), float(o)) for y, o in zip((2017, 2018, 2019), observed, strict=True)]
        )
        table = estimate_nowcasts(vintages, values, awaited_rows(), level=0.95)
        for row in table.to_pylist():
            truth = final[int(row["period"]) - 2010]
            held.append(row["low"] <= truth <= row["high"])
            error.append(abs(row["value"] - truth) / truth)
            raw.append(abs(row["observed_value"] - truth) / truth)
    assert 0.95 <= np.mean(held) <= 1
    assert np.mean(error) < 0.3 * np.mean(raw)


def test_expectations_are_held_by_bounds_with_chance() -> None:
    """The chance of those who are in stands for that of those to come, once and not twice: a
    stock of 200 on average is held as often as the level says, but for the quantile of few
    vintages."""
    held = []
    for seed in range(300):
        vintages, _ = draw_vintages(np.random.default_rng(seed), 200)
        now = build_triangles(vintages, 3)["stock", "KR"].counts
        observed = float(now[2019 - 2012, 0])
        half = 1.96 * observed**0.5
        row = {**value_row("2019", observed), "low": observed - half, "high": observed + half}
        table = estimate_nowcasts(vintages, VALUES.from_rows([row]), awaited_rows(), level=0.95)
        (found,) = table.to_pylist()
        held.append(found["low_total"] <= 200 <= found["high_total"])
    assert 0.92 <= np.mean(held) <= 0.98


def test_a_rate_over_a_growing_stock_keeps_its_share_of_chance() -> None:
    """Moves are complete, the stock grows by half: rate and its error shrink by a third."""
    random = np.random.default_rng(1)
    stock, _ = draw_vintages(random, 100_000)
    moves = [
        {"cut": cut, "measure": measure, "area": "KR", "year": year, "count": 400}
        for cut in range(2012, 2020)
        for year in range(2010, cut + 1)
        for measure in ("inflow", "outflow")
    ]
    vintages = pa.concat_tables([stock, VINTAGES.from_rows(moves)])
    row = {**value_row("2019", 0.0), "indicator": "net_rate", "low": -0.06, "high": 0.06}
    table = estimate_nowcasts(vintages, VALUES.from_rows([row]), awaited_rows(), level=0.95)
    (found,) = table.to_pylist()
    assert found["high_total"] == pytest.approx(0.06 * 0.7, rel=0.03)
    assert found["low_total"] == pytest.approx(-0.06 * 0.7, rel=0.03)


def test_only_censored_figures_have_nowcasts_and_say_what_is_awaited() -> None:
    vintages, _ = draw_vintages(np.random.default_rng(1), 300)
    withheld = {**value_row("2018", 1.0), "value": None, "flag": "suppressed"}
    values = VALUES.from_rows([value_row("2019", 210.0), withheld])
    table = estimate_nowcasts(vintages, values, awaited_rows(0.4), level=0.95)
    (row,) = table.to_pylist()
    assert row["period"] == "2019"
    assert row["awaited_share"] == 0.4
    assert row["low_total"] < row["low"] < row["value"] < row["high"] < row["high_total"]


def test_too_few_vintages_give_no_nowcast() -> None:
    vintages, _ = draw_vintages(np.random.default_rng(1), 300)
    short = vintages.filter(pa.compute.greater(vintages["cut"], 2017))
    values = VALUES.from_rows([value_row("2019", 210.0)])
    (row,) = estimate_nowcasts(short, values, awaited_rows(), level=0.95).to_pylist()
    assert row["value"] is None
    assert row["observed_value"] == 210.0
