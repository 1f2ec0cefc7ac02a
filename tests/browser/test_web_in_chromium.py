"""What a visitor does, in a real browser. Every test also fails on console errors or warnings
and on requests to other hosts (see `open_page`)."""

from __future__ import annotations

import io
import itertools
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow.csv as pa_csv
import pytest
from drawn_charts import draw_all

pytestmark = pytest.mark.browser

LAPTOP = {"width": 1366, "height": 768}
PHONE = {"width": 375, "height": 667}
Open = Callable[..., Any]


def test_choose_a_country_and_switch_language(open_page: Open) -> None:
    page = open_page("/en/")
    assert draw_all(page) == 1
    page.get_by_label("Choose a country").fill("South Korea")
    page.get_by_role("button", name="Show").click()
    page.wait_for_url("**/en/area/KR")
    assert page.locator("h1").inner_text() == "South Korea"
    page.get_by_role("link", name="한국어").click()
    page.wait_for_url("**/ko/area/KR")
    assert page.locator("h1").inner_text() == "대한민국"
    assert page.locator("html").get_attribute("lang") == "ko"
    assert draw_all(page) == 14


def test_change_the_definition(open_page: Open) -> None:
    page = open_page("/en/area/US")
    before = page.locator("#headline-stock .big").inner_text()
    page.get_by_label("Definition", exact=True).select_option("no-bridging")
    page.wait_for_url("**definition=no-bridging*")
    assert page.locator("#headline-stock .big").inner_text() != before
    assert page.get_by_label("Definition", exact=True).input_value() == "no-bridging"
    draw_all(page)
    page.get_by_role("link", name="한국어").click()
    page.wait_for_url("**/ko/area/US?definition=no-bridging")


def test_download_table_and_picture(open_page: Open, tmp_path: Path) -> None:
    page = open_page("/en/area/KR")
    panel = page.locator("#net_rate")
    with page.expect_download() as waiting:
        panel.get_by_role("link", name="CSV").click()
    waiting.value.save_as(tmp_path / "table.csv")
    table = pa_csv.read_csv(io.BytesIO((tmp_path / "table.csv").read_bytes()))
    assert set(table["indicator"].to_pylist()) == {"net_rate"}
    assert set(table["area"].to_pylist()) == {"KR"}
    with page.expect_download() as waiting:
        panel.get_by_role("link", name="PNG").click()
    waiting.value.save_as(tmp_path / "chart.png")
    assert (tmp_path / "chart.png").read_bytes().startswith(b"\x89PNG")


def test_tables_hold_what_charts_show(open_page: Open) -> None:
    page = open_page("/en/area/KR")
    panel = page.locator("#stock")
    panel.locator("summary").click()
    first = panel.locator("tbody tr").first
    assert first.locator("th").inner_text() == "1990"
    assert panel.locator("tbody tr").count() == 36
    assert "incomplete" in panel.locator("tbody tr").last.inner_text()


def test_hover_tells_the_figure(open_page: Open) -> None:
    page = open_page("/en/area/KR")
    plot = page.locator("#stock .plot")
    plot.scroll_into_view_if_needed()
    plot.locator("svg").first.wait_for()
    box = plot.bounding_box()
    page.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    page.mouse.move(box["x"] + box["width"] / 2 + 3, box["y"] + box["height"] / 2 + 3)
    tip = page.locator("#vg-tooltip-element.visible")
    tip.wait_for()
    assert re.search(r"[\d,]+ \([\d,]+ to [\d,]+\)", tip.inner_text())
    assert "undefined" not in tip.inner_text()


@pytest.mark.parametrize("viewport", [PHONE, {"width": 390, "height": 844}, LAPTOP])
@pytest.mark.parametrize(
    "path",
    [
        "/en/",
        "/ko/area/KR",
        "/ko/quality",
        "/en/data",
        "/ko/api",
        "/en/method/flow",
        "/ko/replication",
    ],
)
def test_nothing_sticks_out(open_page: Open, path: str, viewport: dict[str, int]) -> None:
    page = open_page(path, viewport=viewport)
    draw_all(page)
    width = page.evaluate("document.documentElement.scrollWidth")
    assert width <= viewport["width"]


@pytest.mark.parametrize("path", ["/en/", "/ko/area/KR", "/en/quality"])
def test_labels_and_keyboard(open_page: Open, path: str) -> None:
    page = open_page(path)
    unnamed = page.evaluate(
        """() => [...document.querySelectorAll('input, select, button, a, [role=img], img')]
            .filter(e => !e.closest('svg.marks'))
            .filter(e => !(e.labels && e.labels.length) && !e.textContent.trim()
                         && !e.getAttribute('aria-label') && e.getAttribute('alt') === null)
            .map(e => e.outerHTML)"""
    )
    assert unnamed == []
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.className") == "skip"
    page.keyboard.press("Enter")
    assert page.url.endswith("#main")
    levels = page.evaluate("[...document.querySelectorAll('h1,h2,h3')].map(h => +h.tagName[1])")
    assert levels[0] == 1
    assert levels.count(1) == 1
    assert all(later - earlier <= 1 for earlier, later in itertools.pairwise(levels))


def test_country_is_chosen_by_keyboard(open_page: Open) -> None:
    page = open_page("/ko/")
    page.get_by_label("국가 선택").focus()
    page.keyboard.type("미국")
    page.keyboard.press("Enter")
    page.wait_for_url("**/ko/area/US")


def test_dark_pages_have_dark_charts(open_page: Open) -> None:
    page = open_page("/en/area/KR", color_scheme="dark")
    draw_all(page)
    ground = "getComputedStyle(document.querySelector('#stock svg')).backgroundColor"
    assert page.evaluate(ground) == "rgb(26, 32, 40)"
    page.emulate_media(color_scheme="light")
    page.locator('#stock .plot[data-theme="light"]').wait_for()
    assert page.evaluate(ground) == "rgb(255, 255, 255)"


CONTRAST = """() => {
  const curve = v => v <= 0.03928 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4;
  const channel = v => curve(v / 255);
  const luminance = c => 0.2126 * channel(c[0]) + 0.7152 * channel(c[1]) + 0.0722 * channel(c[2]);
  const parse = text => (text.match(/[\\d.]+/g) || []).map(Number);
  const ground = e => {
    for (; e; e = e.parentElement) {
      const c = parse(getComputedStyle(e).backgroundColor);
      if (c.length === 3 || c[3] > 0) return c;
    }
    return [255, 255, 255];
  };
  const texts = 'p, a, h1, h2, h3, td, th, label, button, summary';
  return [...document.querySelectorAll(texts)]
    .filter(e => e.textContent.trim() && e.getClientRects().length)
    .map(e => {
      const a = luminance(parse(getComputedStyle(e).color)), b = luminance(ground(e));
      return [(Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05), e.outerHTML.slice(0, 120)];
    })
    .filter(([ratio]) => ratio < 4.5);
}"""


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("path", ["/en/", "/ko/area/KR", "/en/quality", "/en/method/retention"])
def test_text_has_contrast(open_page: Open, path: str, scheme: str) -> None:
    """WCAG 2.2 level AA: 4.5 to 1."""
    page = open_page(path, color_scheme=scheme)
    assert page.evaluate(CONTRAST) == []


def test_pages_work_without_scripts(open_page: Open) -> None:
    page = open_page("/en/area/KR", java_script_enabled=False)
    picture = page.locator("#stock noscript img, #stock img").first
    assert picture.count() == 1
    page.get_by_label("Definition", exact=True).select_option("any-gap")
    page.get_by_role("button", name="Apply").click()
    page.wait_for_url("**definition=any-gap*")
