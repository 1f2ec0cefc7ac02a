"""When do two references mean one person, and when do they only seem to?

By identifier: references that carry one identifier of a registry are one person, unless their
names cannot be one person's or a paper lists them both. By name: what carries a rare full name
is one person, unless a paper lists it twice or one registry knows two people by it. Evidence that
is denied once is denied for all it would join.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from itertools import chain, combinations
from typing import Final

import numpy as np

from talentflow.resolve.identifiers import ADDRESS_SYSTEMS, PREFERENCE
from talentflow.resolve.names import could_be_one_person
from talentflow.resolve.people_graph import (
    Codes,
    Mask,
    Ragged,
    find_components,
    join_cautiously,
    repeated_keys,
)
from talentflow.resolve.people_slots import Slots

MAX_COMMONNESS: Final = 0.02
"""A name alone identifies a person when fewer other bearers than this are expected among the
names; above it the evidence is weighed as well."""

MAX_COMMONNESS_TWICE: Final = {"email": 0.01, "ieee": 0.01}
"""Below this a name even joins two identifiers of one system, which otherwise are two people."""

MAX_COMMONNESS_TWICE_ELSEWHERE: Final = 0.001
"""The same for systems in which people register themselves and seldom twice."""


@dataclass(frozen=True, kw_only=True)
class ByIdentifier:
    """`person`: identifier → its group (the smallest member). `followed`: which links were.
    `shared`: identifiers that people of different names use."""

    person: Codes
    followed: Mask
    shared: Mask


@dataclass(frozen=True, kw_only=True)
class ByName:
    """`person`: identifier → its group. The rest is per distinct (reference, complete name) of
    references that are not shared: whether the name is rare and whether it was followed."""

    person: Codes
    ref: Codes
    name: Codes
    first_row: Codes
    n_rows: Codes
    rare: Mask
    followed: Mask


def join_by_identifier(slots: Slots) -> ByIdentifier:
    """Join the references of each identifier, unless they are seen to be different people."""
    links, identifiers = slots.links, slots.identifiers
    n = len(identifiers.text)
    shared = _find_shared(slots)
    followed = identifiers.hard[links.identifier]
    followed &= ~(shared[links.ref] | shared[links.identifier])
    person = find_components(n, links.ref[followed], links.identifier[followed])
    refs_of = np.bincount(person[: identifiers.n_refs], minlength=n)
    doubtful = np.flatnonzero(followed & (refs_of[person[links.ref]] > 1))
    if doubtful.size:
        followed[doubtful] = _follow_cautiously(slots, doubtful)
        person = find_components(n, links.ref[followed], links.identifier[followed])
    return ByIdentifier(person=person, followed=followed, shared=shared)


def join_by_name(slots: Slots, by_identifier: ByIdentifier) -> ByName:
    """Join what carries a rare full name, unless it is seen to have several bearers."""
    refs, names, first_row, n_rows = slots.ref_names()
    kept = ~by_identifier.shared[refs] & np.isfinite(slots.names.commonness[names])
    refs, names, first_row, n_rows = refs[kept], names[kept], first_row[kept], n_rows[kept]
    rare = (slots.names.commonness < MAX_COMMONNESS) & ~slots.numbered_names
    person, n = by_identifier.person, len(slots.identifiers.text)
    carriers = person[refs[rare[names]]], names[rare[names]]

    joined = find_components(n + len(rare), carriers[0], n + carriers[1])
    followed = rare.copy()
    doubtful = np.flatnonzero(rare & _doubtful_people(slots, person, joined)[joined[n:]])
    if doubtful.size:
        followed[doubtful] = _follow_names_cautiously(slots, person, doubtful, carriers)
        still = followed[carriers[1]]
        joined = find_components(n + len(rare), carriers[0][still], n + carriers[1][still])
    return ByName(
        person=joined[person],
        ref=refs,
        name=names,
        first_row=first_row,
        n_rows=n_rows,
        rare=rare[names],
        followed=followed[names],
    )


def _find_shared(slots: Slots) -> Mask:
    """Person references that people of different names use, so that they mean no one person.

    For an address names anywhere count; for other references only those on one paper, because
    registries also hold changed and misprinted names.
    """
    refs, names, _, _ = slots.ref_names()
    identifiers = slots.identifiers
    shared = np.zeros(len(identifiers.text), dtype=np.bool_)
    address = np.isin(identifiers.system, numbers_of(slots, ADDRESS_SYSTEMS))[refs]
    anywhere = Ragged.from_pairs(identifiers.n_refs, refs[address], names[address])
    for ref, found in anywhere.several():
        shared[ref] = not _agree(slots, found)
    several = np.flatnonzero((slots.name >= 0) & np.isin(slots.ref, repeated_keys(refs, names)))
    on_paper, place = np.unique(
        slots.paper[several] * identifiers.n_refs + slots.ref[several], return_inverse=True
    )
    for key, found in Ragged.from_pairs(len(on_paper), place, slots.name[several]).several():
        shared[on_paper[key] % identifiers.n_refs] |= not _agree(slots, found)
    return shared


def _follow_cautiously(slots: Slots, doubtful: Codes) -> list[bool]:
    """Which of the links to follow, where they join several references."""
    links, identifiers = slots.links, slots.identifiers
    rank = rank_systems(slots)
    groups: dict[tuple[int, int, str], list[int]] = {}
    for link in doubtful.tolist():
        target = int(links.identifier[link])
        kind = (0, 0) if links.renamed[link] else (1, int(rank[identifiers.system[target]]))
        groups.setdefault((*kind, identifiers.text[target]), []).append(link)
    ordered = [links_of for _, links_of in sorted(groups.items())]
    members = [
        [int(links.identifier[of[0]]), *(int(links.ref[link]) for link in of)] for of in ordered
    ]
    done = join_cautiously(members, _identifier_clash(slots, doubtful))
    verdict = {link: ok for of, ok in zip(ordered, done, strict=True) for link in of}
    return [verdict[link] for link in doubtful.tolist()]


def _identifier_clash(slots: Slots, doubtful: Codes) -> Callable[[int, list[set[int]]], bool]:
    """Different people: two references on one paper, or names that cannot be one person's.

    Names on either side of a stated renaming are not compared with each other.
    """
    links, n_refs = slots.links, slots.identifiers.n_refs
    papers = Ragged.from_pairs(n_refs, slots.ref, slots.paper)
    refs, names, _, _ = slots.ref_names()
    names_of = Ragged.from_pairs(n_refs, refs, names)
    renamed = doubtful[links.renamed[doubtful]]
    bearer = find_components(
        len(slots.identifiers.text), links.ref[renamed], links.identifier[renamed]
    )

    def clash(_: int, parts: list[set[int]]) -> bool:
        refs = sorted(member for part in parts for member in part if member < n_refs)
        if _meet(papers.of(ref) for ref in refs):
            return True
        names: dict[int, list[int]] = {}
        for ref in refs:
            names.setdefault(int(bearer[ref]), []).extend(names_of.of(ref))
        return any(
            one and other and not _agree_across(slots, one, other)
            for one, other in combinations(names.values(), 2)
        )

    return clash


def _doubtful_people(slots: Slots, person: Codes, joined: Codes) -> Mask:
    """Which joint people hold two people of one registry, or stand on one paper twice."""
    doubtful = np.zeros(len(joined), dtype=np.bool_)
    hard = np.flatnonzero(slots.identifiers.hard)
    n_systems = len(slots.identifiers.systems)
    in_registry = joined[person[hard]] * n_systems + slots.identifiers.system[hard]
    doubtful[repeated_keys(in_registry, person[hard]) // n_systems] = True
    on_paper = slots.paper * len(joined) + joined[person[slots.ref]]
    doubtful[repeated_keys(on_paper, slots.ref) % len(joined)] = True
    return doubtful


def _follow_names_cautiously(
    slots: Slots, person: Codes, doubtful: Codes, carriers: tuple[Codes, Codes]
) -> list[bool]:
    """Which of the doubtful names to follow, the rarest first. `carriers`: (person, name)."""
    bearers = Ragged.from_pairs(len(slots.names.full), carriers[1], carriers[0])
    order = sorted(doubtful.tolist(), key=lambda name: (slots.names.commonness[name], name))
    done = join_cautiously([*map(bearers.of, order)], _name_clash(slots, person, order))
    verdict = dict(zip(order, done, strict=True))
    return [verdict[name] for name in doubtful.tolist()]


def _name_clash(
    slots: Slots, person: Codes, order: list[int]
) -> Callable[[int, list[set[int]]], bool]:
    """Different people: two on one paper, or two of one registry under too common a name."""
    hard = np.flatnonzero(slots.identifiers.hard)
    systems_of = Ragged.from_pairs(len(person), person[hard], slots.identifiers.system[hard])
    papers_of = Ragged.from_pairs(len(person), person[slots.ref], slots.paper)
    limits = [
        MAX_COMMONNESS_TWICE.get(system, MAX_COMMONNESS_TWICE_ELSEWHERE)
        for system in slots.identifiers.systems
    ]

    def clash(position: int, parts: list[set[int]]) -> bool:
        if _meet(papers_of.of(one) for part in parts for one in part):
            return True
        commonness = slots.names.commonness_bound[order[position]]
        registries = Counter(
            chain.from_iterable({s for one in part for s in systems_of.of(one)} for part in parts)
        )
        return any(n > 1 and commonness >= limits[system] for system, n in registries.items())

    return clash


def _agree(slots: Slots, names: list[int]) -> bool:
    parsed = slots.names.parsed
    return all(could_be_one_person(parsed[a], parsed[b]) for a, b in combinations(names, 2))


def _agree_across(slots: Slots, ones: list[int], others: list[int]) -> bool:
    parsed = slots.names.parsed
    return any(could_be_one_person(parsed[a], parsed[b]) for a in ones for b in others)


def _meet(lists: Iterable[list[int]]) -> bool:
    """Whether a value stands in two of the lists."""
    values = list(chain.from_iterable(lists))
    return len(set(values)) < len(values)


def numbers_of(slots: Slots, systems: frozenset[str]) -> list[int]:
    """The numbers of the systems that occur."""
    return [number for number, name in enumerate(slots.identifiers.systems) if name in systems]


def rank_systems(slots: Slots) -> Codes:
    """The place of each system in the order in which identifiers name a person."""
    systems = slots.identifiers.systems
    order = [*PREFERENCE, *(name for name in systems if name not in PREFERENCE)]
    return np.array([order.index(name) for name in systems], dtype=np.int64)
