"""The index finds what a plain scan of the table finds."""

from __future__ import annotations

import pyarrow.compute as pc
from hypothesis import given, settings
from hypothesis import strategies as st
from synthetic_store import AREAS, CENSORED_FROM, LAST

from talentflow.indicators.registry import INDICATORS
from talentflow.indicators.snapshot import Query, select_values
from talentflow.serve.figures import Cell, Figures, parse_duration, parse_window
from talentflow.serve.live import Edition
from talentflow.serve.memory import Memory


@settings(max_examples=40, deadline=None)
@given(
    indicator=st.sampled_from([i.id for i in INDICATORS]),
    area=st.sampled_from([*AREAS, "FJ"]),
    definition=st.sampled_from(["default", "no-bridging", "default@nips.oral"]),
)
def test_index_agrees_with_the_table(
    edition: Edition, indicator: str, area: str, definition: str
) -> None:
    found = edition.figures.find(
        indicator, area, Cell(partner=None, stage=None, sector=None), definition=definition
    )
    query = Query(indicator=indicator, area=area, definition=definition)
    wanted = select_values(edition.snapshot, query).to_pylist()
    assert {tuple(row.values()) for row in wanted} == set(found)
    assert len(wanted) == len(found)


def test_compare_agrees_with_find(figures: Figures) -> None:
    cell = Cell(period="2015/2019")
    compared = figures.compare("net_rate", cell)
    assert compared == {a: figures.find_one("net_rate", a, cell) for a in AREAS}


def test_arrivals_are_the_flows_towards_the_area(edition: Edition) -> None:
    arrivals = edition.figures.arrivals("KR", "2020")
    table = edition.snapshot.values.filter(
        (pc.field("indicator") == "flow") & (pc.field("partner") == "KR")
        & (pc.field("period") == "2020") & (pc.field("definition_id") == "default")
    )  # fmt: skip
    assert sorted(f.area for f in arrivals) == sorted(table["area"].to_pylist())
    assert {f.partner for f in arrivals} == {"KR"}


def test_latest_complete_periods(figures: Figures) -> None:
    assert figures.latest_window("net_rate") == f"{CENSORED_FROM - 5}/{CENSORED_FROM - 1}"
    assert figures.latest_year("stock") == str(CENSORED_FROM - 1)
    assert figures.latest_window("retention") is None
    assert figures.latest_year("no_such_indicator") is None
    assert figures.windows("net_rate")[0] == f"{LAST}/{LAST + 4}"
    assert figures.latest_window("work_share", "default@all") == f"{LAST - 5}/{LAST - 1}"


def test_definitions_start_with_the_default(figures: Figures) -> None:
    assert figures.definitions_with("net_rate") == ["default", "any-gap", "no-bridging"]
    assert figures.definitions_with("retention") == ["default"]


def test_periods_are_read() -> None:
    assert parse_window("2015/2019") == (2015, 2019)
    assert parse_window("2018") == (2018, 2018)
    assert parse_window("P5Y") is None
    assert parse_duration("P5Y") == 5
    assert parse_duration("2018") is None


@given(st.lists(st.tuples(st.integers(0, 9), st.integers(0, 60)), max_size=60))
def test_memory_is_bounded_and_right(calls: list[tuple[int, int]]) -> None:
    memory = Memory(max_bytes=100)
    for key, size in calls:
        made = memory.recall((key, size), lambda key=key, size=size: bytes([key]) * size)  # type: ignore[misc]  # lambdas with defaults have no inferred type
        assert made == bytes([key]) * size
        assert memory._bytes <= 100
        assert memory._bytes == sum(map(len, memory._kept.values()))
