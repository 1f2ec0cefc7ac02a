"""By how much do two figures differ, and could the difference be chance?

The interval of a difference is put together from the published intervals of the two figures and
the correlation of their replicates: the method of variance estimates recovery. So it inherits the
bounds that were tested, keeps their asymmetry near 0 and 100 %, and counts a person who stands
behind both figures once.

Sources: Zou and Donner 2008 (the method), Zou 2007 (correlated estimates). Coverage is tested by
simulation, see `docs/coverage.md`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]

Verdict = Literal["higher", "lower", "open"]
"""What the records say of a difference; `open`: neither."""


@dataclass(frozen=True, kw_only=True)
class Estimate:
    """A published figure: value, bounds, and its replicates where there are any.

    Item b of the replicates of two figures must come from the same resampled persons.
    """

    value: float
    low: float
    high: float
    replicates: Floats | None = None


@dataclass(frozen=True, kw_only=True)
class Difference:
    """The first figure less the second, in their unit.

    `correlation` is null where one of the two has no replicates and they were taken to be
    independent.
    """

    value: float
    low: float
    high: float
    correlation: float | None

    @property
    def verdict(self) -> Verdict:
        """`higher` or `lower` where the whole interval lies on that side of zero."""
        if self.low > 0:
            return "higher"
        return "lower" if self.high < 0 else "open"


def subtract_estimates(first: Estimate, second: Estimate) -> Difference:
    """`first` less `second`, with the interval at the level of the two."""
    correlation = correlate_replicates(first.replicates, second.replicates)
    rho = correlation or 0.0
    value = first.value - second.value
    below = join_margins(first.value - first.low, second.high - second.value, rho)
    above = join_margins(first.high - first.value, second.value - second.low, rho)
    return Difference(
        value=value,
        low=value - float(below),
        high=value + float(above),
        correlation=correlation,
    )


def join_margins(
    first: float | Floats, second: float | Floats, correlation: float | Floats
) -> Floats:
    """Margin of a difference from those of its two sides; numbers or arrays of one shape."""
    first, second = np.asarray(first, float), np.asarray(second, float)
    squared = first**2 + second**2 - 2 * np.asarray(correlation) * first * second
    return np.asarray(np.sqrt(np.maximum(squared, 0.0)), float)


def correlate_replicates(first: Floats | None, second: Floats | None) -> float | None:
    """Correlation over the replicates; 0 where one of the two does not vary, null where one is
    missing."""
    if first is None or second is None:
        return None
    known = np.isfinite(first) & np.isfinite(second)
    a, b = (side[known] - side[known].mean() for side in (first, second))
    scale = float(np.sqrt((a @ a) * (b @ b)))
    return float(np.clip((a @ b) / scale, -1.0, 1.0)) if scale > 0 else 0.0
