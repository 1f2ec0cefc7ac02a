"""Short views of evidence for tests: what each row says, by its place in the file."""

from __future__ import annotations

from typing import Any

from talentflow.sources.evidence import Evidence


def records_by_place(evidence: Evidence) -> dict[str, dict[str, Any]]:
    """Place in the file (`0/1/1`) → the record with its mention's text and domain."""
    mentions = {row["mention_id"]: row for row in evidence.mentions.to_pylist()}
    found = {}
    for record in evidence.records.to_pylist():
        mention = mentions.get(record["mention_id"], {"text": None, "domain": None})
        record["ids"] = dict(record["ids"])
        place = record["record_id"].partition("#")[2]
        found[place] = record | {"text": mention["text"], "domain": mention["domain"]}
    return found


def texts_by_place(evidence: Evidence) -> dict[str, tuple[str | None, str]]:
    """Place in the file → affiliation text and alignment."""
    return {
        place: (record["text"], record["alignment"])
        for place, record in records_by_place(evidence).items()
    }


def reject_reasons(evidence: Evidence) -> dict[str, int]:
    """Reason → rows rejected for it."""
    counts: dict[str, int] = {}
    for reject in evidence.rejects.to_pylist():
        counts[reject["reason"]] = counts.get(reject["reason"], 0) + reject["rows"]
    return counts
