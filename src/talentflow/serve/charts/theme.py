"""What do charts look like on a light and on a dark page?

Specifications name roles (`gain`, `shade`), never colours; a theme gives each role its
colour, so that one specification serves both pages and paper.
"""

from __future__ import annotations

from typing import Any, Final

FONT: Final = (
    "system-ui, -apple-system, 'Segoe UI', Roboto, 'Helvetica Neue', Arial, "
    "'Apple SD Gothic Neo', 'Malgun Gothic', 'Noto Sans KR', 'Noto Sans CJK KR', sans-serif"
)
_LATIN: Final = "'Noto Sans', 'Liberation Sans', Arial, 'DejaVu Sans'"
_HANGUL: Final = (
    "'Noto Sans KR', 'Noto Sans CJK KR', 'Malgun Gothic', 'Apple SD Gothic Neo', NanumGothic"
)
PICTURE_FONT: Final = {
    "en": f"{_LATIN}, {_HANGUL}, sans-serif",
    "ko": f"{_HANGUL}, {_LATIN}, sans-serif",
}
"""The first font that is installed draws everything it can; for the rest the converter takes any
font that has the letter, so each language starts with fonts of its own."""

_LIGHT: Final = {
    "ink": "#1f2a37",
    "muted": "#5b6675",
    "line": "#e4e0d8",
    "paper": "#ffffff",
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
    "gain": "#4fc3b8",
    "loss": "#f08a5d",
    "open": "#7f8997",
    "shade": "#242b35",
    "category": ["#4fc3b8", "#f08a5d", "#8fa9ea", "#dcb04a", "#cf93cb", "#a3acb8", "#a5cf6b"],
}


def make_theme(name: str, *, font: str = FONT) -> dict[str, Any]:
    """The Vega configuration of the theme `light` or `dark`."""
    color: dict[str, Any] = {"light": _LIGHT, "dark": _DARK}[name]
    return {
        "background": color["paper"],
        "font": font,
        "padding": {"left": 2, "top": 4, "right": 16, "bottom": 4},
        "view": {"stroke": None},
        "axis": _make_axis(color),
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
            "ordinal": [color["gain"], color["open"], color["loss"]],
        },
        "style": _make_roles(color),
    }


def _make_axis(color: dict[str, Any]) -> dict[str, Any]:
    return {
        "labelColor": color["muted"],
        "titleColor": color["muted"],
        "gridColor": color["line"],
        "domainColor": color["muted"],
        "tickColor": color["line"],
        "labelFontSize": 12,
        "titleFontSize": 12,
        "titleFontWeight": "normal",
        "labelPadding": 6,
        "labelFlush": False,
        "labelOverlap": True,
        "labelSeparation": 6,
        "domain": False,
        "ticks": False,
    }


def _make_roles(color: dict[str, Any]) -> dict[str, Any]:
    """Role → how its marks look."""
    return {
        "gain": {"color": color["gain"]},
        "loss": {"color": color["loss"]},
        "node": {"color": color["ink"]},
        "zero": {"color": color["muted"], "strokeWidth": 1},
        "missing": {"color": color["muted"], "strokeWidth": 1.5},
        "shade": {"color": color["shade"]},
        "note": {"color": color["muted"], "fontSize": 11},
        "name": {"color": color["ink"], "fontSize": 12, "fontWeight": "bold"},
        "detail": {"color": color["ink"], "fontSize": 11},
    }
