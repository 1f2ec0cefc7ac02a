"""Are the indicators what their formulas say, on tallies added up by hand?"""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pytest

from talentflow.core.contracts import TALLIES
from talentflow.indicators.quantities import MeasureCounts, Quantity, compute_quantities

Rows = list[tuple[str, dict[str, str], int, list[int]]]


def tallies(rows: Rows) -> pa.Table:
    """Measure, cell, persons and counts of each row."""
    return TALLIES.from_rows(
        [
            {
                "measure": measure,
                "definition_id": "d",
                **dict.fromkeys(("area", "partner", "stage", "sector"), "all"),
                "period": "2010",
                **cell,
                "persons": persons,
                "counts": counts,
            }
            for measure, cell, persons, counts in rows
        ]
    )


def compute(rows: Rows, floor: int = 5) -> dict[tuple[str, ...], Quantity]:
    found = compute_quantities(MeasureCounts(tallies(rows), floor))
    named = {
        (q.indicator.id, *(word for word in q.key[1:] if word not in ("all", "2010"))): q
        for q in found
    }
    assert len(named) == len(found)
    return named


KR, US = {"area": "KR"}, {"area": "US"}
MOVES: Rows = [
    ("stock", KR, 200, [200, 190, 210]),
    ("stock", US, 400, [400, 410, 390]),
    ("stock", {}, 600, [600, 600, 600]),
    ("inflow", KR, 20, [20, 19, 0]),
    ("outflow", KR, 30, [30, 38, 42]),
    ("inflow", US, 30, [30, 38, 42]),
    ("outflow", US, 20, [20, 19, 0]),
    ("flow", {"area": "KR", "partner": "US"}, 30, [30, 38, 42]),
]


def estimates(quantity: Quantity) -> list[float]:
    assert quantity.estimates is not None
    return quantity.estimates.tolist()


def test_counts_differences_and_rates() -> None:
    found = compute(MOVES)
    assert estimates(found["stock", "KR"]) == [200, 190, 210]
    assert estimates(found["flow", "KR", "US"]) == [30, 38, 42]
    assert estimates(found["net_flow", "KR"]) == [-10, -19, -42]
    assert estimates(found["in_rate", "KR"]) == pytest.approx([10, 10, 0])
    assert estimates(found["out_rate", "KR"]) == pytest.approx([15, 20, 20])
    assert estimates(found["net_rate", "KR"]) == pytest.approx([-5, -10, -20])
    assert found["net_rate", "KR"].n == 200
    assert found["net_rate", "KR"].trials == 200
    assert found["net_flow", "KR"].n == 50
    assert found["flow", "KR", "US"].n == 30
    # The world has a stock, but no rate: whoever leaves a country arrives in another.
    assert ("stock",) in found
    assert ("in_rate",) not in found


def test_a_country_without_moves_has_a_rate_of_zero() -> None:
    found = compute([("stock", KR, 50, [50, 40, 60])])
    for rate in ("in_rate", "out_rate", "net_rate"):
        assert estimates(found[rate, "KR"]) == [0, 0, 0]
    assert ("inflow", "KR") not in found


def test_a_replicate_without_anybody_is_undefined() -> None:
    found = compute([("stock", KR, 6, [6, 0, 12]), ("outflow", KR, 6, [6, 0, 3])])
    assert np.isnan(estimates(found["out_rate", "KR"])).tolist() == [False, True, False]


def test_person_years_of_a_window_are_a_denominator_not_a_stock() -> None:
    cell = {"area": "KR", "period": "2010/2014"}
    found = compute([("stock", cell, 60, [200, 200, 200]), ("outflow", cell, 8, [10, 8, 12])])
    assert ("stock", "KR", "2010/2014") not in found
    rate = found["out_rate", "KR", "2010/2014"]
    assert estimates(rate) == [5, 4, 6]
    assert (rate.n, rate.trials) == (60, 200)


@pytest.mark.parametrize(("persons", "shown"), [(4, False), (5, True)])
def test_the_floor_counts_persons(persons: int, shown: bool) -> None:
    counts = [9, 9, 9] if shown else [9]
    found = compute([("stock", KR, 50, [50, 50, 50]), ("outflow", KR, persons, counts)])
    for name in ("outflow", "out_rate", "net_rate", "net_flow"):
        assert (found[name, "KR"].estimates is not None) == shown
    assert found["in_rate", "KR"].estimates is not None


def test_shares_of_a_cohort_and_of_the_mobile() -> None:
    found = compute(
        [
            ("cohort_located", {}, 80, [80, 100, 60]),
            ("cohort_work", KR, 20, [20, 30, 12]),
            ("cohort_origin", KR, 40, [40, 50, 30]),
            ("followed", KR, 50, [50, 40, 60]),
            ("mobile", KR, 10, [10, 4, 15]),
        ]
    )
    assert estimates(found["work_share", "KR"]) == pytest.approx([25, 30, 20])
    assert estimates(found["origin_share", "KR"]) == pytest.approx([50, 50, 50])
    assert estimates(found["share_mobile", "KR"]) == pytest.approx([20, 10, 25])
    assert found["work_share", "KR"].n == 80
    assert found["share_mobile", "KR"].n == 50


def curve(steps: list[tuple[int, int]], floor: int = 5, width: int = 3) -> list[float | None]:
    """The points of a retention curve from (at risk, left) of each year."""
    rows: Rows = []
    for year, (risk, left) in enumerate(steps, start=1):
        cell = {"area": "KR", "stage": "doctoral", "period": f"P{year}Y"}
        rows.append(("retention_risk", cell, risk, [risk] * (width if risk >= floor else 1)))
        if left:
            rows.append(("retention_left", cell, left, [left] * width))
    found = compute(rows, floor)
    points = [found["retention", "KR", "doctoral", f"P{y}Y"] for y in range(1, len(found) + 1)]
    return [None if q.estimates is None else float(q.estimates[0]) for q in points]


def test_retention_is_kaplan_meier() -> None:
    # Kaplan and Meier's product, by hand: 90/100, 72/80, 45/60.
    assert curve([(100, 10), (80, 8), (60, 15)]) == pytest.approx([90, 81, 60.75])


def test_retention_is_flat_where_nobody_left() -> None:
    assert curve([(50, 0), (40, 10), (20, 0)]) == pytest.approx([100, 75, 75])


def test_few_leavers_wait_until_they_are_enough() -> None:
    shown = curve([(50, 2), (40, 2), (30, 6), (20, 0)])
    assert shown[:2] == [None, None]
    assert shown[2] == pytest.approx(100 * 48 / 50 * 38 / 40 * 24 / 30)
    assert shown[3] == shown[2]


def test_few_who_stay_are_not_shown_either() -> None:
    assert curve([(50, 10), (30, 27)]) == [80, None]
    # That everybody left is no small group.
    assert curve([(50, 10), (30, 30)]) == pytest.approx([80, 0])


def test_the_curve_ends_where_few_are_left_at_risk() -> None:
    assert curve([(50, 10), (20, 5), (4, 0), (2, 1)]) == [80, 60, None]


def test_retention_says_how_many_it_began_with() -> None:
    cell = {"area": "KR", "period": "P1Y"}
    (point,) = compute(
        [("retention_risk", cell, 40, [40, 50]), ("retention_left", cell, 10, [10, 10])]
    ).values()
    assert (point.n, point.trials) == (40, 40)
    assert estimates(point) == pytest.approx([75, 80])


def test_nothing_counted_nothing_computed() -> None:
    assert compute_quantities(MeasureCounts(tallies([]), 5)) == []
