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
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import pyarrow as pa
import pyarrow.parquet as pq

from talentflow.core.contracts import CONTRACTS, check_table
from talentflow.core.errors import StoreError

STORE_FORMAT: Final = 1
PARTIAL: Final = ".partial-"
"""How the names of files and folders begin that are not whole yet; the next build sweeps them."""


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

    def write_stage(self, stage: str, key: str, tables: Mapping[str, pa.Table]) -> None:
        """Check every table against its contract and put all of them in place at once."""

        def fill(folder: Path) -> None:
            for name, table in tables.items():
                checked = check_table(table, CONTRACTS[name]) if name in CONTRACTS else table
                write_parquet(checked, folder / f"{name}.parquet")

        write_folder(self.stage_folder(stage, key), fill)

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
