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

from talentflow.core.engine import Engine, LocalEngine
from talentflow.core.executor import run_in_threads
from talentflow.core.progress import Progress
from talentflow.core.scans import PARTIAL
from talentflow.pipeline.inputs import InputFile
from talentflow.sources.evidence import Evidence
from talentflow.sources.openalex.merged import Merged, load_merged
from talentflow.sources.openalex.reading import Written, write_evidence
from talentflow.sources.openalex.versions import find_superseded, load_parts

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
            yield from load_parts(written.pop(0), older.pop(0))


def _run(engine: Engine, tasks: Sequence[_Task]) -> Iterator[Written]:
    if isinstance(engine, LocalEngine) and engine.workers <= _THREADS:
        return run_in_threads(_write, tasks, engine.workers)
    return engine.run(_write, tasks)


def _write(task: _Task) -> Written:
    file = task.file
    return write_evidence(
        file.folder, file.file, task.output, sha256=file.sha256, merged=task.merged
    )
