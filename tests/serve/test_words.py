"""Figures said aloud: grammar, signs, precision, and intervals in plain words."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from talentflow.core.areas import AREAS, LANGUAGES
from talentflow.serve.figures import Figure
from talentflow.serve.words import (
    Word,
    attach_particle,
    describe_figure,
    name_area,
    name_sector,
    say_figure,
    say_number,
    say_period,
)


def make_figure(value: float | None, low: float | None, high: float | None, **cell: str) -> Figure:
    row = {
        "indicator": "net_rate", "definition_id": "default", "area": "KR", "partner": "all",
        "stage": "all", "sector": "all", "period": "2019/2023", "unit": "percent", "flag": "ok",
    } | cell  # fmt: skip
    return Figure(**row, value=value, low=low, high=high, level=0.95, n=1234, snapshot_id="s")


@pytest.mark.parametrize(
    ("word", "pair", "said"),
    [
        ("대한민국", "은/는", "대한민국은"),
        ("미국", "이/가", "미국이"),
        ("캐나다", "은/는", "캐나다는"),
        ("브라질", "으로/로", "브라질로"),
        ("중국", "으로/로", "중국으로"),
        ("스위스", "으로/로", "스위스로"),
        ("홍콩(중국 특별행정구)", "은/는", "홍콩(중국 특별행정구)은"),
        ("3", "이/가", "3이"),
        ("2", "이/가", "2가"),
        ("NeurIPS", "은/는", "NeurIPS는"),
        ("CVPR", "이/가", "CVPR이"),
        ("", "은/는", "는"),
    ],
)
def test_particles(word: str, pair: str, said: str) -> None:
    assert attach_particle(word, pair) == said


@given(st.sampled_from(AREAS))
def test_every_country_takes_exactly_one_particle(code: str) -> None:
    name = name_area(code, "ko")
    assert f"{name:은/는}" in {f"{name}은", f"{name}는"}


def test_articles() -> None:
    assert f"{name_area('US', 'en'):The}" == "The United States"
    assert f"{name_area('US', 'en'):the}" == "the United States"
    assert f"{name_area('KR', 'en'):the}" == "South Korea"
    assert f"{Word('x'):>3}" == "  x"


def test_numbers_have_true_minus_and_no_minus_zero() -> None:
    assert say_number(-1234.5, "en", digits=1) == "−1,234.5"
    assert say_number(-0.04, "en", digits=1) == "0.0"
    assert say_number(None, "ko") == "–"


@given(st.floats(-1e6, 1e6), st.sampled_from(LANGUAGES), st.integers(0, 2))
def test_numbers_read_back(value: float, language: str, digits: int) -> None:
    said = say_number(value, language, digits=digits).replace(",", "").replace("−", "-")
    assert float(said) == pytest.approx(value, abs=0.51 * 10**-digits)


@pytest.mark.parametrize(
    ("value", "low", "high", "en", "ko"),
    [
        (
            -0.8, -1.3, -0.3,
            "South Korea lost 0.8 (0.3 to 1.3) of every 100 researchers a year, between 2019 "
            "and 2023.",
            "2019년부터 2023년까지 대한민국은 연구자 100명당 해마다 0.8명(0.3~1.3명)을 순수하게 "
            "잃었습니다.",
        ),
        (
            0.8, 0.3, 1.3,
            "South Korea gained 0.8 (0.3 to 1.3) researchers a year for every 100, between 2019 "
            "and 2023.",
            "2019년부터 2023년까지 대한민국은 연구자 100명당 해마다 0.8명(0.3~1.3명)을 순수하게 "
            "얻었습니다.",
        ),
    ],
)  # fmt: skip
def test_gain_and_loss(value: float, low: float, high: float, en: str, ko: str) -> None:
    figure = make_figure(value, low, high)
    assert describe_figure(figure, "en") == en
    assert describe_figure(figure, "ko") == ko


def test_interval_over_zero_is_left_open() -> None:
    said = describe_figure(make_figure(-0.2, -0.7, 0.3), "en")
    assert said.startswith("South Korea neither clearly gained nor lost")
    assert "a loss of 0.7 to a gain of 0.3" in said
    assert "0.7명 손실에서 0.3명 이득" in describe_figure(make_figure(-0.2, -0.7, 0.3), "ko")


def test_narrow_intervals_get_a_second_decimal() -> None:
    assert say_figure(make_figure(0.18, 0.14, 0.22), "en") == "0.18% (0.14 to 0.22)"
    assert say_figure(make_figure(1.04, 0.5, 1.6), "ko") == "1.0% (0.5~1.6)"


def test_an_end_near_zero_keeps_its_sign() -> None:
    said = say_figure(make_figure(-0.76, -1.47, -0.038), "en")
    assert said == "−0.76% (−1.47 to −0.04)"


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("flag", ["too_few", "suppressed"])
def test_no_figure_is_never_zero(language: str, flag: str) -> None:
    figure = make_figure(None, None, None, flag=flag)
    for said in (describe_figure(figure, language), say_figure(figure, language)):
        assert "0" not in said
        assert said


def test_retention_and_shares() -> None:
    years = make_figure(71.0, 66.0, 75.0, indicator="retention", period="P5Y")
    assert describe_figure(years, "en") == (
        "Of those whose first record was in South Korea, 71.0% (66.0 to 75.0) had not been seen "
        "abroad after 5 years."
    )
    doctors = make_figure(
        71.0, 66.0, 75.0, indicator="retention", period="P5Y", stage="doctoral", area="US"
    )
    assert "finished in the United States (doctorate)" in describe_figure(doctors, "en")
    assert "미국에서 박사과정을 마친" in describe_figure(doctors, "ko")
    orals = make_figure(
        1.2, 0.8, 1.7, indicator="work_share", definition_id="default@all.oral", period="2023"
    )
    assert "oral presentations in 2023" in describe_figure(orals, "en")


def test_periods_and_sectors() -> None:
    assert say_period("2015/2019", "en") == "2015–2019"
    assert say_period("2018", "ko") == "2018"
    assert say_period("P1Y", "en") == "1 year"
    assert say_period("P5Y", "ko") == "5년"
    assert say_period("whenever", "en") == "whenever"
    assert name_sector("university>company", "ko") == "대학 → 기업"
