"""Which references mean one person?

References that share a registry's identifier are one person, unless their names or a common
paper deny it. After that a full name that is too rare to have two bearers joins what carries it,
across registries. What neither settles stays apart and is marked ambiguous.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from talentflow.core.contracts import PEOPLE, PERSON_EDGES, check_table
from talentflow.resolve.people_graph import Mask, distinct_pairs
from talentflow.resolve.people_joins import (
    ByIdentifier,
    ByName,
    join_by_identifier,
    join_by_name,
    rank_systems,
)
from talentflow.resolve.people_slots import Slots, read_slots


class LinkedPeople(NamedTuple):
    """`people`: one row per reference. `edges`: one row per reason, also those not followed."""

    people: pa.Table
    edges: pa.Table


class WithoutOptedOut(NamedTuple):
    """What is left, and how many rows of records went."""

    records: pa.Table
    people: pa.Table
    dropped_records: int


def link_people(records: pa.Table) -> LinkedPeople:
    """Find the person behind each `person_ref` of `records` (contract `records`).

    Every reference gets exactly one person, and the result is the same for any order of rows.
    `person_id` is the person's best identifier (`orcid:…` before `openreview:…` before the rest
    of `identifiers.PREFERENCE`), `name:jane doe` where a rare name is all there is, and the
    reference itself where not even that. `confidence` is 1 where identifiers alone decide or
    there is a single reference, the probability that a name has one bearer where a name decides,
    and 0 for an identifier that people of different names use.

    Raises `ContractError` if a result breaks its contract.
    """
    slots = read_slots(records)
    by_identifier = join_by_identifier(slots)
    by_name = join_by_name(slots, by_identifier)
    return LinkedPeople(
        people=_describe_people(slots, by_identifier, by_name),
        edges=_list_edges(slots, by_identifier, by_name),
    )


def drop_opted_out(records: pa.Table, people: pa.Table, opt_out_ids: set[str]) -> WithoutOptedOut:
    """Leave out everyone of whom `opt_out_ids` lists the person_id or any id (`system:value`).

    An id counts for a person when any of their records states it, also where it was too doubtful
    to join references by: whoever might be meant is left out. Rows without a `person_ref` stay.
    """
    listed = pa.array(sorted(opt_out_ids), pa.string())
    slots = read_slots(records)
    stated = np.isin(np.array(slots.identifiers.text, dtype=object), list(opt_out_ids))
    refs = np.flatnonzero(stated[: slots.identifiers.n_refs])
    refs = np.union1d(refs, slots.links.ref[stated[slots.links.identifier]])
    named = pa.array([slots.identifiers.text[ref] for ref in refs.tolist()], pa.string())
    leaving = pc.or_(pc.is_in(people["person_id"], listed), pc.is_in(people["person_ref"], named))
    persons = people.filter(leaving)["person_id"].combine_chunks()
    leaving = pc.is_in(people["person_id"], persons)
    gone = pc.is_in(records["person_ref"], people.filter(leaving)["person_ref"].combine_chunks())
    return WithoutOptedOut(
        records=records.filter(pc.invert(gone)),
        people=people.filter(pc.invert(leaving)),
        dropped_records=pc.sum(gone).as_py() or 0,
    )


def _describe_people(slots: Slots, by_identifier: ByIdentifier, by_name: ByName) -> pa.Table:
    n_refs, n = slots.identifiers.n_refs, len(slots.identifiers.text)
    person = by_name.person
    of_ref = person[:n_refs]
    hard = np.zeros(n, dtype=np.bool_)
    hard[person[slots.identifiers.hard & ~by_identifier.shared]] = True
    named = np.zeros(n, dtype=np.bool_)
    named[person[by_name.ref[by_name.followed]]] = True
    ambiguous = ~((hard | named)[of_ref] | slots.numbered_refs)
    columns = {
        "person_ref": slots.identifiers.text[:n_refs],
        "person_id": _choose_ids(slots, by_identifier, by_name),
        "confidence": _measure_confidence(slots, by_identifier, by_name, ambiguous),
        "ambiguous": ambiguous,
        "hard_id": hard[of_ref],
    }
    return check_table(pa.table(columns), PEOPLE)


def _choose_ids(slots: Slots, by_identifier: ByIdentifier, by_name: ByName) -> pa.Array:
    """The best hard identifier of each reference's person, else the first rare name, else the
    reference itself."""
    identifiers, person = slots.identifiers, by_name.person
    n_refs, n = identifiers.n_refs, len(identifiers.text)
    texts = pa.array(identifiers.text, pa.string())
    in_order = pc.sort_indices(
        pa.table({"rank": rank_systems(slots)[identifiers.system], "text": texts}),
        sort_keys=[("rank", "ascending"), ("text", "ascending")],
    ).to_numpy()
    in_order = in_order[(identifiers.hard & ~by_identifier.shared)[in_order]]
    choices = pa.concat_arrays(
        [
            texts.take(pa.array(in_order)),
            pc.binary_join_element_wise("name", pa.array(slots.names.full, pa.string()), ":"),
            texts.slice(0, n_refs),
        ]
    )
    # A smaller place among the choices is a better choice.
    first_ref = len(choices) - n_refs
    best = np.full(n, first_ref, dtype=np.int64)
    np.minimum.at(best, person[in_order], np.arange(len(in_order)))
    followed = by_name.followed
    np.minimum.at(best, person[by_name.ref[followed]], len(in_order) + by_name.name[followed])
    chosen = best[person[:n_refs]]
    chosen += np.where(chosen == first_ref, np.arange(n_refs), 0)
    return choices.take(pa.array(chosen))


def _measure_confidence(
    slots: Slots, by_identifier: ByIdentifier, by_name: ByName, ambiguous: Mask
) -> NDArray[np.float64]:
    """The probability that the names that joined anything have one bearer each.

    The number of other bearers is taken as Poisson with mean `commonness`.
    """
    n_refs = slots.identifiers.n_refs
    expected = np.zeros(len(slots.identifiers.text))
    _, names, _, _ = distinct_pairs(by_identifier.person[by_name.ref], by_name.name)
    carriers = np.bincount(names, minlength=len(slots.names.full))
    joins = by_name.followed & (carriers[by_name.name] > 1)
    joined = by_name.person[by_name.ref[joins]]
    np.maximum.at(expected, joined, slots.names.commonness[by_name.name[joins]])
    expected = expected[by_name.person[:n_refs]]
    # A slug stands for many papers even where its name joins nothing.
    refs, names, _, _ = slots.ref_names()
    slug = ambiguous[refs] & (slots.identifiers.system[refs] != slots.identifiers.number("slot"))
    np.maximum.at(expected, refs[slug], slots.names.commonness[names[slug]])
    return np.where(by_identifier.shared[:n_refs], 0, np.exp(-expected))


def _list_edges(slots: Slots, by_identifier: ByIdentifier, by_name: ByName) -> pa.Table:
    """One row per link and per rare name that several references carry."""
    links = slots.links
    kinds = np.where(links.renamed, "rename", "same_slot").astype(object)
    kinds[~by_identifier.followed] = "refused"
    carriers = np.bincount(by_name.name, minlength=len(slots.names.full))
    told = np.flatnonzero(by_name.rare & (carriers[by_name.name] > 1))
    texts = pa.array(slots.identifiers.text, pa.string())
    full = pa.array(slots.names.full, pa.string())
    names = pc.binary_join_element_wise("name", full.take(pa.array(by_name.name[told])), ":")
    first_row = np.concatenate([links.first_row, by_name.first_row[told]])
    edges = {
        "left": texts.take(pa.array(np.concatenate([links.ref, by_name.ref[told]]))),
        "right": pa.concat_arrays([texts.take(pa.array(links.identifier)), names]),
        "kind": [*kinds, *np.where(by_name.followed[told], "same_name", "refused")],
        "evidence": slots.record_ids.take(pa.array(first_row)),
        "records": np.concatenate([links.n_rows, by_name.n_rows[told]]),
    }
    order = [("left", "ascending"), ("right", "ascending"), ("kind", "ascending")]
    return check_table(pa.table(edges).sort_by(order), PERSON_EDGES)
