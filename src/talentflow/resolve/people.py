"""Which references mean one person?

References that share a registry's identifier are one person, unless their names or a common
paper deny it. After that a full name that is too rare to have two bearers joins what carries it,
across registries. What neither settles stays apart and is marked ambiguous.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final, NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from talentflow.core.contracts import PEOPLE, PERSON_EDGES, check_table
from talentflow.core.scans import Room, Source
from talentflow.resolve.namesakes import count_profiles
from talentflow.resolve.people_by_evidence import ByEvidence, join_by_evidence
from talentflow.resolve.people_graph import Codes, distinct_pairs
from talentflow.resolve.people_joins import (
    ByIdentifier,
    ByName,
    join_by_identifier,
    join_by_name,
    rank_systems,
)
from talentflow.resolve.people_slots import Slots, read_slots

MAX_DOUBT: Final = 0.3
"""A person told apart by evidence alone is ambiguous when it is less probable than the rest that
their references are one person, or that no other reference is theirs."""


class LinkedPeople(NamedTuple):
    """`people`: one row per reference. `edges`: one row per reason, also those not followed."""

    people: pa.Table
    edges: pa.Table


def link_people(
    records: Source,
    *,
    mentions: pa.Table | None = None,
    resolved_mentions: pa.Table | None = None,
    profiles: Mapping[str, int] | None = None,
    room: Room | None = None,
) -> LinkedPeople:
    """Find the person behind each `person_ref` of `records` (contract `records`).

    `mentions` (affiliation texts and domains) and `resolved_mentions` (organizations) tell people
    of a common name apart; without them only equal mentions are seen to be equal. `profiles` is
    how many people of a full name OpenReview knows; by default the identifiers of `records` tell.

    Every reference gets exactly one person, and the result is the same for any order of rows.
    `person_id` is the person's best identifier (`orcid:…` before `openreview:…` before the rest
    of `identifiers.PREFERENCE`), `name:jane doe` where a rare name is all there is, and
    their first reference where not even that. `confidence` is 1 where identifiers alone decide or
    there is a single reference, else the probability of the weakest join: that a name has one
    bearer where a name decides, what the model says where evidence does; and 0 for an identifier
    that people of different names use.

    Raises `ContractError` if a result breaks its contract.
    """
    slots = read_slots(records, room)
    by_identifier = join_by_identifier(slots)
    by_name = join_by_name(slots, by_identifier)
    by_evidence = join_by_evidence(
        slots,
        by_identifier,
        by_name,
        mentions=mentions,
        resolved_mentions=resolved_mentions,
        profiles=count_profiles(slots.identifiers.text) if profiles is None else profiles,
    )
    return LinkedPeople(
        people=_describe_people(slots, by_identifier, by_name, by_evidence),
        edges=_list_edges(slots, by_identifier, by_name, by_evidence),
    )


def drop_opted_out(
    records: Source, people: pa.Table, opt_out_ids: set[str], room: Room | None = None
) -> pa.Table:
    """`people` without everyone of whom `opt_out_ids` lists the person_id or any id, as
    `system:value`.

    An id counts for a person when any of their records states it, also where it was too doubtful
    to join references by: whoever might be meant is left out.
    """
    listed = pa.array(sorted(opt_out_ids), pa.string())
    slots = read_slots(records, room)
    stated = np.isin(np.array(slots.identifiers.text, dtype=object), list(opt_out_ids))
    refs = np.flatnonzero(stated[: slots.identifiers.n_refs])
    refs = np.union1d(refs, slots.links.ref[stated[slots.links.identifier]])
    named = pa.array([slots.identifiers.text[ref] for ref in refs.tolist()], pa.string())
    leaving = pc.or_(pc.is_in(people["person_id"], listed), pc.is_in(people["person_ref"], named))
    persons = people.filter(leaving)["person_id"].combine_chunks()
    return people.filter(pc.invert(pc.is_in(people["person_id"], persons)))


def _describe_people(
    slots: Slots, by_identifier: ByIdentifier, by_name: ByName, by_evidence: ByEvidence
) -> pa.Table:
    n_refs, n = slots.identifiers.n_refs, len(slots.identifiers.text)
    person = by_evidence.person
    of_ref = person[:n_refs]
    hard, named, told, common = np.zeros((4, n), dtype=np.bool_)
    hard[person[slots.identifiers.hard & ~by_identifier.shared]] = True
    named[person[by_name.ref[by_name.followed]]] = True
    refs, names, _, _ = slots.ref_names()
    told[person[refs[slots.names.complete[names]]]] = True
    common[person[refs[by_evidence.bearers[names] >= 1]]] = True
    common[person[by_evidence.left]] = False
    confidence = _measure_confidence(slots, by_identifier, by_name, by_evidence)
    settled = (
        (told & ~common)[of_ref]
        & ~by_evidence.unfit
        & (by_evidence.doubt[:n_refs] <= MAX_DOUBT)
        & (confidence >= 1 - MAX_DOUBT)
    )
    columns = {
        "person_ref": slots.identifiers.text[:n_refs],
        "person_id": _choose_ids(slots, by_identifier, by_name, person),
        "confidence": confidence,
        "ambiguous": ~((hard | named)[of_ref] | slots.numbered_refs | settled),
        "hard_id": hard[of_ref],
    }
    return check_table(pa.table(columns), PEOPLE)


def _choose_ids(
    slots: Slots, by_identifier: ByIdentifier, by_name: ByName, person: Codes
) -> pa.Array:
    """The best hard identifier of each reference's person, else the first rare name, else the
    person's first reference."""
    identifiers = slots.identifiers
    n_refs = identifiers.n_refs
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
    best = len(choices) - n_refs + person
    np.minimum.at(best, person[in_order], np.arange(len(in_order)))
    followed = by_name.followed
    np.minimum.at(best, person[by_name.ref[followed]], len(in_order) + by_name.name[followed])
    return choices.take(pa.array(best[person[:n_refs]]))


def _measure_confidence(
    slots: Slots, by_identifier: ByIdentifier, by_name: ByName, by_evidence: ByEvidence
) -> NDArray[np.float64]:
    """The probability of the weakest thing that holds a person together.

    Of a rare name: that it has one bearer, the number of others being Poisson with mean
    `commonness`. Of evidence: what the model says.
    """
    n_refs = slots.identifiers.n_refs
    person = by_evidence.person
    expected = np.zeros(len(slots.identifiers.text))
    _, names, _, _ = distinct_pairs(by_identifier.person[by_name.ref], by_name.name)
    carriers = np.bincount(names, minlength=len(slots.names.full))
    joins = by_name.followed & (carriers[by_name.name] > 1)
    joined = person[by_name.ref[joins]]
    np.maximum.at(expected, joined, slots.names.commonness[by_name.name[joins]])
    confidence = np.exp(-expected)
    np.minimum.at(confidence, person[by_evidence.left], by_evidence.probability)
    confidence = confidence[person[:n_refs]]
    # A slug stands for many papers even where it was joined to nobody.
    refs, names, _, _ = slots.ref_names()
    slug = by_evidence.unfit[refs]
    np.minimum.at(confidence, refs[slug], np.exp(-slots.names.commonness[names[slug]]))
    return np.where(by_identifier.shared[:n_refs], 0, confidence)


def _list_edges(
    slots: Slots, by_identifier: ByIdentifier, by_name: ByName, by_evidence: ByEvidence
) -> pa.Table:
    """One row per link, per rare name that several references carry, and per join on evidence."""
    links = slots.links
    kinds = np.where(links.renamed, "rename", "same_slot").astype(object)
    kinds[~by_identifier.followed] = "refused"
    carriers = np.bincount(by_name.name, minlength=len(slots.names.full))
    told = np.flatnonzero(by_name.rare & (carriers[by_name.name] > 1))
    texts = pa.array(slots.identifiers.text, pa.string())
    full = pa.array(slots.names.full, pa.string())
    names = pc.binary_join_element_wise("name", full.take(pa.array(by_name.name[told])), ":")
    first_row = np.concatenate([links.first_row, by_name.first_row[told], by_evidence.row])
    left = np.concatenate([links.ref, by_name.ref[told], by_evidence.left])
    seen = np.ones(len(by_evidence.row), dtype=np.int64)
    edges = {
        "left": texts.take(pa.array(left)),
        "right": pa.concat_arrays(
            [
                texts.take(pa.array(links.identifier)),
                names,
                texts.take(pa.array(by_evidence.right)),
            ]
        ),
        "kind": [
            *kinds,
            *np.where(by_name.followed[told], "same_name", "refused"),
            *["same_evidence"] * len(seen),
        ],
        "evidence": slots.find_ids(first_row),
        "records": np.concatenate([links.n_rows, by_name.n_rows[told], seen]),
    }
    order = [("left", "ascending"), ("right", "ascending"), ("kind", "ascending")]
    return check_table(pa.table(edges).sort_by(order), PERSON_EDGES)
