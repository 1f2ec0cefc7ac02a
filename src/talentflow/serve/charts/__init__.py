"""The charts, each specified once: drawn in the browser and to pictures from the same object."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from talentflow.core.errors import UsageError
from talentflow.serve.charts import country, world
from talentflow.serve.charts.chart import Chart, Request
from talentflow.serve.charts.specification import CURVES

WORLD_CHARTS: Final[dict[str, Callable[[Request], Chart]]] = {"ranking": world.chart_ranking}

AREA_CHARTS: Final[dict[str, Callable[[Request], Chart]]] = {
    "stock": country.chart_stock,
    "sectors": country.chart_sectors,
    "net_rate": country.chart_net_rate,
    "rates": country.chart_rates,
    "flows": country.chart_flows,
    "retention": country.chart_retention,
    "study_to_work": country.chart_study_to_work,
    "cohort": country.chart_cohort,
    "cohort_places": world.chart_cohort_places,
    "sector_moves": country.chart_sector_moves,
    "mobile": country.chart_mobile,
    **CURVES,
}


def make_chart(id_: str, request: Request) -> Chart:
    """The chart of this id for the area asked for, or `UsageError` naming the charts there are."""
    builder = {**WORLD_CHARTS, **AREA_CHARTS}.get(id_)
    if builder is None:
        raise UsageError(
            f"unknown chart {id_!r}", expected="one of " + ", ".join([*WORLD_CHARTS, *AREA_CHARTS])
        )
    return builder(request)
