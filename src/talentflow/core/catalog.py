"""Where tables live, and how they get there whole.

A store is a folder:

    store.json                    format of the store
    lock                          held by the build that is running
    tables/<stage>/<key>/…        the tables of one stage under its content key
    current.json                  stage → key of the last finished build
    snapshots/<id>/…              what was published, each immutable
    published → snapshots/<id>    the current one

A stage is written beside its place and renamed into it, so a folder that has its name is
complete; what a killed build left behind is swept away by the next one.
"""

from __future__ import annotations

import errno
import fcntl
import json
import os
import shutil
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final

import pyarrow as pa
import pyarrow.parquet as pq

from talentflow.core.contracts import CONTRACTS, check_no_repeated_keys, check_table
from talentflow.core.errors import StoreError
from talentflow.core.scans import PARTIAL, Room, Stored, select

STORE_FORMAT: Final = 1
PART_ROWS: Final = 1 << 17
"""Rows of a row group of a table that comes in parts: what is held of it at once."""

Parts = Iterable[tuple[str, pa.Table]]
"""Parts of tables with the name of the table, of several tables in turn if need be."""


@dataclass(frozen=True)
class Catalog:
    """The tables of one store."""

    root: Path

    def stage_folder(self, stage: str, key: str) -> Path:
        """Where the tables of a stage lie under a content key."""
        return self.root / "tables" / stage / key

    def has_stage(self, stage: str, key: str) -> bool:
        """Whether that stage has been built."""
        return self.stage_folder(stage, key).is_dir()

    def write_stage(
        self,
        stage: str,
        key: str,
        tables: Mapping[str, pa.Table] | Parts,
        room: Room | None = None,
    ) -> None:
        """Check every table against its contract and put all of them in place at once.

        Tables that come in parts are never held as a whole; how they are cut does not matter.
        """

        def fill(folder: Path) -> None:
            if isinstance(tables, Mapping):
                for name, table in tables.items():
                    write_parquet(_check(name, table), folder / f"{name}.parquet")
            else:
                _write_parts(folder, tables, room)

        write_folder(self.stage_folder(stage, key), fill)

    def store_table(self, stage: str, key: str, name: str) -> Stored:
        """One table of a finished stage, to be read in parts."""
        return Stored(self.stage_folder(stage, key) / f"{name}.parquet")

    def read_table(
        self, stage: str, key: str, name: str, columns: list[str] | None = None
    ) -> pa.Table:
        """One table of a finished stage."""
        path = self.stage_folder(stage, key) / f"{name}.parquet"
        try:
            return pq.read_table(path, columns=columns, memory_map=True)
        except (OSError, pa.ArrowInvalid) as error:
            raise StoreError(
                f"cannot read table {name}: {error}",
                where=str(path),
                next_step=f"delete {path.parent} and run `talentflow build` again",
            ) from error

    def read_current(self) -> dict[str, Any]:
        """Stage → key of the last finished build; empty before the first one."""
        path = self.root / "current.json"
        return dict(json.loads(path.read_text())) if path.exists() else {}

    def require_current(self) -> dict[str, Any]:
        """The same for readers: `StoreError` where no build has finished."""
        check_format(self.root)
        current = self.read_current()
        if not current:
            raise StoreError(
                "this store holds no finished build",
                where=str(self.root),
                next_step="run `talentflow build`",
            )
        return current

    def write_current(self, current: Mapping[str, Any]) -> None:
        """Record a finished build and drop the stages it replaced."""
        write_text(self.root / "current.json", json.dumps(current, indent=1, sort_keys=True))
        for stage, key in current.items():
            for folder in (self.root / "tables" / stage).glob("*"):
                if folder.name != key:
                    shutil.rmtree(folder, ignore_errors=True)

    def publish(self, snapshot_id: str, fill: Callable[[Path], None]) -> Path:
        """Write `snapshots/<id>` unless it is there, and point `published` to it."""
        folder = self.root / "snapshots" / snapshot_id
        if not folder.is_dir():
            write_folder(folder, fill)
        link = self.root / "published"
        fresh = self.root / f"{PARTIAL}link"
        fresh.unlink(missing_ok=True)
        fresh.symlink_to(folder.relative_to(self.root), target_is_directory=True)
        fresh.replace(link)
        return folder


@contextmanager
def open_store(root: Path) -> Iterator[Catalog]:
    """A store to build in, created if new, locked against other builds while it is open.

    Raises `StoreError` if another build holds it, if it was written by a newer version, or if
    it cannot be written.
    """
    try:
        root.mkdir(parents=True, exist_ok=True)
        check_format(root)
        with (root / "lock").open("a+") as lock:
            _take_lock(lock, root)
            _sweep(root)
            if not (root / "store.json").exists():
                write_text(root / "store.json", json.dumps({"format": STORE_FORMAT}))
            yield Catalog(root)
    except OSError as error:
        raise describe_os_error(error, root) from error


def check_format(root: Path) -> None:
    """Raise `StoreError` if a newer version of the program wrote this store."""
    path = root / "store.json"
    if not path.exists():
        return
    try:
        found = int(json.loads(path.read_text())["format"])
    except (ValueError, KeyError, TypeError) as error:
        raise StoreError(
            "store.json cannot be read",
            where=str(path),
            expected=f'{{"format": {STORE_FORMAT}}}',
            next_step="build into a new store with --store",
        ) from error
    if found > STORE_FORMAT:
        raise StoreError(
            f"the store has format {found}, written by a newer talentflow",
            expected=f"format {STORE_FORMAT} or older",
            where=str(path),
            next_step="upgrade talentflow, or build into a new store with --store",
        )


def write_folder(target: Path, fill: Callable[[Path], None]) -> None:
    """Let `fill` write into a fresh folder, then rename it to `target`; all or nothing."""
    target.parent.mkdir(parents=True, exist_ok=True)
    partial = target.parent / f"{PARTIAL}{target.name}"
    shutil.rmtree(partial, ignore_errors=True)
    partial.mkdir()
    try:
        fill(partial)
        partial.rename(target)
    except BaseException:
        shutil.rmtree(partial, ignore_errors=True)
        raise


def write_text(path: Path, text: str) -> None:
    """Write a small file so that it is either the old one or the new one, never half."""
    partial = path.parent / f"{PARTIAL}{path.name}"
    with partial.open("w", encoding="utf-8") as stream:
        stream.write(text)
        stream.flush()
        os.fsync(stream.fileno())
    partial.replace(path)


def _check(name: str, table: pa.Table) -> pa.Table:
    return check_table(table, CONTRACTS[name]) if name in CONTRACTS else table


def _write_parts(folder: Path, parts: Parts, room: Room | None) -> None:
    writers: dict[str, _PartWriter] = {}
    with ExitStack() as stack:
        for name, part in parts:
            if name not in writers:
                path = folder / f"{name}.parquet"
                writers[name] = stack.enter_context(_PartWriter(name, path, room))
            writers[name].add(part)


class _PartWriter:
    """Writes one table from its parts. A table of few rows becomes the same file as a whole one."""

    def __init__(self, name: str, path: Path, room: Room | None) -> None:
        self._name, self._path, self._room = name, path, room
        self._waiting: list[pa.Table] = []
        self._rows = 0
        self._writer: pq.ParquetWriter | None = None

    def __enter__(self) -> _PartWriter:
        return self

    def add(self, part: pa.Table) -> None:
        """The next rows."""
        self._waiting.append(part)
        self._rows += part.num_rows
        while self._rows > PART_ROWS:
            waiting = pa.concat_tables(self._waiting)
            self._write(waiting.slice(0, PART_ROWS))
            self._waiting = [waiting.slice(PART_ROWS)]
            self._rows -= PART_ROWS

    def _write(self, group: pa.Table) -> None:
        if self._name in CONTRACTS:
            group = check_table(group, replace(CONTRACTS[self._name], key=()))
        group = group.combine_chunks().replace_schema_metadata(None)
        if self._writer is None:
            self._writer = pq.ParquetWriter(
                self._path, group.schema, compression="zstd", store_schema=False
            )
        self._writer.write_table(group, row_group_size=PART_ROWS)

    def __exit__(self, failed: object, *_: object) -> None:
        rest = pa.concat_tables(self._waiting)
        if self._writer is None:
            if failed is None:
                write_parquet(_check(self._name, rest), self._path)
            return
        with self._writer:
            if failed is None:
                self._write(rest)
        if failed is None and self._name in CONTRACTS:
            self._check_key()

    def _check_key(self) -> None:
        contract = CONTRACTS[self._name]
        if contract.key:
            keys = ", ".join(contract.key)
            repeated = select(
                f"select {keys}, count(*) as count_all from t group by {keys} "
                "having count(*) > 1 limit 4",
                self._room,
                t=Stored(self._path),
            )
            check_no_repeated_keys(repeated, contract)


def write_parquet(table: pa.Table, path: Path) -> None:
    """Parquet that depends on nothing but the table: equal tables give equal bytes."""
    pq.write_table(
        table.combine_chunks().replace_schema_metadata(None),
        path,
        compression="zstd",
        row_group_size=1 << 20,
        store_schema=False,
    )


def describe_os_error(error: OSError, root: Path) -> StoreError:
    """An operating-system error met while writing the store, in the user's words."""
    if error.errno == errno.ENOSPC:
        return StoreError(
            "the disk is full; nothing half-written was left behind",
            where=str(root),
            next_step="free some space and run the same build again: it continues",
        )
    return StoreError(
        f"the store cannot be used: {error.strerror or error}", where=str(error.filename or root)
    )


def _take_lock(lock: Any, root: Path) -> None:
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError as error:
        lock.seek(0)
        raise StoreError(
            f"another build is using this store (process {lock.read().strip() or 'unknown'})",
            where=str(root),
            next_step="wait for it, or build into another store with --store",
        ) from error
    lock.truncate(0)
    lock.write(f"{os.getpid()}\n")
    lock.flush()


def _sweep(root: Path) -> None:
    for leftover in (*root.glob(f"{PARTIAL}*"), *root.glob(f"*/**/{PARTIAL}*")):
        if leftover.is_dir() and not leftover.is_symlink():
            shutil.rmtree(leftover, ignore_errors=True)
        else:
            leftover.unlink(missing_ok=True)
