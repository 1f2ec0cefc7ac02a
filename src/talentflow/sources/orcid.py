"""Where do people say on ORCID that they studied and worked, and when?

Reads the summaries of ORCID's public data file (`ORCID_2025_10_summaries.tar.gz`, one XML file a
person, CC0) as they are published, without unpacking them. Every year of an education or
employment becomes a record; what is rejected and why: docs/guide/sources-orcid.md.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from talentflow.core.collector import paused_collector
from talentflow.core.errors import InputError
from talentflow.sources.evidence import Evidence
from talentflow.sources.orcid_summary import read_summary
from talentflow.sources.positions import HistoryBuilder, Refusal
from talentflow.sources.tar_stream import MAX_FILE_BYTES, Member, walk_archive

SOURCE: Final = "orcid"
SUFFIX: Final = ".tar.gz"
PART_PEOPLE: Final = 200_000
"""Persons with a position in one part of `read_parts`: about 0.4 GB of tables."""

_RAW_BYTES: Final = 4096


def list_files(folder: Path) -> list[str]:
    """The archives of summaries in a folder, sorted; those of activities are left alone, because
    the summaries hold all that is read."""
    found = sorted(path.name for path in folder.glob(f"*{SUFFIX}") if path.is_file())
    return [name for name in found if "activit" not in name.lower()]


def read_file(folder: Path, file: str) -> Evidence:
    """The evidence of one archive of summaries.

    One row is one year of one position, or a reject: a position that has no usable dates, or a
    summary that cannot be read. `position` is summary, entry and year, e.g. `17/3/2019`;
    summaries count from 0 in the order of the archive. Raises `InputError` where the archive
    cannot be read to its end.
    """
    path = folder / file
    builder = HistoryBuilder(source=SOURCE, file=file)
    with paused_collector():
        for member in walk_archive(path):
            _read_member(builder, member)
            if builder.waiting >= PART_PEOPLE:
                builder.settle()
        sha256, size_bytes = _describe(path)
        return builder.build(sha256=sha256, size_bytes=size_bytes)


def read_parts(folder: Path, file: str, *, people: int = PART_PEOPLE) -> Iterator[Evidence]:
    """The same in parts of so many persons with a position, in memory that does not grow with
    the archive. The inputs of each part count that part; mentions can come again."""
    path = folder / file
    sha256, size_bytes = _describe(path)
    builder = HistoryBuilder(source=SOURCE, file=file)
    for member in walk_archive(path):
        _read_member(builder, member)
        if builder.waiting >= people:
            yield builder.build(sha256=sha256, size_bytes=size_bytes)
            builder = HistoryBuilder(source=SOURCE, file=file)
    yield builder.build(sha256=sha256, size_bytes=size_bytes)


def _read_member(builder: HistoryBuilder, member: Member) -> None:
    number, name, buffer, start, stop = member
    if not name.endswith(".xml"):
        return
    if stop < 0:
        refusal = Refusal("too_large", f"more than {MAX_FILE_BYTES} bytes")
        builder.reject(str(number), refusal, raw=name)
        return
    found = read_summary(buffer, start, stop)
    if found is None:
        return
    if isinstance(found, Refusal):
        raw = buffer[start : min(stop, start + _RAW_BYTES)].decode("utf-8", "replace")
        builder.reject(str(number), found, raw=f"{name}\n{raw}")
        return
    builder.add_history(str(number), found.person, found.positions)


def _describe(path: Path) -> tuple[str, int]:
    try:
        with path.open("rb") as stream:
            return hashlib.file_digest(stream, "sha256").hexdigest(), path.stat().st_size
    except OSError as error:
        raise InputError(
            f"the archive cannot be read: {error.strerror or error}", where=str(path)
        ) from error
