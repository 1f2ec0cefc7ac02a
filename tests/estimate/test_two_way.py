"""Is the variance over persons and papers that of worlds in which both come by chance?"""

from __future__ import annotations

import numpy as np
import pytest

from talentflow.estimate.two_way import measure_two_way


def draw_teams(random: np.random.Generator) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Papers come as a Poisson process, each with four authors of their own who agree on the
    country; about 30 % of papers are from the country counted."""
    papers = random.poisson(300)
    at_home = random.random(papers) < 0.3
    person = np.arange(4 * papers)
    return person, np.repeat(np.arange(papers), 4), np.repeat(at_home, 4)


def test_teams_vary_as_papers_do() -> None:
    counts, both, single = [], [], []
    for seed in range(600):
        _, paper, at_home = draw_teams(np.random.default_rng(seed))
        counts.append(at_home.sum())
        rows = at_home.nonzero()[0]
        found = measure_two_way(rows, paper[rows], np.ones(len(rows)))
        both.append(found.both)
        single.append(found.by_person)
        assert found.design_effect == pytest.approx(4)
    assert np.mean(both) == pytest.approx(np.var(counts), rel=0.15)
    assert np.mean(single) < 0.35 * np.var(counts)


def test_persons_without_common_papers_need_no_papers() -> None:
    alone = np.arange(50)
    found = measure_two_way(alone, alone, np.ones(50))
    assert found.by_person == found.by_paper == found.both == 50


def test_a_contribution_is_spread_over_its_papers() -> None:
    found = measure_two_way(np.array([0, 0, 1]), np.array([0, 1, 1]), np.ones(3))
    assert found.by_person == pytest.approx(2)
    assert found.by_paper == pytest.approx(0.5**2 + 1.5**2)
    assert found.by_pair == pytest.approx(0.5**2 + 0.5**2 + 1)


def test_nothing_has_no_variance() -> None:
    none = np.zeros(0, np.int64)
    assert measure_two_way(none, none, np.zeros(0)).both == 0
