"""How is a whole divided, year by year?"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import altair as alt

from talentflow.core.vocabulary import SECTORS
from talentflow.serve.charts.chart import Drawing, Request
from talentflow.serve.charts.measures import stack_by_year
from talentflow.serve.figures import Figure
from talentflow.serve.words import name_sector, say_figure, say_share

_ORDER = tuple(sector for sector in SECTORS if sector != "unknown")


def draw_sector_shares(figures: Sequence[Figure], request: Request) -> Drawing:
    """Sectors as shares of those whose sector is known, one bar per year.

    Years that are censored are pale. Sectors too small to publish are left out of their year.
    A sector has the same colour in every country.
    """
    known = [f for f in figures if f.value and f.year is not None and f.sector in _ORDER]
    return stack_by_year(_share_out(known, request)).encode(
        color=_make_color({figure.sector for figure in known}, request),
        opacity=alt.condition("datum.faint", alt.value(0.45), alt.value(1)),
        tooltip=[
            alt.Tooltip("sector:N", title=" "),
            alt.Tooltip("x:Q", title="  ", format="d"),
            alt.Tooltip("share:N", title="   "),
            alt.Tooltip("tip:N", title="n"),
        ],
    )


def _share_out(known: Sequence[Figure], request: Request) -> list[dict[str, Any]]:
    totals: dict[str, float] = {}
    for figure in known:
        totals[figure.period] = totals.get(figure.period, 0) + (figure.value or 0)
    return [
        {
            "x": figure.year,
            "v": (figure.value or 0) / totals[figure.period],
            "sector": name_sector(figure.sector, request.language),
            "order": _ORDER.index(figure.sector),
            "faint": figure.censored,
            "share": say_share(figure.value or 0, totals[figure.period], request.language),
            "tip": say_figure(figure, request.language),
        }
        for figure in known
    ]


def _make_color(present: set[str], request: Request) -> alt.Color:
    names = {sector: name_sector(sector, request.language) for sector in _ORDER}
    legend = alt.Legend(
        orient="top",
        title=None,
        symbolType="square",
        columns=3,
        values=[name for sector, name in names.items() if sector in present],
    )
    return alt.Color("sector:N", scale=alt.Scale(domain=list(names.values())), legend=legend)
