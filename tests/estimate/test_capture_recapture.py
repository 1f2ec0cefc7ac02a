"""Do the estimates of those in no list find populations of known size?"""

from __future__ import annotations

from collections import Counter

import numpy as np
import pytest

from talentflow.core.contracts import CAPTURES
from talentflow.estimate.coverage import (
    Unseen,
    bound_unseen,
    estimate_chao,
    estimate_chapman,
    estimate_coverage,
    estimate_log_linear,
)

NAMES = ("a", "b", "c", "d")


def draw_patterns(
    random: np.random.Generator, size: int, chances: list[float], bond: float = 0.0
) -> tuple[dict[frozenset[str], int], int]:
    """Lists catch persons independently, but for `bond`: the share of those in list a who are in
    list b for that reason. Also how many are in no list."""
    caught = random.random((size, len(chances))) < np.array(chances)
    caught[:, 1] |= caught[:, 0] & (random.random(size) < bond)
    found = Counter(
        frozenset(name for name, hit in zip(NAMES, row, strict=False) if hit)
        for row in caught.tolist()
    )
    return dict(found), found.pop(frozenset(), 0)


def without_unseen(patterns: dict[frozenset[str], int]) -> dict[frozenset[str], int]:
    return {pattern: count for pattern, count in patterns.items() if pattern}


@pytest.mark.parametrize(
    ("chances", "estimate"),
    [
        ([0.3, 0.4], estimate_chapman),
        ([0.3, 0.4, 0.3, 0.2], estimate_log_linear),
        ([0.3, 0.3, 0.3], estimate_chao),
    ],
)
def test_independent_lists_find_the_size(chances, estimate) -> None:
    held, ratios = [], []
    for seed in range(300):
        patterns, unseen = draw_patterns(np.random.default_rng(seed), 1500, chances)
        found = estimate(without_unseen(patterns))
        low, high = bound_unseen(found, 0.95)
        expected = 1500 * np.prod(1 - np.array(chances))
        held.append(low <= expected <= high)
        ratios.append(found.value / unseen)
    assert np.mean(ratios) == pytest.approx(1, abs=0.04)
    assert 0.91 <= np.mean(held) <= 1


def test_log_linear_allows_for_a_bond_that_deceives_chao() -> None:
    log_linear, chao, truth = [], [], []
    for seed in range(60):
        patterns, unseen = draw_patterns(
            np.random.default_rng(seed), 4000, [0.3, 0.25, 0.3, 0.3], bond=0.6
        )
        seen = without_unseen(patterns)
        log_linear.append(estimate_log_linear(seen).value)
        chao.append(estimate_chao(seen).value)
        truth.append(unseen)
    assert np.mean(log_linear) == pytest.approx(np.mean(truth), rel=0.05)
    assert np.mean(chao) < 0.9 * np.mean(truth)


def test_lists_that_repel_make_estimates_too_high() -> None:
    """Fields: half of the persons are in one pair of lists only, the others in another pair."""
    random = np.random.default_rng(2)
    one, unseen = draw_patterns(random, 2000, [0.5, 0.5, 0.02, 0.02])
    other, more = draw_patterns(random, 2000, [0.02, 0.02, 0.5, 0.5])
    together = {key: one.get(key, 0) + other.get(key, 0) for key in one.keys() | other.keys()}
    assert estimate_chao(without_unseen(together)).value > 1.1 * (unseen + more)


def test_nobody_unseen_has_no_interval() -> None:
    assert bound_unseen(Unseen(0.0, 0.0), 0.95) == (0.0, 0.0)


def test_areas_with_too_few_in_two_lists_have_no_row() -> None:
    def row(area: str, lists: str, persons: int) -> dict[str, object]:
        cell = {"area": area, "period": "2015/2019", "compared": "fields"}
        return {**cell, "lists": lists, "persons": persons}

    captures = CAPTURES.from_rows(
        [row("KR", "x", 50), row("KR", "y", 60), row("KR", "x y", 30),
         row("LI", "x", 50), row("LI", "y", 60), row("LI", "x y", 3)]
    )  # fmt: skip
    table = estimate_coverage(captures, level=0.95, floor=5)
    assert set(table["area"].to_pylist()) == {"KR"}
    assert set(table["method"].to_pylist()) == {"chao", "chapman"}
    for found in table.to_pylist():
        assert found["observed"] == 140
        assert found["observed"] <= found["low"] <= found["estimated"] <= found["high"]
