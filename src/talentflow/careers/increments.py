"""Whose evidence has changed since the last build, and what do the counts become?

Counts of disjoint persons add up, and a person's part of them depends on nothing but that
person's rows. So new evidence needs only the persons it touches: what they counted before is
taken away, what they count now is added, and every other person stands. The result is the
same, to the last digit, as that of counting everybody anew.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Final

import numba as nb
import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from talentflow.careers.counts import CellCounts, add_counts
from talentflow.careers.packing import PERSON_SHIFT, PackedEvidence
from talentflow.careers.weights import mix_bits
from talentflow.core.errors import ContractError

Hashes = npt.NDArray[np.uint64]
Mask = npt.NDArray[np.bool_]

_OF_PERSON: Final = np.int64((1 << PERSON_SHIFT) - 1)


@dataclass(frozen=True, kw_only=True)
class Touched:
    """The persons whose rows differ between two builds: their rows before, and their rows now.

    `persons` is how many there are, those who came and those who went included.
    """

    before: PackedEvidence
    now: PackedEvidence
    persons: int


def find_touched(before: PackedEvidence, now: PackedEvidence) -> Touched:
    """Compare the evidence of two builds person by person; the order of rows does not matter.

    Raises `ContractError` where the two count different cohorts, so that nobody's rows can be
    compared.
    """
    if before.populations != now.populations:
        raise ContractError(
            "the evidence of two builds counts different cohorts",
            expected="the same populations in the same order",
            where="increments",
        )
    changed_before = ~_stands_in(before, now)
    changed_now = ~_stands_in(now, before)
    touched = set(before.person_ids.filter(pa.array(changed_before)).to_pylist())
    touched |= set(now.person_ids.filter(pa.array(changed_now)).to_pylist())
    return Touched(
        before=_take_persons(before, changed_before),
        now=_take_persons(now, changed_now),
        persons=len(touched),
    )


def update_counts(counts: CellCounts, *, removed: CellCounts, added: CellCounts) -> CellCounts:
    """Counts of everybody, of the touched persons before, and of the touched persons now →
    counts of everybody now. Cells in which nobody is left are dropped.

    Raises `ContractError` where more is taken away than there was.
    """
    gone = replace(removed, persons=-removed.persons, counts=-removed.counts)
    found = add_counts([counts, gone, added])
    if (found.persons < 0).any():
        raise ContractError(
            f"{int((found.persons < 0).sum())} cells would count fewer than nobody",
            expected="counts of the same evidence and rules as the rows taken away",
            where="increments",
        )
    kept = found.persons > 0
    return replace(
        found, cells=found.cells[kept], persons=found.persons[kept], counts=found.counts[kept]
    )


def _stands_in(evidence: PackedEvidence, other: PackedEvidence) -> Mask:
    """Per person of `evidence`, whether `other` holds the same person with the same rows."""
    places = pc.index_in(evidence.person_ids, value_set=other.person_ids)
    known = np.asarray(places.is_valid())
    at = np.asarray(places.fill_null(0))
    if not len(other.person_ids):
        return known
    return np.asarray(known & (_sign_persons(evidence) == _sign_persons(other)[at]))


def _sign_persons(evidence: PackedEvidence) -> Hashes:
    """One number per person that all rows of the person enter, in any order."""
    sides = (evidence.traits, evidence.votes, evidence.seats, evidence.cohorts)
    signatures = np.zeros(len(evidence.person_ids), np.uint64)
    _sign_rows(evidence.keys, *sides, signatures)
    return signatures


@nb.njit(cache=True, nogil=True)
def _sign_rows(
    keys: npt.NDArray[np.int64],
    traits: npt.NDArray[np.uint32],
    votes: npt.NDArray[np.int32],
    seats: npt.NDArray[np.uint8],
    cohorts: Hashes,
    signatures: Hashes,
) -> None:
    for i in range(len(keys)):
        signed = mix_bits(np.uint64(keys[i] & _OF_PERSON))
        signed = mix_bits(signed ^ np.uint64(traits[i]))
        signed = mix_bits(signed ^ np.uint64(votes[i]))
        signed = mix_bits(signed ^ np.uint64(seats[i]))
        signatures[keys[i] >> PERSON_SHIFT] += mix_bits(signed ^ cohorts[i])


def _take_persons(evidence: PackedEvidence, persons: Mask) -> PackedEvidence:
    rows = persons[evidence.keys >> PERSON_SHIFT]
    return evidence.take(evidence.keys, np.asarray(rows, np.bool_))
