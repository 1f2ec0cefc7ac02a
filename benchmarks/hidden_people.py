"""Who is who in the records of a build, and how is an answer compared with it?

The truth are the people that the identifiers of one registry give; then these are hidden, so that
names and evidence have to do. Half of the names, by surname and initial, is for fitting; the
other half is only ever scored.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from zlib import crc32

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from numpy.typing import NDArray

from talentflow.core.contracts import IDS
from talentflow.resolve.names import PersonName
from talentflow.resolve.people import link_people
from talentflow.resolve.people_graph import Codes

SYSTEMS = ("openreview", "ieee")
Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Tables:
    """What a build has read and resolved."""

    records: pa.Table
    mentions: pa.Table
    resolved_mentions: pa.Table


@dataclass(frozen=True)
class Score:
    """Precision, recall and F1 over pairs of slots and over slots (B-cubed)."""

    pair: tuple[float, float, float]
    b_cubed: tuple[float, float, float]


def read_tables(store: Path) -> Tables:
    """The newest tables of a store, without the crawl that repeats papers."""
    records = pq.read_table(_newest(store, "read", "records"))
    return Tables(
        records=records.filter(pc.equal(records["source"], "paperlists")),
        mentions=pq.read_table(_newest(store, "read", "mentions")),
        resolved_mentions=pq.read_table(_newest(store, "organizations", "resolved_mentions")),
    )


def _newest(store: Path, stage: str, table: str) -> Path:
    found = sorted(
        (store / "tables" / stage).glob(f"*/{table}.parquet"), key=lambda p: p.stat().st_mtime
    )
    return found[-1]


def is_held_out(name: PersonName) -> bool:
    """Whether the model was not fitted to people of this surname and initial."""
    initial = name.given[0][:1] if name.given else ""
    return crc32(f"{name.surname} {initial}".encode()) % 2 == 1


def hide(records: pa.Table) -> pa.Table:
    """Give every row a reference of its own per author slot, and no identifiers."""
    slot = pc.binary_join_element_wise(
        "slot", records["paper_id"], pc.cast(records["author_position"], pa.string()), ":"
    )
    named = pc.is_valid(records["person_ref"])
    slot = pc.if_else(named, slot, pa.scalar(None, pa.string()))
    nothing = pa.array([[]] * len(records), IDS)
    return with_column(with_column(records, "person_ref", slot), "ids", nothing)


def hidden_records(tables: Tables, system: str) -> tuple[pa.Table, pa.Table]:
    """Rows of the papers of one registry: with the true person in `person_ref`, and hidden."""
    records = tables.records
    mine = pc.fill_null(pc.starts_with(records["person_ref"], f"{system}:"), False)
    papers = pc.unique(records["paper_id"].filter(mine))
    loose = pc.and_(
        pc.is_null(records["person_ref"]), pc.is_in(records["paper_id"], value_set=papers)
    )
    records = records.filter(pc.or_(mine, loose))
    told = records.filter(pc.is_valid(records["person_ref"]))
    nameless = with_column(told, "person_name", pa.nulls(len(told), pa.string()))
    people = link_people(nameless).people
    place = pc.index_in(records["person_ref"], value_set=people["person_ref"].combine_chunks())
    true = with_column(records, "person_ref", people["person_id"].take(place))
    return true, hide(records)


def score(truth: Codes, found: Codes, weight: Floats | None = None) -> Score:
    """Compare two partitions of the same slots, both given as group numbers.

    `weight` counts a slot, and with it its pairs, several times.
    """
    weight = np.ones(len(truth)) if weight is None else weight
    width = int(found.max(initial=0)) + 1
    both, place = np.unique(truth * width + found, return_inverse=True)
    in_both = np.bincount(place)
    in_truth = np.bincount(truth)[both // width]
    in_found = np.bincount(found)[both % width]
    precision, recall = (
        float(np.average((in_both / size)[place], weights=weight)) for size in (in_found, in_truth)
    )
    right = float((weight * (in_both - 1)[place]).sum())
    of_found = float((weight * (in_found - 1)[place]).sum())
    of_truth = float((weight * (in_truth - 1)[place]).sum())
    return Score(
        pair=_with_f1(right / max(of_found, 1), right / max(of_truth, 1)),
        b_cubed=_with_f1(precision, recall),
    )


def _with_f1(precision: float, recall: float) -> tuple[float, float, float]:
    return precision, recall, 2 * precision * recall / max(precision + recall, 1e-12)


def with_column(table: pa.Table, name: str, values: pa.Array | pa.ChunkedArray) -> pa.Table:
    return table.set_column(table.schema.get_field_index(name), table.schema.field(name), values)


def number_values(values: pa.Array | pa.ChunkedArray) -> Codes:
    if isinstance(values, pa.ChunkedArray):
        values = values.combine_chunks()
    return values.dictionary_encode().indices.to_numpy().astype(np.int64)


def renumber(values: Codes) -> Codes:
    return np.unique(values, return_inverse=True)[1]
