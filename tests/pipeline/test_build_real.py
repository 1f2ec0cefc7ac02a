"""The main job on all real conference lists: it runs, counts reconcile, figures come out."""

from __future__ import annotations

import sys
from pathlib import Path

import httpx
import pytest

from talentflow.core.settings import Settings
from talentflow.indicators.snapshot import Query, open_snapshot, select_values
from talentflow.pipeline.build import BuildReport, build

# The server in a thread is that of the tests of `serve`.
sys.path.insert(0, str(Path(__file__).parents[1] / "serve"))

from running_server import run_server

pytestmark = pytest.mark.real


@pytest.fixture(scope="module")
def report(shared_data: Path, tmp_path_factory: pytest.TempPathFactory) -> BuildReport:
    store = tmp_path_factory.mktemp("real")
    return build(Settings(data=shared_data, store=store, workers=2))


def store_of(report: BuildReport) -> Path:
    return report.folder.parent.parent


def test_every_file_reconciles(report: BuildReport) -> None:
    inputs = report.manifest["inputs"]
    assert sum(file["source"] == "paperlists" for file in inputs) == 241
    for file in inputs:
        assert file["rows"] == file["records"] + file["rejected"], file["file"]
    assert report.manifest["totals"]["papers"] == 119_266
    accounted = sum(line["records"] for line in report.manifest["accounting"])
    assert accounted == report.manifest["totals"]["rows"]


@pytest.mark.parametrize("indicator", ["stock", "net_rate", "work_share", "retention"])
def test_korea_has_figures_with_interval_and_n(report: BuildReport, indicator: str) -> None:
    values = select_values(open_snapshot(store_of(report)), Query(indicator=indicator, area="KR"))
    shown = [row for row in values.to_pylist() if row["value"] is not None]
    assert len(shown) > 10
    for row in shown:
        assert row["low"] <= row["value"] <= row["high"]
        assert row["n"] >= report.manifest["floor"]


def test_hong_kong_taiwan_and_china_are_apart(report: BuildReport) -> None:
    snapshot = open_snapshot(store_of(report))
    stocks = {}
    for area in ("HK", "TW", "CN"):
        query = Query(
            **{"indicator": "stock", "definition": "default", "stage": "all", "sector": "all"},
            area=area,
            period="2019",
        )
        (row,) = select_values(snapshot, query).to_pylist()
        stocks[area] = row["value"]
    assert stocks["CN"] > stocks["HK"] > 100
    assert stocks["TW"] > 50


def test_every_country_has_its_page(report: BuildReport) -> None:
    with (
        run_server(store_of(report)) as address,
        httpx.Client(base_url=address, timeout=60) as client,
    ):
        areas = [entry["code"] for entry in client.get("/api/v1/areas").json()]
        assert len(areas) > 50
        for path in ["", "data", "method", *(f"area/{code}" for code in areas)]:
            assert client.get(f"/ko/{path}").status_code == 200, path
