"""Do areas have one code each, and names in both languages?"""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from talentflow.core.areas import AREA_INDEX, AREAS, area_name, area_names, parse_area
from talentflow.core.errors import UsageError


@pytest.mark.parametrize("language", ["en", "ko"])
def test_every_area_has_a_name_of_its_own(language: str) -> None:
    names = area_names(language)
    assert list(names) == list(AREAS)
    assert not [code for code, name in names.items() if name == code]
    assert len(set(names.values())) == len(AREAS)


@pytest.mark.parametrize(
    ("code", "english", "korean"),
    [
        ("KR", "South Korea", "대한민국"),
        ("US", "United States", "미국"),
        ("HK", "Hong Kong SAR China", "홍콩(중국 특별행정구)"),
        ("MO", "Macao SAR China", "마카오(중국 특별행정구)"),
        ("TW", "Taiwan", "대만"),
        ("PR", "Puerto Rico", "푸에르토리코"),
        ("XK", "Kosovo", "코소보"),
    ],
)
def test_names_are_those_of_cldr(code: str, english: str, korean: str) -> None:
    assert area_name(code) == english
    assert area_name(code, "ko") == korean
    assert parse_area(english) == parse_area(korean) == code


def test_territories_are_kept_apart_from_states() -> None:
    assert len({AREA_INDEX[code] for code in ("CN", "HK", "MO", "TW", "US", "PR")}) == 6


def test_codes_are_sorted_and_packed_from_one() -> None:
    assert list(AREAS) == sorted(set(AREAS))
    assert [AREA_INDEX[code] for code in AREAS] == list(range(1, len(AREAS) + 1))
    assert len(AREAS) < 256


@given(st.sampled_from(AREAS), st.sampled_from(["en", "ko"]))
def test_code_and_name_lead_back(code: str, language: str) -> None:
    assert parse_area(f" {code.lower()} ") == code
    assert parse_area(area_name(code, language).upper()) == code


@pytest.mark.parametrize(
    ("text", "suggestion"),
    [
        ("Sorth Korea", "KR (south korea)"),
        ("대한민극", "KR (대한민국)"),
        ("Germny", "DE (germany)"),
    ],
)
def test_misspelt_area_is_answered_with_its_neighbours(text: str, suggestion: str) -> None:
    with pytest.raises(UsageError) as caught:
        parse_area(text)
    assert suggestion in str(caught.value)
    assert caught.value.exit_status == 2


@pytest.mark.parametrize("text", ["", "XX", "qqqqqq"])
def test_unknown_area_is_refused(text: str) -> None:
    with pytest.raises(UsageError, match="unknown area"):
        parse_area(text)
