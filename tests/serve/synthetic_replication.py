"""A replication report over the invented figures: the real comparisons, invented checks."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pyarrow as pa

from talentflow.pipeline.replication import count_verdicts, measure_replication
from talentflow.pipeline.replication.report import LICENCE

NOWHERE = Path("no-such-folder")


def make_replication(values: pa.Table, snapshot_id: str) -> dict[str, Any]:
    """The report of a build over these values whose tables of others agree but for one check."""
    equal = [make_check("equal_flows", holds=True), make_check("tie", verdict="differs")]
    report = measure_replication(values, NOWHERE, equal)
    report["parts"]["conferences"] = {
        "skipped": None,
        "rows": [make_check("net_rate", verdict="not_comparable", ranks=0.2)],
    }
    report["verdicts"] = count_verdicts(report["parts"])
    return {"snapshot_id": snapshot_id, **report, "licences": [LICENCE]}


def make_check(
    id_: str, *, verdict: str = "agrees", holds: bool | None = None, ranks: float | None = None
) -> dict[str, Any]:
    """A row of a part with checks."""
    return {
        "id": id_,
        "title": {"en": f"Check of {id_} <b>", "ko": f"{id_} 확인 <b>"},
        "explanation": {"en": f"Because of {id_}.", "ko": f"{id_} 때문입니다."},
        "verdict": verdict,
        "cells": 1234,
        "equal": None if ranks else 1230,
        "largest": 2.0,
        "unit": "moves",
        "correlation": 0.987,
        "ranks": ranks,
        "ranks_low": None if ranks is None else ranks - 0.1,
        "ranks_high": None if ranks is None else ranks + 0.1,
        "ratio": None,
        "holds": holds,
    }
