"""How does one see who comes and who goes? A flow diagram: arrivals left, departures right.

Vega-Lite has no flow diagram, so the ribbons are computed here as areas; their width is the
number of moves. Intervals stand beside the names and in the table.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import altair as alt

from talentflow.serve.charts.chart import Drawing, Request
from talentflow.serve.figures import Figure
from talentflow.serve.words import name_area, say_figure, say_number

SHOWN: Final = 8
_SLOT: Final = 34.0
_GAP: Final = 5.0
_TALL: Final = 300.0
_STEPS: Final = 24
_HUB: Final = (0.47, 0.53)


@dataclass(frozen=True, kw_only=True)
class Flows:
    """Arrivals by origin and departures by destination, with their totals where published."""

    arrivals: Sequence[Figure]
    departures: Sequence[Figure]
    inflow: Figure | None
    outflow: Figure | None


@dataclass(frozen=True)
class _Stream:
    """One ribbon: where it touches the edge (`top`) and the hub (`hub_top`), and how wide."""

    name: str
    detail: str
    moves: float
    top: float
    width: float
    hub_top: float


def draw_flows(flows: Flows, request: Request) -> Drawing:
    """The flow diagram of one area."""
    left = _list_streams(flows.arrivals, "area", flows.inflow, request)
    right = _list_streams(flows.departures, "partner", flows.outflow, request)
    most = max(_total(left), _total(right), 1.0)
    scale = _TALL / most
    height = max(_stack_height(left, scale), _stack_height(right, scale))
    sides = {
        "gain": _place(left, scale, height),
        "loss": _place(right, scale, height),
    }
    domain = alt.Scale(domain=[0, height], reverse=True, nice=False)
    y = alt.Y("y:Q", scale=domain, axis=None)
    layers: list[alt.Chart] = []
    for side, streams in sides.items():
        layers += _draw_side(side, streams, y)
    layers.append(_draw_hub(sides, height, y))
    return alt.layer(*layers).properties(height=height + 4, width="container")


def _list_streams(
    figures: Sequence[Figure], other: str, total: Figure | None, request: Request
) -> list[tuple[str, str, float]]:
    """The largest streams as (name, figure in words, moves), and the rest as one."""
    known = sorted(
        (figure for figure in figures if figure.value), key=lambda f: f.value or 0, reverse=True
    )
    streams = [
        (
            str(name_area(getattr(figure, other), request.language)),
            say_figure(figure, request.language),
            figure.value or 0.0,
        )
        for figure in known[:SHOWN]
    ]
    everything = total.value if total and total.value else sum(f.value or 0 for f in known)
    rest = everything - sum(moves for _, _, moves in streams)
    if rest >= 1:
        name = request.text("chart.flows.others")
        streams.append((name, say_number(rest, request.language), rest))
    return streams


def _total(streams: list[tuple[str, str, float]]) -> float:
    return sum(moves for _, _, moves in streams)


def _stack_height(streams: list[tuple[str, str, float]], scale: float) -> float:
    return sum(max(moves * scale, _SLOT) + _GAP for _, _, moves in streams)


def _place(streams: list[tuple[str, str, float]], scale: float, height: float) -> list[_Stream]:
    """Streams stacked at the edge with room for a label each, and closely at the hub."""
    slack = height - _stack_height(streams, scale)
    top = slack / 2
    hub_top = (height - _total(streams) * scale) / 2
    placed = []
    for name, detail, moves in streams:
        width = moves * scale
        slot = max(width, _SLOT)
        placed.append(_Stream(name, detail, moves, top + (slot - width) / 2, width, hub_top))
        top += slot + _GAP
        hub_top += width
    return placed


def _draw_side(side: str, streams: list[_Stream], y: alt.Y) -> list[alt.Chart]:
    ribbons = [point for stream in streams for point in _trace_ribbon(stream, side)]
    at_left = side == "gain"
    edge = 0.0 if at_left else 1.0
    labels = [
        {"x": edge, "y": s.top + s.width / 2, "name": s.name, "detail": s.detail} for s in streams
    ]
    x = alt.X("x:Q", scale=alt.Scale(domain=[0, 1], nice=False), axis=None)
    text = alt.Chart(alt.InlineData(values=labels)).encode(x=x, y=y)
    align: Any = "left" if at_left else "right"
    shift = 8 if at_left else -8
    return [
        alt.Chart(alt.InlineData(values=ribbons))
        .mark_area(style=side, opacity=0.32)
        .encode(
            x=x,
            y=y,
            y2="y2:Q",
            detail="name:N",
            tooltip=[alt.Tooltip("name:N", title=" "), alt.Tooltip("detail:N", title="  ")],
        ),
        text.mark_text(style="name", align=align, dx=shift, dy=-7, limit=165).encode(text="name:N"),
        text.mark_text(style="detail", align=align, dx=shift, dy=7, limit=165).encode(
            text="detail:N"
        ),
    ]


def _trace_ribbon(stream: _Stream, side: str) -> list[dict[str, Any]]:
    """Points along the ribbon from the edge to the hub, on a smooth step between its ends."""
    edge, hub = (0.0, _HUB[0]) if side == "gain" else (1.0, _HUB[1])
    points = []
    for step in range(_STEPS + 1):
        t = step / _STEPS
        bend = t * t * (3 - 2 * t)
        top = stream.top + (stream.hub_top - stream.top) * bend
        points.append(
            {
                "x": round(edge + (hub - edge) * t, 4),
                "y": round(top, 2),
                "y2": round(top + stream.width, 2),
                "name": stream.name,
                "detail": stream.detail,
            }
        )
    return points


def _draw_hub(sides: dict[str, list[_Stream]], height: float, y: alt.Y) -> alt.Chart:
    """The bar in the middle, as tall as the larger of the two sides."""
    tall = max((sum(s.width for s in streams) for streams in sides.values()), default=0)
    bar = {"x": _HUB[0], "x2": _HUB[1], "y": (height - tall) / 2, "y2": (height + tall) / 2}
    x = alt.X("x:Q", scale=alt.Scale(domain=[0, 1], nice=False), axis=None)
    drawn: alt.Chart = (
        alt.Chart(alt.InlineData(values=[bar]))
        .mark_rect(style="node", cornerRadius=2)
        .encode(x=x, x2="x2:Q", y=y, y2="y2:Q")
    )
    return drawn
