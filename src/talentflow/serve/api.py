"""Figures for programs: JSON, CSV, Parquet and pictures under `/api/v1`."""

from __future__ import annotations

from dataclasses import asdict
from typing import Annotated, Any, Final

import pyarrow as pa
from fastapi import APIRouter, Query, Request, Response
from fastapi.responses import FileResponse, JSONResponse

from talentflow.core.areas import LANGUAGES, area_name
from talentflow.core.errors import UsageError
from talentflow.core.vocabulary import ALL
from talentflow.indicators.absence import describe_absence
from talentflow.indicators.snapshot import Query as ValueQuery
from talentflow.indicators.snapshot import select_values
from talentflow.serve.asking import check_language, read_request
from talentflow.serve.charts import AREA_CHARTS, make_chart
from talentflow.serve.charts.chart import Chart
from talentflow.serve.charts.picture import draw_picture
from talentflow.serve.charts.quality import QUALITY_CHARTS, QualityChart
from talentflow.serve.charts.replication import REPLICATION_CHARTS
from talentflow.serve.charts.theme import make_theme
from talentflow.serve.exports import FORMATS, MEDIA_TYPES, tabulate_figures, write_table
from talentflow.serve.figures import Figure
from talentflow.serve.live import Edition
from talentflow.serve.problems import NotFoundError
from talentflow.serve.quality import find_quality_chart
from talentflow.serve.replication import find_replication_chart
from talentflow.serve.sentences import say_sentence

FILES: Final = (
    "values.parquet",
    "datapackage.json",
    "definitions.json",
    "indicators.json",
    "series.json",
    "quality.json",
    "replicates.parquet",
    "ranks.parquet",
    "replication.json",
    "manifest.json",
)
"""The files of a published snapshot, all of which may be taken away."""

PICTURES: Final = ("png", "svg")

router = APIRouter(prefix="/api/v1", tags=["figures"])

Text = Annotated[str | None, Query(max_length=100)]


@router.get("/indicators")
def list_indicators(request: Request) -> JSONResponse:
    """The indicators, with unit, formula and meaning."""
    return JSONResponse(list(_edition(request).snapshot.indicators.values()))


@router.get("/definitions")
def list_definitions(request: Request) -> JSONResponse:
    """The definitions figures were computed under."""
    return JSONResponse(list(_edition(request).snapshot.definitions.values()))


@router.get("/areas")
def list_areas(request: Request) -> JSONResponse:
    """The countries that have figures."""
    return JSONResponse(
        [
            {"code": code, "name": {lang: area_name(code, lang) for lang in LANGUAGES}}
            for code in _edition(request).figures.areas
        ]
    )


@router.get("/manifest")
def get_manifest(request: Request) -> JSONResponse:
    """Inputs, counts and rules of the snapshot."""
    return JSONResponse(_edition(request).manifest)


@router.get("/values")
def list_values(
    request: Request,
    indicator: Annotated[str, Query(max_length=100, examples=["net_rate"])],
    area: Text = None,
    partner: Text = None,
    period: Text = None,
    definition: Text = None,
    stage: Text = None,
    sector: Text = None,
    format: Annotated[str, Query(max_length=100, examples=list(FORMATS))] = "json",  # noqa: A002 — the name users know
    sentences: Text = None,
) -> Response:
    """Figures of one indicator, selected by cell and period."""
    edition = _edition(request)
    query = ValueQuery(
        indicator=indicator,
        area=area,
        partner=partner,
        period=period,
        definition=definition,
        stage=stage,
        sector=sector,
    )
    table = select_values(edition.snapshot, query)
    asked = {name: value for name, value in asdict(query).items() if value is not None}
    about: dict[str, Any] = {"snapshot_id": edition.id, "query": asked}
    if not table.num_rows:
        absence = describe_absence(edition.snapshot, query)
        about["absent"] = {"found": absence.found, "expected": absence.expected}
    if sentences is not None and format == "json":
        figures = [Figure(**row) for row in table.select(Figure._fields).to_pylist()]
        language = check_language(sentences)
        about["sentences"] = [say_sentence(f, language, edition.snapshot) for f in figures]
    body = write_table(table, format, about=about)
    return _send(body, format, f"talentflow-{indicator}")


@router.get("/charts/{chart}.{kind}")
def get_chart(
    request: Request,
    chart: str,
    kind: str,
    area: Text = None,
    lang: Text = "en",
    definition: Text = None,
    window: Text = None,
    theme: Text = "light",
) -> Response:
    """One chart as specification, picture or table."""
    edition = _edition(request)
    if theme not in ("light", "dark"):
        raise UsageError(f"unknown theme {theme!r}", expected="light or dark")
    if chart in (*QUALITY_CHARTS, *REPLICATION_CHARTS):
        return _send_quality_chart(edition, chart, kind, check_language(lang or "en"), theme)
    asked = read_request(
        edition, lang or "en", area=area or ALL, definition=definition, window=window
    )
    if chart in AREA_CHARTS and asked.area == ALL:
        raise UsageError(
            f"the chart {chart!r} is about one country",
            expected="the parameter area",
            next_step=f"/api/v1/charts/{chart}.{kind}?area=KR",
        )
    _check_kind(kind)
    key = ("chart", chart, kind, asked.area, asked.language, asked.definition, asked.window, theme)
    body = edition.memory.recall(key, lambda: _render(make_chart(chart, asked), kind, theme))
    name = f"talentflow-{chart}" + (f"-{asked.area}" if asked.area != ALL else "")
    return _send(body, kind, name)


@router.get("/files/{name}")
def get_file(request: Request, name: str) -> FileResponse:
    """A file of the published snapshot."""
    path = _edition(request).snapshot.folder / name
    if name not in FILES or not path.is_file():
        raise NotFoundError(f"no published file {name!r}", expected="one of " + ", ".join(FILES))
    media_type = MEDIA_TYPES[path.suffix.removeprefix(".")]
    return FileResponse(path, media_type=media_type, filename=name)


def _edition(request: Request) -> Edition:
    edition: Edition = request.app.state.live.current()
    return edition


def _send_quality_chart(
    edition: Edition, chart: str, kind: str, language: str, theme: str
) -> Response:
    _check_kind(kind)
    key = ("chart", chart, kind, language, theme)
    find = find_quality_chart if chart in QUALITY_CHARTS else find_replication_chart
    body = edition.memory.recall(key, lambda: _render(find(edition, chart, language), kind, theme))
    return _send(body, kind, f"talentflow-{chart.replace('_', '-')}")


def _check_kind(kind: str) -> None:
    if kind not in (*FORMATS, *PICTURES):
        raise NotFoundError(
            f"a chart has no form {kind!r}", expected="one of " + ", ".join((*FORMATS, *PICTURES))
        )


def _render(chart: Chart | QualityChart, kind: str, theme: str) -> bytes:
    if kind in ("csv", "parquet"):
        if isinstance(chart, Chart):
            return write_table(tabulate_figures(chart.rows), kind)
        return write_table(pa.Table.from_pylist(list(chart.rows)), kind)
    if kind in PICTURES and not chart.drawable:
        raise NotFoundError(
            f"no figures for the chart {chart.id!r}", expected="an area with figures"
        )
    if kind in PICTURES:
        return draw_picture(chart, kind, theme=theme)
    spec: dict[str, Any] = {**chart.spec, "description": chart.alt, "config": make_theme(theme)}
    return bytes(JSONResponse(spec).body)


def _send(body: bytes, kind: str, name: str) -> Response:
    headers = {}
    if kind in ("csv", "parquet"):
        headers["Content-Disposition"] = f'attachment; filename="{name}.{kind}"'
    return Response(body, media_type=MEDIA_TYPES[kind], headers=headers)
