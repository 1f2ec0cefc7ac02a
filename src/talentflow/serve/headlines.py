"""What is the one-minute answer about a country? A few figures in words and in a small picture."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

from talentflow.core.vocabulary import ALL
from talentflow.serve.charts.chart import Request
from talentflow.serve.charts.world import COHORT, ORALS
from talentflow.serve.contrasts import say_rank
from talentflow.serve.figures import Cell, Figure
from talentflow.serve.sentences import say_sentence
from talentflow.serve.words import say_interval, say_number, say_value

STRIP_WIDTH: Final = 240
_MARGIN: Final = 6
_TRIM: Final = 0.04
"""Share of the other countries at either end that may fall outside the picture."""


@dataclass(frozen=True, kw_only=True)
class Strip:
    """Positions in pixels: this country's dot and interval, the others' strokes, and zero."""

    dot: float
    low: float
    high: float
    others: tuple[float, ...]
    zero: float | None


@dataclass(frozen=True, kw_only=True)
class Headline:
    """One figure ready to be read. Without a value only `sentence` says why."""

    id: str
    indicator: str
    figure: Figure | None
    value: str
    interval: str
    n: str
    sentence: str
    strip: Strip | None
    rank: str = ""


def list_headlines(request: Request) -> list[Headline]:
    """The headline figures of the request's area, always the same ones in the same order."""
    window = request.window_for("net_rate") or ""
    cohort = next(
        (d for d in (ORALS, COHORT) if d in request.figures.definitions_with("work_share")), ORALS
    )
    share_window = request.figures.latest_window("work_share", cohort) or ""
    stock_year = request.figures.latest_year("stock", request.definition_for("stock"))
    mobile_year = request.figures.latest_year(
        "share_mobile", request.definition_for("share_mobile")
    )
    return [
        _make(request, "stock", "stock", Cell(period=stock_year)),
        _make(request, "net_rate", "net_rate", Cell(period=window)),
        _make(request, "out_rate", "out_rate", Cell(period=window)),
        _make(request, "retention", "retention", Cell(stage=ALL, period="P5Y")),
        _make(request, "orals", "work_share", Cell(period=share_window), definition=cohort),
        _make(request, "share_mobile", "share_mobile", Cell(period=mobile_year)),
    ]


def _make(
    request: Request, id_: str, indicator: str, cell: Cell, *, definition: str | None = None
) -> Headline:
    definition = definition or request.definition_for(indicator)
    found = request.figures.compare(indicator, cell, definition=definition)
    figure = found.get(request.area)
    language = request.language
    if figure is None or figure.value is None:
        sentence = (
            say_sentence(figure, language, request.figures.snapshot)
            if figure
            else request.text("headline.none")
        )
        return Headline(id=id_, indicator=indicator, figure=None, value="", interval="", n="",
                        sentence=sentence, strip=None)  # fmt: skip
    others = [f.value for area, f in found.items() if area != request.area and f.value is not None]
    return Headline(
        id=id_,
        indicator=indicator,
        figure=figure,
        value=say_value(figure, language),
        interval=say_interval(figure, language),
        n=say_number(figure.n, language),
        sentence=say_sentence(figure, language, request.figures.snapshot),
        rank=say_rank(figure, language, request.figures.snapshot),
        strip=_draw_strip(figure, others),
    )


def _draw_strip(figure: Figure, others: Sequence[float]) -> Strip:
    """Counts of persons on a logarithmic scale, percentages on a plain one."""
    value = figure.value or 0.0
    low = figure.low if figure.low is not None else value
    high = figure.high if figure.high is not None else value
    bend: Callable[[float], float] = _log if figure.unit != "percent" else float
    inner = sorted(map(bend, others))
    cut = int(len(inner) * _TRIM)
    inner = inner[cut : len(inner) - cut] or inner
    ends = [*inner[:1], *inner[-1:], bend(low), bend(high)]
    first, last = min(ends), max(ends)
    span = (last - first) or 1.0

    def place(at: float) -> float:
        return round(_MARGIN + (at - first) / span * (STRIP_WIDTH - 2 * _MARGIN), 1)

    return Strip(
        dot=place(bend(value)),
        low=place(bend(low)),
        high=place(bend(high)),
        others=tuple(place(at) for at in inner),
        zero=place(0.0) if figure.unit == "percent" and first < 0 < last else None,
    )


def _log(value: float) -> float:
    return math.log10(max(value, 1.0))
