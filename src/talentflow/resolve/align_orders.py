"""Which author does each part of an ordered list belong to, when authors were left out?

The lists hold one part per profile that has an affiliation, in author order, with profiles renamed
since at the end. Every way to lay such a list over the authors has a probability; these functions
sum them exactly (forward–backward over authors, parts of the first block, parts of the end).
"""

from __future__ import annotations

from typing import Final

import numba as nb
import numpy as np
from numpy.typing import NDArray

MAX_MOVED: Final = 4
"""With more renamed profiles at the end of one list, nothing is laid (3 were seen)."""
MAX_PARTS: Final = 60

_Floats = NDArray[np.float64]


@nb.njit(cache=True, nogil=True)
def lay_parts(fit: _Floats, blank: _Floats, moved: float) -> tuple[_Floats, float]:
    """Probabilities of (author, part), and how many parts are expected to be of moved profiles.

    `fit` is how well each part fits each author (a factor), `blank` the odds of each author having
    no part, `moved` the odds of a profile standing at the end. All zero where no way exists.
    """
    n_authors, n_parts = fit.shape
    joint = np.zeros((n_authors, n_parts))
    total = 0.0
    moved_mass = 0.0
    if n_parts > n_authors or n_parts > MAX_PARTS:
        return joint, 0.0
    for k_end in range(min(MAX_MOVED, n_parts) + 1):
        ways = 1 if k_end < 2 else 2
        for way in range(ways):
            weight = moved**k_end / ways
            mass, expected = _lay_blocks(fit, blank, k_end, way == 1, weight, joint)
            total += mass
            moved_mass += k_end * expected
    if total <= 0:
        return joint, 0.0
    for i in range(n_authors):
        for p in range(n_parts):
            joint[i, p] /= total
    return joint, moved_mass / total


@nb.njit(cache=True, nogil=True)
def _lay_blocks(
    fit: _Floats, blank: _Floats, k_end: int, backwards: bool, weight: float, joint: _Floats
) -> tuple[float, float]:
    """Add to `joint` all ways in which the last `k_end` parts are of moved profiles, these in
    author order or against it."""
    n_authors, n_parts = fit.shape
    m = n_parts - k_end
    ahead = np.zeros((n_authors + 1, m + 1, k_end + 1))
    ahead[0, 0, 0] = 1.0
    for i in range(n_authors):
        for j in range(min(i, m) + 1):
            for k in range(min(i - j, k_end) + 1):
                mass = ahead[i, j, k]
                if mass == 0:
                    continue
                ahead[i + 1, j, k] += mass * blank[i]
                if j < m:
                    ahead[i + 1, j + 1, k] += mass * fit[i, j]
                if k < k_end:
                    end = n_parts - 1 - k if backwards else m + k
                    ahead[i + 1, j, k + 1] += mass * fit[i, end]
    total = weight * ahead[n_authors, m, k_end]
    if total <= 0:
        return 0.0, 0.0
    behind = np.zeros((m + 1, k_end + 1))
    behind[m, k_end] = weight
    for i in range(n_authors - 1, -1, -1):
        earlier = np.zeros((m + 1, k_end + 1))
        for j in range(min(i, m) + 1):
            for k in range(min(i - j, k_end) + 1):
                mass = ahead[i, j, k]
                earlier[j, k] += blank[i] * behind[j, k]
                if j < m:
                    step = fit[i, j] * behind[j + 1, k]
                    earlier[j, k] += step
                    joint[i, j] += mass * step
                if k < k_end:
                    end = n_parts - 1 - k if backwards else m + k
                    step = fit[i, end] * behind[j, k + 1]
                    earlier[j, k] += step
                    joint[i, end] += mass * step
        behind = earlier
    return total, total
