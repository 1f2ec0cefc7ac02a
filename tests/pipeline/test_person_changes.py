"""A later build says what became of the people of an earlier one, and publishes the same."""

from __future__ import annotations

import json
from pathlib import Path

import pyarrow.parquet as pq
from click.testing import CliRunner

from talentflow.cli.main import cli
from talentflow.core.settings import Settings
from talentflow.pipeline.build import build
from talentflow.pipeline.status import CHANGES, describe_store
from talentflow.resolve.people_changes import CHANGES as POSSIBLE
from talentflow.sources.toy import WorldSpec, build_world, write_world


def test_people_of_the_earlier_build_are_accounted_for(tmp_path: Path) -> None:
    store = tmp_path / "store"
    sources = ("paperlists", "ror", "university-domains")
    for number, people in enumerate((300, 400)):
        spec = WorldSpec(people=people, venue_shares={"corl": 1.0})
        write_world(build_world(spec, 11), tmp_path / f"data{number}", sources=sources)
        settings = Settings(data=tmp_path / f"data{number}", store=store, workers=1, replicates=2)
        report = build(settings)
        assert len(list(store.glob("tables/person_changes/*"))) == number
        if not number:
            before = pq.read_table(next(store.glob("tables/people/*/people.parquet")))
            assert describe_store(store)["person_changes"] == []
    (found,) = store.glob("tables/person_changes/*/person_changes.parquet")
    assert found.parent.name == json.loads((store / "current.json").read_text())["people"]
    told = pq.read_table(found)["person_id_before"].unique()
    assert set(told.to_pylist()) == set(before["person_id"].to_pylist())
    changes = describe_store(store)["person_changes"]
    assert sum(line["people"] for line in changes) == len(told)
    for language in ("en", "ko"):
        shown = CliRunner().invoke(cli, ["status", "--store", str(store), "--language", language])
        assert all(line["title"][language] in shown.output for line in changes)
    fresh = build(
        Settings(data=tmp_path / "data1", store=tmp_path / "fresh", workers=1, replicates=2)
    )
    assert fresh.snapshot_id == report.snapshot_id


def test_every_change_has_a_title_in_both_languages() -> None:
    assert tuple(CHANGES) == POSSIBLE
    assert all(set(titles) == {"en", "ko"} for titles in CHANGES.values())
