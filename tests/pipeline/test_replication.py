"""The replication report: rules found again in SQL, identities, shares, and what cannot be said."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from talentflow.core.areas import LANGUAGES
from talentflow.core.contracts import VALUES
from talentflow.core.rules import MoveRule, PeopleRule, ResidenceRule, Rules
from talentflow.indicators.definitions import Definition
from talentflow.pipeline.replication import equal_inputs, measure_replication, tables
from talentflow.pipeline.replication.beside import list_beside
from talentflow.pipeline.replication.cohorts import compare_cohorts
from talentflow.pipeline.replication.conferences import compare_conferences, rank_correlation
from talentflow.pipeline.replication.facts import list_facts
from talentflow.pipeline.replication.figures import Published
from talentflow.pipeline.replication.rows import PARTS, VERDICTS, Check, say
from talentflow.pipeline.replication.shares import (
    Share,
    correlation_within,
    subtract_shares,
    wilson_share,
)

Row = dict[str, Any]


@pytest.fixture(scope="module")
def checks() -> dict[str, Check]:
    return {check.id: check for check in equal_inputs.run_equal_inputs()}


# --- equal inputs ---


@pytest.mark.parametrize("id_", ["equal_flows", "equal_arrivals", "stock_observed", "stock_inner"])
def test_kernel_and_sql_agree_in_every_cell(checks: dict[str, Check], id_: str) -> None:
    check = checks[id_]
    assert check.cells > 100
    assert check.equal == check.cells
    assert check.correlation == pytest.approx(1)
    assert check.holds


def test_the_world_holds_what_the_rules_are_about(checks: dict[str, Check]) -> None:
    tie = checks["tie"]
    assert tie.equal is not None
    assert tie.equal < tie.cells  # there are ties
    padding = checks["stock_smd"]
    assert padding.ratio is not None
    assert padding.ratio > 1.2  # and silences


def test_a_definition_called_smd_is_held_against_sql(monkeypatch: pytest.MonkeyPatch) -> None:
    rules = Rules(
        residence=ResidenceRule(tie="code"),
        move=MoveRule(max_gap_years=50, fill="none"),
        people=PeopleRule(linkage="all"),
    )
    named = Definition(id="smd", title={"en": "SMD", "ko": "SMD"}, rules=rules)
    others = tuple(d for d in equal_inputs.DEFINITIONS if d.id != "smd")
    monkeypatch.setattr(equal_inputs, "DEFINITIONS", (*others, named))
    found = {check.id: check for check in equal_inputs.run_equal_inputs()}
    assert found["equal_flows_smd"].holds
    assert found["stock_smd_definition"].verdict == "differs"
    assert "0." in found["stock_smd_definition"].explanation["en"]


def test_the_definition_smd_pads_as_the_database_does() -> None:
    found = {check.id: check for check in equal_inputs.run_equal_inputs()}
    assert found["equal_flows_smd"].holds
    population = found["stock_smd_definition"]
    assert (population.verdict, population.equal) == ("agrees", population.cells)
    assert population.cells > 100


def test_wrong_rules_are_found_out(monkeypatch: pytest.MonkeyPatch) -> None:
    short = Rules(
        residence=ResidenceRule(tie="code"),
        move=MoveRule(max_gap_years=1, fill="none"),
        people=PeopleRule(linkage="all"),
    )
    monkeypatch.setattr(equal_inputs, "_NEAREST", short)
    found = {check.id: check for check in equal_inputs.run_equal_inputs()}
    assert found["equal_flows"].holds is False
    assert "Does not hold" in found["equal_flows"].explanation["en"]
    assert found["stock_observed"].holds


# --- tables ---


def make_tables() -> dict[str, pa.Table]:
    """Two countries, everybody enters in 1996, ten move from US to KR in 1997."""
    rates, births = [], []
    for area, people, net in (("KR", 100, 10), ("US", 400, -10)):
        for year in range(1996, 2001):
            moved = 10 if year == 1997 else 0
            now = people + (net if year >= 1997 else 0)
            inflow, outflow = (moved, 0) if net > 0 else (0, moved)
            rates.append(
                {"year": year, "area": area, "population": float(now), "inflow": inflow,
                 "outflow": outflow, "net_rate": (inflow - outflow) / now,
                 "in_rate": inflow / now, "out_rate": outflow / now}
            )  # fmt: skip
            births.append(
                {"year": year, "area": area, "population": float(now), "inflow": inflow,
                 "outflow": outflow, "first_papers": people if year == 1996 else 0,
                 "last_papers": 0}
            )  # fmt: skip
    flows = [
        {"year": 1997, "origin": "US", "destination": "KR", "moves": 10, "moves_back": 0},
    ]
    ends = [
        {"year": year, "area": area, "entries": people if year == 1994 else 0, "exits": 0}
        for year in range(2000, 1993, -1)
        for area, people in (("KR", 100), ("US", 400))
    ]
    found = {"rates": rates, "flows": flows, "births": births, "ends": ends, "enriched": rates}
    return {name: pa.Table.from_pylist(rows) for name, rows in found.items()}


IDENTITIES = ("rates", "flow_sums", "flow_mirror", "entries", "exits", "padding", "enriched")


def test_identities_hold_on_consistent_tables() -> None:
    found, _ = tables.check_tables(make_tables())
    assert [check.id for check in found if check.holds] == list(IDENTITIES)


@pytest.mark.parametrize(
    ("table", "column", "identity"),
    [
        ("rates", "in_rate", "rates"),
        ("rates", "inflow", "flow_sums"),
        ("flows", "moves_back", "flow_mirror"),
        ("births", "last_papers", "exits"),
        ("ends", "entries", "entries"),
        ("ends", "exits", "exits"),
        ("births", "first_papers", "padding"),
        ("enriched", "population", "enriched"),
    ],
)
def test_a_changed_number_breaks_its_identity(table: str, column: str, identity: str) -> None:
    given_tables = make_tables()
    rows = given_tables[table].to_pylist()
    rows[-1 if column == "entries" else 0][column] += 30
    given_tables[table] = pa.Table.from_pylist(rows)
    found = {check.id: check for check in tables.check_tables(given_tables)[0]}
    assert found[identity].holds is False
    assert found[identity].verdict == "differs"


@pytest.mark.real
def test_real_tables_follow_from_each_other(shared_data: Path) -> None:
    found, printed = tables.check_tables(tables.read_tables(shared_data / "scholarlymigration"))
    assert [check.id for check in found if check.holds] == list(IDENTITIES)
    verdicts = {row.verdict for row in printed if not row.id.startswith(("smd-sc", "smd-re"))}
    assert verdicts == {"agrees"}


# --- shares ---


@pytest.mark.parametrize(
    ("percent", "n", "effect", "low", "high"),
    [
        (47, 867, 1, 43.7, 50.3),
        (47, 867, 2, 42.3, 51.7),
        (2, 867, 2, 1.0, 3.8),
        (57, 955, 1, 53.8, 60.1),
        (57, 955, 2, 52.5, 61.4),
        (87, 100, 1, 79.0, 92.2),
    ],
)
def test_wilson_with_design_effect(
    percent: float, n: int, effect: float, low: float, high: float
) -> None:
    share = wilson_share(percent, n, effect)
    assert (share.low, share.high) == (pytest.approx(low, abs=0.06), pytest.approx(high, abs=0.06))


def test_design_effect_two_is_a_correlation_of_a_quarter() -> None:
    assert correlation_within(2.0, 867, 186) == pytest.approx(0.27, abs=0.005)


def test_difference_of_shares_is_newcombes() -> None:
    # Newcombe 1998, table II, example (a): 56/70 - 48/80, method 10: 0.0524 to 0.3339.
    ours, theirs = (wilson_share(100 * x / n, n, 1) for x, n in ((56, 70), (48, 80)))
    found = subtract_shares(ours, theirs)
    assert found.low == pytest.approx(5.24, abs=0.01)
    assert found.high == pytest.approx(33.39, abs=0.01)


shares = st.builds(wilson_share, st.floats(0, 100), st.integers(1, 5000), st.floats(1, 4))


@given(shares, shares)
def test_differences_mirror(one: Share, other: Share) -> None:
    forth, back = subtract_shares(one, other), subtract_shares(other, one)
    assert forth.value == pytest.approx(-back.value)
    assert forth.low == pytest.approx(-back.high)
    assert forth.low <= forth.value + 1e-9 <= forth.high + 2e-9


@pytest.mark.slow
def test_intervals_of_cluster_samples_cover() -> None:
    """Authors of drawn papers, intra-paper correlation 0.27: the design effect keeps the level,
    the plain interval does not."""
    random = np.random.default_rng(5)
    share, icc, size, papers = 0.28, 0.27, 5, 186
    a = share * (1 / icc - 1)
    b = (1 - share) * (1 / icc - 1)
    held = {1.0: 0, 2.0: 0}
    for _ in range(3000):
        hits = random.binomial(size, random.beta(a, b, papers)).sum()
        percent = 100 * hits / (size * papers)
        for effect in held:
            found = wilson_share(percent, size * papers, effect)
            held[effect] += found.low <= 100 * share <= found.high
    assert 0.93 <= held[2.0] / 3000 <= 0.97
    assert held[1.0] / 3000 < 0.90


# --- comparisons ---


def make_value(**given_cell: Any) -> Row:
    """A row of `values`."""
    row: Row = {
        "indicator": "work_share", "definition_id": "default@nips", "area": "US", "partner": "all",
        "stage": "all", "sector": "all", "period": "2022", "value": 42.0, "low": 40.0,
        "high": 44.0, "level": 0.95, "n": 3000, "unit": "percent", "flag": "ok",
        "snapshot_id": "s",
    }  # fmt: skip
    return {**row, **given_cell}


def compare(*rows: Row) -> dict[str, Any]:
    published = Published(pa.Table.from_pylist(list(rows), schema=VALUES.schema))
    return {row.id: row for row in compare_cohorts(published)}


def test_shares_near_each_other_agree_and_far_ones_differ() -> None:
    found = compare(make_value(), make_value(area="CN", value=15.0, low=13.0, high=17.0))
    assert found["macropolo-2022-accepted-work/US"].verdict == "agrees"
    china = found["macropolo-2022-accepted-work/CN"]
    assert china.verdict == "differs"
    assert china.difference == pytest.approx(-13)
    assert not china.stand_in


def test_another_conference_stands_in_and_says_so() -> None:
    row = compare(make_value(definition_id="default@icml"))["macropolo-2022-accepted-work/US"]
    assert row.stand_in
    assert "ICML 2022" in row.explanation["en"]
    assert "NeurIPS 2022" in row.explanation["ko"]


def test_seat_of_the_employer_is_preferred_where_it_is_counted() -> None:
    rows = (make_value(), make_value(definition_id="macropolo@nips", value=50.0))
    row = compare(*rows)["macropolo-2022-accepted-work/US"]
    assert row.ours == 50.0
    assert "Both take the seat" in row.explanation["en"]


def test_origin_is_shown_and_never_judged() -> None:
    row = compare(make_value(indicator="origin_share", area="CN", value=47.0))
    found = row["macropolo-2022-accepted-origin/CN"]
    assert (found.ours, found.verdict) == (47.0, "not_comparable")
    assert "undergraduate" in found.explanation["en"]


def test_withheld_figures_stay_withheld() -> None:
    withheld = make_value(area="CN", value=None, low=None, high=None, n=None, flag="too_few")
    found = compare(make_value(), withheld)
    row = found["macropolo-2022-accepted-work/CN"]
    assert row.ours is None
    assert "fewer people" in row.explanation["en"]


def test_without_a_number_of_persons_nothing_is_judged() -> None:
    rows = compare(make_value(definition_id="default@nips.oral", period="2019"))
    row = rows["macropolo-2019-oral-work/US"]
    assert (row.low, row.verdict) == (None, "not_comparable")
    assert "no interval" in row.explanation["en"]


@pytest.mark.parametrize("bounds", [(70.0, 76.0), (None, None)])
def test_those_who_left_are_the_complement_of_those_who_stayed(
    bounds: tuple[float | None, float | None],
) -> None:
    stayed = make_value(
        indicator="retention", definition_id="default", area="KR", period="P5Y", value=73.0,
        low=bounds[0], high=bounds[1],
    )  # fmt: skip
    published = Published(pa.Table.from_pylist([stayed], schema=VALUES.schema))
    found = {row.id: row for row in list_beside(published)}["macropolo-korea-left-2022/KR"]
    assert found.ours == 27.0
    wanted = (24.0, 30.0) if bounds[0] else (None, None)
    assert (found.ours_low, found.ours_high) == wanted
    assert found.verdict == "not_comparable"


def test_rank_correlation_takes_equals_at_their_mean() -> None:
    # Kendall and Gibbons 1990, mid-ranks: 1, 2.5, 2.5, 4 against 1, 2, 3, 4.
    values = np.array([[1, 10], [5, 20], [5, 30], [9, 40]], np.float64)
    assert rank_correlation(values) == pytest.approx(0.948683, abs=1e-6)


def test_conferences_that_follow_smd_correlate() -> None:
    areas = ["US", "KR", "JP", "CN", "DE", "FR", "GB", "IT", "ES", "CA"]
    random = np.random.default_rng(3)
    rates, values = [], []
    for area in areas:
        for year in range(2008, 2015):
            net = random.normal(0, 0.01)
            rates.append(
                {"area": area, "year": year, "population": 1000.0, "inflow": 50, "outflow": 40,
                 "net_rate": net}
            )  # fmt: skip
            cell = {"definition_id": "default", "indicator": "net_rate", "area": area}
            values.append(make_value(**cell, period=str(year), value=100 * net))
    flows = pa.table({"year": [2010], "origin": ["US"], "destination": ["KR"], "moves": [1]})
    published = Published(pa.Table.from_pylist(values, schema=VALUES.schema))
    found = compare_conferences(published, {"rates": pa.Table.from_pylist(rates), "flows": flows})
    assert [check.id for check in found] == ["net_rate"]
    assert found[0].ranks == pytest.approx(1)
    assert found[0].ranks_low == pytest.approx(1)


# --- report ---


def test_published_facts_are_complete() -> None:
    for part in ("tables", "cohorts", "beside"):
        facts = list_facts(part)
        assert len({f.id for f in facts}) == len(facts)
        for f in facts:
            assert f.grade in "PSLD"
            for text in (f.definition, f.denominator, *([f.why] if f.why else [])):
                assert set(text) == set(LANGUAGES)
            assert f.why or f.part != "beside", f.id


def test_a_row_without_words_cannot_be_made() -> None:
    with pytest.raises(ValueError, match="lacks words"):
        Check(id="x", title={"en": "x"}, explanation=say("why.rates"), verdict="agrees", cells=1)
    with pytest.raises(ValueError, match="verdict"):
        Check(id="x", title={}, explanation={}, verdict="perhaps", cells=1)


def test_without_tables_the_parts_say_why(tmp_path: Path) -> None:
    report = measure_replication(VALUES.empty(), tmp_path, [])
    assert tuple(report["parts"]) == PARTS
    for name in ("tables", "conferences"):
        assert "scholarlymigration/" in report["parts"][name]["skipped"]["en"]
        assert report["parts"][name]["rows"] == []
    assert report["licences"] == []
    assert set(report["verdicts"]["cohorts"]) == set(VERDICTS)
    assert json.loads(json.dumps(report)) == report


def test_a_build_publishes_the_report(toy_store: Any) -> None:
    folder = toy_store.report.folder
    report = json.loads((folder / "replication.json").read_text("utf-8"))
    assert report["snapshot_id"] == toy_store.report.snapshot_id
    assert report["parts"]["tables"]["skipped"]
    flows = report["parts"]["equal_inputs"]["rows"][0]
    assert (flows["id"], flows["holds"]) == ("equal_flows", True)
    package = json.loads((folder / "datapackage.json").read_text("utf-8"))
    assert "replication" in {resource["name"] for resource in package["resources"]}
    assert toy_store.report.manifest["comparison"] == []


@pytest.mark.real
def test_report_on_real_tables_is_plain_and_explained(shared_data: Path) -> None:
    folder = shared_data / "scholarlymigration"
    report = measure_replication(VALUES.empty(), folder, [])
    assert json.loads(json.dumps(report, allow_nan=False)) == report
    rows = [row for part in report["parts"].values() for row in part["rows"]]
    assert all(row["explanation"][language] for row in rows for language in LANGUAGES)
    assert report["licences"][0]["licence"].startswith("CC BY 4.0")
