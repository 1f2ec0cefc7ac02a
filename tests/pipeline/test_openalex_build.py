"""The same people in conference lists and in OpenAlex become one person each."""

from __future__ import annotations

from pathlib import Path

import pyarrow.parquet as pq
import pytest

from talentflow.core.settings import Settings
from talentflow.pipeline.build import build
from talentflow.sources.toy import WorldSpec, build_world, write_world

REGISTRY = ("ror", "university-domains")


@pytest.fixture(scope="module")
def stores(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    world = build_world(WorldSpec(people=150), 3)
    made = {}
    for name, sources in {
        "lists": ("paperlists",),
        "openalex": ("openalex",),
        "both": ("paperlists", "openalex"),
    }.items():
        folder = tmp_path_factory.mktemp(name)
        write_world(world, folder / "data", sources=(*sources, *REGISTRY))
        build(
            Settings(
                data=folder / "data",
                store=folder / "store",
                definitions="default",
                replicates=2,
                workers=1,
            )
        )
        made[name] = folder / "store"
    return made


def read(store: Path, stage: str, table: str) -> list[dict[str, object]]:
    (path,) = store.glob(f"tables/{stage}/*/{table}.parquet")
    return list(pq.read_table(path).to_pylist())


def test_every_row_is_accounted_for(stores: dict[str, Path]) -> None:
    lists, openalex, both = (
        len(read(stores[name], "read", "records")) for name in ("lists", "openalex", "both")
    )
    assert both == lists + openalex
    for row in read(stores["both"], "read", "inputs"):
        assert row["rows"] == row["records"] + row["rejected"]  # type: ignore[operator]


def test_asserted_affiliations_are_taken_for_it(stores: dict[str, Path]) -> None:
    resolved = read(stores["openalex"], "organizations", "resolved_mentions")
    assert {row["rule"] for row in resolved} == {"asserted"}
    assert all(row["country"] and row["sector"] for row in resolved)


def test_a_person_of_both_sources_is_one_person(stores: dict[str, Path]) -> None:
    people = read(stores["both"], "people", "people")
    persons = {row["person_id"] for row in people}
    alone = {row["person_id"] for row in read(stores["lists"], "people", "people")}
    assert abs(len(persons) - len(alone)) <= 0.03 * len(alone)
    in_openalex = {
        row["person_id"] for row in people if str(row["person_ref"]).startswith("openalex:")
    }
    in_lists = {
        row["person_id"] for row in people if not str(row["person_ref"]).startswith("openalex:")
    }
    assert len(in_openalex & in_lists) >= 0.97 * len(persons)


def test_one_career_comes_from_both(stores: dict[str, Path]) -> None:
    careers = {
        name: len(read(stores[name], "careers", "moves")) for name in ("lists", "openalex", "both")
    }
    assert abs(careers["both"] - careers["openalex"]) <= 2
