"""The page on quality: how much was resolved, by what, and how often it is right."""

from __future__ import annotations

from typing import Annotated, Any, Final

from fastapi import APIRouter, Path, Request
from fastapi.responses import HTMLResponse, JSONResponse

from talentflow.serve.charts.quality import QualityChart, make_quality_chart
from talentflow.serve.live import Edition
from talentflow.serve.panels import Panel, make_quality_panel
from talentflow.serve.problems import require_report
from talentflow.serve.rendering import render
from talentflow.serve.texts import get_text
from talentflow.serve.words import say_number, say_share

SECTIONS: Final = (
    ("coverage", ("quality_years", "quality_bands")),
    ("rules", ("quality_organization_rules", "quality_country_rules")),
    (
        "accuracy",
        ("quality_reliability", "quality_lists", "quality_countries", "quality_sectors"),
    ),
    ("people", ("quality_people", "quality_surnames")),
)
"""The sections of the page and the charts in each."""

router = APIRouter()

Language = Annotated[str, Path(pattern="^(en|ko)$")]


@router.get("/api/v1/quality", tags=["figures"])
def get_quality(request: Request) -> JSONResponse:
    """How well affiliations and people were resolved, as published."""
    return JSONResponse(find_report(request.app.state.live.current()))


@router.get("/{lang}/quality", include_in_schema=False)
def show_quality(request: Request, lang: Language) -> HTMLResponse:
    """Coverage, rules, accuracy on labelled texts, persons, agreement of crawls."""
    edition: Edition = request.app.state.live.current()

    def make() -> bytes:
        report = edition.snapshot.quality
        return render(
            "quality.html",
            lang,
            page_path="quality",
            snapshot_id=edition.id,
            report=report,
            cards=_list_cards(report, lang) if report else [],
            sections=_list_sections(edition, report, lang) if report else [],
            crawls=_sum_crawls(report) if report else None,
        ).encode()

    return HTMLResponse(edition.memory.recall(("page", lang, "quality"), make))


def find_report(edition: Edition) -> dict[str, Any]:
    """The report of the snapshot, or `NotFoundError` where an older build wrote none."""
    return require_report(edition.snapshot.quality, "quality", "measures it")


def find_quality_chart(edition: Edition, id_: str, language: str) -> QualityChart:
    """The chart of the report; raises `NotFoundError` where there is none."""
    return make_quality_chart(id_, find_report(edition), language)


def _list_sections(
    edition: Edition, report: dict[str, Any], language: str
) -> list[tuple[str, list[Panel]]]:
    """Sections with the charts that have something to show."""
    return [
        (
            name,
            [
                make_quality_panel(edition, chart)
                for chart in (make_quality_chart(id_, report, language) for id_ in charts)
                if chart.drawable
            ],
        )
        for name, charts in SECTIONS
    ]


def _list_cards(report: dict[str, Any], language: str) -> list[dict[str, Any]]:
    """The headline shares: of author slots by field, and of persons by how they are known."""
    cards = [
        _card(
            f"quality.card.{entry['field']}",
            entry["slots"],
            report["slots"],
            get_text(f"quality.said.{entry['field']}", language),
            language,
        )
        for entry in report["fields"]
    ]
    linked = {entry["linkage"]: entry["persons"] for entry in report["people"]["linkage"]}
    if all(count is not None for count in linked.values()):
        whole = sum(linked.values())
        told = whole - linked["ambiguous"]
        said = get_text(
            "quality.said.people",
            language,
            hard=say_share(linked["hard_id"], whole, language),
            rare=say_share(linked["rare_name"], whole, language),
        )
        cards.append(_card("quality.card.people", told, whole, said, language))
    gold = report.get("gold")
    if gold and gold["all"]["precision"]["value"] is not None:
        cards.append(_precision_card(gold["all"], language))
    return cards


def _card(key: str, part: int, whole: int, said: str, language: str) -> dict[str, Any]:
    return {
        "title": get_text(key, language),
        "value": say_share(part, whole, language),
        "interval": "",
        "part": 100 * part / whole if whole else 0,
        "said": said,
        "n": say_number(whole, language),
    }


def _precision_card(measured: dict[str, Any], language: str) -> dict[str, Any]:
    precision, recall = measured["precision"], measured["recall"]
    return {
        "title": get_text("quality.card.precision", language),
        "value": say_share(precision["value"], 1, language),
        "interval": _span(precision, language),
        "part": 100 * precision["value"],
        "said": get_text(
            "quality.said.precision",
            language,
            recall=say_share(recall["value"], 1, language),
            interval=_span(recall, language),
        ),
        "n": say_number(precision["n"], language),
    }


def _span(measured: dict[str, Any], language: str) -> str:
    if measured["low"] is None:
        return "–"
    low, high = (say_number(100 * measured[end], language, digits=1) for end in ("low", "high"))
    return get_text("interval.span", language, low=low, high=high)


def _sum_crawls(report: dict[str, Any]) -> dict[str, int] | None:
    """Agreement of two crawls over all files; null where there is no second crawl."""
    rows = report.get("second_opinion") or []
    names = ("slots", "placed_in_both", "same_affiliation", "same_country")
    total = {name: sum(row[name] for row in rows) for name in names}
    return total if total["placed_in_both"] else None
