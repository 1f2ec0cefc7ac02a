"""What do the tallies say of each indicator, in every replicate?

Turns additive counts into the indicators' quantities by their registered formulas. A quantity
keeps its bootstrap replicates, what its n counts, and the smallest group it would reveal, so
that intervals and disclosure control can be decided without going back to persons.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Final, NamedTuple

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from talentflow.core.vocabulary import ALL
from talentflow.indicators.registry import INDICATORS, Indicator

Floats = npt.NDArray[np.float64]
Key = tuple[str, str, str, str, str, str]
"""definition_id, area, partner, stage, sector, period."""

Denominators = Mapping[str, Mapping[tuple[str, str], float]]

NET: Final = "net"
"""The balance of inflow and outflow: a cell of its own for disclosure control."""

CELL_COLUMNS: Final = ("definition_id", "area", "partner", "stage", "sector", "period")


class Quantity(NamedTuple):
    """One indicator in one cell.

    `estimates[0]` is the value, the rest its replicates; null where one of the `parts`, the
    measure cells that the value is made of, rests on fewer persons than the floor. `trials` is
    the size of the denominator: person-years or persons of ratios and survival, inhabitants or
    members of figures per head, else null.
    """

    indicator: Indicator
    key: Key
    estimates: Floats | None
    n: int
    trials: float | None
    parts: tuple[tuple[str, Key], ...]


class MeasureCounts:
    """The tallies of one or more definitions, by measure and cell; `floor` is the smallest
    number of persons a published figure may rest on. `denominators` are numbers from outside:
    kind → (area, period) → how many."""

    def __init__(
        self, tallies: pa.Table, floor: int, denominators: Denominators | None = None
    ) -> None:
        self.floor = floor
        self.denominators: Denominators = denominators or {}
        counts = tallies["counts"].combine_chunks()
        self._offsets = counts.offsets.to_numpy()
        self._values = counts.values.to_numpy()
        persons: list[int] = tallies["persons"].to_pylist()
        self._rows: dict[str, dict[Key, int]] = {}
        self._persons: dict[str, dict[Key, int]] = {}
        lengths = pc.list_value_length(tallies["counts"])
        self.width = int(pc.max(lengths).as_py() or 1)
        columns = [tallies[name].to_pylist() for name in ("measure", *CELL_COLUMNS)]
        measures = columns.pop(0)
        cells: Iterator[Key] = zip(*columns, strict=True)
        for row, (measure, cell) in enumerate(zip(measures, cells, strict=True)):
            if measure not in self._rows:
                self._rows[measure], self._persons[measure] = {}, {}
            self._rows[measure][cell] = row
            self._persons[measure][cell] = persons[row]

    @property
    def measures(self) -> tuple[str, ...]:
        """The measures that were counted at all."""
        return tuple(self._rows)

    def keys(self, measure: str) -> dict[Key, int]:
        """The cells in which a measure was counted."""
        return self._rows.get(measure, {})

    def persons(self, measure: str, key: Key) -> int:
        """Distinct persons counted; 0 where nothing was. `net` counts those of both directions,
        which is what a balance rests on."""
        if measure == NET:
            return self.persons("inflow", key) + self.persons("outflow", key)
        counted = self._persons.get(measure)
        return 0 if counted is None else counted.get(key, 0)

    def counts(self, measure: str, key: Key) -> Floats:
        """Point value and replicates; zeros where nothing was counted."""
        row = self.keys(measure).get(key)
        if row is None:
            return np.zeros(self.width)
        found = self._values[self._offsets[row] : self._offsets[row + 1]]
        return np.asarray(found, float)

    def enough(self, parts: tuple[tuple[str, Key], ...]) -> bool:
        """Whether every part rests on no person at all or on at least the floor."""
        for measure, key in parts:  # noqa: SIM110 -- asked of every cell, a generator costs more
            if 0 < self.persons(measure, key) < self.floor:
                return False
        return True


def compute_quantities(counts: MeasureCounts) -> list[Quantity]:
    """Every indicator in every cell that the tallies can fill."""
    found: list[Quantity] = []
    for indicator in INDICATORS:
        compute = {
            "count": _compute_counts,
            "difference": _compute_differences,
            "ratio": _compute_ratios,
            "per_head": _compute_per_head,
            "survival": _compute_survival,
        }[indicator.kind]
        found.extend(compute(indicator, counts))
    return found


def _compute_counts(indicator: Indicator, counts: MeasureCounts) -> list[Quantity]:
    (measure,) = indicator.numerator
    # Person-years over a window are a denominator, not a stock.
    keys = [k for k in counts.keys(measure) if measure != "stock" or "/" not in k[-1]]
    return [
        Quantity(
            indicator=indicator,
            key=key,
            estimates=counts.counts(measure, key) if counts.enough(((measure, key),)) else None,
            n=counts.persons(measure, key),
            trials=None,
            parts=((measure, key),),
        )
        for key in keys
    ]


def _compute_differences(indicator: Indicator, counts: MeasureCounts) -> list[Quantity]:
    measures = [name.lstrip("-") for name in indicator.numerator]
    found = []
    for key in dict.fromkeys(key for measure in measures for key in counts.keys(measure)):
        parts = ((NET, key),)
        found.append(
            Quantity(
                indicator=indicator,
                key=key,
                estimates=_sum_signed(indicator, counts, key) if counts.enough(parts) else None,
                n=sum(counts.persons(*part) for part in parts),
                trials=None,
                parts=parts,
            )
        )
    return found


def _sum_signed(indicator: Indicator, counts: MeasureCounts, key: Key) -> Floats:
    total = np.zeros(counts.width)
    for name in indicator.numerator:
        sign = -1.0 if name.startswith("-") else 1.0
        total += sign * counts.counts(name.lstrip("-"), key)
    return total


def _compute_ratios(indicator: Indicator, counts: MeasureCounts) -> list[Quantity]:
    assert indicator.denominator is not None
    measures = [name.lstrip("-") for name in indicator.numerator]
    found = []
    for key, base in _pair_with_denominator(indicator.denominator, measures, counts):
        above = [NET] if len(measures) > 1 else measures
        parts = (*((measure, key) for measure in above), (indicator.denominator, base))
        estimates, trials = None, None
        if counts.enough(parts):
            below = counts.counts(indicator.denominator, base)
            estimates = _divide(100 * _sum_signed(indicator, counts, key), below)
            trials = float(below[0])
        found.append(
            Quantity(
                indicator=indicator,
                key=key,
                estimates=estimates,
                n=counts.persons(indicator.denominator, base),
                trials=trials,
                parts=parts,
            )
        )
    return found


def _compute_per_head(indicator: Indicator, counts: MeasureCounts) -> list[Quantity]:
    """Of whole countries in single years, where their inhabitants or members are told."""
    sizes = counts.denominators.get(str(indicator.denominator), {})
    measures = [name.lstrip("-") for name in indicator.numerator]
    above = NET if len(measures) > 1 else measures[0]
    found = []
    for key in dict.fromkeys(key for measure in measures for key in counts.keys(measure)):
        size = sizes.get((key[1], key[5]))
        if size is None or key[2:5] != (ALL, ALL, ALL):
            continue
        parts = ((above, key),)
        scaled = indicator.per * _sum_signed(indicator, counts, key) / size
        found.append(
            Quantity(
                indicator=indicator,
                key=key,
                estimates=scaled if counts.enough(parts) else None,
                n=counts.persons(above, key),
                trials=size,
                parts=parts,
            )
        )
    return found


def _pair_with_denominator(
    denominator: str, measures: list[str], counts: MeasureCounts
) -> list[tuple[Key, Key]]:
    """Cell of the ratio and cell of its denominator."""
    if denominator == "cohort_located":
        keys = dict.fromkeys(key for measure in measures for key in counts.keys(measure))
        return [(key, (key[0], ALL, *key[2:])) for key in keys]
    # Where people were but none moved the rate is a real zero.
    whole = (ALL, ALL, ALL)
    return [(k, k) for k in counts.keys(denominator) if k[1] != ALL and k[2:5] == whole]


def _divide(above: Floats, below: Floats) -> Floats:
    return np.divide(above, below, out=np.full_like(above, np.nan), where=below > 0)


def _compute_survival(indicator: Indicator, counts: MeasureCounts) -> list[Quantity]:
    assert indicator.denominator is not None
    curves: dict[Key, list[int]] = {}
    for key in counts.keys(indicator.denominator):
        curves.setdefault((*key[:5], ""), []).append(int(key[5][1:-1]))
    return [
        quantity
        for start, durations in curves.items()
        for quantity in _follow_curve(indicator, counts, start, max(durations))
    ]


def _follow_curve(
    indicator: Indicator, counts: MeasureCounts, start: Key, years: int
) -> Iterator[Quantity]:
    """One point a year. The curve ends where fewer than the floor are left at risk. A point is
    withheld while those who left since the last shown point are few, because the step between
    the two would count them, and where few of those at risk stayed; the curve goes on behind
    it."""
    (left,), risk = indicator.numerator, str(indicator.denominator)
    surviving, gone = np.full(counts.width, 100.0), 0
    n = counts.persons(risk, (*start[:5], "P1Y"))
    for duration in range(1, years + 1):
        key = (*start[:5], f"P{duration}Y")
        parts = ((left, key), (risk, key))
        gone += counts.persons(left, key)
        stayed = counts.persons(risk, key) - counts.persons(left, key)
        at_risk = counts.counts(risk, key)
        ended = counts.persons(risk, key) < counts.floor
        if not ended:
            surviving = surviving * (1 - _divide(counts.counts(left, key), at_risk))
        withheld = ended or 0 < gone < counts.floor or 0 < stayed < counts.floor
        gone = gone if withheld else 0
        yield Quantity(
            indicator=indicator,
            key=key,
            estimates=None if withheld else surviving,
            n=n,
            trials=float(at_risk[0]),
            parts=parts,
        )
        if ended:
            return
