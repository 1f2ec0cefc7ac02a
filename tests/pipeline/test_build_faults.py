"""A build that meets bad input, dies, or is not alone."""

from __future__ import annotations

import json
import random
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from talentflow.core.catalog import STORE_FORMAT, open_store
from talentflow.core.errors import InputError, StoreError
from talentflow.core.settings import Settings
from talentflow.pipeline.build import build
from talentflow.pipeline.status import describe_store

QUICK = {"workers": 1, "definitions": "default", "replicates": 10}


@pytest.fixture(scope="module")
def small_data(toy_store, tmp_path_factory):
    """The toy world's last years only: enough to build, quick to build again."""
    data = tmp_path_factory.mktemp("small")
    shutil.copytree(toy_store.data / "ror", data / "ror")
    for path in sorted((toy_store.data / "paperlists").glob("*/*202[1-4].json")):
        (data / "paperlists" / path.parent.name).mkdir(parents=True, exist_ok=True)
        shutil.copy(path, data / "paperlists" / path.parent.name / path.name)
    return data


def test_missing_and_empty_folders_say_what_is_expected(tmp_path):
    with pytest.raises(InputError, match="no such data folder"):
        build(Settings(data=tmp_path / "nowhere", store=tmp_path / "store"))
    with pytest.raises(InputError, match="holds no records"):
        build(Settings(data=tmp_path, store=tmp_path / "store"))
    assert not (tmp_path / "store").exists()


def test_bad_files_are_counted_and_the_rest_is_built(small_data, tmp_path):
    data = tmp_path / "data"
    shutil.copytree(small_data, data)
    venue = data / "paperlists" / "corl"
    whole = next(venue.glob("*.json")).read_bytes()
    (venue / "corl2031.json").write_bytes(whole[: len(whole) // 2])
    (venue / "corl20O1.json").write_bytes(whole)
    (venue / "corl2032.json").write_bytes(b"")
    (venue / "corl2033.json").write_bytes(whole.replace(b"University", b"Universit\xe9", 3))
    report = build(Settings(data=data, store=tmp_path / "store", **QUICK))
    for file in report.manifest["inputs"]:
        assert file["rows"] == file["records"] + file["rejected"], file
    status = describe_store(tmp_path / "store")
    assert sum(reason["rows"] for reason in status["rejects"]) > 0
    assert all(reason["examples"][0]["detail"] for reason in status["rejects"])
    assert "bad_year" in {reason["reason"] for reason in status["rejects"]}


def test_a_store_of_a_newer_version_is_left_alone(small_data, tmp_path):
    (tmp_path / "store.json").write_text(json.dumps({"format": STORE_FORMAT + 1}))
    with pytest.raises(StoreError, match="newer talentflow"):
        build(Settings(data=small_data, store=tmp_path, **QUICK))


def test_two_builds_at_once(small_data, tmp_path):
    with open_store(tmp_path), pytest.raises(StoreError, match="another build"):
        build(Settings(data=small_data, store=tmp_path, **QUICK))


def test_killed_builds_continue_to_the_same_bytes(small_data, tmp_path):
    build(Settings(data=small_data, store=tmp_path / "whole", **QUICK))
    killed = tmp_path / "killed"
    delays = random.Random(5)
    for _ in range(4):
        kill_build_after(delays.uniform(0.5, 4.0), small_data, killed)
    build(Settings(data=small_data, store=killed, **QUICK))
    assert values_of(killed) == values_of(tmp_path / "whole")
    assert not list(killed.rglob(".partial-*"))


def kill_build_after(seconds: float, data: Path, store: Path) -> None:
    command = [sys.executable, "-m", "talentflow.cli", "build", "--data", str(data)]
    options = ["--store", str(store), "--definitions", "default", "--replicates", "10"]
    with subprocess.Popen(
        [*command, *options], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    ) as process:
        time.sleep(seconds)
        process.send_signal(signal.SIGKILL)


def values_of(store: Path) -> bytes:
    return (store / "published" / "values.parquet").read_bytes()
