"""The page on several sources: with combined figures and without."""

from __future__ import annotations

from pathlib import Path

import httpx
import pytest
from running_server import run_server
from synthetic_sources import write_figures
from synthetic_store import write_store

from talentflow.core.areas import LANGUAGES


@pytest.mark.parametrize("language", LANGUAGES)
def test_without_figures_the_page_says_how_to_make_them(
    client: httpx.Client, language: str
) -> None:
    answer = client.get(f"/{language}/sources")
    assert answer.status_code == 200
    assert "<code>talentflow combine</code>" in answer.text


def test_figures_made_later_are_shown(tmp_path: Path) -> None:
    store = write_store(tmp_path)
    with run_server(store) as address, httpx.Client(base_url=address) as client:
        before = client.get("/en/sources")
        write_figures(store, before.text.split("Snapshot ")[1].split("<")[0])
        page = client.get("/en/sources", params={"area": "KR"}).text
        assert "too few" in page
        assert "OpenAlex scholars" in page
        assert page.count("<polyline") == 2
        assert "{" not in page
        korean = client.get("/ko/sources", params={"area": "JP"}).text
        assert "일본" in korean
        assert client.get("/en/sources", params={"area": "FJ"}).status_code == 422
