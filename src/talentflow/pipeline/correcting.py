"""What do the user's corrections make of the answers, and how is that told?"""

from __future__ import annotations

from pathlib import Path
from typing import Any, Final, NamedTuple

import pyarrow as pa
import pyarrow.compute as pc

from talentflow.core.catalog import Catalog
from talentflow.core.contracts import RECORDS
from talentflow.core.progress import Progress
from talentflow.core.scans import Stored
from talentflow.resolve.corrections import correct_mentions, correct_people, list_applied
from talentflow.resolve.corrections_csv import FILE, Corrections, read_corrections

_UNUSED_SHOWN = 50
_READ: Final = ("mention_id", "person_ref", "person_name")
_NO_RECORDS: Final = RECORDS.empty().select([*_READ])


class Answers(NamedTuple):
    """The tables that corrections change, and those that they are found in."""

    records: Stored
    mentions: pa.Table
    resolved_mentions: pa.Table
    people: pa.Table
    organizations: pa.Table


def read_store_corrections(store: Path) -> Corrections:
    """The corrections that lie in a store; raises `InputError` for an unusable line."""
    return read_corrections(store / FILE)


def correct_answers(
    answers: Answers, corrections: Corrections, progress: Progress
) -> dict[str, pa.Table]:
    """`resolved_mentions` and `people` as corrected, and `corrections`: what each line did."""
    lines = corrections.lines
    # Without corrections nobody asks for the records.
    records = answers.records.read(_READ) if lines else _NO_RECORDS
    mentions = correct_mentions(
        answers.mentions, answers.resolved_mentions, answers.organizations, lines
    )
    people = correct_people(answers.people, records, lines)
    applied = list_applied(lines, mentions.matched | people.matched, records)
    if lines:
        progress.start("corrections", len(lines))
        progress.advance(len(lines))
        facts = sum_corrections(corrections.sha256, applied)
        progress.finish(
            f"{facts['applied']:,} of {facts['lines']:,} lines apply, "
            f"to {facts['records']:,} records"
        )
    return {"resolved_mentions": mentions.table, "people": people.table, "corrections": applied}


def sum_corrections(sha256: str | None, applied: pa.Table) -> dict[str, Any]:
    """What is published of corrections: the file's checksum and counts, no text and no person."""
    used = applied.filter(pc.greater(applied["matched"], 0))
    return {
        "sha256": sha256,
        "lines": applied.num_rows,
        "applied": used.num_rows,
        "unused": applied.num_rows - used.num_rows,
        "records": pc.sum(used["records"]).as_py() or 0,
    }


def describe_corrections(
    catalog: Catalog, current: dict[str, Any], manifest: dict[str, Any]
) -> dict[str, Any]:
    """For the owner of a store: the published facts, the lines that match nothing, and whether
    the file has changed since the build (`changed`)."""
    facts = manifest.get("corrections") or sum_corrections(None, _no_lines())
    unused: list[dict[str, Any]] = []
    if "corrections" in current:
        applied = catalog.read_table("corrections", current["corrections"], "corrections")
        nothing = applied.filter(pc.equal(applied["matched"], 0))
        columns = ["line", "kind", "match", "domain", "value"]
        unused = nothing.select(columns).slice(0, _UNUSED_SHOWN).to_pylist()
    now = read_store_corrections(catalog.root).sha256
    return {**facts, "changed": now != facts["sha256"], "unused_lines": unused}


def _no_lines() -> pa.Table:
    return list_applied((), {}, _NO_RECORDS)
