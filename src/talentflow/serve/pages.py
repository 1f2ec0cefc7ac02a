"""The pages: overview, one country, method, data, API."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, Any, Final
from urllib.parse import urlencode

from fastapi import APIRouter, Path, Query, Request
from fastapi.responses import HTMLResponse, RedirectResponse

from talentflow.core.areas import parse_area
from talentflow.core.errors import UsageError
from talentflow.core.vocabulary import FLAGS
from talentflow.estimate.ranks import RANKED_FROM
from talentflow.indicators.snapshot import Query as ValueQuery
from talentflow.indicators.snapshot import select_ranks
from talentflow.serve.asking import check_area, list_definitions, list_windows, read_request
from talentflow.serve.changes import list_changes
from talentflow.serve.charts.chart import Request as Asked
from talentflow.serve.charts.specification import CURVES
from talentflow.serve.contrasts import say_short_rank
from talentflow.serve.coverage import tell_coverage
from talentflow.serve.figures import DEFAULT, Cell
from talentflow.serve.headlines import STRIP_WIDTH, list_headlines
from talentflow.serve.live import Edition
from talentflow.serve.panels import make_panel
from talentflow.serve.problems import NotFoundError
from talentflow.serve.rendering import render
from talentflow.serve.texts import choose_language
from talentflow.serve.words import name_area, say_figure, say_level, say_number, sort_by_name

SECTIONS: Final = (
    ("people", ("stock", "sectors", "mobile", "sector_moves")),
    ("moves", ("net_rate", "rates", "flows")),
    ("staying", ("retention", "study_to_work")),
    ("top", ("cohort", "cohort_places")),
    ("definitions", tuple(CURVES)),
)
"""The sections of a country's page and the charts in each."""

_TABLE_RATES: Final = ("net_rate", "in_rate", "out_rate")

router = APIRouter(include_in_schema=False)

Language = Annotated[str, Path(pattern="^(en|ko)$")]
Choice = Annotated[str | None, Query(max_length=100)]


@router.get("/")
def redirect_home(request: Request) -> RedirectResponse:
    """To the overview in the reader's language."""
    language = choose_language(request.headers.get("accept-language"))
    return RedirectResponse(f"/{language}/", 302, headers={"Vary": "Accept-Language"})


@router.get("/api")
def redirect_api(request: Request) -> RedirectResponse:
    """To the page about the API in the reader's language."""
    language = choose_language(request.headers.get("accept-language"))
    return RedirectResponse(f"/{language}/api", 302, headers={"Vary": "Accept-Language"})


@router.get("/{lang}")
def redirect_slash(lang: Language) -> RedirectResponse:
    """The overview's address ends in a slash."""
    return RedirectResponse(f"/{lang}/", 301)


@router.get("/{lang}/")
def show_overview(
    request: Request, lang: Language, definition: Choice = None, window: Choice = None
) -> HTMLResponse:
    """The world: what this is, who gains and loses, all countries, the account of records."""
    edition = _edition(request)
    asked = read_request(edition, lang, definition=definition, window=window)
    path = _add_query("", asked.definition, asked.window)

    def make() -> str:
        return render(
            "overview.html",
            lang,
            page_path=path,
            snapshot_id=edition.id,
            manifest=edition.manifest,
            areas=sort_by_name(edition.figures.areas, lang),
            panel=make_panel(edition, "ranking", asked),
            table=_summarise_world(edition, lang, asked.definition, asked.window_for("net_rate")),
            level=say_level(edition.manifest["level"], lang),
            ranked_from=RANKED_FROM,
        )

    return _page(edition, (lang, path), make)


@router.get("/{lang}/area")
def find_country(request: Request, lang: Language, area: Choice = "") -> RedirectResponse:
    """From the country chooser to the country's page."""
    asked = read_request(_edition(request), lang, area=_parse_typed(area or ""))
    return RedirectResponse(f"/{lang}/area/{asked.area}", 303)


@router.get("/{lang}/area/{area}", response_model=None)
def show_country(
    request: Request, lang: Language, area: str, definition: Choice = None, window: Choice = None
) -> HTMLResponse | RedirectResponse:
    """One country: figures in words, then charts."""
    edition = _edition(request)
    asked = _read_country(edition, lang, area, definition=definition, window=window)
    path = _add_query(f"area/{asked.area}", asked.definition, asked.window)
    if area != asked.area:
        return RedirectResponse(f"/{lang}/{path}", 301)

    def make() -> str:
        return render(
            "country.html",
            lang,
            page_path=path,
            snapshot_id=edition.id,
            area=asked.area,
            area_word=name_area(asked.area, lang),
            areas=sort_by_name(edition.figures.areas, lang),
            headlines=list_headlines(asked),
            changes=list_changes(asked),
            coverage=tell_coverage(edition.snapshot, asked.area, lang),
            strip_width=STRIP_WIDTH,
            peers=len(edition.figures.areas),
            indicators=edition.snapshot.indicators,
            sections=[
                (name, [make_panel(edition, id_, asked) for id_ in charts])
                for name, charts in SECTIONS
            ],
            definitions=[
                (id_, edition.snapshot.definitions[id_]["title"][lang])
                for id_ in list_definitions(edition)
            ],
            definition=asked.definition,
            windows=list_windows(edition),
            window=asked.window,
        )

    return _page(edition, (lang, path), make)


@router.get("/{lang}/method")
def show_methods(request: Request, lang: Language) -> HTMLResponse:
    """The indicators with one line each."""
    edition = _edition(request)

    def make() -> str:
        return render(
            "methods.html",
            lang,
            page_path="method",
            snapshot_id=edition.id,
            indicators=list(edition.snapshot.indicators.values()),
        )

    return _page(edition, (lang, "method"), make)


@router.get("/{lang}/method/{indicator}")
def show_method(request: Request, lang: Language, indicator: str) -> HTMLResponse:
    """One indicator: meaning, formula, definitions, interval, flags, sources, limits."""
    edition = _edition(request)
    known = edition.snapshot.indicators
    if indicator not in known:
        raise NotFoundError(f"no indicator {indicator!r}", expected="one of " + ", ".join(known))
    definitions = edition.snapshot.definitions

    def make() -> str:
        return render(
            "method.html",
            lang,
            page_path=f"method/{indicator}",
            snapshot_id=edition.id,
            indicator=known[indicator],
            definitions=[
                definitions[id_]
                for id_ in edition.figures.definitions_with(indicator)
                if id_ in definitions
            ],
            manifest=edition.manifest,
            level=say_level(edition.manifest["level"], lang),
            flags=[flag for flag in FLAGS if flag != "published"],
        )

    return _page(edition, (lang, f"method/{indicator}"), make)


@router.get("/{lang}/data")
def show_data(request: Request, lang: Language) -> HTMLResponse:
    """The manifest for readers: inputs, counts in = out, rejects, downloads."""
    edition = _edition(request)
    inputs = edition.manifest.get("inputs", [])
    off = [entry for entry in inputs if entry["rows"] != entry["records"] + entry["rejected"]]

    def make() -> str:
        return render(
            "data.html",
            lang,
            page_path="data",
            snapshot_id=edition.id,
            manifest=edition.manifest,
            unbalanced=len(off),
        )

    return _page(edition, (lang, "data"), make)


@router.get("/{lang}/api")
def show_api(request: Request, lang: Language) -> HTMLResponse:
    """The API for readers, made from the same description that programs get."""
    edition = _edition(request)
    paths = request.app.openapi()["paths"]

    def make() -> str:
        return render(
            "api.html", lang, page_path="api", snapshot_id=edition.id, operations=_describe(paths)
        )

    return _page(edition, (lang, "api"), make)


def _read_country(edition: Edition, language: str, area: str, **chosen: str | None) -> Asked:
    """The request for a country's page; an unknown country is an address that does not exist."""
    try:
        code = check_area(edition, _parse_typed(area))
    except UsageError as error:
        raise NotFoundError(
            error.found, expected=error.expected, next_step=error.next_step
        ) from error
    return read_request(edition, language, area=code, **chosen)


def _edition(request: Request) -> Edition:
    edition: Edition = request.app.state.live.current()
    return edition


def _page(edition: Edition, key: tuple[str, str], make: Callable[[], str]) -> HTMLResponse:
    return HTMLResponse(edition.memory.recall(("page", *key), lambda: make().encode()))


def _parse_typed(text: str) -> str:
    """What a visitor typed or chose: a code, a name, or `South Korea (KR)`."""
    text = text.strip()
    if text.endswith(")") and len(text) > 4 and text[-4] == "(":
        text = text[-3:-1]
    return parse_area(text)


def _add_query(path: str, definition: str, window: str | None) -> str:
    query = {"definition": definition} if definition != DEFAULT else {}
    if window:
        query["window"] = window
    return path + ("?" + urlencode(query) if query else "")


def _summarise_world(
    edition: Edition, language: str, definition: str, window: str | None
) -> dict[str, Any]:
    """One row per area: researchers in the latest complete year, rates of the window."""
    figures = edition.figures
    year = figures.latest_year("stock", definition)
    stocks = figures.compare("stock", Cell(period=year), definition=definition)
    rates = {
        name: figures.compare(name, Cell(period=window), definition=definition)
        for name in _TABLE_RATES
    }

    def size(area: str) -> float:
        return stocks[area].value or 0.0 if area in stocks else 0.0

    places = _find_places(edition, definition, window)
    rows = []
    for area in sorted(figures.areas, key=size, reverse=True):
        found = [stocks.get(area), *(rates[name].get(area) for name in _TABLE_RATES)]
        cells = [
            say_figure(figure, language) if figure and figure.value is not None else None
            for figure in found
        ]
        rate = rates["net_rate"].get(area)
        place = say_short_rank(places.get(area), language)
        rows.append((area, cells, place, say_number(rate.n if rate else None, language)))
    ranked = max((row["of"] for row in places.values()), default=0)
    return {"year": year or "", "window": window or "", "rows": rows, "ranked": ranked}


def _find_places(
    edition: Edition, definition: str, window: str | None
) -> dict[str, dict[str, int]]:
    """Area → its place by the net rate of the window."""
    query = ValueQuery(indicator="net_rate", definition=definition, period=window or "")
    rows = select_ranks(edition.snapshot, query).to_pylist()
    return {row["area"]: row for row in rows}


def _describe(paths: dict[str, Any]) -> list[dict[str, Any]]:
    """The operations of an OpenAPI description in the order they are declared."""
    return [
        {
            "id": operation["operationId"],
            "path": path,
            "parameters": [
                {"name": p["name"], "required": p.get("required", False)}
                for p in operation.get("parameters", [])
            ],
        }
        for path, methods in paths.items()
        for operation in methods.values()
    ]
