"""Do the unit of resampling, corresponding authors and inhabitants reach the published figures?"""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pytest

from talentflow.core.errors import InputError
from talentflow.core.settings import Settings
from talentflow.indicators.snapshot import Query, Snapshot, open_snapshot, select_values
from talentflow.pipeline.build import build
from talentflow.sources.toy import WorldSpec, build_world, write_world

SPEC = WorldSpec(people=400, venue_shares={"corl": 0.7, "icra": 0.3})
SOURCES = ("paperlists", "ror", "university-domains")


def run(data: Path, store: Path, **settings: object) -> Snapshot:
    given = {"definitions": "default", "replicates": 100, "workers": 1, **settings}
    build(Settings(data=data, store=store, **given))  # type: ignore[arg-type]
    return open_snapshot(store)


@pytest.fixture(scope="module")
def toy(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Snapshot]:
    folder = tmp_path_factory.mktemp("settings")
    write_world(build_world(SPEC, 3), folder / "data", sources=SOURCES)
    return folder / "data", run(folder / "data", folder / "store")


def test_two_way_moves_bounds_and_no_value(toy: tuple[Path, Snapshot], tmp_path: Path) -> None:
    data, alone = toy
    both = run(data, tmp_path, resample="two_way")
    assert (alone.manifest["resample"], both.manifest["resample"]) == ("persons", "two_way")
    stocks = [select_values(s, Query(indicator="stock")).to_pylist() for s in (alone, both)]
    assert [r["value"] for r in stocks[0]] == [r["value"] for r in stocks[1]]
    widths = [np.mean([r["high"] - r["low"] for r in rows if r["value"]]) for rows in stocks]
    assert widths[1] > 1.02 * widths[0]


def test_inhabitants_of_a_users_table(toy: tuple[Path, Snapshot], tmp_path: Path) -> None:
    data, alone = toy
    assert not select_values(alone, Query(indicator="per_million")).num_rows
    shutil.copytree(data, tmp_path / "data")
    (tmp_path / "data" / "denominators").mkdir()
    last = alone.manifest["last_year"] - 5
    table = f"country,year,inhabitants\nKR,{last},50000000\n"
    (tmp_path / "data" / "denominators" / "inhabitants.csv").write_text(table, "utf-8")
    told = run(tmp_path / "data", tmp_path / "store")
    (row,) = select_values(told, Query(indicator="per_million")).to_pylist()
    (stock,) = select_values(
        told, Query(indicator="stock", area="KR", period=str(last), stage="all", sector="all")
    ).to_pylist()
    assert row["value"] == pytest.approx(stock["value"] / 50)
    assert [file["source"] for file in told.manifest["denominators"]] == ["denominators"]


def test_corresponding_authors_are_refused_where_nobody_tells_them(
    toy: tuple[Path, Snapshot], tmp_path: Path
) -> None:
    with pytest.raises(InputError, match="corresponding author") as raised:
        run(toy[0], tmp_path, definitions="corresponding-author")
    assert "last-author" in str(raised.value)


def test_corresponding_authors_of_openalex_are_counted(tmp_path: Path) -> None:
    write_world(build_world(SPEC, 3), tmp_path / "data", sources=("openalex", "ror"))
    told = run(tmp_path / "data", tmp_path / "store", definitions="corresponding-author")
    counted = {
        definition: sum(
            row["value"] or 0
            for row in select_values(
                told, Query(indicator="stock", area="US", definition=definition, sector="all")
            ).to_pylist()
        )
        for definition in ("default", "corresponding-author")
    }
    assert 0 < counted["corresponding-author"] < counted["default"]
