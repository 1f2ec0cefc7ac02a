"""Do the intervals of differences and of ranks hold the truth as often as they say?"""

from __future__ import annotations

import pytest
from compared_worlds import DIFFERENCES, RANKED, measure_comparisons, measure_ranks


def test_differences_and_ranks_hold_roughly() -> None:
    """Few worlds, wide bounds: a broken interval shows, chance does not."""
    rows = list(measure_comparisons(30, persons=1500, replicates=100, scale=60))
    assert len(rows) == len(DIFFERENCES) + len(RANKED)
    assert all(row.covered_pct >= 80 for row in rows), rows


def test_ranks_hold_where_percentiles_of_ranks_do_not() -> None:
    found = measure_ranks(12, 0.3, 60)
    assert found.mean_pct >= 94
    assert found.worst_pct >= 88
    assert found.percentile_worst_pct < 75


@pytest.mark.slow
def test_differences_hold_in_93_to_98_percent_of_worlds_and_ranks_in_more() -> None:
    """A rank is a whole number and its interval holds for every area, so it may hold more often
    than its level, never less."""
    rows = list(measure_comparisons(1000))
    differences, ranks = rows[: len(DIFFERENCES)], rows[len(DIFFERENCES) :]
    assert not [row for row in differences if not 93 <= row.covered_pct <= 98]
    assert not [row for row in ranks if row.covered_pct < 94]


@pytest.mark.slow
@pytest.mark.parametrize("areas", [2, 4, 10])
def test_the_level_of_places_is_reached_where_all_areas_are_alike(areas: int) -> None:
    """The least favourable world: an interval that holds every area's place there as often as its
    level cannot be narrower."""
    found = measure_ranks(areas, 0.0, 1500)
    assert 93 <= found.mean_pct <= 97


@pytest.mark.slow
@pytest.mark.parametrize(
    ("areas", "spread"), [(4, 1.0), (10, 1.0), (30, 0.0), (30, 1.0), (30, 10.0)]
)
def test_ranks_of_every_area_hold(areas: int, spread: float) -> None:
    found = measure_ranks(areas, spread, 500)
    assert found.mean_pct >= 94
    assert found.worst_pct >= 92
