"""Which affiliations have been read before, by the bytes they are written in? Compiled.

An institution is looked up by the number of its id: where the bytes of the object that was read
last under it stand again, they are the same object, because a JSON object ends where it ends. So
it is neither followed nor decoded again.
"""

from __future__ import annotations

from typing import Final, NamedTuple

import numpy as np
import numpy.typing as npt

from talentflow.sources.openalex.tokens import (
    BAD,
    NINE,
    OPEN,
    QUOTE,
    ZERO,
    Bytes,
    as_bytes,
    begins,
    compiled,
    end_of_string,
    skip_value,
)
from talentflow.sources.openalex.vectors import MARGIN, find_differences, first_of, read_word

INSTITUTION: Final = 0
TEXT: Final = 1
E_START: Final = 0
E_LENGTH: Final = 1
E_KIND: Final = 2
E_NUMBER: Final = 3

_FIRST_SLOTS: Final = 1 << 15
_MOST_SLOTS: Final = 1 << 21
_BYTES_A_SLOT: Final = 128
"""Institutions take some 300 bytes each, texts 80; half of the slots are filled."""

_FACTOR: Final = np.uint64(0x9E3779B97F4A7C15)
_INSTITUTION_HEAD = as_bytes('{"id":"https://openalex.org/I')


class Entries(NamedTuple):
    """Distinct affiliations by the bytes they are written in, columns E_…. `counts`: entries,
    bytes of `arena`, and 1 once there was no room for one more. `slots` is a hash
    table of entries: 0 for a free slot, else the entry + 1."""

    counts: npt.NDArray[np.int64]
    slots: npt.NDArray[np.int32]
    entries: npt.NDArray[np.int64]
    arena: Bytes


def make_entries(slots: int = _FIRST_SLOTS) -> Entries:
    """Room for half as many entries as there are slots, a power of two."""
    return Entries(
        np.zeros(3, np.int64),
        np.zeros(slots, np.int32),
        np.zeros((slots // 2, 4), np.int64),
        np.zeros(slots * _BYTES_A_SLOT + MARGIN, np.uint8),
    )


def enlarge(entries: Entries) -> tuple[Entries, bool]:
    """More room, and whether the entries are kept: a table that is large enough starts anew."""
    if len(entries.slots) >= _MOST_SLOTS and entries.counts[0]:
        return make_entries(len(entries.slots)), False
    larger = make_entries(4 * len(entries.slots))
    count, size, _ = entries.counts
    larger.counts[:2] = entries.counts[:2]
    larger.entries[:count] = entries.entries[:count]
    larger.arena[:size] = entries.arena[:size]
    _fill_slots(larger)
    return larger, True


@compiled
def _same(b, i, arena, start, length):  # type: ignore[no-untyped-def]
    """Whether `length` bytes are equal."""
    k = 0
    while k + MARGIN <= length:
        if find_differences(b, i + k, arena, start + k) != 0:
            return False
        k += MARGIN
    return first_of(find_differences(b, i + k, arena, start + k)) >= length - k


@compiled
def _slot(number, entries):  # type: ignore[no-untyped-def]
    """Where in the table a number is looked for first."""
    mixed = np.uint64(number) * _FACTOR
    return np.int64(mixed >> np.uint64(32)) & (len(entries.slots) - 1)


@compiled
def _fill_slots(entries):  # type: ignore[no-untyped-def]
    for entry in range(entries.counts[0]):
        _take_slot(entry, entries)


@compiled
def _take_slot(entry, entries):  # type: ignore[no-untyped-def]
    slot = _slot(entries.entries[entry, E_NUMBER], entries)
    while entries.slots[slot] != 0:
        slot = (slot + 1) & (len(entries.slots) - 1)
    entries.slots[slot] = entry + 1


@compiled
def _find_known(b, i, limit, number, entries):  # type: ignore[no-untyped-def]
    """The entry under this number whose bytes stand at `i`; -1: none."""
    slot = _slot(number, entries)
    while entries.slots[slot] != 0:
        entry = entries.slots[slot] - 1
        length = entries.entries[entry, E_LENGTH]
        if (
            i + length <= limit
            and b[i + length - 1] == entries.arena[entries.entries[entry, E_START] + length - 1]
            and _same(b, i, entries.arena, entries.entries[entry, E_START], length)
        ):
            return entry
        slot = (slot + 1) & (len(entries.slots) - 1)
    return -1


@compiled
def _add_entry(b, i, end, kind, number, entries):  # type: ignore[no-untyped-def]
    """A new entry of the bytes from `i` to `end`; -1: there is no room."""
    entry = entries.counts[0]
    start = entries.counts[1]
    if entry >= len(entries.entries) or start + (end - i) > len(entries.arena) - MARGIN:
        entries.counts[2] = 1
        return -1
    for k in range(end - i):
        entries.arena[start + k] = b[i + k]
    entries.entries[entry, E_START] = start
    entries.entries[entry, E_LENGTH] = end - i
    entries.entries[entry, E_KIND] = kind
    entries.entries[entry, E_NUMBER] = number
    entries.counts[0] = entry + 1
    entries.counts[1] = start + (end - i)
    _take_slot(entry, entries)
    return entry


@compiled
def _hash_text(b, i, end):  # type: ignore[no-untyped-def]
    """A number that differs for most texts, from their length and up to 24 bytes of them."""
    size = end - i
    if size < 8:
        number = read_word(b, i) & ((np.uint64(1) << np.uint64(8 * size)) - np.uint64(1))
    else:
        number = read_word(b, i)
        number = number * _FACTOR ^ (number >> np.uint64(29)) ^ read_word(b, end - 8)
        number = number * _FACTOR ^ (number >> np.uint64(29)) ^ read_word(b, i + (size - 8) // 2)
    number = number * _FACTOR ^ (number >> np.uint64(29)) ^ np.uint64(size)
    return np.int64(number >> np.uint64(1))


@compiled
def _find_text(b, i, end, number, entries):  # type: ignore[no-untyped-def]
    slot = _slot(number, entries)
    while entries.slots[slot] != 0:
        entry = entries.slots[slot] - 1
        if entries.entries[entry, E_LENGTH] == end - i and _same(
            b, i, entries.arena, entries.entries[entry, E_START], end - i
        ):
            return entry
        slot = (slot + 1) & (len(entries.slots) - 1)
    return -1


@compiled
def read_element(b, i, limit, kind, entries):  # type: ignore[no-untyped-def]
    """One institution or one affiliation text: (entry, position after it).

    The entry is -1 where there is no room for a new one, -2 where this is neither.
    """
    if kind == INSTITUTION:
        if b[i] != OPEN:
            return -2, i
        number = 0
        if begins(b, i, _INSTITUTION_HEAD):
            k = i + len(_INSTITUTION_HEAD)
            while ZERO <= b[k] <= NINE:
                number = number * 10 + (b[k] - ZERO)
                k += 1
        entry = _find_known(b, i, limit, number, entries)
        if entry >= 0:
            return entry, i + entries.entries[entry, E_LENGTH]
        end = skip_value(b, i)
    else:
        end = BAD
        if b[i] == QUOTE:
            end = end_of_string(b, i + 1)
            if end != BAD:
                end += 1
        if end == BAD:
            return -2, i
        number = _hash_text(b, i, end)
        entry = _find_text(b, i, end, number, entries)
        if entry >= 0:
            return entry, end
    if end == BAD:
        return -2, i
    return _add_entry(b, i, end, kind, number, entries), end
