"""Waiting for the charts of a page."""

from __future__ import annotations

from typing import Any


def draw_all(page: Any) -> int:
    """Scroll to every chart and wait until it is drawn; how many there are."""
    plots = page.locator(".plot")
    for i in range(plots.count()):
        plots.nth(i).scroll_into_view_if_needed()
        plots.nth(i).locator("svg").first.wait_for(timeout=20_000)
    assert page.locator('.plot[data-state="failed"]').count() == 0
    return int(plots.count())
