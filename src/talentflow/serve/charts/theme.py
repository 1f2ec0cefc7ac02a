"""What do charts look like on a light and on a dark page?

Specifications name roles (`focus-line`, `quiet`), never colours; a theme gives each role its
colour, so that one specification serves both pages and paper.
"""

from __future__ import annotations

from typing import Any, Final

FONT: Final = (
    "system-ui, -apple-system, 'Segoe UI', Roboto, 'Helvetica Neue', Arial, "
    "'Apple SD Gothic Neo', 'Malgun Gothic', 'Noto Sans KR', 'Noto Sans CJK KR', sans-serif"
)
PICTURE_FONT: Final = (
    "'Noto Sans', 'Liberation Sans', Arial, 'DejaVu Sans', 'Noto Sans KR', 'Noto Sans CJK KR', "
    "'Malgun Gothic', 'Apple SD Gothic Neo', sans-serif"
)
"""In pictures the Latin font comes first and lends its figures; Korean falls through to the next."""

_LIGHT: Final = {
    "ink": "#1f2a37",
    "muted": "#5b6675",
    "line": "#e4e0d8",
    "paper": "#ffffff",
    "focus": "#0b6b66",
    "gain": "#0b6b66",
    "loss": "#b8431b",
    "open": "#8a93a0",
    "shade": "#f1eee7",
    "category": ["#0b6b66", "#b8431b", "#3f5fa8", "#b07d12", "#8a4a86", "#5b6675", "#5f8a2a"],
}
_DARK: Final = {
    "ink": "#e8e6e1",
    "muted": "#a3acb8",
    "line": "#333b46",
    "paper": "#1a2028",
    "focus": "#4fc3b8",
    "gain": "#4fc3b8",
    "loss": "#f08a5d",
    "open": "#7f8997",
    "shade": "#242b35",
    "category": ["#4fc3b8", "#f08a5d", "#8fa9ea", "#dcb04a", "#cf93cb", "#a3acb8", "#a5cf6b"],
}


def make_theme(name: str, *, font: str = FONT) -> dict[str, Any]:
    """The Vega configuration of the theme `light` or `dark`."""
    color: dict[str, Any] = {"light": _LIGHT, "dark": _DARK}[name]
    axis = {
        "labelColor": color["muted"],
        "titleColor": color["muted"],
        "gridColor": color["line"],
        "domainColor": color["muted"],
        "tickColor": color["line"],
        "labelFontSize": 12,
        "titleFontSize": 12,
        "titleFontWeight": "normal",
        "labelPadding": 6,
        "domain": False,
        "ticks": False,
    }
    return {
        "background": color["paper"],
        "font": font,
        "padding": 4,
        "view": {"stroke": None},
        "axis": axis,
        "axisX": {"grid": False, "domain": True, "ticks": True, "tickSize": 4},
        "legend": {
            "labelColor": color["ink"],
            "titleColor": color["muted"],
            "labelFontSize": 12,
            "symbolStrokeWidth": 2,
            "labelLimit": 320,
        },
        "title": {
            "color": color["ink"],
            "subtitleColor": color["muted"],
            "anchor": "start",
            "fontSize": 18,
            "subtitleFontSize": 12,
            "subtitlePadding": 6,
            "subtitleLineHeight": 17,
            "offset": 14,
        },
        "range": {
            "category": color["category"],
            "balance": [color["gain"], color["open"], color["loss"]],
        },
        "style": _make_roles(color),
    }


def _make_roles(color: dict[str, Any]) -> dict[str, Any]:
    """Role → how its marks look."""
    return {
        "focus-dot": {"fill": color["focus"], "stroke": color["paper"], "strokeWidth": 1.5},
        "focus-line": {"stroke": color["focus"], "strokeWidth": 4},
        "quiet-dot": {"fill": color["open"], "stroke": color["paper"], "strokeWidth": 1.5},
        "quiet-line": {"stroke": color["open"], "strokeWidth": 4},
        "gain": {"fill": color["gain"]},
        "loss": {"fill": color["loss"]},
        "node": {"fill": color["ink"]},
        "zero": {"stroke": color["muted"], "strokeWidth": 1},
        "missing": {"stroke": color["muted"], "strokeWidth": 1.5},
        "shade": {"fill": color["shade"], "stroke": None},
        "note": {"fill": color["muted"], "fontSize": 11, "fontStyle": "italic"},
        "name": {"fill": color["ink"], "fontSize": 12, "fontWeight": "bold"},
        "detail": {"fill": color["ink"], "fontSize": 11},
    }
