"""The page on replication: verdicts, both denominators and explanations in both languages."""

from __future__ import annotations

import html
import io
import json
from pathlib import Path

import httpx
import pyarrow.csv as pa_csv
import pytest
from running_server import run_server
from synthetic_store import write_store

from talentflow.core.areas import LANGUAGES
from talentflow.serve.charts.replication import REPLICATION_CHARTS, make_replication_chart
from talentflow.serve.live import Edition
from talentflow.serve.replication import SECTIONS


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_page_shows_every_row_and_every_explanation(
    client: httpx.Client, edition: Edition, language: str
) -> None:
    report = edition.snapshot.replication
    assert report is not None
    page = html.unescape(client.get(f"/{language}/replication").text)
    for name in SECTIONS:
        part = report["parts"][name]
        if part["skipped"]:
            assert part["skipped"][language] in page
        for row in part["rows"]:
            assert row["explanation"][language] in page
    assert "CC BY 4.0" in page
    assert page.count('class="panel"') == len(REPLICATION_CHARTS)


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("id_", REPLICATION_CHARTS)
def test_charts_have_two_dots_a_name(edition: Edition, id_: str, language: str) -> None:
    report = edition.snapshot.replication
    assert report is not None
    chart = make_replication_chart(id_, report, language)
    assert chart.drawable
    assert "$schema" in chart.spec
    names = [row["name"] for row in chart.rows]
    assert len(names) == 2 * len(set(names))
    assert all(0 <= row["value"] <= 1 for row in chart.rows)


@pytest.mark.parametrize("kind", ["json", "svg", "csv"])
def test_charts_come_in_every_form(client: httpx.Client, kind: str) -> None:
    answer = client.get(f"/api/v1/charts/replication_work.{kind}", params={"lang": "ko"})
    assert answer.status_code == 200
    if kind == "csv":
        assert {"name", "part", "value", "low", "high", "n"} <= set(
            pa_csv.read_csv(io.BytesIO(answer.content)).column_names
        )


def test_the_report_is_given_as_published(client: httpx.Client, edition: Edition) -> None:
    report = client.get("/api/v1/replication").json()
    assert report == edition.snapshot.replication
    assert client.get("/api/v1/files/replication.json").json() == report


def test_titles_are_escaped(client: httpx.Client) -> None:
    assert "Check of tie <b>" not in client.get("/en/replication").text


def test_snapshots_of_older_builds_have_no_report(tmp_path: Path) -> None:
    store = write_store(tmp_path)
    (file,) = store.glob("snapshots/*/replication.json")
    assert json.loads(file.read_text())["format"] == 1
    file.unlink()
    with run_server(store) as address, httpx.Client(base_url=address) as client:
        answer = client.get("/ko/replication")
        assert answer.status_code == 200
        assert "재현을 실행하지 않았습니다" in answer.text
        assert client.get("/api/v1/replication").status_code == 404
        assert client.get("/api/v1/charts/replication_work.json").status_code == 404
