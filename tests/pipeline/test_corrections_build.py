"""A correction in the store changes a figure and is told wherever the figure is."""

from __future__ import annotations

import csv
import hashlib
import io
import json

import pyarrow.compute as pc
import pytest
from click.testing import CliRunner

from talentflow.cli.main import cli
from talentflow.core.errors import InputError
from talentflow.core.settings import Settings
from talentflow.indicators.snapshot import Query, open_snapshot, select_values
from talentflow.pipeline.build import build
from talentflow.pipeline.reading import read
from talentflow.pipeline.review import list_ambiguous_people, list_doubtful_mentions
from talentflow.pipeline.status import describe_store
from talentflow.pipeline.trace import trace_records
from talentflow.sources.toy import WorldSpec, build_world, write_world

HEADER = "kind,match,domain,value,reason,date,by\n"


@pytest.fixture(scope="module")
def store(tmp_path_factory):
    """The settings of a small store, built once without corrections."""
    folder = tmp_path_factory.mktemp("corrected")
    world = build_world(WorldSpec(people=1500, venue_shares={"corl": 1.0}), 3)
    write_world(world, folder / "data", sources=("paperlists", "ror"))
    settings = Settings(
        data=folder / "data",
        store=folder / "store",
        workers=1,
        replicates=10,
        definitions="default",
    )
    build(settings)
    return settings


def stock(settings: Settings, area: str) -> dict[str, float]:
    query = Query(
        indicator="stock", area=area, stage="all", sector="all", partner="all",
        definition="default",
    )  # fmt: skip
    rows = select_values(open_snapshot(settings.store), query).to_pylist()
    return {row["period"]: row["value"] or 0 for row in rows}


def commonest_text(settings: Settings, country: str) -> str:
    resolved = read("resolved_mentions", settings.store)
    mentions = read("mentions", settings.store).join(resolved, "mention_id")
    counts = read("records", settings.store)["mention_id"].value_counts()
    by_mention = dict(zip(counts.field(0).to_pylist(), counts.field(1).to_pylist(), strict=True))
    found = mentions.filter(pc.field("country") == country).to_pylist()
    return max(found, key=lambda row: (by_mention[row["mention_id"]], row["text"]))["text"]


def test_a_correction_changes_figures_and_is_told_everywhere(store):
    before = stock(store, "IS")
    text = commonest_text(store, "US")
    lines = io.StringIO()
    csv.writer(lines).writerows(
        [
            ["country", text, "", "IS", "moved, says its rector", "2026-01-31", "me"],
            ["country", "Nowhere", "", "KR", "to see what happens", "2026-01-31", ""],
        ]
    )
    file = store.store / "corrections.csv"
    file.write_text(HEADER + lines.getvalue(), encoding="utf-8")
    sha256 = hashlib.sha256(file.read_bytes()).hexdigest()
    first = open_snapshot(store.store).manifest["snapshot_id"]
    report = build(store)
    after = stock(store, "IS")
    assert report.snapshot_id != first
    assert report.seconds["organizations"] == report.seconds["people"] == 0
    assert sum(after.values()) > sum(before.values())

    facts = report.manifest["corrections"]
    assert (facts["sha256"], facts["lines"], facts["applied"], facts["unused"]) == (sha256, 2, 1, 1)
    assert facts["records"] > 0
    assert json.loads((report.folder / "quality.json").read_text())["corrections"] == facts

    told = describe_store(store.store)["corrections"]
    assert told["unused_lines"] == [
        {"line": 3, "kind": "country", "match": "Nowhere", "domain": None, "value": "KR"}
    ]
    assert not told["changed"]

    year = max(after, key=lambda period: after[period] if period.isdigit() else 0)
    traced = trace_records(store.store, Query(indicator="stock", area="IS", period=year))
    rules = {
        r["affiliation"]: r["country_rule"] for r in traced.to_pylist() if r["country"] == "IS"
    }
    assert rules[text] == "correction"
    resolved = read("resolved_mentions", store.store)
    assert "correction" in resolved["country_rule"].to_pylist()

    run = CliRunner().invoke
    there = ["--store", str(store.store)]
    explained = run(cli, ["explain", "stock", "--area", "IS", *there]).output
    assert f"1 of 2 lines apply, to {facts['records']:,} records" in explained
    assert sha256 in explained
    status = run(cli, ["status", *there]).output
    assert "line 3 matches nothing: country of 'Nowhere'" in status
    assert "correction" in run(cli, ["trace", "stock", "--area", "IS", *there]).output

    file.write_text(HEADER, encoding="utf-8")
    assert describe_store(store.store)["corrections"]["changed"]
    file.unlink()
    build(store)
    assert stock(store, "IS") == before


def test_people_can_be_merged_and_split(store):
    people = read("people", store.store)
    one, other = people["person_ref"].to_pylist()[:2]
    file = store.store / "corrections.csv"
    file.write_text(
        HEADER
        + f"person_merge,{one},,{other},same person,2026-01-31,\n"
        + f"person_split,{people['person_ref'][5]},,,someone else,2026-01-31,\n",
        encoding="utf-8",
    )
    build(store)
    corrected = {
        row["person_ref"]: row["person_id"] for row in read("people", store.store).to_pylist()
    }
    file.unlink()
    assert corrected[one] == corrected[other]
    assert corrected[people["person_ref"][5].as_py()].startswith("split:")


def test_a_reworded_reason_leaves_the_careers_alone(store):
    file = store.store / "corrections.csv"
    line = "country,Nowhere,,KR,{},2026-01-31,\n"
    file.write_text(HEADER + line.format("guess"), encoding="utf-8")
    build(store)
    file.write_text(HEADER + line.format("better guess"), encoding="utf-8")
    report = build(store)
    file.unlink()
    assert report.seconds["careers"] == 0
    assert report.seconds["corrections"] > 0


def test_a_malformed_file_stops_the_build_before_any_work(store):
    file = store.store / "corrections.csv"
    before = open_snapshot(store.store).manifest["snapshot_id"]
    file.write_text(HEADER + "country,x,,Korea,r,2026-01-31,\n", encoding="utf-8")
    with pytest.raises(InputError, match="line 2: country 'Korea'"):
        build(store)
    done = CliRunner().invoke(
        cli, ["build", "--data", str(store.data), "--store", str(store.store)]
    )
    file.unlink()
    assert isinstance(done.exception, InputError)
    assert open_snapshot(store.store).manifest["snapshot_id"] == before


def test_review_puts_the_worst_first_with_lines_that_can_be_used(store):
    build(store)
    found = list_doubtful_mentions(store.store, limit=200, date="2026-01-31", below=1.0).to_pylist()
    doubt = [row["records"] * (1 - (row["probability"] or 0)) for row in found]
    assert doubt == sorted(doubt, reverse=True)
    confirmed = next(row for row in found if row["organization_id"] and row["text"])
    file = store.store / "corrections.csv"
    file.write_text(HEADER + confirmed["line"] + "\n", encoding="utf-8")
    report = build(store)
    file.unlink()
    assert report.manifest["corrections"]["applied"] == 1
    assert report.manifest["corrections"]["records"] >= confirmed["records"]
    left = list_doubtful_mentions(store.store, limit=200, date="2026-01-31", below=1.0)
    assert confirmed["mention_id"] not in left["mention_id"].to_pylist()
    for row in list_ambiguous_people(store.store, limit=10, date="2026-01-31").to_pylist():
        assert row["line"] == "" or row["line"].startswith("person_merge,")


@pytest.mark.parametrize("what", ["organizations", "people"])
@pytest.mark.parametrize("format_", ["table", "csv", "json"])
def test_review_prints(store, what, format_):
    done = CliRunner().invoke(
        cli,
        ["resolve", "review", "--store", str(store.store), "--what", what, "--format", format_,
         "--limit", "3"],
    )  # fmt: skip
    assert done.exit_code == 0, done.output
    if format_ == "json":
        assert len(json.loads(done.output)) <= 3
    elif format_ == "csv" and done.output:
        assert "line" in done.output.splitlines()[0]
