"""Who is named where: the references, identifiers and names of records as numbers.

Rows are ordered by record_id and every list is sorted, so the numbers, and all that follows from
them, do not depend on the order in which records arrive; the first row that shows something is
the evidence for it.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from talentflow.resolve.identifiers import (
    NAME_SYSTEMS,
    RENAMED,
    is_disambiguated_slug,
    is_hard,
    system_of,
)
from talentflow.resolve.names import PersonName, parse_name
from talentflow.resolve.people_graph import Codes, Mask, distinct_pairs

Floats = NDArray[np.float64]


@dataclass(frozen=True, kw_only=True)
class Names:
    """The distinct names; entry i of each list belongs to name i.

    `commonness` and `commonness_bound` are those of `measure_commonness`.
    """

    parsed: list[PersonName]
    full: list[str]
    commonness: Floats
    commonness_bound: Floats


@dataclass(frozen=True, kw_only=True)
class Identifiers:
    """The distinct identifiers, the first `n_refs` of which are person references."""

    text: list[str]
    n_refs: int
    hard: Mask
    system: Codes
    systems: list[str]

    def number(self, system: str) -> int:
        """The number of a system in `system`."""
        return self.systems.index(system)


@dataclass(frozen=True, kw_only=True)
class Links:
    """The distinct statements `this reference also has that identifier`.

    `renamed` marks those that state a newer identifier in the same system; `first_row` is the
    first row that shows it and `n_rows` how many do.
    """

    ref: Codes
    identifier: Codes
    renamed: Mask
    first_row: Codes
    n_rows: Codes


@dataclass(frozen=True, kw_only=True)
class Slots:
    """Rows of records that refer to a person: row → reference, paper and name (−1: none)."""

    record_ids: pa.Array
    ref: Codes
    paper: Codes
    name: Codes
    names: Names
    identifiers: Identifiers
    links: Links

    def ref_names(self) -> tuple[Codes, Codes, Codes, Codes]:
        """Distinct (reference, name), the first row that shows each, and how many do."""
        rows = np.flatnonzero(self.name >= 0)
        refs, names, first, counts = distinct_pairs(self.ref[rows], self.name[rows])
        return refs, names, rows[first], counts

    @cached_property
    def numbered_names(self) -> Mask:
        """Names of which the ACL Anthology itself tells several bearers apart."""
        shared = np.zeros(len(self.names.full), dtype=np.bool_)
        shared[self._numbered[1]] = True
        return shared

    @cached_property
    def numbered_refs(self) -> Mask:
        """References by which it does so."""
        numbered = np.zeros(self.identifiers.n_refs, dtype=np.bool_)
        numbered[self._numbered[0]] = True
        return numbered

    @cached_property
    def _numbered(self) -> tuple[Codes, Codes]:
        refs, names, _, _ = self.ref_names()
        slug = np.flatnonzero(self.identifiers.system[refs] == self.identifiers.number("acl"))
        refs, names = refs[slug], names[slug]
        pairs = zip(refs.tolist(), names.tolist(), strict=True)
        told = np.array(
            [
                is_disambiguated_slug(self.identifiers.text[ref][4:], self.names.full[name])
                for ref, name in pairs
            ],
            dtype=np.bool_,
        )
        return refs[told], names[told]


def read_slots(records: pa.Table) -> Slots:
    """The rows of `records` that have a `person_ref`."""
    columns = ["record_id", "person_ref", "person_name", "ids", "paper_id"]
    rows = records.select(columns).filter(pc.is_valid(records["person_ref"]))
    rows = rows.take(pc.sort_indices(rows["record_id"])).combine_chunks()
    refs, ref = _number(_flat(rows["person_ref"]))
    identifiers, links = _read_links(_flat(rows["ids"]), refs, ref)
    names, name = _read_names(_flat(rows["person_name"]))
    _, paper = _number(_flat(rows["paper_id"]))
    return Slots(
        record_ids=_flat(rows["record_id"]),
        ref=ref,
        paper=paper,
        name=name,
        names=names,
        identifiers=identifiers,
        links=links,
    )


def _flat(column: pa.ChunkedArray) -> pa.Array:
    return pa.concat_arrays(column.chunks) if column.num_chunks else column.combine_chunks()


def _number(values: pa.Array) -> tuple[pa.Array, Codes]:
    """Distinct values in ascending order, and each value's place among them (null: −1)."""
    encoded = values.dictionary_encode()
    order = pc.sort_indices(encoded.dictionary).to_numpy()
    place = np.empty(len(order) + 1, dtype=np.int64)
    place[order] = np.arange(len(order))
    place[-1] = -1
    codes = pc.fill_null(encoded.indices, -1).to_numpy(zero_copy_only=False)
    return encoded.dictionary.take(pa.array(order)), place[codes]


def _read_links(ids: pa.Array, refs: pa.Array, ref: Codes) -> tuple[Identifiers, Links]:
    starts = ids.offsets.to_numpy()
    keys, items = ids.keys, ids.items
    row = np.repeat(np.arange(len(ref)), np.diff(starts))
    renamed = pc.ends_with(keys, RENAMED).to_numpy(zero_copy_only=False)
    systems = pc.replace_substring(keys, RENAMED, "", max_replacements=1)
    stated, code = _number(pc.binary_join_element_wise(systems, items, ":"))
    identifiers, place = _list_identifiers(refs, stated)
    target = np.where(code >= 0, place[code], -1)
    useful = (target >= 0) & (target != ref[row])
    useful &= ~np.isin(
        identifiers.system[target], [identifiers.number(system) for system in NAME_SYSTEMS]
    )
    row, target, renamed = row[useful], target[useful], renamed[useful]
    kinds, sources, first, counts = distinct_pairs(target * 2 + renamed, ref[row])
    links = Links(
        ref=sources,
        identifier=kinds // 2,
        renamed=kinds % 2 == 1,
        first_row=row[first],
        n_rows=counts,
    )
    return identifiers, links


def _list_identifiers(refs: pa.Array, stated: pa.Array) -> tuple[Identifiers, Codes]:
    """References first, then the other identifiers; and the place of each stated one."""
    known = pc.index_in(stated, value_set=refs)
    new = stated.filter(pc.is_null(known))
    place = pc.fill_null(known, -1).to_numpy(zero_copy_only=False).astype(np.int64)
    place[place < 0] = len(refs) + np.arange(len(new))
    text: list[str] = [*refs.to_pylist(), *new.to_pylist()]
    system = [system_of(identifier) for identifier in text]
    systems = sorted({*system, *NAME_SYSTEMS})
    number = {name: position for position, name in enumerate(systems)}
    return (
        Identifiers(
            text=text,
            n_refs=len(refs),
            hard=np.fromiter(map(is_hard, text), dtype=np.bool_, count=len(text)),
            system=np.fromiter((number[s] for s in system), dtype=np.int64, count=len(text)),
            systems=systems,
        ),
        np.append(place, -1),
    )


def _read_names(printed: pa.Array) -> tuple[Names, Codes]:
    spellings, spelling = _number(printed)
    parsed = [parse_name(text) for text in spellings.to_pylist()]
    full_text, full = _number(pa.array([name.full for name in parsed], pa.string()))
    texts: list[str] = full_text.to_pylist()
    # Of spellings with the same letters the least informative decides: `J R Doe` and `JR Doe`
    # are one name, and it is not complete.
    chosen: list[PersonName | None] = [None] * len(texts)
    for name, place in zip(parsed, full.tolist(), strict=True):
        known = chosen[place]
        if known is None or (known.complete and not name.complete):
            chosen[place] = name
    listed = [name for name in chosen if name is not None]
    if texts and not texts[0]:  # names without a single letter sort first
        full, texts, listed = full - 1, texts[1:], listed[1:]
    commonness, bound = measure_commonness(listed)
    names = Names(parsed=listed, full=texts, commonness=commonness, commonness_bound=bound)
    return names, np.append(full, -1)[spelling]


def measure_commonness(names: list[PersonName]) -> tuple[Floats, Floats]:
    """How many other people are expected to bear each of these distinct names, and at most.

    Given name and surname are taken as independent: (other names with the surname × other names
    with the given name) / names. The second figure counts the name itself too, so it never falls
    below 1 / names: a short list cannot show that a name is rare. Both are infinite for a name
    that is not complete, since initials tell nobody apart.
    """
    complete = np.array([name.complete for name in names], dtype=np.bool_)
    expected, bound = np.full((2, len(names)), np.inf)
    if complete.any():
        whole = [name for name in names if name.complete]
        surnames = _count_equal([name.surname for name in whole])
        givens = _count_equal(["".join(name.given) for name in whole])
        expected[complete] = (surnames - 1) * (givens - 1) / len(whole)
        bound[complete] = surnames * givens / len(whole)
    return expected, bound


def _count_equal(values: list[str]) -> Codes:
    """How many entries of the list equal each entry."""
    _, code = _number(pa.array(values, pa.string()))
    return np.bincount(code)[code]
