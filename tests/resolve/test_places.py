"""Place words and the areas they mean."""

from __future__ import annotations

import pytest

from talentflow.resolve.candidates import parse_text
from talentflow.resolve.places import (
    PlaceIndex,
    area_of_domain,
    build_places,
    find_places,
    find_weak_places,
)


@pytest.fixture(scope="module")
def places() -> PlaceIndex:
    cities = [("Cambridge", "GB")] * 3 + [("Cambridge", "US")] * 4 + [("Lyon", "FR")] * 5
    cities += [("Tbilisi", "GE")] * 3 + [("Reading", "GB"), ("Toronto", "CA"), ("Toronto", "CA")]
    return build_places(cities)


def named(text: str, places: PlaceIndex) -> list[tuple[str, ...]]:
    return [word.areas for word in find_places(parse_text(text).segments, places)]


@pytest.mark.parametrize(
    ("text", "areas"),
    [
        ("Seoul, Korea", [("KR",), ("KR",)]),
        ("Beijing 100080, P.R. China", [("CN",), ("CN",)]),
        ("Pittsburgh, PA 15213", [("US",), ("US",)]),
        ("Hsinchu, Taiwan, R.O.C.", [("TW",), ("TW",), ("TW",)]),
        ("Rep. of Korea", [("KR",)]),
        ("Clear Water Bay, Hong Kong, People?s Republic of China", [("HK",), ("HK",), ("CN",)]),
        ("Perth, WA", [("AU",), ("AU",)]),
        ("Toronto, CA", [("CA",), ("CA",)]),
        ("Cambridge, MA", [("US", "GB"), ("US",)]),
        ("Lyon1", [("FR",)]),
        ("New England", [("US",)]),
        ("대한민국", [("KR",)]),
        ("Toronto, ON M5S 1A1", [("CA",), ("CA",)]),
        ("Lyon", [("FR",)]),
        ("Deutschland", [("DE",)]),
        ("New South Wales", [("AU",)]),
        ("New Mexico", [("US",)]),
        ("Inner Mongolia", [("CN",)]),
        ("Wales", [("GB",)]),
    ],
)
def test_places_named_outright(text: str, areas: list[tuple[str, ...]], places: PlaceIndex) -> None:
    assert named(text, places) == areas


def test_ambiguous_names_keep_all_meanings(places: PlaceIndex) -> None:
    assert named("Georgia", places) == [("GE", "US")]
    assert set(named("Cambridge", places)[0]) == {"US", "GB"}


@pytest.mark.parametrize("text", ["University of Georgia", "Bank of Korea", "EE", "AI"])
def test_places_inside_names_do_not_count(text: str, places: PlaceIndex) -> None:
    assert named(text, places) == []


@pytest.mark.parametrize(
    ("domain", "area"),
    [
        ("kaist.ac.kr", "KR"),
        ("ox.ac.uk", "GB"),
        ("cuhk.edu.hk", "HK"),
        ("ntu.edu.tw", "TW"),
        ("x.ai", None),
        ("mit.edu", None),
        ("m.sc", None),
        ("localhost", None),
        ("x.qq", None),
    ],
)
def test_area_of_a_domain(domain: str, area: str | None) -> None:
    assert area_of_domain(domain) == area


def test_weak_places_need_agreement(places: PlaceIndex) -> None:
    assert find_weak_places(["beijing", "institute", "physics"], places) == "CN"
    assert find_weak_places(["korean", "institute"], places) == "KR"
    assert find_weak_places(["lyon", "tokyo", "institute"], places) is None
    assert find_weak_places(["guangdong", "hong", "kong", "laboratory"], places) == "HK"
    assert find_weak_places(["hong", "kong", "macao", "laboratory"], places) == "CN"
