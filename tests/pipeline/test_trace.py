"""A trace names the organization of the record's year, unless its owner has said otherwise."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from talentflow.core.catalog import Catalog, open_store
from talentflow.core.contracts import CONTRACTS
from talentflow.core.errors import StoreError
from talentflow.indicators.snapshot import Query
from talentflow.pipeline.trace import trace_records

OLD, NEW, OTHER = (f"https://ror.org/0test0{n}00" for n in range(3))
YEARS = (1999, 2009, 2010)


def record(year: int) -> dict[str, Any]:
    return {
        "record_id": f"toy/{year}",
        "source": "toy",
        "file": "toy.json",
        "person_ref": "toy:ada",
        "person_name": "Ada Rowan",
        "year": year,
        "mention_id": 1,
        "paper_id": f"p{year}",
        "n_authors": 1,
        "tier_flags": 0,
        "alignment": "aligned",
        "kind": "authorship",
    }


def write_store(root: Path, answered: tuple[str, str]) -> None:
    """A store of one person who printed `Old Elm College` in every year of `YEARS`."""
    answer = {"mention_id": 1, "country": "US", "rule": "text_name", "country_rule": "seat"}
    rows: dict[str, dict[str, list[dict[str, Any]]]] = {
        "read": {"mentions": [{"mention_id": 1, "text": "Old Elm College"}]},
        "align": {"records": [record(year) for year in YEARS]},
        "organizations": {
            "mention_organizations": [
                {
                    "mention_id": 1,
                    "rank": 1,
                    "organization_id": NEW,
                    "organization_name": "Elm College",
                    "probability": 0.9,
                    "rule": "text_name",
                    "former_id": OLD,
                    "former_name": "Old Elm College",
                    "former_until": 2010,
                }
            ]
        },
        "corrections": {
            "people": [
                {
                    "person_ref": "toy:ada",
                    "person_id": "toy:ada",
                    "confidence": 1.0,
                    "ambiguous": False,
                    "hard_id": True,
                }
            ],
            "resolved_mentions": [
                {**answer, "organization_id": answered[0], "organization_name": answered[1]}
            ],
        },
        "careers": {
            "residences": [
                {"person_id": "toy:ada", "year": year, "country": "US", "bridged": False}
                for year in YEARS
            ],
            **{name: [] for name in ("moves", "spells", "stage_changes")},
        },
    }
    with open_store(root) as catalog:
        for stage, tables in rows.items():
            made = {name: CONTRACTS[name].from_rows(table) for name, table in tables.items()}
            catalog.write_stage(stage, "key", made)
        catalog.write_current(dict.fromkeys(rows, "key"))


def trace_names(store: Path) -> list[str]:
    found = trace_records(store, Query(indicator="stock", area="US", period=None))
    assert found["year"].to_pylist() == list(YEARS)
    return found["organization_name"].to_pylist()


def test_before_its_foundation_an_organization_is_traced_as_the_former_one(tmp_path: Path) -> None:
    write_store(tmp_path, (NEW, "Elm College"))
    assert trace_names(tmp_path) == ["Old Elm College", "Old Elm College", "Elm College"]


def test_a_corrected_organization_has_no_former_one(tmp_path: Path) -> None:
    write_store(tmp_path, (OTHER, "Alder University"))
    assert trace_names(tmp_path) == ["Alder University"] * 3


def test_a_store_of_an_earlier_version_has_to_be_built_again(tmp_path: Path) -> None:
    write_store(tmp_path, (NEW, "Elm College"))
    path = Catalog(tmp_path).stage_folder("organizations", "key")
    named = Catalog(tmp_path).read_table("organizations", "key", "mention_organizations")
    (path / "mention_organizations.parquet").unlink()
    path.rmdir()
    with open_store(tmp_path) as catalog:
        earlier = named.drop_columns(["former_id", "former_name", "former_until"])
        catalog.write_stage("organizations", "key", {"earlier": earlier})
        (path / "earlier.parquet").rename(path / "mention_organizations.parquet")
    with pytest.raises(StoreError, match="of this version"):
        trace_names(tmp_path)
