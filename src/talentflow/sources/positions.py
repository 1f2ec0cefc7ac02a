"""Which years of a career does a dated position speak for?

Career histories (ORCID, OpenReview, DBLP's notes) say that somebody studied or worked somewhere
from one year to another. Each year of such a position becomes one record, so that it stands
beside the papers of that year.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, Final, NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from talentflow.core.areas import AREA_INDEX, area_names
from talentflow.core.contracts import INPUTS, MENTIONS, RECORDS, REJECTS, check_table
from talentflow.core.errors import ContractError
from talentflow.sources.evidence import (
    RAW_LIMIT_BYTES,
    Affiliation,
    Evidence,
    as_map,
    mention_id,
)

YEARS: Final = range(1900, 2101)
MAX_YEARS: Final = {"education": 20, "employment": 60}
"""A longer stay is a slip of the pen, most often a wrong century."""

MAX_OPEN_STUDY_YEARS: Final = 6
"""How long a study without an end is taken to last at most: people add a job and leave the
degree open."""


class Person(NamedTuple):
    """Whom a history is about: their reference, name as given, and identifiers by system."""

    ref: str
    name: str | None
    ids: dict[str, str]


class Position(NamedTuple):
    """One entry of a history. `kind` is `education` or `employment`, `number` its place in the
    history; `key` names it at the source. `confirmed` is the year in which the source last
    changed the entry: what it says of later years is a plan."""

    number: int
    key: str
    kind: str
    role: str | None
    affiliation: Affiliation
    start: int | None
    end: int | None
    confirmed: int | None


class Refusal(NamedTuple):
    """Why a position is no evidence: a short code, and what was found."""

    reason: str
    detail: str


def count_years(position: Position) -> tuple[int, int] | Refusal:
    """First and last year that the position speaks for.

    From start to end where both are given. Without an end up to the year in which the entry was
    last confirmed, a study no longer than `MAX_OPEN_STUDY_YEARS`; without that too the first year
    alone. Without a start the last year alone. Nothing after the year of confirmation.
    """
    start, end, confirmed = position.start, position.end, position.confirmed
    if start is None and end is None:
        return Refusal("undated", "a position with neither start nor end")
    open_end = end is None
    first = start if start is not None else end
    last = end if end is not None else confirmed if confirmed is not None else start
    assert first is not None
    assert last is not None
    if first not in YEARS or last not in YEARS:
        return Refusal("bad_year", f"{start}–{end}, expected {YEARS[0]} to {YEARS[-1]}")
    if end is not None and start is not None and end < start:
        return Refusal("bad_years", f"ends {end} before it begins {start}")
    if confirmed is not None:
        if first > confirmed:
            return Refusal("future", f"begins {first}, the entry is of {confirmed}")
        last = min(last, confirmed)
    if open_end and position.kind == "education":
        last = min(last, first + MAX_OPEN_STUDY_YEARS - 1)
    if last - first + 1 > MAX_YEARS[position.kind]:
        return Refusal(
            "bad_years",
            f"{first}–{last}, expected at most {MAX_YEARS[position.kind]} years",
        )
    return first, last


def describe_place(name: str, city: str, region: str, country: str) -> Affiliation:
    """The affiliation of an organization at an address; `country` a code, kept only if known."""
    code = country.strip().upper()
    known = code if code in AREA_INDEX else None
    named = area_names()[known] if known else ""
    parts = (" ".join(part.split()) for part in (name, city, region, named))
    return Affiliation(text=", ".join(p for p in parts if p) or None, country=known)


class HistoryBuilder:
    """Collects the positions of one input file, or of one part of it.

    Records are made from columns, not row by row: a history of ORCID has five years an entry.
    `source` and `file` are stamped on every row.
    """

    def __init__(self, *, source: str, file: str) -> None:
        self.source = source
        self.file = file
        self.people = 0
        self._persons: list[Person] = []
        self._entries: list[tuple[Any, ...]] = []
        self._rejects: list[dict[str, object]] = []
        self._mentions: dict[Affiliation, int] = {}

    def add_history(self, place: str, person: Person, positions: Sequence[Position]) -> None:
        """The positions of one person; `place` locates the history in the file."""
        self.people += 1
        number = len(self._persons)
        self._persons.append(person)
        for position in positions:
            years = count_years(position)
            if isinstance(years, Refusal):
                self.reject(f"{place}/{position.number}", years, raw=f"{person.ref} {position!r}")
                continue
            said = position.affiliation
            known = self._mentions.get(said)
            if known is None and any(said):
                known = self._mentions[said] = mention_id(*said)
            self._entries.append(
                (
                    f"{self.source}:{self.file}#{place}/{position.number}/",
                    number,
                    years[0],
                    years[1] - years[0] + 1,
                    known,
                    position.role or None,
                    f"{person.ref}/{position.key}",
                    position.kind,
                )
            )

    def add_identity(self, place: str, person: Person, year: int) -> None:
        """A row that says nothing but who the person is elsewhere, as of a year."""
        self.add_history(
            place,
            person,
            [Position(0, "profile", "employment", None, Affiliation(), year, year, None)],
        )

    def reject(self, place: str, refusal: Refusal, *, raw: str) -> None:
        """Something at `place` in the file that is no evidence."""
        self._rejects.append(
            {
                "source": self.source,
                "file": self.file,
                "position": f"{self.file}#{place}",
                "reason": refusal.reason,
                "detail": refusal.detail,
                "raw": raw.encode("utf-8", "replace")[:RAW_LIMIT_BYTES].decode("utf-8", "ignore"),
                "rows": 1,
            }
        )

    def build(self, *, sha256: str, size_bytes: int) -> Evidence:
        """The tables of the contracts. One row is one year of a position, or a reject."""
        records = self._build_records()
        inputs = INPUTS.from_rows(
            [
                {
                    "source": self.source,
                    "file": self.file,
                    "sha256": sha256,
                    "size_bytes": size_bytes,
                    "papers": 0,
                    "slots": self.people,
                    "rows": records.num_rows + len(self._rejects),
                    "records": records.num_rows,
                    "rejected": len(self._rejects),
                    "aligned": records.num_rows - records["mention_id"].null_count,
                    "set_only": 0,
                    "unknown": records["mention_id"].null_count,
                }
            ]
        )
        return Evidence(
            records=records,
            mentions=self._build_mentions(),
            rejects=REJECTS.from_rows(self._rejects),
            inputs=inputs,
        )

    def _build_records(self) -> pa.Table:
        if not self._entries:
            return RECORDS.empty()
        places, persons, first, lengths, mentions, roles, keys, kinds = zip(
            *self._entries, strict=True
        )
        length = np.asarray(lengths, np.int64)
        entry = np.repeat(np.arange(len(length)), length)
        # The place of a year within its position: rows so far less those of earlier positions.
        since = np.arange(len(entry)) - np.repeat(np.cumsum(length) - length, length)
        year = pa.array((np.asarray(first, np.int64)[entry] + since).astype(np.int16))
        person = pa.array(np.asarray(persons, np.int64)[entry])
        count = len(entry)

        def spread(values: Sequence[Any], kind: pa.DataType) -> pa.Array:
            return pa.array(values, kind).take(pa.array(entry))

        mention = spread(mentions, pa.int64())
        columns = {
            "record_id": _join(spread(places, pa.string()), year.cast(pa.string())),
            "source": pa.repeat(self.source, count),
            "file": pa.repeat(self.file, count),
            "person_ref": pa.array([p.ref for p in self._persons], pa.string()).take(person),
            "person_name": pa.array([p.name for p in self._persons], pa.string()).take(person),
            "ids": as_map([p.ids for p in self._persons]).take(person),
            "year": year,
            "mention_id": mention,
            "role_raw": spread(roles, pa.string()),
            "paper_id": spread(keys, pa.string()),
            "author_position": pa.nulls(count, pa.int16()),
            "n_authors": pa.repeat(pa.scalar(1, pa.int16()), count),
            "venue": pa.nulls(count, pa.string()),
            "tier_flags": pa.repeat(pa.scalar(0, pa.int32()), count),
            "alignment": pc.if_else(pc.is_valid(mention), "aligned", "unknown"),
            "kind": spread(kinds, pa.string()),
        }
        return check_table(pa.table(columns, schema=RECORDS.schema), RECORDS)

    def _build_mentions(self) -> pa.Table:
        said = list(self._mentions)
        if len(set(self._mentions.values())) != len(said):
            raise ContractError(
                "two different mentions have the same id",
                expected="one id per affiliation",
                where=f"{self.source}:{self.file}",
            )
        columns = {
            "mention_id": list(self._mentions.values()),
            "text": [affiliation.text for affiliation in said],
            "domain": [affiliation.domain for affiliation in said],
            "asserted_organization": [affiliation.organization for affiliation in said],
            "asserted_country": [affiliation.country for affiliation in said],
        }
        return check_table(pa.table(columns, schema=MENTIONS.schema), MENTIONS)


def join_evidence(parts: Iterable[Evidence]) -> Evidence:
    """The parts of one input file as one; a mention that comes again is the same."""
    records, mentions, rejects, inputs = [], [], [], []
    for part in parts:
        records.append(part.records)
        mentions.append(part.mentions)
        rejects.append(part.rejects)
        inputs += part.inputs.to_pylist()
    together = pa.concat_tables(mentions)
    _, first = np.unique(together["mention_id"].to_numpy(), return_index=True)
    total = dict(inputs[0])
    for name, value in total.items():
        if isinstance(value, int) and name != "size_bytes":
            total[name] = sum(part[name] for part in inputs)
    return Evidence(
        records=pa.concat_tables(records),
        mentions=together.take(pa.array(np.sort(first))),
        rejects=pa.concat_tables(rejects),
        inputs=INPUTS.from_rows([total]),
    )


def _join(left: pa.Array, right: pa.Array) -> pa.Array:
    return pc.binary_join_element_wise(left, right, "")
