"""Does the compiled pass count what a plain reading of the rules counts?"""

from __future__ import annotations

from collections import Counter

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st
from naive_careers import (
    Cell,
    Row,
    count_cells,
    counts_under,
    fill_silence,
    list_parts,
    list_residences,
    pack_rows,
    units_of,
)

from talentflow.careers.packing import choose_populations
from talentflow.careers.tallies import count_tallies, data_years, list_tallies
from talentflow.careers.weights import draw_weights, hash_ids
from talentflow.core.contracts import TALLIES, check_table
from talentflow.core.errors import UsageError
from talentflow.core.rules import (
    MoveRule,
    OriginRule,
    PeopleRule,
    PlaceRule,
    Population,
    ResidenceRule,
    Rules,
)
from talentflow.core.vocabulary import Tier

REPLICATES = 3
POPULATIONS = (
    Population(),
    Population(tier="oral"),
    Population(venue="nips"),
    Population(venue="icra", tier="all"),
)

rows = st.builds(
    Row,
    person=st.sampled_from(["ada", "bora", "chen"]),
    year=st.integers(2008, 2026),
    country=st.sampled_from([None, "HK", "KR", "US", "ZW"]),
    role=st.sampled_from([None, "Undergrad student", "PhD student", "Postdoc", "Researcher"]),
    sector=st.sampled_from([None, "university", "company"]),
    venue=st.sampled_from([None, "nips", "icra"]),
    tier=st.sampled_from([Tier.NONE, Tier.ACCEPTED, Tier.ACCEPTED | Tier.ORAL, Tier.REJECTED]),
    author_position=st.sampled_from([None, 1, 2]),
    hard_id=st.booleans(),
    ambiguous=st.booleans(),
    seat=st.sampled_from([None, "KR", "US"]),
    n_authors=st.integers(1, 4),
)
evidence = st.lists(rows, min_size=1, max_size=40)


def admissible(rule: type, /, **choices: st.SearchStrategy) -> st.SearchStrategy:
    """Rules of one class; impossible combinations are left out."""

    def build(chosen: dict) -> object:
        try:
            return rule(**chosen)
        except UsageError:
            return None

    return st.fixed_dictionaries(choices).map(build).filter(lambda found: found is not None)


rules = admissible(
    Rules,
    residence=admissible(
        ResidenceRule,
        kind=st.sampled_from(["mode", "last", "any", "fractional"]),
        tie=st.sampled_from(["stay", "code", "drop"]),
        votes=st.sampled_from(["records", "paper_shares"]),
    ),
    move=admissible(
        MoveRule,
        max_gap_years=st.integers(0, 5),
        fill=st.sampled_from(["before", "after", "around", "none", "dated"]),
        pad_years=st.sampled_from([None, 1, 2]),
        dating=st.sampled_from(["seen", "midpoint", "spread"]),
        kind=st.sampled_from(["change", "left"]),
        window_years=st.integers(0, 2),
    ),
    people=st.builds(
        PeopleRule,
        linkage=st.sampled_from(["all", "told_apart", "hard_id"]),
        tier=st.sampled_from(["all", "accepted", "oral"]),
        authors=st.sampled_from(["all", "first", "last"]),
        field=st.sampled_from(["all", "machine-learning", "robotics"]),
    ),
    place=st.builds(PlaceRule, employer=st.sampled_from(["site", "seat"])),
    origin=admissible(
        OriginRule,
        stage=st.sampled_from(["first", "undergraduate", "doctorate"]),
        otherwise=st.sampled_from(["first", "left_out"]),
    ),
)
whole_rules = rules.filter(lambda found: not found.splits_persons)
"""Rules under which a person lives in one country a year and moves in one year."""


def tally(rows: list[Row], rules: Rules, *, workers: int = 1) -> pa.Table:
    packed = pack_rows(rows, POPULATIONS)
    counted = count_tallies(packed, rules, replicates=REPLICATES, workers=workers)
    names = [*(population.id for population in POPULATIONS), "d"]
    return check_table(list_tallies(counted, names, data_years(packed), 1), TALLIES)


def by_cell(tallies: pa.Table) -> dict[Cell, tuple[int, list[int]]]:
    *cell, persons, counts = (tallies[name].to_pylist() for name in tallies.column_names)
    return dict(zip(zip(*cell, strict=True), zip(persons, counts, strict=True), strict=True))


def weigh(cells: dict[Cell, Counter[str]], units: int = 1) -> dict[Cell, tuple[int, list[float]]]:
    """Persons, count and replicates of plainly counted cells, where one person is `units`."""
    names = sorted({person for counted in cells.values() for person in counted})
    weights = {name: weights_of(name) for name in names}
    return {
        cell: (
            len(counted),
            [n / units for n in sum(times * weights[name] for name, times in counted.items())],
        )
        for cell, counted in cells.items()
    }


def weights_of(person: str, replicates: int = REPLICATES) -> np.ndarray:
    weights = np.zeros(replicates + 1, np.int32)
    draw_weights(hash_ids(pa.array([person]))[0], weights)
    return weights.astype(int)


def lives_in(rows: list[Row]) -> list[list[Row]]:
    return [[row for row in rows if row.person == p] for p in sorted({r.person for r in rows})]


@given(evidence, rules)
def test_kernel_counts_what_the_plain_reading_counts(rows: list[Row], rules: Rules) -> None:
    assert by_cell(tally(rows, rules)) == weigh(
        count_cells(rows, rules, POPULATIONS), units_of(rules)
    )


@given(st.data(), evidence, rules, st.integers(1, 5))
def test_figures_do_not_depend_on_order_or_partition(
    data: st.DataObject, rows: list[Row], rules: Rules, workers: int
) -> None:
    shuffled = data.draw(st.permutations(rows))
    assert tally(shuffled, rules, workers=workers).equals(tally(rows, rules))


@given(evidence, st.integers(1, 9))
def test_split_cuts_through_nobody(rows: list[Row], parts: int) -> None:
    packed = pack_rows(rows)
    slices = packed.split(parts)
    assert np.concatenate([part.keys for part in slices]).tolist() == packed.keys.tolist()
    people = [set((part.keys >> 23).tolist()) for part in slices]
    assert sum(len(group) for group in people) == len(set().union(*people))
    assert len(slices) <= parts


@given(evidence, rules)
def test_no_mover_is_lost_or_invented(rows: list[Row], rules: Rules) -> None:
    cells = by_cell(tally(rows, rules))

    def total(measure: str, period: str) -> list[int]:
        counts = [c for key, (_, c) in cells.items() if (key[0], key[-1]) == (measure, period)]
        return [sum(replicate) for replicate in zip(*counts, strict=True)]

    for period in {key[-1] for key in cells}:
        assert total("inflow", period) == pytest.approx(total("outflow", period))
        if period.isdigit():
            assert total("inflow", period) == pytest.approx(total("flow", period))
    moves = sum(
        move[-1]
        for life in lives_in(rows)
        for move in list_parts(list_residences(life, rules), rules, life)
    )
    single = sum(c[0] for key, (_, c) in cells.items() if key[0] == "flow" and key[-1].isdigit())
    assert single == pytest.approx(moves / units_of(rules))


@given(evidence, rules)
def test_persons_never_exceed_the_count(rows: list[Row], rules: Rules) -> None:
    for persons, counts in by_cell(tally(rows, rules)).values():
        assert counts[0] > 0
        assert rules.splits_persons or 0 < persons <= counts[0]


@given(evidence)
def test_stock_moves_by_arrivals_departures_entries_and_silences(rows: list[Row]) -> None:
    """Where silences are filled, stock(y + 1) − stock(y) = in − out + entries − exits."""
    rules = Rules()
    cells = by_cell(tally(rows, rules))

    def count(measure: str, area: str, year: int) -> int:
        key = (measure, "d", area, "all", "all", "all", str(year))
        return cells.get(key, (0, [0]))[1][0]

    lives = [
        [
            r
            for r, _ in fill_silence(
                list_residences([x for x in rows if x.person == p], rules), rules
            )
        ]
        for p in {row.person for row in rows}
    ]
    for area in ("HK", "KR", "US", "ZW"):
        for year in range(2008, 2026):
            entries, exits = 0, 0
            for life in lives:
                here = {r.year: r.country for r in life}
                entries += here.get(year + 1) == area and year not in here
                exits += here.get(year) == area and year + 1 not in here
            change = count("inflow", area, year + 1) - count("outflow", area, year + 1)
            assert count("stock", area, year + 1) - count("stock", area, year) == (
                change + entries - exits
            )


def test_one_life_typed_in() -> None:
    """Bachelor in Korea, doctorate in the United States, two silent years, a job back home."""
    life = [
        Row(person="ada", year=2010, country="KR", role="Undergrad student", sector="university"),
        Row(person="ada", year=2011, country="US", role="PhD student", sector="university"),
        Row(person="ada", year=2014, country="KR", role="Research Scientist", sector="company"),
    ]
    found = {
        (key[0], *(word for word in key[2:] if word != "all")): counts[0]
        for key, (_, counts) in by_cell(tally(life, Rules())).items()
        if key[1] == "d"
    }
    years = {key: n for key, n in found.items() if "/" not in key[-1]}
    assert {key for key in years if key[0] == "stock" and len(key) == 3} == {
        ("stock", "KR", "2010"),
        ("stock", "US", "2011"),
        ("stock", "US", "2012"),
        ("stock", "US", "2013"),
        ("stock", "KR", "2014"),
    }
    assert {key for key in years if key[0] == "flow"} == {
        ("flow", "KR", "US", "2011"),
        ("flow", "US", "KR", "2014"),
    }
    assert {key for key in years if key[0] in ("mobile", "followed")} == {
        ("followed", "US", "2011"),
        ("mobile", "US", "2011"),
        ("followed", "KR", "2014"),
        ("mobile", "KR", "2014"),
    }
    assert {key for key in years if key[0].startswith("retention")} == {
        ("retention_risk", "KR", "P1Y"),
        ("retention_left", "KR", "P1Y"),
        ("retention_risk", "KR", "undergraduate", "P1Y"),
        ("retention_left", "KR", "undergraduate", "P1Y"),
        ("retention_risk", "US", "doctoral", "P1Y"),
        ("retention_risk", "US", "doctoral", "P2Y"),
        ("retention_risk", "US", "doctoral", "P3Y"),
        ("retention_left", "US", "doctoral", "P3Y"),
    }
    assert found["stage_flow", "US", "KR", "doctoral", "2010/2014"] == 1
    assert found["stage_flow", "KR", "KR", "undergraduate", "2010/2014"] == 1
    assert found["sector_flow", "KR", "university>company", "2010/2014"] == 1
    assert found["stock", "US", "2010/2014"] == 3


@pytest.mark.parametrize(
    ("first", "last", "whole_periods"),
    [(2010, 2014, {"2010/2014"}), (2011, 2014, {"2011/2014"})],
)
def test_whole_period_that_is_a_window_is_counted_once(
    first: int, last: int, whole_periods: set[str]
) -> None:
    life = [
        Row(person="ada", year=first, country="KR", sector="university"),
        Row(person="ada", year=last, country="US", sector="company"),
    ]
    cells = by_cell(tally(life, Rules()))
    for measure in ("flow", "sector_flow"):
        found = {key[-1]: counts[0] for key, (_, counts) in cells.items() if key[0] == measure}
        assert {p: n for p, n in found.items() if "/" in p} == dict.fromkeys(whole_periods, 1)


@pytest.mark.parametrize(("silent", "risk"), [(3, ["P4Y"]), (4, [])])
def test_silence_longer_than_the_gap_censors_retention(silent: int, risk: list[str]) -> None:
    life = [Row(person="ada", year=y, country=c) for y, c in [(2010, "KR"), (2011 + silent, "US")]]
    cells = by_cell(tally(life, Rules()))
    left = [key[-1] for key in cells if key[0] == "retention_left"]
    at_risk = [key[-1] for key in cells if key[0] == "retention_risk"]
    assert left == risk
    assert len(at_risk) == (4 if risk else 0)


def test_origin_of_a_cohort_is_the_first_country_ever_seen() -> None:
    life = [
        Row(person="ada", year=2009, country="KR", venue=None),
        Row(person="ada", year=2012, country="US", venue="nips", tier=Tier.ACCEPTED | Tier.ORAL),
        Row(person="bora", year=2012, country=None, venue="nips", tier=Tier.ACCEPTED),
    ]
    cells = by_cell(tally(life, Rules()))
    for name in ("all.oral", "nips"):
        found = {key[0]: key[2] for key in cells if key[1] == name and key[-1] == "2012"}
        assert found == {"cohort_work": "US", "cohort_origin": "KR", "cohort_located": "all"}
        located = cells["cohort_located", name, "all", "all", "all", "all", "2012"]
        assert located[0] == 1


def test_cells_below_the_floor_keep_their_point_value_only() -> None:
    life = [Row(person="ada", year=y, country=c) for y, c in [(2010, "KR"), (2011, "US")]]
    packed = pack_rows(life)
    counted = count_tallies(packed, Rules(), replicates=REPLICATES)
    table = list_tallies(counted, ["d"], data_years(packed), 2)
    widths = {
        measure: len(counts)
        for measure, counts in zip(
            table["measure"].to_pylist(), table["counts"].to_pylist(), strict=True
        )
    }
    for kept in ("retention_left", "inflow", "outflow"):
        assert widths.pop(kept) == REPLICATES + 1
    assert set(widths.values()) == {1}


def test_nobody_at_all() -> None:
    nobody = pack_rows([])
    counted = count_tallies(nobody, Rules(), replicates=REPLICATES, workers=2)
    assert list_tallies(counted, ["d"], data_years(nobody), 5).num_rows == 0


def test_many_cells_outgrow_the_first_table(monkeypatch: pytest.MonkeyPatch) -> None:
    from talentflow.careers import counting

    life = [
        Row(person=f"p{i}", year=2000 + (i * 7 + j) % 25, country=["KR", "US", "FR"][(i + j) % 3])
        for i in range(60)
        for j in range(5)
    ]
    expected = tally(life, Rules())
    monkeypatch.setattr(counting, "_FIRST_CAPACITY", 2)
    assert tally(life, Rules()).equals(expected)


def test_populations_prefer_the_largest_venues() -> None:
    records = pa.table(
        {
            "tier_flags": pa.array([2, 2, 2, 18, 2], pa.int32()),
            "venue": pa.array(["icra", "nips", "nips", "icra", None]),
        }
    )
    assert [p.id for p in choose_populations(records)] == [
        "all",
        "all.oral",
        "icra",
        "icra.oral",
        "nips",
    ]
    many = pa.table(
        {
            "tier_flags": pa.array([2] * 100, pa.int32()),
            "venue": pa.array([f"v{i:02}" for i in range(100)]),
        }
    )
    assert len(choose_populations(many)) == 60


def test_reference_reads_people_rules() -> None:
    row = Row(person="ada", year=2010, country="KR", tier=Tier.REJECTED, author_position=None)
    assert counts_under(row, Rules())
    assert not counts_under(row, Rules(people=PeopleRule(tier="accepted")))
    assert not counts_under(row, Rules(people=PeopleRule(authors="first")))
