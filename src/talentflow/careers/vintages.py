"""What would these records have said in an earlier year?

A vintage is the evidence as it would have stood at the end of a year: nothing later, and in its
last years only lists of venues like those the last years of the data hold. Counting the same
years in vintage after vintage shows how figures fill up (the reporting triangle).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from talentflow.careers import cells
from talentflow.careers.counts import CellCounts
from talentflow.careers.packing import (
    FIRST_YEAR,
    MAX_POPULATIONS,
    YEAR_SHIFT,
    PackedEvidence,
    complete_tables,
    pack_rows,
)
from talentflow.careers.tallies import count_tallies, data_years
from talentflow.core.contracts import AWAITED, VINTAGES, check_table
from talentflow.core.executor import run_in_threads
from talentflow.core.rules import Population, Rules
from talentflow.core.scans import Room, Source, open_tables

MEASURES: Final = {cells.STOCK: "stock", cells.INFLOW: "inflow", cells.OUTFLOW: "outflow"}


@dataclass(frozen=True, kw_only=True)
class VenueEvidence:
    """Packed evidence whose cohort bits say the venue: bit b stands for `venues[b]`."""

    packed: PackedEvidence
    venues: tuple[str, ...]


def pack_by_venue(
    records: Source, people: pa.Table, resolved: pa.Table, room: Room | None = None
) -> VenueEvidence:
    """Tables of the contracts of the same names → evidence that vintages can be cut from.

    Rows without a country and stages are left out: neither stock nor moves ask for them. Beyond
    60 venues the smallest share no bit and are never taken for awaited.
    """
    records, resolved = complete_tables(records, resolved)
    with open_tables(room, everything=records, p=people, m=resolved) as connection:
        connection.execute(_KNOWN)
        counted = connection.sql(_VENUES).fetchall()
        venues = tuple(venue for (venue,) in counted)
        populations = tuple(Population(venue=venue, tier="all") for venue in venues)
        return VenueEvidence(packed=pack_rows(connection, populations), venues=venues)


_KNOWN: Final = """
    create view r as
        select * exclude (role_raw), cast(null as varchar) as role_raw from everything
        where mention_id in (select mention_id from m where country is not null)
"""
_VENUES: Final = f"""
    select venue from r where venue <> ''
    group by venue order by count(*) desc, venue limit {MAX_POPULATIONS}
"""


def count_vintages(
    evidence: VenueEvidence,
    rules: Rules,
    cuts: Sequence[int],
    *,
    awaited: Sequence[int] = (),
    workers: int = 1,
) -> pa.Table:
    """A table of the contract `vintages`: stock and moves of every country and year, as the
    vintage of each year in `cuts` gives them; the last year of the data is the data as it is.

    `awaited` are the bits of the venues that the last year, the year before it, … of a vintage
    lack, as `find_awaited` finds them for the last years of the data.
    """
    last = data_years(evidence.packed)[1]
    tasks = [cut for cut in cuts if cut <= last]

    def count(cut: int) -> pa.Table:
        part = evidence.packed if cut == last else take_vintage(evidence.packed, cut, awaited)
        counted = count_tallies(part, rules, replicates=0, cohorts=False)
        return _list_counts(counted, cut)

    tables = list(run_in_threads(count, tasks, workers))
    table = pa.concat_tables([VINTAGES.empty(), *tables])
    return check_table(table.sort_by([(name, "ascending") for name in VINTAGES.key]), VINTAGES)


def open_years(rules: Rules) -> int:
    """How many of the last years later records can still change under these rules."""
    return max(rules.move.max_gap_years if rules.move.fill != "none" else 1, 1)


def list_awaited(evidence: VenueEvidence, years: int) -> pa.Table:
    """A table of the contract `awaited`: what each of the last years still lacks."""
    packed, last = evidence.packed, data_years(evidence.packed)[1]
    calendar = _calendar(packed)
    rows: list[dict[str, object]] = []
    for delay, bits in enumerate(find_awaited(evidence, years)):
        before = packed.cohorts[calendar == last - delay - 2]
        names = [venue for bit, venue in enumerate(evidence.venues) if bits >> bit & 1]
        lacking = (before & np.uint64(bits)) != 0
        share = float(lacking.mean()) if len(before) else 0.0
        rows.append({"year": last - delay, "share": share, "venues": " ".join(sorted(names))})
    return AWAITED.from_rows(rows[::-1])


def find_awaited(evidence: VenueEvidence, years: int) -> tuple[int, ...]:
    """Bits of the venues awaited in the last year, the year before it, and so on.

    A list is awaited where the venue was in the data two years earlier and is not in that year:
    that holds for venues of every year and of every second year alike, and leaves out those
    that ended before.
    """
    packed, last = evidence.packed, data_years(evidence.packed)[1]
    calendar = _calendar(packed)

    def held(year: int) -> int:
        return int(np.bitwise_or.reduce(packed.cohorts[calendar == year], initial=np.uint64(0)))

    return tuple(held(year - 2) & ~held(year) for year in range(last, last - years, -1))


def _calendar(packed: PackedEvidence) -> npt.NDArray[np.int64]:
    return ((packed.keys >> YEAR_SHIFT) & 255) + FIRST_YEAR


def take_vintage(evidence: PackedEvidence, cut: int, awaited: Iterable[int]) -> PackedEvidence:
    """The rows up to the year `cut`, without venues awaited in it, the year before, and so on."""
    calendar = _calendar(evidence)
    kept = calendar <= cut
    for delay, bits in enumerate(awaited):
        if bits:
            kept &= (calendar != cut - delay) | ((evidence.cohorts & np.uint64(bits)) == 0)
    return evidence.take(evidence.keys, kept)


def _list_counts(counted: CellCounts, cut: int) -> pa.Table:
    chosen = np.isin(counted.cells, _whole_country_cells(counted.cells))
    every = [cells.unpack_cell(int(cell), 0, 0) for cell in counted.cells[chosen]]
    columns = {
        "cut": pa.array([cut] * len(every), pa.int16()),
        "measure": [cell.measure for cell in every],
        "area": [cell.area for cell in every],
        "year": pa.array([int(cell.period) for cell in every], pa.int16()),
        "count": counted.counts[chosen, 0],
    }
    return pa.table(columns, schema=VINTAGES.schema)


def _whole_country_cells(packed: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
    """Of one year and country, all stages and sectors together."""
    period = packed & cells.PERIOD_BITS
    sector, stage = (packed >> 10) & 63, (packed >> 16) & 15
    partner, area, measure = (packed >> 20) & 255, (packed >> 28) & 255, packed >> 42
    whole = (sector == cells.ALL_SECTORS) & (stage == cells.ALL_STAGES)
    whole &= (partner == cells.ALL_AREAS) & (area != cells.ALL_AREAS) & (period < cells.WINDOWS)
    return np.asarray(packed[whole & np.isin(measure, list(MEASURES))], np.int64)
