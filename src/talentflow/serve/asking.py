"""What is being asked for? Parameters of pages and charts, checked against what was published."""

from __future__ import annotations

from typing import Final

from talentflow.core.areas import LANGUAGES, area_name, parse_area
from talentflow.core.errors import UsageError
from talentflow.core.vocabulary import ALL
from talentflow.serve.charts.chart import Request
from talentflow.serve.figures import DEFAULT, parse_window
from talentflow.serve.live import Edition

_WINDOWED: Final = "net_rate"


def read_request(
    edition: Edition,
    language: str,
    *,
    area: str = ALL,
    definition: str | None = None,
    window: str | None = None,
) -> Request:
    """A checked request; raises `UsageError` for what the snapshot does not have."""
    return Request(
        figures=edition.figures,
        language=check_language(language),
        area=check_area(edition, area),
        definition=check_definition(edition, definition),
        window=_check_window(edition, window),
    )


def check_language(language: str) -> str:
    """`en` or `ko`."""
    if language not in LANGUAGES:
        raise UsageError(
            f"unknown language {language!r}", expected="one of " + ", ".join(LANGUAGES)
        )
    return language


def check_area(edition: Edition, area: str) -> str:
    """The code of an area that has figures; `all` is the world."""
    if area == ALL:
        return area
    code = parse_area(area)
    if code not in edition.figures.areas:
        raise UsageError(
            f"no figures about {area_name(code)} ({code}) in this snapshot",
            expected="an area that has figures",
            next_step="/api/v1/areas lists them",
        )
    return code


def list_definitions(edition: Edition) -> list[str]:
    """The definitions a reader may choose between: cohorts are charts of their own."""
    return [
        id_
        for id_ in edition.figures.definitions_with(_WINDOWED)
        if edition.snapshot.definitions.get(id_, {}).get("population") is None
    ]


def check_definition(edition: Edition, definition: str | None) -> str:
    """A definition of the snapshot; none asked for is `default`."""
    if not definition:
        return DEFAULT
    if definition not in edition.snapshot.definitions:
        raise UsageError(
            f"definition {definition!r} is not in this snapshot",
            expected="one of " + ", ".join(edition.snapshot.definitions),
        )
    return definition


def list_windows(edition: Edition) -> list[str]:
    """The windows a reader may choose between, latest first: none that runs on past the data."""
    return [
        window
        for window in edition.figures.windows(_WINDOWED)
        if (parse_window(window) or (0, 0))[1] <= edition.figures.last_year
    ]


def name_definition(indicator: str, definition: str | None) -> str:
    """The definition a user means who names none: the default rules; for shares of a cohort,
    the authors of all accepted papers."""
    if definition:
        return definition
    return f"{DEFAULT}@{ALL}" if indicator in ("work_share", "origin_share") else DEFAULT


def _check_window(edition: Edition, window: str | None) -> str | None:
    if not window:
        return None
    known = {*list_windows(edition), *edition.figures.windows("flow")}
    if window not in known:
        raise UsageError(
            f"no figures for the window {window!r}",
            expected="one of " + ", ".join(sorted(known)),
        )
    return window
