"""How are the many large files of a snapshot read side by side within little memory?

Each is read by a thread or process that writes what it finds to the disk as it goes; only then is
it known which works have a later version in another file. The records are then handed on some at
a time, so that nothing grows with the size of a file but a few bytes a work.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Final, NamedTuple

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from talentflow.core.contracts import INPUTS, MENTIONS, RECORDS, REJECTS
from talentflow.core.engine import Engine, LocalEngine
from talentflow.core.executor import run_in_threads
from talentflow.core.progress import Progress
from talentflow.core.scans import PARTIAL, read_parts
from talentflow.pipeline.inputs import InputFile
from talentflow.sources.evidence import Evidence
from talentflow.sources.openalex.merged import Merged, load_merged
from talentflow.sources.openalex.reading import Written, find_superseded, write_evidence

_THREADS: Final = 4
"""Most of the work is compiled and leaves the interpreter to others, so that up to so many threads
do not wait for each other, and none has to load the compiled code anew as a process does."""


class _Task(NamedTuple):
    file: InputFile
    output: Path
    merged: Merged


def read_openalex(
    files: Sequence[InputFile],
    merged: Sequence[InputFile],
    engine: Engine,
    progress: Progress,
    scratch: Path | None = None,
) -> Iterator[Evidence]:
    """The evidence of the files in their order, the records in parts; `merged` are the files
    that list merged ids.

    What is read waits below `scratch`, which every machine of the engine must see.
    """
    if not files:
        return
    known = load_merged(files[0].folder, [file.file for file in merged])
    with tempfile.TemporaryDirectory(prefix=PARTIAL, dir=scratch) as folder:
        tasks = [
            _Task(file, Path(folder) / f"{number:06d}", known) for number, file in enumerate(files)
        ]
        written = []
        for task, found in zip(tasks, _run(engine, tasks), strict=True):
            written.append(found)
            progress.advance(task.file.size_bytes)
        older = find_superseded([each.works for each in written])
        while written:
            yield from _load_parts(written.pop(0), older.pop(0))


def _run(engine: Engine, tasks: Sequence[_Task]) -> Iterator[Written]:
    if isinstance(engine, LocalEngine) and engine.workers <= _THREADS:
        return run_in_threads(_write, tasks, engine.workers)
    return engine.run(_write, tasks)


def _write(task: _Task) -> Written:
    file = task.file
    return write_evidence(
        file.folder, file.file, task.output, sha256=file.sha256, merged=task.merged
    )


def _load_parts(written: Written, superseded: npt.NDArray[np.bool_]) -> Iterator[Evidence]:
    """What was written of one file, without the records of superseded works, which become one
    reject; last what the other tables say of the file."""
    dropped = np.repeat(superseded, written.works.records)
    done = rows = unknown = 0
    for part in read_parts(written.folder / "records.parquet"):
        gone = pa.array(dropped[done : done + part.num_rows])
        done += part.num_rows
        lost = part.filter(gone)
        rows += lost.num_rows
        unknown += lost["mention_id"].null_count
        yield _evidence(records=part.filter(pc.invert(gone)).cast(RECORDS.schema))
    told = {
        contract.name: pq.read_table(written.folder / f"{contract.name}.parquet").cast(
            contract.schema
        )
        for contract in (MENTIONS, REJECTS, INPUTS)
    }
    if superseded.any():
        told |= _drop_superseded(told, int(superseded.sum()), rows, unknown)
    yield _evidence(**told)


def _evidence(**tables: pa.Table) -> Evidence:
    """Evidence in which the tables that are not given have no rows."""
    empty = {contract.name: contract.empty() for contract in (RECORDS, MENTIONS, REJECTS, INPUTS)}
    return Evidence(**(empty | tables))


def _drop_superseded(
    told: dict[str, pa.Table], works: int, rows: int, unknown: int
) -> dict[str, pa.Table]:
    """The tables `inputs` and `rejects` of a file so many of whose works, with so many records,
    some without affiliation, have a later version."""
    (inputs,) = told["inputs"].to_pylist()
    rejected = max(1, rows)
    for name, fewer in (
        ("papers", works),
        ("records", rows),
        ("unknown", unknown),
        ("aligned", rows - unknown),
        ("rejected", -rejected),
        ("rows", rows - rejected),
    ):
        inputs[name] -= fewer
    reject = {
        "source": inputs["source"],
        "file": inputs["file"],
        "position": f"{inputs['file']}#superseded",
        "reason": "superseded",
        "detail": f"{works:,} works of which another file holds a later version",
        "raw": "",
        "rows": rejected,
    }
    return {
        "inputs": INPUTS.from_rows([inputs]),
        "rejects": pa.concat_tables([told["rejects"], REJECTS.from_rows([reject])]),
    }
