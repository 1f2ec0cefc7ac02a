"""What leaves the store: values and everything that makes them readable ten years on."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, Final

import pyarrow as pa
import pyarrow.compute as pc

from talentflow import __version__
from talentflow.core.catalog import write_parquet
from talentflow.core.contracts import CONTRACTS, Contract, check_table
from talentflow.core.provenance import checksum_file
from talentflow.indicators.registry import INDICATORS
from talentflow.pipeline.inputs import SECOND_OPINION
from talentflow.pipeline.replication.report import LICENCE as REPLICATION_LICENCE

MANIFEST_FORMAT: Final = 1

LICENCES: Final[tuple[dict[str, str], ...]] = (
    {
        "source": "paperlists",
        "title": "Paper Copilot paper lists",
        "licence": "no terms stated; statistics only are published",
        "url": "https://github.com/papercopilot/paperlists",
    },
    {
        "source": "ror",
        "title": "Research Organization Registry",
        "licence": "CC0 1.0",
        "url": "https://ror.org",
    },
    {
        "source": "university-domains",
        "title": "University domains list",
        "licence": "MIT",
        "url": "https://github.com/Hipo/university-domains-list",
    },
    {
        "source": "s2aff",
        "title": "S2AFF labelled affiliations",
        "licence": "Apache-2.0; used to measure quality",
        "url": "https://github.com/allenai/S2AFF",
    },
    {
        "source": "affiliation-gold",
        "title": "ROR labelled affiliations",
        "licence": "MIT; used to measure quality",
        "url": "https://github.com/ror-community/affiliation-matching-experimental",
    },
    REPLICATION_LICENCE,
)


def write_snapshot(
    folder: Path,
    tables: Mapping[str, pa.Table],
    definitions: Iterable[Mapping[str, Any]],
    manifest: Mapping[str, Any],
    quality: Mapping[str, Any],
    replication: Mapping[str, Any] | None = None,
) -> None:
    """Fill a folder with the published tables, their descriptions and a Frictionless package.

    `tables` are the published ones by name, `values` among them; `quality` tells how well
    affiliations and people were resolved, see `pipeline.quality`; `replication` how others'
    figures compare, see `pipeline.replication`.
    """
    for name, table in tables.items():
        write_parquet(check_table(table, CONTRACTS[name]), folder / f"{name}.parquet")
    _write_json(folder / "definitions.json", list(definitions))
    _write_json(folder / "indicators.json", [i.to_dict() for i in INDICATORS])
    _write_json(folder / "series.json", list_series(tables["values"]))
    _write_json(folder / "manifest.json", manifest)
    _write_json(folder / "quality.json", quality)
    if replication is not None:
        _write_json(folder / "replication.json", replication)
    _write_json(folder / "datapackage.json", describe_package(folder, manifest, list(tables)))


def list_series(values: pa.Table) -> list[dict[str, Any]]:
    """One entry for each indicator and definition: how many figures, areas and periods."""
    shown = pc.is_valid(values["value"])
    grouped = (
        values.append_column("shown", shown.cast(pa.int64()))
        .group_by(["indicator", "definition_id"], use_threads=False)
        .aggregate(
            [
                ("shown", "sum"),
                ("shown", "count"),
                ("area", "count_distinct"),
                ("period", "min"),
                ("period", "max"),
            ]
        )
    )
    return [
        {
            "id": f"{row['indicator']}/{row['definition_id']}",
            "indicator": row["indicator"],
            "definition_id": row["definition_id"],
            "figures": row["shown_sum"],
            "withheld": row["shown_count"] - row["shown_sum"],
            "areas": row["area_count_distinct"],
            "first_period": row["period_min"],
            "last_period": row["period_max"],
        }
        for row in grouped.to_pylist()
    ]


def build_manifest(
    *,
    snapshot_id: str,
    settings: Mapping[str, Any],
    years: tuple[int, int],
    censored_from: int,
    inputs: pa.Table,
    registry: Iterable[Mapping[str, Any]],
    gold: Iterable[Mapping[str, Any]],
    rejects: pa.Table,
    facts: Mapping[str, Any],
    corrections: Mapping[str, Any],
    comparison: Iterable[Mapping[str, Any]] = (),
    denominators: Iterable[Mapping[str, Any]] = (),
) -> dict[str, Any]:
    """What was read, under which settings, and what became of it; counts in = counts out.

    `facts` holds the `accounting` lines and the `second_opinion` rows of the build, `corrections`
    what the user's own lines changed; by the files of `gold` the build was only measured, with
    those of `comparison` only compared, and those of `denominators` told how many inhabitants or
    members countries have. Papers and slots of a second crawl are those of the first, so the
    totals hold them once.
    """
    rows = inputs.to_pylist()
    once = [row for row in rows if row["source"] != SECOND_OPINION]
    compared = list(comparison)
    others = [*registry, *gold, *compared]
    used = {row["source"] for row in [*rows, *others]}
    return {
        "snapshot_id": snapshot_id,
        "format": MANIFEST_FORMAT,
        "software": {"name": "talentflow", "version": __version__},
        **settings,
        "first_year": years[0],
        "last_year": years[1],
        "censored_from": censored_from,
        "inputs": rows,
        "registry": list(registry),
        "gold": list(gold),
        "comparison": compared,
        "denominators": list(denominators),
        "totals": {
            "files": len(rows),
            **{name: sum(row[name] for row in once) for name in ("papers", "slots")},
            **{name: sum(row[name] for row in rows) for name in ("rows", "records", "rejected")},
        },
        "rejects": _count_rejects(rejects),
        "accounting": facts["accounting"],
        "second_opinion": facts["second_opinion"],
        "corrections": dict(corrections),
        "licences": [licence for licence in LICENCES if licence["source"] in used],
    }


def describe_package(
    folder: Path, manifest: Mapping[str, Any], tables: Iterable[str] = ("values",)
) -> dict[str, Any]:
    """A Frictionless Data Package (specs.frictionlessdata.io, v1) of the folder and its tables."""
    names = ["definitions", "indicators", "series", "quality", "manifest"]
    names += [name for name in ("replication",) if (folder / f"{name}.json").exists()]
    return {
        "profile": "data-package",
        "name": "talentflow",
        "id": manifest["snapshot_id"],
        "title": "talentflow: flows, stocks and retention of AI researchers",
        "version": __version__,
        "licenses": [{"name": "CC-BY-4.0", "path": "https://creativecommons.org/licenses/by/4.0/"}],
        "sources": [{"title": s["title"], "path": s["url"]} for s in manifest["licences"]],
        "resources": [
            *(
                {
                    "name": name,
                    "path": f"{name}.parquet",
                    "profile": "tabular-data-resource",
                    "format": "parquet",
                    "mediatype": "application/vnd.apache.parquet",
                    "bytes": (folder / f"{name}.parquet").stat().st_size,
                    "hash": f"sha256:{checksum_file(folder / f'{name}.parquet')}",
                    "schema": _describe_schema(CONTRACTS[name]),
                }
                for name in tables
            ),
            *(
                {
                    "name": name,
                    "path": f"{name}.json",
                    "format": "json",
                    "mediatype": "application/json",
                    "encoding": "utf-8",
                    "bytes": (folder / f"{name}.json").stat().st_size,
                    "hash": f"sha256:{checksum_file(folder / f'{name}.json')}",
                }
                for name in names
            ),
        ],
    }


def _describe_schema(contract: Contract) -> dict[str, Any]:
    kinds = {
        pa.string(): "string",
        pa.float64(): "number",
        pa.int16(): "integer",
        pa.int64(): "integer",
        pa.list_(pa.float32()): "array",
    }
    fields = []
    for column in contract.columns:
        constraints: dict[str, Any] = {} if column.nullable else {"required": True}
        if column.among is not None and len(column.among) < 20:
            constraints["enum"] = list(column.among)
        fields.append(
            {
                "name": column.name,
                "type": kinds[column.type],
                "description": column.doc,
                "constraints": constraints,
            }
        )
    return {"fields": fields, "primaryKey": list(contract.key)}


def _count_rejects(rejects: pa.Table) -> list[dict[str, Any]]:
    counted = (
        rejects.group_by(["source", "reason"], use_threads=False)
        .aggregate([("rows", "sum")])
        .sort_by([("source", "ascending"), ("reason", "ascending")])
    )
    return [
        {"source": row["source"], "reason": row["reason"], "rows": row["rows_sum"]}
        for row in counted.to_pylist()
    ]


def _write_json(path: Path, value: Any) -> None:
    path.write_text(json.dumps(value, ensure_ascii=False, indent=1), encoding="utf-8")
