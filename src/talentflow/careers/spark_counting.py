"""How are careers counted on a cluster? By the compiled pass, through `mapInArrow`.

Spark reads the Parquet files and brings all rows of a person into one partition; what is then
done with a partition is what `partitions` does with one, so the counts are the same whatever
the number of executors, and a task that is lost and run again changes nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from math import ceil
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from talentflow.careers.counting import count_partitions
from talentflow.careers.counts import CellCounts, add_counts
from talentflow.careers.packing import PERSON_SHIFT
from talentflow.careers.partitions import COLUMNS, check_wanted, deal, sort_rows
from talentflow.careers.shared_rules import Wanted

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

Batches = Iterator[pa.RecordBatch]

ROWS_A_PARTITION: Final = 8_000_000
"""64 MB of keys: sorted in half a second, and lost cheaply."""

_KEYED: Final = "person long, key long, traits long"
_COUNTED: Final = "number int, units int, cells binary, persons binary, counts binary"
_KEYED_SCHEMA: Final = pa.schema(
    [("person", pa.int64()), ("key", pa.int64()), ("traits", pa.int64())]
)
_COUNTED_SCHEMA: Final = pa.schema(
    [
        ("number", pa.int32()),
        ("units", pa.int32()),
        ("cells", pa.binary()),
        ("persons", pa.binary()),
        ("counts", pa.binary()),
    ]
)


def count_authorships_in_spark(
    session: SparkSession,
    files: Sequence[Path],
    wanted: Sequence[Wanted],
    *,
    replicates: int = 0,
    partitions: int = 0,
) -> list[CellCounts]:
    """What `partitions.count_authorships` gives for the same files, which executors must see.

    `partitions` of persons; 0: as many as rows need and at least two for each core. Raises the
    errors of `count_authorships`.
    """
    check_wanted(files, wanted)
    known = set.intersection(*(set(pq.read_schema(file).names) for file in files))
    columns = [name for name in COLUMNS if name in known]
    is_text = not pa.types.is_integer(pq.read_schema(files[0]).field("person").type)
    cores = max(session.sparkContext.defaultParallelism, 1)
    rows = sum(pq.read_metadata(file).num_rows for file in files)
    counter = _make_counter(list(wanted), replicates, is_text, "traits" in columns)
    counted = (
        session.read.parquet(*(str(file) for file in files))
        .select(*columns)
        .mapInArrow(_make_keys, _KEYED)
        .repartition(partitions or max(2 * cores, ceil(rows / ROWS_A_PARTITION)), "person")
        .mapInArrow(counter, _COUNTED)
        # Each core adds up what it has counted, so that the driver gets little.
        .coalesce(cores)
        .mapInArrow(_add_up, _COUNTED)
    )
    found = [_read_counts(row.asDict()) for row in counted.collect()]
    parts = [[counts for number, counts in found if number == i] for i in range(len(wanted))]
    return [add_counts(of_wanted) for of_wanted in parts]


def _make_keys(batches: Batches) -> Batches:
    """Rows as read → what brings the rows of a person together, the key and the traits."""
    for batch in batches:
        dealt = deal(batch, 1)
        words = dict(zip(dealt.kinds, dealt.words, strict=True))
        keys = words["keys"]
        person = words["hashes"].view(np.int64) if "hashes" in words else keys >> PERSON_SHIFT
        traits = words["traits"] if "traits" in words else np.zeros(len(keys))
        yield pa.record_batch(
            {"person": person, "key": keys, "traits": np.asarray(traits, np.int64)}
        )


def _make_counter(
    wanted: list[Wanted], replicates: int, is_text: bool, has_traits: bool
) -> Callable[[Batches], Batches]:
    """A function from the rows of a partition to one row for each thing wanted."""

    def count(batches: Batches) -> Batches:
        rows = pa.Table.from_batches(batches, _KEYED_SCHEMA)
        if not rows.num_rows:
            return
        part = sort_rows(
            rows["key"].to_numpy().copy(),  # because it is sorted in place
            rows["traits"].to_numpy().astype(np.uint32) if has_traits else None,
            rows["person"].to_numpy().view(np.uint64) if is_text else None,
        )
        del rows
        yield from _write_counts(
            enumerate(count_partitions([lambda: part], wanted, replicates=replicates))
        )

    return count


def _add_up(batches: Batches) -> Batches:
    found: dict[int, CellCounts] = {}
    for batch in batches:
        for row in batch.to_pylist():
            number, counts = _read_counts(row)
            found[number] = add_counts([found[number], counts]) if number in found else counts
    yield from _write_counts(found.items())


def _write_counts(found: Iterable[tuple[int, CellCounts]]) -> Batches:
    for number, counted in found:
        row = {
            "number": number,
            "units": counted.units,
            "cells": counted.cells.tobytes(),
            "persons": counted.persons.tobytes(),
            "counts": counted.counts.tobytes(),
        }
        yield pa.RecordBatch.from_pylist([row], _COUNTED_SCHEMA)


def _read_counts(row: dict[str, Any]) -> tuple[int, CellCounts]:
    cells = np.frombuffer(row["cells"], np.int64)
    counts = np.frombuffer(row["counts"], np.int64)
    return row["number"], CellCounts(
        cells=cells,
        persons=np.frombuffer(row["persons"], np.int64),
        counts=counts.reshape(len(cells), len(counts) // max(len(cells), 1)),
        units=row["units"],
    )
