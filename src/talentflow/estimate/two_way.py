"""How uncertain is a figure if papers, not only persons, came about by chance?

Authors of one paper tend to work in one country, so they come and go together: a count of persons
varies more than that of as many persons on their own. Persons and papers are crossed, not nested,
and the variance over both is the one over persons plus the one over papers less that of their
intersection, which both contain (Cameron, Gelbach and Miller 2011). It is the variance that the
pigeonhole bootstrap (Owen 2007) estimates from above, without replicates.

Papers cannot be resampled to bootstrap a count of distinct persons: a sample leaves out a third
of all papers, and with them everybody who has but one. So each person's contribution is spread
evenly over the papers that show it, and sums over papers stand for samples of them.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Codes = npt.NDArray[np.int64]


class TwoWay(NamedTuple):
    """Variances of a sum: over persons, over papers, over their pairs, and both ways."""

    by_person: float
    by_paper: float
    by_pair: float
    both: float

    @property
    def design_effect(self) -> float:
        """By how much the variance over persons alone is too small; 1: not at all."""
        return self.both / self.by_person if self.by_person > 0 else 1.0


def measure_two_way(persons: Codes, papers: Codes, contributions: Floats) -> TwoWay:
    """Variance of a sum over persons; rows are the papers (codes from 0) that show a person's
    contribution, which repeats in each of them.

    A count has contributions of 1: persons come as a Poisson process, as in the bootstrap. A
    share p of n persons has (1 − p)/n for those who have the trait and −p/n for the others.
    """
    if not len(persons):
        return TwoWay(0.0, 0.0, 0.0, 0.0)
    spread = contributions / np.bincount(persons)[persons]
    by_person = float((np.bincount(persons, spread) ** 2).sum())
    by_paper = float((np.bincount(papers, spread) ** 2).sum())
    by_pair = float((spread**2).sum())
    return TwoWay(by_person, by_paper, by_pair, max(by_person + by_paper - by_pair, by_person))
