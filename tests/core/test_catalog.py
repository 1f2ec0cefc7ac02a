"""Is what the store holds always whole, whatever happened while it was written?"""

from __future__ import annotations

import errno
import json
import os
import signal
import subprocess
import sys
import tempfile
import textwrap
import time
from collections.abc import Callable, Iterator
from itertools import pairwise
from pathlib import Path

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from talentflow.core import catalog as catalog_module
from talentflow.core.catalog import (
    STORE_FORMAT,
    Catalog,
    check_format,
    open_store,
    write_folder,
    write_parquet,
    write_text,
)
from talentflow.core.errors import ContractError, StoreError

TABLE = pa.table({"year": [2001, 2002, 2003], "country": ["KR", None, "US"]})


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Catalog]:
    with open_store(tmp_path / "store") as catalog:
        yield catalog


def list_files(root: Path) -> list[str]:
    return sorted(str(path.relative_to(root)) for path in root.rglob("*") if path.is_file())


def test_a_stage_is_read_back_as_written(store: Catalog) -> None:
    assert not store.has_stage("read", "k1")
    store.write_stage("read", "k1", {"first": TABLE, "second": TABLE.slice(1)})
    assert store.has_stage("read", "k1")
    assert store.read_table("read", "k1", "first").equals(TABLE)
    assert store.read_table("read", "k1", "second", ["year"])["year"].to_pylist() == [2002, 2003]


def test_a_table_that_breaks_its_contract_is_not_written(store: Catalog) -> None:
    with pytest.raises(ContractError, match="missing columns"):
        store.write_stage("careers", "k1", {"first": TABLE, "moves": TABLE})
    assert not store.has_stage("careers", "k1")
    assert list((store.root / "tables" / "careers").iterdir()) == []


def test_the_last_build_is_remembered_and_older_stages_dropped(store: Catalog) -> None:
    assert store.read_current() == {}
    for key in ("k1", "k2"):
        store.write_stage("read", key, {"first": TABLE})
    store.write_current({"read": "k2"})
    assert store.read_current() == {"read": "k2"}
    assert not store.has_stage("read", "k1")
    assert store.has_stage("read", "k2")


def test_a_damaged_table_says_what_to_delete(store: Catalog) -> None:
    store.write_stage("read", "k1", {"first": TABLE})
    path = store.stage_folder("read", "k1") / "first.parquet"
    path.write_bytes(path.read_bytes()[:-20])
    with pytest.raises(StoreError, match=r"delete .*k1 and run"):
        store.read_table("read", "k1", "first")
    with pytest.raises(StoreError, match="cannot read table none-such"):
        store.read_table("read", "k1", "none-such")


def test_published_points_to_the_newest_snapshot(store: Catalog) -> None:
    filled = []

    def fill(folder: Path) -> None:
        filled.append(folder)
        (folder / "manifest.json").write_text("{}")

    for snapshot_id in ("a", "b", "a"):
        folder = store.publish(snapshot_id, fill)
        assert (store.root / "published").resolve() == folder.resolve()
    # An older snapshot is immutable: it is pointed to again, not made again.
    assert len(filled) == 2
    assert not (store.root / "published").readlink().is_absolute()


WRITER = """
import os, signal, sys, time
from pathlib import Path
import pyarrow as pa
from talentflow.core import catalog

root, what = Path(sys.argv[1]), sys.argv[2]

def stop(*_):
    print("writing", flush=True)
    time.sleep(600)

def fill(folder):
    (folder / "manifest.json").write_text("half")
    stop()

with catalog.open_store(root) as store:
    if what == "stage":
        tables = {"first": pa.table({"year": [2001]}), "second": pa.table({"year": [2002]})}
        write = catalog.write_parquet
        catalog.write_parquet = lambda t, p: stop() if p.stem == "second" else write(t, p)
        store.write_stage("read", "k2", tables)
    elif what == "publish":
        store.publish("b", fill)
    elif what == "current":
        os.fsync = stop
        store.write_current({"read": "k2"})
    elif what == "hold":
        stop()
"""


@pytest.fixture
def write_beside() -> Iterator[Callable[[Path, str], subprocess.Popen[str]]]:
    """Start a second process on a store and wait until it is in the middle of writing."""
    started: list[subprocess.Popen[str]] = []

    def start(root: Path, what: str) -> subprocess.Popen[str]:
        process = subprocess.Popen(
            [sys.executable, "-c", textwrap.dedent(WRITER), str(root), what],
            stdout=subprocess.PIPE,
            text=True,
        )
        started.append(process)
        assert process.stdout is not None
        assert process.stdout.readline() == "writing\n"
        return process

    yield start
    for process in started:
        process.kill()
        process.communicate()


@pytest.mark.parametrize("what", ["stage", "publish", "current"])
def test_killed_in_the_middle_of_writing(
    tmp_path: Path, what: str, write_beside: Callable[[Path, str], subprocess.Popen[str]]
) -> None:
    root = tmp_path / "store"
    with open_store(root) as store:
        store.write_stage("read", "k1", {"first": TABLE})
        store.write_current({"read": "k1"})
        store.publish("a", lambda folder: write_text(folder / "manifest.json", "{}"))
        before = list_files(root)
    process = write_beside(root, what)
    assert list_files(root) != before
    os.kill(process.pid, signal.SIGKILL)
    process.wait()
    # Readers between the kill and the next build see the old state, whole.
    assert Catalog(root).read_current() == {"read": "k1"}
    assert (root / "published" / "manifest.json").read_text() == "{}"
    with open_store(root) as store:
        assert list_files(root) == before
        assert not store.has_stage("read", "k2")
        assert not (root / "snapshots" / "b").exists()
        store.write_stage("read", "k2", {"first": TABLE})
        store.write_current({"read": "k2"})
    assert not list(root.rglob(".partial-*"))


def test_two_builds_at_once(
    tmp_path: Path, write_beside: Callable[[Path, str], subprocess.Popen[str]]
) -> None:
    process = write_beside(tmp_path, "hold")
    with (
        pytest.raises(StoreError, match=rf"another build .*process {process.pid}\)"),
        open_store(tmp_path),
    ):
        pytest.fail("the store was opened twice")
    process.kill()
    process.wait()
    with open_store(tmp_path):
        assert (tmp_path / "lock").read_text() == f"{os.getpid()}\n"


def test_a_refused_build_does_not_sweep_the_running_one(
    tmp_path: Path, write_beside: Callable[[Path, str], subprocess.Popen[str]]
) -> None:
    write_beside(tmp_path, "stage")
    with pytest.raises(StoreError), open_store(tmp_path):
        pytest.fail("the store was opened twice")
    assert list(tmp_path.rglob(".partial-*"))


def test_full_disk_while_a_stage_is_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write = catalog_module.write_parquet

    def run_full(table: pa.Table, path: Path) -> None:
        if path.stem == "second":
            path.write_bytes(b"PAR1")
            raise OSError(errno.ENOSPC, "No space left on device", str(path))
        write(table, path)

    monkeypatch.setattr(catalog_module, "write_parquet", run_full)
    with pytest.raises(StoreError, match="disk is full") as caught, open_store(tmp_path) as store:
        store.write_stage("read", "k1", {"first": TABLE, "second": TABLE})
    assert "free some space" in str(caught.value)
    assert list((tmp_path / "tables" / "read").iterdir()) == []
    monkeypatch.undo()
    with open_store(tmp_path) as store:
        store.write_stage("read", "k1", {"first": TABLE, "second": TABLE})
        assert store.read_table("read", "k1", "second").equals(TABLE)


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A real file system of 1 MiB, where this process may mount one."""
    folder = tmp_path / "disk"
    folder.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", str(folder)]
    try:
        mounted = subprocess.run(mount, capture_output=True, check=False).returncode == 0
    except FileNotFoundError:
        mounted = False
    if not mounted:
        pytest.skip("mounting a small file system needs root")
    yield folder
    subprocess.run(["umount", str(folder)], check=True)


def test_a_disk_that_is_really_full(small_disk: Path) -> None:
    noise = pa.table({"noise": [os.urandom(1 << 20) for _ in range(3)]})
    with open_store(small_disk) as store:
        store.write_stage("read", "k0", {"first": TABLE})
    with pytest.raises(StoreError, match="disk is full"), open_store(small_disk) as store:
        store.write_stage("read", "k1", {"noise": noise})
    with open_store(small_disk) as store:
        assert store.has_stage("read", "k0")
        assert not store.has_stage("read", "k1")
        assert not list(small_disk.rglob(".partial-*"))


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (json.dumps({"format": STORE_FORMAT + 1}), "written by a newer talentflow"),
        ("{", "cannot be read"),
        ("[]", "cannot be read"),
        ('{"format": "new"}', "cannot be read"),
    ],
)
def test_a_store_this_program_does_not_understand(tmp_path: Path, text: str, message: str) -> None:
    (tmp_path / "store.json").write_text(text)
    with pytest.raises(StoreError, match=message):
        check_format(tmp_path)
    with pytest.raises(StoreError, match="--store"), open_store(tmp_path):
        pytest.fail("the store was opened")
    assert list_files(tmp_path) == ["store.json"]


def test_a_store_where_there_can_be_none(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(StoreError, match="cannot be used"), open_store(tmp_path / "file" / "store"):
        pytest.fail("the store was opened")


def test_a_failure_of_the_stage_itself_passes_through(tmp_path: Path) -> None:
    def fail(folder: Path) -> None:
        (folder / "half").write_text("")
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        write_folder(tmp_path / "target", fail)
    assert list(tmp_path.iterdir()) == []


def test_a_small_file_is_the_old_or_the_new_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "current.json"
    write_text(path, "old")

    def fail(_: int) -> None:
        raise OSError(errno.EIO, "no")

    monkeypatch.setattr(os, "fsync", fail)
    with pytest.raises(OSError, match="no"):
        write_text(path, "new")
    assert path.read_text() == "old"


@given(st.lists(st.integers(0, 3), max_size=4), st.booleans())
def test_equal_tables_give_equal_bytes(cuts: list[int], metadata: bool) -> None:
    bounds = [0, *sorted(cuts), TABLE.num_rows]
    chunked = pa.concat_tables([TABLE.slice(a, b - a) for a, b in pairwise(bounds)])
    if metadata:
        chunked = chunked.replace_schema_metadata({"made": str(time.time())})
    assert as_bytes(chunked) == as_bytes(TABLE)


def as_bytes(table: pa.Table) -> bytes:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "table.parquet"
        write_parquet(table, path)
        return path.read_bytes()
