"""Are figures per head those of the count, set against the number told, and refused without it?"""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
import pytest

from talentflow.core.contracts import TALLIES
from talentflow.core.errors import UsageError
from talentflow.core.rules import Rules
from talentflow.estimate.values import Publication, estimate_together
from talentflow.indicators.absence import describe_absence
from talentflow.indicators.definitions import DEFAULT
from talentflow.indicators.snapshot import Query, Snapshot, open_snapshot, select_values

TOLD = {"inhabitants": {("KR", "2010"): 50e6, ("US", "2010"): 310e6}}
WIDTH = 101


def tally(measure: str, area: str, period: str, count: int, *, still: bool = False) -> dict:
    drawn = np.random.default_rng(count).poisson(count, WIDTH - 1)
    counts = [count, *([count] * (WIDTH - 1) if still else drawn)]
    return {
        "measure": measure,
        "definition_id": "default",
        **{"area": area, "partner": "all", "stage": "all", "sector": "all", "period": period},
        "persons": count,
        "counts": [float(c) for c in counts],
    }


TALLIED = TALLIES.from_rows(
    [
        tally("stock", "KR", "2010", 200),
        tally("stock", "KR", "2011", 220),
        tally("stock", "US", "2010", 900, still=True),
        tally("stock", "TW", "2010", 90),
        tally("inflow", "KR", "2010", 30),
        tally("outflow", "KR", "2010", 40),
    ]
)


def publish(told: dict) -> Publication:
    return Publication(
        level=0.95, floor=5, first_year=2010, last_year=2020, snapshot_id="s", denominators=told
    )


def find(indicator: str, area: str, told: dict = TOLD) -> list[dict]:
    rows = estimate_together(TALLIED, Rules(), publish(told), replicates=True).values.to_pylist()
    return [row for row in rows if (row["indicator"], row["area"]) == (indicator, area)]


@pytest.mark.parametrize(
    ("head", "base", "area", "factor"),
    [
        ("per_million", "stock", "KR", 1 / 50),
        ("per_million", "stock", "US", 1 / 310),
        ("net_per_million", "net_flow", "KR", 1 / 50),
    ],
)
def test_bounds_are_those_of_the_count(head: str, base: str, area: str, factor: float) -> None:
    (row,) = find(head, area)
    counted = next(row for row in find(base, area) if row["period"] == "2010")
    assert row["period"] == "2010"
    assert row["n"] == counted["n"]
    for name in ("value", "low", "high"):
        assert row[name] == pytest.approx(factor * counted[name])


def test_without_a_number_there_is_no_figure() -> None:
    assert find("per_million", "TW") == []
    assert find("net_per_10k_members", "KR") == []
    assert find("per_million", "KR", {}) == []


def test_areas_are_ranked_per_head() -> None:
    ranks = estimate_together(TALLIED, Rules(), publish(TOLD), replicates=True).ranks.to_pylist()
    places = {r["area"]: r["rank"] for r in ranks if r["indicator"] == "per_million"}
    assert places == {"KR": 1, "US": 2}


@pytest.fixture
def snapshot(tmp_path: Path) -> Snapshot:
    folder = tmp_path / "published"
    folder.mkdir()
    values = estimate_together(TALLIED, Rules(), publish(TOLD), replicates=True).values
    pq.write_table(values, folder / "values.parquet")
    (folder / "definitions.json").write_text(json.dumps([DEFAULT.to_dict()]), "utf-8")
    return open_snapshot(tmp_path)


def test_a_country_that_the_table_lacks_is_named(snapshot: Snapshot) -> None:
    said = str(describe_absence(snapshot, Query(indicator="per_million", area="TW", period="2010")))
    assert "the table of inhabitants lacks Taiwan (TW)" in said
    assert "talentflow show stock --area TW --period 2010" in said
    assert "denominators/*.csv" in said


def test_a_missing_table_is_named(snapshot: Snapshot) -> None:
    said = str(describe_absence(snapshot, Query(indicator="net_per_10k_members", area="KR")))
    assert "no table tells the members of countries" in said
    assert "talentflow show net_flow --area KR" in said


def test_a_year_that_the_table_lacks_names_the_nearest(snapshot: Snapshot) -> None:
    with pytest.raises(UsageError) as raised:
        select_values(snapshot, Query(indicator="per_million", area="KR", period="2011"))
    assert "a table tells the inhabitants" in str(raised.value)
    assert "the nearest is 2010" in str(raised.value)
