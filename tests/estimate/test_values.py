"""Is every figure published as what it is: shown, censored, too few or suppressed?"""

from __future__ import annotations

import pyarrow as pa
import pytest

from talentflow.core.contracts import TALLIES, VALUES, check_table
from talentflow.core.rules import MoveRule, Rules
from talentflow.estimate.values import Publication, estimate_values, first_censored_year

PUBLICATION = Publication(level=0.95, floor=5, first_year=2005, last_year=2020, snapshot_id="today")
Row = tuple[str, dict[str, str], list[int]]


def tallies(rows: list[Row]) -> pa.Table:
    """Measure, cell and counts; as many persons as counted."""
    return TALLIES.from_rows(
        [
            {
                "measure": measure,
                "definition_id": "default",
                **dict.fromkeys(("area", "partner", "stage", "sector"), "all"),
                "period": "2010",
                **cell,
                "persons": counts[0],
                "counts": counts if counts[0] >= PUBLICATION.floor else counts[:1],
            }
            for measure, cell, counts in rows
        ]
    )


def estimate(
    rows: list[Row], rules: Rules | None = None
) -> dict[tuple[str, ...], dict[str, object]]:
    table = estimate_values(tallies(rows), rules or Rules(), PUBLICATION)
    check_table(table, VALUES)
    keys = [(name, "ascending") for name in VALUES.key]
    assert table.equals(table.sort_by(keys))
    return {
        (row["indicator"], *(row[c] for c in ("area", "partner", "period") if row[c] != "all")): row
        for row in table.to_pylist()
    }


KR, US, CN = {"area": "KR"}, {"area": "US"}, {"area": "CN"}
SPREAD = [100, 90, 110, 95, 105]


def scaled(n: int) -> list[int]:
    return [n * x // 100 for x in SPREAD]


def test_a_figure_carries_all_that_makes_it_readable() -> None:
    row = estimate([("stock", KR, scaled(200))])["stock", "KR", "2010"]
    assert (row["value"], row["n"], row["unit"], row["flag"]) == (200, 200, "persons", "ok")
    assert row["low"] < 200 < row["high"]
    assert (row["level"], row["snapshot_id"]) == (0.95, "today")


def test_too_few_show_nothing() -> None:
    found = estimate([("stock", KR, scaled(200)), ("outflow", KR, [4, 4, 4, 4, 4])])
    for name in ("outflow", "out_rate", "net_rate", "net_flow"):
        row = found[name, "KR", "2010"]
        assert row["flag"] == "too_few"
        assert (row["value"], row["low"], row["high"], row["n"]) == (None,) * 4
    assert found["in_rate", "KR", "2010"]["flag"] == "ok"


def test_what_gives_too_few_away_is_suppressed() -> None:
    found = estimate(
        [
            ("stock", {}, scaled(204)),
            ("stock", KR, [4, 4, 4, 4, 4]),
            ("stock", US, scaled(150)),
            ("stock", CN, scaled(50)),
        ]
    )
    assert found["stock", "KR", "2010"]["flag"] == "too_few"
    assert found["stock", "CN", "2010"]["flag"] == "suppressed"
    assert found["stock", "CN", "2010"]["value"] is None
    assert found["in_rate", "CN", "2010"]["flag"] == "suppressed"
    assert found["stock", "US", "2010"]["flag"] == found["stock", "2010"]["flag"] == "ok"


@pytest.mark.parametrize(
    ("move", "first_open"),
    [
        (MoveRule(max_gap_years=3, fill="before"), 2018),
        (MoveRule(max_gap_years=2, fill="after"), 2019),
        (MoveRule(max_gap_years=50, fill="none"), 2020),
        (MoveRule(max_gap_years=0, fill="before"), 2020),
    ],
)
def test_years_that_later_records_will_change(move: MoveRule, first_open: int) -> None:
    assert first_censored_year(Rules(move=move), 2020) == first_open
    years = range(2015, 2021)
    rows: list[Row] = [("stock", {**KR, "period": str(year)}, scaled(200)) for year in years]
    rows += [("followed", {**KR, "period": "2020"}, scaled(50))]
    found = estimate(rows, Rules(move=move))
    flags = {year: found["stock", "KR", str(year)]["flag"] for year in years}
    assert flags == {year: "censored" if year >= first_open else "ok" for year in years}
    assert found["stock", "KR", "2020"]["value"] == 200
    assert found["share_mobile", "KR", "2020"]["flag"] == "ok"


def test_windows_are_censored_by_their_last_year_the_whole_period_never() -> None:
    periods = ("2010/2014", "2015/2019", "2005/2020")
    cell = {"area": "KR", "partner": "US"}
    found = estimate([("flow", {**cell, "period": p}, scaled(40)) for p in periods])
    flags = [found["flow", "KR", "US", period]["flag"] for period in periods]
    assert flags == ["ok", "censored", "ok"]


def test_without_replicates_there_is_no_interval() -> None:
    rows: list[Row] = [("stock", KR, [200]), ("inflow", KR, [10])]
    for row in estimate(rows).values():
        assert row["value"] is not None
        assert row["low"] is None
        assert row["high"] is None


def test_years_of_one_person_are_not_independent_trials() -> None:
    """Nobody of 40 persons was mobile in 200 person-years: the bound is that of 40."""
    cell = {**KR, "period": "2010/2014"}
    table = tallies([("followed", cell, scaled(200))])
    persons = table.schema.get_field_index("persons")
    field = table.schema.field(persons)
    table = table.set_column(persons, field, pa.array([40], field.type))
    (row,) = estimate_values(table, Rules(), PUBLICATION).to_pylist()
    assert (row["indicator"], row["value"], row["n"]) == ("share_mobile", 0, 40)
    assert row["high"] > 100 * 3.8 / (40 + 3.9)


def test_order_of_rows_does_not_matter() -> None:
    rows: list[Row] = [
        ("stock", {}, scaled(210)),
        ("stock", KR, scaled(60)),
        ("stock", US, scaled(150)),
        ("inflow", KR, scaled(20)),
        ("outflow", US, scaled(20)),
    ]
    table = tallies(rows)
    backwards = table.take(list(range(table.num_rows))[::-1])
    expected = estimate_values(table, Rules(), PUBLICATION)
    assert estimate_values(backwards, Rules(), PUBLICATION).equals(expected)


def test_nothing_counted() -> None:
    assert estimate([]) == {}
