"""What must be published so that any two figures can be compared, and nothing about persons?

The joint replicates of the figures, rotated. A replicate is a resampling of persons by weights
that anybody can draw again from a person's id, so the replicates of a small cell would tell who
is in it. A secret rotation of all replicates of a snapshot takes that away and keeps every
variance and correlation, which is all that a comparison needs.

What is left are those correlations. They say how many persons two cells have in common, to
± 2·√(n₁·n₂ / B), so figures made of a cell of fewer than `COMPARED_FROM` persons have no
replicates: what they share with another is known no better than the floor.
"""

from __future__ import annotations

import hashlib
from typing import Final

import numpy as np

from talentflow.estimate.differences import Floats

COMPARED_FROM: Final = 20
"""Figures made of a cell of fewer persons have no replicates of their own."""

PUBLISHED_REPLICATES: Final = 200
"""More would make the common persons of two cells known too well."""


def rotate_replicates(replicates: Floats) -> Floats:
    """(figures, B) → (figures, at most 200): same means, variances and covariances over B.

    With more than 200 replicates a random 200 of the rotated ones are kept, whose covariances are
    those of 200 resamplings. Undefined replicates become the mean, the others spread the more.

    The rotation is drawn from a hash of the replicates: the same build gives the same bytes, and
    only who has the private tallies can draw it again.
    """
    count = replicates.shape[1]
    if count < 2 or not len(replicates):
        return replicates
    mean, deviations = _centre(replicates)
    digest = hashlib.sha256(np.ascontiguousarray(replicates, np.float32).tobytes()).digest()
    random = np.random.default_rng(int.from_bytes(digest, "big"))
    # Orthonormal directions across the constant one: deviations have count − 1 free directions.
    across = np.linalg.qr(np.column_stack([np.ones(count), np.eye(count)[:, : count - 1]]))[0][
        :, 1:
    ]
    turn = np.linalg.qr(random.standard_normal((count - 1, count - 1)))[0]
    rotated = deviations @ across @ turn @ across.T
    return np.asarray(mean + rotated[:, :PUBLISHED_REPLICATES], float)


def _centre(replicates: Floats) -> tuple[Floats, Floats]:
    known = np.isfinite(replicates)
    count = known.sum(axis=1, keepdims=True)
    mean = np.where(known, replicates, 0.0).sum(axis=1, keepdims=True) / np.maximum(count, 1)
    stretch = np.sqrt((replicates.shape[1] - 1) / np.maximum(count - 1, 1))
    return mean, np.where(known, (replicates - mean) * stretch, 0.0)
