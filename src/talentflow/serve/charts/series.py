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
_STRIP_WIDTH = 14


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
    many = len(names) > 1
    chosen = alt.selection_point(name="chosen", fields=["s"], bind="legend") if many else None
    layers = _shade_censored(points, x, request)
    for part in ("done", "open"):
        if any(point["part"] == part for point in points):
            layers.append(_draw_band(base, part, x, color, chosen))
    if lines.zero:
        layers.append(
            alt.Chart(alt.InlineData(values=[{}])).mark_rule(style="zero").encode(y=alt.datum(0))
        )
    for part in ("done", "open"):
        if any(point["part"] == part for point in points):
            layers.append(_draw_stroke(base, part, x, y, chosen).encode(color=color))
    if any(point.get("lone") for point in points):
        layers += _draw_lone(base, x, y, color)
    layers += [_mark_missing(base, x), *_tell_near(base, lines, request, x, y, color)]
    drawing = alt.layer(*layers).properties(height=HEIGHT, width="container")
    return drawing if chosen is None else drawing.add_params(chosen)


def _draw_band(
    base: alt.Chart, part: str, x: alt.X, color: alt.Color, chosen: alt.Parameter | None
) -> alt.Chart:
    full = _BAND if chosen is None else _BAND_MANY
    shade = full if part == "done" else _BAND_OPEN
    band: alt.Chart = (
        base.transform_filter(f"datum.part == '{part}'")
        .mark_area()
        .encode(
            x=x,
            y=alt.Y("low:Q", title=None),
            y2="high:Q",
            color=color,
            opacity=_choose(chosen, shade, 0),
        )
    )
    return band


def _draw_stroke(
    base: alt.Chart, part: str, x: alt.X, y: alt.Y, chosen: alt.Parameter | None
) -> alt.Chart:
    stroke: alt.Chart = (
        base.transform_filter(f"datum.part == '{part}'")
        .mark_line(strokeDash=[1, 0] if part == "done" else [4, 4], strokeWidth=2.2)
        .encode(x=x, y=y, opacity=_choose(chosen, 1, _PALE))
    )
    return stroke


def _draw_lone(base: alt.Chart, x: alt.X, y: alt.Y, color: alt.Color) -> list[alt.Chart]:
    """A figure between two gaps has no line to lie on: a dot and its interval."""
    lone = base.transform_filter("datum.lone")
    return [
        lone.mark_rule(strokeWidth=5, opacity=_BAND).encode(
            x=x, y=alt.Y("low:Q", title=None), y2="high:Q", color=color
        ),
        lone.mark_point(filled=True, size=36, opacity=1).encode(x=x, y=y, color=color),
    ]


def skip_leading(figures: Sequence[Figure]) -> list[Figure]:
    """The figures from the first one that has a value: before it there is nothing to draw."""
    return list(itertools.dropwhile(lambda figure: figure.value is None, figures))


def _make_points(
    name: str, figures: Sequence[Figure], start: tuple[int, float] | None, request: Request
) -> list[dict[str, Any]]:
    """One point per figure and one without value per missing place, so that lines break there.

    The last complete point is repeated where the dashed part sets out.
    """
    points: list[dict[str, Any]] = []
    if start is not None and figures:
        at, value = start
        points.append({"x": at, "v": value, "low": value, "high": value, "s": name, "part": "done"})
    for figure in figures:
        place, part = _place(figure.period), "open" if figure.censored else "done"
        before = points[-1] if points else None
        if before is not None:
            gap = {"v": None, "low": None, "high": None, "s": name, "part": before["part"]}
            points += [{"x": x, **gap} for x in range(before["x"] + 1, place)]
        if before is not None and before["part"] != part and points[-1]["v"] is not None:
            points.append({**before, "part": part, "tip": None})
        points.append(
            {
                "x": place,
                "v": figure.value,
                "low": figure.low,
                "high": figure.high,
                "s": name,
                "part": part,
                "tip": say_figure(figure, request.language),
            }
        )
    return _mark_lone(points)


def _mark_lone(points: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Mark the points that have a value while their neighbours have none."""
    values = [None, *(point["v"] for point in points), None]
    return [
        {**point, "lone": True} if value is not None and before is None and after is None else point
        for point, before, value, after in zip(points, values, values[1:], values[2:], strict=False)
    ]


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
    open_places = [p["x"] for p in points if p["part"] == "open" and p.get("tip")]
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
        .encode(x=x, y=alt.value(HEIGHT - 5))
    )
    return drawn


def _tell_near(
    base: alt.Chart, lines: Lines, request: Request, x: alt.X, y: alt.Y, color: alt.Color
) -> list[alt.Chart]:
    """Pointing anywhere above a period marks its values and tells them all in words."""
    near = alt.selection_point(
        name="near", fields=["x"], on="pointerover", empty=False, clear="pointerout"
    )
    dots: alt.Chart = (
        base.transform_filter("datum.v !== null && isValid(datum.tip)")
        .mark_point(filled=True, size=60)
        .encode(x=x, y=y, color=color, opacity=alt.condition(near, alt.value(1), alt.value(0)))
    )
    rows: dict[int, dict[str, Any]] = {}
    for i, (_, figures) in enumerate(lines.series):
        for figure in skip_leading(figures):
            row = rows.setdefault(_place(figure.period), {"x": _place(figure.period)})
            row["at"] = say_period(figure.period, request.language)
            row[f"t{i}"] = say_figure(figure, request.language)
            row[f"n{i}"] = say_number(figure.n, request.language)
    tooltip = [alt.Tooltip("at:N", title=" ")]
    for i, (name, _) in enumerate(lines.series):
        tooltip += [alt.Tooltip(f"t{i}:N", title=name), alt.Tooltip(f"n{i}:N", title="n" + " " * i)]
    strips: alt.Chart = (
        alt.Chart(alt.InlineData(values=list(rows.values())))
        .mark_rule(strokeWidth=_STRIP_WIDTH, opacity=0)
        .encode(x=x, tooltip=tooltip)
        .add_params(near)
    )
    return [dots, strips]
