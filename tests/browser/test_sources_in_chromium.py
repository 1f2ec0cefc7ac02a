"""The page on several sources in a real browser: reached by the menu, read, narrow and wide."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from running_server import run_server
from synthetic_sources import write_figures
from synthetic_store import write_store

pytestmark = pytest.mark.browser

Open = Callable[..., Any]


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    store = write_store(tmp_path_factory.mktemp("sources"))
    write_figures(store, "2026-01-15-toy0001")
    with run_server(store) as address:
        yield address


def test_the_menu_leads_there_and_the_area_is_chosen(open_page: Open) -> None:
    page = open_page("/ko/")
    page.get_by_role("link", name="출처", exact=True).click()
    page.wait_for_url("**/ko/sources")
    assert page.locator("h2#stock").inner_text().startswith("대한민국")
    page.get_by_label("국가").select_option("JP")
    page.get_by_role("button").click()
    page.wait_for_url("**/ko/sources?area=JP")
    page.get_by_role("link", name="English").click()
    page.wait_for_url("**/en/sources?area=JP")
    assert page.locator("h2#stock").inner_text().startswith("Japan")


@pytest.mark.parametrize("width", [320, 390, 1280])
@pytest.mark.parametrize("language", ["en", "ko"])
def test_tables_scroll_and_the_page_does_not(open_page: Open, language: str, width: int) -> None:
    page = open_page(f"/{language}/sources", viewport={"width": width, "height": 844})
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    for box in page.locator(".combined").all():
        assert 200 < box.bounding_box()["width"] <= width


@pytest.mark.parametrize("language", ["en", "ko"])
def test_a_country_says_how_well_it_is_covered(open_page: Open, language: str) -> None:
    said = open_page(f"/{language}/area/KR").locator("#coverage").inner_text()
    assert "3,174" in said
    assert "55%" in said
    unknown = open_page(f"/{language}/area/JP").locator("#coverage").inner_text()
    assert ("cannot be told" if language == "en" else "알 수 없습니다") in unknown
