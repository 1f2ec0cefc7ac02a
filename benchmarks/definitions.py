"""How long do all definitions take, with 200 replicates over the whole conference data?

    python benchmarks/definitions.py --store store [--definitions all] [--workers 2]

reads the evidence of a finished build and does what `careers` and `values` do: counts every
definition, lists its tallies and estimates its figures. The target is three minutes on 2 cores.
"""

from __future__ import annotations

import argparse
import json
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pyarrow.compute as pc
import pyarrow.parquet as pq

from talentflow.careers.packing import PackedEvidence
from talentflow.careers.tallies import data_years
from talentflow.core.engine import LocalEngine
from talentflow.core.progress import Silent
from talentflow.estimate.values import Publication
from talentflow.indicators.definitions import choose_definitions
from talentflow.pipeline.inputs import SECOND_OPINION
from talentflow.pipeline.stages import estimate_all, follow_careers, prepare_evidence

TARGET_S = 180


def main() -> None:
    """Measure and print one line of JSON."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--store", type=Path, required=True)
    parser.add_argument("--definitions", default="all")
    parser.add_argument("--replicates", type=int, default=200)
    parser.add_argument("--workers", type=int, default=2)
    given = parser.parse_args()
    definitions = choose_definitions(given.definitions)
    evidence = read_evidence(given.store)
    # Compiling is done once a machine, not once a build.
    warm = choose_definitions("default,dated-spread")
    for _ in follow_careers(
        evidence, warm, replicates=1, floor=5, workers=given.workers, progress=Silent()
    ):
        pass
    seconds: dict[str, float] = {}
    with _timed("count", seconds):
        (tallies,) = (
            part
            for name, part in follow_careers(
                evidence,
                definitions,
                replicates=given.replicates,
                floor=5,
                workers=given.workers,
                progress=Silent(),
            )
            if name == "tallies"
        )
    first, last = data_years(evidence)
    publication = Publication(
        level=0.95, floor=5, first_year=first, last_year=last, snapshot_id="benchmark"
    )
    with _timed("estimate", seconds):
        ids = pc.list_element(pc.split_pattern(tallies["definition_id"], "@"), 0)
        values = estimate_all(
            {d.id: tallies.filter(pc.equal(ids, d.id)) for d in definitions},
            definitions,
            publication,
            engine=LocalEngine(given.workers),
            progress=Silent(),
        )
    print(
        json.dumps(
            {
                "definitions": len(definitions),
                "replicates": given.replicates,
                "records": len(evidence.keys),
                "tallies": tallies.num_rows,
                "values": values["values"].num_rows,
                "seconds": seconds,
                "total_s": round(sum(seconds.values()), 1),
                "target_s": TARGET_S,
                "load": round(os.getloadavg()[0], 1),
            }
        )
    )


def read_evidence(store: Path) -> PackedEvidence:
    """The evidence of the finished build of a store."""
    keys = json.loads((store / "current.json").read_text("utf-8"))
    folders = {stage: store / "tables" / stage / key for stage, key in keys.items()}
    records = pq.read_table(folders["align"] / "records.parquet")
    return prepare_evidence(
        records.filter(pc.field("source") != SECOND_OPINION),
        pq.read_table(folders["corrections"] / "people.parquet"),
        pq.read_table(folders["corrections"] / "resolved_mentions.parquet"),
        pq.read_table(folders["read"] / "inputs.parquet"),
    )


@contextmanager
def _timed(name: str, seconds: dict[str, float]) -> Iterator[None]:
    start = time.perf_counter()
    yield
    seconds[name] = round(time.perf_counter() - start, 1)


if __name__ == "__main__":
    main()
