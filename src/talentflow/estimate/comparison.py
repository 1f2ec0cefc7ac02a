"""How do two published figures compare: two countries in a period, or a country in two periods?"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from talentflow.core.errors import UsageError
from talentflow.estimate.differences import Difference, Estimate, subtract_estimates
from talentflow.indicators.absence import describe_absence, describe_withheld
from talentflow.indicators.snapshot import Query, Snapshot, read_replicates, select_values

Row = dict[str, Any]
"""A row of the table `values`."""


@dataclass(frozen=True, kw_only=True)
class Comparison:
    """The difference `first` less `second`, both rows of `values` under one definition."""

    first: Row
    second: Row
    difference: Difference

    def to_dict(self) -> dict[str, Any]:
        """Plain values; `verdict` is `higher`, `lower` or `open` of the first against the
        second."""
        found = self.difference
        return {
            "indicator": self.first["indicator"],
            "definition_id": self.first["definition_id"],
            "unit": self.first["unit"],
            "difference": found.value,
            "low": found.low,
            "high": found.high,
            "level": self.first["level"],
            "verdict": found.verdict,
            "correlation": found.correlation,
            "first": self.first,
            "second": self.second,
            "snapshot_id": self.first["snapshot_id"],
        }


def compare_figures(snapshot: Snapshot, first: Query, second: Query) -> Comparison:
    """Two fully stated queries of one indicator and definition → their difference.

    Raises `UsageError` for figures that are not there or not shown (naming the nearest that is)
    and for a figure compared with itself.
    """
    rows = [_find_row(snapshot, query) for query in (first, second)]
    if rows[0] == rows[1]:
        raise UsageError(
            "a figure cannot be compared with itself", expected="another area or another period"
        )
    return compare_rows(snapshot, rows[0], rows[1])


def compare_rows(snapshot: Snapshot, first: Row, second: Row) -> Comparison:
    """The same for two rows of `values` that have a value and bounds."""
    estimates = [
        Estimate(
            value=row["value"],
            low=row["low"],
            high=row["high"],
            replicates=read_replicates(snapshot, row),
        )
        for row in (first, second)
    ]
    return Comparison(
        first=first, second=second, difference=subtract_estimates(estimates[0], estimates[1])
    )


def _find_row(snapshot: Snapshot, query: Query) -> Row:
    rows = select_values(snapshot, query).to_pylist()
    if not rows:
        raise describe_absence(snapshot, query)
    if len(rows) > 1:
        raise UsageError(
            f"{len(rows)} figures answer the request",
            expected="one figure: an area and one period, such as 2018 or 2015/2019",
        )
    row: Row = rows[0]
    if row["value"] is None:
        raise describe_withheld(snapshot, row)
    if row["low"] is None:
        raise UsageError(
            "the figure has no interval, so nothing can be said of a difference",
            next_step="build again with --replicates 200",
        )
    return row
