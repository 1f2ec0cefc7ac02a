"""The page on quality and its charts: the report in words, pictures and tables."""

from __future__ import annotations

import html
import io
import re
from pathlib import Path

import httpx
import pyarrow.csv as pa_csv
import pyarrow.parquet as pq
import pytest
from running_server import run_server
from synthetic_quality import make_quality
from synthetic_store import write_store

from talentflow.core.areas import LANGUAGES
from talentflow.serve.charts.quality import QUALITY_CHARTS, make_quality_chart

REPORT = make_quality("toy")


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("id_", QUALITY_CHARTS)
def test_every_chart_draws_and_has_words(id_: str, language: str) -> None:
    chart = make_quality_chart(id_, REPORT, language)
    assert chart.drawable
    assert chart.title
    assert chart.subtitle
    assert "$schema" in chart.spec
    assert all("{" not in note for note in chart.notes)


@pytest.mark.parametrize("id_", QUALITY_CHARTS)
@pytest.mark.parametrize("kind", ["json", "svg", "csv", "parquet"])
def test_charts_come_in_every_form(client: httpx.Client, id_: str, kind: str) -> None:
    answer = client.get(f"/api/v1/charts/{id_}.{kind}", params={"lang": "ko", "theme": "dark"})
    assert answer.status_code == 200
    rows = len(make_quality_chart(id_, REPORT, "ko").rows)
    if kind == "csv":
        assert pa_csv.read_csv(io.BytesIO(answer.content)).num_rows == rows
    elif kind == "parquet":
        assert pq.read_table(io.BytesIO(answer.content)).num_rows == rows
    elif kind == "svg":
        assert "<svg" in answer.text


@pytest.mark.parametrize(
    ("address", "status"),
    [
        ("quality_years.json?lang=fr", 422),
        ("quality_years.json?theme=blue", 422),
        ("quality_years.gif", 404),
        ("quality_nothing.json", 422),
    ],
)
def test_wrong_requests_are_explained(client: httpx.Client, address: str, status: int) -> None:
    answer = client.get(f"/api/v1/charts/{address}")
    assert answer.status_code == status
    assert answer.headers["content-type"] == "application/problem+json"


def test_the_report_is_given_as_published(client: httpx.Client) -> None:
    report = client.get("/api/v1/quality").json()
    assert report == make_quality(report["snapshot_id"])
    assert client.get("/api/v1/files/quality.json").json() == report


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_page_tells_the_report(client: httpx.Client, language: str) -> None:
    page = html.unescape(client.get(f"/{language}/quality").text)
    for figure in ("93.0%", "97.0%", "73.3%", "94.0%", "83.3%", "94.4%"):
        assert figure in page, figure
    assert "ab" * 32 in page
    assert 'aria-current="page"' in page
    assert "a_new_rule" in page  # a rule that has no words yet goes by its id
    assert page.count('class="panel"') == len(QUALITY_CHARTS)


def test_texts_of_the_report_are_escaped(client: httpx.Client) -> None:
    page = client.get("/en/quality").text
    assert "<b>Things" not in page
    assert "&lt;b&gt;Things" in page


def test_what_is_withheld_is_neither_drawn_nor_zero() -> None:
    chart = make_quality_chart("quality_years", REPORT, "en")
    assert "1990" not in {row["year"] for row in chart.rows}
    rules = make_quality_chart("quality_organization_rules", REPORT, "en")
    assert {row["id"] for row in rules.rows} == {"segment_name", "a_new_rule"}


def test_bins_of_few_texts_are_in_the_table_only() -> None:
    chart = make_quality_chart("quality_reliability", REPORT, "en")
    drawn = {
        (row["part"], row["claimed"])
        for rows in chart.spec["datasets"].values()
        for row in rows
        if "claimed" in row
    }
    assert len(chart.rows) == 6
    assert len(drawn) == 4


def test_without_labelled_texts_the_page_says_so(tmp_path: Path) -> None:
    store = write_store(tmp_path)
    (file,) = store.glob("snapshots/*/quality.json")
    file.write_text(re.sub(r'"gold": \{.*\}, "second_opinion"', '"gold": null, "second_opinion"',
                           file.read_text()))  # fmt: skip
    with run_server(store) as address, httpx.Client(base_url=address) as client:
        page = client.get("/en/quality").text
        assert "had no labelled affiliations" in page
        assert client.get("/api/v1/charts/quality_lists.png").status_code == 404
        file.unlink()


def test_snapshots_of_older_builds_have_no_report(tmp_path: Path) -> None:
    store = write_store(tmp_path)
    (file,) = store.glob("snapshots/*/quality.json")
    file.unlink()
    with run_server(store) as address, httpx.Client(base_url=address) as client:
        answer = client.get("/ko/quality")
        assert answer.status_code == 200
        assert "측정되지 않았습니다" in answer.text
        assert client.get("/api/v1/quality").status_code == 404
        assert client.get("/api/v1/charts/quality_years.json").status_code == 404
