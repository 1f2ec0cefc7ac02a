"""The page on several sources: the combined estimate of an area beside what each source says."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Any, Final

from fastapi import APIRouter, Path, Query, Request
from fastapi.responses import HTMLResponse

from talentflow.core.areas import parse_area
from talentflow.core.errors import UsageError
from talentflow.estimate.combine_results import COMBINED, CombinedFigures, read_combined
from talentflow.serve.live import LiveStore
from talentflow.serve.rendering import render
from talentflow.serve.texts import get_text, has_text
from talentflow.serve.words import say_level, say_number, sort_by_name

DEFAULT_AREA: Final = "KR"
QUANTITIES: Final = ("stock", "net_rate")
WIDTH, HEIGHT = 640.0, 220.0
_DIGITS: Final = {"persons": 0, "percent": 2, "ratio": 2, "percentage_points": 2}

router = APIRouter()

Language = Annotated[str, Path(pattern="^(en|ko)$")]

Row = dict[str, Any]


@dataclass(frozen=True, kw_only=True)
class Picture:
    """The combined series as a band and a line, in the units of the drawing, and what its edges
    stand for."""

    band: str
    line: str
    zero: float | None
    dots: tuple[tuple[float, float], ...]
    low: str
    high: str
    first: int
    last: int


@router.get("/{lang}/sources", include_in_schema=False)
def show_sources(
    request: Request, lang: Language, area: Annotated[str | None, Query(max_length=100)] = None
) -> HTMLResponse:
    """Combined stock and net rate of an area beside the single sources, and how these depart.

    Not kept between requests: the figures may be made after the snapshot was read.
    """
    live: LiveStore = request.app.state.live
    edition = live.current()
    combined = read_combined(live.store, edition.id)
    context = _describe(combined, area, lang) if combined else {"area": None, "path": ""}
    page = render(
        "sources.html",
        lang,
        page_path="sources" + (f"?area={context['area']}" if area and combined else ""),
        snapshot_id=edition.id,
        facts=combined.diagnostics if combined else None,
        **context,
    )
    return HTMLResponse(page, headers={"Cache-Control": "no-store"})


def _describe(combined: CombinedFigures, area: str | None, language: str) -> dict[str, Any]:
    known = combined.diagnostics["areas"]
    chosen = _choose_area(area, known)
    level = combined.diagnostics["sampling"]["level"]
    return {
        "area": chosen,
        "areas": sort_by_name(known, language),
        "level": say_level(level, language),
        "source_name": lambda source: name_source(source, language),
        "quantities": [
            {
                "id": quantity,
                "picture": draw_picture(_rows_of(combined.estimates, quantity, chosen), language),
                "table": _make_table(combined, quantity, chosen, language),
                "biases": _list_biases(combined, quantity, chosen, language),
                "facts": combined.diagnostics[quantity],
            }
            for quantity in QUANTITIES
        ],
    }


def name_source(source: str, language: str) -> str:
    """A source in the reader's words; one that has none goes by its id."""
    key = f"sources.name.{source}"
    return get_text(key, language) if has_text(key) else source


def draw_picture(rows: list[Row], language: str) -> Picture:
    """The combined rows as a picture with the reference's figures as dots."""
    ours = [row for row in rows if row["source"] == COMBINED]
    reference = [row for row in rows if row["source"] == "conferences" and row["value"] is not None]
    ends = [row[end] for row in ours for end in ("low", "high")]
    ends += [row["value"] for row in reference]
    low, high = min(ends, default=0.0), max(ends, default=1.0)
    years = [row["year"] for row in ours] or [0]
    first, span = min(years), max(max(years) - min(years), 1)

    def place(year: int, value: float) -> tuple[float, float]:
        down = HEIGHT * (1 - (value - low) / ((high - low) or 1.0))
        return round(WIDTH * (year - first) / span, 1), round(down, 1)

    upper = [place(row["year"], row["high"]) for row in ours]
    lower = [place(row["year"], row["low"]) for row in reversed(ours)]
    digits = _DIGITS[ours[0]["unit"]] if ours else 0
    return Picture(
        band=_join(upper + lower),
        line=_join([place(row["year"], row["value"]) for row in ours]),
        zero=place(first, 0.0)[1] if low < 0 < high else None,
        dots=tuple(place(r["year"], r["value"]) for r in reference if r["year"] >= first),
        low=say_number(low, language, digits=digits),
        high=say_number(high, language, digits=digits),
        first=first,
        last=max(years),
    )


def _join(points: list[tuple[float, float]]) -> str:
    return " ".join(f"{x},{y}" for x, y in points)


def _rows_of(rows: list[Row], quantity: str, area: str) -> list[Row]:
    return [row for row in rows if row["quantity"] == quantity and row["area"] == area]


def _make_table(
    combined: CombinedFigures, quantity: str, area: str, language: str
) -> dict[str, Any]:
    """One row a year, the combined figure first, then each source."""
    rows = _rows_of(combined.estimates, quantity, area)
    sources = [COMBINED, *combined.diagnostics[quantity]["sources"]]
    by_cell = {(row["year"], row["source"]): row for row in rows}
    years = sorted({row["year"] for row in rows})
    return {
        "sources": sources,
        "rows": [
            (year, [_say(by_cell.get((year, source)), language) for source in sources])
            for year in years
        ],
    }


def _list_biases(
    combined: CombinedFigures, quantity: str, area: str, language: str
) -> list[tuple[str, str, str]]:
    """Source, its departure over the period, its change over ten years."""
    rows = {
        (row["source"], row["measure"]): row for row in _rows_of(combined.biases, quantity, area)
    }
    others = combined.diagnostics[quantity]["sources"][1:]
    return [
        (source, *(_say(rows.get((source, measure)), language) for measure in ("level", "change")))
        for source in others
    ]


def _say(row: Row | None, language: str) -> str:
    if row is None:
        return "–"
    if row["value"] is None:
        return get_text(f"flag.{row['flag']}.short", language)
    digits = _DIGITS[row["unit"]]
    value, low, high = (
        say_number(row[name], language, digits=digits) for name in ("value", "low", "high")
    )
    return f"{value} ({get_text('interval.span', language, low=low, high=high)})"


def _choose_area(area: str | None, known: list[str]) -> str:
    if area is None:
        return DEFAULT_AREA if DEFAULT_AREA in known else known[0]
    code = parse_area(area)
    if code not in known:
        raise UsageError(
            f"{code} is not among the combined areas",
            expected=", ".join(sorted(known)),
            next_step="`talentflow combine --areas` takes others",
        )
    return code
