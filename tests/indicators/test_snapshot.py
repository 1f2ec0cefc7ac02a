"""Does a query get the figures it asked for, in the order of a reader, or a useful refusal?"""

from __future__ import annotations

import json
from pathlib import Path

import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from talentflow.core.contracts import VALUES
from talentflow.core.errors import StoreError, UsageError
from talentflow.core.rules import Population
from talentflow.indicators.definitions import (
    DEFINITIONS,
    choose_definitions,
    define_cohort,
)
from talentflow.indicators.registry import INDICATORS, find_indicator
from talentflow.indicators.snapshot import (
    Query,
    Snapshot,
    open_snapshot,
    period_order,
    select_values,
)


def figure(indicator: str, area: str, period: str, **given: str) -> dict[str, object]:
    return {
        "indicator": indicator,
        "definition_id": "default",
        **dict.fromkeys(("partner", "stage", "sector"), "all"),
        "area": area,
        "period": period,
        "value": 7.0,
        "low": 5.0,
        "high": 9.0,
        "level": 0.95,
        "n": 7,
        "unit": "moves",
        "flag": "ok",
        "snapshot_id": "s",
        **given,
    }


PERIODS = ["2010/2019", "2015/2019", "2010", "2010/2014", "2015", "2011"]


@pytest.fixture(scope="module")
def snapshot(tmp_path_factory: pytest.TempPathFactory) -> Snapshot:
    folder = tmp_path_factory.mktemp("store") / "published"
    folder.mkdir()
    rows = [figure("flow", "KR", period, partner="US") for period in PERIODS]
    rows += [figure("flow", "US", "2010", partner="KR")]
    rows += [figure("retention", "KR", f"P{years}Y") for years in (1, 10, 2)]
    rows += [figure("flow", "KR", "2010", partner="US", definition_id="any-gap")]
    pq.write_table(VALUES.from_rows(rows), folder / "values.parquet")
    definitions = [d.to_dict() for d in DEFINITIONS if d.id in ("default", "any-gap")]
    (folder / "definitions.json").write_text(json.dumps(definitions), "utf-8")
    (folder / "manifest.json").write_text("{", "utf-8")
    return open_snapshot(folder.parent)


def periods(snapshot: Snapshot, **query: str) -> list[str]:
    wanted = Query(**{"indicator": "flow", "definition": "default", "area": "KR", **query})
    found: list[str] = select_values(snapshot, wanted)["period"].to_pylist()
    return found


def test_years_then_windows_then_the_whole_period(snapshot: Snapshot) -> None:
    assert periods(snapshot) == ["2010", "2011", "2015", "2010/2014", "2015/2019", "2010/2019"]
    assert periods(snapshot, indicator="retention") == ["P1Y", "P2Y", "P10Y"]


def test_definition_and_area_come_before_the_period(snapshot: Snapshot) -> None:
    table = select_values(snapshot, Query(indicator="flow"))
    assert table.schema.equals(snapshot.values.schema)
    first = zip(table["definition_id"].to_pylist(), table["area"].to_pylist(), strict=True)
    assert list(first) == [("any-gap", "KR"), *[("default", "KR")] * 6, ("default", "US")]


@given(st.lists(st.integers(1950, 2100), unique=True), st.lists(st.integers(1, 15), unique=True))
def test_order_of_periods_is_natural(years: list[int], durations: list[int]) -> None:
    mixed = [*map(str, years), *(f"P{n}Y" for n in durations), *(f"{y}/{y + 4}" for y in years)]
    expected = [
        *map(str, sorted(years)),
        *(f"{y}/{y + 4}" for y in sorted(years)),
        *(f"P{n}Y" for n in sorted(durations)),
    ]
    assert sorted(mixed, key=period_order) == expected


@pytest.mark.parametrize(
    ("period", "expected"),
    [
        ("2011", ["2011"]),
        ("2010/2014", ["2010/2014"]),
        ("2010:2012", ["2010", "2011"]),
        ("1990:2010", ["2010"]),
    ],
)
def test_period(snapshot: Snapshot, period: str, expected: list[str]) -> None:
    assert periods(snapshot, period=period) == expected


@pytest.mark.parametrize(
    ("query", "message"),
    [
        ({"indicator": "net_rat"}, "net_rate"),
        ({"area": "Korae"}, "did you mean"),
        ({"partner": "Atlantis"}, "unknown area 'Atlantis'"),
        ({"stage": "phd"}, "unknown stage 'phd'"),
        ({"sector": "university>school"}, "unknown sector 'school'"),
        ({"definition": "any-gab"}, "any-gap, default"),
        ({"period": "1999"}, r"2010 to 2015, or 2010/2014(.|\n)*nearest is 2010"),
        ({"period": "2030:2040"}, "nearest is 2015"),
        ({"period": "2010/2015"}, "nearest is 2010/201[49]"),
        ({"period": "2015:2010"}, "ends before it begins"),
        ({"period": "2010:20I4"}, "is not a range of years"),
        ({"indicator": "retention", "period": "P20Y"}, "P1Y to P10Y"),
    ],
)
def test_what_there_is_not(snapshot: Snapshot, query: dict[str, str], message: str) -> None:
    with pytest.raises(UsageError, match=message):
        periods(snapshot, **query)


def test_areas_by_name(snapshot: Snapshot) -> None:
    for name in ("kr", "South Korea", "대한민국"):
        assert periods(snapshot, area=name, partner="미국") == periods(snapshot)


def test_a_country_without_figures_is_no_mistake(snapshot: Snapshot) -> None:
    assert periods(snapshot, area="FR", period="2010") == []


def test_descriptions_are_those_frozen_at_publication(snapshot: Snapshot) -> None:
    assert set(snapshot.definitions) == {"default", "any-gap"}
    with pytest.raises(StoreError, match=r"manifest\.json"):
        _ = snapshot.manifest
    with pytest.raises(StoreError, match="run `talentflow build` again"):
        _ = snapshot.indicators


def test_a_damaged_snapshot(tmp_path: Path) -> None:
    (tmp_path / "published").mkdir()
    (tmp_path / "published" / "values.parquet").write_bytes(b"PAR1 cut short")
    with pytest.raises(StoreError, match=r"cannot read values\.parquet"):
        select_values(open_snapshot(tmp_path), Query(indicator="flow"))


def test_nothing_published(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="nothing has been published"):
        open_snapshot(tmp_path)


def test_choice_of_definitions() -> None:
    assert choose_definitions("all") == DEFINITIONS
    assert [d.id for d in choose_definitions("default")] == ["default"]
    # The default is always computed: it is what `show` prints.
    assert [d.id for d in choose_definitions("any-gap,hard-ids,any-gap")] == [
        "default",
        "any-gap",
        "hard-ids",
    ]
    with pytest.raises(UsageError, match="unknown definition none-such"):
        choose_definitions(["default", "none-such"])


def test_each_definition_differs_from_the_default() -> None:
    rules = [d.rules for d in DEFINITIONS]
    assert len(set(rules)) == len(rules)
    assert all(set(d.title) == {"en", "ko"} for d in DEFINITIONS)


@pytest.mark.parametrize(
    ("population", "id_"),
    [
        (Population(), "default@all"),
        (Population(venue="nips"), "default@nips"),
        (Population(venue="nips", tier="oral"), "default@nips.oral"),
        (Population(tier="all"), "default@all.all"),
    ],
)
def test_cohorts_are_named_after_their_population(population: Population, id_: str) -> None:
    assert define_cohort(population).id == id_


def test_indicators_are_described_in_both_languages() -> None:
    for indicator in INDICATORS:
        assert find_indicator(indicator.id) is indicator
        for text in (indicator.title, indicator.meaning, indicator.n_means):
            assert set(text) == {"en", "ko"}
        assert (indicator.denominator is None) == (indicator.kind in ("count", "difference"))
