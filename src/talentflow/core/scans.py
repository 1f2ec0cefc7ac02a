"""How is a table read that may be larger than memory?

In parts, or by a query that answers from the disk: the database works within the room that it is
given and spills what does not fit into a folder that goes when it is closed.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final, TypeAlias

import pyarrow as pa
import pyarrow.parquet as pq

from talentflow.core.errors import TalentflowError
from talentflow.core.settings import DEFAULT_MEMORY, parse_memory

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

PARTIAL: Final = ".partial-"
"""How the names of files and folders begin that are not whole yet; the next build sweeps them."""

BATCH_ROWS: Final = 1 << 16
"""Rows handed out at once: some 20 MB of records with all their columns."""

ROW: Final = "file_row_number"
"""The column of a stored table that counts the rows of its file from 0 on."""

_LEAST_BYTES: Final = 64 << 20
_THREADS: Final = 4
_BYTES_A_THREAD: Final = 128 << 20


@dataclass(frozen=True)
class Room:
    """What a step may take: memory in bytes, and a folder for what does not fit (default: the
    system's for temporary files)."""

    memory_bytes: int = parse_memory(DEFAULT_MEMORY)
    folder: Path | None = None

    @property
    def database_bytes(self) -> int:
        """The part that a query may take; the rest is for what its answers are made into."""
        return max(self.memory_bytes // 4, _LEAST_BYTES)


@dataclass(frozen=True)
class Stored:
    """A table that stays in its Parquet file: all of it, or the rows for which the condition
    `where`, in SQL, holds."""

    path: Path
    where: str = ""

    @property
    def rows(self) -> int:
        """How many rows the file has, whatever the condition."""
        return int(pq.read_metadata(self.path).num_rows)

    @property
    def query(self) -> str:
        """The rows in SQL, each with the number that it has in the file."""
        condition = f" where {self.where}" if self.where else ""
        return f"from read_parquet({_quote(self.path)}, {ROW} = true){condition}"

    def filter(self, where: str) -> Stored:
        """Only the rows for which this holds as well."""
        return Stored(self.path, f"({self.where}) and ({where})" if self.where else where)

    def read(self, columns: Sequence[str] = (), room: Room | None = None) -> pa.Table:
        """These columns (default: all) as a table in memory, in the order of the file."""
        with open_tables(room, t=self) as connection:
            connection.execute("set preserve_insertion_order = true")
            wanted = ", ".join(columns) or f"* exclude ({ROW})"
            return connection.sql(f"select {wanted} from t").to_arrow_table()


Source: TypeAlias = pa.Table | Stored
"""A table in memory, or one that stays on the disk."""


def select(query: str, room: Room | None = None, **tables: Source) -> pa.Table:
    """The answer to one query over tables by name."""
    with open_tables(room, **tables) as connection:
        return connection.sql(query).to_arrow_table()


@contextmanager
def open_tables(room: Room | None = None, **tables: Source) -> Iterator[DuckDBPyConnection]:
    """A database that knows the tables by their names.

    Raises `TalentflowError` where a query cannot do with its room.
    """
    import duckdb

    room = room or Room()
    try:
        with (
            tempfile.TemporaryDirectory(prefix=PARTIAL, dir=room.folder) as folder,
            duckdb.connect() as connection,
        ):
            _furnish(connection, room, folder)
            for name, table in tables.items():
                if isinstance(table, Stored):
                    connection.execute(f"create view {name} as {table.query}")
                else:
                    connection.register(name, table)
            yield connection
    except duckdb.OutOfMemoryException as error:
        raise TalentflowError(
            f"a query needs more memory than it may take: {str(error).splitlines()[0]}",
            expected=f"no more than {room.database_bytes >> 20} MiB, a quarter of what is allowed",
            next_step="allow more with --memory, and see that the disk has room for the store",
        ) from error


def _furnish(connection: DuckDBPyConnection, room: Room, folder: str) -> None:
    threads = max(1, min(_THREADS, room.database_bytes // _BYTES_A_THREAD))
    connection.execute(f"set memory_limit = '{room.database_bytes >> 10} KiB'")
    # Whoever wants an order asks for it; keeping that of the rows holds up many of them.
    connection.execute("set preserve_insertion_order = false")
    connection.execute(f"set temp_directory = {_quote(folder)}")
    connection.execute(f"set threads = least({threads}, current_setting('threads'))")


def read_batches(connection: DuckDBPyConnection, query: str) -> Iterator[pa.RecordBatch]:
    """The answer to a query, some rows at a time and never held as a whole."""
    with connection.sql(query).to_arrow_reader(BATCH_ROWS) as reader:
        yield from reader


def read_parts(path: Path) -> Iterator[pa.Table]:
    """A Parquet file some rows at a time, in its order."""
    with pq.ParquetFile(path) as file:
        for batch in file.iter_batches(BATCH_ROWS):
            yield pa.Table.from_batches([batch])


def _quote(text: object) -> str:
    return "'" + str(text).replace("'", "''") + "'"
