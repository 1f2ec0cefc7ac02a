"""How sure is a share that somebody else published, and does ours differ from it?

Publishers of shares print no interval. Wilson's follows from the number of persons; people drawn
as all authors of some papers are fewer independent answers than persons, so the number is divided
by a design effect.

Sources: Wilson 1927; Kish 1965, design effect of a cluster sample 1 + (m - 1) ICC; Newcombe 1998
(Statistics in Medicine 17, 873-890, method 10), the difference of two shares from their two
Wilson intervals.
"""

from __future__ import annotations

from math import sqrt
from typing import Final, NamedTuple

Z: Final = 1.959964
"""Of the level of 95 %."""

DESIGN_EFFECT: Final = 2.0
"""Assumed for authors who were drawn by the paper: an intra-paper correlation of 0.27 at 4.66
authors a paper."""


class Share(NamedTuple):
    """A share in percent with its bounds."""

    value: float
    low: float
    high: float


def wilson_share(percent: float, n: float, design_effect: float = DESIGN_EFFECT) -> Share:
    """A printed percentage of `n` persons with its 95 % interval."""
    p, size = percent / 100, n / design_effect
    scale = 1 + Z * Z / size
    centre = (p + Z * Z / (2 * size)) / scale
    half = Z / scale * sqrt(p * (1 - p) / size + Z * Z / (4 * size * size))
    return Share(percent, 100 * max(centre - half, 0.0), 100 * min(centre + half, 1.0))


def correlation_within(design_effect: float, persons: int, papers: int) -> float:
    """The intra-paper correlation that a design effect stands for: (deff - 1) / (m - 1)."""
    return (design_effect - 1) / (persons / papers - 1)


def subtract_shares(ours: Share, theirs: Share) -> Share:
    """ours - theirs in percentage points, with Newcombe's interval."""
    difference = ours.value - theirs.value
    below = sqrt((ours.value - ours.low) ** 2 + (theirs.high - theirs.value) ** 2)
    above = sqrt((ours.high - ours.value) ** 2 + (theirs.value - theirs.low) ** 2)
    return Share(difference, difference - below, difference + above)
