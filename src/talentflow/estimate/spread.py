"""How far apart are the values of one figure under all its definitions, and which choices do it?"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any, Final

import pyarrow as pa

from talentflow.core.errors import UsageError
from talentflow.core.vocabulary import ALL
from talentflow.estimate.specification import ChoiceShare, explain_variance, read_choices
from talentflow.indicators.absence import describe_absence
from talentflow.indicators.snapshot import Query, Snapshot, select_values

METHOD: Final = (
    "Shapley value of R-squared over the definitions (Lindeman, Merenda and Gold 1980; "
    "Grömping 2007)"
)


@dataclass(frozen=True, kw_only=True)
class Spread:
    """Rows of `values` from the lowest to the highest, withheld ones last; the choices of each
    definition; and what each choice explains of the variance of the shown values."""

    values: pa.Table
    choices: dict[str, dict[str, str]]
    shares: list[ChoiceShare]

    @property
    def left_pct(self) -> float | None:
        """Share of the variance that only combinations of choices explain; null where the
        values do not vary."""
        told = [share.share_pct for share in self.shares if share.share_pct is not None]
        return max(100 - sum(told), 0.0) if told else None

    def to_dict(self) -> dict[str, Any]:
        """Plain values, with the method."""
        return {
            "definitions": [
                {**row, "choices": self.choices[row["definition_id"]]}
                for row in self.values.to_pylist()
            ],
            "choices": [asdict(share) for share in self.shares],
            "left_to_combinations_pct": self.left_pct,
            "method": METHOD,
        }


def find_spread(snapshot: Snapshot, query: Query) -> Spread:
    """One figure, without a definition, under every definition that has it.

    Raises `UsageError` for a query without area or period and for a figure that is not there.
    """
    if query.area is None or query.period is None or ":" in query.period:
        raise UsageError("a spread is over one figure", expected="an area and one period")
    whole = {name: getattr(query, name) or ALL for name in ("partner", "stage", "sector")}
    asked = Query(indicator=query.indicator, area=query.area, period=query.period, **whole)
    values = select_values(snapshot, asked)
    if not values.num_rows:
        raise describe_absence(snapshot, asked)
    values = values.sort_by([("value", "ascending"), ("definition_id", "ascending")])
    choices = {
        id_: read_choices(snapshot.definitions[id_]) for id_ in values["definition_id"].to_pylist()
    }
    shown = [row for row in values.to_pylist() if row["value"] is not None]
    shares = explain_variance(
        [row["value"] for row in shown], [choices[row["definition_id"]] for row in shown]
    )
    return Spread(values=values, choices=choices, shares=shares)
