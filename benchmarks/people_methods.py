"""What does one method of linking people answer, in what time and memory, alone in a process?

    python benchmarks/people_methods.py talentflow|splink FOLDER

FOLDER holds the input as Parquet and receives `answer.parquet`. `talentflow` reads records with
their affiliations; its answer has a person per reference. `splink` reads what talentflow made of
every authorship (name, numbers of co-authors, pieces of the affiliation, domains), so that two
models are compared on the same evidence, and answers with a group per authorship for each
threshold; the preparation is counted in the time of talentflow alone. Like our model, Splink
learns from the names that are not held out: a label says who is who, and null what it must find.
"""

from __future__ import annotations

import contextlib
import importlib.util
import json
import logging
import os
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pyarrow.parquet as pq

if TYPE_CHECKING:
    from splink import Linker

THRESHOLDS = (0.3, 0.5, 0.7, 0.8, 0.9, 0.95, 0.97, 0.99)
CORES = 2
SAMPLED_PAIRS = 10_000_000
SEED = 1
MIN_SHARED_RECALL = 0.6
"""Of the pairs of one person under one spelling, about so many share a co-author."""

_BESIDE = ("authors", "affiliations", "domains", "setting", "venue")


@dataclass(frozen=True)
class Outcome:
    """The answer of one method, and what it took: seconds from tables in memory to the answer,
    and the largest memory of the process."""

    answer: pa.Table
    seconds: float
    memory_gib: float


def explain_absence(method: str) -> str | None:
    """Why a method cannot be run here; null where it can."""
    if method == "splink" and importlib.util.find_spec("splink") is None:
        return "splink is not installed (pip install --constraint constraints.txt splink)"
    return None


def try_alone(method: str, tables: Mapping[str, pa.Table]) -> Outcome:
    """Run one method in a process of its own.

    Raises `CalledProcessError` if it fails, after its messages have gone to standard error.
    """
    with tempfile.TemporaryDirectory(prefix="people-") as name:
        folder = Path(name)
        for table, content in tables.items():
            pq.write_table(content, folder / f"{table}.parquet")
        done = subprocess.run(
            [sys.executable, __file__, method, name], check=True, stdout=subprocess.PIPE, text=True
        )
        spent = json.loads(done.stdout)
        return Outcome(pq.read_table(folder / "answer.parquet"), **spent)


def link_by_talentflow(tables: Mapping[str, pa.Table]) -> tuple[pa.Table, float]:
    """`person_ref` → `person_id`, `ambiguous`, `confidence`; and the seconds."""
    from talentflow.resolve.people import link_people

    records, profiles = tables["records"], tables["profiles"]
    profiles_of = dict(zip(*(profiles[c].to_pylist() for c in ("name", "people")), strict=True))
    beside = {name: tables[name] for name in ("mentions", "resolved_mentions")}
    link_people(records.slice(0, 2000), **beside)  # compiled code is loaded
    start = time.perf_counter()
    people = link_people(records, profiles=profiles_of, **beside).people
    return people, time.perf_counter() - start


def link_by_splink(tables: Mapping[str, pa.Table]) -> tuple[pa.Table, float]:
    """`unique_id` and a group under each of `THRESHOLDS`, in columns of that name; the seconds
    are those of training, prediction and one clustering."""
    import duckdb
    from splink import DuckDBAPI, Linker

    logging.disable(logging.CRITICAL)
    authorships = tables["authorships"]
    start = time.perf_counter()
    engine = DuckDBAPI(duckdb.connect(config={"threads": CORES}))
    linker = Linker(engine.register(authorships), _describe_model(authorships))
    _train(linker)
    pairs = linker.inference.predict(threshold_match_probability=min(THRESHOLDS))
    linked = time.perf_counter()
    answer = {"unique_id": authorships["unique_id"].combine_chunks()}
    for threshold in THRESHOLDS:
        found = linker.clustering.cluster_pairwise_predictions_at_threshold(
            pairs, threshold_match_probability=threshold
        )
        groups = found.as_duckdbpyrelation().order("unique_id").to_arrow_table()
        answer[str(threshold)] = groups["cluster_id"].combine_chunks()
    clustering = (time.perf_counter() - linked) / len(THRESHOLDS)
    return pa.table(answer), linked - start + clustering


def _describe_model(authorships: pa.Table) -> Any:
    """Fellegi and Sunter with the frequency of the spelling; lists by how much they share."""
    import splink.comparison_level_library as levels
    import splink.comparison_library as comparisons
    from splink import SettingsCreator

    given, one_word = "starts_with(given_l, given_r) or starts_with(given_r, given_l)", []
    for side in ("l", "r"):
        one_word.append(f"length(split_part(given_{side}, ' ', 1)) = 1")
    name = comparisons.CustomComparison(
        output_column_name="name",
        comparison_levels=[
            levels.ExactMatchLevel("spelling").configure(tf_adjustment_column="spelling"),
            levels.CustomLevel(f"block_l = block_r and ({given})", "shorter given name"),
            levels.CustomLevel(f"block_l = block_r and ({' or '.join(one_word)})", "initial"),
            levels.CustomLevel("block_l = block_r", "same surname and initial"),
            levels.ElseLevel(),
        ],
    )
    beside = {
        "authors": comparisons.ArrayIntersectAtSizes("authors", [3, 2, 1]),
        "affiliations": comparisons.ArrayIntersectAtSizes("affiliations", [2, 1]),
        "domains": comparisons.ArrayIntersectAtSizes("domains", [1]),
        "setting": comparisons.ArrayIntersectAtSizes("setting", [2, 1]),
        "venue": comparisons.ExactMatch("venue"),
    }
    seen = [column for column in _BESIDE if authorships[column].null_count < len(authorships)]
    return SettingsCreator(
        link_type="dedupe_only",
        comparisons=[name, *(beside[column] for column in seen)],
        blocking_rules_to_generate_predictions=["l.block = r.block and l.paper <> r.paper"],
        retain_matching_columns=False,
    )


def _train(linker: Linker) -> None:
    training = linker.training
    training.estimate_probability_two_random_records_match(
        ["l.spelling = r.spelling and list_has_any(l.authors, r.authors)"],
        recall=MIN_SHARED_RECALL,
    )
    training.estimate_u_using_random_sampling(max_pairs=SAMPLED_PAIRS, seed=SEED)
    training.estimate_m_from_label_column("label")


METHODS = {"talentflow": link_by_talentflow, "splink": link_by_splink}


def read_peak_memory_gib() -> float:
    """The largest memory of this process. What `getrusage` says includes the process that
    started it, so Linux is asked for more."""
    status = Path("/proc/self/status")
    if status.exists():
        lines = dict(line.split(":", 1) for line in status.read_text().splitlines())
        return int(lines["VmHWM"].split()[0]) / 1024**2
    unit = 1 if sys.platform == "darwin" else 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit / 1024**3


def main() -> None:
    """Run one method on the tables of a folder."""
    method, folder = sys.argv[1], Path(sys.argv[2])
    tables = {path.stem: pq.read_table(path) for path in folder.glob("*.parquet")}
    with Path(os.devnull).open("w") as nowhere, contextlib.redirect_stdout(nowhere):
        answer, seconds = METHODS[method](tables)
    pq.write_table(answer, folder / "answer.parquet")
    print(json.dumps({"seconds": seconds, "memory_gib": read_peak_memory_gib()}))


if __name__ == "__main__":
    main()
