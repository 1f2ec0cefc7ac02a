"""Which charts compare countries?"""

from __future__ import annotations

from typing import Final

from talentflow.serve.charts.chart import Chart, Request
from talentflow.serve.charts.dots import Dots, draw_dots
from talentflow.serve.figures import Cell, Figure
from talentflow.serve.words import name_area, say_period

RANKED: Final = 25
"""How many countries the ranking shows, by number of researchers."""

PLACES: Final = 12
"""How many countries a comparison on a country's own page shows."""

COHORT: Final = "default@all"
ORALS: Final = "default@all.oral"


def chart_ranking(request: Request) -> Chart:
    """The net rate of the countries with most researchers, best first, in one window."""
    definition = request.definition_for("net_rate")
    window = request.window_for("net_rate")
    rates = _compare(request, "net_rate", window, definition)
    year = request.figures.latest_year("stock", definition)
    sizes = _compare(request, "stock", year, definition)
    largest = sorted(rates, key=lambda area: -_value_of(sizes.get(area)))
    rows = sorted((rates[area] for area in largest[:RANKED]), key=lambda f: -(f.value or 0))
    dots = Dots(items=_name_areas(rows, request), percent=True, signed=True)
    return Chart(
        id="ranking",
        indicators=("net_rate",),
        request=request,
        rows=rows,
        draw=lambda: draw_dots(dots, request),
        columns=("area", "value", "interval", "rank", "n"),
        when=say_period(window or "", request.language),
        notes=(request.text("chart.ranking.note", count=len(rows)),),
    )


def chart_cohort_places(request: Request) -> Chart:
    """Where the authors of orals work: the leading countries and this one."""
    definition = _choose_cohort(request)
    window = request.figures.latest_window("work_share", definition)
    shares = _compare(request, "work_share", window, definition)
    ranked = sorted(shares.values(), key=lambda f: -(f.value or 0))
    rows = ranked[:PLACES]
    if request.area in shares and shares[request.area] not in rows:
        rows = [*rows[:-1], shares[request.area]]
    focus = str(name_area(request.area, request.language))
    dots = Dots(items=_name_areas(rows, request), percent=True, focus=focus)
    return Chart(
        id="cohort_places",
        indicators=("work_share",),
        request=request,
        rows=rows,
        draw=lambda: draw_dots(dots, request),
        columns=("area", "value", "interval", "rank", "n"),
        when=say_period(window or "", request.language),
        notes=(request.text("chart.cohort.note"),),
    )


def _choose_cohort(request: Request) -> str:
    available = request.figures.definitions_with("work_share")
    return next((id_ for id_ in (ORALS, COHORT) if id_ in available), ORALS)


def _compare(
    request: Request, indicator: str, period: str | None, definition: str
) -> dict[str, Figure]:
    """Area → its published figure of the period; those without a value are left out."""
    if period is None:
        return {}
    found = request.figures.compare(indicator, Cell(period=period), definition=definition)
    return {area: figure for area, figure in found.items() if figure.value is not None}


def _value_of(figure: Figure | None) -> float:
    return figure.value or 0.0 if figure else 0.0


def _name_areas(rows: list[Figure], request: Request) -> list[tuple[str, Figure]]:
    return [(str(name_area(row.area, request.language)), row) for row in rows]
