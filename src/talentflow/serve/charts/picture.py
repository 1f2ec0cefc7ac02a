"""How does a chart become a picture that can stand alone in a slide or a paper?

The same specification as in the browser, framed with its title, what it shows and where it
comes from. Nothing is fetched while drawing.
"""

from __future__ import annotations

import textwrap
from functools import lru_cache
from threading import Lock
from typing import Any, Final

from talentflow.serve.charts.chart import Picturable
from talentflow.serve.charts.theme import PICTURE_FONT, make_theme

WIDTH: Final = 720
SCALE: Final = 2.0
_LINE_LETTERS: Final = {"en": 112, "ko": 66}
_LOCK: Final = Lock()  # one picture at a time: the converter holds tens of megabytes each


def draw_picture(chart: Picturable, kind: str, *, theme: str = "light") -> bytes:
    """The chart as `png` (at twice the size, for sharp print) or `svg`."""
    import vl_convert

    spec = frame_spec(chart)
    config = make_theme(theme, font=PICTURE_FONT[chart.language])
    config["padding"] = 20
    with _LOCK:
        if kind == "svg":
            svg: str = vl_convert.vegalite_to_svg(spec, config=config, allowed_base_urls=[])
            return svg.encode()
        png: bytes = vl_convert.vegalite_to_png(
            spec, config=config, scale=SCALE, allowed_base_urls=[]
        )
        return png


def frame_spec(chart: Picturable) -> dict[str, Any]:
    """The specification with a fixed width, a title, and the source as its last line."""
    spec = {**chart.spec, "width": WIDTH}
    for layer in spec.get("layer", []):
        layer.pop("width", None)
    width = _LINE_LETTERS[chart.language]
    lines = [*textwrap.wrap(chart.subtitle, width), *textwrap.wrap(chart.source_line, width)]
    return {**spec, "title": {"text": chart.heading, "subtitle": lines}}


@lru_cache(maxsize=1)
def bundle_scripts() -> bytes:
    """The JavaScript that draws charts in a browser: Vega, Vega-Lite and Vega-Embed in one."""
    import vl_convert

    bundle: str = vl_convert.javascript_bundle("window.vegaEmbed = vegaEmbed;")
    return bundle.encode()
