"""Is the variance over definitions given to the choices that make it?"""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from talentflow.estimate.specification import EXACT_CHOICES, explain_variance, read_choices

GRID = [dict(zip("abc", levels, strict=True)) for levels in itertools.product("xyz", "xy", "xy")]


def shares(values: list[float], choices: list[dict[str, str]]) -> dict[str, float | None]:
    return {row.choice: row.share_pct for row in explain_variance(values, choices)}


def test_a_balanced_design_gives_the_shares_of_the_analysis_of_variance() -> None:
    effect = {
        "a": {"x": 0.0, "y": 3.0, "z": 6.0},
        "b": {"x": 0.0, "y": 2.0},
        "c": {"x": 0.0, "y": 0.0},
    }
    values = [sum(effect[name][level] for name, level in one.items()) for one in GRID]
    found = shares(values, GRID)
    # Sums of squares over 12 definitions: a 4·(9 + 0 + 9) = 72, b 12·1 = 12.
    assert found == {
        "a": pytest.approx(100 * 72 / 84),
        "b": pytest.approx(100 * 12 / 84),
        "c": pytest.approx(0, abs=1e-9),
    }


def test_what_only_a_combination_does_is_left_over() -> None:
    values = [float((one["b"] == "y") == (one["c"] == "y")) for one in GRID]
    assert sum(share or 0 for share in shares(values, GRID).values()) == pytest.approx(0, abs=1e-9)


def test_choices_that_change_together_share_alike() -> None:
    choices = [{"gap": "0", "fill": "none"}, {"gap": "3", "fill": "before"}] * 3
    found = explain_variance([1, 2, 1.1, 2.1, 0.9, 1.9], choices)
    assert found[0].share_pct == pytest.approx(found[1].share_pct)
    assert found[0].spread == pytest.approx(1)


@given(st.lists(st.floats(-5, 5), min_size=12, max_size=12))
def test_shares_are_shares(values: list[float]) -> None:
    found = shares(values, GRID)
    if all(share is not None for share in found.values()):
        assert all(-1e-6 <= (share or 0) <= 100 + 1e-6 for share in found.values())
        assert sum(share or 0 for share in found.values()) <= 100 + 1e-6


def test_many_choices_are_shared_out_by_drawn_orders() -> None:
    random = np.random.default_rng(1)
    names = [f"choice {i}" for i in range(EXACT_CHOICES + 3)]
    choices = [{name: str(random.integers(2)) for name in names} for _ in range(60)]
    values = [5.0 * (one["choice 0"] == "1") + (one["choice 1"] == "1") for one in choices]
    found = explain_variance(values, choices)
    assert found[0].choice == "choice 0"
    assert (found[0].share_pct or 0) > 60
    assert sum(row.share_pct or 0 for row in found) == pytest.approx(100)
    assert found == explain_variance(values, choices)


def test_one_definition_explains_nothing() -> None:
    assert explain_variance([1.0], [{"a": "x"}]) == []
    assert shares([2.0, 2.0], [{"a": "x"}, {"a": "y"}]) == {"a": None}


def test_choices_are_those_named_or_else_the_rules() -> None:
    rules = {"move": {"max_gap_years": 3, "pad_years": None}, "people": {"first": True}}
    assert read_choices({"rules": rules}) == {
        "move.max_gap_years": "3",
        "move.pad_years": "none",
        "people.first": "yes",
    }
    assert read_choices({"rules": rules, "choices": {"gap": 3}}) == {"gap": "3"}
    cohort = read_choices({"rules": {}, "population": {"venue": "nips", "tier": "oral"}})
    assert cohort == {"population.venue": "nips", "population.tier": "oral"}
