"""Does the browser that the page tests drive start, or say why it cannot?"""

from __future__ import annotations

import pytest
from playwright.sync_api import sync_playwright


@pytest.mark.browser
def test_browser_draws_korean(chromium: str) -> None:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        page = browser.new_page()
        page.set_content("<h1>인재의 흐름</h1>")
        assert page.inner_text("h1") == "인재의 흐름"
        browser.close()
