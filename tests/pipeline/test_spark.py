"""Does Spark give what local processes give, whatever is lost on the way?"""

from __future__ import annotations

import os
import sys
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from talentflow.careers.partitions import count_authorships
from talentflow.careers.shared_rules import Wanted
from talentflow.careers.spark_counting import count_authorships_in_spark
from talentflow.core import spark
from talentflow.core.errors import InputError, UsageError
from talentflow.core.rules import ResidenceRule, Rules
from talentflow.core.settings import Settings
from talentflow.core.spark import open_spark, run_in_spark
from talentflow.pipeline.build import build

# Spark's own bridge to Java leaves sockets to the garbage collector.
pytestmark = pytest.mark.filterwarnings(
    "ignore:Exception ignored in. <socket:pytest.PytestUnraisableExceptionWarning"
)


@pytest.fixture(autouse=True)
def _ship_this_module() -> None:
    """Executors know the package, not its tests: their functions travel by value."""
    cloudpickle = pytest.importorskip("pyspark.cloudpickle", reason="pyspark is missing")
    cloudpickle.register_pickle_by_value(sys.modules[__name__])


def double(task: int) -> int:
    return 2 * task


def fail_once(task: int) -> int:
    if task == 3 and attempt() == 0:
        raise RuntimeError("the first attempt is lost")
    return double(task)


def die_once(task: int) -> int:
    if task == 2 and attempt() == 0:
        os._exit(7)
    return double(task)


def refuse(task: int) -> int:
    if task == 1:
        raise InputError("a damaged file", where="x.json", next_step="fetch it again")
    return task


def attempt() -> int:
    from pyspark import TaskContext

    return TaskContext.get().attemptNumber()


@pytest.mark.parametrize("function", [double, fail_once, die_once])
def test_results_come_in_the_order_of_the_tasks(spark_session, function):
    tasks = range(37)
    assert list(run_in_spark(function, tasks, spark_session)) == [2 * task for task in tasks]


def test_no_tasks_no_results(spark_session):
    assert list(run_in_spark(double, [], spark_session)) == []


def test_an_error_of_the_data_is_raised_as_it_is(spark_session):
    with pytest.raises(InputError, match="a damaged file") as caught:
        list(run_in_spark(refuse, range(3), spark_session))
    assert caught.value.next_step == "fetch it again"


@pytest.mark.usefixtures("spark_session")
def test_a_build_on_spark_publishes_the_same_bytes(toy_store, tmp_path):
    settings = Settings(data=toy_store.data, store=tmp_path, workers=1, engine="spark")
    build(settings)
    local = sorted((toy_store.store / "published").glob("*.parquet"))
    assert len(local) > 5
    for path in local:
        assert (tmp_path / "published" / path.name).read_bytes() == path.read_bytes(), path.name


@pytest.mark.parametrize("persons", ["numbers", "text"])
def test_careers_counted_on_spark_are_those_of_one_machine(spark_session, tmp_path, persons):
    files = write_authorships(tmp_path, 20_000, persons)
    wanted = [
        Wanted(rules=Rules(), details=False, cohorts=False),
        Wanted(rules=Rules(residence=ResidenceRule(kind="fractional")), cohorts=False),
    ]
    local = count_authorships(files, wanted, replicates=5)
    for partitions in (0, 7):
        found = count_authorships_in_spark(
            spark_session, files, wanted, replicates=5, partitions=partitions
        )
        for ours, theirs in zip(local, found, strict=True):
            assert len(ours.cells) > 1000
            for name in ("cells", "persons", "counts"):
                assert np.array_equal(getattr(ours, name), getattr(theirs, name)), name
            assert ours.units == theirs.units


def write_authorships(folder: Path, rows: int, persons: str) -> list[Path]:
    """Some papers of each of many persons, in two files; a person's rows lie in both."""
    random = np.random.default_rng(5)
    numbers = random.integers(0, rows // 6, rows)
    table = pa.table(
        {
            "person": numbers if persons == "numbers" else [f"A{n}" for n in numbers.tolist()],
            "year": random.integers(1990, 2025, rows).astype(np.int16),
            "country": random.choice(["KR", "US", "JP", "TW", None], rows),
        }
    )
    files = [folder / "first.parquet", folder / "second.parquet"]
    pq.write_table(table.slice(0, rows // 3), files[0])
    pq.write_table(table.slice(rows // 3), files[1])
    return files


def test_an_open_session_is_used_and_left_open(spark_session):
    with open_spark("local[1]") as session:
        assert session is spark_session
    assert list(run_in_spark(double, [1], spark_session)) == [2]


def test_without_pyspark_the_error_says_what_to_install(monkeypatch):
    monkeypatch.setitem(sys.modules, "pyspark.sql", None)
    with pytest.raises(UsageError, match=r"talentflow\[spark\]"), open_spark("local[1]"):
        pass


def test_without_java_the_error_says_what_to_install(monkeypatch):
    pytest.importorskip("pyspark", reason="pyspark is not installed")
    monkeypatch.setattr(spark.shutil, "which", lambda _: None)
    monkeypatch.delenv("JAVA_HOME", raising=False)
    with pytest.raises(UsageError, match="Java 17"), open_spark("local[1]"):
        pass
