"""How do works, as columns, become records and mentions?

One record for each author and institution; an author without institution has one for each
affiliation as printed, or one without any.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Final

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from talentflow.core.contracts import IDS, RECORDS
from talentflow.core.vocabulary import CORRESPONDING
from talentflow.sources.openalex.affiliations import Affiliations
from talentflow.sources.openalex.columns import make_numbers, number_texts, point_into
from talentflow.sources.openalex.works import MAX_POSITION, Batch, Integers

SOURCE: Final = "openalex"

REPEATED: Final = ("source", "file", "paper_id", "venue", "alignment", "kind")
"""Columns whose values recur, row after row."""

WORK_RECORDS: Final = replace(
    RECORDS,
    key=(),  # a record's id is its line, author and part, which are counted: none occurs twice
    columns=tuple(
        replace(c, type=pa.dictionary(pa.int32(), pa.string())) if c.name in REPEATED else c
        for c in RECORDS.columns
    ),
)
"""Records with each repeated text written once; in Parquet they are the same."""

_ALIGNMENTS: Final = pa.array(["aligned", "unknown"])
_ID_KINDS: Final = pa.array(["openalex", "orcid"])


def build_records(batch: Batch, file: str, affiliations: Affiliations) -> pa.Table:
    """The records of a batch, by the contract `WORK_RECORDS`."""
    author = batch.row_author
    work = batch.author_work[author]
    rows = len(author)
    known = batch.row_affiliation >= 0
    authors = make_numbers(author)
    venues = pc.utf8_lower(batch.work_venue)
    constant = np.zeros(rows, np.int32)
    columns = {
        "record_id": number_texts(
            f"{SOURCE}:{file}#",
            batch.work_line[work],
            batch.author_position[author],
            batch.row_part,
        ),
        "source": point_into(pa.array([SOURCE]), constant),
        "file": point_into(pa.array([file]), constant),
        "person_ref": _refer_to_people(batch).take(authors),
        "person_name": batch.author_name.take(authors),
        "ids": _list_ids(batch, author),
        "year": make_numbers(batch.work_year.astype(np.int16)[work]),
        "mention_id": make_numbers(affiliations.mention_ids(batch.row_affiliation), known),
        "role_raw": pa.nulls(rows, pa.string()),
        "paper_id": point_into(number_texts("openalex:W", batch.work_id), work),
        "author_position": make_numbers(_as_position(batch.author_position)[author]),
        "n_authors": make_numbers(_as_position(batch.work_authors)[work]),
        "venue": point_into(venues.fill_null(""), work, np.asarray(venues.is_valid())[work]),
        "tier_flags": make_numbers(_flag_corresponding(batch)[author]),
        "alignment": point_into(_ALIGNMENTS, ~known),
        "kind": point_into(pa.array(["authorship"]), constant),
    }
    return pa.Table.from_arrays(list(columns.values()), schema=WORK_RECORDS.schema)


def _as_position(counted: Integers) -> npt.NDArray[np.int16]:
    return np.minimum(counted, MAX_POSITION).astype(np.int16)


def _flag_corresponding(batch: Batch) -> npt.NDArray[np.int32]:
    return np.where(batch.author_corresponds > 0, CORRESPONDING, 0).astype(np.int32)


def _refer_to_people(batch: Batch) -> pa.Array:
    """By the author's id; an author without one is somebody of this work alone."""
    refs = number_texts("openalex:A", batch.author_id)
    nameless = batch.author_id <= 0
    if not nameless.any():
        return refs
    slots = number_texts("openalex:W", batch.work_id[batch.author_work], batch.author_position)
    return pc.if_else(pa.array(nameless), slots, refs)


def _list_ids(batch: Batch, author: Integers) -> pa.Array:
    """Per row a map of the author's OpenAlex id and ORCID iD, as far as there are any."""
    has_id, has_orcid = batch.author_id > 0, np.asarray(batch.author_orcid.is_valid())
    # Beside each other all ids of each author; rows then take those of their author.
    each = has_id.astype(np.int64) + has_orcid
    ends = np.cumsum(each)
    is_orcid = np.zeros(int(each.sum()), np.int64)
    is_orcid[ends[has_orcid] - 1] = 1
    place = np.empty(len(is_orcid), np.int64)
    place[is_orcid == 0] = np.flatnonzero(has_id)
    place[is_orcid == 1] = np.flatnonzero(has_orcid) + len(has_id)
    told = pa.concat_arrays([number_texts("A", batch.author_id), batch.author_orcid])
    first, many = (ends - each)[author], each[author]
    offsets = np.zeros(len(author) + 1, np.int32)
    np.cumsum(many, out=offsets[1:])
    within = np.arange(int(offsets[-1])) - np.repeat(offsets[:-1], many)
    chosen = np.repeat(first, many) + within
    return pa.MapArray.from_arrays(
        make_numbers(offsets),
        _ID_KINDS.take(make_numbers(is_orcid[chosen])),
        told.take(make_numbers(place[chosen])),
        type=IDS,
    )


def drop_works(batch: Batch, dropped: npt.NDArray[np.bool_]) -> tuple[Batch, int]:
    """The batch without these works, and how many rows went with them."""
    keep = ~dropped
    author_keep = keep[batch.author_work]
    row_keep = author_keep[batch.row_author]
    left = Batch(
        work_line=batch.work_line[keep],
        work_id=batch.work_id[keep],
        work_year=batch.work_year[keep],
        work_updated=batch.work_updated[keep],
        work_authors=batch.work_authors[keep],
        work_venue=batch.work_venue.filter(pa.array(keep)),
        author_work=(np.cumsum(keep) - 1)[batch.author_work[author_keep]],
        author_position=batch.author_position[author_keep],
        author_id=batch.author_id[author_keep],
        author_name=batch.author_name.filter(pa.array(author_keep)),
        author_orcid=batch.author_orcid.filter(pa.array(author_keep)),
        row_author=(np.cumsum(author_keep) - 1)[batch.row_author[row_keep]],
        row_part=batch.row_part[row_keep],
        row_affiliation=batch.row_affiliation[row_keep],
        author_corresponds=batch.author_corresponds[author_keep],
    )
    return left, int((~row_keep).sum())
