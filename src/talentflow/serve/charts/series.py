"""How are figures over time drawn, with their uncertainty and their unfinished end?"""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import altair as alt

from talentflow.serve.charts.chart import Drawing, Request
from talentflow.serve.figures import Figure, parse_duration, parse_window
from talentflow.serve.words import say_figure, say_number, say_period

HEIGHT = 300
_BAND = 0.2
_BAND_MANY = 0.13
_BAND_OPEN = 0.09
_PALE = 0.12


@dataclass(frozen=True, kw_only=True)
class Lines:
    """Named series of figures over time, first the most important.

    `percent` adds the sign to the axis, `zero` draws the line between gain and loss, `start` is
    the point from which every series sets out (100 % at 0 years), `full` keeps zero in view.
    """

    series: Sequence[tuple[str, Sequence[Figure]]]
    x_title: str
    percent: bool = False
    zero: bool = False
    full: bool = False
    start: tuple[int, float] | None = None


def draw_lines(lines: Lines, request: Request) -> Drawing:
    """Lines with bands; censored figures are dashed on a shaded ground, missing ones marked."""
    points = [
        point
        for name, figures in lines.series
        for point in _make_points(name, skip_leading(figures), lines.start, request)
    ]
    names = [name for name, _ in lines.series]
    base = alt.Chart(alt.InlineData(values=points), height=HEIGHT, width="container")
    x, y = _make_x(lines, points), _make_y(lines)
    color = _make_color(names)
    layers: list[alt.Chart] = _shade_censored(points, x, request)
    parts = {point["part"] for point in points}
    many = len(names) > 1
    chosen = alt.selection_point(name="chosen", fields=["s"], bind="legend") if many else None
    opacity = _BAND_MANY if many else _BAND
    layers += [
        base.transform_filter(f"datum.part == '{part}'")
        .mark_area()
        .encode(
            x=x,
            y=alt.Y("low:Q", title=None),
            y2="high:Q",
            color=color,
            opacity=_choose(chosen, shade, 0),
        )
        for part, shade in (("done", opacity), ("open", _BAND_OPEN))
        if part in parts
    ]
    if lines.zero:
        layers.append(
            alt.Chart(alt.InlineData(values=[{}])).mark_rule(style="zero").encode(y=alt.datum(0))
        )
    layers += [
        base.transform_filter(f"datum.part == '{part}'")
        .mark_line(strokeDash=dash, strokeWidth=2.2)
        .encode(
            x=x,
            y=y,
            color=color,
            opacity=_choose(chosen, 1, _PALE),
        )
        for part, dash in (("done", [1, 0]), ("open", [4, 4]))
        if part in parts
    ]
    layers += [_mark_missing(base, x), _mark_near(base, x, y, color)]
    drawing = alt.layer(*layers).properties(height=HEIGHT, width="container")
    return drawing if chosen is None else drawing.add_params(chosen)


def skip_leading(figures: Sequence[Figure]) -> list[Figure]:
    """The figures from the first one that has a value: before it there is nothing to draw."""
    return list(itertools.dropwhile(lambda figure: figure.value is None, figures))


def _make_points(
    name: str, figures: Sequence[Figure], start: tuple[int, float] | None, request: Request
) -> list[dict[str, Any]]:
    """One point per figure; the last complete one is repeated where the dashed part sets out."""
    points: list[dict[str, Any]] = []
    if start is not None and figures:
        points.append({"x": start[0], "v": start[1], "low": start[1], "high": start[1], "s": name,
                       "part": "done"})  # fmt: skip
    for figure in figures:
        censored = figure.censored
        if censored and points and points[-1]["part"] == "done" and points[-1]["v"] is not None:
            points.append({**points[-1], "part": "open", "tip": None})
        points.append(
            {
                "x": _place(figure.period),
                "v": figure.value,
                "low": figure.low,
                "high": figure.high,
                "s": name,
                "part": "open" if censored else "done",
                "at": say_period(figure.period, request.language),
                "tip": say_figure(figure, request.language),
                "n": say_number(figure.n, request.language),
            }
        )
    return points


def _place(period: str) -> int:
    years = parse_duration(period)
    window = parse_window(period)
    return years if years is not None else (window or (0, 0))[1]


def _make_x(lines: Lines, points: list[dict[str, Any]]) -> alt.X:
    places = [point["x"] for point in points] or [0]
    scale = alt.Scale(domain=[min(places), max(places)], nice=False)
    axis = alt.Axis(format="d", tickMinStep=1, title=lines.x_title or None)
    return alt.X("x:Q", scale=scale, axis=axis)


def _make_y(lines: Lines) -> alt.Y:
    label = "datum.label + '%'" if lines.percent else "datum.label"
    axis = alt.Axis(labelExpr=label, title=None, tickCount=5)
    return alt.Y("v:Q", scale=alt.Scale(zero=lines.full, nice=True), axis=axis)


def _make_color(names: list[str]) -> alt.Color:
    legend = None
    if len(names) > 1:
        legend = alt.Legend(
            orient="top",
            title=None,
            columns=3,
            columnPadding=16,
            rowPadding=4,
            symbolType="stroke",
            symbolOpacity=1,
            symbolStrokeWidth=3,
        )
    return alt.Color("s:N", scale=alt.Scale(domain=names), legend=legend)


def _choose(chosen: alt.Parameter | None, shown: float, faded: float) -> Any:
    """The opacity of a series: all are shown until one is chosen in the legend."""
    if chosen is None:
        return alt.value(shown)
    return alt.condition(chosen, alt.value(shown), alt.value(faded))


def _shade_censored(points: list[dict[str, Any]], x: alt.X, request: Request) -> list[alt.Chart]:
    """A shaded ground under the unfinished years, and a word that says so."""
    open_places = [p["x"] for p in points if p["part"] == "open" and p["tip"] is not None]
    if not open_places:
        return []
    data = alt.InlineData(values=[{"a": min(open_places) - 0.5, "b": max(open_places)}])
    start, end = x.copy(), x.copy()
    start.shorthand, end.shorthand = "a:Q", "b:Q"
    word = request.text("chart.incomplete")
    return [
        alt.Chart(data).mark_rect(style="shade").encode(x=start, x2="b:Q"),
        alt.Chart(data)
        .mark_text(style="note", align="right", baseline="bottom", dy=-3, text=word)
        .encode(x=end, y=alt.value(0)),
    ]


def _mark_missing(base: alt.Chart, x: alt.X) -> alt.Chart:
    """A short stroke at the foot of the chart for each period without a figure: never a zero."""
    drawn: alt.Chart = (
        base.transform_filter("datum.v === null")
        .mark_tick(style="missing", size=7, thickness=1.5)
        .encode(
            x=x,
            y=alt.value(HEIGHT - 5),
            tooltip=[alt.Tooltip("at:N", title=" "), alt.Tooltip("tip:N", title=" ")],
        )
    )
    return drawn


def _mark_near(base: alt.Chart, x: alt.X, y: alt.Y, color: alt.Color) -> alt.Chart:
    """A dot with its figure in words on the point nearest to the pointer."""
    near = alt.selection_point(
        name="near", on="pointerover", nearest=True, empty=False, clear="pointerout"
    )
    tooltip = [
        alt.Tooltip("s:N", title=" "),
        alt.Tooltip("at:N", title="  "),
        alt.Tooltip("tip:N", title="   "),
        alt.Tooltip("n:N", title="n"),
    ]
    drawn: alt.Chart = (
        base.transform_filter("datum.v !== null && isValid(datum.tip)")
        .mark_point(filled=True, size=60)
        .encode(
            x=x,
            y=y,
            color=color,
            opacity=alt.condition(near, alt.value(1), alt.value(0)),
            tooltip=tooltip,
        )
        .add_params(near)
    )
    return drawn
