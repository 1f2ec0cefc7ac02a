"""How sure is a measured share, when what was measured hangs together in groups?

The bootstrap draws whole groups (an organization with all its texts, a surname with all its
bearers), the interval is Wilson's with the effective size that follows from it.
"""

from __future__ import annotations

from functools import cached_property
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from talentflow.estimate.intervals import share_interval, student_quantile

LEVEL: Final = 0.95
REPLICATES: Final = 300
_SEED: Final = 20260101

Floats = NDArray[np.float64]
Codes = NDArray[np.int64]


class Groups:
    """The group of each of n things, numbered from 0, and the weights of the groups."""

    def __init__(self, group: Codes) -> None:
        self.group = group
        self.count = int(group.max(initial=-1)) + 1

    @cached_property
    def weights(self) -> Floats:
        """Replicates × groups: how often each replicate draws each group."""
        random = np.random.default_rng(_SEED)
        return random.poisson(1.0, (REPLICATES, self.count)).astype(np.float64)

    def measure_share(self, part: NDArray[Any], whole: NDArray[Any]) -> dict[str, Any]:
        """`value`, `low`, `high` of sum(part) / sum(whole) and `n`, the sum of whole; null
        where that is nothing."""
        parts, wholes = (np.bincount(self.group, x, self.count) for x in (part, whole))
        n = float(wholes.sum())
        if n <= 0:
            return {"value": None, "low": None, "high": None, "n": 0}
        top, bottom = self.weights @ parts, self.weights @ wholes
        drawn = np.divide(top, bottom, out=np.full_like(top, np.nan), where=bottom > 0)
        value = float(parts.sum() / n)
        estimates = 100 * np.concatenate([[value], drawn])
        low, high = share_interval(estimates, n, student_quantile(LEVEL, REPLICATES))
        known = np.isfinite([low, high]).all()
        return {
            "value": round(value, 5),
            "low": round(low / 100, 5) if known else None,
            "high": round(high / 100, 5) if known else None,
            "n": round(n),
        }

    def select(self, chosen: NDArray[np.bool_]) -> Groups:
        """The groups of the chosen things only, under the same numbers and weights."""
        part = Groups(self.group[chosen])
        part.count = self.count
        part.__dict__["weights"] = self.weights
        return part
