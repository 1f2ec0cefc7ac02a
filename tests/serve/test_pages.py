"""Pages: both languages, escaped, self-contained, quick, and kind to wrong addresses."""

from __future__ import annotations

import html
import re

import httpx
import pytest
from synthetic_store import AREAS

from talentflow.core.areas import LANGUAGES, area_name
from talentflow.indicators.registry import INDICATORS

PATHS = ["", "area/KR", "area/LU", "area/HK?definition=any-gap", "method", "quality", "data", "api",
         "replication", *(f"method/{indicator.id}" for indicator in INDICATORS)]  # fmt: skip


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("path", PATHS)
def test_every_page_in_every_language(client: httpx.Client, language: str, path: str) -> None:
    answer = client.get(f"/{language}/{path}")
    assert answer.status_code == 200
    page = answer.text
    other = next(lang for lang in LANGUAGES if lang != language)
    assert f'<html lang="{language}">' in page
    assert f'href="/{other}/{html.escape(path)}"' in page
    assert "{" not in re.sub(r"/api/v1/[^<\"]*", "", page)
    assert not re.search(r"\b(None|nan|undefined)\b", re.sub(r"<code>.*?</code>", "", page))


@pytest.mark.parametrize("path", PATHS[:8])
def test_pages_load_nothing_from_elsewhere(client: httpx.Client, path: str) -> None:
    page = client.get(f"/en/{path}").text
    loaded = re.findall(r'(?:src|data-src|<link[^>]+href)="([^"]+)"', page)
    assert loaded
    assert all(address.startswith("/") and not address.startswith("//") for address in loaded)
    assert not re.search(r"\son\w+=|<style|style=|<script>", page)


def test_home_follows_the_browser(client: httpx.Client) -> None:
    for header, language in (("ko,en;q=0.5", "ko"), ("de,en;q=0.5", "en")):
        answer = client.get("/", headers={"Accept-Language": header})
        assert answer.headers["location"] == f"/{language}/"
        assert answer.headers["vary"] == "Accept-Language"
    assert client.get("/en").headers["location"] == "/en/"


@pytest.mark.parametrize(
    "typed", ["KR", "kr", "South Korea", "대한민국", "south korea (KR)", " 대한민국 (KR) "]
)
def test_chooser_understands_what_people_type(client: httpx.Client, typed: str) -> None:
    answer = client.get("/ko/area", params={"area": typed})
    assert (answer.status_code, answer.headers["location"]) == (303, "/ko/area/KR")


def test_country_addresses_have_one_form(client: httpx.Client) -> None:
    answer = client.get("/en/area/kr?definition=any-gap")
    assert answer.headers["location"] == "/en/area/KR?definition=any-gap"


@pytest.mark.parametrize(
    ("path", "status", "hint"),
    [
        ("/en/area?area=Korae", 422, "KR"),
        ("/en/area/Atlantis", 404, "ISO 3166"),
        ("/en/area/FJ", 404, "Fiji"),
        ("/ko/area/KR?definition=mine", 422, "any-gap"),
        ("/ko/area/KR?window=2%2F3", 422, "2019/2023"),
        ("/en/method/nothing", 404, "net_rate"),
        ("/en/nothing", 404, "/en/nothing"),
        ("/xx/", 404, "/xx/"),
        ("/static/0/../../pyproject.toml", 404, ""),
        ("/static/000000000000/site.css", 404, ""),
        ("/en/area/<script>alert(1)</script>", 404, ""),
    ],
)
def test_wrong_addresses_are_explained(
    client: httpx.Client, path: str, status: int, hint: str
) -> None:
    answer = client.get(path, headers={"Accept-Language": "en"})
    assert answer.status_code == status
    assert answer.headers["content-type"].startswith("text/html")
    assert hint in answer.text
    assert "<script>alert" not in answer.text
    assert ('<html lang="ko">' in answer.text) == path.startswith("/ko")


def test_country_page_says_its_figures_in_words(client: httpx.Client) -> None:
    page = html.unescape(client.get("/en/area/KR").text)
    assert re.search(r"South Korea (lost|gained) [\d.]+ \(95% interval [\d.]+ to [\d.]+\)", page)
    assert re.search(r"n = [\d,]+", page)
    korean = html.unescape(client.get("/ko/area/KR").text)
    assert re.search(r"대한민국은 관측된 연구자 [\d,]+명을 기준으로 100명당", korean)


def test_a_country_without_figures_for_a_chart_says_so(client: httpx.Client) -> None:
    page = client.get("/en/area/LU").text
    assert "No figures: too few people in Luxembourg" in page


def test_definitions_change_the_figures(client: httpx.Client) -> None:
    default, other = (
        client.get(f"/en/area/US{query}").text for query in ("", "?definition=no-bridging")
    )
    assert default != other
    assert "definition=no-bridging" in other
    assert "exists only under this definition" in other


def test_overview_accounts_for_every_record(client: httpx.Client) -> None:
    page = client.get("/en/").text
    for count in ("60,040", "60,000", "48,000", "9,000", "3,000"):
        assert count in page
    assert all(area_name(code) in html.unescape(page) for code in AREAS)


def test_data_page_shows_the_manifest(client: httpx.Client) -> None:
    page = client.get("/ko/data").text
    assert "nips/nips2021.json" in page
    assert "no_author" in page
    assert "성립합니다" in page


def test_static_files_are_kept_for_ever(client: httpx.Client) -> None:
    page = client.get("/en/").text
    for address in re.findall(r'"(/static/[^"]+)"', page):
        answer = client.get(address)
        assert answer.status_code == 200
        assert "immutable" in answer.headers["cache-control"]
