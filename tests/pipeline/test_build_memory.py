"""Is a build the same in little memory, where nothing is read whole?"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Final

import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest

from talentflow.core import scans
from talentflow.core.settings import Settings
from talentflow.pipeline import gathering
from talentflow.pipeline.build import build
from talentflow.sources.toy import HISTORIES, WorldSpec, build_world, write_world

SOURCES: Final = ("paperlists", "ror", "university-domains", "openalex", *HISTORIES)


@pytest.fixture(scope="module")
def stores(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """The same data built with the default bound, and with the least one in small parts."""
    folder = tmp_path_factory.mktemp("memory")
    write_world(build_world(WorldSpec(people=150), 3), folder / "data", sources=SOURCES)
    wide, narrow = folder / "wide", folder / "narrow"
    for store, memory in ((wide, "4GiB"), (narrow, "256MiB")):
        with pytest.MonkeyPatch.context() as patch:
            if store is narrow:
                patch.setattr(scans, "BATCH_ROWS", 64)
                patch.setattr(gathering, "_FEW_MENTIONS", 8)
            settings = Settings(
                data=folder / "data", store=store, memory=memory, replicates=4, workers=1
            )
            build(settings)
    return wide, narrow


def list_tables(store: Path) -> dict[tuple[str, str], Path]:
    current = json.loads((store / "current.json").read_text())
    return {
        (stage, path.stem): path
        for stage, key in current.items()
        for path in (store / "tables" / stage / key).glob("*.parquet")
    }


def test_every_table_is_the_same_to_the_byte(stores: tuple[Path, Path]) -> None:
    wide, narrow = (list_tables(store) for store in stores)
    assert wide.keys() == narrow.keys()
    assert len(wide) > 25
    different = [key for key in wide if wide[key].read_bytes() != narrow[key].read_bytes()]
    assert different == []


def test_what_is_published_is_the_same_to_the_byte(stores: tuple[Path, Path]) -> None:
    one, other = (
        {path.name: path.read_bytes() for path in (store / "published").iterdir()}
        for store in stores
    )
    assert one == other


def test_nothing_waits_on_the_disk_when_a_build_is_done(stores: tuple[Path, Path]) -> None:
    for store in stores:
        assert not list(store.rglob(".partial-*"))


def test_sources_that_print_affiliations_by_author_pass_by_alignment(
    stores: tuple[Path, Path],
) -> None:
    read, aligned = (
        pq.read_table(list_tables(stores[0])[stage, "records"]) for stage in ("read", "align")
    )
    placements = pq.read_table(list_tables(stores[0])["align", "placements"])
    gone = len(placements["affiliation_record_id"].unique())
    assert aligned.num_rows == read.num_rows - gone
    by_source = [
        table.filter(pc.equal(table["source"], "openalex")).sort_by("record_id")
        for table in (read, aligned)
    ]
    assert by_source[0].num_rows > 100
    assert by_source[0].equals(by_source[1])
