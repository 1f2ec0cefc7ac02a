"""What do all input files say, file after file?

The records of a file are handed on before the next file is opened; beside them only what is
distinct or counted is kept.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import chain
from pathlib import Path
from typing import Final

import pyarrow as pa
import pyarrow.compute as pc

from talentflow.core.catalog import Parts
from talentflow.core.collector import paused_collector
from talentflow.core.contracts import INPUTS, MENTIONS, RECORDS, REJECTS
from talentflow.core.engine import Engine
from talentflow.core.progress import Progress
from talentflow.pipeline.inputs import InputFile
from talentflow.pipeline.snapshot_files import read_openalex
from talentflow.sources import dblp, openreview, orcid, paperlists, table
from talentflow.sources.evidence import Evidence

_FEW_MENTIONS: Final = 1 << 18


def read_records(
    files: Iterable[InputFile],
    engine: Engine,
    progress: Progress,
    mappings: Iterable[InputFile] = (),
    scratch: Path | None = None,
) -> Parts:
    """All input files → records, mentions (each once), rejects and inputs; the records part by
    part as the files are read, one file at a time in memory or less.

    `mappings` say how to read some of them, as in `Inputs`; see `read_openalex` for `scratch`.
    """
    wanted = list(files)
    progress.start("read", sum(f.size_bytes for f in wanted))
    snapshot = [file for file in wanted if file.source == "openalex"]
    archives = [file for file in wanted if file.source == orcid.SOURCE]
    others = [file for file in wanted if file.source not in ("openalex", orcid.SOURCE)]
    merged = [file for file in mappings if file.source == "openalex"]
    gathered = _Gathered()
    named: set[str] = set()
    yield "records", RECORDS.empty()
    for found in chain(
        _read_others(others, engine, progress),
        read_openalex(snapshot, merged, engine, progress, scratch),
    ):
        named.update(_list_orcids(found.records) if archives else ())
        yield "records", gathered.add(found)
    # ORCID knows everybody of every field: beside other sources only those whom they name.
    only = frozenset(named) if others or snapshot else None
    for file in archives:
        found = orcid.read_file(file.folder, file.file, workers=engine.workers, only=only)
        yield "records", gathered.add(found)
        progress.advance(file.size_bytes)
    mentions, rejects, inputs = gathered.finish()
    yield from (("mentions", mentions), ("rejects", rejects), ("inputs", inputs))
    progress.finish(
        f"{gathered.records:,} records from {len(wanted)} files, {rejects.num_rows:,} rejects"
    )


class _Gathered:
    """What is kept of the evidence of all files beside the records, which it only counts."""

    def __init__(self) -> None:
        self.records = 0
        self._mentions, self._rejects, self._inputs = (
            [contract.empty()] for contract in (MENTIONS, REJECTS, INPUTS)
        )
        self._distinct = 0

    def add(self, found: Evidence) -> pa.Table:
        """Keep the other tables; returns the records."""
        self.records += found.records.num_rows
        self._rejects.append(found.rejects)
        self._inputs.append(found.inputs)
        self._mentions.append(found.mentions)
        # Most files name the same organizations: what is kept is at most twice what there is.
        if sum(table.num_rows for table in self._mentions) > 2 * self._distinct + _FEW_MENTIONS:
            self._mentions = [_distinct_mentions(self._mentions)]
            self._distinct = self._mentions[0].num_rows
        return found.records

    def finish(self) -> tuple[pa.Table, pa.Table, pa.Table]:
        """Mentions, each once, rejects and inputs."""
        return (
            _distinct_mentions(self._mentions),
            pa.concat_tables(self._rejects),
            pa.concat_tables(self._inputs),
        )


def _read_others(
    files: Sequence[InputFile], engine: Engine, progress: Progress
) -> Iterator[Evidence]:
    for file, found in zip(files, engine.run(_read_file, files), strict=True):
        yield found
        progress.advance(file.size_bytes)


def _list_orcids(records: pa.Table) -> set[str]:
    """The ORCID iDs that records state of their persons."""
    stated: set[str] = set()
    for ids in records["ids"].chunks:
        stated.update(pc.filter(ids.items, pc.equal(ids.keys, "orcid")).unique().to_pylist())
    refs = pc.unique(records["person_ref"])
    named = pc.filter(refs, pc.starts_with(refs, "orcid:").fill_null(False))
    stated.update(ref.removeprefix("orcid:") for ref in named.to_pylist())
    return stated


def _read_file(file: InputFile) -> Evidence:
    with paused_collector():
        return _read_records(file)


def _read_records(file: InputFile) -> Evidence:
    if file.source == "table":
        mapping = table.load_mapping(file.folder / table.MAPPING_FILE)
        return table.read_file(file.folder, file.file, mapping=mapping)
    if file.source == openreview.SOURCE:
        return openreview.read_file(file.folder, file.file)
    if file.source == dblp.SOURCE:
        return dblp.read_file(file.folder, file.file)
    return paperlists.read_file(file.folder, file.file, source=file.source)


def _distinct_mentions(tables: list[pa.Table]) -> pa.Table:
    together = pa.concat_tables(tables)
    grouped = together.group_by("mention_id", use_threads=False)
    said = [column.name for column in MENTIONS.columns if column.name != "mention_id"]
    first = grouped.aggregate([(name, "first") for name in said])
    return first.rename_columns(["mention_id", *said]).sort_by("mention_id")
