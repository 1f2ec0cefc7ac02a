"""Which charts show how far the answers behind the figures can be trusted?

They are made from the published report of the build, `quality.json`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Final, NamedTuple

from talentflow.core.areas import AREA_INDEX
from talentflow.serve.charts.chart import Drawing, make_spec
from talentflow.serve.charts.measures import (
    draw_bars,
    draw_columns,
    draw_measures,
    draw_parts_by_name,
    draw_parts_by_year,
    draw_reliability,
)
from talentflow.serve.texts import get_text, has_text
from talentflow.serve.words import name_area, name_sector, say_number, say_share

Report = dict[str, Any]
Row = dict[str, Any]

SHOWN_COUNTRIES: Final = 20
SHOWN_RULES: Final = 14
MIN_DRAWN: Final = 10
"""Texts below which a point of the reliability diagram is in its table only."""

_COVERED: Final = ("organization", "country_only", "unresolved")
_LINKED: Final = ("hard_id", "rare_name", "ambiguous")


class Column(NamedTuple):
    """A column of a chart's table. `kind`: text, count, share, or interval (of a share, with
    its bounds in `low` and `high`)."""

    name: str
    kind: str = "text"


MEASURED: Final = (
    Column("name"),
    Column("part"),
    Column("value", "share"),
    Column("interval", "interval"),
    Column("n", "count"),
)
"""Columns of a table of shares with intervals: of what, which of several, and how many."""


@dataclass(frozen=True, kw_only=True)
class QualityChart:
    """One chart. `rows` are what its table and downloads hold; `of_gold` says that labelled texts
    stand behind it."""

    id: str
    language: str
    snapshot_id: str
    rows: Sequence[Row]
    columns: tuple[Column, ...]
    draw: Callable[[], Drawing]
    notes: tuple[str, ...] = ()
    indicators: tuple[str, ...] = ()
    of_gold: bool = False

    @property
    def title(self) -> str:
        """What the chart is about."""
        return get_text(f"chart.{self.id}.title", self.language)

    @property
    def heading(self) -> str:
        """The title of a picture that stands alone."""
        return self.title

    @property
    def subtitle(self) -> str:
        """What is drawn, in which unit."""
        return get_text(f"chart.{self.id}.subtitle", self.language)

    @property
    def alt(self) -> str:
        """The chart in words for those who cannot see it."""
        return f"{self.title}. {self.subtitle}"

    @property
    def source_line(self) -> str:
        """The snapshot."""
        return get_text("quality.source_line", self.language, snapshot=self.snapshot_id)

    @property
    def drawable(self) -> bool:
        """Whether there is anything to draw."""
        return bool(self.rows)

    @cached_property
    def spec(self) -> dict[str, Any]:
        """The Vega-Lite specification, without size in x and without theme."""
        return make_spec(self.draw())


def make_quality_chart(id_: str, report: Report, language: str) -> QualityChart:
    """The chart of this id, one of `QUALITY_CHARTS`."""
    return QUALITY_CHARTS[id_](report, language)


def say_cell(row: Row, column: Column, language: str) -> str:
    """A cell of a chart's table; a count or share that is withheld is a dash."""
    value = row.get(column.name)
    if column.kind == "count":
        return say_number(value, language)
    if column.kind == "share":
        return "–" if value is None else say_share(value, 1, language)
    if column.kind == "interval":
        low, high = row.get("low"), row.get("high")
        if low is None or high is None:
            return "–"
        ends = {
            "low": say_number(100 * low, language, digits=1),
            "high": say_number(100 * high, language, digits=1),
        }
        return get_text("interval.span", language, **ends)
    return str(value) if value is not None else "–"


def name_rule(rule: str, language: str) -> str:
    """A rule in the reader's words; one that has none by its id."""
    key = f"rule.{rule}"
    return get_text(key, language) if has_text(key) else rule


def _chart_years(report: Report, language: str) -> QualityChart:
    """How much of each year's affiliations was resolved."""
    rows = [row for row in report["by_year"] if row["records"]]
    parts = [get_text(f"quality.part.{part}", language) for part in _COVERED]
    points = []
    for row in rows:
        counts = (
            row["organization"],
            row["country_only"],
            row["records"] - row["organization"] - row["country_only"],
        )
        for order, (part, count) in enumerate(zip(parts, counts, strict=True)):
            points.append(
                {
                    "x": row["year"],
                    "v": count / row["records"],
                    "part": part,
                    "order": order,
                    "tip": say_share(count, row["records"], language),
                    "count": say_number(count, language),
                }
            )
    table = [{**row, "year": str(row["year"])} for row in rows]
    return QualityChart(
        id="quality_years",
        language=language,
        snapshot_id=report["snapshot_id"],
        rows=table,
        columns=(
            Column("year"),
            *(
                Column(name, "count")
                for name in ("records", "organization", "country", "city", "sector")
            ),
        ),
        draw=lambda: draw_parts_by_year(points, parts),
    )


def _chart_rules(field: str) -> Callable[[Report, str], QualityChart]:
    def chart(report: Report, language: str) -> QualityChart:
        rows = [
            {**row, "rule": name_rule(row["rule"], language), "id": row["rule"]}
            for row in report["rules"]
            if row["field"] == field and row["records"]
        ]
        whole = report["records"]
        points = [
            {
                "name": row["rule"],
                "v": row["records"] / whole,
                "word": say_share(row["records"], whole, language),
                "side": "gain" if row["known"] else "loss",
                "tip": say_share(row["records"], whole, language),
                "count": say_number(row["records"], language),
            }
            for row in rows[:SHOWN_RULES]
        ]
        return QualityChart(
            id=f"quality_{field}_rules",
            language=language,
            snapshot_id=report["snapshot_id"],
            rows=[{**row, "share": row["records"] / whole} for row in rows],
            columns=(
                Column("rule"),
                Column("share", "share"),
                Column("records", "count"),
                Column("mentions", "count"),
            ),
            draw=lambda: draw_bars(_merge_names(points)),
            notes=(get_text("quality.rules_note", language),),
        )

    return chart


def _merge_names(points: list[Row]) -> list[Row]:
    """A rule that sometimes answers and sometimes does not is drawn as two bars of two names."""
    seen: set[str] = set()
    for point in points:
        while point["name"] in seen:
            point["name"] += " "
        seen.add(point["name"])
    return points


def _chart_bands(report: Report, language: str) -> QualityChart:
    """How sure the answers are of themselves."""
    whole = report["records"]
    rows = [
        {
            **row,
            "band": _name_band(row["low"], row["high"], language),
            "share": None if row["records"] is None else row["records"] / (whole or 1),
        }
        for row in report["bands"]
    ]
    points = [
        {
            "name": row["band"],
            "v": row["share"],
            "word": say_share(row["share"], 1, language),
            "side": "loss" if row["low"] is None else "gain",
            "tip": say_share(row["share"], 1, language),
            "count": say_number(row["records"], language),
        }
        for row in rows
        if row["share"] is not None
    ]
    return QualityChart(
        id="quality_bands",
        language=language,
        snapshot_id=report["snapshot_id"],
        rows=rows if whole else [],
        columns=(
            Column("band"),
            Column("share", "share"),
            Column("records", "count"),
            Column("mentions", "count"),
        ),
        draw=lambda: draw_columns(points),
    )


def _name_band(low: float | None, high: float | None, language: str) -> str:
    if low is None or high is None:
        return get_text("quality.part.none", language)
    return "–".join(say_number(100 * end, language) for end in (low, high))


def _chart_reliability(report: Report, language: str) -> QualityChart:
    """Whether a probability means what it says."""
    gold = report.get("gold") or {}
    rows = [
        {**row, "part": get_text(f"quality.field.{row['field']}", language)}
        for row in gold.get("reliability", ())
    ]
    parts = list(dict.fromkeys(row["part"] for row in rows))
    points = [
        {
            "name": _name_band(row["from"], row["to"], language),
            "claimed": 100 * row["claimed"],
            "part": row["part"],
            "n": row["n"],
            **_say_measure(row, language),
        }
        for row in rows
        if row["n"] >= MIN_DRAWN
    ]
    errors = ", ".join(
        f"{get_text(f'quality.field.{field}', language)} {say_share(error, 1, language)}"
        for field, error in gold.get("calibration_error", {}).items()
    )
    x_title = get_text("chart.quality_reliability.x", language)
    return QualityChart(
        id="quality_reliability",
        language=language,
        snapshot_id=report["snapshot_id"],
        rows=rows,
        columns=(
            Column("part"),
            Column("claimed", "share"),
            Column("value", "share"),
            Column("interval", "interval"),
            Column("n", "count"),
        ),
        draw=lambda: draw_reliability(points, parts, x_title),
        notes=(get_text("chart.quality_reliability.note", language, errors=errors),),
        of_gold=True,
    )


def _chart_gold(
    id_: str,
    entries: Callable[[Report], Sequence[Row]],
    name: Callable[[Row, str], str],
    measures: tuple[str, ...],
) -> Callable[[Report, str], QualityChart]:
    """A chart of measured shares: one line per entry, one dot per measure."""

    def chart(report: Report, language: str) -> QualityChart:
        rows = [
            {
                "name": name(entry, language),
                "part": get_text(f"quality.measure.{measure}", language),
                **entry[measure],
            }
            for entry in entries(report)
            for measure in measures
            if entry[measure]["value"] is not None
        ]
        points = [
            {"name": row["name"], "part": row["part"], **_say_measure(row, language)}
            for row in rows
        ]
        parts = [get_text(f"quality.measure.{measure}", language) for measure in measures]
        return QualityChart(
            id=id_,
            language=language,
            snapshot_id=report["snapshot_id"],
            rows=rows,
            columns=MEASURED,
            draw=lambda: draw_measures(points, parts),
            of_gold=id_ != "quality_surnames",
        )

    return chart


def _say_measure(row: Row, language: str) -> Row:
    words = say_cell(row, Column("value", "share"), language)
    span = say_cell(row, Column("interval", "interval"), language)
    known = row["low"] is not None
    return {
        "v": 100 * row["value"],
        "low": 100 * row["low"] if known else None,
        "high": 100 * row["high"] if known else None,
        "tip": f"{words} ({span})",
        "count": say_number(row["n"], language),
    }


def _chart_people(report: Report, language: str) -> QualityChart:
    """By what persons are identified, by country."""
    parts = [get_text(f"quality.part.{part}", language) for part in _LINKED]
    rows = [
        {**row, "area": _name_place(row["country"], language)}
        for row in report["people"]["by_country"]
    ]
    named = [row for row in rows if row["country"] in AREA_INDEX][:SHOWN_COUNTRIES]
    points = [
        {
            "name": row["area"],
            "v": row[kind] / row["persons"],
            "part": part,
            "order": order,
            "tip": say_share(row[kind], row["persons"], language),
            "count": say_number(row[kind], language),
        }
        for row in named
        for order, (kind, part) in enumerate(zip(_LINKED, parts, strict=True))
    ]
    return QualityChart(
        id="quality_people",
        language=language,
        snapshot_id=report["snapshot_id"],
        rows=rows,
        columns=(
            Column("area"),
            *(Column(name, "count") for name in ("persons", *_LINKED)),
        ),
        draw=lambda: draw_parts_by_name(points, parts),
        notes=(get_text("chart.quality_people.note", language, count=len(named)),),
    )


def _name_place(code: str, language: str) -> str:
    if code in AREA_INDEX:
        return str(name_area(code, language))
    return get_text(f"quality.place.{code}", language)


def _of_gold(key: str) -> Callable[[Report], Sequence[Row]]:
    return lambda report: (report.get("gold") or {}).get(key) or ()


def _name_list(entry: Row, _: str) -> str:
    return str(entry["list"])


def _name_surnames(entry: Row, language: str) -> str:
    return get_text(f"quality.surnames.{entry['surnames']}", language)


_MEASURES: Final = ("precision", "recall")

QUALITY_CHARTS: Final[dict[str, Callable[[Report, str], QualityChart]]] = {
    "quality_years": _chart_years,
    "quality_bands": _chart_bands,
    "quality_organization_rules": _chart_rules("organization"),
    "quality_country_rules": _chart_rules("country"),
    "quality_reliability": _chart_reliability,
    "quality_lists": _chart_gold("quality_lists", _of_gold("lists"), _name_list, _MEASURES),
    "quality_countries": _chart_gold(
        "quality_countries",
        _of_gold("by_country"),
        lambda entry, language: _name_place(entry["stratum"], language),
        _MEASURES,
    ),
    "quality_sectors": _chart_gold(
        "quality_sectors",
        _of_gold("by_sector"),
        lambda entry, language: name_sector(entry["stratum"], language),
        _MEASURES,
    ),
    "quality_people": _chart_people,
    "quality_surnames": _chart_gold(
        "quality_surnames",
        lambda report: report["people"].get("hidden_ids") or (),
        _name_surnames,
        ("pair_precision", "pair_recall"),
    ),
}
"""The charts of the page on quality."""
