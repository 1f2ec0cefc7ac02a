"""How is a whole divided, year by year?"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import altair as alt

from talentflow.serve.charts.chart import Drawing, Request
from talentflow.serve.figures import Figure
from talentflow.serve.words import name_sector, say_figure, say_number

HEIGHT = 300


def draw_sector_shares(figures: Sequence[Figure], request: Request) -> Drawing:
    """Sectors as shares of those whose sector is known, one bar per year.

    Years that are censored are pale. Sectors too small to publish are left out of their year.
    """
    known = [f for f in figures if f.value and f.year is not None and f.sector != "unknown"]
    order = sorted(
        {f.sector for f in known}, key=lambda s: -sum(f.value or 0 for f in known if f.sector == s)
    )
    totals: dict[str, float] = {}
    for figure in known:
        totals[figure.period] = totals.get(figure.period, 0) + (figure.value or 0)
    rows: list[dict[str, Any]] = [
        {
            "x": figure.year,
            "v": (figure.value or 0) / totals[figure.period],
            "sector": name_sector(figure.sector, request.language),
            "order": order.index(figure.sector),
            "faint": figure.censored,
            "share": say_number(100 * (figure.value or 0) / totals[figure.period],
                                request.language, digits=1) + "%",
            "tip": say_figure(figure, request.language),
        }
        for figure in known
    ]  # fmt: skip
    names = [name_sector(sector, request.language) for sector in order]
    years = [row["x"] for row in rows] or [0]
    drawn: alt.Chart = (
        alt.Chart(alt.InlineData(values=rows), height=HEIGHT, width="container")
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
            color=alt.Color(
                "sector:N",
                scale=alt.Scale(domain=names),
                legend=alt.Legend(orient="top", title=None, symbolType="square", columns=3),
            ),
            opacity=alt.condition("datum.faint", alt.value(0.45), alt.value(1)),
            tooltip=[
                alt.Tooltip("sector:N", title=" "),
                alt.Tooltip("x:Q", title="  ", format="d"),
                alt.Tooltip("share:N", title="   "),
                alt.Tooltip("tip:N", title="n"),
            ],
        )
    )
    return drawn
