"""Do intervals still hold the truth where records are on the wrong person, without affiliation,
or not yet in?"""

from __future__ import annotations

import numpy as np
import pytest
from faulty_worlds import (
    CELLS,
    LAST_YEAR,
    Faults,
    count,
    draw_rows,
    find_value,
    find_values,
    measure_faulty,
    pack,
    print_table,
    spoil,
)

from talentflow.careers.relocation import fit_law, relocate

PERSONS = 20_000
OPEN = ("stock KR 2018 (truncated)", "stock US 2019 (truncated)", "net_rate US 2019 (truncated)")
"""Cells whose last years are still filling up; the rest of the complete world is not."""


def test_drawn_paths_take_away_the_bias_of_faults() -> None:
    """In one large world: spoilt stocks, flows and retention are far off, drawn ones are not."""
    rows = draw_rows(np.random.default_rng(5), PERSONS)
    spoilt = pack(spoil(rows, Faults(), np.random.default_rng(7)), "s")
    law = fit_law(spoilt, np.ones(len(spoilt.person_ids), np.int32))
    worlds = {
        "complete": pack(rows[rows[:, 1] <= LAST_YEAR], "c"),
        "naive": spoilt,
        "drawn": relocate(spoilt, law, np.random.default_rng(3)),
    }
    values = {way: find_values(count(world, 0), LAST_YEAR).values for way, world in worlds.items()}

    def share_off(way: str, cell: str) -> float:
        truth = find_value(values["complete"], CELLS[cell])
        return abs(find_value(values[way], CELLS[cell]) / truth - 1)

    for cell, least in (
        ("stock KR 2015", 0.08),
        ("stock US 2015", 0.08),
        ("retention KR P5Y", 0.06),
        ("retention CN P5Y", 0.06),
    ):
        assert share_off("naive", cell) > least
        assert share_off("drawn", cell) < 0.05


@pytest.mark.slow
def test_intervals_of_faulty_worlds_hold_the_truth() -> None:
    """400 worlds: chance moves a coverage of 95 % by 2.2 % (two standard errors), so the target of
    93 to 97 % is missed below 91 and above 99. Ranks are held more often where countries are told
    apart, see `docs/coverage.md`; figures of open years rest on a nowcast as well."""
    rows = list(measure_faulty(400))
    print_table(iter(rows))
    naive = [row.covered_pct["naive"] for row in rows if row.cell in CELLS]
    assert min(naive) < 50
    for row in rows:
        assert row.covered_pct["imputed"] >= 91, row
        if row.cell in CELLS and row.cell not in OPEN:
            assert row.covered_pct["imputed"] <= 99, row
