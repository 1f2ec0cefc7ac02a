"""How many researchers of a country do the records miss?

Capture and recapture: of how many lists each person is in, those in none are estimated. Three
estimates with different assumptions, because lists that are fields depend on each other:

- `chao`: a lower bound from those seen in exactly one and exactly two lists, whatever the
  differences between persons (Chao 1987), as long as lists do not repel each other;
- `chapman`: two lists that are independent (Chapman 1951);
- `log_linear`: three or more lists, with those dependences between pairs of lists that the
  counts demand (Fienberg 1972), chosen step by step by the Bayesian information criterion.

The lists are fields, or for a second `chao` the years of the period: that one asks how many of
those who print in these venues were silent, or without an affiliation, in all five years. People
who come and go make it a lower bound too, and it needs no link between registries.

Fields repel: who is in robotics is less often in language than chance would have it, and then
`chapman` and `chao` come out too high; a person who publishes much attracts lists to each other,
and then they come out too low. Missed links between a person's identities make the overlap too
small and every estimate too high. Nobody who publishes in none of these fields is meant.
Intervals are symmetric in the logarithm of the number unseen (Chao 1987). Tested on populations
of known size, see `docs/guide/coverage.md`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import combinations
from typing import Final, NamedTuple

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from talentflow.core.contracts import COVERAGE, check_table
from talentflow.estimate.intervals import student_quantile

Floats = npt.NDArray[np.float64]
Patterns = Mapping[frozenset[str], int]
"""Names of lists → persons seen in exactly these."""

LEAST_SEEN_TWICE: Final = 10
"""Fewer persons in two or more lists say nothing of those in none."""

_MANY: Final = 1000
"""Degrees of freedom that stand for a normal quantile."""


class Unseen(NamedTuple):
    """Persons in no list, and the variance of that estimate."""

    value: float
    variance: float


def estimate_coverage(captures: pa.Table, *, level: float, floor: int) -> pa.Table:
    """Counts of the contract `captures` → rows of the contract `coverage`, by key.

    Areas and periods with fewer than `LEAST_SEEN_TWICE` persons (or the floor, if that is more)
    in two or more lists have no row.
    """
    rows = [
        {"area": area, "period": period, "compared": compared, **row}
        for (area, period, compared), patterns in _group(captures).items()
        for row in _describe(patterns, level, max(floor, LEAST_SEEN_TWICE))
        if compared == "fields" or row["method"] == "chao"
    ]
    table = COVERAGE.from_rows(rows)
    return check_table(table.sort_by([(name, "ascending") for name in COVERAGE.key]), COVERAGE)


def _group(captures: pa.Table) -> dict[tuple[str, str, str], dict[frozenset[str], int]]:
    found: dict[tuple[str, str, str], dict[frozenset[str], int]] = {}
    for row in captures.to_pylist():
        cell = found.setdefault((row["area"], row["period"], row["compared"]), {})
        cell[frozenset(row["lists"].split())] = row["persons"]
    return found


def _describe(patterns: Patterns, level: float, least: int) -> Iterator[dict[str, object]]:
    lists = sorted(frozenset().union(*patterns))
    observed = sum(patterns.values())
    if sum(count for pattern, count in patterns.items() if len(pattern) > 1) < least:
        return
    estimates = {"chao": estimate_chao(patterns)}
    if len(lists) == 2:
        estimates["chapman"] = estimate_chapman(patterns)
    elif (unseen := estimate_log_linear(patterns)) is not None:
        estimates["log_linear"] = unseen
    for method, unseen in estimates.items():
        low, high = bound_unseen(unseen, level)
        yield {
            "method": method,
            "lists": " ".join(lists),
            "observed": observed,
            "estimated": observed + unseen.value,
            "low": observed + low,
            "high": observed + high,
            "level": level,
            "share": observed / (observed + unseen.value),
        }


def estimate_chao(patterns: Patterns) -> Unseen:
    """The lower bound (t − 1)/t · f₁(f₁ − 1)/(2(f₂ + 1)) for t lists, and its variance.

    f₁ and f₂ are the persons in exactly one and two lists (bias-corrected form and variance of
    Chao 1987, equations 8 and 10).
    """
    lists = len(frozenset().union(*patterns))
    once, twice = (
        sum(count for pattern, count in patterns.items() if len(pattern) == times)
        for times in (1, 2)
    )
    share = (lists - 1) / lists
    value = share * once * max(once - 1, 0) / (2 * (twice + 1))
    ratio = once / (twice + 1)
    spread = (twice + 1) * (share * ratio**2 / 2 + share**2 * (ratio**3 + ratio**4 / 4))
    return Unseen(value, spread)


def estimate_chapman(patterns: Patterns) -> Unseen:
    """Two independent lists: (n₁ + 1)(n₂ + 1)/(m + 1) − 1 in all; variance of Seber 1970."""
    left, right = sorted(frozenset().union(*patterns))
    only = patterns.get(frozenset((left,)), 0), patterns.get(frozenset((right,)), 0)
    both = patterns.get(frozenset((left, right)), 0)
    first, second = only[0] + both, only[1] + both
    total = (first + 1) * (second + 1) / (both + 1) - 1
    variance = (first + 1) * (second + 1) * only[0] * only[1] / ((both + 1) ** 2 * (both + 2))
    return Unseen(total - first - second + both, variance)


def estimate_log_linear(patterns: Patterns) -> Unseen | None:
    """Those whom the log-linear model expects in no list; null where it cannot be fitted.

    Pairs of lists are let depend on each other one after another, each time the pair that lowers
    the criterion most, until none does.
    """
    lists = sorted(frozenset().union(*patterns))
    cells = [
        frozenset(names) for size in range(1, len(lists) + 1) for names in combinations(lists, size)
    ]
    counts = np.array([patterns.get(cell, 0) for cell in cells], float)
    single = np.array([[1.0, *(name in cell for name in lists)] for cell in cells])
    held = dict(zip(lists, single.T[1:], strict=True))
    # Both lists of a pair hold whom the product of their columns marks.
    waiting = {pair: held[pair[0]] * held[pair[1]] for pair in combinations(lists, 2)}
    design = single
    (best,) = _fit_each(design[None], counts)
    # Three lists leave seven cells: with all three pairs nothing is left to judge the model by.
    while waiting and design.shape[1] < len(cells):
        wider = np.stack([np.column_stack([design, column]) for column in waiting.values()])
        fits = zip(_fit_each(wider, counts), waiting, wider, strict=True)
        tried = [(fit, pair, columns) for fit, pair, columns in fits if fit is not None]
        if not tried:
            break
        fit, pair, columns = min(tried, key=lambda entry: entry[0].criterion)
        if best is not None and fit.criterion >= best.criterion:
            break
        best, design = fit, columns
        del waiting[pair]
    if best is None:
        return None
    return Unseen(best.unseen, best.unseen + best.unseen**2 * best.log_variance)


class _Fit(NamedTuple):
    criterion: float
    unseen: float
    log_variance: float


def _fit_each(designs: Floats, counts: Floats) -> list[_Fit | None]:
    """Poisson regressions of the same counts on (models, cells, columns) by Newton's steps; null
    where one does not settle."""
    start = np.log(counts + 0.5)
    beta = np.stack([np.linalg.lstsq(design, start, rcond=None)[0] for design in designs])
    information = np.zeros((*beta.shape, beta.shape[1]))
    moving = np.arange(len(designs))
    lost = np.zeros(len(designs), dtype=np.bool_)
    for _ in range(60):
        design = designs[moving]
        mean = np.exp(np.minimum(np.maximum(_times(design, beta[moving]), -30), 30))
        across = design.transpose(0, 2, 1)
        information[moving] = across @ (design * mean[:, :, None])
        step, singular = _solve_each(information[moving], _times(across, counts - mean))
        beta[moving] += np.minimum(np.maximum(step, -2), 2)
        lost[moving[singular]] = True
        moving = moving[~singular & (np.abs(step).max(axis=1) >= 1e-9)]
        if not moving.size:
            break
    lost[moving] = True
    return [
        None if lost[i] else _judge(designs[i], beta[i], information[i], counts)
        for i in range(len(designs))
    ]


def _times(matrices: Floats, vectors: Floats) -> Floats:
    """Each matrix times its vector."""
    return np.asarray((matrices @ vectors[:, :, None])[:, :, 0], float)


def _solve_each(matrices: Floats, vectors: Floats) -> tuple[Floats, npt.NDArray[np.bool_]]:
    """The solution of each system, zero for a singular one; and which are."""
    singular = np.zeros(len(matrices), dtype=np.bool_)
    found = np.zeros_like(vectors)
    try:
        found[:] = np.linalg.solve(matrices, vectors[:, :, None])[:, :, 0]
    except np.linalg.LinAlgError:
        for i, (matrix, vector) in enumerate(zip(matrices, vectors, strict=True)):
            try:
                found[i] = np.linalg.solve(matrix, vector)
            except np.linalg.LinAlgError:
                singular[i] = True
    return found, singular


def _judge(design: Floats, beta: Floats, information: Floats, counts: Floats) -> _Fit:
    likelihood = float((counts * (design @ beta) - np.exp(design @ beta)).sum())
    penalty = design.shape[1] * float(np.log(counts.sum()))
    log_variance = float(np.linalg.inv(information)[0, 0])
    return _Fit(penalty - 2 * likelihood, float(np.exp(beta[0])), log_variance)


def bound_unseen(unseen: Unseen, level: float) -> tuple[float, float]:
    """Interval of the number unseen, symmetric in its logarithm; 0 and 0 where nobody is."""
    if unseen.value <= 0:
        return 0.0, 0.0
    z = student_quantile(level, _MANY)
    ratio = float(np.exp(z * np.sqrt(np.log1p(unseen.variance / unseen.value**2))))
    return unseen.value / ratio, unseen.value * ratio
