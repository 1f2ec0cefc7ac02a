"""Between which bounds does the true figure lie, at a stated level?

One principle for counts, ratios and survival: the score interval, with the effective sample
size that the bootstrap over persons implies. A person's records hang together, so the variance
is not the binomial or Poisson one; the bootstrap measures it, and the score interval keeps its
coverage where a figure is near 0 or 100 % and where the normal approximation fails.

Where the replicates are fewer than two nothing is known of the variance and both bounds are NaN.

Sources: Wilson 1927 (shares); Rao 1973 §6.2, the Poisson score interval (counts); Rothman 1978,
Wilson's interval with effective size for Kaplan–Meier; Korn and Graubard 1998, effective sample
size from a design-based variance. Coverage is tested by simulation, see `docs/coverage.md`.
"""

from __future__ import annotations

from collections.abc import Sequence
from statistics import NormalDist
from typing import Final

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Interval = tuple[float, float]

_ROWS_AT_ONCE: Final = 2048
"""Rows of 200 replicates that stay in the processor's cache."""


def student_quantile(level: float, replicates: int) -> float:
    """z such that the central `level` of Student's t lies within ± z.

    The variance is itself estimated, from so many replicates; with one degree of freedom less
    t is what the error divided by the estimated standard error follows. Expansion of Cornish
    and Fisher (Abramowitz and Stegun 26.7.5), within 1 % from 4 replicates on.
    """
    z, degrees = NormalDist().inv_cdf(0.5 + level / 2), max(replicates - 1, 1)
    terms = (
        (z**3 + z) / 4,
        (5 * z**5 + 16 * z**3 + 3 * z) / 96,
        (3 * z**7 + 19 * z**5 + 17 * z**3 - 15 * z) / 384,
        (79 * z**9 + 776 * z**7 + 1482 * z**5 - 1920 * z**3 - 945 * z) / 92160,
    )
    corrections = (term / degrees**power for power, term in enumerate(terms, start=1))
    return z + float(sum(corrections))


def measure_variances(rows: Sequence[Floats]) -> list[float]:
    """The variance of the replicates of each row, for the functions below; NaN where fewer than
    two are defined. All rows have a value and so many replicates."""
    variances: list[float] = []
    for start in range(0, len(rows), _ROWS_AT_ONCE):
        replicates = np.stack(rows[start : start + _ROWS_AT_ONCE])[:, 1:]
        if replicates.shape[1] > 1 and np.isfinite(replicates).all():
            variances += np.var(replicates, axis=1, ddof=1).tolist()
        else:
            variances += map(_variance, replicates)
    return variances


def count_interval(estimates: Floats, z: float, variance: float | None = None) -> Interval:
    """Interval of a count; `estimates[0]` is the count, the rest its replicates, whose `variance`
    a caller may know.

    The Poisson score interval of an over- or underdispersed count: with dispersion
    d = variance / count, the interval of count / d, scaled back by d. Replicates that are all
    alike say nothing, so the count is then taken as Poisson.
    """
    count = float(estimates[0])
    if count == 0:
        return 0.0, z * z
    dispersion = _known(variance, estimates) / count or 1.0
    if np.isnan(dispersion):
        return np.nan, np.nan
    units = count / dispersion
    centre, half = units + z * z / 2, z * np.sqrt(units + z * z / 4)
    return float(dispersion * max(centre - half, 0.0)), float(dispersion * (centre + half))


def share_interval(
    estimates: Floats, trials: float, z: float, variance: float | None = None
) -> Interval:
    """Interval of a percentage of `trials`; at 0 and 100 % the trials count as independent."""
    share = float(estimates[0]) / 100
    spread = _known(variance, estimates) / 100**2
    if np.isnan(spread):
        return np.nan, np.nan
    degenerate = not 0 < share < 1 or spread == 0
    size = trials if degenerate else share * (1 - share) / spread
    low, high = _wilson(min(max(share, 0.0), 1.0), size, z)
    return 100 * low, 100 * high


def difference_interval(estimates: Floats, z: float, variance: float | None = None) -> Interval:
    """Interval of a signed figure: normal, with the bootstrap's standard error."""
    half = z * float(np.sqrt(_known(variance, estimates)))
    return float(estimates[0]) - half, float(estimates[0]) + half


def rate_interval(
    estimates: Floats, trials: float, z: float, variance: float | None = None
) -> Interval:
    """Interval of a signed percentage of `trials`. Where nobody moved either way, the bounds
    are those of a share of zero, on both sides."""
    spread = _known(variance, estimates)
    if estimates[0] == 0 and spread == 0:
        _, high = _wilson(0.0, trials, z)
        return -100 * high, 100 * high
    return difference_interval(estimates, z, spread)


def _wilson(share: float, size: float, z: float) -> Interval:
    if size <= 0:
        return 0.0, 1.0
    scale = 1 + z * z / size
    centre = (share + z * z / (2 * size)) / scale
    half = z / scale * np.sqrt(share * (1 - share) / size + z * z / (4 * size * size))
    return max(float(centre - half), 0.0), min(float(centre + half), 1.0)


def _known(variance: float | None, estimates: Floats) -> float:
    return _variance(estimates[1:]) if variance is None else variance


def _variance(replicates: Floats) -> float:
    """Around their own mean; replicates that are undefined are left out. NaN where fewer than
    two are left."""
    replicates = replicates[np.isfinite(replicates)]
    return float(np.var(replicates, ddof=1)) if len(replicates) > 1 else np.nan
