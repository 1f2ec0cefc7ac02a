"""How do works, as columns, become records and mentions?

One record for each author and institution; an author without institution has one for each
affiliation as printed, or one without any.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Final

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from talentflow.core.contracts import IDS, MENTIONS, RECORDS, check_table
from talentflow.core.errors import ContractError
from talentflow.core.vocabulary import CORRESPONDING
from talentflow.sources.evidence import Affiliation, mention_id
from talentflow.sources.openalex.columns import number_texts
from talentflow.sources.openalex.works import MAX_POSITION, Affiliations, Batch, Integers

SOURCE: Final = "openalex"


class MentionIds:
    """The mention of every affiliation of a file, as far as they have been met."""

    def __init__(self, affiliations: Affiliations) -> None:
        self._affiliations = affiliations
        self._ids = np.empty(1024, np.int64)
        self._filled = 0

    def take(self, numbers: Integers) -> pa.Array:
        """Mention of each affiliation number; null for none."""
        known = self._affiliations.known
        if len(known) > self._filled:
            if len(known) > len(self._ids):
                grown = np.empty(2 * len(known), np.int64)
                grown[: self._filled] = self._ids[: self._filled]
                self._ids = grown
            for said in list(known)[self._filled :]:
                self._ids[self._filled] = _identify(said)
                self._filled += 1
        found = numbers >= 0
        return pa.array(self._ids[np.where(found, numbers, 0)], pa.int64(), mask=~found)

    def build(self, file: str) -> pa.Table:
        """The table of mentions."""
        said = list(self._affiliations.known)
        self.take(np.empty(0, np.int64))
        ids = self._ids[: self._filled]
        if len(np.unique(ids)) != len(ids):
            raise ContractError(
                "two different mentions have the same id",
                expected="one id per affiliation",
                where=f"{SOURCE}:{file}",
            )
        columns = {
            "mention_id": ids,
            "text": [each.text for each in said],
            "domain": [each.domain for each in said],
            "asserted_organization": [each.organization for each in said],
            "asserted_country": [each.country for each in said],
        }
        return check_table(pa.table(columns, schema=MENTIONS.schema), MENTIONS)


@lru_cache(maxsize=1 << 17)
def _identify(said: Affiliation) -> int:
    return mention_id(*said)


def build_records(batch: Batch, file: str, mentions: MentionIds) -> pa.Table:
    """The records of a batch, by the contract of the same name."""
    author = batch.row_author
    work = batch.author_work[author]
    rows = len(author)
    mention = mentions.take(batch.row_affiliation)
    work_ids = number_texts("openalex:W", batch.work_id)
    columns = {
        "record_id": number_texts(
            f"{SOURCE}:{file}#",
            batch.work_line[work],
            batch.author_position[author],
            batch.row_part,
        ),
        "source": _repeat(SOURCE, rows),
        "file": _repeat(file, rows),
        "person_ref": _refer_to_people(batch).take(author),
        "person_name": batch.author_name.take(author),
        "ids": _list_ids(batch, author),
        "year": batch.work_year.astype(np.int16)[work],
        "mention_id": mention,
        "role_raw": pa.nulls(rows, pa.string()),
        "paper_id": work_ids.take(work),
        "author_position": np.minimum(batch.author_position, MAX_POSITION).astype(np.int16)[author],
        "n_authors": np.minimum(batch.work_authors, MAX_POSITION).astype(np.int16)[work],
        "venue": pc.utf8_lower(batch.work_venue).take(work),
        "tier_flags": _flag_corresponding(batch, author),
        "alignment": pc.if_else(pc.is_valid(mention), "aligned", "unknown"),
        "kind": _repeat("authorship", rows),
    }
    return pa.table(columns, schema=RECORDS.schema)


def _flag_corresponding(batch: Batch, author: Integers) -> npt.NDArray[np.int32]:
    return np.where(batch.author_corresponds[author] > 0, CORRESPONDING, 0).astype(np.int32)


def _repeat(text: str, rows: int) -> pa.Array:
    return pa.repeat(pa.scalar(text, pa.string()), rows)


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
    has_id = (batch.author_id > 0)[author]
    orcid = batch.author_orcid.take(author)
    has_orcid = np.asarray(orcid.is_valid())
    each = has_id.astype(np.int32) + has_orcid
    offsets = np.zeros(len(author) + 1, np.int32)
    np.cumsum(each, out=offsets[1:])
    total = int(offsets[-1])
    is_orcid = np.zeros(total, np.bool_)
    is_orcid[offsets[1:][has_orcid] - 1] = True
    keys = pc.if_else(pa.array(is_orcid), "orcid", "openalex")
    numbers = number_texts("A", batch.author_id).take(author[has_id])
    source = np.empty(total, np.int64)
    source[~is_orcid] = np.arange(len(numbers))
    source[is_orcid] = np.arange(int(has_orcid.sum())) + len(numbers)
    items = pa.concat_arrays([numbers, orcid.drop_null()]).take(pa.array(source))
    return pa.MapArray.from_arrays(pa.array(offsets), keys, items, type=IDS)


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
