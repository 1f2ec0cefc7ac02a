"""How fast are residences, moves and bilateral flows counted from authorships, against SQL?

    python benchmarks/authorships.py [--rows 50000000] [--memory 4] [--folder FOLDER]
                                     [--no-rivals]

draws authorships (`authorships_data`), and counts in one process after another, on two cores:
the country with most records of each year of a person (of equals the first in the alphabet),
changes of country across at most three silent years, and bilateral flows by year. The rivals say
the same in SQL (DuckDB, and Spark where it is installed, its start of some seconds included) and
in expressions (Polars); all must find the same moves in every year. It prints time, peak memory
and ratios; the limit is decoding the same columns with as many threads. `--rows 500000000
--no-rivals` and `1000000000` show the bound on memory (about 8 bytes of disk a row in Parquet,
as much again while counting).
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from itertools import product
from pathlib import Path
from typing import Any

import numpy as np

WORKERS = 2
MAX_GAP = 3

Answer = dict[str, int]


def main() -> None:
    """Print one line a measurement."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=50_000_000)
    parser.add_argument("--memory", type=float, default=4.0, help="bound on ours, GiB")
    parser.add_argument("--folder", type=Path, default=None)
    parser.add_argument("--no-rivals", action="store_true")
    parser.add_argument("--one", default=None, help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.one:
        print(json.dumps(run_one(given.one, given)))
        return
    for row in measure(
        given.rows, folder=given.folder, rivals=not given.no_rivals, memory=given.memory
    ):
        print(
            f"{row['name']:<46} {row['value']:>9} {row['unit']:<6} {row['ratio'] or '':>7} "
            f"{row['against'] or '':<24} {row['bound'] or ''}"
        )


def measure(
    rows: int = 50_000_000,
    *,
    folder: Path | None = None,
    rivals: bool = True,
    memory: float = 4.0,
) -> Iterator[dict[str, object]]:
    """Rows for the table of `run.py`."""
    from authorships_data import write_authorships

    with tempfile.TemporaryDirectory(prefix="talentflow-authorships-", dir=folder) as inside:
        write_authorships(Path(inside), rows)
        names = ["read", "ours", "replicates", "definitions", *(RIVALS if rivals else ())]
        found = {name: _run_child(name, Path(inside), memory) for name in names}
    ours = found["ours"]
    read = f"{found['read']['seconds']:.1f} s to read the columns"
    yield _row(f"{rows:,} authorships", ours, "", None, f"{read}; {ours['gb']:.2f} GB")
    for name in ("replicates", "definitions"):
        ratio = found[name]["seconds"] / ours["seconds"]
        yield _row(f"  with {_WITH[name]}", found[name], "one count", 1 / ratio, "")
    for name in RIVALS if rivals else ():
        rival = found[name]
        if "failed" in rival:
            yield _row(f"  {name}: {rival['failed']}", {"seconds": 0.0}, "", None, "")
            continue
        if rival["answer"] != ours["answer"]:
            raise SystemExit(f"{name} counts other flows than talentflow")
        yield _row(f"  {name}", rival, "talentflow", ours["seconds"] / rival["seconds"], "")


_WITH = {"replicates": "200 replicates", "definitions": "16 definitions at once"}


def _row(
    name: str, found: dict[str, Any], against: str, ratio: float | None, bound: str
) -> dict[str, object]:
    return {
        "name": name,
        "value": round(found["seconds"], 2),
        "unit": "s",
        "against": against,
        "ratio": None if ratio is None else round(ratio, 2),
        "bound": bound,
    }


def _run_child(name: str, folder: Path, memory: float) -> dict[str, Any]:
    """One contender in a process of its own, whose peak memory is its own."""
    command = [sys.executable, __file__, "--one", name, "--folder", str(folder)]
    done = subprocess.run(
        [*command, "--memory", str(memory)], capture_output=True, text=True, check=False
    )
    if done.returncode:
        lines = done.stderr.strip().splitlines()
        return {"failed": lines[-1][:60] if lines else "out of memory"}
    return dict(json.loads(done.stdout.splitlines()[-1]))


def run_one(name: str, given: argparse.Namespace) -> dict[str, Any]:
    """Time one contender over the files of a folder."""
    files = sorted(given.folder.glob("*.parquet"))
    work = {"read": _read, **OURS, **RIVALS}[name]
    if name in OURS:
        OURS[name](files[:0], given.memory)  # compiled once a machine, not once a count
    start, before = time.perf_counter(), time.process_time()
    answer = work(files, given.memory)
    return {
        "seconds": time.perf_counter() - start,
        "cpu_s": time.process_time() - before,
        "gb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6,
        "answer": answer,
        "load": os.getloadavg()[0],
    }


def _read(files: list[Path], _memory: float) -> Answer:
    import pyarrow.parquet as pq

    from talentflow.core.executor import run_in_threads

    def decode(group: tuple[Path, int]) -> int:
        with pq.ParquetFile(group[0], read_dictionary=["country"]) as file:
            return int(file.read_row_group(group[1], use_threads=False).num_rows)

    groups = [(f, i) for f in files for i in range(pq.read_metadata(f).num_row_groups)]
    return {"rows": sum(run_in_threads(decode, groups, WORKERS))}


def _count(files: list[Path], memory: float, definitions: int, replicates: int) -> Answer:
    from authorships_data import write_authorships
    from talentflow.careers.cells import FLOW, WINDOWS
    from talentflow.careers.partitions import count_authorships

    bound = int(memory * 2**30)
    with tempfile.TemporaryDirectory() as small:
        chosen = files or write_authorships(Path(small), 10_000)
        counted = count_authorships(
            chosen,
            _list_wanted(definitions),
            replicates=replicates,
            workers=WORKERS,
            memory_bytes=bound,
            folder=chosen[0].parent,
        )[0]
    period = counted.cells & 1023
    flows = ((counted.cells >> 42) == FLOW) & (period < WINDOWS)
    years = 1900 + period[flows]
    return _sum_up(years, counted.counts[flows, 0])


def _list_wanted(definitions: int) -> list[Any]:
    from talentflow.careers.shared_rules import Wanted
    from talentflow.core.rules import MoveRule, ResidenceRule, Rules

    residences = [
        ResidenceRule(tie="code"),
        ResidenceRule(),
        ResidenceRule(tie="drop"),
        ResidenceRule(kind="any"),
    ]
    moves = [
        MoveRule(max_gap_years=MAX_GAP),
        MoveRule(max_gap_years=MAX_GAP, kind="left"),
        MoveRule(max_gap_years=0, fill="none"),
        MoveRule(max_gap_years=50, fill="none"),
    ]
    rules = [Rules(residence=r, move=m) for r, m in product(residences, moves)]
    return [
        Wanted(rules=each, stock=False, lasting=False, details=False, cohorts=False)
        for each in rules[:definitions]
    ]


def _sum_up(years: Any, flows: Any) -> Answer:
    """Moves by year: every contender must find the same."""
    totals = np.bincount(np.asarray(years, np.int64), np.asarray(flows, np.float64))
    return {str(year): int(n) for year, n in enumerate(totals) if n}


_SQL = f"""
with seen as (select person, year, country, count(*) as n from read_parquet($files)
              group by all),
lived as (select person, year, arg_min(country, (-n, country)) as country from seen group by all),
steps as (select *, lag(country) over w as before, lag(year) over w as earlier from lived
          window w as (partition by person order by year))
select year, before, country, count(*) as flow from steps
where before <> country and year - earlier - 1 <= {MAX_GAP} group by all
"""


def _count_duckdb(files: list[Path], _memory: float) -> Answer:
    import duckdb

    with duckdb.connect() as connection:
        connection.execute(f"set threads = {WORKERS}")
        connection.execute(f"set temp_directory = '{files[0].parent}'")
        sql = _SQL.replace("$files", str([str(file) for file in files]))
        found = connection.execute(sql).to_arrow_table()
    return _sum_up(found["year"], found["flow"])


def _count_polars(files: list[Path], _memory: float) -> Answer:
    import polars as pl

    lived = (
        pl.scan_parquet(files)
        .with_columns(pl.col("country").cast(pl.String))
        .group_by("person", "year", "country")
        .len()
        .sort(["person", "year", "len", "country"], descending=[False, False, True, False])
        .unique(["person", "year"], keep="first", maintain_order=True)
    )
    steps = lived.with_columns(
        before=pl.col("country").shift(1),
        earlier=pl.col("year").shift(1),
        who=pl.col("person").shift(),
    ).filter(
        (pl.col("who") == pl.col("person"))
        & (pl.col("before") != pl.col("country"))
        & (pl.col("year") - pl.col("earlier") - 1 <= MAX_GAP)
    )
    found = steps.group_by("year", "before", "country").len().collect(engine="streaming")
    return _sum_up(found["year"], found["len"])


_SPARK_SQL = f"""
with seen as (select person, year, country, count(*) as n from authorships
              where country is not null group by all),
lived as (select person, year, min_by(country, struct(-n, country)) as country from seen
          group by all),
steps as (select *, lag(country) over w as before, lag(year) over w as earlier from lived
          window w as (partition by person order by year))
select year, before, country, count(*) as flow from steps
where before <> country and year - earlier - 1 <= {MAX_GAP} group by all
"""


def _count_spark(files: list[Path], _memory: float) -> Answer:
    from pyspark.sql import SparkSession

    os.environ["PYSPARK_SUBMIT_ARGS"] = "--driver-memory 8g pyspark-shell"
    builder = SparkSession.builder.master(f"local[{WORKERS}]")
    for name, value in (
        ("spark.ui.enabled", "false"),
        ("spark.driver.host", "127.0.0.1"),
        ("spark.driver.bindAddress", "127.0.0.1"),
        ("spark.sql.shuffle.partitions", "16"),
        ("spark.local.dir", str(files[0].parent)),
    ):
        builder = builder.config(name, value)
    session = builder.getOrCreate()
    session.read.parquet(*(str(file) for file in files)).createOrReplaceTempView("authorships")
    found = session.sql(_SPARK_SQL).toArrow()
    session.stop()
    return _sum_up(found["year"], found["flow"])


Contender = Callable[[list[Path], float], Answer]

OURS: dict[str, Contender] = {
    "ours": lambda files, memory: _count(files, memory, 1, 0),
    "replicates": lambda files, memory: _count(files, memory, 1, 200),
    "definitions": lambda files, memory: _count(files, memory, 16, 0),
}
RIVALS: dict[str, Contender] = {
    "DuckDB": _count_duckdb,
    "Polars": _count_polars,
    "Spark SQL": _count_spark,
}

os.environ.setdefault("POLARS_MAX_THREADS", str(WORKERS))

if __name__ == "__main__":
    main()
