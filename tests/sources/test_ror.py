"""ROR dumps in both schemas become organizations and names."""

from __future__ import annotations

import json
import zipfile
from pathlib import Path
from typing import Any

import pytest

from talentflow.core.errors import InputError
from talentflow.sources.ror import read_ror


def v2(number: int, name: str, **more: Any) -> dict[str, Any]:
    record: dict[str, Any] = {
        "id": f"https://ror.org/0abcde{number:03d}",
        "names": [{"value": name, "types": ["ror_display", "label"], "lang": "en"}],
        "types": ["education"],
        "status": "active",
        "locations": [{"geonames_details": {"country_code": "KR", "name": "Seoul"}}],
        "admin": {"last_modified": {"date": "2025-01-01"}},
    }
    return record | more


def v1(number: int, name: str, **more: Any) -> dict[str, Any]:
    record: dict[str, Any] = {
        "id": f"https://ror.org/0abcde{number:03d}",
        "name": name,
        "types": ["Company"],
        "status": "active",
        "country": {"country_code": "JP"},
        "addresses": [{"city": "Tokyo"}],
        "links": ["http://www.acme.co.jp/en/index.html"],
        "aliases": ["Acme"],
        "acronyms": ["ACM"],
        "labels": [{"label": "アクメ", "iso639": "ja"}],
        "established": 1950,
    }
    return record | more


def dump(path: Path, records: list[Any]) -> Path:
    path.write_text(json.dumps(records), encoding="utf-8")
    return path


def by_id(table: Any) -> dict[str, dict[str, Any]]:
    return {row["organization_id"][-3:]: row for row in table.to_pylist()}


def test_both_schemas_give_the_same_shape(tmp_path: Path) -> None:
    paths = [
        dump(tmp_path / "v2.json", [v2(1, "Alpha University", domains=["alpha.ac.kr"])]),
        dump(tmp_path / "v1.json", [v1(2, "Acme (Japan)")]),
    ]
    tables = read_ror(paths)
    rows = by_id(tables.organizations)
    assert rows["001"]["country"] == "KR"
    assert rows["001"]["city"] == "Seoul"
    assert rows["001"]["sector"] == "university"
    assert rows["001"]["domains"] == ["alpha.ac.kr"]
    assert rows["002"]["sector"] == "company"
    assert rows["002"]["domains"] == ["acme.co.jp"]
    assert rows["002"]["established"] == 1950
    kinds = {(n["name"], n["kind"], n["language"]) for n in tables.organization_names.to_pylist()}
    assert ("Alpha University", "display", "en") in kinds
    assert ("アクメ", "label", "ja") in kinds
    assert ("ACM", "acronym", None) in kinds


def test_v2_wins_then_the_newest(tmp_path: Path) -> None:
    newer = {"last_modified": {"date": "2026-01-01"}}
    paths = [
        dump(tmp_path / "a.json", [v2(1, "New", admin=newer)]),
        dump(tmp_path / "b.json", [v2(1, "Old")]),
        dump(tmp_path / "c.json", [v1(1, "Oldest")]),
    ]
    for order in (paths, paths[::-1]):
        tables = read_ror(order)
        assert tables.organizations["name"].to_pylist() == ["New"]
        assert sum(f.superseded for f in tables.files) == 2
        assert all(f.read == f.used + f.superseded + f.rejected for f in tables.files)


def test_bad_records_are_rejected_with_reasons(tmp_path: Path) -> None:
    bad = [
        v2(1, "Good"),
        v2(2, "X", id="https://example.org/1"),
        v2(3, "X", names=[]),
        v2(4, "X", status="gone"),
        v2(5, "X", locations=[{"geonames_details": {"country_code": "XX"}}]),
        v2(6, "X", types="education"),
        17,
    ]
    tables = read_ror([dump(tmp_path / "a.json", bad)])
    assert tables.organizations.num_rows == 1
    reasons = tables.rejects["reason"].to_pylist()
    assert reasons == ["bad_id", "no_name", "bad_status", "bad_country", "bad_record", "bad_record"]
    assert tables.rejects["position"][0].as_py() == "a.json#1"


def test_withdrawn_records_name_their_successor(tmp_path: Path) -> None:
    relation = {"type": "successor", "id": "https://ror.org/0abcde002", "label": "Beta"}
    records = [v2(1, "Alpha", status="withdrawn", relationships=[relation]), v2(2, "Beta")]
    rows = by_id(read_ror([dump(tmp_path / "a.json", records)]).organizations)
    assert rows["001"]["successor_id"] == "https://ror.org/0abcde002"


def test_relatives_without_a_record_keep_their_name(tmp_path: Path) -> None:
    relations = [
        {"type": "child", "id": "https://ror.org/0abcde008", "label": "Alpha Hospital"},
        {"type": "related", "id": "https://ror.org/0abcde009", "label": "Gamma (France)"},
    ]
    company = v2(2, "Delta (Japan)", types=["company"])
    company["relationships"] = [
        {"type": "child", "id": "https://ror.org/0abcde007", "label": "Delta Research - Oslo"}
    ]
    records = [v2(1, "Alpha", relationships=relations), company]
    rows = by_id(read_ror([dump(tmp_path / "a.json", records)]).organizations)
    assert (rows["008"]["name"], rows["008"]["country"]) == ("Alpha Hospital", "KR")
    assert rows["009"]["country"] == "FR"
    assert rows["007"]["country"] is None


def test_sector_of_several_types(tmp_path: Path) -> None:
    types = [["funder", "education"], ["facility", "government"], ["archive"], ["funder"]]
    records = [v2(i, "X", types=t) for i, t in enumerate(types)]
    tables = read_ror([dump(tmp_path / "a.json", records)])
    assert tables.organizations["sector"].to_pylist() == ["university", "government", None, None]


def test_pages_below_a_shared_host_are_no_domain(tmp_path: Path) -> None:
    links = [
        {"type": "website", "value": "https://www.alpha.ac.kr/physics/"},
        {"type": "website", "value": "https://own.alpha.ac.kr/index.php"},
        {"type": "wikipedia", "value": "http://en.wikipedia.org/wiki/Alpha"},
    ]
    tables = read_ror([dump(tmp_path / "a.json", [v2(1, "Alpha", links=links)])])
    assert tables.organizations["domains"].to_pylist() == [["own.alpha.ac.kr"]]


def test_reads_the_v2_member_of_a_dump(tmp_path: Path) -> None:
    path = tmp_path / "v1.50-ror-data.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("v1.50-ror-data.json", json.dumps([v1(1, "Old")]))
        archive.writestr("v1.50-ror-data_schema_v2.json", json.dumps([v2(1, "New")]))
        archive.writestr("v1.50-ror-data.csv", "id")
    assert read_ror([path]).organizations["name"].to_pylist() == ["New"]


@pytest.mark.parametrize("data", [b"[{", b'{"id": 1}', b"\xff\xfe", b""])
def test_a_file_that_is_no_array_is_an_input_error(tmp_path: Path, data: bytes) -> None:
    path = tmp_path / "a.json"
    path.write_bytes(data)
    with pytest.raises(InputError, match="not a ROR data dump"):
        read_ror([path])


@pytest.mark.real
def test_real_dumps_load_without_rejects(shared_data: Path) -> None:
    tables = read_ror(sorted((shared_data / "ror").glob("*.zip")))
    assert sum(f.read for f in tables.files) == 51_370
    assert tables.rejects.num_rows == 0
    assert tables.organizations.num_rows >= 51_370
