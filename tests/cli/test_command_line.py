"""The command line as a user meets it: figures, formats, exit status and error messages."""

from __future__ import annotations

import csv
import io
import json
import os
import subprocess
import sys
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from talentflow.core.settings import Settings
from talentflow.pipeline.build import build
from talentflow.sources.toy import WorldSpec, build_world, write_world


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The store of a small toy world."""
    folder = tmp_path_factory.mktemp("cli")
    world = build_world(WorldSpec(people=2500, venue_shares={"corl": 1.0}), 3)
    write_world(world, folder / "data", sources=("paperlists", "ror"))
    build(Settings(data=folder / "data", store=folder / "store", workers=1, replicates=50))
    return folder / "store"


def talentflow(*words: str, store: Path | None = None) -> subprocess.CompletedProcess[str]:
    environment = {k: v for k, v in os.environ.items() if not k.startswith("TALENTFLOW_")}
    if store is not None:
        environment["TALENTFLOW_STORE"] = str(store)
    return subprocess.run(
        [sys.executable, "-m", "talentflow.cli", *words],
        capture_output=True,
        text=True,
        check=False,
        env=environment,
        timeout=120,
    )


def test_show_prints_interval_and_n(store):
    shown = talentflow("show", "net_rate", "--area", "US", "--period", "2005:2023", store=store)
    assert shown.returncode == 0, shown.stderr
    assert "Net rate · United States · definition default · percent" in shown.stdout
    assert "95% interval" in shown.stdout
    assert len(shown.stdout.splitlines()) == 2 + 19


def test_show_speaks_korean(store):
    shown = talentflow("show", "stock", "--area", "대한민국", "--language", "ko", store=store)
    assert shown.stdout.startswith("국내 연구자 수 · 대한민국")


@pytest.mark.parametrize("format_", ["csv", "json", "parquet"])
def test_formats_hold_the_same_rows(store, format_, tmp_path):
    command = [sys.executable, "-m", "talentflow.cli", "show", "stock", "--area", "KR"]
    done = subprocess.run(
        [*command, "--store", str(store), "--format", format_], capture_output=True, check=True
    )
    if format_ == "csv":
        rows = list(csv.DictReader(io.StringIO(done.stdout.decode())))
    elif format_ == "json":
        rows = json.loads(done.stdout)
    else:
        (tmp_path / "x.parquet").write_bytes(done.stdout)
        rows = pq.read_table(tmp_path / "x.parquet").to_pylist()
    periods = [row["period"] for row in rows if row["stage"] == row["sector"] == "all"]
    assert "2010" in periods
    assert len(periods) == len(set(periods))


def test_spread_lists_every_definition(store):
    spread = talentflow("spread", "net_rate", "--area", "US", "--period", "2015/2019", store=store)
    assert spread.returncode == 0, spread.stderr
    for definition in ("default", "no-bridging", "backward-fill", "hard-ids"):
        assert definition in spread.stdout


def test_spread_explains_its_variance(store):
    words = ("spread", "stock", "--area", "US", "--period", "2015")
    text = talentflow(*words, store=store).stdout
    assert "authors = first" in text
    assert "Share of the variance" in text
    found = json.loads(talentflow(*words, "--format", "json", store=store).stdout)
    assert {"value", "low", "high", "choices"} <= set(found["definitions"][0])
    assert sum(row["share_pct"] for row in found["choices"]) == pytest.approx(100, abs=0.1)


def test_compare_answers_in_words(store):
    areas = ("compare", "stock", "--area", "US", "--with", "KR", "--period", "2015")
    assert (
        "higher in the United States than in South Korea" in talentflow(*areas, store=store).stdout
    )
    windows = ("--area", "US", "--period", "2015/2019", "--with-period", "2010/2014")
    said = talentflow("compare", "net_rate", *windows, "--language", "ko", store=store)
    assert said.returncode == 0, said.stderr
    assert "미국의 순유입률" in said.stdout
    found = json.loads(
        talentflow("compare", "net_rate", *windows, "--format", "json", store=store).stdout
    )
    assert found["first"]["period"] == "2015/2019"
    assert found["low"] < found["difference"] < found["high"]


def test_areas_side_by_side_have_their_places(store):
    shown = talentflow("show", "stock", "--period", "2015", store=store)
    assert "rank (interval)" in shown.stdout
    assert "1 (1 …" in shown.stdout


def test_figures_are_said_as_sentences(store):
    words = ("show", "stock", "--area", "US", "--period", "2015", "--format", "sentence")
    (said, *_) = talentflow(*words, store=store).stdout.splitlines()
    assert said.startswith("Researchers whose records place them in the United States in 2015: ")
    assert "95% interval" in said


def test_explain_accounts_for_every_row(store):
    done = talentflow(
        "explain", "net_rate", "--area", "US", "--period", "2015", "--format", "json", store=store
    )
    facts = json.loads(done.stdout)
    manifest = json.loads((store / "published" / "manifest.json").read_text())
    accounted = sum(line["records"] for line in facts["accounting"])
    assert accounted == manifest["totals"]["rows"]
    text = talentflow("explain", "retention", "--area", "US", "--language", "ko", store=store)
    assert "Kaplan–Meier" in text.stdout
    assert "max_gap_years = 3" in text.stdout


def test_trace_lists_the_records_behind_a_cell(store):
    traced = talentflow(
        *("trace", "outflow", "--area", "US", "--period", "2015/2019", "--format", "json"),
        store=store,
    )
    records = json.loads(traced.stdout)
    shown = talentflow(
        *("show", "outflow", "--area", "US", "--period", "2015/2019", "--format", "json"),
        store=store,
    )
    (figure,) = json.loads(shown.stdout)
    assert len({record["person_id"] for record in records}) == figure["n"]
    assert {record["country"] for record in records} > {"US"}


def test_status_says_what_was_read(store):
    status = talentflow("status", store=store)
    assert "paperlists" in status.stdout
    assert "in all" in status.stdout


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["show", "net_rat", "--area", "KR"], "did you mean net_rate"),
        (["show", "net_rate", "--area", "Kora"], "unknown area"),
        (["show", "net_rate", "--area", "US", "--period", "1850"], "no figure for period"),
        (["show", "net_rate", "--area", "US", "--definition", "mine"], "not in this snapshot"),
        (["show", "net_rate", "--area", "FJ"], "the nearest is `talentflow show net_rate"),
        (["compare", "stock", "--area", "US", "--period", "2015"], "either --with AREA"),
        (["compare", "stock", "--with", "US", "--period", "2015"], "--area and --period"),
        (["spread", "stock", "--area", "US"], "an area and one period"),
        (["show"], "Missing argument"),
        (["dance"], "No such command"),
        (["build", "--replicates", "many"], "is not a valid int"),
        (["build", "--level", "2"], "setting level"),
    ],
)
def test_wrong_usage_is_status_2(store, words, message):
    done = talentflow(*words, store=store)
    assert done.returncode == 2
    assert message in done.stderr
    assert "Traceback" not in done.stderr


def test_failed_checks_are_status_1(tmp_path):
    nothing = talentflow("show", "stock", store=tmp_path / "none")
    assert nothing.returncode == 1
    assert "run `talentflow build" in nothing.stderr
    missing = talentflow("build", "--data", str(tmp_path / "none"), store=tmp_path / "store")
    assert missing.returncode == 1
    assert "no such data folder" in missing.stderr


def test_build_off_a_terminal_prints_plain_lines(tmp_path):
    write_world(build_world(WorldSpec(people=300), 1), tmp_path / "data")
    done = talentflow("build", "--data", str(tmp_path / "data"), store=tmp_path / "store")
    assert done.returncode == 0, done.stderr
    assert "\r" not in done.stderr
    assert [line.split()[0] for line in done.stderr.splitlines()] == [
        "read",
        "registry",
        "organizations",
        "align",
        "people",
        "careers",
        "vintages",
        "quality",
        "indicators",
        "replication",
    ]
    assert "published snapshot" in done.stdout


def test_resolve_commands_keep_every_row(store, tmp_path):
    registry = next(store.parent.glob("data/ror"))
    source = tmp_path / "in.csv"
    source.write_text("id,affiliation,domain\n1,Hanbit University,\n2,,\n3,???,gmail.com\n")
    done = talentflow(
        *("resolve", "organizations", str(source), "--registry", str(registry)),
        *("--output", str(tmp_path / "out.csv")),
    )
    assert done.returncode == 0, done.stderr
    rows = list(csv.DictReader(io.StringIO((tmp_path / "out.csv").read_text())))
    assert {row["id"] for row in rows} == {"1", "2", "3"}
    people = tmp_path / "people.csv"
    people.write_text("record_id,paper_id,name,year\n1,p1,Ada Byron,2020\n2,p2,Ada Byron,2021\n")
    done = talentflow("resolve", "people", str(people), "--output", str(tmp_path / "who.csv"))
    assert done.returncode == 0, done.stderr
    rows = list(csv.DictReader(io.StringIO((tmp_path / "who.csv").read_text())))
    assert [row["record_id"] for row in rows] == ["1", "2"]
