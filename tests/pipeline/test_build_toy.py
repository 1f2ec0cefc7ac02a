"""The main path on a world whose truth is known: counts, identity of bytes, recovery."""

from __future__ import annotations

import json
from pathlib import Path

import duckdb
import numpy as np
import pyarrow.parquet as pq
import pytest

from talentflow.core.areas import AREA_INDEX
from talentflow.core.settings import Settings
from talentflow.core.vocabulary import STUDY_STAGES
from talentflow.indicators.snapshot import Query, open_snapshot, select_values
from talentflow.pipeline import inputs
from talentflow.pipeline.build import build
from talentflow.sources import paperlists
from talentflow.sources.toy import WorldSpec, build_world, expected_truth, truth, write_world
from talentflow.sources.toy.truth import HORIZON_YEARS


def values_bytes(store: Path) -> bytes:
    return (store / "published" / "values.parquet").read_bytes()


def test_rows_in_are_records_and_rejects(toy_store):
    manifest = toy_store.report.manifest
    for file in manifest["inputs"]:
        assert file["rows"] == file["records"] + file["rejected"]
        assert file["records"] == file["aligned"] + file["set_only"] + file["unknown"]
    accounted = sum(line["records"] for line in manifest["accounting"])
    assert accounted == manifest["totals"]["rows"]


def test_nothing_changed_nothing_done(toy_store):
    settings = Settings(data=toy_store.data, store=toy_store.store, workers=1)
    again = build(settings)
    assert set(again.seconds.values()) == {0.0}
    assert again.snapshot_id == toy_store.report.snapshot_id


def test_workers_and_order_do_not_matter(toy_store, tmp_path, monkeypatch):
    listed = paperlists.list_files

    def backwards(folder: Path) -> list[str]:
        return listed(folder)[::-1]

    monkeypatch.setattr(inputs.paperlists, "list_files", backwards)
    build(Settings(data=toy_store.data, store=tmp_path, workers=2))
    assert values_bytes(tmp_path) == values_bytes(toy_store.store)


def test_a_changed_setting_only_runs_what_depends_on_it(toy_store, tmp_path):
    settings = {"data": toy_store.data, "store": tmp_path, "workers": 1, "definitions": "default"}
    build(Settings(**settings, replicates=20))
    again = build(Settings(**settings, replicates=20, level=0.9))
    assert again.seconds["careers"] == 0.0
    assert again.seconds["values"] > 0.0


@pytest.mark.parametrize("measure", ["stock", "inflow", "outflow"])
def test_counts_are_those_of_the_true_careers(toy_store, measure):
    """Without planted errors every person-year is read back, so counts agree exactly."""
    known = truth(toy_store.world)
    (path,) = toy_store.store.glob("tables/careers/*/tallies.parquet")
    counted = {}
    for row in pq.read_table(path).to_pylist():
        everyone = row["stage"] == row["sector"] == "all" and row["area"] != "all"
        if row["measure"] == measure and row["definition_id"] == "default" and everyone:
            counted[row["area"], row["period"]] = row["counts"][0]
    compared = 0
    for area in known.countries:
        for year in known.years:
            assert counted.get((area, str(year)), 0) == known.pick(measure, area, year)
            compared += known.pick(measure, area, year) > 0
    assert compared > 100


def test_intervals_hold_the_expected_values(toy_store):
    """Most of the intervals of one world hold the expectation; exact coverage is tested over
    many worlds in tests/simulations."""
    expected = expected_truth(toy_store.world.spec, people=150_000)
    held = []
    for indicator, table in (("stock", "stock"), ("net_rate", "net_rate_pct")):
        for row in read_rows(toy_store.store, indicator):
            if row["flag"] == "ok" and row["period"].isdigit() and row["area"] in AREA_INDEX:
                value = expected.pick(table, row["area"], int(row["period"]))
                held.append(row["low"] <= value <= row["high"])
    assert len(held) > 150
    assert np.mean(held) > 0.85


def test_retention_is_that_of_the_true_careers(tmp_path):
    """Kaplan-Meier of the build equals the one of the true careers, and its intervals hold the
    known law of the world at most points."""
    spec = WorldSpec(people=4000, venue_shares={"corl": 1.0})
    world = build_world(spec, 5)
    write_world(world, tmp_path / "data", sources=("paperlists", "ror"))
    build(Settings(data=tmp_path / "data", store=tmp_path, workers=1, definitions="default"))
    known = truth(world)
    held = []
    for row in read_rows(tmp_path, "retention"):
        years = int(row["period"][1:-1])
        if row["value"] is None or row["stage"] not in STUDY_STAGES or years > HORIZON_YEARS:
            continue
        area = known.countries.index(row["area"])
        curve = known.retention[row["stage"]]
        assert row["value"] == pytest.approx(100 * curve.observed[area, years])
        held.append(row["low"] <= 100 * curve.known[area, years] <= row["high"])
    assert len(held) > 60
    assert np.mean(held) > 0.8


def test_no_cell_rests_on_fewer_than_the_floor(toy_store):
    values = pq.read_table(toy_store.store / "published" / "values.parquet")
    shown = [row for row in values.to_pylist() if row["value"] is not None]
    assert all(row["n"] >= 5 for row in shown)
    for row in shown:
        if row["indicator"] in ("stock", "inflow", "outflow", "flow", "stage_flow"):
            assert row["value"] >= 5
    hidden = [row for row in values.to_pylist() if row["value"] is None]
    assert hidden
    assert all(row["n"] is None and row["low"] is None for row in hidden)


def test_published_files_name_no_person(toy_store):
    names = duckdb.sql(
        "select distinct person_name from read_parquet('"
        + str(toy_store.store / "tables" / "read" / "*" / "records.parquet")
        + "') where person_name is not null"
    ).fetchall()
    published = (
        b"".join(path.read_bytes() for path in (toy_store.store / "published").iterdir())
        + json.dumps(
            pq.read_table(toy_store.store / "published/values.parquet").to_pylist()
        ).encode()
    )
    assert len(names) > 1000
    assert not [name for (name,) in names if name.encode() in published]


def test_opted_out_people_leave_every_figure(toy_store, tmp_path):
    residences = pq.read_table(next(toy_store.store.glob("tables/careers/*/residences.parquet")))
    person = residences["person_id"][0].as_py()
    opt_out = tmp_path / "opt-out.txt"
    opt_out.write_text(f"# asked on 3 March\n{person}\n")
    report = build(
        Settings(
            data=toy_store.data,
            store=tmp_path / "store",
            workers=1,
            opt_out=opt_out,
            definitions="default",
            replicates=0,
        )
    )
    left = pq.read_table(next((tmp_path / "store").glob("tables/careers/*/residences.parquet")))
    assert person not in left["person_id"].to_pylist()
    assert len(left["person_id"].unique()) == len(residences["person_id"].unique()) - 1
    opted_out = [line for line in report.manifest["accounting"] if line["id"] == "opted_out"]
    assert opted_out[0]["records"] > 0


def test_parts_of_persons_add_up_to_persons(toy_store, tmp_path):
    """Where a year is divided among its countries, the world holds as many persons as where it
    goes to one of them."""
    build(
        Settings(
            data=toy_store.data,
            store=tmp_path,
            workers=1,
            definitions="default,fractional",
            replicates=5,
        )
    )
    (path,) = tmp_path.glob("tables/careers/*/tallies.parquet")
    world: dict[str, dict[str, float]] = {"default": {}, "fractional": {}}
    for row in pq.read_table(path).to_pylist():
        everyone = row["stage"] == row["sector"] == row["area"] == "all"
        if row["measure"] == "stock" and row["definition_id"] in world and everyone:
            world[row["definition_id"]][row["period"]] = row["counts"][0]
    assert len(world["default"]) > 20
    assert world["fractional"] == pytest.approx(world["default"])


def read_rows(store: Path, indicator: str) -> list[dict]:
    snapshot = open_snapshot(store)
    stage = None if indicator == "retention" else "all"
    query = Query(indicator=indicator, definition="default", stage=stage, sector="all")
    return select_values(snapshot, query).to_pylist()
