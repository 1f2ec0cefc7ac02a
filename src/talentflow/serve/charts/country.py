"""Which charts tell the story of one country?"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from talentflow.core.vocabulary import ALL, STUDY_STAGES
from talentflow.serve.charts.chart import Chart, Request
from talentflow.serve.charts.dots import Dots, draw_dots
from talentflow.serve.charts.flows import SHOWN, Flows, draw_flows
from talentflow.serve.charts.series import Lines, draw_lines, skip_leading
from talentflow.serve.charts.shares import draw_sector_shares
from talentflow.serve.charts.world import COHORT, ORALS
from talentflow.serve.figures import Cell, Figure, parse_window
from talentflow.serve.words import name_area, name_sector, name_stage, say_period

_OVER_TIME: Final = ("period", "value", "interval", "n", "flag")
_WORK_PLACES: Final = 12


def chart_stock(request: Request) -> Chart:
    """Researchers in the country, year by year."""
    rows = _yearly(request, "stock")
    lines = Lines(series=[(request.text("chart.stock.series"), rows)], x_title="", full=True)
    return Chart(
        id="stock",
        indicators=("stock",),
        request=request,
        rows=rows,
        draw=lambda: draw_lines(lines, request),
        columns=_OVER_TIME,
        notes=_note_missing(rows, request),
    )


def chart_net_rate(request: Request) -> Chart:
    """Net arrivals for each 100 researchers, year by year."""
    rows = _yearly(request, "net_rate")
    lines = Lines(
        series=[(request.text("chart.net_rate.series"), rows)],
        x_title="",
        percent=True,
        zero=True,
        full=True,
    )
    return Chart(
        id="net_rate",
        indicators=("net_rate",),
        request=request,
        rows=rows,
        draw=lambda: draw_lines(lines, request),
        columns=_OVER_TIME,
        notes=_note_missing(rows, request),
    )


def chart_rates(request: Request) -> Chart:
    """Arrivals and departures for each 100 researchers, year by year."""
    series = [
        (request.text(f"chart.rates.{indicator}"), _yearly(request, indicator))
        for indicator in ("in_rate", "out_rate")
    ]
    lines = Lines(series=series, x_title="", percent=True, full=True)
    rows = [row for _, figures in series for row in figures]
    return Chart(
        id="rates",
        indicators=("in_rate", "out_rate"),
        request=request,
        rows=rows,
        draw=lambda: draw_lines(lines, request),
        columns=("indicator", *_OVER_TIME),
        notes=_note_missing(rows, request),
    )


def chart_flows(request: Request) -> Chart:
    """Who came from where and who went where, in one window."""
    definition = request.definition_for("flow")
    window = request.window_for("flow") or ""
    departures = [
        figure
        for figure in request.find("flow", Cell(partner=None, period=window))
        if figure.partner != ALL
    ]
    arrivals = request.figures.arrivals(request.area, window, definition=definition)
    totals = [
        request.figures.find_one(name, request.area, Cell(period=window), definition=definition)
        for name in ("inflow", "outflow")
    ]
    flows = Flows(arrivals=arrivals, departures=departures, inflow=totals[0], outflow=totals[1])
    rows = [
        figure
        for side in (arrivals, departures)
        for figure in sorted(side, key=lambda f: -(f.value or 0))
        if figure.value is not None
    ]
    return Chart(
        id="flows",
        indicators=("flow",),
        request=request,
        rows=rows,
        draw=lambda: draw_flows(flows, request),
        columns=("from", "to", "value", "interval", "n"),
        when=say_period(window, request.language),
        notes=(request.text("chart.flows.note", count=SHOWN),),
    )


def chart_retention(request: Request) -> Chart:
    """The share still in the country, by years since a stage ended there."""
    figures = [
        figure
        for figure in request.find("retention", Cell(stage=None))
        if figure.stage in (ALL, *STUDY_STAGES)
    ]
    series = []
    for stage in (ALL, *STUDY_STAGES):
        of_stage = [figure for figure in figures if figure.stage == stage]
        if any(figure.value is not None for figure in of_stage):
            key = "chart.retention.everyone"
            name = request.text(key) if stage == ALL else name_stage(stage, request.language)
            series.append((name, of_stage))
    lines = Lines(
        series=series,
        x_title=request.text("chart.retention.x"),
        percent=True,
        start=(0, 100.0),
    )
    return Chart(
        id="retention",
        indicators=("retention",),
        request=request,
        rows=[row for _, rows in series for row in rows],
        draw=lambda: draw_lines(lines, request),
        columns=("stage", *_OVER_TIME),
        notes=(
            request.text("chart.retention.note"),
            *([request.text("chart.retention.legend")] if len(series) > 1 else []),
            *_note_missing([row for _, rows in series for row in rows], request),
        ),
    )


def chart_study_to_work(request: Request) -> Chart:
    """Where those who finished a doctorate in the country worked next."""
    every = [
        f for f in request.find("stage_flow", Cell(partner=None, stage=None)) if f.partner != ALL
    ]
    for stage in ("doctoral", ALL, "master", "postdoctoral"):
        figures = [f for f in every if f.stage == stage and f.value is not None]
        if figures:
            break
    longest = max((f.period for f in figures), key=_span, default="")
    rows = sorted((f for f in figures if f.period == longest), key=lambda f: -(f.value or 0))
    shown = rows[:_WORK_PLACES]
    names = [(str(name_area(row.partner, request.language)), row) for row in shown]
    focus = str(name_area(request.area, request.language))
    dots = Dots(items=names, focus=focus)
    return Chart(
        id="study_to_work",
        indicators=("stage_flow",),
        request=request,
        rows=rows,
        draw=lambda: draw_dots(dots, request),
        columns=("stage", "to", "value", "interval", "n"),
        when=say_period(longest, request.language),
        notes=(request.text("chart.study_to_work.note"),),
    )


def chart_cohort(request: Request) -> Chart:
    """The country's share of the authors of accepted papers and of orals, year by year."""
    series = []
    for name, definition in (("orals", ORALS), ("accepted", COHORT)):
        rows = [
            figure
            for figure in request.figures.find("work_share", request.area, definition=definition)
            if figure.year is not None
        ]
        if any(row.value is not None for row in rows):
            series.append((request.text(f"chart.cohort.{name}"), rows))
    lines = Lines(series=series, x_title="", percent=True, full=True)
    rows = [row for _, figures in series for row in figures]
    return Chart(
        id="cohort",
        indicators=("work_share",),
        request=request,
        rows=rows,
        draw=lambda: draw_lines(lines, request),
        columns=("definition", *_OVER_TIME),
        notes=(request.text("chart.cohort.note"), *_note_missing(rows, request)),
    )


def chart_sectors(request: Request) -> Chart:
    """The researchers of the country by sector, year by year."""
    rows = [
        figure
        for figure in request.find("stock", Cell(sector=None))
        if figure.sector != ALL and figure.year is not None
    ]
    return Chart(
        id="sectors",
        indicators=("stock",),
        request=request,
        rows=rows,
        draw=lambda: draw_sector_shares(rows, request),
        columns=("sector", *_OVER_TIME),
        notes=(request.text("chart.sectors.note"),),
    )


def chart_sector_moves(request: Request) -> Chart:
    """Changes of sector of those in the country, in one window."""
    window = request.window_for("sector_flow") or ""
    rows = sorted(
        (
            figure
            for figure in request.find("sector_flow", Cell(sector=None, period=window))
            if figure.value is not None and ">" in figure.sector and "unknown" not in figure.sector
        ),
        key=lambda f: -(f.value or 0),
    )[:10]
    dots = Dots(items=[(name_sector(row.sector, request.language), row) for row in rows])
    return Chart(
        id="sector_moves",
        indicators=("sector_flow",),
        request=request,
        rows=rows,
        draw=lambda: draw_dots(dots, request),
        columns=("sector", "value", "interval", "n"),
        when=say_period(window, request.language),
    )


def chart_mobile(request: Request) -> Chart:
    """The share of the country's researchers who had lived elsewhere before, year by year."""
    rows = _yearly(request, "share_mobile")
    lines = Lines(
        series=[(request.text("chart.mobile.series"), rows)], x_title="", percent=True, full=True
    )
    return Chart(
        id="mobile",
        indicators=("share_mobile",),
        request=request,
        rows=rows,
        draw=lambda: draw_lines(lines, request),
        columns=_OVER_TIME,
        notes=_note_missing(rows, request),
    )


def _yearly(request: Request, indicator: str) -> list[Figure]:
    return [figure for figure in request.find(indicator) if figure.year is not None]


def _span(period: str) -> int:
    first, last = parse_window(period) or (0, 0)
    return last - first


def _note_missing(rows: Sequence[Figure], request: Request) -> tuple[str, ...]:
    """The notes that the flags among the rows call for."""
    flags = {row.flag for row in rows}
    notes = []
    if "censored" in flags:
        first = min(row.period for row in rows if row.censored)
        notes.append(request.text("chart.note_censored", first=first))
    if any(row.value is None for row in skip_leading(rows)):
        notes.append(request.text("chart.note_missing"))
    return tuple(notes)
