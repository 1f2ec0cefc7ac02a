"""How are the same figures of several countries compared? A dot for the value, a bar for doubt."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import altair as alt

from talentflow.serve.charts.chart import Drawing, Request
from talentflow.serve.figures import Figure
from talentflow.serve.words import say_figure, say_number

STEP: Final = 24
SIDES: Final = ("gain", "open", "loss")


@dataclass(frozen=True, kw_only=True)
class Dots:
    """Named figures from top to bottom.

    `focus` is the name drawn in the leading colour; `signed` colours by gain, loss or neither,
    as far as the interval tells them apart.
    """

    items: Sequence[tuple[str, Figure]]
    percent: bool = False
    signed: bool = False
    focus: str | None = None


def draw_dots(dots: Dots, request: Request) -> Drawing:
    """A dot and an interval per item, in the order given."""
    rows = [_make_row(name, figure, dots, request) for name, figure in dots.items]
    names = [name for name, _ in dots.items]
    base = alt.Chart(alt.InlineData(values=rows))
    y = alt.Y(
        "name:N",
        sort=None,
        scale=alt.Scale(domain=names),
        axis=alt.Axis(title=None, labelLimit=175, labelPadding=8),
    )
    color = _make_color(dots, request)
    rule = base.mark_rule(strokeWidth=5, opacity=0.35, strokeCap="round").encode(
        x="low:Q", x2="high:Q", y=y, color=color
    )
    dot = base.mark_point(filled=True, size=80, opacity=1).encode(
        x=_make_x(dots),
        y=y,
        color=color,
        tooltip=[
            alt.Tooltip("name:N", title=" "),
            alt.Tooltip("tip:N", title="  "),
            alt.Tooltip("n:N", title="n"),
        ],
    )
    layers = [rule, dot]
    if dots.signed:
        zero = alt.Chart(alt.InlineData(values=[{}])).mark_rule(style="zero").encode(x=alt.datum(0))
        layers.insert(0, zero)
    return alt.layer(*layers).properties(height=STEP * max(len(names), 1), width="container")


def _make_row(name: str, figure: Figure, dots: Dots, request: Request) -> dict[str, Any]:
    side = _tell_side(figure) if dots.signed else ("gain" if name == dots.focus else "open")
    if not dots.signed and dots.focus is None:
        side = "gain"
    return {
        "name": name,
        "v": figure.value,
        "low": figure.low,
        "high": figure.high,
        "side": side,
        "tip": say_figure(figure, request.language),
        "n": say_number(figure.n, request.language),
    }


def _tell_side(figure: Figure) -> str:
    """Gain or loss if the whole interval lies on one side of zero, else open."""
    low = figure.low if figure.low is not None else figure.value
    high = figure.high if figure.high is not None else figure.value
    if low is not None and low > 0:
        return "gain"
    return "loss" if high is not None and high < 0 else "open"


def _make_x(dots: Dots) -> alt.X:
    label = "datum.label + '%'" if dots.percent else "datum.label"
    axis = alt.Axis(labelExpr=label, title=None, grid=True, domain=False, tickCount=6)
    return alt.X("v:Q", axis=axis, scale=alt.Scale(nice=True, zero=True))


def _make_color(dots: Dots, request: Request) -> alt.Color:
    legend = None
    if dots.signed:
        words = " : ".join(
            f"datum.value == '{side}' ? '{request.text(f'chart.side.{side}')}'"
            for side in SIDES[:-1]
        )
        legend = alt.Legend(
            orient="top",
            title=None,
            labelExpr=f"{words} : '{request.text('chart.side.loss')}'",
            symbolType="circle",
        )
    scale = alt.Scale(domain=list(SIDES), range="ordinal")
    return alt.Color("side:N", scale=scale, legend=legend)
