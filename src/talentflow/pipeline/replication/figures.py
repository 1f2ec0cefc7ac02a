"""Which of our published figures stands in a cell?

A thin index over the table of published values, so that a comparison can only use what may be
published: no count below the floor is in it.
"""

from __future__ import annotations

from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from talentflow.core.vocabulary import ALL

Row = dict[str, Any]


class Published:
    """Published values by cell; a row without a value counts as absent."""

    def __init__(self, values: pa.Table) -> None:
        self._values = values.filter(pc.is_valid(values["value"]))
        self._kept: dict[tuple[str, str], list[Row]] = {}

    def list_rows(self, indicator: str, definition: str) -> list[Row]:
        """The figures of an indicator under a definition, of all stages and sectors together for
        all but retention."""
        key = (indicator, definition)
        if key not in self._kept:
            table = self._values
            chosen = pc.and_(
                pc.equal(table["indicator"], indicator),
                pc.equal(table["definition_id"], definition),
            )
            if indicator != "retention":
                chosen = pc.and_(chosen, pc.equal(table["stage"], ALL))
            chosen = pc.and_(chosen, pc.equal(table["sector"], ALL))
            self._kept[key] = table.filter(chosen).to_pylist()
        return self._kept[key]

    def find(
        self, indicator: str, definition: str, area: str, period: str, stage: str = ALL
    ) -> Row | None:
        """One figure, or null where none is published."""
        for row in self.list_rows(indicator, definition):
            cell = (row["area"], row["partner"], row["stage"], row["period"])
            if cell == (area, ALL, stage, period):
                return row
        return None

    def has_period(self, indicator: str, definition: str, period: str) -> bool:
        """Whether any area has a figure."""
        return any(row["period"] == period for row in self.list_rows(indicator, definition))
