"""What is built, from what, and what was rejected and why?"""

from __future__ import annotations

from pathlib import Path
from typing import Any, Final

import pyarrow as pa
import pyarrow.compute as pc

from talentflow.core.catalog import Catalog, check_format
from talentflow.core.errors import StoreError
from talentflow.indicators.snapshot import open_snapshot
from talentflow.pipeline.correcting import describe_corrections
from talentflow.resolve.people_changes import count_changes

CHANGES: Final[dict[str, dict[str, str]]] = {
    "same": {"en": "the same person under the same id", "ko": "같은 사람, 같은 식별자"},
    "renamed": {"en": "the same person under another id", "ko": "같은 사람, 식별자가 바뀜"},
    "merged_into": {"en": "found to be one with another person", "ko": "다른 사람과 하나로 합쳐짐"},
    "split_into": {"en": "found to be several people", "ko": "여러 사람으로 나뉨"},
    "gone": {"en": "no longer in the records", "ko": "기록에 더 이상 없음"},
}


def describe_store(store: Path, examples: int = 3) -> dict[str, Any]:
    """The current snapshot's manifest, the stages with their sizes, the corrections, what became
    of the people of the build before the current ones were found (empty: there is none), and
    every reason for rejecting rows with a few examples.

    Raises `StoreError` if there is no store or no finished build.
    """
    if not store.is_dir():
        raise StoreError(
            "there is no store here",
            where=str(store),
            next_step="run `talentflow build --store " + str(store) + "`",
        )
    check_format(store)
    catalog = Catalog(store)
    current = catalog.read_current()
    snapshot = open_snapshot(store)
    return {
        "store": str(store),
        "snapshot_id": snapshot.manifest["snapshot_id"],
        "figures": snapshot.values.num_rows,
        "withheld": snapshot.values["value"].null_count,
        "stages": [_describe_stage(catalog, stage, key) for stage, key in current.items()],
        "totals": snapshot.manifest["totals"],
        "accounting": snapshot.manifest["accounting"],
        "sources": _sum_sources(snapshot.manifest["inputs"]),
        "corrections": describe_corrections(catalog, current, snapshot.manifest),
        "person_changes": _describe_changes(catalog, current),
        "rejects": _describe_rejects(catalog, current, examples),
    }


def _describe_stage(catalog: Catalog, stage: str, key: str) -> dict[str, Any]:
    folder = catalog.stage_folder(stage, key)
    sizes = {path.stem: path.stat().st_size for path in sorted(folder.glob("*.parquet"))}
    return {"stage": stage, "key": key, "tables": sizes, "size_bytes": sum(sizes.values())}


def _sum_sources(inputs: list[dict[str, Any]]) -> list[dict[str, Any]]:
    names = ("papers", "slots", "rows", "records", "rejected", "aligned", "set_only", "unknown")
    sources = dict.fromkeys(row["source"] for row in inputs)
    return [
        {
            "source": source,
            "files": sum(row["source"] == source for row in inputs),
            **{name: sum(row[name] for row in inputs if row["source"] == source) for name in names},
        }
        for source in sources
    ]


def _describe_changes(catalog: Catalog, current: dict[str, Any]) -> list[dict[str, Any]]:
    stage = "person_changes"
    if not catalog.has_stage(stage, current["people"]):
        return []
    counts = count_changes(catalog.read_table(stage, current["people"], stage))
    return [
        {"change": change, "people": people, "title": CHANGES[change]}
        for change, people in counts.items()
    ]


def _describe_rejects(
    catalog: Catalog, current: dict[str, Any], examples: int
) -> list[dict[str, Any]]:
    stages = ("read", "registry")
    rejects = pa.concat_tables(
        [catalog.read_table(stage, current[stage], "rejects") for stage in stages]
    )
    found = []
    for reason in sorted(set(rejects["reason"].to_pylist())):
        of_reason = rejects.filter(pc.field("reason") == reason)
        found.append(
            {
                "reason": reason,
                "rows": pc.sum(of_reason["rows"]).as_py(),
                "examples": of_reason.select(["position", "detail"]).slice(0, examples).to_pylist(),
            }
        )
    return sorted(found, key=lambda entry: -entry["rows"])
