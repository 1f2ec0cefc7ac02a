"""Which people of one common name are one, judging by what is seen with them?

The last step, for what identifiers and rare names leave apart. Nothing that those have joined is
divided, and two people whom one registry tells apart stay two.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from talentflow.resolve.people_evidence import (
    list_authorships,
    number_blocks,
    read_affiliations,
)
from talentflow.resolve.people_graph import Codes, Mask, distinct_pairs, find_components
from talentflow.resolve.people_joins import ByIdentifier, ByName
from talentflow.resolve.people_match import Model, load_model, match_authorships
from talentflow.resolve.people_slots import Floats, Slots

MAX_SLUG_BEARERS: Final = 0.5
"""A name slug of the ACL Anthology whose name has more bearers than this may stand for several
people at once and is joined to nobody."""

PROFILE_SHARE: Final = 0.25
"""Bearers among the records for each further profile that OpenReview has of a name: not everyone
who registers writes one of the papers at hand, and some register twice. Of 0.05 to 1 the best on
the names that the model was fitted to."""

_NO_PROFILES: Final[Mapping[str, int]] = MappingProxyType({})


@dataclass(frozen=True, kw_only=True)
class ByEvidence:
    """`person`: identifier → its group. `doubt`: identifier → probability that its group belongs
    with another. `unfit`: references that were not compared. `bearers`: other people expected to
    bear each name. The rest is per join: references, the row that shows it, how probable."""

    person: Codes
    doubt: Floats
    unfit: Mask
    bearers: Floats
    left: Codes
    right: Codes
    row: Codes
    probability: Floats


def join_by_evidence(
    slots: Slots,
    by_identifier: ByIdentifier,
    by_name: ByName,
    *,
    mentions: pa.Table | None,
    resolved_mentions: pa.Table | None,
    profiles: Mapping[str, int] = _NO_PROFILES,
    model: Model | None = None,
) -> ByEvidence:
    """Join people of compatible names who share co-authors, affiliations, domains or papers'
    institutions, or whose name is rare enough."""
    bearers = expect_known_bearers(slots, by_name, profiles)
    n = len(slots.identifiers.text)
    unfit = find_unfit(slots, by_identifier)
    barred = np.zeros(n, dtype=np.bool_)
    barred[by_name.person[np.flatnonzero(unfit)]] = True
    registries = _name_registries(slots, by_identifier, by_name)
    authorships = list_authorships(
        slots,
        by_name.person,
        bearers,
        read_affiliations(slots, mentions, resolved_mentions),
        find_concerned(slots, by_name.person, registries, barred),
    )
    found = match_authorships(
        authorships, np.flatnonzero(~barred[authorships.node]), registries, model or load_model()
    )
    left = slots.ref[authorships.first_row[found.left]]
    right = slots.ref[authorships.first_row[found.right]]
    return ByEvidence(
        person=_smallest(found.person[by_name.person], n),
        doubt=found.doubt[by_name.person],
        unfit=unfit,
        bearers=bearers,
        left=left,
        right=right,
        row=authorships.first_row[found.right],
        probability=found.probability,
    )


def find_concerned(
    slots: Slots, person: Codes, registries: NDArray[np.uint64], barred: Mask
) -> Mask:
    """Groups that could be joined with another: of those that share a name's block, not all are
    told apart by one registry, as all are that OpenAlex alone knows."""
    refs, names, _, _ = slots.ref_names()
    block = number_blocks(slots.names.parsed)[names] if len(names) else names
    node = person[refs]
    usable = ~barred[node]
    node, block = node[usable], block[usable]
    n = len(person)
    root = find_components(n + int(block.max(initial=-1)) + 1, node, n + block)[node]
    groups, members, _, _ = distinct_pairs(root, node)
    concerned = np.zeros(n, dtype=np.bool_)
    if len(groups):
        starts = np.flatnonzero(np.concatenate([[True], groups[1:] != groups[:-1]]))
        sizes = np.diff(starts, append=len(groups))
        apart = np.bitwise_and.reduceat(registries[members], starts) != 0
        concerned[members] = np.repeat(~apart & (sizes > 1), sizes)
    return concerned


def expect_known_bearers(
    slots: Slots, by_name: ByName, profiles: Mapping[str, int] = _NO_PROFILES
) -> Floats:
    """Expected other bearers of each name, and no fewer than are seen: as people of one registry,
    as authors of one paper, by an ending of an ACL slug, or by the number of `profiles`."""
    registered = np.array([profiles.get(name, 1) for name in slots.names.full], dtype=np.float64)
    bearers = np.maximum(slots.names.bearers, PROFILE_SHARE * (registered - 1))
    bearers[slots.numbered_names] = np.maximum(bearers[slots.numbered_names], 1)
    rows = np.flatnonzero(slots.name >= 0)
    on_paper, _, _, _ = distinct_pairs(
        slots.paper[rows] * len(bearers) + slots.name[rows], by_name.person[slots.ref[rows]]
    )
    _see(bearers, on_paper % len(bearers), on_paper)
    refs, names, _, _ = slots.ref_names()
    hard = slots.identifiers.hard[refs]
    refs, names = refs[hard], names[hard]
    n_systems = len(slots.identifiers.systems)
    in_registry = names * n_systems + slots.identifiers.system[refs]
    keys, _, _, _ = distinct_pairs(in_registry, by_name.person[refs])
    _see(bearers, keys // n_systems, keys)
    return bearers


def _see(bearers: Floats, name: Codes, group: Codes) -> None:
    """Raise the bearers of a name to the other members of its largest group."""
    _, place, counts = np.unique(group, return_inverse=True, return_counts=True)
    np.maximum.at(bearers, name, counts[place] - 1.0)


def find_unfit(slots: Slots, by_identifier: ByIdentifier) -> Mask:
    """References that mean nobody, or several people."""
    identifiers = slots.identifiers
    unfit = by_identifier.shared[: identifiers.n_refs].copy()
    refs, names, _, _ = slots.ref_names()
    slug = identifiers.system[refs] == identifiers.number("acl")
    slug &= ~slots.numbered_refs[refs]
    slug &= (slots.names.bearers[names] > MAX_SLUG_BEARERS) | slots.numbered_names[names]
    unfit[refs[slug]] = True
    return unfit


def _name_registries(
    slots: Slots, by_identifier: ByIdentifier, by_name: ByName
) -> NDArray[np.uint64]:
    """One bit for each registry that identifies a group; the last bit serves all after the 62nd.

    An ACL slug with an ending is such an identifier among slugs.
    """
    identifiers = slots.identifiers
    bits = np.zeros(len(identifiers.text), dtype=np.uint64)
    bit = np.uint64(1) << np.minimum(np.arange(len(identifiers.systems)), 63).astype(np.uint64)
    hard = np.flatnonzero(identifiers.hard & ~by_identifier.shared)
    np.bitwise_or.at(bits, by_name.person[hard], bit[identifiers.system[hard]])
    numbered = np.flatnonzero(slots.numbered_refs)
    np.bitwise_or.at(bits, by_name.person[numbered], bit[identifiers.number("acl")])
    return bits


def _smallest(person: Codes, n: int) -> Codes:
    """Name every group by its smallest member."""
    first = np.full(n, n, dtype=np.int64)
    np.minimum.at(first, person, np.arange(n))
    return first[person]
