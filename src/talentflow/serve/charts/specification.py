"""How much of a figure is the rules? The same figure under every definition, with its choices.

A specification curve: above, the estimates from the lowest to the highest with their intervals;
below, for each of them, a dot at every choice that was made. Rows of choices in which the
definitions do not differ are left out.

Source: Simonsohn, Simmons and Nelson 2020, Specification curve analysis.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import Any, Final

import altair as alt

from talentflow.estimate.specification import ChoiceShare, explain_variance, read_choices
from talentflow.serve.charts.chart import Chart, Drawing, Request
from talentflow.serve.figures import DEFAULT, Cell, Figure
from talentflow.serve.texts import get_text, has_text
from talentflow.serve.words import say_figure, say_number, say_period

UPPER: Final = 210
_GAP: Final = 26
_STEP: Final = 18
_LABEL_LIMIT: Final = 175
_RETENTION_YEARS: Final = "P5Y"


def chart_curve(request: Request, *, indicator: str) -> Chart:
    """The figure of the area under every definition that has it, in one window (retention: after
    five years)."""
    period = _RETENTION_YEARS if indicator == "retention" else request.window_for(indicator)
    rows = _find_rows(request, indicator, Cell(period=period or ""))
    shares = _explain(rows, request) if len(rows) > 1 else []
    return Chart(
        id=f"curve_{indicator}",
        indicators=(indicator,),
        request=request,
        rows=rows,
        draw=lambda: _draw(rows, [share.choice for share in shares], request),
        columns=("definition", "value", "interval", "n", "flag"),
        when=say_period(period or "", request.language),
        notes=_note_shares(shares, request),
    )


CURVES: Final = {
    f"curve_{indicator}": partial(chart_curve, indicator=indicator)
    for indicator in ("net_rate", "out_rate", "retention")
}


def name_choice(choice: str, language: str) -> str:
    """A choice in the reader's words; one without a text is named as in the rules."""
    key = f"choice.{choice}"
    return get_text(key, language) if has_text(key) else choice.replace("_", " ")


def name_level(level: str, language: str) -> str:
    """What was chosen, in the reader's words; numbers stand for themselves."""
    key = f"level.{level}"
    return get_text(key, language) if has_text(key) else level.replace("_", " ")


def _find_rows(request: Request, indicator: str, cell: Cell) -> list[Figure]:
    found = (
        request.figures.find_one(indicator, request.area, cell, definition=definition)
        for definition in request.figures.definitions_with(indicator)
        if "@" not in definition
    )
    shown = [figure for figure in found if figure is not None and figure.value is not None]
    return sorted(shown, key=lambda figure: (figure.value or 0.0, figure.definition_id))


def _explain(rows: Sequence[Figure], request: Request) -> list[ChoiceShare]:
    return explain_variance([row.value or 0.0 for row in rows], _list_choices(rows, request))


def _list_choices(rows: Sequence[Figure], request: Request) -> list[dict[str, str]]:
    known = request.figures.snapshot.definitions
    return [
        read_choices(known[row.definition_id]) if row.definition_id in known else {} for row in rows
    ]


def _note_shares(shares: Sequence[ChoiceShare], request: Request) -> tuple[str, ...]:
    told = [share for share in shares if share.share_pct is not None and share.share_pct >= 1]
    if not told:
        return (request.text("curve.note"),)
    listed = ", ".join(
        f"{name_choice(share.choice, request.language)} "
        f"{say_number(share.share_pct, request.language)}%"
        for share in told[:5]
    )
    return (request.text("curve.note"), request.text("curve.shares", shares=listed))


def _draw(rows: Sequence[Figure], choices: Sequence[str], request: Request) -> Drawing:
    points = [_make_point(i, row, request) for i, row in enumerate(rows, start=1)]
    marks, labels = _make_marks(rows, choices, request)
    lower = UPPER + _GAP
    height = lower + _STEP * len(labels) if labels else UPPER
    x = alt.X("x:Q", axis=None, scale=alt.Scale(domain=[0.4, len(rows) + 0.6], nice=False))
    layers = [_draw_estimates(points, x)]
    if labels:
        layers.append(_draw_choices(marks, labels, x, (lower, height)))
    drawing: alt.LayerChart = alt.layer(*layers).resolve_scale(y="independent")
    return drawing.properties(height=height, width="container")


def _make_point(x: int, row: Figure, request: Request) -> dict[str, Any]:
    known = request.figures.snapshot.definitions.get(row.definition_id, {})
    return {
        "x": x,
        "v": row.value,
        "low": row.low,
        "high": row.high,
        "side": "gain" if row.definition_id == DEFAULT else "open",
        "name": row.definition_id,
        "title": known.get("title", {}).get(request.language, row.definition_id),
        "tip": say_figure(row, request.language),
        "n": say_number(row.n, request.language),
    }


def _make_marks(
    rows: Sequence[Figure], choices: Sequence[str], request: Request
) -> tuple[list[dict[str, Any]], list[str]]:
    """A mark for each definition and choice, and the rows of the lower panel."""
    language = request.language
    chosen = _list_choices(rows, request)
    levels = {
        choice: list(dict.fromkeys(one[choice] for one in chosen if choice in one))
        for choice in choices
    }
    names = {
        (choice, level): f"{name_choice(choice, language)}: {name_level(level, language)}"
        for choice in choices
        for level in levels[choice]
    }
    marks = [
        {
            "x": x,
            "label": names[choice, one[choice]],
            "side": "gain" if row.definition_id == DEFAULT else "open",
        }
        for x, (row, one) in enumerate(zip(rows, chosen, strict=True), start=1)
        for choice in choices
        if choice in one
    ]
    return marks, list(dict.fromkeys(names.values()))


def _draw_estimates(points: list[dict[str, Any]], x: alt.X) -> Drawing:
    axis = alt.Axis(labelExpr="datum.label + '%'", title=None, tickCount=5, orient="left")
    y = alt.Y("v:Q", axis=axis, scale=alt.Scale(range=[UPPER, 0], zero=False, nice=True))
    base = alt.Chart(alt.InlineData(values=points))
    tooltip = [
        alt.Tooltip("name:N", title=" "),
        alt.Tooltip("title:N", title="  "),
        alt.Tooltip("tip:N", title="   "),
        alt.Tooltip("n:N", title="n"),
    ]
    layers = [
        base.mark_rule(strokeWidth=5, opacity=0.35, strokeCap="round").encode(
            x=x, y=alt.Y("low:Q", title=None), y2="high:Q", color=_color()
        ),
        base.mark_point(filled=True, size=60, opacity=1).encode(
            x=x, y=y, color=_color(), tooltip=tooltip
        ),
    ]
    if any((point["low"] or 0) < 0 < (point["high"] or 0) for point in points):
        zero = alt.Chart(alt.InlineData(values=[{}])).mark_rule(style="zero")
        layers.insert(0, zero.encode(y=alt.datum(0)))
    return alt.layer(*layers)


def _draw_choices(
    marks: list[dict[str, Any]], labels: list[str], x: alt.X, span: tuple[int, int]
) -> Drawing:
    y = alt.Y(
        "label:N",
        sort=None,
        scale=alt.Scale(type="point", domain=labels, range=list(span), padding=0.5),
        axis=alt.Axis(
            title=None,
            orient="left",
            labelLimit=_LABEL_LIMIT,
            labelPadding=8,
            grid=True,
            labelOverlap=False,
        ),
    )
    dots = (
        alt.Chart(alt.InlineData(values=marks))
        .mark_point(filled=True, size=44, opacity=1, shape="circle")
        .encode(x=x, y=y, color=_color())
    )
    return alt.layer(dots)


def _color() -> alt.Color:
    scale = alt.Scale(domain=["gain", "open", "loss"], range="ordinal")
    return alt.Color("side:N", scale=scale, legend=None)
