"""Do the published intervals hold the truth as often as they say?"""

from __future__ import annotations

import pytest
from iid_worlds import CELLS, measure_coverage


def test_intervals_hold_roughly() -> None:
    """Few worlds, wide bounds: a broken interval shows, chance does not."""
    rows = list(measure_coverage(60, persons=1500, replicates=100, seed=3, scale=60))
    assert len(rows) == len(CELLS)
    assert all(row.covered_pct >= 83 for row in rows), rows
    mean = sum(row.covered_pct for row in rows) / len(rows)
    assert 92 <= mean <= 98


@pytest.mark.slow
def test_intervals_hold_in_93_to_97_percent_of_worlds() -> None:
    """2,000 worlds, so that chance moves a coverage of 95 % by half a percent only."""
    rows = list(measure_coverage(2000, persons=2500, replicates=200, seed=1))
    missed = [row for row in rows if not 93 <= row.covered_pct <= 97]
    assert not missed
    # Neither end is bought at the cost of the other.
    assert all(max(row.truth_above_pct, row.truth_below_pct) <= 5 for row in rows)
