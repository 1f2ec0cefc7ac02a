"""What does the last build already know? Answers that nothing new can change are kept.

A stage of the last build may be used again only where its basis, everything that its answers
depend on beside the rows themselves, is the same. What is kept and what is made anew give the
same tables as a build from nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from itertools import pairwise
from typing import Final

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from talentflow.careers.counts import CellCounts
from talentflow.careers.increments import find_touched, update_counts
from talentflow.careers.packing import PackedEvidence
from talentflow.careers.weights import hash_ids
from talentflow.core.catalog import Catalog
from talentflow.core.rules import Population

BASIS: Final = "basis"
"""Name of the table that says what the answers of a stage rest on."""

KEPT_DEFINITIONS: Final = 20
"""Raw counts of more definitions than these are not kept: they fill some 20 MB each."""

Tables = Mapping[str, pa.Table]
Counting = Iterator[tuple[int, CellCounts]]

_COLUMNS: Final = ("keys", "traits", "votes", "seats", "cohorts")


@dataclass(frozen=True, kw_only=True)
class Counted:
    """The packed evidence of a build and its raw counts, by the number of the definition."""

    evidence: PackedEvidence
    counts: Mapping[int, CellCounts]


def find_earlier(catalog: Catalog, stage: str, basis: str) -> str | None:
    """The key of the last finished build of a stage if it rests on the same basis, else null."""
    key = catalog.read_current().get(stage)
    if key is None or not (catalog.stage_folder(stage, key) / f"{BASIS}.parquet").exists():
        return None
    found = catalog.read_table(stage, key, BASIS)["basis"][0].as_py()
    return str(key) if found == basis else None


def describe_basis(basis: str) -> pa.Table:
    """The table to be written beside the others of a stage, for `find_earlier`."""
    return pa.table({"basis": [basis]})


def resolve_new_mentions(
    mentions: pa.Table, earlier: Tables | None, resolve: Callable[[pa.Table], Tables]
) -> dict[str, pa.Table]:
    """Answers to all mentions, of which only those without an `earlier` answer are resolved.

    Tables by the names of the stage, each with `mention_id`; they come in the order of the
    mentions. A mention that no longer occurs loses its answer.
    """
    if earlier is None:
        return dict(resolve(mentions))
    known = earlier["resolved_mentions"]["mention_id"].combine_chunks()
    is_known = pc.is_in(mentions["mention_id"], value_set=known)
    fresh = resolve(mentions.filter(pc.invert(is_known)))
    return {
        name: _arrange(mentions["mention_id"], pa.concat_tables([earlier[name], table]))
        for name, table in fresh.items()
    }


def _arrange(wanted: pa.ChunkedArray, answers: pa.Table) -> pa.Table:
    """Answers to the wanted mentions, in their order; several answers to one stay in theirs."""
    places = pc.index_in(answers["mention_id"], value_set=wanted.combine_chunks())
    answers = answers.append_column("place", places).filter(pc.is_valid(places))
    ranks = [("rank", "ascending")] if "rank" in answers.column_names else []
    arranged = answers.sort_by([("place", "ascending"), *ranks])
    return arranged.drop_columns(["place"])


def count_since(
    earlier: Counted | None,
    evidence: PackedEvidence,
    count: Callable[[PackedEvidence], Counting],
) -> Counting:
    """The number of each definition and its counts, as `count` gives them for the evidence.

    Where an `earlier` build has most of the evidence, only the persons that differ are counted.
    """
    touched = find_touched(earlier.evidence, evidence) if earlier else None
    if earlier is None or touched is None or 2 * len(touched.now.keys) > len(evidence.keys):
        yield from count(evidence)
        return
    removed = dict(count(touched.before))
    for number, added in count(touched.now):
        before = earlier.counts[number]
        yield number, update_counts(before, removed=removed.pop(number), added=added)


def keep_evidence(evidence: PackedEvidence) -> dict[str, pa.Table]:
    """The tables from which `read_counted` makes the evidence again."""
    columns = {name: getattr(evidence, name) for name in _COLUMNS}
    return {
        "packed": pa.table({name: pa.array(column) for name, column in columns.items()}),
        "packed_people": pa.table({"person_id": evidence.person_ids}),
    }


def keep_counts(number: int, counted: CellCounts) -> pa.Table:
    """The counts of one definition as rows of the table `counts`."""
    rows, width = counted.counts.shape
    fits = counted.counts.max(initial=0) < 2**31
    values = pa.array(counted.counts.astype(np.int32 if fits else np.int64, copy=False).ravel())
    return pa.table(
        {
            "definition": pa.repeat(pa.scalar(number, pa.int16()), rows),
            "units": pa.repeat(pa.scalar(counted.units, pa.int32()), rows),
            "cell": counted.cells,
            "persons": counted.persons,
            "counts": pa.FixedSizeListArray.from_arrays(values, width),
        }
    )


def read_counted(
    catalog: Catalog, key: str, populations: tuple[Population, ...], definitions: int
) -> Counted:
    """What the stage `careers` kept under a key, for so many definitions."""
    packed = catalog.read_table("careers", key, "packed")
    people = catalog.read_table("careers", key, "packed_people")["person_id"].combine_chunks()
    columns = {name: packed[name].to_numpy() for name in _COLUMNS}
    evidence = PackedEvidence(
        **columns, person_ids=people, person_hashes=hash_ids(people), populations=populations
    )
    table = catalog.read_table("careers", key, "counts")
    bounds = np.searchsorted(table["definition"].to_numpy(), np.arange(definitions + 1))
    parts = [table.slice(a, b - a) for a, b in pairwise(bounds.tolist())]
    return Counted(
        evidence=evidence,
        counts={number: _read_counts(part) for number, part in enumerate(parts)},
    )


def _read_counts(part: pa.Table) -> CellCounts:
    lists = part["counts"].combine_chunks()
    width = len(lists[0]) if len(lists) else 0
    return CellCounts(
        cells=_numbers(part["cell"]),
        persons=_numbers(part["persons"]),
        counts=np.asarray(lists.flatten().to_numpy(), np.int64).reshape(len(lists), width),
        units=int(part["units"][0].as_py()) if len(lists) else 1,
    )


def _numbers(column: pa.ChunkedArray) -> npt.NDArray[np.int64]:
    return np.asarray(column.to_numpy(), np.int64)
