"""The stages of a build that replicate what others have published.

The part on made-up inputs depends on the rules alone and is kept as long as they stay; the
report depends on the values of the snapshot and on the tables it is compared with.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pyarrow as pa

from talentflow.core.provenance import checksum_code
from talentflow.pipeline.replication import measure_replication, run_equal_inputs
from talentflow.pipeline.replication.report import round_row
from talentflow.pipeline.run import Run
from talentflow.sources import scholarlymigration

EQUAL_INPUTS = "equal_inputs"
REPLICATION = "replication"


def replicate(run: Run) -> None:
    """Both stages; the second needs the stage `values`."""
    code = checksum_code("core", "sources", "careers", "indicators", "pipeline")
    run.run(EQUAL_INPUTS, [code], lambda: _as_table([c.to_dict() for c in run_equal_inputs()]))
    folder = run.settings.data / scholarlymigration.SOURCE
    ingredients = [run.keys["values"], run.keys[EQUAL_INPUTS]]
    run.run(REPLICATION, ingredients, lambda: _as_table(_measure(run, folder)))


def read_report(run: Run, snapshot_id: str) -> dict[str, Any]:
    """The report as plain values, under the id of its snapshot."""
    return {"snapshot_id": snapshot_id, **_read(run, REPLICATION)}


def _measure(run: Run, folder: Path) -> dict[str, Any]:
    run.progress.start("replication", 1)
    rows = [round_row(row) for row in _read(run, EQUAL_INPUTS)]
    report = measure_replication(run.read("values", "values"), folder, rows)
    run.progress.advance()
    run.progress.finish(_summarize(report))
    return report


def _summarize(report: dict[str, Any]) -> str:
    counts = {
        verdict: sum(part[verdict] for part in report["verdicts"].values())
        for verdict in ("agrees", "differs", "not_comparable")
    }
    skipped = [name for name, part in report["parts"].items() if part["skipped"]]
    said = (
        f"{counts['agrees']} published figures or identities agree, {counts['differs']} differ, "
        f"{counts['not_comparable']} cannot be compared"
    )
    return said + (f"; not run: {', '.join(skipped)}" if skipped else "")


def _as_table(value: Any) -> dict[str, pa.Table]:
    return {"report": pa.table({"json": [json.dumps(value, ensure_ascii=False)]})}


def _read(run: Run, stage: str) -> Any:
    return json.loads(run.read(stage, "report")["json"][0].as_py())
