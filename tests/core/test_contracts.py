"""Does a table that breaks its contract stop the run, and say which rows?"""

from __future__ import annotations

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from talentflow.core.areas import AREAS
from talentflow.core.contracts import CONTRACTS, MOVES, VALUES, Column, Contract, check_table
from talentflow.core.errors import ContractError

VISITS = Contract(
    name="visits",
    row="one visit",
    key=("person", "year"),
    columns=(
        Column(name="person", type=pa.string(), doc="who", nullable=False),
        Column(name="year", type=pa.int16(), doc="when", nullable=False, between=(1990, 2030)),
        Column(name="country", type=pa.string(), doc="where", among=("KR", "US")),
    ),
)


def visits(**changes: pa.Array) -> pa.Table:
    columns = {
        "person": pa.array(["Ada", "Ada", "Bora"]),
        "year": pa.array([2001, 2002, 2001], pa.int16()),
        "country": pa.array(["KR", None, "US"]),
    }
    return pa.table({**columns, **changes})


def test_good_table_passes_unchanged() -> None:
    assert check_table(visits(), VISITS).to_pydict() == visits().to_pydict()


def test_columns_come_out_in_order_and_type() -> None:
    shuffled = visits(year=pa.array([2001, 2002, 2001], pa.int64())).select(
        ["country", "year", "person"]
    )
    assert check_table(shuffled, VISITS).schema == VISITS.schema


@pytest.mark.parametrize(
    ("table", "message"),
    [
        (visits().drop_columns(["country"]), r"missing columns \['country'\]"),
        (visits(city=pa.nulls(3)), r"unexpected columns \['city'\]"),
        (visits(year=pa.array(["2001", "20O1", "2001"])), "20O1"),
        (visits(year=pa.array([70_000, 1, 2])), "70000"),
        (visits(year=pa.array([2001.5, 2002, 2001])), "truncated"),
        (visits(year=pa.array([1989, 2002, 2031], pa.int16())), "2 rows whose year is outside"),
        (visits(country=pa.array(["KR", "HK", "US"])), "1 rows whose country is outside KR, US"),
        (visits(year=pa.array([2001, 2001, 2001], pa.int16())), "1 repeated keys"),
    ],
    ids=["missing", "extra", "text", "overflow", "fraction", "range", "among", "key"],
)
def test_broken_promise_is_named(table: pa.Table, message: str) -> None:
    with pytest.raises(ContractError, match=message):
        check_table(table, VISITS)


def test_null_where_none_may_be() -> None:
    with pytest.raises(ContractError, match="null values to non-nullable"):
        check_table(visits(year=pa.array([2001, None, 2001], pa.int16())), VISITS)


def test_message_shows_rows_and_meaning() -> None:
    with pytest.raises(ContractError) as caught:
        check_table(visits(country=pa.array(["KR", "HK", "US"])), VISITS)
    assert "HK" in str(caught.value)
    assert "expected: where" in str(caught.value)
    assert caught.value.exit_status == 1


def test_rows_as_dictionaries() -> None:
    table = VISITS.from_rows([{"person": "Ada", "year": 2001}])
    assert table.to_pylist() == [{"person": "Ada", "year": 2001, "country": None}]


def test_value_outside_the_unit_interval_is_caught() -> None:
    row = {
        "indicator": "stock",
        "definition_id": "default",
        "area": "KR",
        "partner": "all",
        "stage": "all",
        "sector": "all",
        "period": "2018",
        "value": 12.0,
        "level": 95.0,
        "unit": "persons",
        "flag": "ok",
        "snapshot_id": "toy",
    }
    with pytest.raises(ContractError, match="level is outside"):
        VALUES.from_rows([row])
    assert VALUES.from_rows([{**row, "level": 0.95}]).num_rows == 1


@pytest.mark.parametrize("contract", CONTRACTS.values(), ids=CONTRACTS)
def test_every_contract_accepts_its_empty_table(contract: Contract) -> None:
    assert check_table(contract.empty(), contract).num_rows == 0
    assert set(contract.key) <= {c.name for c in contract.columns}
    assert all(c.doc for c in contract.columns)


@given(
    st.lists(
        st.tuples(
            st.sampled_from("ABC"),
            st.integers(1990, 1996),
            st.sampled_from(AREAS),
            st.sampled_from(AREAS),
        )
    )
)
def test_a_table_passes_exactly_when_its_keys_are_distinct(
    rows: list[tuple[str, int, str, str]],
) -> None:
    names = ("person_id", "year", "from_country", "to_country")
    moves = [{**dict(zip(names, row, strict=True)), "gap_years": 0} for row in rows]
    if len({row[:2] for row in rows}) == len(rows):
        assert MOVES.from_rows(moves).to_pylist() == moves
    else:
        with pytest.raises(ContractError, match="repeated keys"):
            MOVES.from_rows(moves)
