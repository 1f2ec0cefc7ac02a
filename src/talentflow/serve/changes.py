"""What has changed in a country: the latest complete window against the one before it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from talentflow.estimate.comparison import compare_rows
from talentflow.serve.charts.chart import Request
from talentflow.serve.charts.world import COHORT
from talentflow.serve.contrasts import say_comparison
from talentflow.serve.figures import Cell, Figure, parse_window
from talentflow.serve.words import say_level

_CHANGES: Final = ("net_rate", "in_rate", "out_rate", "share_mobile", "work_share")


@dataclass(frozen=True, kw_only=True)
class Change:
    """One line of the box: what, which way (`higher`, `lower`, `open`), and in words."""

    indicator: str
    verdict: str
    sentence: str


@dataclass(frozen=True, kw_only=True)
class Changes:
    """The latest complete window of a country against the one before; empty where either has
    too few people."""

    lines: tuple[Change, ...]
    level: str


def list_changes(request: Request) -> Changes:
    """The changes of the request's area from the window before the one asked for."""
    snapshot = request.figures.snapshot
    lines = []
    level = ""
    for indicator in _CHANGES:
        definition = COHORT if indicator == "work_share" else request.definition_for(indicator)
        pair = _find_pair(request, indicator, definition)
        if pair is None:
            continue
        comparison = compare_rows(snapshot, pair[0]._asdict(), pair[1]._asdict())
        verdict = comparison.difference.verdict
        level = say_level(pair[0].level, request.language)
        lines.append(
            Change(
                indicator=indicator,
                verdict=verdict,
                sentence=say_comparison(comparison, request.language, snapshot),
            )
        )
    return Changes(lines=tuple(lines), level=level)


def _find_pair(request: Request, indicator: str, definition: str) -> tuple[Figure, Figure] | None:
    """The figure of the window and that of the window of equal length before it."""
    windows = request.figures.windows(indicator, definition)
    window = request.window if request.window in windows else None
    window = window or request.figures.latest_window(indicator, definition)
    ends = parse_window(window or "")
    if ends is None:
        return None
    first, last = ends
    before = f"{first - (last - first + 1)}/{first - 1}"
    found = [
        request.figures.find_one(
            indicator, request.area, Cell(period=period), definition=definition
        )
        for period in (window, before)
    ]
    later, earlier = found
    if later is None or earlier is None or later.low is None or earlier.low is None:
        return None
    return later, earlier
