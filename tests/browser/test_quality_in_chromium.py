"""The page on quality in a real browser: reached by the menu, drawn, read and taken away."""

from __future__ import annotations

import io
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow.csv as pa_csv
import pytest
from drawn_charts import draw_all

from talentflow.serve.charts.quality import QUALITY_CHARTS

pytestmark = pytest.mark.browser

Open = Callable[..., Any]


def test_the_menu_leads_there_and_every_chart_is_drawn(open_page: Open) -> None:
    page = open_page("/ko/")
    page.get_by_role("link", name="품질", exact=True).click()
    page.wait_for_url("**/ko/quality")
    assert draw_all(page) == len(QUALITY_CHARTS)
    page.get_by_role("link", name="English").click()
    page.wait_for_url("**/en/quality")
    assert page.locator("h1").inner_text() == "How far can the answers be trusted?"


def test_table_and_download_hold_the_same_rows(open_page: Open, tmp_path: Path) -> None:
    page = open_page("/en/quality")
    panel = page.locator("#quality_people")
    panel.locator("summary").click()
    rows = panel.locator("tbody tr")
    assert rows.first.inner_text().split("\t")[0] == "United States"
    with page.expect_download() as waiting:
        panel.get_by_role("link", name="CSV").click()
    waiting.value.save_as(tmp_path / "table.csv")
    table = pa_csv.read_csv(io.BytesIO((tmp_path / "table.csv").read_bytes()))
    assert table.num_rows == rows.count()


def test_dark_page_has_dark_charts(open_page: Open) -> None:
    page = open_page("/en/quality", color_scheme="dark")
    draw_all(page)
    ground = "getComputedStyle(document.querySelector('#quality_years svg')).backgroundColor"
    assert page.evaluate(ground) == "rgb(26, 32, 40)"
