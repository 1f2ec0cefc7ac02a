"""Which rows of records name whom, where? As numbers, from memory or from the disk.

A table in memory is numbered as it is. Of one on the disk each column is numbered by itself, so
that a query holds the distinct values of one, and nothing but numbers is kept of a row.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, Final, NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from talentflow.core.scans import ROW, Room, Source, Stored, open_tables, read_batches, select
from talentflow.resolve.people_graph import Codes

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection


class Statements(NamedTuple):
    """What rows state in `ids`: each of `row` the key and item number `code`."""

    keys: pa.Array
    items: pa.Array
    row: Codes
    code: Codes


class NumberedRows(NamedTuple):
    """Rows that have a `person_ref`, in the order of their record ids.

    `values` of a column are distinct and ascend, `numbers` say which of them each row has (null:
    −1). Mentions are also those of rows without person, of which `loose` are (paper, mention),
    papers ascending. `find_ids` gives the record ids of some rows.
    """

    values: dict[str, pa.Array]
    numbers: dict[str, Codes]
    statements: Statements
    loose: tuple[Codes, Codes]
    find_ids: Callable[[Codes], pa.Array]


def number_rows(records: Source, room: Room | None = None) -> NumberedRows:
    """The rows of a table of the contract `records`, in any order."""
    return _number_stored(records, room) if isinstance(records, Stored) else _number_table(records)


_NUMBERED: Final = ("person_ref", "person_name", "venue", "paper_id", "mention_id")


def _number_table(records: pa.Table) -> NumberedRows:
    told = pc.is_valid(records["person_ref"])
    rows = records.select(["record_id", "ids", *_NUMBERED]).filter(told)
    rows = rows.take(pc.sort_indices(rows["record_id"])).combine_chunks()
    numbered = {name: number_values(flatten(rows[name])) for name in _NUMBERED[:-1]}
    values = {name: found for name, (found, _) in numbered.items()}
    numbers = {name: found for name, (_, found) in numbered.items()}
    values["mention_id"] = number_values(flatten(records["mention_id"]))[0]
    numbers["mention_id"] = _look_up(rows["mention_id"], values["mention_id"])
    ids = flatten(rows["ids"])
    stating = np.repeat(np.arange(rows.num_rows), np.diff(ids.offsets.to_numpy()))
    loose = records.select(["paper_id", "mention_id"]).filter(pc.invert(told))
    paper, mention = (_look_up(loose[name], values[name]) for name in ("paper_id", "mention_id"))
    there = np.flatnonzero((paper >= 0) & (mention >= 0))
    there = there[np.argsort(paper[there], kind="stable")]
    record_ids = flatten(rows["record_id"])
    return NumberedRows(
        values=values,
        numbers=numbers,
        statements=Statements(ids.keys, ids.items, stating, np.arange(len(stating))),
        loose=(paper[there], mention[there]),
        find_ids=lambda wanted: record_ids.take(pa.array(wanted)),
    )


def _look_up(column: pa.ChunkedArray, values: pa.Array) -> Codes:
    found = pc.fill_null(pc.index_in(flatten(column), value_set=values), -1)
    numbers: Codes = found.to_numpy(zero_copy_only=False).astype(np.int64)
    return numbers


def _number_stored(records: Stored, room: Room | None) -> NumberedRows:
    with open_tables(room, r=records) as connection:
        (order,) = _read_numbers(connection, _ORDER)
        rank = np.zeros(int(order.max(initial=-1)) + 1, np.int64)
        rank[order] = np.arange(len(order))
        values, numbers = {}, {}
        for name in _NUMBERED:
            values[name], numbers[name] = _number_column(connection, name, rank, len(order))
        connection.execute(_STATED)
        stated = connection.sql("select key, item from stated order by number").to_arrow_table()
        place, code = _read_numbers(connection, _STATEMENTS)
        paper, mention = _read_numbers(connection, _LOOSE)
    row = rank[place]
    in_order = np.argsort(row, kind="stable")
    return NumberedRows(
        values=values,
        numbers=numbers,
        statements=Statements(
            flatten(stated["key"]), flatten(stated["item"]), row[in_order], code[in_order]
        ),
        loose=(paper, mention),
        find_ids=partial(_find_ids, records, room, order),
    )


_TOLD: Final = "person_ref is not null"
_ORDER: Final = f"select {ROW} from r where {_TOLD} order by record_id"

# Every distinct value has its place in ascending order as its number, from 0 on.
_NUMBER: Final = """
    create temp table {name} as
        select value, row_number() over (order by value) - 1 as number
        from (select distinct {name} as value from r where {name} is not null and {condition})
"""
_LOOSE: Final = """
    select distinct paper_id.number as paper, mention_id.number as mention
    from r join paper_id on r.paper_id = paper_id.value
        join mention_id on r.mention_id = mention_id.value
    where person_ref is null order by all
"""


_UNNESTED: Final = f"""
    select {ROW}, unnest(map_keys(ids)) as key, unnest(map_values(ids)) as item
    from r where {_TOLD}
"""
_STATED: Final = f"""
    create temp table stated as
        select key, item, row_number() over (order by key, item) - 1 as number
        from (select distinct key, item from ({_UNNESTED}) where item is not null)
"""
_STATEMENTS: Final = f"select {ROW}, number from ({_UNNESTED}) join stated using (key, item)"


def _read_numbers(connection: DuckDBPyConnection, query: str) -> tuple[Codes, ...]:
    """The columns of an answer that consists of numbers."""
    columns = connection.sql(query).to_arrow_table().columns
    return tuple(column.to_numpy().astype(np.int64, copy=False) for column in columns)


def _number_column(
    connection: DuckDBPyConnection, name: str, rank: Codes, rows: int
) -> tuple[pa.Array, Codes]:
    """Distinct values of a column and the number of each row's; row number r of the file is the
    row `rank[r]`."""
    condition = "true" if name == "mention_id" else _TOLD
    connection.execute(_NUMBER.format(name=name, condition=condition))
    numbers = np.full(rows, -1, np.int64)
    query = f"select {ROW} as at, number from r join {name} on r.{name} = value where {_TOLD}"
    for batch in read_batches(connection, query):
        numbers[rank[batch.column("at").to_numpy()]] = batch.column("number").to_numpy()
    values = connection.sql(f"select value from {name} order by number").to_arrow_table()
    if name not in ("paper_id", "mention_id"):  # the loose mentions are looked up later
        connection.execute(f"drop table {name}")
    return flatten(values["value"]), numbers


def _find_ids(records: Stored, room: Room | None, order: Codes, rows: Codes) -> pa.Array:
    places, at = np.unique(order[rows], return_inverse=True)
    query = f"select record_id from r semi join wanted using ({ROW}) order by {ROW}"
    found = select(query, room, r=records, wanted=pa.table({ROW: places}))
    return flatten(found["record_id"]).take(pa.array(at))


def flatten(column: pa.ChunkedArray) -> pa.Array:
    """A column as one array."""
    return pa.concat_arrays(column.chunks) if column.num_chunks else column.combine_chunks()


def number_values(values: pa.Array) -> tuple[pa.Array, Codes]:
    """Distinct values in ascending order, and each value's place among them (null: −1)."""
    encoded = values.dictionary_encode()
    order = pc.sort_indices(encoded.dictionary).to_numpy()
    place = np.empty(len(order) + 1, dtype=np.int64)
    place[order] = np.arange(len(order))
    place[-1] = -1
    codes = pc.fill_null(encoded.indices, -1).to_numpy(zero_copy_only=False)
    return encoded.dictionary.take(pa.array(order)), place[codes]
