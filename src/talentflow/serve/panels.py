"""What surrounds a chart on a page: its table, downloads, definition, sources and n."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final
from urllib.parse import urlencode

from talentflow.core.vocabulary import ALL
from talentflow.serve.charts import make_chart
from talentflow.serve.charts.chart import Chart, Request
from talentflow.serve.charts.quality import QualityChart, say_cell
from talentflow.serve.contrasts import find_rank, say_short_rank
from talentflow.serve.figures import DEFAULT, Figure
from talentflow.serve.live import Edition
from talentflow.serve.sentences import say_sentence
from talentflow.serve.texts import get_text
from talentflow.serve.words import (
    name_area,
    name_sector,
    name_stage,
    say_interval,
    say_number,
    say_period,
    say_value,
)

SHOWN_ROWS: Final = 300
DOWNLOADS: Final = ("csv", "parquet", "png", "svg", "json")
_NUMERIC: Final = frozenset({"value", "interval", "n", "rank"})
_FEW_DEFINITIONS: Final = 2
"""A chart across more definitions than these names them itself."""


@dataclass(frozen=True, kw_only=True)
class Table:
    """Column heads with whether they are numbers, rows of finished cells, and each row said as
    a sentence (where the rows are figures)."""

    heads: tuple[tuple[str, bool], ...]
    rows: tuple[tuple[str, ...], ...]
    count: int
    sentences: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Panel:
    """A chart with everything a reader needs to judge it."""

    chart: Chart | QualityChart
    table: Table
    links: dict[str, str]
    definition_title: str
    fallback: bool
    n_text: str
    sources: str
    empty_text: str


def make_panel(edition: Edition, id_: str, request: Request) -> Panel:
    """The panel of one chart."""
    chart = make_chart(id_, request)
    language = request.language
    known = edition.snapshot.definitions
    used = list(dict.fromkeys(row.definition_id for row in chart.rows)) or [chart.definition_id]
    cohort = any(known.get(id_, {}).get("population") for id_ in used)
    across = len(used) > _FEW_DEFINITIONS
    titles = [known.get(id_, {}).get("title", {}).get(language, id_) for id_ in used]
    return Panel(
        chart=chart,
        table=make_table(edition, chart),
        links={kind: link_chart(chart, kind) for kind in DOWNLOADS},
        definition_title="" if across else " · ".join(titles),
        fallback=not across
        and bool(chart.rows)
        and request.definition != chart.definition_id
        and not cohort,
        n_text=_say_n(edition, chart),
        sources=", ".join(list_sources(edition)),
        empty_text=request.text("chart.none"),
    )


def make_quality_panel(edition: Edition, chart: QualityChart) -> Panel:
    """The panel of a chart about the quality of the build."""
    language = chart.language
    rows = tuple(
        tuple(say_cell(row, column, language) for column in chart.columns)
        for row in chart.rows[:SHOWN_ROWS]
    )
    heads = tuple(
        (get_text(f"column.{column.name}", language), column.kind != "text")
        for column in chart.columns
    )
    link = f"/api/v1/charts/{chart.id}"
    return Panel(
        chart=chart,
        table=Table(heads=heads, rows=rows, count=len(chart.rows)),
        links={kind: f"{link}.{kind}?{urlencode({'lang': language})}" for kind in DOWNLOADS},
        definition_title="",
        fallback=False,
        n_text="",
        sources=", ".join(list_sources(edition, gold=chart.of_gold)),
        empty_text=get_text("quality.not_measured", language),
    )


def link_chart(chart: Chart, kind: str) -> str:
    """The address of the chart as a file."""
    request = chart.request
    query = {"lang": request.language}
    if request.area != ALL:
        query["area"] = request.area
    if request.definition != DEFAULT:
        query["definition"] = request.definition
    if request.window:
        query["window"] = request.window
    return f"/api/v1/charts/{chart.id}.{kind}?{urlencode(query)}"


def list_sources(edition: Edition, *, gold: bool = False) -> list[str]:
    """Titles of the sources the snapshot was made from, and with `gold` those that it was only
    measured by."""
    measured_by = {file["source"] for file in edition.manifest.get("gold", [])}
    compared = {file["source"] for file in edition.manifest.get("comparison", [])}
    titles = [
        entry["title"]
        for entry in edition.manifest.get("licences", [])
        if (gold or entry["source"] not in measured_by) and entry["source"] not in compared
    ]
    return titles or sorted({entry["source"] for entry in edition.manifest.get("inputs", [])})


def make_table(edition: Edition, chart: Chart) -> Table:
    """The chart's figures as text, at most `SHOWN_ROWS` of them."""
    language = chart.request.language
    cells = [_CELLS[column] for column in chart.columns]
    rows = tuple(
        tuple(cell(row, language, edition) for cell in cells) for row in chart.rows[:SHOWN_ROWS]
    )
    heads = tuple(
        (get_text(f"column.{column}", language), column in _NUMERIC) for column in chart.columns
    )
    sentences = tuple(
        say_sentence(row, language, edition.snapshot) for row in chart.rows[:SHOWN_ROWS]
    )
    return Table(heads=heads, rows=rows, count=len(chart.rows), sentences=sentences)


def _say_n(edition: Edition, chart: Chart) -> str:
    counts = [row.n for row in chart.rows if row.n is not None]
    if not counts:
        return ""
    language = chart.request.language
    described = edition.snapshot.indicators.get(chart.indicators[0], {})
    means = described.get("n_means", {}).get(language, "")
    low, high = (say_number(n, language) for n in (min(counts), max(counts)))
    key = "chart.n_one" if low == high else "chart.n_range"
    return get_text(key, language, low=low, high=high, means=means)


def _title(kind: str) -> Callable[[Figure, str, Edition], str]:
    """A cell that shows the published title of the row's indicator or definition."""

    def cell(row: Figure, language: str, edition: Edition) -> str:
        if kind == "indicator":
            id_, known = row.indicator, edition.snapshot.indicators
        else:
            id_, known = row.definition_id, edition.snapshot.definitions
        return str(known.get(id_, {}).get("title", {}).get(language, id_))

    return cell


def _moving_from(row: Figure, language: str, _: Edition) -> str:
    return str(name_area(row.area, language))


_CELLS: Final[dict[str, Callable[[Figure, str, Edition], str]]] = {
    "area": _moving_from,
    "from": _moving_from,
    "to": lambda row, language, _: str(name_area(row.partner, language)),
    "period": lambda row, language, _: say_period(row.period, language),
    "stage": lambda row, language, _: name_stage(row.stage, language),
    "sector": lambda row, language, _: name_sector(row.sector, language),
    "indicator": _title("indicator"),
    "definition": _title("definition"),
    "value": lambda row, language, _: say_value(row, language),
    "interval": lambda row, language, _: say_interval(row, language),
    "n": lambda row, language, _: say_number(row.n, language),
    "rank": lambda row, language, edition: say_short_rank(
        find_rank(row, edition.snapshot), language
    ),
    "flag": lambda row, language, _: get_text(f"flag.{row.flag}.short", language),
}
