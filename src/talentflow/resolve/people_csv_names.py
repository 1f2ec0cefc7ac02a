"""Which names does a file hold, and how many people bear each?

The measures are those of `namesakes.expect_bearers`, counted by the database so that the names
need not fit into memory.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import islice
from typing import Any, Final

import duckdb
import pyarrow as pa

from talentflow.resolve.names import parse_name
from talentflow.resolve.namesakes import FIELD, PRIOR_NAMES, given_key, world_share

BATCH_ROWS: Final = 100_000

_NAMES: Final = pa.schema(
    [
        *((c, pa.string()) for c in ("name", "full_name", "surname", "given", "block")),
        ("complete", pa.bool_()),
        ("surname_share", pa.float64()),
        ("given_share", pa.float64()),
    ]
)
_BEARERS: Final = """
CREATE TABLE bearers AS
WITH chosen AS (
    -- Of spellings with the same letters the least informative decides.
    SELECT full_name, unnest(arg_min({
        'name': name, 'surname': surname, 'given': given, 'block': block, 'complete': complete,
        'surname_share': surname_share, 'given_share': given_share
    }, (complete::INT, name)))
    FROM names WHERE full_name <> '' GROUP BY full_name
),
counted AS (
    SELECT *, count(*) OVER () AS n,
        count(*) OVER (PARTITION BY surname) AS same_surname,
        count(*) OVER (PARTITION BY given) AS same_given
    FROM chosen
)
SELECT full_name, name, block, complete, greatest(
    (same_surname - 1) * (same_given - 1) / n,
    if(surname_share > 0, greatest(n, $field)
        * ((same_surname - 1 + $prior * surname_share) / (n + $prior))
        * ((same_given - 1 + $prior * given_share) / (n + $prior)), 0)
) AS bearers
FROM counted
"""


def store_names(store: duckdb.DuckDBPyConnection) -> None:
    """From table `rows`: `names`, one row per spelling, and `bearers`, one per name."""
    reader = store.cursor()
    reader.execute("SELECT DISTINCT name FROM rows WHERE reason IS NULL")

    def names() -> Iterator[tuple[Any, ...]]:
        while batch := reader.fetchmany(BATCH_ROWS):
            for (text,) in batch:
                name = parse_name(text)
                complete = name.complete
                initial = name.given[0][:1] if name.given else ""
                block = f"{name.surname} {initial}" if name.surname and initial else None
                given = given_key(name, complete)
                shares = world_share(name, complete)
                yield text, name.full, name.surname, given, block, complete, *shares

    store_batches(store, "names", _NAMES, names())
    store.execute(_BEARERS, {"field": FIELD, "prior": PRIOR_NAMES})


def store_batches(
    store: duckdb.DuckDBPyConnection, table: str, schema: pa.Schema, rows: Iterable[tuple[Any, ...]]
) -> None:
    """Make a table of the rows, a batch at a time."""
    store.register("batch", schema.empty_table())
    store.execute(f"CREATE TABLE {table} AS FROM batch")
    rows = iter(rows)
    while batch := list(islice(rows, BATCH_ROWS)):
        columns = zip(*batch, strict=True)
        arrays = [pa.array(c, t) for c, t in zip(columns, schema.types, strict=True)]
        store.register("batch", pa.Table.from_arrays(arrays, schema=schema))
        store.execute(f"INSERT INTO {table} FROM batch")
