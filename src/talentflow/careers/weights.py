"""How much does a person count in a bootstrap replicate?

The Poisson bootstrap gives every person an independent Poisson(1) weight in every replicate.
The weight is drawn from a counter-based hash of (person, replicate), so it depends on nothing
but the two: any partitioning, engine or order of rows gives the same replicates.

Sources: the Poisson bootstrap, Chamandy et al. 2012; the hash, SplitMix64 (Steele, Lea and
Flood 2014) over FNV-1a 64 of the person's id.
"""

from __future__ import annotations

from typing import Final

import numba as nb
import numpy as np
import numpy.typing as npt
import pyarrow as pa

_FNV_OFFSET: Final = np.uint64(0xCBF29CE484222325)
_FNV_PRIME: Final = np.uint64(0x100000001B3)
_GOLDEN: Final = np.uint64(0x9E3779B97F4A7C15)
_MIX_1: Final = np.uint64(0xBF58476D1CE4E5B9)
_MIX_2: Final = np.uint64(0x94D049BB133111EB)

_S30: Final = np.uint64(30)
_S27: Final = np.uint64(27)
_S31: Final = np.uint64(31)
_S32: Final = np.uint64(32)
_LOW32: Final = np.uint64(0xFFFFFFFF)


def _poisson_thresholds() -> npt.NDArray[np.uint64]:
    """P(X ≤ k) of Poisson(1) in units of 2⁻³², k = 0 … 11; above 12 lies less than one unit."""
    probabilities = np.exp(-1.0) / np.cumprod([1.0, *range(1, 12)])
    return np.round(np.cumsum(probabilities) * 2.0**32).astype(np.uint64)


THRESHOLDS: Final = _poisson_thresholds()


def hash_ids(ids: pa.StringArray) -> npt.NDArray[np.uint64]:
    """64-bit hash of each string; the same string gives the same hash everywhere."""
    ids = ids.cast(pa.large_string()) if ids.type != pa.large_string() else ids
    offsets = np.frombuffer(ids.buffers()[1], np.int64)[ids.offset : ids.offset + len(ids) + 1]
    data = ids.buffers()[2]
    characters = np.frombuffer(data, np.uint8) if data is not None else np.zeros(0, np.uint8)
    return _hash_slices(offsets, characters)


@nb.njit(cache=True, nogil=True)
def _hash_slices(
    offsets: npt.NDArray[np.int64], characters: npt.NDArray[np.uint8]
) -> npt.NDArray[np.uint64]:
    hashes = np.empty(max(len(offsets) - 1, 0), np.uint64)
    for i in range(len(hashes)):
        state = _FNV_OFFSET
        for j in range(offsets[i], offsets[i + 1]):
            state = (state ^ np.uint64(characters[j])) * _FNV_PRIME
        hashes[i] = state
    return hashes


@nb.njit(cache=True, nogil=True)
def draw_weights(person_hash: np.uint64, weights: npt.NDArray[np.int32]) -> None:
    """Fill `weights` for one person: item 0 is 1 (the point value), items 1…B are Poisson(1)."""
    weights[0] = 1
    for pair in range(1, len(weights), 2):
        bits = person_hash + np.uint64(pair) * _GOLDEN
        bits = (bits ^ (bits >> _S30)) * _MIX_1
        bits = (bits ^ (bits >> _S27)) * _MIX_2
        bits = bits ^ (bits >> _S31)
        weights[pair] = _count_thresholds(bits & _LOW32)
        if pair + 1 < len(weights):
            weights[pair + 1] = _count_thresholds(bits >> _S32)


@nb.njit(cache=True, nogil=True, inline="always")
def _count_thresholds(uniform: np.uint64) -> int:
    count = 0
    for k in range(len(THRESHOLDS)):
        count += uniform >= THRESHOLDS[k]
    return count
