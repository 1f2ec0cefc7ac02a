"""Why is there no figure for a request, and which request comes nearest to it?

No figure is never a zero: a cell may hold nobody, may not be computed under a definition, or may
be withheld. The answer names the part of the request that leaves nothing, and the nearest request
that has a figure.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Final

import pyarrow as pa
import pyarrow.compute as pc

from talentflow.core.areas import area_name, parse_area
from talentflow.core.errors import UsageError
from talentflow.core.vocabulary import ALL
from talentflow.indicators.registry import find_indicator
from talentflow.indicators.snapshot import Query, Snapshot, period_order, select_values

_PARTS: Final = ("definition", "area", "partner", "stage", "sector", "period")
_LISTED: Final = 8

_TOLD_BY: Final = {
    "first": "a source that gives the place of each author in the list",
    "last": "a source that gives the place of each author in the list",
    "corresponding": "a source that names corresponding authors, such as works of OpenAlex, or a "
    "table whose mapping has a column `corresponding`",
}

_WITHHELD: Final = {
    "too_few": "rests on too few people to be published",
    "suppressed": "is withheld because a figure on too few people would follow from it",
}


def describe_absence(snapshot: Snapshot, query: Query) -> UsageError:
    """The refusal of a query that no row answers: which part leaves nothing, and what there is."""
    untold = describe_untold(snapshot, query.definition)
    if untold is not None:
        return untold
    uncounted = describe_uncounted(snapshot, query)
    if uncounted is not None:
        return uncounted
    wider = Query(indicator=query.indicator)
    for part in _PARTS:
        asked = getattr(query, part)
        narrower = wider if asked is None else replace(wider, **{part: asked})
        if asked is not None and not select_values(snapshot, narrower).num_rows:
            return _describe_part(part, asked, wider, select_values(snapshot, wider))
        wider = narrower
    return UsageError(f"no figures of {query.indicator} in this snapshot")


def describe_untold(snapshot: Snapshot, definition: str | None) -> UsageError | None:
    """The refusal of a definition that a build was asked for, but whose choice of authors no
    record tells; null for others."""
    described = snapshot.definitions.get(definition or "")
    if described is None:
        return None
    authors = described["rules"]["people"]["authors"]
    if authors == "all" or pc.any(pc.equal(snapshot.values["definition_id"], definition)).as_py():
        return None
    return UsageError(**explain_untold(str(definition), authors))


def describe_uncounted(snapshot: Snapshot, query: Query) -> UsageError | None:
    """The refusal of a figure per head where nobody told how many inhabitants or members there
    are; null where that is not the reason."""
    indicator = find_indicator(query.indicator)
    if indicator.kind != "per_head":
        return None
    base = "stock" if indicator.numerator == ("stock",) else "net_flow"
    anywhere = select_values(snapshot, Query(indicator=indicator.id)).num_rows
    if anywhere:
        there = select_values(snapshot, Query(indicator=indicator.id, area=query.area)).num_rows
        counted = select_values(snapshot, Query(indicator=base, area=query.area)).num_rows
        if there or not counted:
            return None
    heads, area = str(indicator.denominator), query.area
    asked = " ".join(f"--{n} {v}" for n in _PARTS if (v := getattr(query, n)) is not None)
    return UsageError(
        f"the table of {heads} lacks {_name(area)}"
        if anywhere and area
        else f"no table tells the {heads} of countries",
        expected=f"a table denominators/*.csv in the data folder: country, year, {heads}",
        next_step=f"the nearest valid request is `talentflow show {base} {asked}`".rstrip(),
    )


def explain_untold(definition: str, authors: str) -> dict[str, str]:
    """Found, expected and the next step where no record says who the `first`, `last` or
    `corresponding` author is."""
    return {
        "found": f"no record of these data says who is the {authors} author of a paper, so there "
        f"are no figures under definition {definition}; that is not zero",
        "expected": _TOLD_BY[authors],
        "next_step": "the nearest valid request is --definition "
        + ("last-author" if authors == "corresponding" else "default"),
    }


def describe_withheld(snapshot: Snapshot, row: Mapping[str, Any]) -> UsageError:
    """The refusal where the row of a query is there, but not its value; names the nearest period
    in which the same cell has one."""
    cell = {name: row[name] for name in ("indicator", "area", "partner", "stage", "sector")}
    table = select_values(snapshot, Query(definition=row["definition_id"], **cell))
    told = table.filter(pc.is_valid(table["value"]))["period"].to_pylist()
    asked = row["period"]
    same = [period for period in told if _kind(period) == _kind(asked)] or told
    near = min(same, key=lambda period: _distance(period, asked), default=None)
    return UsageError(
        f"{row['indicator']} of {_name(row['area'])} in {asked} "
        f"{_WITHHELD.get(row['flag'], 'has no value')}; that is not zero",
        expected="a figure that is shown",
        next_step=f"the nearest period with a figure is {near}" if near else None,
    )


def _describe_part(part: str, asked: str, wider: Query, table: pa.Table) -> UsageError:
    column = "definition_id" if part == "definition" else part
    shown = table.filter(pc.is_valid(table["value"]))
    counted = Counter(shown[column].to_pylist() or table[column].to_pylist())
    known = sorted(counted, key=lambda value: (value != ALL, -counted[value], value))
    listed = ", ".join(known[:_LISTED]) + (", …" if len(known) > _LISTED else "")
    before = " ".join(
        f"--{name} {getattr(wider, name)}" for name in _PARTS if getattr(wider, name) is not None
    )
    option = f"--{part} {known[0]}" if known else ""
    return UsageError(
        f"{wider.indicator} has no figure for {part} {_name_part(part, asked)}"
        + (f" with {before}" if before else ""),
        expected=f"{part} among {listed}" if known else None,
        next_step=f"the nearest is `talentflow show {wider.indicator} {before} {option}`".replace(
            "  ", " "
        )
        if known
        else None,
    )


def _name_part(part: str, asked: str) -> str:
    return _name(asked) if part in ("area", "partner") else asked


def _name(area: str) -> str:
    if area == ALL:
        return ALL
    code = parse_area(area)
    return f"{area_name(code)} ({code})"


def _kind(period: str) -> str:
    """`year`, `window` or `duration`: only like is compared with like."""
    return "duration" if period.startswith("P") else "window" if "/" in period else "year"


def _distance(period: str, asked: str) -> tuple[int, int]:
    (length, start), (wanted_length, wanted) = period_order(period), period_order(asked)
    return abs(length - wanted_length), abs(start - wanted)
