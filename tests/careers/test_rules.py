"""Which rules exist, which combinations are refused, and what do they do to typed-in lives?"""

from __future__ import annotations

import pytest
from naive_careers import Row, pack_rows

from talentflow.careers.histories import list_histories
from talentflow.careers.tallies import count_tallies, data_years, list_tallies
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


def life(*seen: tuple[int, str], **more: object) -> list[Row]:
    return [Row(**{"person": "ada", **more}, year=year, country=country) for year, country in seen]


def count(rows: list[Row], rules: Rules, measure: str) -> dict[tuple[str, ...], float]:
    """Yearly cells of a measure: area, partner where there is one, and year → count."""
    packed = pack_rows(rows)
    counted = count_tallies(packed, rules, replicates=0)
    found = list_tallies(counted, ["d"], data_years(packed), 1).to_pylist()
    return {
        tuple(row[name] for name in ("area", "partner", "period") if row[name] != "all"): row[
            "counts"
        ][0]
        for row in found
        if row["measure"] == measure
        and row["stage"] == row["sector"] == "all"
        and row["period"].isdigit()
    }


@pytest.mark.parametrize(
    ("make", "nearest"),
    [
        (
            lambda: Rules(residence=ResidenceRule(kind="fractional"), move=MoveRule(kind="left")),
            "residence.kind = any with move.kind = left",
        ),
        (lambda: MoveRule(fill="after", dating="spread"), "fill = dated"),
        (lambda: MoveRule(fill="before", dating="midpoint"), "fill = dated"),
        (lambda: MoveRule(fill="dated"), "fill = before with dating = seen"),
        (lambda: MoveRule(fill="none", pad_years=2), "fill = around with pad_years = 2"),
        (lambda: MoveRule(fill="around"), "fill = around with pad_years = 2"),
        (lambda: MoveRule(fill="around", pad_years=2, dating="spread"), "fill = dated"),
        (lambda: MoveRule(max_gap_years=0, fill="none", dating="spread"), "max_gap_years = 3"),
        (
            lambda: Rules(
                residence=ResidenceRule(kind="any"),
                move=MoveRule(fill="dated", dating="spread"),
            ),
            "residence.kind = mode with move.dating = spread",
        ),
        (lambda: ResidenceRule(kind="any", tie="drop"), "tie = stay"),
        (lambda: ResidenceRule(kind="fractional", votes="paper_shares"), "votes = records"),
        (lambda: OriginRule(otherwise="left_out"), "otherwise = first"),
        (lambda: PeopleRule(authors="middle"), "authors = corresponding"),  # type: ignore[arg-type]
    ],
)
def test_impossible_rules_name_the_nearest_valid(make: object, nearest: str) -> None:
    with pytest.raises(UsageError, match="impossible rules") as raised:
        make()  # type: ignore[operator]
    assert nearest in str(raised.value)


@pytest.mark.parametrize(
    "wrong", [{"max_gap_years": 51}, {"window_years": -1}, {"pad_years": 0, "fill": "after"}]
)
def test_years_out_of_range(wrong: dict) -> None:
    with pytest.raises(UsageError, match=next(iter(wrong))):
        MoveRule(**wrong)


def test_every_country_of_the_year_counts_once_and_the_world_once() -> None:
    rows = life((2010, "KR"), (2010, "US"))
    rules = Rules(residence=ResidenceRule(kind="any"))
    assert count(rows, rules, "stock") == {
        ("KR", "2010"): 1,
        ("US", "2010"): 1,
        ("2010",): 1,
    }


def test_a_year_is_divided_among_its_countries() -> None:
    rows = life((2010, "KR"), (2011, "KR"), (2011, "US"), (2011, "DE"), (2012, "US"))
    rules = Rules(residence=ResidenceRule(kind="fractional"))
    third = pytest.approx(1 / 3)
    assert count(rows, rules, "stock") == {
        ("KR", "2010"): 1,
        ("2010",): 1,
        **{(area, "2011"): third for area in ("DE", "KR", "US")},
        ("2011",): 1,
        ("US", "2012"): 1,
        ("2012",): 1,
    }
    assert count(rows, rules, "flow") == {
        ("KR", "DE", "2011"): third,
        ("KR", "US", "2011"): third,
        ("DE", "US", "2012"): third,
        ("KR", "US", "2012"): third,
    }


def test_the_last_venue_of_the_year_decides() -> None:
    rows = [
        *life((2010, "KR"), (2010, "KR"), venue="icml"),
        *life((2010, "US"), venue="nips"),
    ]
    assert ("KR", "2010") in count(rows, Rules(), "stock")
    last = Rules(residence=ResidenceRule(kind="last"))
    assert ("US", "2010") in count(rows, last, "stock")


def test_votes_by_the_part_of_the_paper() -> None:
    """Two papers of eight authors weigh less than one written alone."""
    rows = [*life((2010, "KR"), (2010, "KR"), n_authors=8), *life((2010, "US"))]
    assert ("KR", "2010") in count(rows, Rules(), "stock")
    shares = Rules(residence=ResidenceRule(votes="paper_shares"))
    assert ("US", "2010") in count(rows, shares, "stock")


def test_padding_fills_two_years_of_any_silence_and_moves_bridge_it() -> None:
    """Events between observed years, the years before a record padded with its country."""
    rows = life((2010, "KR"), (2017, "US"))
    rules = Rules(move=MoveRule(max_gap_years=50, fill="after", pad_years=2))
    years = {key for key in count(rows, rules, "stock") if len(key) == 2}
    assert years == {("KR", "2010"), ("US", "2015"), ("US", "2016"), ("US", "2017")}
    assert count(rows, rules, "flow") == {("KR", "US", "2017"): 1}


@pytest.mark.parametrize(
    ("there", "korea", "america"),
    [
        (2018, range(2010, 2013), range(2016, 2021)),
        (2013, range(2010, 2011), range(2011, 2016)),
        (2014, range(2010, 2012), range(2012, 2017)),
    ],
)
def test_padding_around_records_reaches_both_ways(there: int, korea: range, america: range) -> None:
    """The population of the Scholarly Migration Database; of two records within reach of a year
    the later has it, and no year outside the data is counted."""
    rows = [
        *life((2010, "KR"), (there, "US"), person="a"),
        *life((2007, "DE"), (2023, "DE"), person="b"),
    ]
    rules = Rules(move=MoveRule(max_gap_years=50, fill="around", pad_years=2))
    stock = count(rows, rules, "stock")

    def years_of(area: str) -> set[str]:
        return {key[1] for key in stock if key[0] == area and len(key) == 2}

    assert years_of("KR") == {str(year) for year in (2008, 2009, *korea)}
    assert years_of("US") == {str(year) for year in america}
    assert years_of("DE") == {"2007", "2008", "2009", "2021", "2022", "2023"}
    assert count(rows, rules, "flow") == {("KR", "US", str(there)): 1}


def test_a_move_across_a_silence_is_spread_over_it() -> None:
    rows = life((2010, "KR"), (2014, "US"))
    rules = Rules(move=MoveRule(fill="dated", dating="spread"))
    assert count(rows, rules, "flow") == {
        ("KR", "US", str(year)): 0.25 for year in range(2011, 2015)
    }
    stock = count(rows, rules, "stock")
    assert [stock.get(("US", str(year)), 0) for year in range(2010, 2015)] == [
        0,
        0.25,
        0.5,
        0.75,
        1,
    ]
    middle = Rules(move=MoveRule(fill="dated", dating="midpoint"))
    assert count(rows, middle, "flow") == {("KR", "US", "2012"): 1}


@pytest.mark.parametrize(("window", "moved"), [(0, True), (1, True), (2, False)])
def test_who_keeps_the_old_country_is_a_traveller(window: int, moved: bool) -> None:
    rows = life((2010, "KR"), (2011, "US"), (2012, "US"), (2013, "US"), (2013, "US"), (2013, "KR"))
    rules = Rules(move=MoveRule(kind="left", window_years=window))
    assert count(rows, rules, "flow") == ({("KR", "US", "2011"): 1} if moved else {})
    assert ("KR", "US", "2011") in count(rows, Rules(), "flow")


def test_the_seat_of_the_employer() -> None:
    rows = life((2010, "KR"), seat="US") + life((2011, "KR"))
    seat = Rules(place=PlaceRule(employer="seat"))
    assert {key for key in count(rows, seat, "stock") if len(key) == 2} == {
        ("US", "2010"),
        ("KR", "2011"),
    }


def test_origin_by_stage() -> None:
    rows = [
        *life((2009, "FR")),
        *life((2010, "KR"), role="Undergrad student"),
        *life((2012, "US"), role="PhD student"),
        Row(person="bora", year=2012, country="DE"),
    ]
    packed = pack_rows(rows, (Population(),))

    def origins(rule: OriginRule) -> set[str]:
        counted = count_tallies(packed, Rules(origin=rule), replicates=0)
        table = list_tallies(counted, ["c", "d"], data_years(packed), 1).to_pylist()
        return {
            row["area"]
            for row in table
            if row["measure"] == "cohort_origin" and row["period"] == "2012"
        }

    assert origins(OriginRule()) == {"FR", "DE"}
    assert origins(OriginRule(stage="undergraduate")) == {"KR", "DE"}
    assert origins(OriginRule(stage="undergraduate", otherwise="left_out")) == {"KR"}
    assert origins(OriginRule(stage="doctorate", otherwise="left_out")) == {"US"}


def test_fields_and_last_authors_choose_records() -> None:
    rows = [
        *life((2010, "KR"), venue="icra", author_position=2, n_authors=2),
        *life((2011, "US"), venue="nips", tier=Tier.ACCEPTED | Tier.ORAL, n_authors=2),
    ]
    for rule, years in (
        (PeopleRule(field="robotics"), {"2010"}),
        (PeopleRule(authors="last"), {"2010"}),
        (PeopleRule(tier="oral"), {"2011"}),
    ):
        assert {key[-1] for key in count(rows, Rules(people=rule), "stock")} == years


def test_no_histories_where_persons_are_split() -> None:
    packed = pack_rows(life((2010, "KR")))
    for rules in (
        Rules(residence=ResidenceRule(kind="any")),
        Rules(move=MoveRule(fill="dated", dating="spread")),
    ):
        with pytest.raises(UsageError, match="nearest valid"):
            list_histories(packed, rules)


@pytest.mark.parametrize(
    ("move", "years"),
    [
        (MoveRule(), 3),
        (MoveRule(max_gap_years=50, fill="after", pad_years=2), 2),
        (MoveRule(max_gap_years=50, fill="around", pad_years=2), 2),
        (MoveRule(max_gap_years=50, fill="none"), 1),
        (MoveRule(max_gap_years=0, fill="none", kind="left", window_years=2), 2),
        (MoveRule(fill="none", dating="spread"), 3),
    ],
)
def test_years_that_are_still_open(move: MoveRule, years: int) -> None:
    assert move.open_years == years
