"""The page on replication: published figures beside ours, and why they agree or not."""

from __future__ import annotations

from itertools import groupby
from typing import Annotated, Any, Final

from fastapi import APIRouter, Path, Request
from fastapi.responses import HTMLResponse, JSONResponse

from talentflow.core.areas import AREA_INDEX
from talentflow.serve.charts.quality import QualityChart
from talentflow.serve.charts.replication import REPLICATION_CHARTS, make_replication_chart
from talentflow.serve.live import Edition
from talentflow.serve.panels import make_quality_panel
from talentflow.serve.problems import require_report
from talentflow.serve.rendering import render
from talentflow.serve.texts import get_text, has_text
from talentflow.serve.words import name_area, say_number

SECTIONS: Final = ("tables", "equal_inputs", "conferences", "cohorts", "beside")
"""The parts of the report in the order of the page."""

_SIGNS: Final = {"percent": "%", "permille": "‰"}
_DIGITS: Final = {"percent": 1, "permille": 2, "per_10k": 2}

router = APIRouter()

Language = Annotated[str, Path(pattern="^(en|ko)$")]
Row = dict[str, Any]


@router.get("/api/v1/replication", tags=["figures"])
def get_replication(request: Request) -> JSONResponse:
    """How figures that others published compare, as published."""
    return JSONResponse(find_replication(request.app.state.live.current()))


@router.get("/{lang}/replication", include_in_schema=False)
def show_replication(request: Request, lang: Language) -> HTMLResponse:
    """Published figures beside ours, with verdict and explanation."""
    edition: Edition = request.app.state.live.current()

    def make() -> bytes:
        report = edition.snapshot.replication
        return render(
            "replication.html",
            lang,
            page_path="replication",
            snapshot_id=edition.id,
            report=report,
            sections=[_make_section(report, name, lang) for name in SECTIONS] if report else [],
            panels=_list_panels(edition, lang) if report else [],
        ).encode()

    return HTMLResponse(edition.memory.recall(("page", lang, "replication"), make))


def find_replication(edition: Edition) -> dict[str, Any]:
    """The report of the snapshot, or `NotFoundError` where an older build wrote none."""
    report = edition.snapshot.replication
    return require_report(report, "replication", "replicates published figures")


def find_replication_chart(edition: Edition, id_: str, language: str) -> QualityChart:
    """The chart of the report; raises `NotFoundError` where there is none."""
    return make_replication_chart(id_, find_replication(edition), language)


def _list_panels(edition: Edition, language: str) -> list[Any]:
    charts = [find_replication_chart(edition, id_, language) for id_ in REPLICATION_CHARTS]
    return [make_quality_panel(edition, chart) for chart in charts if chart.drawable]


def _make_section(report: dict[str, Any], name: str, language: str) -> dict[str, Any]:
    part = report["parts"][name]
    rows = part["rows"]
    return {
        "name": name,
        "skipped": part["skipped"][language] if part["skipped"] else None,
        "verdicts": [
            (verdict, count) for verdict, count in report["verdicts"][name].items() if count
        ],
        "checks": [_say_check(row, language) for row in rows if "cells" in row],
        "sets": [
            _say_set(list(together), language)
            for _, together in groupby(
                (row for row in rows if "cells" not in row), key=lambda row: row["id"].split("/")[0]
            )
        ],
    }


def _say_check(row: Row, language: str) -> dict[str, Any]:
    """One line of the table of checks; a dash where nothing is claimed."""
    ranks = say_number(row["ranks"], language, digits=2)
    if row["ranks_low"] is not None:
        ranks += f" ({_span(row['ranks_low'], row['ranks_high'], 2, language)})"
    return {
        "title": row["title"][language],
        "explanation": row["explanation"][language],
        "verdict": row["verdict"],
        "cells": say_number(row["cells"], language),
        "equal": say_number(row["equal"], language),
        "correlation": say_number(row["correlation"], language, digits=2),
        "ranks": ranks,
    }


def _say_set(rows: list[Row], language: str) -> dict[str, Any]:
    """Figures of one definition: what they share is said once."""
    first = rows[0]
    reasons = list(dict.fromkeys(row["explanation"][language] for row in rows))
    ours = next((row["ours_denominator"] for row in rows if row["ours_denominator"]), None)
    return {
        "definition": first["definition"][language],
        "denominator": first["denominator"][language],
        "ours": ours[language] if ours else None,
        "source": first["source"],
        "url": first["url"] if first["url"].startswith("http") else None,
        "reason": reasons[0] if len(reasons) == 1 else None,
        "rows": [_say_row(row, language) for row in rows],
    }


def _say_row(row: Row, language: str) -> dict[str, Any]:
    difference = ""
    if row["difference_low"] is not None:
        span = _span(row["difference_low"], row["difference_high"], 1, language)
        difference = f"{say_number(row['difference'], language, digits=1)} ({span})"
    return {
        "name": _name_row(row, language),
        "edition": row["edition"].replace("/", "–"),
        "published": _say(row, "published", ("low", "high"), row["unit"], language),
        "ours": _say(row, "ours", ("ours_low", "ours_high"), row["ours_unit"], language),
        "n": say_number(row["ours_n"], language),
        "difference": difference,
        "grade": row["grade"],
        "verdict": row["verdict"],
        "explanation": row["explanation"][language],
    }


def _name_row(row: Row, language: str) -> str:
    area = name_area(row["area"], language) if row["area"] in (*AREA_INDEX, "all") else row["area"]
    key = f"replication.quantity.{row['measure']}"
    return f"{area} · {get_text(key, language)}" if has_text(key) else str(area)


def _say(row: Row, value: str, ends: tuple[str, str], unit: str | None, language: str) -> str:
    """A value with its unit and interval; a dash where there is none."""
    if row[value] is None:
        return "–"
    digits = _DIGITS.get(unit or "", 0)
    said = say_number(row[value], language, digits=digits) + _SIGNS.get(unit or "", "")
    if unit == "per_10k":
        said = get_text("replication.per_10k", language, value=said)
    low, high = (row[end] for end in ends)
    return said if low is None else f"{said} ({_span(low, high, digits, language)})"


def _span(low: float, high: float, digits: int, language: str) -> str:
    ends = (say_number(end, language, digits=digits) for end in (low, high))
    return get_text("interval.span", language, **dict(zip(("low", "high"), ends, strict=True)))
