"""The published form of every figure: value, interval, n and how to read it."""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import compress
from typing import NamedTuple

import numpy as np
import pyarrow as pa

from talentflow.core.contracts import REPLICATES, VALUES, check_table
from talentflow.core.rules import Rules
from talentflow.estimate.intervals import (
    Floats,
    Interval,
    count_interval,
    difference_interval,
    measure_variances,
    rate_interval,
    share_interval,
    student_quantile,
)
from talentflow.estimate.together import Shown, publish_replicates, rank_areas
from talentflow.indicators.disclosure import Part, find_withheld
from talentflow.indicators.quantities import (
    CELL_COLUMNS,
    Denominators,
    MeasureCounts,
    Quantity,
    compute_quantities,
)

_BRIDGED = {
    *("stock", "inflow", "outflow", "net_flow", "in_rate", "out_rate", "net_rate", "flow"),
    *("per_million", "net_per_million", "net_per_10k_members"),
}
"""Indicators whose last years are cut short because later records will still add to them."""


@dataclass(frozen=True, kw_only=True)
class Publication:
    """How figures are published: level of the intervals, smallest group, years of the data, and
    what they are set against: kind (inhabitants, members) → (area, year) → how many."""

    level: float
    floor: int
    first_year: int
    last_year: int
    snapshot_id: str
    denominators: Denominators = field(default_factory=dict)

    @property
    def whole_period(self) -> str:
        """All years of the data as an ISO 8601 interval."""
        return f"{self.first_year}/{self.last_year}"


class Estimated(NamedTuple):
    """Tables of the contracts of the same names."""

    values: pa.Table
    replicates: pa.Table
    ranks: pa.Table


class _Figure(NamedTuple):
    quantity: Quantity
    value: float | None
    low: float | None
    high: float | None
    n: int | None
    flag: str


def estimate_values(tallies: pa.Table, rules: Rules, publication: Publication) -> pa.Table:
    """Tallies of one set of rules (and its cohorts) → rows of the contract `values`, by key.

    Figures resting on fewer persons than the floor are kept without value (`too_few`), those
    that would give such a one away are `suppressed`, and years that later records will still
    change are `censored`.
    """
    counts = MeasureCounts(tallies, publication.floor, publication.denominators)
    figures = _find_figures(counts, rules, publication)
    return _build_table(figures, publication)


def estimate_together(
    tallies: pa.Table, rules: Rules, publication: Publication, *, replicates: bool
) -> Estimated:
    """The same values, with what comparing them needs: ranks, and if asked for the replicates.

    Neither holds anything of a figure that is not shown.
    """
    counts = MeasureCounts(tallies, publication.floor, publication.denominators)
    figures = _find_figures(counts, rules, publication)
    shown = [Shown(f.quantity, f.value, f.low, f.high) for f in figures if f.value is not None]
    return Estimated(
        values=_build_table(figures, publication),
        replicates=publish_replicates(shown, counts) if replicates else REPLICATES.empty(),
        ranks=rank_areas(shown, publication.level, publication.snapshot_id),
    )


def _find_figures(counts: MeasureCounts, rules: Rules, publication: Publication) -> list[_Figure]:
    small, protecting = find_withheld(counts, publication.whole_period)
    z = student_quantile(publication.level, counts.width - 1)
    censored_from = first_censored_year(rules, publication.last_year)
    found = compute_quantities(counts)
    flags = [_choose_flag(quantity, small, protecting, censored_from) for quantity in found]
    is_shown = [flag in ("ok", "censored") for flag in flags]
    estimates = [q.estimates for q in compress(found, is_shown) if q.estimates is not None]
    variances = iter(measure_variances(estimates))
    figures = []
    for quantity, flag, shown in zip(found, flags, is_shown, strict=True):
        bounds = _bound(quantity, z, next(variances)) if shown else (None, None, None)
        figures.append(_Figure(quantity, *bounds, quantity.n if shown else None, flag))
    return figures


def first_censored_year(rules: Rules, last_year: int) -> int:
    """The first year whose figures later records will still change.

    A silent year is filled only once the person is seen again; the last year itself is always
    incomplete. See `MoveRule.open_years`.
    """
    return last_year - rules.move.open_years + 1


def _choose_flag(
    quantity: Quantity,
    small: set[Part],
    protecting: set[Part],
    censored_from: int,
) -> str:
    if quantity.estimates is None or not small.isdisjoint(quantity.parts):
        return "too_few"
    if not protecting.isdisjoint(quantity.parts):
        return "suppressed"
    if quantity.indicator.id in _BRIDGED and _ends_in(quantity.key[-1]) >= censored_from:
        return "censored"
    return "ok"


def _ends_in(period: str) -> int:
    """Last year of a year or window; the whole period is never counted as cut short."""
    start, _, end = period.partition("/")
    if not end:
        return int(start) if start.isdigit() else 0
    return int(end) if int(end) - int(start) == 4 else 0


def _bound(
    quantity: Quantity, z: float, variance: float
) -> tuple[float | None, float | None, float | None]:
    estimates = quantity.estimates
    assert estimates is not None
    # Years of the same person are not independent trials, so each person counts once.
    trials = min(quantity.trials or 0.0, quantity.n)
    if not np.isfinite(estimates[0]):
        return None, None, None
    interval: Interval
    if quantity.indicator.kind == "per_head":
        interval = _bound_per_head(quantity, estimates, z, variance)
    elif quantity.indicator.kind == "count":
        interval = count_interval(estimates, z, variance)
    elif quantity.indicator.kind == "difference":
        interval = difference_interval(estimates, z, variance)
    elif any(name.startswith("-") for name in quantity.indicator.numerator):
        interval = rate_interval(estimates, trials, z, variance)
    else:
        interval = share_interval(estimates, trials, z, variance)
    low, high = interval
    known = np.isfinite(low) and np.isfinite(high)
    return float(estimates[0]), low if known else None, high if known else None


def _bound_per_head(quantity: Quantity, estimates: Floats, z: float, variance: float) -> Interval:
    """The interval of the count or balance itself, each bound divided by the number told."""
    assert quantity.trials is not None
    unit = quantity.indicator.per / quantity.trials
    bound = count_interval if len(quantity.indicator.numerator) == 1 else difference_interval
    spread = variance / unit**2
    # Rounding leaves a trace of variance between replicates that are all alike.
    low, high = bound(estimates / unit, z, 0.0 if spread < 1e-9 else spread)
    return low * unit, high * unit


def _build_table(figures: list[_Figure], publication: Publication) -> pa.Table:
    columns: dict[str, object] = {
        "indicator": [f.quantity.indicator.id for f in figures],
        "value": [f.value for f in figures],
        "low": [f.low for f in figures],
        "high": [f.high for f in figures],
        "level": [publication.level] * len(figures),
        "n": [f.n for f in figures],
        "unit": [f.quantity.indicator.unit for f in figures],
        "flag": [f.flag for f in figures],
        "snapshot_id": [publication.snapshot_id] * len(figures),
    }
    for i, name in enumerate(CELL_COLUMNS):
        columns[name] = [f.quantity.key[i] for f in figures]
    table = pa.table({name: columns[name] for name in VALUES.schema.names}, schema=VALUES.schema)
    return check_table(table.sort_by([(name, "ascending") for name in VALUES.key]), VALUES)
