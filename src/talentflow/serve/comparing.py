"""Comparisons for programs: differences, ranks and spreads under `/api/v1`."""

from __future__ import annotations

from dataclasses import replace
from typing import Annotated

from fastapi import APIRouter, Query, Request
from fastapi.responses import JSONResponse

from talentflow.core.areas import parse_area
from talentflow.core.errors import UsageError
from talentflow.core.vocabulary import ALL
from talentflow.estimate.comparison import compare_figures
from talentflow.estimate.spread import find_spread
from talentflow.indicators.registry import find_indicator
from talentflow.indicators.snapshot import Query as ValueQuery
from talentflow.indicators.snapshot import select_ranks
from talentflow.serve.asking import check_definition, check_language, name_definition
from talentflow.serve.contrasts import put_later_first, say_caveats, say_comparison
from talentflow.serve.live import Edition

router = APIRouter(prefix="/api/v1", tags=["comparisons"])

Needed = Annotated[str, Query(max_length=100)]
Text = Annotated[str | None, Query(max_length=100)]


@router.get("/compare")
def compare_two(
    request: Request,
    indicator: Annotated[str, Query(max_length=100, examples=["net_rate"])],
    area: Needed,
    period: Needed,
    other_area: Text = None,
    other_period: Text = None,
    definition: Text = None,
    stage: Text = None,
    partner: Text = None,
    lang: Text = "en",
) -> JSONResponse:
    """The difference of two figures with its interval, and in words."""
    edition = _edition(request)
    language = check_language(lang or "en")
    if (other_area is None) == (other_period is None):
        raise UsageError(
            "a comparison is between two areas or between two periods",
            expected="either other_area or other_period",
        )
    first = ValueQuery(
        indicator=indicator,
        area=area,
        period=period,
        definition=name_definition(indicator, definition),
        stage=stage or ALL,
        partner=partner or ALL,
        sector=ALL,
    )
    second = replace(first, area=other_area or area)
    if other_period is not None:
        later, earlier = put_later_first(period, other_period)
        first, second = replace(first, period=later), replace(second, period=earlier)
    found = compare_figures(edition.snapshot, first, second)
    said = {
        "sentence": say_comparison(found, language, edition.snapshot),
        "notes": say_caveats(found, language),
    }
    return JSONResponse({**found.to_dict(), **said})


@router.get("/ranks")
def list_ranks(
    request: Request,
    indicator: Annotated[str, Query(max_length=100, examples=["net_rate"])],
    period: Text = None,
    area: Text = None,
    definition: Text = None,
    stage: Text = None,
) -> JSONResponse:
    """The ranking of all areas by one indicator, each with the places that the records allow."""
    edition = _edition(request)
    query = ValueQuery(
        indicator=find_indicator(indicator).id,
        area=parse_area(area) if area else None,
        period=period,
        definition=check_definition(edition, name_definition(indicator, definition)),
        stage=stage or ALL,
    )
    rows = select_ranks(edition.snapshot, query).to_pylist()
    rows.sort(key=lambda row: (row["period"], row["rank"], row["area"]))
    return JSONResponse({"snapshot_id": edition.id, "count": len(rows), "ranks": rows})


@router.get("/spread")
def get_spread(
    request: Request,
    indicator: Annotated[str, Query(max_length=100, examples=["net_rate"])],
    area: Needed,
    period: Needed,
    stage: Text = None,
    partner: Text = None,
) -> JSONResponse:
    """One figure under every definition, and the share of variance that each choice explains."""
    edition = _edition(request)
    query = ValueQuery(indicator=indicator, area=area, period=period, stage=stage, partner=partner)
    return JSONResponse(find_spread(edition.snapshot, query).to_dict())


def _edition(request: Request) -> Edition:
    edition: Edition = request.app.state.live.current()
    return edition
