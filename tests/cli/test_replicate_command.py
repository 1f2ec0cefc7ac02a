"""`talentflow replicate`: the report in words and JSON, and status 1 where an identity broke."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest
from click.testing import CliRunner, Result

from talentflow.cli.replicating import replicate
from talentflow.core.contracts import VALUES
from talentflow.core.errors import StoreError
from talentflow.pipeline.replication import measure_replication
from talentflow.pipeline.replication.rows import Check, say


def make_check(*, holds: bool) -> dict[str, Any]:
    return Check(
        id="equal_flows",
        title=say("check.equal_arrivals"),
        explanation=say("why.equal_flows"),
        verdict="agrees" if holds else "differs",
        cells=12,
        equal=12 if holds else 11,
        correlation=1.0,
        holds=holds,
    ).to_dict()


def write_store(folder: Path, checks: list[dict[str, Any]]) -> Path:
    published = folder / "published"
    published.mkdir(parents=True)
    pq.write_table(VALUES.empty(), published / "values.parquet")
    report = measure_replication(VALUES.empty(), folder / "nothing", checks)
    text = json.dumps({"snapshot_id": "s", **report}, ensure_ascii=False)
    (published / "replication.json").write_text(text, encoding="utf-8")
    return folder


def run(*words: str) -> Result:
    return CliRunner().invoke(replicate, words, catch_exceptions=True)


@pytest.mark.parametrize(
    ("language", "said"), [("en", "cannot be compared"), ("ko", "국가·연도별 유입과 유출")]
)
def test_the_report_is_printed_part_by_part(tmp_path: Path, language: str, said: str) -> None:
    shown = run("--store", str(write_store(tmp_path, [make_check(holds=True)])),
                "--language", language)  # fmt: skip
    assert shown.exit_code == 0, shown.output
    assert said in shown.output
    for part in ("tables", "equal_inputs", "conferences", "cohorts", "beside"):
        assert f"\n{part}\n" in shown.output


def test_json_holds_the_part_asked_for(tmp_path: Path) -> None:
    store = write_store(tmp_path, [make_check(holds=True)])
    shown = run("--store", str(store), "--part", "cohorts", "--format", "json")
    report = json.loads(shown.output)
    assert list(report["parts"]) == ["cohorts"]
    assert all(row["explanation"]["ko"] for row in report["parts"]["cohorts"]["rows"])


def test_a_broken_identity_is_status_one(tmp_path: Path) -> None:
    store = str(write_store(tmp_path, [make_check(holds=False)]))
    shown = run("--store", store)
    assert shown.exit_code == 1
    assert "does not hold: Arrivals and departures" in shown.output
    assert run("--store", store, "--part", "cohorts").exit_code == 0


def test_snapshots_of_older_builds_are_explained(tmp_path: Path) -> None:
    store = write_store(tmp_path, [])
    (store / "published" / "replication.json").unlink()
    shown = run("--store", str(store))
    assert isinstance(shown.exception, StoreError)
    assert "no report on replication" in str(shown.exception)
