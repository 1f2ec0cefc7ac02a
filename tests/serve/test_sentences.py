"""Can every figure be quoted: with its interval, its people, and what it is not?"""

from __future__ import annotations

import json
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from talentflow.core.areas import AREAS, LANGUAGES
from talentflow.core.rules import Population
from talentflow.core.vocabulary import FLAGS, STUDY_STAGES
from talentflow.indicators.definitions import DEFINITIONS, define_cohort
from talentflow.indicators.registry import INDICATORS
from talentflow.indicators.snapshot import Snapshot
from talentflow.serve.figures import Figure
from talentflow.serve.sentences import name_cohort, say_sentence


@pytest.fixture(scope="module")
def snapshot(tmp_path_factory: pytest.TempPathFactory) -> Snapshot:
    folder = tmp_path_factory.mktemp("said")
    definitions = [*DEFINITIONS, define_cohort(Population(tier="oral"))]
    described = [definition.to_dict() for definition in definitions]
    (folder / "definitions.json").write_text(json.dumps(described), "utf-8")
    (folder / "indicators.json").write_text(json.dumps([i.to_dict() for i in INDICATORS]), "utf-8")
    return Snapshot(folder)


def figure(indicator: str, value: float | None, low: float, high: float, **cell: object) -> Figure:
    row: dict[str, object] = {
        "indicator": indicator, "definition_id": "default", "area": "KR", "partner": "all",
        "stage": "all", "sector": "all", "period": "2018", "unit": "percent", "flag": "ok",
        "n": 41, "level": 0.95, "snapshot_id": "s",
    }  # fmt: skip
    ends = {"low": None if value is None else low, "high": None if value is None else high}
    return Figure(**(row | ends | {"value": value} | cell))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("said", "en", "ko"),
    [
        (
            figure("retention", 31.7, 19.6, 47.0, stage="doctoral", period="P5Y"),
            "Of 41 people who finished in South Korea (doctorate), an estimated 31.7% (95% "
            "interval 19.6 to 47.0%) had not been seen abroad after 5 years.",
            "대한민국에서 박사과정을 마친 41명 가운데 추정 31.7%(95% 구간 19.6~47.0%)는 5년 "
            "뒤에도 해외에서 관측되지 않았습니다.",
        ),
        (
            figure("work_share", 31.707, 19.6, 47.0, definition_id="default@nips.oral"),
            "Of 41 authors of orals at NIPS in 2018 whose country is known, 13 (31.7%, 95% "
            "interval 19.6 to 47.0%) worked in South Korea.",
            "2018년 NIPS 구두 발표 논문 저자 가운데 국가가 알려진 41명 중 13명(31.7%, 95% 구간 "
            "19.6~47.0%)이 대한민국에서 일했습니다.",
        ),
        (
            figure(
                "origin_share", 31.7, 19.6, 47.0, definition_id="default@all", period="2015/2019"
            ),
            "Of 41 authors of accepted papers at all conferences between 2015 and 2019 whose "
            "country is known, 31.7% (95% interval 19.6 to 47.0%) were first seen in South Korea.",
            "2015년부터 2019년까지 모든 학회 채택 논문 저자 가운데 국가가 알려진 41명 중 31.7%(95% "
            "구간 19.6~47.0%)가 대한민국에서 처음 관측되었습니다.",
        ),
        (
            figure("net_rate", -2.5, -4.0, -1.0, area="US"),
            "The United States lost 2.5 (95% interval 1.0 to 4.0) researchers a year in 2018 of "
            "every 100 of the 41 observed there.",
            "2018년 미국은 관측된 연구자 41명을 기준으로 100명당 해마다 2.5(95% 구간 1.0~4.0)명을 "
            "순수하게 잃었습니다.",
        ),
        (
            figure("net_flow", -2, -9, 5, unit="moves"),
            "South Korea neither clearly gained nor lost in 2018, among 41 people who came or "
            "left: the balance is −2 (95% interval −9 to 5) moves.",
            "2018년 대한민국이 얻었는지 잃었는지 분명하지 않습니다. 오고 간 41명의 순유입은 −2(95% "
            "구간 −9~5)건입니다.",
        ),
        (
            figure("flow", 12, 6, 21, partner="US", unit="moves"),
            "12 (95% interval 6 to 21) moves from South Korea to the United States were seen in "
            "2018, by 41 people.",
            "2018년 대한민국에서 미국으로 옮긴 이동은 12(95% 구간 6~21)건이며, 41명이 옮겼습니다.",
        ),
    ],
)  # fmt: skip
def test_sentences(snapshot: Snapshot, said: Figure, en: str, ko: str) -> None:
    assert say_sentence(said, "en", snapshot) == en
    assert say_sentence(said, "ko", snapshot) == ko


@pytest.mark.parametrize("flag", ["too_few", "suppressed"])
def test_a_withheld_figure_is_not_zero(snapshot: Snapshot, flag: str) -> None:
    said = say_sentence(figure("out_rate", None, 0, 0, flag=flag), "en", snapshot)
    assert said.startswith("Departure rate, South Korea, in 2018: no figure.")
    assert said.endswith("It does not mean zero.")


def test_caveat_and_definition_are_named(snapshot: Snapshot) -> None:
    said = figure("out_rate", 2.0, 1.0, 4.0, flag="censored", definition_id="no-bridging")
    assert "too recent to be complete. Definition: Only consecutive" in say_sentence(
        said, "en", snapshot
    )


def test_an_indicator_without_a_sentence_of_its_own(snapshot: Snapshot) -> None:
    said = say_sentence(figure("new_thing", 3.0, 1.0, 5.0, unit="widgets"), "en", snapshot)
    assert said == "New_thing, South Korea, in 2018: 3 (95% interval 1 to 5) widgets, n = 41."


@given(
    st.sampled_from(INDICATORS),
    st.sampled_from(AREAS),
    st.sampled_from(("all", *STUDY_STAGES)),
    st.sampled_from(FLAGS),
    st.sampled_from(("2018", "2015/2019", "P5Y")),
    st.floats(-90, 90),
    st.sampled_from(LANGUAGES),
)
def test_every_figure_is_a_whole_sentence(
    snapshot, indicator, area, stage, flag, period, value, language
):
    withheld = flag in ("too_few", "suppressed")
    told = None if withheld else value
    said = say_sentence(
        figure(
            indicator.id, told, value - 5, value + 5,
            area=area, partner="US", stage=stage, flag=flag, period=period, unit=indicator.unit,
            definition_id="default@all.oral" if indicator.id.endswith("_share") else "default",
        ),
        language,
        snapshot,
    )  # fmt: skip
    assert said.endswith(".")
    assert "{" not in said
    assert "None" not in said
    assert not re.search(r"\(이\)|\(은\)|을/를", said)


@pytest.mark.parametrize(
    ("definition", "en", "ko"),
    [
        (
            "default@all",
            "authors of accepted papers at all conferences",
            "모든 학회 채택 논문 저자",
        ),
        ("default@icml.oral", "authors of orals at ICML", "ICML 구두 발표 논문 저자"),
    ],
)
def test_cohorts_are_named(definition: str, en: str, ko: str) -> None:
    assert (name_cohort(definition, "en"), name_cohort(definition, "ko")) == (en, ko)
