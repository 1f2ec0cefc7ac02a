"""What do the Parquet files of a snapshot hold?

The columns have the structure of the JSON, so the nested lists are laid flat by Arrow.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from talentflow.sources.identifiers import normalise_orcid
from talentflow.sources.openalex.affiliations import NO_AFFILIATION, Affiliations, Institution
from talentflow.sources.openalex.tables import drop_works
from talentflow.sources.openalex.works import (
    SELECTED,
    YEARS,
    Batch,
    Integers,
    Reject,
    read_updated,
)

_BATCH_ROWS: Final = 8192
_ENTITY: Final = r"^(?:https?://(?:www\.)?openalex\.org/)?{}(?P<number>\d{{1,17}})$"


def read_parquet(path: Path, affiliations: Affiliations, reject: Reject) -> Iterator[Batch]:
    """The works of one file, some thousands at a time. A damaged file gives what stands before
    the damage, and a reject."""
    line = 0
    try:
        with pq.ParquetFile(path) as file:
            present = [name for name in SELECTED if name in file.schema_arrow.names]
            for rows in file.iter_batches(_BATCH_ROWS, columns=present):
                yield _flatten(rows, line, affiliations, reject)
                line += rows.num_rows
    except (OSError, pa.ArrowException, KeyError) as error:
        reject(line, "damaged_file", f"the rest of the file: {error}", b"", 1)


def _flatten(rows: pa.RecordBatch, line: int, affiliations: Affiliations, reject: Reject) -> Batch:
    works = rows.num_rows
    authorships, authors_of = _lay_flat(rows["authorships"])
    author_work = np.repeat(np.arange(works), authors_of)
    row_author, row_part, row_affiliation = _list_rows(authorships, affiliations)
    printed = _text(authorships, "raw_author_name")
    name = pc.if_else(_filled(printed), printed, _text(authorships, "author", "display_name"))
    year = pc.fill_null(rows["publication_year"].cast(pa.int64()), 0)
    batch = Batch(
        work_line=np.arange(works) + line,
        work_id=_numbers(rows["id"], "W"),
        work_year=np.asarray(year),
        work_updated=_updated(rows),
        work_authors=authors_of,
        work_venue=_null_empty(_venues(rows)),
        author_work=author_work,
        author_position=_count_within(authors_of),
        author_id=_numbers(_text(authorships, "author", "id"), "A"),
        author_name=_null_empty(name),
        author_orcid=_orcids(_text(authorships, "author", "orcid")),
        row_author=row_author,
        row_part=row_part,
        row_affiliation=row_affiliation,
        author_corresponds=_corresponds(authorships),
    )
    return _drop_unusable(batch, rows, reject)


def _drop_unusable(batch: Batch, rows: pa.RecordBatch, reject: Reject) -> Batch:
    bad_id = batch.work_id <= 0
    bad = bad_id | (batch.work_year < YEARS[0]) | (batch.work_year > YEARS[-1])
    if not bad.any():
        return batch
    each = np.bincount(batch.author_work[batch.row_author], minlength=len(bad))
    for at in np.flatnonzero(bad):
        told = {name: rows[name][int(at)].as_py() for name in ("id", "publication_year")}
        reason = "bad_id" if bad_id[at] else "bad_year"
        detail = (
            f"{told['id']!r} is no id of a work"
            if bad_id[at]
            else f"{told['publication_year']}, expected 1900 to 2100"
        )
        reject(int(batch.work_line[at]), reason, detail, str(told).encode(), max(1, int(each[at])))
    return drop_works(batch, bad)[0]


def _list_rows(
    authorships: pa.Array, affiliations: Affiliations
) -> tuple[Integers, Integers, Integers]:
    institutions, many = _lay_flat(pc.struct_field(authorships, "institutions"))
    texts, printed = _lay_flat(pc.struct_field(authorships, "raw_affiliation_strings"))
    each = np.where(many > 0, many, np.where(printed > 0, printed, 1))
    author = np.repeat(np.arange(len(authorships)), each)
    said = np.full(len(author), NO_AFFILIATION, np.int64)
    said[(many > 0)[author]] = _number_institutions(institutions, affiliations)
    unmatched = (many == 0) & (printed > 0)
    used = np.repeat(unmatched, printed)
    said[unmatched[author]] = _number_texts(texts.filter(pa.array(used)), affiliations)
    return author, _count_within(each), said


def _number_institutions(institutions: pa.Array, affiliations: Affiliations) -> Integers:
    columns = [_text(institutions, name) for name in ("display_name", "ror", "country_code")]
    codes = [_encode(column) for column in columns]
    key = np.zeros(len(institutions), np.int64)
    for values, indices in codes:
        key = key * (len(values) + 1) + indices
    _, first, inverse = np.unique(key, return_index=True, return_inverse=True)
    numbers = np.empty(len(first), np.int64)
    for place in np.argsort(first, kind="stable"):  # in the order of the file
        told = [column[int(first[place])].as_py() for column in columns]
        numbers[place] = affiliations.of_institution(Institution(*told))
    return numbers[inverse]


def _number_texts(texts: pa.Array, affiliations: Affiliations) -> Integers:
    values, indices = _encode(texts)
    numbers = np.array([affiliations.of_text(text) for text in [*values, None]], np.int64)
    return numbers[indices]


def _encode(column: pa.Array) -> tuple[list[str], Integers]:
    """Distinct values, and the index of each row's; null is one behind the last."""
    encoded = column.dictionary_encode()
    values = encoded.dictionary.to_pylist()
    return values, np.asarray(pc.fill_null(encoded.indices.cast(pa.int64()), len(values)))


def _lay_flat(lists: pa.Array) -> tuple[pa.Array, Integers]:
    """All elements, and how many there are in each list; a null list has none."""
    lengths = np.asarray(pc.fill_null(pc.list_value_length(lists), 0)).astype(np.int64)
    return pc.list_flatten(lists), lengths


def _count_within(lengths: Integers) -> Integers:
    """1, 2, … within each run."""
    starts = np.cumsum(lengths) - lengths
    return np.arange(int(lengths.sum())) - np.repeat(starts, lengths) + 1


def _text(structs: pa.Array, *path: str) -> pa.Array:
    """A field of structs as text; nulls where the structs lack it."""
    found: Any = structs
    for name in path:
        if not pa.types.is_struct(found.type) or found.type.get_field_index(name) < 0:
            return pa.nulls(len(structs), pa.string())
        found = pc.struct_field(found, name)
    return found.cast(pa.string())


def _corresponds(authorships: pa.Array) -> Integers:
    """1 where an authorship is flagged; 0 where it is not or the file does not say."""
    if authorships.type.get_field_index("is_corresponding") < 0:
        return np.zeros(len(authorships), np.int64)
    told = pc.struct_field(authorships, "is_corresponding").cast(pa.bool_())
    return np.asarray(pc.fill_null(told, False).cast(pa.int64()))


def _filled(texts: pa.Array) -> pa.Array:
    return pc.fill_null(pc.not_equal(texts, ""), False)


def _null_empty(texts: pa.Array) -> pa.Array:
    return pc.if_else(_filled(texts), texts, pa.scalar(None, pa.string()))


def _numbers(ids: pa.Array, letter: str) -> Integers:
    found = pc.extract_regex(ids.cast(pa.string()), _ENTITY.format(letter))
    return np.asarray(pc.fill_null(pc.struct_field(found, "number").cast(pa.int64()), 0))


def _orcids(texts: pa.Array) -> pa.Array:
    told = texts.to_pylist()
    return pa.array([normalise_orcid(text) if text else None for text in told], pa.string())


def _venues(rows: pa.RecordBatch) -> pa.Array:
    if "primary_location" not in rows.schema.names:
        return pa.nulls(rows.num_rows, pa.string())
    return _text(rows["primary_location"], "source", "display_name")


def _updated(rows: pa.RecordBatch) -> Integers:
    if "updated_date" not in rows.schema.names:
        return np.zeros(rows.num_rows, np.int64)
    values, indices = _encode(rows["updated_date"].cast(pa.string()))
    return np.array([read_updated(text) for text in [*values, None]], np.int64)[indices]
