"""The truth about a world: typed-in careers, balances that always hold, known laws."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from talentflow.core.vocabulary import STAGES
from talentflow.sources.toy import (
    World,
    WorldSpec,
    WorldTruth,
    build_world,
    expected_truth,
    truth,
)

DOCTORAL, FACULTY = STAGES.index("doctoral"), STAGES.index("faculty")
SPEC = WorldSpec(
    people=10,
    first_year=2001,
    last_year=2012,
    countries=("KR", "US", "JP"),
    venue_shares={"corl": 1.0},
)

# person, year, country, stage; only years with papers
Row = tuple[int, int, str, int]


def make_world(rows: list[Row]) -> World:
    person, year, country, stage = (np.array(c) for c in zip(*rows, strict=True))
    count = len(rows)
    people = int(person.max()) + 1
    return replace(
        build_world(SPEC, seed=0),
        person=person.astype(np.int32),
        year=year.astype(np.int16),
        country=np.array([SPEC.countries.index(c) for c in country], np.int8),
        organization=np.zeros(count, np.int16),
        stage=stage.astype(np.int8),
        sector=np.ones(count, np.int8),
        published=np.ones(count, bool),
        papers=np.ones(count, np.int16),
        origin=np.zeros(people, np.int8),
        start_year=np.full(people, 2001, np.int16),
        venue=np.zeros(people, np.int8),
    )


def test_a_silence_of_three_years_is_bridged_and_dated_to_the_first_year_seen() -> None:
    table = truth(make_world([(0, 2001, "KR", FACULTY), (0, 2005, "US", FACULTY)]))
    assert [table.pick("stock", "KR", y) for y in (2001, 2002, 2004, 2005)] == [1, 1, 1, 0]
    assert table.pick("stock_observed", "KR", 2003) == 0
    assert table.pick("outflow", "KR", 2005) == table.pick("inflow", "US", 2005) == 1
    assert table.flow.sum() == 1
    assert table.moves is not None
    assert table.moves.gap_years.tolist() == [3]


def test_after_a_longer_silence_the_person_starts_anew_without_a_move() -> None:
    table = truth(make_world([(0, 2001, "KR", FACULTY), (0, 2006, "US", FACULTY)]))
    assert table.flow.sum() == 0
    assert table.stock.sum() == 2
    assert table.pick("exits", "KR", 2002) == table.pick("entries", "US", 2006) == 1


def test_net_rate_is_in_percent_of_the_stock_of_the_year() -> None:
    rows = [(0, 2001, "KR", FACULTY), (0, 2002, "US", FACULTY)]
    rows += [(p, y, "KR", FACULTY) for p in (1, 2) for y in (2001, 2002)]
    table = truth(make_world(rows))
    assert table.pick("net_rate_pct", "KR", 2002) == pytest.approx(-50.0)
    assert table.pick("net_rate_pct", "US", 2002) == pytest.approx(100.0)
    assert np.isnan(table.pick("net_rate_pct", "JP", 2002))


def test_retention_runs_from_the_last_year_of_study_to_the_first_year_abroad() -> None:
    leaver = [
        (0, 2001, "KR", DOCTORAL),
        (0, 2002, "KR", DOCTORAL),
        (0, 2003, "KR", FACULTY),
        (0, 2004, "US", FACULTY),
    ]
    stayer = [(1, 2001, "KR", DOCTORAL), (1, 2002, "KR", FACULTY), (1, 2003, "KR", FACULTY)]
    never_ended = [(2, 2001, "KR", DOCTORAL), (2, 2002, "KR", DOCTORAL)]
    table = truth(make_world(leaver + stayer + never_ended)).retention["doctoral"]
    assert table.at_risk[0, :4].tolist() == [0, 2, 2, 0]
    assert table.left[0, :4].tolist() == [0, 0, 1, 0]
    assert table.observed[0, :3].tolist() == [1.0, 1.0, 0.5]


@st.composite
def worlds(draw: st.DrawFn) -> World:
    spec = WorldSpec(
        people=draw(st.integers(5, 80)),
        first_year=2001,
        last_year=draw(st.integers(2001, 2014)),
        countries=("KR", "US", "CN"),
        publish_probability=draw(st.sampled_from([0.2, 0.5, 0.9, 1.0])),
    )
    return build_world(spec, draw(st.integers(0, 10_000)))


@given(world=worlds(), max_gap_years=st.integers(0, 6))
def test_stocks_balance_and_no_move_is_lost(world: World, max_gap_years: int) -> None:
    table = truth(world, max_gap_years=max_gap_years)
    change = np.diff(table.stock, axis=1)
    balance = table.inflow - table.outflow + table.entries - table.exits
    assert np.array_equal(change, balance[:, 1:])
    assert np.array_equal(table.entries[:, 0], table.stock[:, 0])
    assert np.array_equal(table.inflow.sum(axis=0), table.outflow.sum(axis=0))
    assert table.moves is not None
    assert len(table.moves.year) == table.flow.sum() == _count_moves(world, max_gap_years)
    assert np.all(table.stock >= table.stock_observed)
    assert table.stock_observed.sum() == world.published.sum()
    assert all(table.flow[c, c].sum() == 0 for c in range(3))


def _count_moves(world: World, max_gap_years: int) -> int:
    """Moves counted person by person, by dictionary."""
    last: dict[int, tuple[int, int]] = {}
    moves = 0
    for row in np.flatnonzero(world.published):
        person, year, country = (
            int(world.person[row]),
            int(world.year[row]),
            int(world.country[row]),
        )
        if person in last:
            before, where = last[person]
            moves += where != country and year - before - 1 <= max_gap_years
        last[person] = (year, country)
    return moves


@given(world=worlds())
def test_longer_bridges_only_add(world: World) -> None:
    shorter, longer = (truth(world, max_gap_years=gap) for gap in (1, 4))
    assert np.all(longer.stock >= shorter.stock)
    assert longer.flow.sum() >= shorter.flow.sum()


@pytest.fixture(scope="module")
def loud() -> WorldTruth:
    """A world in which everybody publishes every year: nothing hides the law."""
    spec = WorldSpec(people=60_000, publish_probability=1.0, venue_shares={"corl": 1.0})
    return truth(build_world(spec, seed=8))


@pytest.mark.parametrize("stage", ["undergraduate", "master", "doctoral", "postdoctoral"])
def test_retention_follows_its_known_law(loud: WorldTruth, stage: str) -> None:
    table = loud.retention[stage]
    hazard = 1 - table.known[:, 1:2]
    risk, left = table.at_risk[:, 1:], table.left[:, 1:]
    error = np.sqrt(risk * hazard * (1 - hazard))
    assert np.all(np.abs(left - risk * hazard) <= 4.5 * error + 1)
    pooled = (left - risk * hazard).sum() / np.sqrt((error**2).sum())
    assert abs(pooled) <= 4


def test_expected_values_do_not_depend_on_the_size_of_the_reference() -> None:
    spec = WorldSpec(people=1000)
    small, large = (expected_truth(spec, people=n, seed=n) for n in (60_000, 120_000))
    ratio = small.stock.sum(axis=1) / large.stock.sum(axis=1)
    assert np.all(np.abs(ratio - 1) < 0.15)
    assert small.net_rate_pct.shape == large.net_rate_pct.shape
    assert large.moves is None


def test_worlds_scatter_around_the_expected_values() -> None:
    spec = WorldSpec(people=1500)
    expected = expected_truth(spec, people=150_000)
    samples = [truth(build_world(spec, seed)) for seed in range(40)]
    for name in ("stock", "inflow", "outflow"):
        means = np.mean([getattr(s, name)[:, 5:].sum() for s in samples])
        spread = np.std([getattr(s, name)[:, 5:].sum() for s in samples], ddof=1)
        assert abs(means - getattr(expected, name)[:, 5:].sum()) <= 4 * spread / np.sqrt(40)


def test_the_default_world_looks_like_the_one_we_know() -> None:
    expected = expected_truth(WorldSpec(), people=60_000)
    net = {c: expected.inflow[i].sum() - expected.outflow[i].sum() for i, c in _number(expected)}
    assert net["KR"] < 0 < net["US"]
    assert expected.pick("stock", "CN", 2024) > 4 * expected.pick("stock", "CN", 2004)
    assert max(net, key=lambda code: net[code]) == "US"


def _number(table: WorldTruth) -> list[tuple[int, str]]:
    return list(enumerate(table.countries))
