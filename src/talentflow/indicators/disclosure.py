"""Which figures must be withheld so that no small group shows, alone or by subtraction?

Primary: a cell of measures that counts fewer persons than the floor. Complementary: wherever
published cells add up to the same, what is withheld among them must not follow from the rest,
so further cells are withheld, the smallest first, until the withheld ones are at least two and
together count at least the floor. A balance counts as the total of its two directions: it may
be shown where the movers of both together are enough, and then, if one direction is small, both
are withheld. Figures made of a withheld cell are withheld too.

Source of the method: Hundepool et al., Statistical Disclosure Control (2012), chapter 4.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from talentflow.core.vocabulary import ALL
from talentflow.indicators.quantities import NET, Key, MeasureCounts

Part = tuple[str, Key]
"""A cell of a measure."""

_UNSUMMED = {"retention_risk", "retention_left"}
"""Retention guards its own steps, see `quantities`."""

_MOVERS = {"outflow", "inflow"}
_WHOLE = (ALL, ALL, ALL)


class Sum(NamedTuple):
    """Cells whose counts add up to the same on the left as on the right."""

    left: tuple[Part, ...]
    right: tuple[Part, ...]


def find_withheld(counts: MeasureCounts, whole_period: str) -> tuple[set[Part], set[Part]]:
    """Cells to withhold because they are small, and cells to withhold to protect those.

    `whole_period` is the period that sums all windows. Figures made of a cell of either set
    must not be published.
    """
    persons = {
        (measure, key): counts.persons(measure, key)
        for measure in counts.measures
        if measure not in _UNSUMMED
        for key in counts.keys(measure)
        if _is_told(measure, key)
    }
    for key in counts.keys("inflow").keys() | counts.keys("outflow").keys():
        persons[(NET, key)] = counts.persons(NET, key)
    small = {part for part, n in persons.items() if n < counts.floor}
    small |= {part for part in persons if _complement_is_small(part, persons, counts.floor)}
    sums = list_sums(persons, whole_period)
    return small, _protect(small, persons, sums, counts.floor) - small


def _is_told(measure: str, key: Key) -> bool:
    """Whether a reader learns the count; person-years of a window only as denominators, which
    are those of whole countries."""
    return measure != "stock" or "/" not in key[-1] or (key[1] != ALL and key[2:5] == _WHOLE)


def _complement_is_small(part: Part, persons: dict[Part, int], floor: int) -> bool:
    measure, key = part
    return measure == "mobile" and 0 < persons[("followed", key)] - persons[part] < floor


def list_sums(cells: Iterable[Part], whole_period: str) -> list[Sum]:
    """Everything that a reader can add up: parts to their total, and two sets of parts to a
    total that is not itself published."""
    present = set(cells)
    sides: dict[tuple[str, Part], tuple[list[Part], list[Part]]] = {}
    for part in sorted(present):
        for side, direction, total in _list_totals(part, whole_period):
            both = sides.get((direction, total))
            if both is None:
                both = sides[direction, total] = ([], [])
            both[side].append(part)
    sums = []
    for (direction, total), (left, right) in sides.items():
        if (left and right) or direction == "balances":
            sums.append(Sum(tuple(left), tuple(right)))
        elif total in present:
            sums.append(Sum((total,), (*left, *right)))
    return sums


def _list_totals(part: Part, whole_period: str) -> Iterator[tuple[int, str, Part]]:
    """Side of the sum on which a cell stands, direction of the sum, and its total."""
    measure, key = part
    definition, area, partner, stage, sector, period = key
    if measure == "stock" and stage != ALL:
        yield 1, "stages", (measure, (definition, area, partner, ALL, sector, period))
        return
    if measure == "stock" and sector != ALL:
        yield 1, "sectors", (measure, (definition, area, partner, stage, ALL, period))
        return
    if measure == "stock" and area != ALL:
        yield 1, "areas", (measure, (definition, ALL, partner, stage, sector, period))
    elif measure == "flow":
        yield 1, "partners", ("outflow", (definition, area, ALL, stage, sector, period))
        yield 1, "areas", ("inflow", (definition, partner, ALL, stage, sector, period))
    elif measure in _MOVERS:
        # Every arrival is a departure elsewhere: both sides add up to all moves.
        side = int(measure == "inflow")
        yield side, "movers", ("flow", (definition, ALL, ALL, stage, sector, period))
    elif measure in ("cohort_work", "cohort_origin"):
        yield 1, measure, ("cohort_located", (definition, ALL, partner, stage, sector, period))
    elif measure == NET:
        # What one country loses another gains: the balances of all add up to nothing.
        yield 1, "balances", (NET, (definition, ALL, partner, stage, sector, period))
    if measure in _MOVERS:
        yield 1, "directions", (NET, key)
    if period.isdigit():
        start = int(period) // 5 * 5
        yield 1, "years", (measure, (*key[:5], f"{start}/{start + 4}"))
    elif period != whole_period:
        # Windows of departures add up to what all partners of the whole period add up to.
        direction = {"outflow": "partners", "inflow": "areas"}.get(measure, "windows")
        yield 0 if measure in _MOVERS else 1, direction, (measure, (*key[:5], whole_period))


def _protect(small: set[Part], persons: dict[Part, int], sums: list[Sum], floor: int) -> set[Part]:
    sums_of: dict[Part, list[int]] = {part: [] for part in persons}
    for number, found in enumerate(sums):
        for part in (*found.left, *found.right):
            sums_of[part].append(number)
    withheld = set(small)
    # In sorted order, so that the choice between equals never depends on the order of rows.
    waiting = deque(sorted({number for part in small for number in sums_of.get(part, ())}))
    while waiting:
        chosen = _choose_protection(sums[waiting.popleft()], persons, withheld, floor)
        if chosen is not None:
            withheld.add(chosen)
            waiting.extend(sums_of[chosen])
    return withheld


def _choose_protection(
    found: Sum, persons: dict[Part, int], withheld: set[Part], floor: int
) -> Part | None:
    """The next cell to withhold in one sum; null when the sum gives nothing away."""
    left = [part for part in found.left if part in withheld]
    right = [part for part in found.right if part in withheld]
    if (left and right) or not (left or right):
        return None
    hidden = left or right
    if len(hidden) > 1 and sum(persons[part] for part in hidden) >= floor:
        return None
    shown = [part for part in (*found.left, *found.right) if part not in withheld]
    return min(shown, key=lambda part: (persons[part], part), default=None)
