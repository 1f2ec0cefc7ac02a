"""Does a build publish nowcasts and coverage that agree with its values and with the truth?"""

from __future__ import annotations

import json

import numpy as np
import pyarrow.parquet as pq
from click.testing import CliRunner

from talentflow.cli.completeness import coverage, nowcast
from talentflow.core.settings import Settings
from talentflow.indicators.snapshot import Query, open_snapshot, select_values
from talentflow.indicators.supplements import (
    SUPPLEMENTS,
    read_supplement,
    say_coverage,
    select_nowcasts,
)
from talentflow.pipeline.build import build


def test_nowcasts_stand_beside_shown_censored_values(toy_store):
    snapshot = open_snapshot(toy_store.store)
    table = select_nowcasts(snapshot, "stock", "KR").to_pylist()
    shown = select_values(snapshot, Query(indicator="stock", area="KR", definition="default"))
    values = {
        row["period"]: row
        for row in shown.to_pylist()
        if row["flag"] == "censored" and row["stage"] == row["sector"] == "all"
    }
    assert {row["period"] for row in table} == set(values)
    for row in table:
        assert row["observed_value"] == values[row["period"]]["value"]
        assert row["low"] <= row["value"] <= row["high"]
        assert row["value"] >= row["observed_value"]
        assert row["awaited_share"] == 0


def test_package_describes_the_tables_beside_the_values(toy_store):
    folder = open_snapshot(toy_store.store).folder
    package = json.loads((folder / "datapackage.json").read_text("utf-8"))
    names = [resource["name"] for resource in package["resources"]]
    assert names[0] == "values"
    assert set(SUPPLEMENTS) < set(names)
    for name in SUPPLEMENTS:
        assert pq.ParquetFile(folder / f"{name}.parquet").metadata.num_rows > 0


def test_coverage_counts_years_as_lists(toy_store):
    """In the toy world a year of activity leaves a paper with a chance of 90 %, so that few are
    never seen in five years."""
    snapshot = open_snapshot(toy_store.store)
    said = say_coverage(snapshot, "KR")
    assert said is not None
    assert (said["compared"], said["method"]) == ("years", "chao")
    shares = [
        row["share"]
        for row in read_supplement(snapshot, "coverage").to_pylist()
        if row["compared"] == "years" and row["observed"] > 50
    ]
    assert np.median(shares) > 0.75
    assert say_coverage(snapshot, "LI") is None


def test_commands_print_them(toy_store):
    run = CliRunner().invoke
    store = ["--store", str(toy_store.store)]
    said = run(nowcast, ["stock", "--area", "KR", *store])
    assert said.exit_code == 0, said.output
    assert "2024" in said.output
    assert run(coverage, ["--area", "KR", "--language", "ko", *store]).exit_code == 0
    lines = run(coverage, ["--format", "csv", *store]).output.splitlines()
    assert lines[0].replace('"', "").startswith("area,period,compared,method")
    refused = run(nowcast, ["retention", "--area", "KR", *store])
    assert refused.exit_code != 0
    assert "no nowcast of retention" in str(refused.exception)


def test_imputations_change_little_where_nothing_is_doubtful(toy_store, tmp_path):
    settings = Settings(
        data=toy_store.data, store=tmp_path, workers=1, definitions="default", imputations=3
    )
    build(settings)
    query = Query(indicator="stock", area="KR", definition="default", period="2010:2020")
    imputed, single = (
        np.array(select_values(open_snapshot(store), query)["value"].to_pylist(), float)
        for store in (tmp_path, toy_store.store)
    )
    assert np.nanmax(np.abs(imputed / single - 1)) < 0.1
