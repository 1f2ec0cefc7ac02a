"""How is a record larger than memory counted, person by person?

Authorships come as Parquet, in any order and in as many files as there are. Each row becomes one
64-bit key, see `packing`; the keys are dealt to partitions by a hash of the person, so that all
rows of a person meet in one; a partition is sorted and read once by the compiled pass, and the
counts of all partitions add up. Partitions are kept in memory while they fit and appended to
files of a temporary folder when they do not, so the bound on memory holds whatever the input,
and the result is the same, to the last digit, as that of `counting.count_evidence`.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any, Final, NamedTuple

import numba as nb
import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from talentflow.careers.counting import Partition, count_partitions
from talentflow.careers.counts import CellCounts
from talentflow.careers.packing import (
    COUNTRY_SHIFT,
    FIRST_YEAR,
    PERSON_SHIFT,
    STAGE_SHIFT,
    TOLD_APART,
    WHOLE_VOTE,
    YEAR_SHIFT,
    required_traits,
)
from talentflow.careers.residence import Rows
from talentflow.careers.shared_rules import Wanted
from talentflow.careers.weights import hash_ids
from talentflow.core.areas import AREAS
from talentflow.core.errors import ContractError, UsageError
from talentflow.core.executor import run_in_threads
from talentflow.core.vocabulary import SECTORS, STAGES

DEFAULT_MEMORY_BYTES: Final = 4 << 30
DEFAULT_PARTITIONS: Final = 256
MAX_PERSON: Final = 1 << (63 - PERSON_SHIFT)

_FIXED_BYTES: Final = 1 << 30
"""What the interpreter, its libraries, decoded batches and counts take beside the keys."""

_SMALLEST_BYTES: Final = 1 << 26

_SCATTER: Final = np.uint64(0x9E3779B97F4A7C15)

Words = npt.NDArray[np.int64] | npt.NDArray[np.uint64] | npt.NDArray[np.uint32]


def count_authorships(
    files: Sequence[Path],
    wanted: Sequence[Wanted],
    *,
    replicates: int = 0,
    workers: int = 1,
    memory_bytes: int = DEFAULT_MEMORY_BYTES,
    partitions: int = DEFAULT_PARTITIONS,
    folder: Path | None = None,
) -> list[CellCounts]:
    """The counts of everything wanted over the rows of Parquet files, in the order wanted.

    Columns: `person` (a whole number below 2⁴⁰, or text, which must then hold no two ids of one
    64-bit hash), `year`, `country` (ISO 3166-1 alpha-2), and where known `stage`, `sector` (in
    the words of `core.vocabulary`) and `traits` (as `packing` has them; without, every row is of
    a person told apart, and of nothing more). Rows without a person or a year are left out.

    Beyond `memory_bytes` rows wait in a new folder inside `folder` (default: the system's for
    temporary files), 8 bytes each, 12 with traits, and 8 more where persons are text.

    Raises `UsageError` for rules that need what the rows do not tell, `ContractError` for a
    column that is missing or cannot be read.
    """
    check_wanted(files, wanted)
    with _open_store(partitions, memory_bytes, folder) as store:
        for dealt in run_in_threads(
            lambda group: _deal_group(group, partitions), _list_groups(files), workers
        ):
            for batch in dealt:
                store.add(batch)
        return count_partitions(
            (partial(store.read, number) for number in range(partitions)),
            wanted,
            replicates=replicates,
            workers=workers,
        )


def check_wanted(files: Sequence[Path], wanted: Sequence[Wanted]) -> None:
    """Raise what `count_authorships` raises for files that lack a column and for rules that need
    more than the rows tell."""
    names = set.intersection(*(set(pq.read_schema(file).names) for file in files))
    missing = {"person", "year", "country"} - names
    if missing:
        raise ContractError(
            f"no column {', '.join(sorted(missing))} in every file of authorships",
            expected="person, year, country",
            where=str(files[0]),
        )
    for each in wanted:
        rules = each.rules
        untold = required_traits(rules.people) & ~TOLD_APART or rules.residence.kind == "last"
        untold = untold and "traits" not in names
        shares = rules.residence.votes == "paper_shares"
        if untold or shares or each.cohorts or rules.place.employer == "seat":
            raise UsageError(
                "rules that need venues, papers, cohorts or seats of employers",
                expected="rules of person, year and country, for rows that tell no more",
                next_step="take the default rules of people, place and votes, and no cohorts",
            )


class _Group(NamedTuple):
    """One row group of a file: what one thread decodes at a time."""

    file: Path
    number: int


def _list_groups(files: Iterable[Path]) -> Iterator[_Group]:
    for file in files:
        for number in range(pq.read_metadata(file).num_row_groups):
            yield _Group(file, number)


class Dealt(NamedTuple):
    """Rows ordered by partition: those of partition p stand from `bounds[p]` to `bounds[p + 1]`.
    `words` are the keys, and where there are any the traits and the hashes of persons."""

    bounds: npt.NDArray[np.int64]
    words: tuple[Words, ...]
    kinds: tuple[str, ...]


COLUMNS: Final = ("person", "year", "country", "stage", "sector", "traits")
_BATCH_ROWS: Final = 1 << 20


def _deal_group(group: _Group, partitions: int) -> list[Dealt]:
    known = set(pq.read_schema(group.file).names)
    names = [name for name in COLUMNS if name in known]
    words = [name for name in ("country", "stage", "sector") if name in known]
    with pq.ParquetFile(group.file, read_dictionary=words) as file:
        batches = file.iter_batches(
            _BATCH_ROWS, row_groups=[group.number], columns=names, use_threads=False
        )
        return [deal(batch, partitions) for batch in batches]


def deal(batch: pa.RecordBatch, partitions: int) -> Dealt:
    """Rows with the columns of `count_authorships` as words, ordered by partition."""
    batch = _drop_unknown(batch)
    rest = _pack_rest(batch)
    person = batch.column("person")
    if pa.types.is_integer(person.type):
        numbers = person.cast(pa.int64()).to_numpy(zero_copy_only=False)
        _check_range("person", numbers, MAX_PERSON, "whole numbers below 2^40, or text")
        keys, hashes = rest | (numbers << PERSON_SHIFT), numbers.view(np.uint64)
    else:
        hashes = hash_ids(person.cast(pa.large_string()))
        keys = rest
    order, bounds = _order_by_partition(hashes, partitions)
    words: dict[str, Words] = {"keys": keys}
    if "traits" in batch.schema.names:
        traits = batch.column("traits").cast(pa.uint32())
        words["traits"] = traits.to_numpy(zero_copy_only=False)
    if not pa.types.is_integer(person.type):
        words["hashes"] = hashes
    return Dealt(bounds, tuple(word[order] for word in words.values()), tuple(words))


def _drop_unknown(batch: pa.RecordBatch) -> pa.RecordBatch:
    if not batch.column("person").null_count + batch.column("year").null_count:
        return batch
    return batch.filter(pc.and_(batch.column("person").is_valid(), batch.column("year").is_valid()))


def _pack_rest(batch: pa.RecordBatch) -> npt.NDArray[np.int64]:
    """The keys without the person."""
    year = batch.column("year").cast(pa.int64()).to_numpy(zero_copy_only=False) - FIRST_YEAR
    _check_range("year", year, 256, f"years from {FIRST_YEAR} to {FIRST_YEAR + 255}")
    packed = year << YEAR_SHIFT
    for name, words, shift in (
        ("country", ("", *AREAS), COUNTRY_SHIFT),
        ("stage", STAGES, STAGE_SHIFT),
        ("sector", SECTORS, 0),
    ):
        if name in batch.schema.names:
            packed |= _encode(batch.column(name), words, shift)
    return np.asarray(packed, np.int64)


def _check_range(name: str, values: npt.NDArray[np.int64], end: int, expected: str) -> None:
    if len(values) and not 0 <= values.min() <= values.max() < end:
        bad = int(np.flatnonzero((values < 0) | (values >= end))[0])
        raise ContractError(f"{name} out of range in row {bad} of a batch", expected=expected)


def _encode(column: pa.Array, words: tuple[str, ...], shift: int) -> npt.NDArray[np.int64]:
    if not pa.types.is_dictionary(column.type):
        column = column.dictionary_encode()
    known = pc.index_in(column.dictionary.cast(pa.string()), value_set=pa.array(words))
    codes = known.fill_null(0).to_numpy(zero_copy_only=False).astype(np.int64) << shift
    indices = column.indices
    if indices.null_count:
        indices, codes = indices.fill_null(len(codes)), np.append(codes, 0)
    return np.asarray(codes[indices.to_numpy(zero_copy_only=False)], np.int64)


@nb.njit(cache=True, nogil=True)
def _order_by_partition(
    hashes: npt.NDArray[np.uint64], partitions: int
) -> tuple[npt.NDArray[np.int32], npt.NDArray[np.int64]]:
    """Row numbers ordered by the partition of the person, and where each partition starts."""
    chosen = np.empty(len(hashes), np.int32)
    bounds = np.zeros(partitions + 1, np.int64)
    for i in range(len(hashes)):
        # The highest bits of the product depend on all bits of the hash.
        mixed = (hashes[i] ^ (hashes[i] >> np.uint64(32))) * _SCATTER
        chosen[i] = ((mixed >> np.uint64(32)) * np.uint64(partitions)) >> np.uint64(32)
        bounds[chosen[i] + 1] += 1
    for p in range(partitions):
        bounds[p + 1] += bounds[p]
    at = bounds[:-1].copy()
    order = np.empty(len(hashes), np.int32)
    for i in range(len(hashes)):
        order[at[chosen[i]]] = i
        at[chosen[i]] += 1
    return order, bounds


@contextmanager
def _open_store(partitions: int, memory_bytes: int, folder: Path | None) -> Iterator[_Store]:
    with tempfile.TemporaryDirectory(prefix="talentflow-partitions-", dir=folder) as inside:
        yield _Store(
            Path(inside), partitions, max((memory_bytes - _FIXED_BYTES) // 2, _SMALLEST_BYTES)
        )


class _Store:
    """Rows by partition, in memory up to a bound and beyond it in files."""

    def __init__(self, folder: Path, partitions: int, limit_bytes: int) -> None:
        self._folder, self._partitions, self._limit_bytes = folder, partitions, limit_bytes
        self._waiting: list[Dealt] = []
        self._waiting_bytes = 0
        self._kinds: tuple[str, ...] = ()
        self._spilled = False

    def add(self, dealt: Dealt) -> None:
        """Keep rows; all batches must have the same columns."""
        if self._kinds not in ((), dealt.kinds):
            raise ContractError(
                f"rows with {', '.join(dealt.kinds)} after rows with {', '.join(self._kinds)}",
                expected="the same columns and the same type of person in every file",
            )
        self._kinds = dealt.kinds
        self._waiting.append(dealt)
        self._waiting_bytes += sum(word.nbytes for word in dealt.words)
        if self._waiting_bytes > self._limit_bytes:
            self._spill()

    def _spill(self) -> None:
        for kind in self._kinds:
            for number in range(self._partitions):
                with self._path(number, kind).open("ab") as file:
                    for word in self._take_waiting(number, kind):
                        word.tofile(file)
        self._waiting, self._waiting_bytes, self._spilled = [], 0, True

    def _path(self, number: int, kind: str) -> Path:
        return self._folder / f"{number:05}.{kind}"

    def _take_waiting(self, number: int, kind: str) -> list[Words]:
        at = self._kinds.index(kind)
        return [d.words[at][d.bounds[number] : d.bounds[number + 1]] for d in self._waiting]

    def read(self, number: int) -> Partition:
        """The rows of a partition, sorted; its file is deleted."""
        if not self._kinds:
            return sort_rows(np.zeros(0, np.int64), None, None)
        words: dict[str, Any] = {kind: self._read_words(number, kind) for kind in self._kinds}
        return sort_rows(words["keys"], words.get("traits"), words.get("hashes"))

    def _read_words(self, number: int, kind: str) -> Words:
        parts = self._take_waiting(number, kind)
        if self._spilled:
            path = self._path(number, kind)
            parts.insert(0, np.fromfile(path, _KINDS[kind]))
            path.unlink()
        return np.concatenate(parts, dtype=_KINDS[kind])


_KINDS: Final = {"keys": np.int64, "traits": np.uint32, "hashes": np.uint64}


def sort_rows(
    keys: npt.NDArray[np.int64],
    traits: npt.NDArray[np.uint32] | None,
    hashes: npt.NDArray[np.uint64] | None,
) -> Partition:
    """The words of all rows of some persons as a partition; `hashes` where persons are text."""
    person_hashes = np.zeros(0, np.uint64)
    if hashes is not None:
        person_hashes, numbers = np.unique(hashes, return_inverse=True)
        keys = keys | (numbers.astype(np.int64) << PERSON_SHIFT)
    if traits is None:
        keys.sort()
        traits = np.full(len(keys), TOLD_APART, np.uint32)
    else:
        order = np.argsort(keys)
        keys, traits = keys[order], traits[order]
    votes = np.full(len(keys), WHOLE_VOTE, np.int32)
    nobody = np.zeros(0, np.uint64)
    return Partition(Rows(keys, traits, votes), nobody, person_hashes)
