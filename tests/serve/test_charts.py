"""Charts: honest about doubt, gaps and unfinished years, and drawable without a network."""

from __future__ import annotations

import io
import itertools
import json
import shutil
import subprocess
from typing import Any

import pyarrow.parquet as pq
import pytest

from talentflow.core.areas import LANGUAGES
from talentflow.core.errors import UsageError
from talentflow.core.vocabulary import ALL
from talentflow.serve.charts import AREA_CHARTS, WORLD_CHARTS, make_chart
from talentflow.serve.charts.chart import Chart, Request
from talentflow.serve.charts.picture import draw_picture
from talentflow.serve.charts.series import Lines, draw_lines
from talentflow.serve.charts.theme import make_theme
from talentflow.serve.exports import tabulate_figures, write_table
from talentflow.serve.figures import Figures

CHARTS = [*WORLD_CHARTS, *AREA_CHARTS]


def chart_of(figures: Figures, id_: str, language: str = "en", **asked: Any) -> Chart:
    area = ALL if id_ in WORLD_CHARTS else asked.pop("area", "KR")
    return make_chart(id_, Request(figures=figures, language=language, area=area, **asked))


def data_of(chart: Chart) -> list[dict[str, Any]]:
    """Every inline row of a specification, wherever it stands."""
    assert set(chart.spec["datasets"]), "altair keeps inline rows under `datasets`"
    return [row for rows in chart.spec["datasets"].values() for row in rows]


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("id_", CHARTS)
def test_every_chart_has_its_words_and_figures(figures: Figures, id_: str, language: str) -> None:
    chart = chart_of(figures, id_, language)
    assert chart.drawable
    assert chart.title
    assert chart.subtitle
    assert "{" not in chart.title + chart.subtitle + "".join(chart.notes)
    assert '"url"' not in json.dumps(chart.spec)


@pytest.mark.parametrize("id_", CHARTS)
def test_an_unknown_country_gives_an_empty_chart(figures: Figures, id_: str) -> None:
    chart = make_chart(id_, Request(figures=figures, language="en", area="FJ"))
    assert chart.drawable == (id_ in {"ranking", "cohort_places"})
    assert isinstance(chart.spec, dict)


def test_censored_years_are_drawn_apart(figures: Figures) -> None:
    rows = data_of(chart_of(figures, "net_rate"))
    assert {row["x"] for row in rows if row.get("part") == "done"} == set(range(1990, 2024))
    assert {row["x"] for row in rows if row.get("part") == "open"} == {2023, 2024, 2025}
    assert any("2024" in note for note in chart_of(figures, "net_rate").notes)


def test_missing_figures_stay_missing(figures: Figures) -> None:
    chart = chart_of(figures, "stock", area="LU")
    values = [row["v"] for row in data_of(chart) if "v" in row]
    assert 0 not in values
    assert {row.value for row in chart.rows if row.flag == "too_few"} == {None}


def test_definition_falls_back_where_it_does_not_exist(figures: Figures) -> None:
    assert chart_of(figures, "net_rate", definition="any-gap").definition_id == "any-gap"
    assert chart_of(figures, "retention", definition="any-gap").definition_id == "default"


def test_window_is_chosen(figures: Figures) -> None:
    assert {row.period for row in chart_of(figures, "flows").rows} == {"2019/2023"}
    rows = chart_of(figures, "flows", window="2010/2014").rows
    assert {row.period for row in rows} == {"2010/2014"}


def test_flows_meet_in_the_middle(figures: Figures) -> None:
    """Ribbons at the hub lie one below the other: nothing is lost between edge and hub."""
    rows = data_of(chart_of(figures, "flows"))
    for edge in (0.47, 0.53):
        ends = sorted(
            (r["y"], r["y2"]) for r in rows if r.get("x") == edge and "y2" in r and "x2" not in r
        )
        assert ends
        for (_, bottom), (top, _) in itertools.pairwise(ends):
            assert top == pytest.approx(bottom, abs=0.05)


def test_ranking_colours_only_what_the_interval_supports(figures: Figures) -> None:
    for row in data_of(chart_of(figures, "ranking")):
        if "side" in row:
            expected = "gain" if row["low"] > 0 else "loss" if row["high"] < 0 else "open"
            assert row["side"] == expected


def test_themes_name_the_same_roles() -> None:
    light, dark = make_theme("light"), make_theme("dark")
    assert light.keys() == dark.keys()
    assert light["style"].keys() == dark["style"].keys()


def test_tables_leave_unchanged(figures: Figures) -> None:
    chart = chart_of(figures, "net_rate")
    table = tabulate_figures(chart.rows)
    assert pq.read_table(io.BytesIO(write_table(table, "parquet"))).equals(table)
    assert tabulate_figures([]).schema == table.schema
    with pytest.raises(UsageError):
        write_table(table, "xlsx")


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_pictures_are_drawn(figures: Figures, theme: str) -> None:
    chart = chart_of(figures, "rates")
    png = draw_picture(chart, "png", theme=theme)
    assert png.startswith(b"\x89PNG")
    assert len(png) > 20_000
    svg = draw_picture(chart, "svg", theme=theme).decode()
    assert "South Korea" in svg
    assert "default" in svg


def test_korean_letters_are_drawn_not_boxes(figures: Figures) -> None:
    """Two texts of as many letters differ as pictures only if their letters are really drawn."""
    import vl_convert

    if not _has_korean_font():
        pytest.skip("no font with Korean letters is installed (fonts-noto-cjk)")
    assert "국내 연구자 수" in draw_picture(chart_of(figures, "stock", "ko"), "svg").decode()
    spec = {"data": {"values": [{}]}, "width": 80, "height": 30}
    config = make_theme("light")

    def draw(text: str) -> bytes:
        drawn: bytes = vl_convert.vegalite_to_png(
            {**spec, "mark": {"type": "text", "text": text, "fontSize": 20}}, config=config
        )
        return drawn

    assert draw("한국") != draw("미국")


def _has_korean_font() -> bool:
    if shutil.which("fc-list") is None:
        return False
    found = subprocess.run(["fc-list", ":lang=ko"], capture_output=True, check=False)
    return bool(found.stdout.strip())


def test_unknown_chart_names_the_known_ones(figures: Figures) -> None:
    with pytest.raises(UsageError, match="net_rate"):
        chart_of(figures, "pie")


def test_lines_break_at_gaps_and_lone_figures_are_seen(figures: Figures) -> None:
    chart = chart_of(figures, "stock")
    keep = [row for row in chart.rows if row.year in {1990, 1991, 1994, 1997, 1998, 2024}]
    request = chart.request
    gappy = Lines(series=[("stock", keep)], x_title="")
    spec = draw_lines(gappy, request).to_dict()
    rows = [row for rows in spec["datasets"].values() for row in rows if "part" in row]
    gaps = {row["x"] for row in rows if row["v"] is None}
    assert gaps == {1992, 1993, 1995, 1996, *range(1999, 2024)}
    assert {row["x"] for row in rows if row.get("lone")} == {1994, 2024}
