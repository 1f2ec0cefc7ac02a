"""What do two authorships of one name share that strangers of that name would not?

An authorship is one person on one paper. Beside the name it shows with whom, where and at which
conference; what few others show counts for more.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from talentflow.resolve.names import PersonName
from talentflow.resolve.people_graph import Codes, Mask, Ragged, distinct_pairs
from talentflow.resolve.people_slots import Floats, Slots, number_values

FREE_MAIL: Final = frozenset(
    """
    126.com 163.com aol.com daum.net foxmail.com gmail.com gmx.de gmx.net googlemail.com
    hanmail.net hotmail.com icloud.com live.com mail.com mail.ru me.com msn.com naver.com
    outlook.com proton.me protonmail.com qq.com sina.com web.de yahoo.co.jp yahoo.com yandex.ru
    yeah.net
    """.split()  # noqa: SIM905 -- a word list reads better as prose
)
"""Domains that anybody may have an address at, so that sharing one says nothing."""


@dataclass(frozen=True, kw_only=True)
class Shown:
    """Which keys each thing shows, and how telling each key is: ln(things / things showing it)."""

    keys: Ragged
    weight: Floats

    @classmethod
    def from_pairs(cls, n_things: int, things: Codes, keys: Codes) -> Shown:
        """Weigh every key by how few of the things that show any key show it."""
        ragged = Ragged.from_pairs(n_things, things, keys)
        showing = max(int((np.diff(ragged.starts) > 0).sum()), 1)
        shown_by = np.bincount(ragged.values, minlength=int(keys.max(initial=-1)) + 1)
        return cls(keys=ragged, weight=np.log(showing / np.maximum(shown_by, 1)))


@dataclass(frozen=True, kw_only=True)
class NameParts:
    """The distinct names as numbers: `block` holds what names of one person share, surname and
    initial (−1: no given name); `words` the given names, a single letter as its own kind of word.

    `first_letter` and `is_letter` are per word.
    """

    block: Codes
    starts: Codes
    word: Codes
    first_letter: Codes
    is_letter: Mask
    complete: Mask


@dataclass(frozen=True, kw_only=True)
class Authorships:
    """One row per person reference and paper; `node` is who it is known to be so far.

    `bearers` is, per name, how many other people are expected to bear it. `authors` (surname and
    initial of everyone on the paper) and `setting` (affiliations of everyone on it) belong to
    papers, `affiliations` and `domains` to authorships.
    """

    node: Codes
    paper: Codes
    name: Codes
    first_row: Codes
    venue: Codes
    names: NameParts
    bearers: Floats
    authors: Shown
    setting: Shown
    affiliations: Shown
    domains: Shown

    @cached_property
    def log_bearers(self) -> Floats:
        """The expected namesakes on the scale of the model."""
        return np.log(np.clip(self.bearers, 0, 50) + 0.01)


@dataclass(frozen=True, kw_only=True)
class Affiliations:
    """Key numbers of mentions: `mention` → `key`, and `mention` → `domain`, pairs each."""

    key: tuple[Codes, Codes]
    domain: tuple[Codes, Codes]


_NOBODY: Final = PersonName((), "", False)


def list_authorships(
    slots: Slots, person: Codes, bearers: Floats, affiliations: Affiliations
) -> Authorships:
    """The authorships of `slots`, `person` giving the group of each identifier.

    Those without a name carry a last, empty one: they show who stands on a paper.
    """
    rows = np.argsort(slots.name < 0, kind="stable")
    n_refs = slots.identifiers.n_refs
    packed, first, place = np.unique(
        slots.paper[rows] * n_refs + slots.ref[rows], return_index=True, return_inverse=True
    )
    paper, first_row = packed // n_refs, rows[first]
    names = [*slots.names.parsed, _NOBODY]
    name = np.where(slots.name[first_row] < 0, len(names) - 1, slots.name[first_row])
    named = name < len(names) - 1
    n_papers = slots.n_papers
    author_key = number_blocks(names)
    keys_of, domains_of = (
        _spread(pairs, slots.mention[rows], place)
        for pairs in (affiliations.key, affiliations.domain)
    )
    around = _spread(affiliations.key, slots.loose[1], slots.loose[0])
    setting = tuple(
        np.concatenate(both) for both in zip(around, (paper[keys_of[0]], keys_of[1]), strict=True)
    )
    venue = np.zeros(n_papers, dtype=np.int64)
    venue[slots.paper] = slots.venue
    return Authorships(
        node=person[slots.ref[first_row]],
        paper=paper,
        name=name,
        first_row=first_row,
        venue=venue,
        names=take_apart(names),
        bearers=np.append(bearers, 0),
        authors=Shown.from_pairs(n_papers, paper[named], author_key[name[named]]),
        setting=Shown.from_pairs(n_papers, *setting),
        affiliations=Shown.from_pairs(len(paper), *keys_of),
        domains=Shown.from_pairs(len(paper), *domains_of),
    )


def read_affiliations(
    slots: Slots, mentions: pa.Table | None, resolved_mentions: pa.Table | None
) -> Affiliations:
    """What the mentions of `slots` say, as numbers.

    A mention is known by its organization and by the pieces of its text between commas; where
    neither table is given, by its own number.
    """
    nothing = np.zeros(0, dtype=np.int64)
    n = len(slots.mentions)
    if mentions is None and resolved_mentions is None:
        return Affiliations(key=(np.arange(n), np.arange(n)), domain=(nothing, nothing))
    who: list[Codes] = []
    texts: list[pa.Array] = []
    domain = (nothing, nothing)
    if resolved_mentions is not None:
        place = slots.place_mentions(resolved_mentions["mention_id"])
        known = np.flatnonzero(
            (place >= 0) & pc.is_valid(resolved_mentions["organization_id"]).to_numpy()
        )
        who.append(place[known])
        texts.append(resolved_mentions["organization_id"].combine_chunks().take(pa.array(known)))
    if mentions is not None:
        place = slots.place_mentions(mentions["mention_id"])
        used = np.flatnonzero(place >= 0)
        taken = mentions.take(pa.array(used))
        row, pieces = split_affiliations(taken["text"].combine_chunks())
        who.append(place[used][row])
        texts.append(pieces)
        row, found = registered_domains(taken["domain"].combine_chunks())
        domain = (place[used][row], number_values(found)[1])
    _, key = number_values(pa.concat_arrays([t.cast(pa.string()) for t in texts]))
    return Affiliations(key=(np.concatenate(who), key), domain=domain)


def split_affiliations(texts: pa.Array) -> tuple[Codes, pa.Array]:
    """The pieces of affiliation texts between separators, letters and digits only: the row of
    each piece, and the pieces."""
    lists = pc.split_pattern_regex(pc.fill_null(texts, ""), r"[,;+|]| - ")
    row = pc.list_parent_indices(lists).to_numpy(zero_copy_only=False).astype(np.int64)
    pieces = pc.replace_substring_regex(
        pc.utf8_lower(pc.list_flatten(lists)), r"[^\p{L}\p{N}]+", ""
    )
    kept = np.flatnonzero(pc.greater(pc.utf8_length(pieces), 2).to_numpy(zero_copy_only=False))
    return row[kept], pieces.take(pa.array(kept))


def registered_domains(domains: pa.Array) -> tuple[Codes, pa.Array]:
    """`cs.uni.ac.kr` → `uni.ac.kr`; the row of each, domains of free mail left out."""
    encoded = domains.dictionary_encode()
    known = [_registered_domain(text or "") for text in encoded.dictionary.to_pylist()]
    places = encoded.indices
    found = pa.array(known, pa.string()).take(places)
    row = np.flatnonzero(pc.is_valid(found).to_numpy(zero_copy_only=False))
    return row, found.take(pa.array(row))


def _registered_domain(domain: str) -> str | None:
    labels = domain.lower().strip(". ").split(".")
    if len(labels) < 2 or ".".join(labels) in FREE_MAIL:
        return None
    national = len(labels) > 2 and len(labels[-1]) == 2 and len(labels[-2]) <= 3
    return ".".join(labels[-3:] if national else labels[-2:])


def number_blocks(names: list[PersonName]) -> Codes:
    """One number per surname and initial."""
    return number_values(
        pa.array([f"{name.surname} {name.given[0][:1] if name.given else ''}" for name in names])
    )[1]


def take_apart(names: list[PersonName]) -> NameParts:
    """Names as the numbers that `compare_names` reads."""
    counts = [len(name.given) for name in names]
    words = pa.array([word for name in names for word in name.given], pa.string())
    listed, word = number_values(words)
    texts: list[str] = listed.to_pylist()
    # A single Han or Hangul character is a whole given name, no initial.
    western = np.repeat(np.array([not name.east_asian for name in names], np.bool_), counts)
    letter = np.array([len(text) == 1 for text in texts], dtype=np.bool_)
    block = number_blocks(names)
    nameless = np.array([not (name.given and name.surname) for name in names], dtype=np.bool_)
    return NameParts(
        block=np.where(nameless, -1, block),
        starts=np.concatenate([[0], np.cumsum(counts, dtype=np.int64)]).astype(np.int64),
        word=word,
        first_letter=np.array([ord(text[0]) for text in texts], dtype=np.int64)[word],
        is_letter=letter[word] & western,
        complete=np.array([name.complete for name in names], dtype=np.bool_),
    )


def _spread(pairs: tuple[Codes, Codes], mention: Codes, thing: Codes) -> tuple[Codes, Codes]:
    """Join (mention, key) with (mention of a row, thing of a row): distinct (thing, key)."""
    nothing = np.zeros(0, dtype=np.int64)
    if not (len(mention) and len(pairs[0])):
        return nothing, nothing
    n = int(max(mention.max(), pairs[0].max())) + 1
    keys = Ragged.from_pairs(n, *pairs)
    with_mention = np.flatnonzero(mention >= 0)
    mention, thing = mention[with_mention], thing[with_mention]
    counts = np.diff(keys.starts)[mention]
    ends = np.cumsum(counts)
    place = np.arange(int(counts.sum())) - np.repeat(ends - counts, counts)
    place += np.repeat(keys.starts[mention], counts)
    things, found, _, _ = distinct_pairs(np.repeat(thing, counts), keys.values[place])
    return things, found
