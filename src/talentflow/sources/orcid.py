"""Where do people say on ORCID that they studied and worked, and when?

Reads the summaries of ORCID's public data file (`ORCID_2025_10_summaries.tar.gz`, one XML file a
person, CC0) as they are published, without unpacking them. Every year of an education or
employment becomes a record; what is rejected and why: docs/guide/sources-orcid.md.
"""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Iterator
from pathlib import Path
from typing import Final, NamedTuple

from talentflow.core.collector import paused_collector
from talentflow.core.errors import InputError
from talentflow.core.executor import run_in_processes
from talentflow.sources.evidence import Evidence
from talentflow.sources.orcid_summary import Cut, History, cut_summary, read_cut
from talentflow.sources.positions import HistoryBuilder, Refusal, join_evidence
from talentflow.sources.tar_stream import MAX_FILE_BYTES, walk_archive

SOURCE: Final = "orcid"
SUFFIX: Final = ".tar.gz"
PART_PEOPLE: Final = 4000
"""Persons with a position in one part of an archive: about 10 MB of tables."""

_RAW_BYTES: Final = 4096


def list_files(folder: Path) -> list[str]:
    """The archives of summaries in a folder, sorted; those of activities are left alone, because
    the summaries hold all that is read."""
    found = sorted(path.name for path in folder.glob(f"*{SUFFIX}") if path.is_file())
    return [name for name in found if "activit" not in name.lower()]


def read_file(
    folder: Path, file: str, *, workers: int = 1, only: Collection[str] | None = None
) -> Evidence:
    """The evidence of one archive of summaries.

    One row is one year of one position, or a reject: a position that has no usable dates, or a
    summary that cannot be read. `position` is summary, entry and year, e.g. `17/3/2019`;
    summaries count from 0 in the order of the archive, entries from 1. Raises `InputError` where
    the archive cannot be read to its end.
    """
    return join_evidence(read_parts(folder, file, workers=workers, only=only))


def read_parts(
    folder: Path, file: str, *, workers: int = 1, only: Collection[str] | None = None
) -> Iterator[Evidence]:
    """The same in parts of `PART_PEOPLE` persons, in memory that does not grow with the archive.

    `only`: the iDs whose summaries are read, by the names of the files; null: all.

    The inputs of each part count that part; a mention can come again in a later one. The parts
    are the same for any number of `workers`, processes that parse what this one finds.
    """
    path = folder / file
    sha256, size_bytes = _describe(path)
    tasks = (_Task(file, sha256, size_bytes, cuts) for cuts in _cut_archive(path, only))
    yield from run_in_processes(_read_cuts, tasks, workers)


class _Task(NamedTuple):
    """Some of the summaries: the number, name and content of each."""

    file: str
    sha256: str
    size_bytes: int
    cuts: list[tuple[int, str, Cut | Refusal]]


def _cut_archive(
    path: Path, only: Collection[str] | None = None
) -> Iterator[list[tuple[int, str, Cut | Refusal]]]:
    """The summaries that tell of positions, in lists of `PART_PEOPLE`; the last may be empty."""
    found: list[tuple[int, str, Cut | Refusal]] = []
    for number, name, buffer, start, stop in walk_archive(path):
        if not name.endswith(".xml") or (only is not None and name[-23:-4] not in only):
            continue
        if stop < 0:
            too_large = Refusal("too_large", f"more than {MAX_FILE_BYTES} bytes")
            found.append((number, name, too_large))
            continue
        cut = cut_summary(buffer, start, stop)
        if cut is not None:
            found.append((number, name, cut))
            if len(found) == PART_PEOPLE:
                yield found
                found = []
    yield found


def _read_cuts(task: _Task) -> Evidence:
    builder = HistoryBuilder(source=SOURCE, file=task.file)
    with paused_collector():
        for number, name, cut in task.cuts:
            found = read_cut(cut) if isinstance(cut, Cut) else cut
            if isinstance(found, History):
                builder.add_history(str(number), found.person, found.positions)
            elif isinstance(found, Refusal):
                document = cut.text[:_RAW_BYTES] if isinstance(cut, Cut) else b""
                said = document.decode("utf-8", "replace")
                builder.reject(str(number), found, raw=f"{name}\n{said}")
        return builder.build(sha256=task.sha256, size_bytes=task.size_bytes)


def _describe(path: Path) -> tuple[str, int]:
    try:
        with path.open("rb") as stream:
            return hashlib.file_digest(stream, "sha256").hexdigest(), path.stat().st_size
    except OSError as error:
        raise InputError(
            f"the archive cannot be read: {error.strerror or error}", where=str(path)
        ) from error
