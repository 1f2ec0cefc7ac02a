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
_THRESHOLDS_32: Final = tuple(np.uint32(threshold) for threshold in THRESHOLDS)


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


@nb.njit(cache=True, nogil=True, inline="always")
def mix_bits(bits: np.uint64) -> np.uint64:
    """The output function of SplitMix64: every bit of the input decides about half of those of
    the output."""
    bits = (bits ^ (bits >> _S30)) * _MIX_1
    bits = (bits ^ (bits >> _S27)) * _MIX_2
    return bits ^ (bits >> _S31)


@nb.njit(cache=True, nogil=True)
def draw_weights(person_hash: np.uint64, weights: npt.NDArray[np.int32]) -> None:
    """Fill `weights` for one person: item 0 is 1 (the point value), items 1…B are Poisson(1)."""
    pairs = len(weights) // 2
    # Two plain loops over all replicates, so that the processor draws many of them at once.
    for pair in range(pairs):
        bits = mix_bits(person_hash + np.uint64(2 * pair + 1) * _GOLDEN)
        weights[2 * pair + 1] = np.int32(bits & _LOW32)
        if 2 * pair + 2 < len(weights):
            weights[2 * pair + 2] = np.int32(bits >> _S32)
    for replicate in range(1, len(weights)):
        weights[replicate] = _count_thresholds(np.uint32(weights[replicate]))
    weights[0] = 1


@nb.njit(cache=True, nogil=True, inline="always")
def _count_thresholds(uniform: np.uint32) -> np.int32:
    count = np.int32(0)
    for threshold in nb.literal_unroll(_THRESHOLDS_32):
        count += np.int32(uniform >= threshold)
    return count


@nb.njit(cache=True, nogil=True)
def hash_number(number: int) -> np.uint64:
    """The hash of a whole number's decimal digits: of number and text the same persons."""
    digits = np.uint64(1)
    while digits * np.uint64(10) <= np.uint64(number):
        digits *= np.uint64(10)
    state = _FNV_OFFSET
    while digits:
        digit = (np.uint64(number) // digits) % np.uint64(10)
        state = (state ^ (digit + np.uint64(48))) * _FNV_PRIME
        digits //= np.uint64(10)
    return state
