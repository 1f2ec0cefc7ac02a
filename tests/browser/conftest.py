"""A real Chromium in front of a real server."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

# The invented snapshot and the server in a thread are those of the tests of `serve`.
sys.path.insert(0, str(Path(__file__).parents[1] / "serve"))

from running_server import run_server
from synthetic_store import write_store


@pytest.fixture(scope="session")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with run_server(write_store(tmp_path_factory.mktemp("site"))) as address:
        yield address


@pytest.fixture
def open_page(browser: Any, site: str) -> Iterator[Callable[..., Any]]:
    """Opens a page; afterwards no console error and no request to another host may remain."""
    troubles: list[str] = []
    contexts: list[Any] = []

    def open_(path: str, **options: Any) -> Any:
        context = browser.new_context(**{"viewport": {"width": 1366, "height": 768}, **options})
        contexts.append(context)
        page = context.new_page()
        page.on("console", lambda m: _note(troubles, m.type in ("error", "warning"), m.text))
        page.on("pageerror", lambda error: troubles.append(str(error)))
        page.on("request", lambda r: _note(troubles, not r.url.startswith((site, "data:")), r.url))
        page.goto(site + path)
        return page

    yield open_
    for context in contexts:
        context.close()
    assert troubles == []


def _note(troubles: list[str], bad: bool, text: str) -> None:
    if bad:
        troubles.append(text)
