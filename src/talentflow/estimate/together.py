"""Which tables let a reader compare the figures of a snapshot: joint replicates and ranks."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import groupby
from typing import NamedTuple

import numpy as np
import pyarrow as pa

from talentflow.core.contracts import RANKS, REPLICATES, check_table
from talentflow.core.vocabulary import ALL
from talentflow.estimate.differences import Floats
from talentflow.estimate.ranks import RANKED_FROM, rank_values
from talentflow.estimate.replicates import COMPARED_FROM, rotate_replicates
from talentflow.indicators.quantities import CELL_COLUMNS, MeasureCounts, Quantity


class Shown(NamedTuple):
    """A figure that is published with a value; without replicates it has no bounds."""

    quantity: Quantity
    value: float
    low: float | None
    high: float | None

    @property
    def replicates(self) -> Floats:
        """All but the point value, B of them."""
        assert self.quantity.estimates is not None
        return self.quantity.estimates[1:]


def publish_replicates(shown: Iterable[Shown], counts: MeasureCounts) -> pa.Table:
    """Rows of the contract `replicates`, by key: figures of whole countries and of pairs of
    countries that rest on enough persons, see `replicates`."""
    chosen = [
        figure
        for figure in shown
        if _is_whole(figure.quantity)
        and len(figure.replicates) > 1
        and _smallest_part(figure.quantity, counts) >= COMPARED_FROM
    ]
    chosen.sort(key=lambda figure: (figure.quantity.indicator.id, figure.quantity.key))
    if not chosen:
        return REPLICATES.empty()
    rotated = rotate_replicates(np.stack([figure.replicates for figure in chosen]))
    items = pa.array(rotated.astype(np.float32).ravel())
    offsets = np.arange(0, rotated.size + 1, rotated.shape[1], dtype=np.int32)
    columns: dict[str, object] = {"indicator": [f.quantity.indicator.id for f in chosen]}
    for i, name in enumerate(CELL_COLUMNS):
        columns[name] = [f.quantity.key[i] for f in chosen]
    columns["replicates"] = pa.ListArray.from_arrays(pa.array(offsets), items)
    return check_table(pa.table(columns), REPLICATES)


def rank_areas(shown: Iterable[Shown], level: float, snapshot_id: str) -> pa.Table:
    """Rows of the contract `ranks`, by key: each area among those with the same figure.

    Areas whose figure rests on fewer than `RANKED_FROM` persons are left out, and so is a ranking
    of fewer than two.
    """
    chosen = [figure for figure in shown if _is_rankable(figure)]
    chosen.sort(key=_ranking_key)
    rows: list[dict[str, object]] = []
    for key, group in groupby(chosen, key=lambda figure: _ranking_key(figure)[:-1]):
        figures = list(group)
        if len(figures) > 1:
            named = dict(zip(("indicator", "definition_id", "stage", "period"), key, strict=True))
            fixed = {**named, "of": len(figures), "level": level, "snapshot_id": snapshot_id}
            rows += [{**fixed, **row} for row in _rank_group(figures, level)]
    return RANKS.from_rows(rows)


def _rank_group(figures: Sequence[Shown], level: float) -> list[dict[str, object]]:
    values, low, high = (
        np.array(column, float)
        for column in zip(*((f.value, f.low, f.high) for f in figures), strict=True)
    )
    replicates = np.stack([figure.replicates for figure in figures])
    standing = rank_values(values, low, high, replicates, level)
    return [
        {"area": figure.quantity.key[1], "rank": rank, "rank_low": first, "rank_high": last}
        for figure, rank, first, last in zip(
            figures, *(column.tolist() for column in standing), strict=True
        )
    ]


def _ranking_key(figure: Shown) -> tuple[str, str, str, str, str]:
    definition, area, _, stage, _, period = figure.quantity.key
    return figure.quantity.indicator.id, definition, stage, period, area


def _is_rankable(figure: Shown) -> bool:
    _, area, partner, _, _, _ = figure.quantity.key
    return (
        _is_whole(figure.quantity)
        and area != ALL
        and partner == ALL
        and figure.low is not None
        and len(figure.replicates) > 1
        and figure.quantity.n >= RANKED_FROM
    )


def _is_whole(quantity: Quantity) -> bool:
    """Whether the figure is about all sectors and, but for retention, all stages."""
    _, _, _, stage, sector, _ = quantity.key
    return sector == ALL and (stage == ALL or quantity.indicator.kind == "survival")


def _smallest_part(quantity: Quantity, counts: MeasureCounts) -> int:
    """Persons behind the smallest cell that the figure is made of. A survival curve is made of
    all that were ever at risk, and each of its steps has been guarded already."""
    if quantity.indicator.kind == "survival":
        return quantity.n
    return min(counts.persons(*part) for part in quantity.parts)
