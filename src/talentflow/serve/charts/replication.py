"""Which charts put published shares beside ours?

They are made from the replication report of the build, `replication.json`.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from talentflow.serve.charts.measures import draw_measures
from talentflow.serve.charts.quality import MEASURED, QualityChart
from talentflow.serve.texts import get_text
from talentflow.serve.words import name_area, say_number

Report = dict[str, Any]
Row = dict[str, Any]


def make_replication_chart(id_: str, report: Report, language: str) -> QualityChart:
    """The chart of this id, one of `REPLICATION_CHARTS`."""
    return REPLICATION_CHARTS[id_](report, language)


def _chart_shares(measure: str) -> Callable[[Report, str], QualityChart]:
    """Published and our share of each country and edition that has both, with intervals."""

    def chart(report: Report, language: str) -> QualityChart:
        parts = [get_text(f"replication.{side}", language) for side in ("published", "ours")]
        rows = [
            row
            for entry in report["parts"]["cohorts"]["rows"]
            if entry["measure"] == measure and entry["ours"] is not None
            for row in _pair(entry, parts, language)
        ]
        return QualityChart(
            id=f"replication_{measure}",
            language=language,
            snapshot_id=report["snapshot_id"],
            rows=rows,
            columns=MEASURED,
            draw=lambda: draw_measures([_point(row, language) for row in rows], parts),
            notes=(get_text(f"chart.replication_{measure}.note", language),),
        )

    return chart


def _pair(entry: Row, parts: list[str], language: str) -> list[Row]:
    """Two rows of one name; shares as fractions, as the tables of charts have them."""
    tier = get_text(f"replication.tier.{'oral' if '-oral-' in entry['id'] else 'all'}", language)
    name = f"{name_area(entry['area'], language)} · {entry['edition']} {tier}"
    sides = (("published", "low", "high", "n"), ("ours", "ours_low", "ours_high", "ours_n"))
    return [
        {
            "name": name,
            "part": part,
            "value": entry[value] / 100,
            "low": None if entry[low] is None else entry[low] / 100,
            "high": None if entry[high] is None else entry[high] / 100,
            "n": entry[n],
        }
        for part, (value, low, high, n) in zip(parts, sides, strict=True)
    ]


def _point(row: Row, language: str) -> Row:
    known = row["low"] is not None
    return {
        "name": row["name"],
        "part": row["part"],
        "v": 100 * row["value"],
        "low": 100 * row["low"] if known else None,
        "high": 100 * row["high"] if known else None,
        "tip": say_percent(row, language),
        "count": say_number(row["n"], language),
    }


def say_percent(row: Row, language: str) -> str:
    """A share with its interval in words; without one where none can be computed."""
    value = say_number(100 * row["value"], language, digits=1) + "%"
    if row["low"] is None:
        return value
    ends = {end: say_number(100 * row[end], language, digits=1) for end in ("low", "high")}
    return f"{value} ({get_text('interval.span', language, **ends)})"


REPLICATION_CHARTS: Final[dict[str, Callable[[Report, str], QualityChart]]] = {
    "replication_work": _chart_shares("work"),
    "replication_origin": _chart_shares("origin"),
}
"""The charts of the page on replication."""
