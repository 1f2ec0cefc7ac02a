"""What a source hands over: the records, mentions and rejects of one input file, counted.

A reader fills an `EvidenceBuilder` row by row; `build` checks the contracts and that every row
of the file became either a record or a reject.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final, NamedTuple

import pyarrow as pa
import pyarrow.compute as pc

from talentflow.core.contracts import INPUTS, MENTIONS, RECORDS, REJECTS, check_table
from talentflow.core.errors import ContractError

RAW_LIMIT_BYTES: Final = 64 * 1024
"""How much of a rejected row is kept."""


@dataclass(frozen=True, kw_only=True)
class Evidence:
    """Everything read from one input file, as tables of the contracts of the same names."""

    records: pa.Table
    mentions: pa.Table
    rejects: pa.Table
    inputs: pa.Table


class Affiliation(NamedTuple):
    """What a document says of where somebody was; `organization` (a ROR id) and `country` are
    what the source itself asserts of it."""

    text: str | None = None
    domain: str | None = None
    organization: str | None = None
    country: str | None = None


def mention_id(
    text: str | None,
    domain: str | None,
    organization: str | None = None,
    country: str | None = None,
) -> int:
    """A stable 63-bit id of an affiliation, see `Affiliation`: the same parts, the same id."""
    asserted = f"\x1f{organization or ''}\x1f{country or ''}" if organization or country else ""
    joined = f"{text or ''}\x1f{domain or ''}{asserted}".encode()
    return int.from_bytes(hashlib.blake2b(joined, digest_size=8).digest(), "big") >> 1


class EvidenceBuilder:
    """Collects the rows of one input file.

    `source` and `file` are stamped on every row; `file` is the path below the source's folder,
    with forward slashes.
    """

    def __init__(self, *, source: str, file: str, sha256: str, size_bytes: int) -> None:
        self.source = source
        self.file = file
        self.sha256 = sha256
        self.size_bytes = size_bytes
        self.papers = 0
        self.slots = 0
        self._records: list[tuple[Any, ...]] = []
        self._rejects: list[dict[str, object]] = []
        self._mentions: dict[Affiliation, int] = {}

    def add_record(
        self,
        *,
        position: str,
        year: int,
        paper_id: str,
        n_authors: int,
        alignment: str,
        person_ref: str | None = None,
        person_name: str | None = None,
        ids: dict[str, str] | None = None,
        text: str | None = None,
        domain: str | None = None,
        role_raw: str | None = None,
        author_position: int | None = None,
        venue: str | None = None,
        tier_flags: int = 0,
        kind: str = "authorship",
        asserted: tuple[str | None, str | None] = (None, None),
    ) -> None:
        """One row of evidence. `position` locates it in the file, e.g. `17/3/1` for row 17,
        author 3, first affiliation. `asserted` are the organization (ROR id) and the country that
        the source itself gives; without those, `text` and `domain` no affiliation is given."""
        affiliation = Affiliation(text or None, domain or None, *asserted)
        self._records.append(
            (
                position,
                person_ref,
                person_name,
                ids,
                year,
                self._mention(affiliation) if any(affiliation) else None,
                role_raw or None,
                paper_id,
                author_position,
                n_authors,
                venue,
                tier_flags,
                alignment,
                kind,
            )
        )

    def _mention(self, affiliation: Affiliation) -> int:
        found = self._mentions.get(affiliation)
        if found is None:
            found = self._mentions[affiliation] = mention_id(*affiliation)
        return found

    def reject(self, *, position: str, reason: str, detail: str, raw: str, rows: int = 1) -> None:
        """One input row (or, with `rows`, several at once) that cannot be used, and why."""
        self._rejects.append(
            {
                "source": self.source,
                "file": self.file,
                "position": f"{self.file}#{position}",
                "reason": reason,
                "detail": detail,
                "raw": raw.encode("utf-8", "replace")[:RAW_LIMIT_BYTES].decode("utf-8", "ignore"),
                "rows": rows,
            }
        )

    def build(self, rows: int) -> Evidence:
        """The tables. `rows` is the reader's own count of input rows; it must equal records +
        rejected rows, else `ContractError`."""
        records = self._build_records()
        rejects = REJECTS.from_rows(self._rejects)
        rejected = sum(int(str(r["rows"])) for r in self._rejects)
        if records.num_rows + rejected != rows:
            raise ContractError(
                f"{rows} rows were read but {records.num_rows} records and {rejected} rejected "
                "rows came out",
                expected="rows = records + rejected",
                where=f"{self.source}:{self.file}",
            )
        return Evidence(
            records=records,
            mentions=self._build_mentions(),
            rejects=rejects,
            inputs=self._build_inputs(rows, rejected),
        )

    def _build_records(self) -> pa.Table:
        count = len(self._records)
        columns = list(zip(*self._records, strict=True)) if count else [()] * 14
        position, person_ref, person_name, ids, *rest = columns
        prefix = pa.scalar(f"{self.source}:{self.file}#")
        values = [
            pc.binary_join_element_wise(prefix, pa.array(position, pa.string()), ""),
            pa.repeat(self.source, count),
            pa.repeat(self.file, count),
            person_ref,
            person_name,
            as_map(ids),
            *rest,
        ]
        arrays = [
            value if isinstance(value, pa.Array) else pa.array(value, column.type)
            for value, column in zip(values, RECORDS.columns, strict=True)
        ]
        return check_table(pa.table(arrays, schema=RECORDS.schema), RECORDS)

    def _build_mentions(self) -> pa.Table:
        by_id = {mention: said for said, mention in self._mentions.items()}
        if len(by_id) != len(self._mentions):
            raise ContractError(
                "two different mentions have the same id",
                expected="one id per affiliation",
                where=f"{self.source}:{self.file}",
            )
        columns = {
            "mention_id": list(by_id),
            "text": [said.text for said in by_id.values()],
            "domain": [said.domain for said in by_id.values()],
            "asserted_organization": [said.organization for said in by_id.values()],
            "asserted_country": [said.country for said in by_id.values()],
        }
        return check_table(pa.table(columns, schema=MENTIONS.schema), MENTIONS)

    def _build_inputs(self, rows: int, rejected: int) -> pa.Table:
        alignments = [row[-2] for row in self._records]
        return INPUTS.from_rows(
            [
                {
                    "source": self.source,
                    "file": self.file,
                    "sha256": self.sha256,
                    "size_bytes": self.size_bytes,
                    "papers": self.papers,
                    "slots": self.slots,
                    "rows": rows,
                    "records": len(alignments),
                    "rejected": rejected,
                    "aligned": alignments.count("aligned"),
                    "set_only": alignments.count("set_only"),
                    "unknown": alignments.count("unknown"),
                }
            ]
        )


def as_map(ids: Sequence[dict[str, str] | None]) -> pa.Array:
    """One map per row; a row without identifiers has an empty one."""
    keys: list[str] = []
    items: list[str] = []
    offsets = [0]
    for row in ids:
        if row:
            keys.extend(row)
            items.extend(row.values())
        offsets.append(len(keys))
    return pa.MapArray.from_arrays(
        pa.array(offsets, pa.int32()), pa.array(keys, pa.string()), pa.array(items, pa.string())
    )
