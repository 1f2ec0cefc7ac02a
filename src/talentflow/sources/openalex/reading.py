"""What do the files of an OpenAlex folder say of who was where?

A folder may hold a snapshot (JSON lines or Parquet, old and new layout) and saved pages of the
interface beside each other; of a work found several times the latest version counts.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any, Final

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from talentflow.core.collector import paused_collector
from talentflow.core.contracts import INPUTS, RECORDS, REJECTS, check_table
from talentflow.core.provenance import checksum_file
from talentflow.sources.evidence import RAW_LIMIT_BYTES, Evidence
from talentflow.sources.openalex.affiliations import recall_affiliations
from talentflow.sources.openalex.lines import read_lines
from talentflow.sources.openalex.merged import NOTHING_MERGED, Merged
from talentflow.sources.openalex.pages import read_page
from talentflow.sources.openalex.parquet import read_parquet
from talentflow.sources.openalex.tables import (
    REPEATED,
    SOURCE,
    WORK_RECORDS,
    build_records,
    drop_works,
)
from talentflow.sources.openalex.works import Batch, Integers

PAGES: Final = "pages"
_ENTITIES: Final = frozenset(
    ("authors", "institutions", "sources", "publishers", "funders", "awards", "topics", "subfields")
) | {"fields", "domains", "concepts", "keywords", "merged_ids"}
_GROUP_ROWS: Final = 1 << 17


@dataclass(frozen=True)
class WorksRead:
    """The works of one file in its order: digits of the id, when updated, and records of each."""

    ids: Integers
    updated: Integers
    records: Integers


@dataclass(frozen=True)
class Written:
    """What was written of one file: `records`, `mentions`, `rejects` and `inputs` as Parquet in
    `folder`, and the works they are of."""

    folder: Path
    works: WorksRead
    records: int


def list_files(folder: Path) -> list[str]:
    """The files of works below a folder, sorted. Where a snapshot is there in both formats, the
    JSON lines are listed and the Parquet files, which say the same, are not."""
    found = [path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()]
    lines = sorted(file for file in found if _is_of_works(file) and file.endswith(".gz"))
    parquet = sorted(file for file in found if _is_of_works(file) and file.endswith(".parquet"))
    pages = sorted(
        file
        for file in found
        if PAGES in PurePosixPath(file).parts[:-1] and file.endswith((".json", ".json.gz"))
    )
    return sorted(set((lines or parquet) + pages))


def _is_of_works(file: str) -> bool:
    parts = PurePosixPath(file).parts[:-1]
    if PAGES in parts or _ENTITIES.intersection(parts):
        return False
    return "works" in parts or any(part.startswith("updated_date=") for part in parts)


def read_file(
    folder: Path, file: str, *, sha256: str | None = None, merged: Merged = NOTHING_MERGED
) -> Evidence:
    """The evidence of one file, in memory."""
    reader = _FileReader(folder, file, merged)
    records = pa.concat_tables([WORK_RECORDS.empty(), *reader.read()])
    return reader.finish(check_table(records, RECORDS), sha256)


def write_evidence(
    folder: Path,
    file: str,
    output: Path,
    *,
    sha256: str | None = None,
    merged: Merged = NOTHING_MERGED,
) -> Written:
    """The evidence of one file as Parquet files in the folder `output`, made for them.

    At most some hundred thousand records are held at a time, so that memory does not depend on
    the size of the file.
    """
    output.mkdir(parents=True, exist_ok=True)
    with paused_collector():
        return _write(_FileReader(folder, file, merged), output, sha256)


def _write(reader: _FileReader, output: Path, sha256: str | None) -> Written:
    count = 0
    with pq.ParquetWriter(
        output / "records.parquet",
        WORK_RECORDS.schema,
        compression="lz4",  # read once and soon: less work counts for more than less space
        use_dictionary=list(REPEATED),
        write_statistics=False,
        store_schema=False,
    ) as writer:
        for group in _group(reader.read()):
            writer.write_table(check_table(group, WORK_RECORDS))
            count += group.num_rows
    evidence = reader.finish(None, sha256)
    for name in ("mentions", "rejects", "inputs"):
        pq.write_table(getattr(evidence, name), output / f"{name}.parquet", compression="zstd")
    return Written(folder=output, works=reader.works, records=count)


def _group(tables: Iterator[pa.Table]) -> Iterator[pa.Table]:
    waiting: list[pa.Table] = []
    rows = 0
    for table in tables:
        waiting.append(table)
        rows += table.num_rows
        if rows >= _GROUP_ROWS:
            yield pa.concat_tables(waiting).unify_dictionaries()
            waiting, rows = [], 0
    if waiting:
        yield pa.concat_tables(waiting).unify_dictionaries()


@dataclass
class _FileReader:
    """Reads one file once, and counts."""

    folder: Path
    file: str
    merged: Merged

    def __post_init__(self) -> None:
        self._affiliations = recall_affiliations()
        self._named = np.zeros(0, np.bool_)
        self._rejects: list[dict[str, Any]] = []
        self._works: list[WorksRead] = []
        self._aligned = self._records = self._slots = 0

    def read(self) -> Iterator[pa.Table]:
        """Records, batch by batch."""
        for found in self._batches():
            batch = self._apply_merges(found)
            records = build_records(batch, self.file, self._affiliations)
            self._note_named(batch.row_affiliation)
            self._records += records.num_rows
            self._aligned += records.num_rows - records["mention_id"].null_count
            yield records

    @property
    def works(self) -> WorksRead:
        """All works so far."""
        parts = self._works or [WorksRead(*(np.empty(0, np.int64) for _ in range(3)))]
        return WorksRead(
            np.concatenate([part.ids for part in parts]),
            np.concatenate([part.updated for part in parts]),
            np.concatenate([part.records for part in parts]),
        )

    def finish(self, records: pa.Table | None, sha256: str | None) -> Evidence:
        """The other tables; `records` are passed through (null: they are elsewhere)."""
        path = self.folder / self.file
        rejected = sum(int(reject["rows"]) for reject in self._rejects)
        inputs = {
            "source": SOURCE,
            "file": self.file,
            "sha256": sha256 or checksum_file(path),
            "size_bytes": path.stat().st_size,
            "papers": sum(len(part.ids) for part in self._works),
            "slots": self._slots,
            "rows": self._records + rejected,
            "records": self._records,
            "rejected": rejected,
            "aligned": self._aligned,
            "set_only": 0,
            "unknown": self._records - self._aligned,
        }
        return Evidence(
            records=RECORDS.empty() if records is None else records,
            mentions=self._affiliations.list_mentions(
                np.flatnonzero(self._named), f"{SOURCE}:{self.file}"
            ),
            rejects=REJECTS.from_rows(self._rejects),
            inputs=INPUTS.from_rows([inputs]),
        )

    def _batches(self) -> Iterator[Batch]:
        path = self.folder / self.file
        if path.suffix == ".parquet":
            return read_parquet(path, self._affiliations, self._reject)
        if PAGES in PurePosixPath(self.file).parts[:-1]:
            return read_page(path, self._affiliations, self._reject)
        return read_lines(path, self._affiliations, self._reject)

    def _note_named(self, numbers: Integers) -> None:
        known = len(self._affiliations)
        if known > len(self._named):
            self._named = np.append(self._named, np.zeros(2 * known - len(self._named), np.bool_))
        self._named[numbers[numbers >= 0]] = True

    def _apply_merges(self, batch: Batch) -> Batch:
        gone = self.merged.gone(batch.work_id)
        if gone.any():
            lines = batch.work_line[gone]
            batch, rows = drop_works(batch, gone)
            detail = f"{len(lines):,} works that were merged into others, the first here"
            self._reject(int(lines[0]), "merged_work", detail, b"", max(1, rows))
        author_id = self.merged.follow(batch.author_id)
        each = np.bincount(batch.author_work[batch.row_author], minlength=len(batch.work_id))
        self._works.append(WorksRead(batch.work_id, batch.work_updated, each.astype(np.int64)))
        self._slots += len(batch.author_id)
        if author_id is batch.author_id:
            return batch
        return Batch(**{**vars(batch), "author_id": author_id})

    def _reject(self, line: int, reason: str, detail: str, raw: bytes, rows: int) -> None:
        self._rejects.append(
            {
                "source": SOURCE,
                "file": self.file,
                "position": f"{self.file}#{line}/{reason}",
                "reason": reason,
                "detail": detail,
                "raw": raw[:RAW_LIMIT_BYTES].decode("utf-8", "replace"),
                "rows": rows,
            }
        )
