"""What hangs together, and what may hang together?

Two ways to form groups: everything that is connected, at once and in arrays; and, for the few
places where that would join what must stay apart, one joint after the other.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Codes = NDArray[np.int64]
Mask = NDArray[np.bool_]


def find_components(n_nodes: int, left: Codes, right: Codes) -> Codes:
    """The smallest node connected with each of `n_nodes` nodes by the edges (left, right).

    Every round hooks the larger of two roots onto the smaller and then shortens all paths.
    """
    root = np.arange(n_nodes, dtype=np.int64)
    while left.size:
        from_root, to_root = root[left], root[right]
        apart = from_root != to_root
        if not apart.any():
            break
        left, right = left[apart], right[apart]
        low = np.minimum(from_root[apart], to_root[apart])
        high = np.maximum(from_root[apart], to_root[apart])
        np.minimum.at(root, high, low)
        while not np.array_equal(shorter := root[root], root):
            root = shorter
    return root


def join_cautiously(
    groups: Sequence[Sequence[int]], clash: Callable[[int, list[set[int]]], bool]
) -> list[bool]:
    """Join the members of each group in turn; whether it was done, per group.

    A group is joined wholly, together with all that its members were joined to before, or not at
    all: `clash` is given its position and the parts it would join, and says whether these cannot
    be one.
    """
    part_of: dict[int, set[int]] = {}
    done = []
    for position, group in enumerate(groups):
        parts = list({id(part): part for part in (part_of.get(m, {m}) for m in group)}.values())
        possible = len(parts) < 2 or not clash(position, parts)
        done.append(possible)
        if possible:
            joined = set[int]().union(*parts)
            part_of.update(dict.fromkeys(joined, joined))
    return done


@dataclass(frozen=True)
class Ragged:
    """The distinct values of each key: those of key k are `values[starts[k]:starts[k + 1]]`."""

    starts: Codes
    values: Codes

    @classmethod
    def from_pairs(cls, n_keys: int, keys: Codes, values: Codes) -> Ragged:
        """Group distinct pairs by key, values in ascending order."""
        keys, values, _, _ = distinct_pairs(keys, values)
        return cls(np.searchsorted(keys, np.arange(n_keys + 1)), values)

    def of(self, key: int) -> list[int]:
        """The values of one key."""
        found: list[int] = self.values[self.starts[key] : self.starts[key + 1]].tolist()
        return found

    def several(self) -> Iterator[tuple[int, list[int]]]:
        """Every key with more than one value."""
        for key in np.flatnonzero(np.diff(self.starts) > 1).tolist():
            yield key, self.of(key)


def distinct_pairs(keys: Codes, values: Codes) -> tuple[Codes, Codes, Codes, Codes]:
    """Distinct (key, value), sorted; the first position of each, and how often it occurs."""
    width = int(values.max(initial=0)) + 1
    packed, place = _sort_with_places(keys * width + values)
    starts = np.flatnonzero(np.concatenate([packed[:1] == packed[:1], packed[1:] != packed[:-1]]))
    packed, counts = packed[starts], np.diff(starts, append=len(place))
    return packed // width, packed % width, place[starts], counts


def _sort_with_places(values: Codes) -> tuple[Codes, Codes]:
    """The values in ascending order and where each stood, equal ones as they stood.

    Value and place are sorted as one number where both fit, several times as fast as a stable
    sort of places.
    """
    bits = len(values).bit_length()
    if int(np.abs(values).max(initial=0)) < 1 << (62 - bits):
        both = np.sort((values << bits) | np.arange(len(values)))
        return both >> bits, both & ((1 << bits) - 1)
    place = np.argsort(values, kind="stable")
    return values[place], place


def repeated_keys(keys: Codes, values: Codes) -> Codes:
    """Keys that occur with more than one value."""
    keys, _, _, _ = distinct_pairs(keys, values)
    return np.unique(keys[1:][keys[1:] == keys[:-1]])
