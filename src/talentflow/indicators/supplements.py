"""What a snapshot says beside its values: nowcasts, what is awaited, and coverage."""

from __future__ import annotations

from typing import Final

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from talentflow.core.areas import parse_area
from talentflow.core.contracts import CONTRACTS
from talentflow.core.errors import StoreError
from talentflow.indicators.snapshot import Snapshot

SUPPLEMENTS: Final = ("nowcasts", "awaited", "coverage")
"""Names of the tables, as in `core.contracts`."""

PREFERRED: Final = (("years", "chao"), ("fields", "chao"))
"""Which estimate of coverage is said first: the one with the weakest assumptions."""


def read_supplement(snapshot: Snapshot, name: str) -> pa.Table:
    """One of `SUPPLEMENTS`; no rows in snapshots of older builds.

    Raises `StoreError` for a file that cannot be read.
    """
    path = snapshot.folder / f"{name}.parquet"
    if not path.exists():
        return CONTRACTS[name].empty()
    try:
        return pq.ParquetFile(path).read()
    except (OSError, pa.ArrowInvalid) as error:
        raise StoreError(
            f"cannot read {path.name}: {error}",
            where=str(snapshot.folder),
            next_step="run `talentflow build` again",
        ) from error


def select_nowcasts(
    snapshot: Snapshot, indicator: str | None = None, area: str | None = None
) -> pa.Table:
    """Nowcasts of an indicator or area, by key; none where nothing is censored or shown."""
    table = read_supplement(snapshot, "nowcasts")
    if indicator is not None:
        table = table.filter(pc.equal(table["indicator"], indicator))
    return table if area is None else table.filter(pc.equal(table["area"], parse_area(area)))


def select_coverage(snapshot: Snapshot, area: str | None = None) -> pa.Table:
    """Coverage of an area, or of all, by key; none where too few were seen twice."""
    table = read_supplement(snapshot, "coverage")
    return table if area is None else table.filter(pc.equal(table["area"], parse_area(area)))


def say_coverage(snapshot: Snapshot, area: str) -> dict[str, object] | None:
    """The row of coverage that a page about an area says first: the last period, by the estimate
    with the weakest assumptions; null where there is none."""
    rows = select_coverage(snapshot, area).to_pylist()
    for choice in PREFERRED:
        fitting = [row for row in rows if (row["compared"], row["method"]) == choice]
        if fitting:
            return dict(max(fitting, key=lambda row: str(row["period"])))
    return None
