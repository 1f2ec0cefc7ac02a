"""The tables of the Scholarly Migration Database: every trap, and the real ones."""

from __future__ import annotations

from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pytest
from smd_tables import COUNTRIES, FLOWS, write_tables

from talentflow.core.errors import InputError
from talentflow.sources import scholarlymigration as smd


def test_years_codes_and_unknown_country(tmp_path: Path) -> None:
    rates = smd.read_country_rates(write_tables(tmp_path))
    assert rates.schema.field("year").type == pa.int64()
    assert rates.schema.field("population").type == pa.float64()
    assert rates["area"].to_pylist() == ["KR", "NA", "US"]
    assert rates.select(["year", "population", "inflow", "outflow", "net_rate"]).to_pylist()[1] == {
        "year": 2006, "population": 10.0, "inflow": 1, "outflow": 0, "net_rate": 0.1,
    }  # fmt: skip


def test_moves_are_apart_from_first_and_last_years(tmp_path: Path) -> None:
    folder = write_tables(tmp_path)
    flows = smd.read_country_flows(folder)
    pairs = list(zip(flows["origin"].to_pylist(), flows["destination"].to_pylist(), strict=True))
    assert pairs == [("KR", "US"), ("US", "KR"), ("US", "NA"), (smd.UNKNOWN_AREA, "US")]
    ends = smd.read_entries_exits(folder).to_pylist()
    assert ends == [
        {"year": 2004, "area": "KR", "entries": 30, "exits": 0},
        {"year": 2008, "area": "KR", "entries": 0, "exits": 7},
    ]
    births = smd.read_births_deaths(folder).to_pylist()
    assert [(r["area"], r["first_papers"], r["last_papers"]) for r in births] == [("KR", 30, 7)]


def test_enriched_rows_without_a_code_stay_without(tmp_path: Path) -> None:
    enriched = smd.read_enriched_rates(write_tables(tmp_path))
    assert sorted(enriched["area"].to_pylist(), key=str) == ["KR", "NA", None]


@pytest.mark.parametrize(
    ("replaced", "said"),
    [
        ({"countries": COUNTRIES.replace("KR", "KOR")}, "KOR"),
        ({"countries": COUNTRIES.replace("2006.0,US", "soon,US")}, "cannot be read"),
        ({"countries": COUNTRIES.replace("netmigrationrate", "net")}, "cannot be read"),
        ({"countries": ""}, "cannot be read"),
    ],
)
def test_unusable_tables_are_explained(tmp_path: Path, replaced: dict[str, str], said: str) -> None:
    folder = write_tables(tmp_path, **replaced)
    with pytest.raises(InputError, match=said) as error:
        smd.read_country_rates(folder)
    assert smd.COUNTRIES_FILE in str(error.value)


def test_unknown_codes_of_pairs_are_explained(tmp_path: Path) -> None:
    folder = write_tables(tmp_path, flows=FLOWS.replace("US,KR", "USA,KR"))
    with pytest.raises(InputError, match="USA"):
        smd.read_country_flows(folder)


def test_a_missing_table_is_named(tmp_path: Path) -> None:
    folder = write_tables(tmp_path)
    assert smd.has_tables(folder)
    (folder / smd.FLOWS_FILE).unlink()
    assert not smd.has_tables(folder)
    with pytest.raises(InputError, match="countryflows"):
        smd.read_country_flows(folder)


@pytest.mark.real
def test_real_tables(shared_data: Path) -> None:
    folder = shared_data / smd.SOURCE
    rates = smd.read_country_rates(folder)
    assert rates.num_rows == 3672 - 19
    assert "NA" in rates["area"].to_pylist()
    korea = rates.filter(pc.and_(pc.equal(rates["area"], "KR"), pc.equal(rates["year"], 2014)))
    assert korea.select(["population", "inflow", "outflow"]).to_pylist() == [
        {"population": 88712.0, "inflow": 3213, "outflow": 2998}
    ]
    flows = smd.read_country_flows(folder)
    ends = smd.read_entries_exits(folder)
    moved = pc.sum(flows["moves"]).as_py()
    others = pc.sum(ends["entries"]).as_py() + pc.sum(ends["exits"]).as_py()
    assert others / (moved + others) == pytest.approx(0.82, abs=0.01)
