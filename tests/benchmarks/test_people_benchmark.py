"""What the benchmark of people measures: scores by hand, and Splink on people told apart by eye."""

from __future__ import annotations

import random

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hidden_people import score
from people_methods import THRESHOLDS, explain_absence, try_alone
from people_rivals import choose_threshold, list_keys
from talentflow.resolve.people_evidence import Shown


def codes(*values: int) -> np.ndarray:
    return np.array(values, dtype=np.int64)


def test_scores_by_hand() -> None:
    # Two people with three and one slots; one slot of the first went to the second.
    reached = score(codes(0, 0, 0, 1), codes(0, 0, 1, 1))
    assert reached.pair == pytest.approx((1 / 2, 1 / 3, 2 / 5))
    b_cubed = ((1 + 1 + 1 / 2 + 1 / 2) / 4, (2 / 3 + 2 / 3 + 1 / 3 + 1) / 4)
    assert reached.b_cubed[:2] == pytest.approx(b_cubed)


@given(st.lists(st.tuples(st.integers(0, 4), st.integers(0, 4)), min_size=1))
def test_scores_are_shares_and_the_truth_is_perfect(pairs: list[tuple[int, int]]) -> None:
    truth, found = (np.array(side, dtype=np.int64) for side in zip(*pairs, strict=True))
    reached = score(truth, found)
    assert all(0 <= value <= 1 for value in (*reached.pair, *reached.b_cubed))
    assert score(truth, truth).b_cubed == (1, 1, 1)


def test_keys_of_each_row_without_its_own() -> None:
    shown = Shown.from_pairs(3, codes(0, 0, 2), codes(7, 8, 7))
    assert list_keys(shown, codes(0, 1, 2, 0)).to_pylist() == [[7, 8], None, [7], [7, 8]]
    assert list_keys(shown, codes(0, 0, 2), without=codes(7, 9, 7)).to_pylist() == [
        [8],
        [7, 8],
        None,
    ]


def test_the_threshold_is_chosen_on_fitted_names() -> None:
    truth, fitted = codes(0, 0, 1, 1), np.array([True, True, False, False])
    wrong, right = pa.array([0, 1, 2, 2]), pa.array([0, 0, 1, 2])
    answer = pa.table({str(t): right if t == THRESHOLDS[2] else wrong for t in THRESHOLDS})
    assert choose_threshold(answer, truth, fitted).tolist() == [0, 0, 1, 2]


@pytest.mark.skipif(explain_absence("splink") is not None, reason=str(explain_absence("splink")))
def test_splink_joins_those_who_share_their_co_authors() -> None:
    draw = random.Random(1)
    rows = []
    for who in range(120):
        team = [1000 + 10 * who + k for k in range(4)]
        for _ in range(4):
            rows.append((who, f"name{who // 2}", draw.sample(team, 3)))
    n = len(rows)
    held_out = np.array([who % 3 == 0 for who, _, _ in rows])
    truth = np.array([who for who, _, _ in rows], dtype=np.int64)
    authorships = pa.table(
        {
            "unique_id": np.arange(n),
            "paper": np.arange(n),
            "block": np.array([int(name[4:]) for _, name, _ in rows]),
            "spelling": [name for _, name, _ in rows],
            "given": [name for _, name, _ in rows],
            "venue": pa.array([draw.randrange(3) for _ in rows], pa.int64()),
            "authors": pa.array([team for _, _, team in rows], pa.list_(pa.int64())),
            **{
                name: pa.nulls(n, pa.list_(pa.int64()))
                for name in ("affiliations", "domains", "setting")
            },
            "label": pa.array(truth, mask=held_out),
        }
    )
    outcome = try_alone("splink", {"authorships": authorships})
    found = choose_threshold(outcome.answer, truth, ~held_out)
    assert score(truth[held_out], found[held_out]).pair[2] == 1
    assert outcome.seconds > 0
    assert outcome.memory_gib > 0
