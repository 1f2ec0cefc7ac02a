"""How are shares of the evidence and measured accuracies drawn?

Rows hold finished words: `name` and `part` are what the reader sees, `tip` what pointing tells.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

import altair as alt

from talentflow.serve.charts.chart import Drawing

HEIGHT: Final = 300
STEP: Final = 24
_PAIR_STEP: Final = 34
_LABEL_LIMIT: Final = 190
_PERCENT: Final = "datum.label + '%'"

Rows = Sequence[dict[str, Any]]


def draw_parts_by_year(rows: Rows, parts: Sequence[str]) -> Drawing:
    """One bar per year, divided into `parts`; rows have `x`, `v` (a share), `part`, `order`."""
    return stack_by_year(rows).encode(color=_color_parts(parts), tooltip=_tooltips(year=True))


def stack_by_year(rows: Rows) -> alt.Chart:
    """One bar per year `x`, whose parts `v` stand on each other by `order`, without colours."""
    years = [row["x"] for row in rows] or [0]
    bars: alt.Chart = (
        alt.Chart(alt.InlineData(values=list(rows)), height=HEIGHT, width="container")
        .transform_calculate(left="datum.x - 0.46", right="datum.x + 0.46")
        .mark_rect()
        .transform_stack(
            stack="v", as_=["low", "high"], groupby=["x"], sort=[alt.SortField("order")]
        )
        .encode(
            x=alt.X(
                "left:Q",
                scale=alt.Scale(domain=[min(years) - 0.5, max(years) + 0.5], nice=False),
                axis=alt.Axis(format="d", title=None, tickMinStep=1),
            ),
            x2="right:Q",
            y=alt.Y(
                "low:Q",
                scale=alt.Scale(domain=[0, 1]),
                axis=alt.Axis(format="%", title=None, tickCount=5),
            ),
            y2="high:Q",
        )
    )
    return bars


def draw_parts_by_name(rows: Rows, parts: Sequence[str]) -> Drawing:
    """One lying bar per `name`, from top to bottom as given, divided into `parts`."""
    names = list(dict.fromkeys(row["name"] for row in rows))
    drawn: alt.Chart = (
        alt.Chart(
            alt.InlineData(values=list(rows)), height=STEP * max(len(names), 1), width="container"
        )
        .mark_bar(height={"band": 0.72})
        .encode(
            y=_names(names),
            x=alt.X(
                "v:Q",
                stack="zero",
                scale=alt.Scale(domain=[0, 1]),
                axis=alt.Axis(format="%", title=None, tickCount=5, grid=True),
            ),
            color=_color_parts(parts),
            order="order:Q",
            tooltip=_tooltips(),
        )
    )
    return drawn


def draw_bars(rows: Rows) -> Drawing:
    """One lying bar per `name` with its share as a word; `side` gives the colour."""
    names = [row["name"] for row in rows]
    base = alt.Chart(alt.InlineData(values=list(rows)))
    longest = max((row["v"] for row in rows), default=1)
    x = alt.X(
        "v:Q",
        scale=alt.Scale(domain=[0, min(1.0, longest * 1.3) or 1]),
        axis=alt.Axis(format="%", title=None, tickCount=4, grid=True),
    )
    bars = base.mark_bar(height={"band": 0.68}).encode(
        y=_names(names), x=x, color=_color_sides(), tooltip=_tooltips(part=False)
    )
    words = base.mark_text(align="left", dx=5, style="detail").encode(
        y=_names(names), x=x, text="word:N"
    )
    return alt.layer(bars, words).properties(height=STEP * max(len(names), 1), width="container")


def draw_columns(rows: Rows) -> Drawing:
    """One standing bar per `name`, from left to right as given; `side` gives the colour."""
    names = [row["name"] for row in rows]
    base = alt.Chart(alt.InlineData(values=list(rows)))
    x = alt.X(
        "name:N",
        sort=None,
        scale=alt.Scale(domain=names, paddingInner=0.18),
        axis=alt.Axis(title=None, labelAngle=0, labelLimit=90, labelOverlap="greedy"),
    )
    y = alt.Y("v:Q", axis=alt.Axis(format="%", title=None, tickCount=5))
    bars = base.mark_bar().encode(x=x, y=y, color=_color_sides(), tooltip=_tooltips(part=False))
    words = base.mark_text(baseline="bottom", dy=-4, style="detail").encode(x=x, y=y, text="word:N")
    return alt.layer(bars, words).properties(height=HEIGHT, width="container")


def draw_measures(rows: Rows, parts: Sequence[str]) -> Drawing:
    """For each `name` a dot with its interval for each of the `parts`; values in percent."""
    names = list(dict.fromkeys(row["name"] for row in rows))
    base = alt.Chart(alt.InlineData(values=list(rows)))
    color = alt.Color(
        "part:N", scale=alt.Scale(domain=list(parts)), legend=_legend(parts, symbol="circle")
    )
    offset = alt.YOffset("part:N", scale=alt.Scale(domain=list(parts), paddingOuter=0.45))
    y = _names(names, padding=0.1)
    x = alt.X(
        "v:Q",
        scale=alt.Scale(zero=False, nice=True, domainMax=100),
        axis=alt.Axis(labelExpr=_PERCENT, title=None, grid=True, tickCount=6),
    )
    rules = base.mark_rule(strokeWidth=5, opacity=0.35, strokeCap="round").encode(
        y=y, yOffset=offset, x=alt.X("low:Q", title=None), x2="high:Q", color=color
    )
    dots = base.mark_point(filled=True, size=70, opacity=1).encode(
        y=y, yOffset=offset, x=x, color=color, tooltip=_tooltips()
    )
    return alt.layer(rules, dots).properties(
        height=_PAIR_STEP * max(len(names), 1), width="container"
    )


def draw_reliability(rows: Rows, parts: Sequence[str], x_title: str) -> Drawing:
    """What came true against what was claimed, both in percent, with the line of perfection."""
    reached = [point for row in rows for point in (row["claimed"], row["v"])]
    first = min(10 * int(min(reached, default=0) // 10), 80)
    base = alt.Chart(alt.InlineData(values=list(rows)))
    scale = alt.Scale(domain=[first, 100], nice=False)
    color = alt.Color(
        "part:N", scale=alt.Scale(domain=list(parts)), legend=_legend(parts, symbol="circle")
    )
    x = alt.X("claimed:Q", scale=scale, axis=alt.Axis(labelExpr=_PERCENT, title=x_title))
    y = alt.Y("v:Q", scale=scale, axis=alt.Axis(labelExpr=_PERCENT, title=None, tickCount=6))
    ends = alt.InlineData(values=[{"a": first}, {"a": 100}])
    perfect = (
        alt.Chart(ends)
        .mark_line(style="zero", strokeDash=[4, 4])
        .encode(x=alt.X("a:Q", scale=scale), y=alt.Y("a:Q", scale=scale))
    )
    rules = base.mark_rule(strokeWidth=4, opacity=0.35, strokeCap="round", clip=True).encode(
        x=x, y=alt.Y("low:Q", title=None, scale=scale), y2="high:Q", color=color
    )
    dots = base.mark_point(filled=True, opacity=1).encode(
        x=x,
        y=y,
        color=color,
        size=alt.Size("n:Q", scale=alt.Scale(range=[30, 320]), legend=None),
        tooltip=_tooltips(),
    )
    return alt.layer(perfect, rules, dots).properties(height=HEIGHT, width="container")


def _names(names: Sequence[str], padding: float | None = None) -> alt.Y:
    scale = alt.Scale(domain=list(names))
    if padding is not None:
        scale = alt.Scale(domain=list(names), paddingInner=padding)
    return alt.Y(
        "name:N",
        sort=None,
        scale=scale,
        axis=alt.Axis(title=None, labelLimit=_LABEL_LIMIT, labelPadding=8),
    )


def _color_parts(parts: Sequence[str]) -> alt.Color:
    """Parts from the best to the worst."""
    scale = alt.Scale(domain=list(parts), range="ordinal")
    return alt.Color("part:N", scale=scale, legend=_legend(parts))


def _color_sides() -> alt.Color:
    scale = alt.Scale(domain=["gain", "open", "loss"], range="ordinal")
    return alt.Color("side:N", scale=scale, legend=None)


def _legend(parts: Sequence[str], symbol: str = "square") -> alt.Legend | None:
    if len(parts) < 2:
        return None
    return alt.Legend(
        orient="top",
        title=None,
        symbolType=symbol,
        symbolOpacity=1,
        columns=3,
        columnPadding=16,
    )


def _tooltips(*, year: bool = False, part: bool = True) -> list[alt.Tooltip]:
    first = alt.Tooltip("x:Q", title=" ", format="d") if year else alt.Tooltip("name:N", title=" ")
    parts = [alt.Tooltip("part:N", title="  ")] if part else []
    return [first, *parts, alt.Tooltip("tip:N", title="   "), alt.Tooltip("count:N", title="n")]
