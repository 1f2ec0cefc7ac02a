"""Who is named where: the references, identifiers and names of records as numbers.

Rows are ordered by record_id and every list is sorted, so the numbers, and all that follows from
them, do not depend on the order in which records arrive; the first row that shows something is
the evidence for it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from talentflow.core.scans import Room, Source
from talentflow.resolve.identifiers import (
    NAME_SYSTEMS,
    RENAMED,
    is_disambiguated_slug,
    is_hard,
    system_of,
)
from talentflow.resolve.names import PersonName, parse_name
from talentflow.resolve.namesakes import expect_bearers
from talentflow.resolve.people_graph import Codes, Mask, distinct_pairs
from talentflow.resolve.people_rows import NumberedRows, number_rows, number_values

Floats = NDArray[np.float64]


@dataclass(frozen=True, kw_only=True)
class Names:
    """The distinct names; entry i of each list belongs to name i.

    `complete`: whether surname and given name are spelled out. `commonness`, `commonness_bound`
    and `bearers` are those of `measure_commonness`.
    """

    parsed: list[PersonName]
    full: list[str]
    complete: Mask
    commonness: Floats
    commonness_bound: Floats
    bearers: Floats


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
    """Rows of records that refer to a person: row → reference, paper, venue, and name and
    mention (−1: none). `loose` are (paper, mention) of rows that name no person.

    `find_ids` gives the record ids of rows; few are asked for, so they are not held."""

    find_ids: Callable[[Codes], pa.Array]
    ref: Codes
    paper: Codes
    name: Codes
    venue: Codes
    mention: Codes
    loose: tuple[Codes, Codes]
    mentions: pa.Array
    n_papers: int
    names: Names
    identifiers: Identifiers
    links: Links

    def place_mentions(self, mention_ids: pa.ChunkedArray) -> Codes:
        """The number of each of these mentions, −1 for those that do not occur."""
        place = pc.index_in(mention_ids.combine_chunks(), value_set=self.mentions)
        found: Codes = pc.fill_null(place, -1).to_numpy(zero_copy_only=False).astype(np.int64)
        return found

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


def read_slots(records: Source, room: Room | None = None) -> Slots:
    """The rows of `records` that have a `person_ref`.

    Of a stored table only numbers are held of a row, 48 bytes, and texts once each.
    """
    rows = number_rows(records, room)
    identifiers, links = _read_links(rows)
    names, name = _read_names(rows.values["person_name"])
    return Slots(
        find_ids=rows.find_ids,
        ref=rows.numbers["person_ref"],
        paper=rows.numbers["paper_id"],
        name=np.append(name, -1)[rows.numbers["person_name"]],
        venue=rows.numbers["venue"],
        mention=rows.numbers["mention_id"],
        loose=rows.loose,
        mentions=rows.values["mention_id"],
        n_papers=len(rows.values["paper_id"]),
        names=names,
        identifiers=identifiers,
        links=links,
    )


def _read_links(rows: NumberedRows) -> tuple[Identifiers, Links]:
    keys, items, row, code = rows.statements
    ref = rows.numbers["person_ref"]
    renamed = pc.ends_with(keys, RENAMED).to_numpy(zero_copy_only=False)[code]
    systems = pc.replace_substring(keys, RENAMED, "", max_replacements=1)
    texts, text = number_values(pc.binary_join_element_wise(systems, items, ":"))
    identifiers, places = _list_identifiers(rows.values["person_ref"], texts)
    target = places[text[code]]
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
    hard = [is_hard(*pair) for pair in zip(text, system, strict=True)]
    systems = sorted({*system, *NAME_SYSTEMS})
    number = {name: position for position, name in enumerate(systems)}
    return (
        Identifiers(
            text=text,
            n_refs=len(refs),
            hard=np.array(hard, dtype=np.bool_),
            system=np.fromiter((number[s] for s in system), dtype=np.int64, count=len(text)),
            systems=systems,
        ),
        np.append(place, -1),
    )


def _read_names(printed: pa.Array) -> tuple[Names, Codes]:
    spellings, spelling = number_values(printed)
    parsed = [parse_name(text) for text in spellings.to_pylist()]
    full_text, full = number_values(pa.array([name.full for name in parsed], pa.string()))
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
    complete = np.array([name.complete for name in listed], dtype=np.bool_)
    commonness, bound, bearers = measure_commonness(listed, complete)
    names = Names(
        parsed=listed,
        full=texts,
        complete=complete,
        commonness=commonness,
        commonness_bound=bound,
        bearers=bearers,
    )
    return names, np.append(full, -1)[spelling]


def measure_commonness(names: list[PersonName], complete: Mask) -> tuple[Floats, Floats, Floats]:
    """`expect_bearers`: expected and at most, both infinite for a name that is not complete,
    since initials tell nobody apart; and, of every name, how many bearers are expected."""
    bearers, at_most = expect_bearers(names, complete.tolist())
    return np.where(complete, bearers, np.inf), np.where(complete, at_most, np.inf), bearers
