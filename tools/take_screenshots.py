"""Take the pictures of the README anew: `python tools/take_screenshots.py STORE`."""

from __future__ import annotations

import sys
from pathlib import Path

from playwright.sync_api import sync_playwright

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tests" / "serve"))

from running_server import run_server

IMAGES = Path(__file__).resolve().parents[1] / "docs" / "images"
CHROMIUM = "/usr/bin/chromium"
ARGUMENTS = ["--headless", "--no-sandbox", "--disable-gpu", "--disable-background-networking"]
SHOTS = (
    ("overview-en", "/en/", {"width": 1280, "height": 900}, None),
    ("korea-en", "/en/area/KR", {"width": 1280, "height": 900}, None),
    ("flows-ko", "/ko/area/KR", {"width": 1280, "height": 900}, "flows"),
    ("phone-ko", "/ko/area/KR", {"width": 390, "height": 844}, None),
)


def main() -> None:
    """Write `docs/images/*.png` from the store named on the command line."""
    IMAGES.mkdir(exist_ok=True)
    with run_server(Path(sys.argv[1])) as address, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        for name, path, viewport, chart in SHOTS:
            page = browser.new_page(viewport=viewport)
            page.goto(address + path)
            if chart is not None:
                page.locator(f"#{chart}").scroll_into_view_if_needed()
            page.wait_for_load_state("networkidle")
            page.wait_for_timeout(1500)
            page.screenshot(path=IMAGES / f"{name}.png")
        browser.close()


if __name__ == "__main__":
    main()
