"""Which figures enter the combined estimate, and what is written."""

from __future__ import annotations

import json
from pathlib import Path

import pyarrow as pa
import pytest

from talentflow.core.contracts import ESTIMATES
from talentflow.core.errors import InputError, TalentflowError, UsageError
from talentflow.estimate.combine import Combined, Grid, _put_beside
from talentflow.estimate.combine_results import make_biases, make_estimates, read_combined
from talentflow.pipeline.combining import Choice, choose_grid, select_grid, write_combined
from talentflow.sources.orcid_counts import read_orcid_counts
from talentflow.sources.scholarlymigration import read_country_rates


def make_observations() -> pa.Table:
    rows: list[dict[str, object]] = []
    for area, size in (("KR", 100.0), ("JP", 300.0), ("FJ", 6.0)):
        for year in range(2000, 2006):
            cell = {"area": area, "year": year, "level": 0.95, "n": int(size)}
            ends = {"low": size * 0.9, "high": size * 1.1}
            stock = {**cell, "quantity": "stock", "value": size, **ends, "unit": "persons"}
            rows.append({**stock, "source": "conferences", "flag": "ok"})
            if year < 2004:
                rows.append({**stock, "source": "openalex", "flag": "published"})
            if area != "FJ":
                rate = {**cell, "quantity": "net_rate", "value": 0.5, "low": 0.0, "high": 1.0}
                rows.append({**rate, "source": "conferences", "unit": "percent", "flag": "ok"})
    return ESTIMATES.from_rows(rows)


def test_grid_is_what_several_sources_tell() -> None:
    grid = choose_grid(make_observations(), Choice())
    assert grid.areas == ("JP", "KR")
    assert grid.years == (2000, 2001, 2002, 2003)
    assert select_grid(make_observations(), grid).num_rows == 2 * 4 * 3


@pytest.mark.parametrize(
    ("choice", "named"),
    [
        (Choice(areas=("KR", "FJ")), "FJ"),
        (Choice(areas=("KR",)), "at least two"),
        (Choice(years=(1990, 2003)), "2000:2005"),
        (Choice(years=(2003, 2003)), "2000:2005"),
    ],
)
def test_impossible_choices_are_explained(choice: Choice, named: str) -> None:
    with pytest.raises(UsageError, match=named):
        choose_grid(make_observations(), choice)


def test_nothing_is_combined_where_the_reference_withholds_its_figure() -> None:
    grid = Grid(("conferences", "openalex"), ("KR",), (2000, 2001))
    cell = {"quantity": "stock", "area": "KR", "source": "conferences", "level": 0.95,
            "unit": "persons"}  # fmt: skip
    observations = ESTIMATES.from_rows(
        [
            {**cell, "year": 2000, "flag": "too_few"},
            {**cell, "year": 2001, "value": 9.0, "low": 5.0, "high": 15.0, "n": 9, "flag": "ok"},
        ]
    )
    draws = pa.array([2.0]).to_numpy().reshape(1, 1, 1, 1).repeat(2, 3)
    table = _put_beside(observations, make_estimates("stock", draws, grid, 0.95, 0.0))
    combined = [row["year"] for row in table.to_pylist() if row["source"] == "combined"]
    assert combined == [2001]


def make_combined() -> Combined:
    grid = Grid(("conferences", "openalex"), ("KR",), (2000, 2001))
    draws = pa.array([2.0]).to_numpy().reshape(1, 1, 1, 1).repeat(2, 3)
    return Combined(
        estimates=make_estimates("stock", draws, grid, 0.95, 0.0),
        biases=make_biases("stock", draws[:, :, :, None].repeat(2, 3), grid, 0.95),
        diagnostics={"areas": ["KR"]},
    )


def test_the_folder_is_replaced_whole(tmp_path: Path) -> None:
    combined = make_combined()
    assert read_combined(tmp_path, "one") is None
    for _ in range(2):
        write_combined(tmp_path / "combined" / "one", combined)
    found = read_combined(tmp_path, "one")
    assert found is not None
    assert found.diagnostics == {"areas": ["KR"]}
    assert len(found.estimates) == 2
    assert [path.name for path in (tmp_path / "combined").iterdir()] == ["one"]
    assert json.loads((tmp_path / "combined" / "one" / "diagnostics.json").read_text())


def test_the_old_figures_survive_a_swap_that_fails(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "combined" / "one"
    write_combined(folder, make_combined())
    rename = Path.rename

    def refuse(self: Path, target: Path) -> Path:
        if self.name == "one.fresh":
            raise PermissionError(13, "no")
        return rename(self, target)

    monkeypatch.setattr(Path, "rename", refuse)
    with pytest.raises(TalentflowError):
        write_combined(folder, make_combined())
    assert read_combined(tmp_path, "one") is not None
    monkeypatch.undo()
    # Killed between the two renames: the next call takes the old one back before it replaces it.
    folder.rename(folder.with_name("one.old"))
    write_combined(folder, make_combined())
    assert [path.name for path in (tmp_path / "combined").iterdir()] == ["one"]


@pytest.mark.real
def test_real_tables_are_read(shared_data: Path) -> None:
    folder = shared_data / "scholarlymigration"
    rates = {(row["area"], row["year"]): row for row in read_country_rates(folder).to_pylist()}
    korea = rates["KR", 2014]
    assert (korea["population"], korea["inflow"], korea["outflow"]) == (88712, 3213, 2998)
    assert ("NA", 2010) in rates
    counts = {(row["area"], row["year"]): row["authors"]
              for row in read_orcid_counts(folder).to_pylist()}  # fmt: skip
    assert counts["KR", 2014] == pytest.approx(8615.25)


def test_missing_tables_are_named(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="ORCID"):
        read_orcid_counts(tmp_path)
