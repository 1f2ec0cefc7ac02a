"""What do two authorships of one name share that strangers of that name would not?

An authorship is one person on one paper. Beside the name it shows with whom, where and at which
conference; what few others show counts for more.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Final, NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from talentflow.resolve.names import PersonName
from talentflow.resolve.people_graph import Codes, Mask, Ragged, distinct_pairs
from talentflow.resolve.people_rows import number_values
from talentflow.resolve.people_slots import Floats, Slots

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
    slots: Slots,
    person: Codes,
    bearers: Floats,
    affiliations: Affiliations,
    concerned: Mask | None = None,
) -> Authorships:
    """The authorships of `slots`, `person` giving the group of each identifier.

    Those without a name carry a last, empty one: they show who stands on a paper. Where groups
    are `concerned`, the others are left out once they have said how common each key is, so that
    what is held grows with the former alone.
    """
    names = [*slots.names.parsed, _NOBODY]
    author_key = number_blocks(names)
    keys_of, domains_of = _by_mention(affiliations.key), _by_mention(affiliations.domain)
    wanted = np.ones(len(person), np.bool_) if concerned is None else concerned
    listed = _Listed()
    for rows, loose in _walk_papers(slots):
        part = _list_part(slots, person, rows)
        named = part.name < len(names) - 1
        keys = _spread(keys_of, slots.mention[part.rows], part.place)
        around = _spread(keys_of, slots.loose[1][loose], slots.loose[0][loose] - part.first_paper)
        setting = (part.paper[keys[0]], keys[1])
        listed.add(
            part,
            wanted[part.node],
            (
                (part.paper[named], author_key[part.name[named]]),
                tuple(np.concatenate(both) for both in zip(around, setting, strict=True)),
                keys,
                _spread(domains_of, slots.mention[part.rows], part.place),
            ),
        )
    return listed.finish(take_apart(names), np.append(bearers, 0))


_ROWS_AT_ONCE: Final = 1 << 18


def _walk_papers(slots: Slots) -> Iterator[tuple[Codes, slice]]:
    """Rows of whole papers, about so many at once, in the order of papers and then of rows; and
    which of the loose mentions are of them."""
    order = np.argsort(slots.paper, kind="stable")
    papers = slots.paper[order]
    start = 0
    while start < len(order):
        last = papers[min(start + _ROWS_AT_ONCE, len(order)) - 1]
        stop = int(np.searchsorted(papers, last, side="right"))
        ends = np.searchsorted(slots.loose[0], [papers[start], last + 1])
        yield order[start:stop], slice(int(ends[0]), int(ends[1]))
        start = stop


class _Part(NamedTuple):
    """The authorships of some papers, numbered from `first_paper` on; `rows` are theirs, and
    `place` says which of them each row is of."""

    rows: Codes
    place: Codes
    first_paper: int
    paper: Codes
    node: Codes
    name: Codes
    first_row: Codes
    venue: Codes


def _list_part(slots: Slots, person: Codes, rows: Codes) -> _Part:
    n_refs = slots.identifiers.n_refs
    first_paper = int(slots.paper[rows[0]])
    venue = np.zeros(int(slots.paper[rows[-1]]) - first_paper + 1, dtype=np.int64)
    venue[slots.paper[rows] - first_paper] = slots.venue[rows]
    rows = rows[np.argsort(slots.name[rows] < 0, kind="stable")]
    packed, first, place = np.unique(
        (slots.paper[rows] - first_paper) * n_refs + slots.ref[rows],
        return_index=True,
        return_inverse=True,
    )
    paper, first_row = packed // n_refs, rows[first]
    name = slots.name[first_row]
    return _Part(
        rows=rows,
        place=place,
        first_paper=first_paper,
        paper=paper,
        node=person[slots.ref[first_row]],
        name=np.where(name < 0, len(slots.names.parsed), name),
        first_row=first_row,
        venue=venue,
    )


class _Listed:
    """Authorships part after part: of all how common each key is, of some the whole."""

    def __init__(self) -> None:
        self._papers = self._authorships = 0
        self._columns: list[tuple[Codes, ...]] = [tuple(np.zeros((4, 0), np.int64))]
        self._venues: list[Codes] = [np.zeros(0, np.int64)]
        self._shown = [_Showing() for _ in range(4)]

    def add(self, part: _Part, kept: Mask, shown: tuple[tuple[Codes, ...], ...]) -> None:
        """`kept` authorships of a part, and what is shown by papers' authors, by all on a paper,
        by authorships and by their domains: (paper or authorship, key)."""
        papers = np.zeros(len(part.venue), np.bool_)
        papers[part.paper[kept]] = True
        number = np.cumsum(papers) - 1 + self._papers
        self._columns.append(
            (part.node[kept], number[part.paper[kept]], part.name[kept], part.first_row[kept])
        )
        self._venues.append(part.venue[papers])
        authorship = np.cumsum(kept) - 1 + self._authorships
        for showing, pairs, of, all_of in zip(
            self._shown,
            shown,
            (papers, papers, kept, kept),
            (number, number, authorship, authorship),
            strict=True,
        ):
            showing.add(pairs[0], pairs[1], of, all_of)
        self._papers += int(papers.sum())
        self._authorships += int(kept.sum())

    def finish(self, names: NameParts, bearers: Floats) -> Authorships:
        node, paper, name, first_row = (
            np.concatenate(parts) for parts in zip(*self._columns, strict=True)
        )
        authors, setting, affiliations, domains = self._shown
        return Authorships(
            node=node,
            paper=paper,
            name=name,
            first_row=first_row,
            venue=np.concatenate(self._venues),
            names=names,
            bearers=bearers,
            authors=authors.finish(self._papers),
            setting=setting.finish(self._papers),
            affiliations=affiliations.finish(len(node)),
            domains=domains.finish(len(node)),
        )


class _Showing:
    """How many things show any key and how many each, and the keys of the things that are kept."""

    def __init__(self) -> None:
        self._showing = 0
        self._shown_by = np.zeros(1, np.int64)
        self._kept: list[tuple[Codes, Codes]] = [(np.zeros(0, np.int64), np.zeros(0, np.int64))]

    def add(self, things: Codes, keys: Codes, kept: Mask, number: Codes) -> None:
        """Pairs of some further things; the `kept` ones have these numbers."""
        things, keys, _, _ = distinct_pairs(things, keys)
        self._showing += len(np.unique(things))
        found = np.bincount(keys, minlength=len(self._shown_by))
        found[: len(self._shown_by)] += self._shown_by
        self._shown_by = found
        chosen = kept[things]
        self._kept.append((number[things[chosen]], keys[chosen]))

    def finish(self, n_things: int) -> Shown:
        """Every key weighed by how few of the things that show any key show it."""
        things, keys = (np.concatenate(parts) for parts in zip(*self._kept, strict=True))
        weight = np.log(max(self._showing, 1) / np.maximum(self._shown_by, 1))
        starts = np.searchsorted(things, np.arange(n_things + 1))
        return Shown(keys=Ragged(starts, keys), weight=weight)


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


def _by_mention(pairs: tuple[Codes, Codes]) -> Ragged:
    """The keys of each mention up to the last that has any."""
    return Ragged.from_pairs(int(pairs[0].max(initial=-1)) + 1, *pairs)


def _spread(keys: Ragged, mention: Codes, thing: Codes) -> tuple[Codes, Codes]:
    """Join the keys of mentions with (mention of a row, thing of a row): distinct (thing, key)."""
    known = np.flatnonzero((mention >= 0) & (mention < len(keys.starts) - 1))
    mention, thing = mention[known], thing[known]
    counts = np.diff(keys.starts)[mention]
    ends = np.cumsum(counts)
    place = np.arange(int(counts.sum())) - np.repeat(ends - counts, counts)
    place += np.repeat(keys.starts[mention], counts)
    things, found, _, _ = distinct_pairs(np.repeat(thing, counts), keys.values[place])
    return things, found
