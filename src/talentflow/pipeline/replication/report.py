"""What does the replication report of a build hold?

One report per snapshot, `replication.json`: five parts, each with rows or with the reason why it
was not run. It is made from published values and published tables alone.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final

import pyarrow as pa

from talentflow.pipeline.replication.beside import list_beside
from talentflow.pipeline.replication.cohorts import compare_cohorts
from talentflow.pipeline.replication.conferences import MIN_AREAS, compare_conferences
from talentflow.pipeline.replication.figures import Published
from talentflow.pipeline.replication.rows import VERDICTS, Check, Comparison, Text, say
from talentflow.pipeline.replication.tables import check_tables, read_tables
from talentflow.sources.scholarlymigration import has_tables

FORMAT: Final = 1
LICENCE: Final = {
    "source": "scholarlymigration",
    "title": "Scholarly Migration Database (MPIDR), OpenAlex edition of 2023 and enriched table",
    "licence": "CC BY 4.0; compared with, no figure is made from it",
    "url": "https://github.com/MPIDR/Global-flows-and-rates-of-international-migration-of-scholars",
}
_DIGITS: Final = 6

Rows = Sequence[Check | Comparison]


def measure_replication(
    values: pa.Table, folder: Path, equal_inputs: Sequence[Mapping[str, Any]]
) -> dict[str, Any]:
    """The report. `folder` may lack the tables of the Scholarly Migration Database, whose parts
    then say so; `equal_inputs` are the rows of `run_equal_inputs` as plain values."""
    published = Published(values)
    tables = read_tables(folder) if has_tables(folder) else None
    checks, printed = check_tables(tables) if tables else ([], [])
    conferences = compare_conferences(published, tables) if tables else []
    missing = None if tables else say("skipped.tables")
    thin = missing or (None if conferences else say("skipped.conferences", least=MIN_AREAS))
    parts = {
        "tables": _part([*checks, *printed], missing),
        "equal_inputs": {"skipped": None, "rows": [dict(row) for row in equal_inputs]},
        "conferences": _part(conferences, thin),
        "cohorts": _part(compare_cohorts(published)),
        "beside": _part(list_beside(published)),
    }
    return {
        "format": FORMAT,
        "parts": parts,
        "verdicts": count_verdicts(parts),
        "licences": [LICENCE] if tables else [],
    }


def count_verdicts(parts: Mapping[str, Mapping[str, Any]]) -> dict[str, dict[str, int]]:
    """Part → verdict → rows."""
    return {
        name: {
            verdict: sum(row["verdict"] == verdict for row in part["rows"]) for verdict in VERDICTS
        }
        for name, part in parts.items()
    }


def _part(rows: Rows, skipped: Text | None = None) -> dict[str, Any]:
    return {"skipped": skipped, "rows": [] if skipped else [round_row(r.to_dict()) for r in rows]}


def round_row(row: Mapping[str, Any]) -> dict[str, Any]:
    """A row with its floats at six digits, so that engines that add in another order agree."""
    return {k: round(v, _DIGITS) if isinstance(v, float) else v for k, v in row.items()}
