"""Comparisons on the pages and under the API: differences, ranks, curves, and what is not there."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from talentflow.core.areas import LANGUAGES
from talentflow.core.errors import UsageError
from talentflow.estimate.comparison import compare_figures
from talentflow.estimate.spread import find_spread
from talentflow.indicators.absence import describe_absence
from talentflow.indicators.snapshot import Query
from talentflow.serve.changes import list_changes
from talentflow.serve.charts import make_chart
from talentflow.serve.charts.chart import Request
from talentflow.serve.contrasts import put_later_first, say_caveats, say_comparison, say_rank
from talentflow.serve.figures import Cell
from talentflow.serve.live import Edition

WHOLE = {"partner": "all", "stage": "all", "sector": "all", "definition": "default"}


def query(area: str, period: str, indicator: str = "net_rate", **cell: str) -> Query:
    return Query(**(WHOLE | {"indicator": indicator, "area": area, "period": period} | cell))


def test_a_difference_is_said_both_ways(edition: Edition) -> None:
    windows = query("KR", "2015/2019"), query("KR", "2010/2014")
    found = compare_figures(edition.snapshot, *windows)
    back = compare_figures(edition.snapshot, *windows[::-1])
    assert found.difference.value == pytest.approx(-back.difference.value)
    english = say_comparison(found, "en", edition.snapshot)
    assert english.startswith("Net rate, South Korea: ")
    assert "percentage points" in english
    assert "대한민국의 순유입률" in say_comparison(found, "ko", edition.snapshot)
    assert say_caveats(found, "en") == ["In brackets the 95% interval of the difference."]


def test_certain_differences_lose_their_sign(edition: Edition) -> None:
    larger = compare_figures(
        edition.snapshot, query("US", "2018", "stock"), query("KR", "2018", "stock")
    )
    said = say_comparison(larger, "en", edition.snapshot)
    assert "higher in the United States than in South Korea, by" in said
    smaller = compare_figures(
        edition.snapshot, query("KR", "2018", "stock"), query("US", "2018", "stock")
    )
    assert "lower in South Korea than in the United States, by" in (
        said := say_comparison(smaller, "en", edition.snapshot)
    )
    assert "−" not in said


def test_figures_without_replicates_count_as_independent(edition: Edition) -> None:
    found = compare_figures(
        edition.snapshot, query("LU", "2018", "stock"), query("US", "2018", "stock")
    )
    assert found.difference.correlation is None
    assert any("independent" in note for note in say_caveats(found, "en"))


@pytest.mark.parametrize(
    ("first", "second", "message"),
    [
        (query("KR", "2018"), query("KR", "2018"), "with itself"),
        (query("KR", "2018"), query("FJ", "2018"), r"no figure for area Fiji \(FJ\)"),
        (query("KR", "1492"), query("US", "2018"), "the nearest is 1990"),
        (query("LU", "1990", "outflow"), query("US", "2018", "outflow"), "that is not zero"),
        (query("KR", "2010:2018"), query("US", "2018"), "9 figures answer"),
    ],
)
def test_what_cannot_be_compared(
    edition: Edition, first: Query, second: Query, message: str
) -> None:
    with pytest.raises(UsageError, match=message):
        compare_figures(edition.snapshot, first, second)


def test_the_later_period_comes_first() -> None:
    assert put_later_first("2010", "2018") == ("2018", "2010")
    assert put_later_first("2020/2024", "2015/2019") == ("2020/2024", "2015/2019")
    assert put_later_first("P5Y", "P10Y") == ("P10Y", "P5Y")


@pytest.mark.parametrize("language", LANGUAGES)
def test_changes_are_those_of_the_window(edition: Edition, language: str) -> None:
    request = Request(figures=edition.figures, language=language, area="KR", window="2015/2019")
    changes = list_changes(request)
    assert [line.indicator for line in changes.lines][:3] == ["net_rate", "in_rate", "out_rate"]
    assert all("2010" in line.sentence and "2015" in line.sentence for line in changes.lines)
    assert not list_changes(Request(figures=edition.figures, language=language, area="FJ")).lines


def test_a_place_is_told_with_its_interval(edition: Edition) -> None:
    stock = edition.figures.find_one("stock", "US", Cell(period="2018"))
    assert stock is not None
    said = say_rank(stock, "en", edition.snapshot)
    assert said.startswith("Place 1 of ")
    assert "the records allow 1 to 3" in said
    assert say_rank(stock._replace(partner="KR"), "en", edition.snapshot) == ""


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_curve_has_every_definition_and_its_choices(edition: Edition, language: str) -> None:
    request = Request(figures=edition.figures, language=language, area="KR")
    chart = make_chart("curve_net_rate", request)
    assert [row.definition_id for row in chart.rows if row.value is not None]
    values = [row.value or 0 for row in chart.rows]
    assert values == sorted(values)
    assert {row.definition_id for row in chart.rows} == {"default", "no-bridging", "any-gap"}
    rows = [row for rows in chart.spec["datasets"].values() for row in rows]
    labels = {row["label"] for row in rows if "label" in row}
    assert len(labels) == 3 + 2  # three lengths of silence bridged, two ways to fill it
    assert sum(row.get("side") == "gain" and "v" in row for row in rows) == 1
    assert len(chart.notes) == 2


def test_a_spread_is_over_one_figure(edition: Edition) -> None:
    found = find_spread(edition.snapshot, Query(indicator="net_rate", area="KR", period="2018"))
    assert {share.choice for share in found.shares} == {"bridging", "denominator"}
    assert found.left_pct == pytest.approx(0, abs=1e-6)
    for wrong in ({"area": "KR"}, {"period": "2018"}, {"area": "KR", "period": "2010:2012"}):
        with pytest.raises(UsageError, match="one figure"):
            find_spread(edition.snapshot, Query(indicator="net_rate", **wrong))


@pytest.mark.parametrize(
    ("wanted", "message"),
    [
        (query("KR", "2018", "flow", partner="FJ"), "no figure for partner Fiji"),
        (query("KR", "2018", stage="doctoral"), "stage among all"),
        (query("KR", "2018", "retention"), "no figure for period"),
        (query("KR", "P5Y", "retention", definition="any-gap"), "definition among default"),
    ],
)
def test_absence_names_what_leaves_nothing(edition: Edition, wanted: Query, message: str) -> None:
    try:
        error = describe_absence(edition.snapshot, wanted)
    except UsageError as raised:
        error = raised
    assert message in str(error)
    assert "nearest" in str(error)


def get(client: httpx.Client, path: str, **parameters: str) -> Any:
    return client.get(f"/api/v1/{path}", params={"indicator": "net_rate", **parameters})


def test_compare_over_the_api(client: httpx.Client) -> None:
    answer = get(client, "compare", area="KR", period="2018", other_area="JP", lang="ko").json()
    assert answer["low"] < answer["difference"] < answer["high"]
    assert answer["verdict"] in ("higher", "lower", "open")
    assert "대한민국" in answer["sentence"]
    assert (answer["first"]["area"], answer["second"]["area"]) == ("KR", "JP")
    later = get(client, "compare", area="KR", period="2010/2014", other_period="2015/2019").json()
    assert later["first"]["period"] == "2015/2019"
    wrong = get(client, "compare", area="KR", period="2018")
    assert wrong.status_code == 422
    assert "either" in wrong.json()["expected"]


def test_ranks_and_spread_over_the_api(client: httpx.Client) -> None:
    ranks = get(client, "ranks", period="2015/2019").json()["ranks"]
    assert [row["rank"] for row in ranks] == list(range(1, len(ranks) + 1))
    assert all(row["rank_low"] <= row["rank"] <= row["rank_high"] <= row["of"] for row in ranks)
    assert get(client, "ranks", period="2015/2019", area="KR").json()["count"] == 1
    spread = get(client, "spread", area="KR", period="2015/2019").json()
    assert len(spread["definitions"]) == 3
    assert {row["choice"] for row in spread["choices"]} == {"bridging", "denominator"}


def test_values_can_be_had_as_sentences(client: httpx.Client) -> None:
    found = get(client, "values", area="KR", period="2018", sentences="ko").json()
    assert len(found["sentences"]) == found["count"] > 0
    empty = get(client, "values", area="FJ").json()
    assert empty["count"] == 0
    assert "Fiji" in empty["absent"]["found"]


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_pages_show_them(client: httpx.Client, language: str) -> None:
    country = client.get(f"/{language}/area/KR").text
    for mark in ('id="changes"', 'id="curve_net_rate"', 'class="fine rank"', 'tr title="'):
        assert mark in country
    world = client.get(f"/{language}/").text
    assert {"en": "Ranks are by the net rate", "ko": "순위는 순유입률 기준"}[language] in world
