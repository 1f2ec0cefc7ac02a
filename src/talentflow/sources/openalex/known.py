"""Which affiliations have been read before, by the bytes they are written in? Compiled.

An institution is looked up by the number of its id: where the bytes of the object that was read
last under it stand again, they are the same object, because a JSON object ends where it ends. So
it is neither followed nor decoded again.
"""


# the compiler makes better code of plain comparisons and loops.

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

TABLE_BITS: Final = 21
_MASK: Final = (1 << TABLE_BITS) - 1
INSTITUTION: Final = 0
TEXT: Final = 1
E_START: Final = 0
E_LENGTH: Final = 1
E_KIND: Final = 2

_INSTITUTION_HEAD = as_bytes('{"id":"https://openalex.org/I')


class Entries(NamedTuple):
    """Distinct affiliations by the bytes they are written in, columns E_…. `counts`: entries,
    bytes of `arena`. `slots` is a hash table of entries, 0 for a free slot, else the entry + 1."""

    counts: npt.NDArray[np.int64]
    slots: npt.NDArray[np.int32]
    entries: npt.NDArray[np.int64]
    arena: Bytes


def make_entries(arena_bytes: int) -> Entries:
    """Room for half as many entries as the hash table has slots, and so many bytes of them."""
    return Entries(
        np.zeros(2, np.int64),
        np.zeros(1 << TABLE_BITS, np.int32),
        np.zeros((1 << (TABLE_BITS - 1), 3), np.int64),
        np.zeros(arena_bytes, np.uint8),
    )


@compiled
def _same(b, i, arena, start, length):  # type: ignore[no-untyped-def]
    """Whether `length` bytes are equal; without leaving early, so that it is vectorised."""
    differ = np.uint8(0)
    for k in range(length):
        differ |= b[i + k] ^ arena[start + k]
    return differ == 0


@compiled
def _mix(number):  # type: ignore[no-untyped-def]
    mixed = np.uint64(number) * np.uint64(0x9E3779B97F4A7C15)
    return np.int64(mixed >> np.uint64(64 - TABLE_BITS))


@compiled
def _find_known(b, i, limit, number, entries):  # type: ignore[no-untyped-def]
    """The entry under this number whose bytes stand at `i`; -1: none."""
    slot = _mix(number)
    while entries.slots[slot] != 0:
        entry = entries.slots[slot] - 1
        length = entries.entries[entry, E_LENGTH]
        if (
            i + length <= limit
            and b[i + length - 1] == entries.arena[entries.entries[entry, E_START] + length - 1]
            and _same(b, i, entries.arena, entries.entries[entry, E_START], length)
        ):
            return entry
        slot = (slot + 1) & _MASK
    return -1


@compiled
def _add_entry(b, i, end, kind, number, entries):  # type: ignore[no-untyped-def]
    """A new entry of the bytes from `i` to `end`; -1: there is no room."""
    entry = entries.counts[0]
    start = entries.counts[1]
    if entry >= len(entries.entries) or start + (end - i) > len(entries.arena):
        return -1
    for k in range(end - i):
        entries.arena[start + k] = b[i + k]
    entries.entries[entry, E_START] = start
    entries.entries[entry, E_LENGTH] = end - i
    entries.entries[entry, E_KIND] = kind
    entries.counts[0] = entry + 1
    entries.counts[1] = start + (end - i)
    slot = _mix(number)
    while entries.slots[slot] != 0:
        slot = (slot + 1) & _MASK
    entries.slots[slot] = entry + 1
    return entry


@compiled
def _hash_text(b, i, end):  # type: ignore[no-untyped-def]
    """A number that differs for most texts, from their length and 24 bytes of them."""
    number = np.uint64(end - i)
    size = end - i
    for k in range(min(8, size)):
        number = number * np.uint64(31) + b[i + k]
        number = number * np.uint64(31) + b[end - 1 - k]
        number = number * np.uint64(31) + b[i + size // 2 - min(8, size) // 2 + k]
    return np.int64(number >> np.uint64(1))


@compiled
def _find_text(b, i, end, number, entries):  # type: ignore[no-untyped-def]
    slot = _mix(number)
    while entries.slots[slot] != 0:
        entry = entries.slots[slot] - 1
        if entries.entries[entry, E_LENGTH] == end - i and _same(
            b, i, entries.arena, entries.entries[entry, E_START], end - i
        ):
            return entry
        slot = (slot + 1) & _MASK
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
