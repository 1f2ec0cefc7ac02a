"""Which figures must be withheld so that no small group shows, alone or by subtraction?

Primary: a cell of measures that counts fewer persons than the floor. Complementary: wherever a
total and its parts are published together, what is withheld among them must not follow from
the rest, so further parts are withheld, the smallest first, until the withheld ones together
count at least the floor and are at least two. A balance counts as the total of its two
directions: it may be shown where the movers of both together are enough, and then, if one
direction is small, both are withheld. Figures made of a withheld cell are withheld too.

Source of the method: Hundepool et al., Statistical Disclosure Control (2012), chapter 4.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator

from talentflow.core.vocabulary import ALL
from talentflow.indicators.quantities import NET, Key, MeasureCounts

Part = tuple[str, Key]
"""A cell of a measure."""

_UNSUMMED = {"retention_risk", "retention_left"}
"""Retention guards its own steps, see `quantities`."""


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
    }
    for key in counts.keys("inflow").keys() | counts.keys("outflow").keys():
        persons[(NET, key)] = counts.persons(NET, key)
    small = {part for part, n in persons.items() if n < counts.floor}
    small |= {part for part in persons if _complement_is_small(part, persons, counts.floor)}
    members = _list_members(persons, whole_period)
    return small, _protect(small, persons, members, counts.floor) - small


def _complement_is_small(part: Part, persons: dict[Part, int], floor: int) -> bool:
    measure, key = part
    return measure == "mobile" and 0 < persons[("followed", key)] - persons[part] < floor


def _list_members(
    persons: dict[Part, int], whole_period: str
) -> dict[tuple[str, Part], list[Part]]:
    """(direction, total) → the published cells that add up to the total."""
    members: dict[tuple[str, Part], list[Part]] = {}
    for part in persons:
        for direction, total in _list_totals(part, whole_period):
            if total in persons:
                members.setdefault((direction, total), []).append(part)
    return members


def _list_totals(part: Part, whole_period: str) -> Iterator[tuple[str, Part]]:
    measure, key = part
    definition, area, partner, stage, sector, period = key
    if measure == "stock":
        if stage != ALL:
            yield "stages", (measure, (definition, area, partner, ALL, sector, period))
        elif sector != ALL:
            yield "sectors", (measure, (definition, area, partner, stage, ALL, period))
        elif area != ALL:
            yield "areas", (measure, (definition, ALL, partner, stage, sector, period))
        return
    if measure == "flow":
        yield "partners", ("outflow", (definition, area, ALL, stage, sector, period))
        yield "areas", ("inflow", (definition, partner, ALL, stage, sector, period))
    elif measure in ("cohort_work", "cohort_origin"):
        yield measure, ("cohort_located", (definition, ALL, partner, stage, sector, period))
    if measure in ("inflow", "outflow"):
        yield "directions", (NET, key)
    if measure == NET:
        return
    if period.isdigit():
        start = int(period) // 5 * 5
        yield "years", (measure, (*key[:5], f"{start}/{start + 4}"))
    elif period != whole_period:
        yield "windows", (measure, (*key[:5], whole_period))


def _protect(
    small: set[Part],
    persons: dict[Part, int],
    members: dict[tuple[str, Part], list[Part]],
    floor: int,
) -> set[Part]:
    sums_of: dict[Part, list[tuple[str, Part]]] = {}
    for group, parts in members.items():
        for part in (*parts, group[1]):
            sums_of.setdefault(part, []).append(group)
    withheld = set(small)
    # In sorted order, so that the choice between equals never depends on the order of rows.
    waiting = deque(sorted({group for part in small for group in sums_of.get(part, ())}))
    while waiting:
        group = waiting.popleft()
        chosen = _choose_protection(group[1], members[group], persons, withheld, floor)
        if chosen is not None:
            withheld.add(chosen)
            waiting.extend(sums_of[chosen])
    return withheld


def _choose_protection(
    total: Part, parts: list[Part], persons: dict[Part, int], withheld: set[Part], floor: int
) -> Part | None:
    """The next cell to withhold in one sum; null when the sum gives nothing away."""
    hidden = [part for part in parts if part in withheld]
    if total in withheld or not hidden:
        return None
    if len(hidden) > 1 and sum(persons[part] for part in hidden) >= floor:
        return None
    shown = [part for part in parts if part not in withheld]
    return min(shown, key=lambda part: (persons[part], part)) if shown else total
