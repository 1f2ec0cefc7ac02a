"""What else could the evidence be, if its doubtful answers had come out otherwise?

An imputation is one such possible evidence: every affiliation whose country is not certain and
every person held together by a doubtful join is decided by a draw from its probability. Several
of them, pooled, carry the doubt into the intervals (multiple imputation, Rubin 1987).
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from talentflow.careers.packing import PackedEvidence
from talentflow.careers.weights import draw_weights

_GOLDEN = np.uint64(0x9E3779B97F4A7C15)


def draw_mentions(resolved: pa.Table, random: np.random.Generator) -> pa.Table:
    """`resolved_mentions` in which each country stands with its probability; where it falls,
    the country and the sector are unknown, because no other answer is on record.

    A draw is of a mention: all records that print the same text are wrong together.
    """
    probability = pc.fill_null(resolved["country_probability"], 1.0).to_numpy()
    stands = pa.array(random.random(resolved.num_rows) < probability)
    for name in ("country", "sector"):
        kept = pc.if_else(stands, resolved[name], pa.scalar(None, pa.string()))
        resolved = resolved.set_column(resolved.column_names.index(name), name, kept)
    return resolved


def draw_people(people: pa.Table, random: np.random.Generator) -> pa.Table:
    """`people` in which each person holds together with their confidence; who falls apart
    becomes one person per reference.

    The parts of a person fallen apart keep telling whether they are told apart from others.
    Joins that were not made are not drawn: their probability is not on record.
    """
    ids = people["person_id"].combine_chunks().dictionary_encode()
    person = ids.indices.to_numpy(zero_copy_only=False)
    confidence = np.ones(len(ids.dictionary))
    np.minimum.at(confidence, person, people["confidence"].to_numpy())
    several = np.bincount(person, minlength=len(ids.dictionary)) > 1
    apart = several & (random.random(len(confidence)) >= confidence)
    chosen = pc.if_else(pa.array(apart[person]), people["person_ref"], people["person_id"])
    return people.set_column(people.column_names.index("person_id"), "person_id", chosen)


def number_imputation(evidence: PackedEvidence, imputation: int) -> PackedEvidence:
    """The same evidence with bootstrap weights of its own, so that the replicates of several
    imputations are different samples of persons."""
    turn = np.array(imputation, np.uint64) * _GOLDEN
    return replace(evidence, person_hashes=evidence.person_hashes ^ turn)


def list_weights(evidence: PackedEvidence, replicates: int) -> npt.NDArray[np.int32]:
    """How often each person counts in the evidence (item 0) and in each bootstrap replicate,
    (1 + replicates, persons): the same weights as in the tallies."""
    weights = np.empty((len(evidence.person_ids), replicates + 1), np.int32)
    for of_person, hashed in zip(weights, evidence.person_hashes, strict=True):
        draw_weights(hashed, of_person)
    return np.ascontiguousarray(weights.T)
