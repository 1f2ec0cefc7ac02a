"""Which works have a later version, and what is left of their files without them?"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from talentflow.core.contracts import INPUTS, MENTIONS, RECORDS, REJECTS
from talentflow.core.scans import read_parts
from talentflow.sources.evidence import Evidence
from talentflow.sources.openalex.reading import WorksRead, Written


def find_superseded(files: Sequence[WorksRead]) -> list[npt.NDArray[np.bool_]]:
    """For each file which of its works have a later version, here or in another file.

    The latest is the last by `updated`, among equals the last of the last file.
    """
    masks = [np.zeros(len(each.ids), np.bool_) for each in files]
    for part in range(_PARTS):
        wanted = [np.flatnonzero(each.ids % _PARTS == part) for each in files]
        ids = np.concatenate([f.ids[w] for f, w in zip(files, wanted, strict=True)] or [_EMPTY])
        if len(ids) == len(np.unique(ids)):
            continue
        updated = np.concatenate([f.updated[w] for f, w in zip(files, wanted, strict=True)])
        order = np.lexsort((np.arange(len(ids)), updated, ids))
        older = np.zeros(len(ids), np.bool_)
        older[order[:-1]] = ids[order[:-1]] == ids[order[1:]]
        start = 0
        for mask, places in zip(masks, wanted, strict=True):
            mask[places] = older[start : start + len(places)]
            start += len(places)
    return masks


_PARTS: Final = 16
"""Ids are compared in parts, so that those of all of OpenAlex need not be sorted at once."""

_EMPTY: Final = np.empty(0, np.int64)


def load_parts(written: Written, superseded: npt.NDArray[np.bool_]) -> Iterator[Evidence]:
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
