"""The file behind `talentflow resolve organizations`."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import pytest

from talentflow.core.errors import InputError
from talentflow.resolve.organizations_csv import (
    OUTPUT_COLUMNS,
    find_registry_files,
    resolve_organizations_csv,
)


@pytest.fixture
def registry_dir(tmp_path: Path) -> Path:
    record = {
        "id": "https://ror.org/0abcde001",
        "names": [{"value": "Alder University", "types": ["ror_display"], "lang": "en"}],
        "types": ["education"],
        "status": "active",
        "locations": [{"geonames_details": {"country_code": "KR", "name": "Seoul"}}],
        "domains": ["alder.ac.kr"],
    }
    folder = tmp_path / "registry"
    (folder / "ror").mkdir(parents=True)
    path = folder / "ror" / "v2-ror-data.json"
    path.write_text(json.dumps([record]), encoding="utf-8")
    return folder


def run(
    tmp_path: Path, registry_dir: Path, data: bytes
) -> tuple[list[dict[str, str]], dict[str, int]]:
    source, target = tmp_path / "in.csv", tmp_path / "out.csv"
    source.write_bytes(data)
    counts = resolve_organizations_csv(source, registry_dir, target)
    with target.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file)), counts


def test_every_row_comes_back_in_order(tmp_path: Path, registry_dir: Path) -> None:
    data = (
        b"id,affiliation,domain,year\n"
        b'a,"Alder University, Seoul",,2020\n'
        b"b,Nowhere,,\n"
        b"c,,alder.ac.kr,2021\n"
        b"d,MBZUAI,,\n"
    )
    rows, counts = run(tmp_path, registry_dir, data)
    assert [r["id"] for r in rows] == ["a", "b", "c", "d"]
    assert tuple(rows[0]) == OUTPUT_COLUMNS
    assert rows[0] | {"probability": ""} == {
        "id": "a",
        "rank": "1",
        "ror_id": "https://ror.org/0abcde001",
        "name": "Alder University",
        "country": "KR",
        "city": "Seoul",
        "sector": "university",
        "probability": "",
        "rule": "segment_name",
    }
    assert (rows[1]["ror_id"], rows[1]["rank"], rows[1]["rule"]) == ("", "1", "no_match")
    assert (rows[2]["country"], rows[2]["rule"]) == ("KR", "domain")
    assert (rows[3]["ror_id"], rows[3]["country"]) == ("", "AE")
    assert counts == {"rows": 4, "matched": 3, "with_country": 3, "unmatched": 1, "rejected": 0}


def test_rows_that_cannot_be_read_come_back_with_the_reason(
    tmp_path: Path, registry_dir: Path
) -> None:
    data = b"id,affiliation\na,Alder University\nb\nc,x,y,z\nd,Universit\xff\ne,ok\n"
    rows, counts = run(tmp_path, registry_dir, data)
    assert [r["id"] for r in rows] == ["a", "b", "c", "d", "e"]
    assert [r["rule"].startswith("rejected: ") for r in rows] == [False, True, True, True, False]
    assert counts["rejected"] == 3
    assert counts["rows"] == counts["matched"] + counts["unmatched"] + counts["rejected"]


def test_an_endless_line_is_one_rejected_row(tmp_path: Path, registry_dir: Path) -> None:
    data = b"id,affiliation\na," + b"x" * (20 * 2**20) + b"\nb,Alder University\n"
    rows, _ = run(tmp_path, registry_dir, data)
    assert [r["id"] for r in rows] == ["", "b"] or [r["id"] for r in rows] == ["a", "b"]
    assert rows[0]["rule"].startswith("rejected: ")
    assert rows[1]["country"] == "KR"


@pytest.mark.parametrize("data", [b"", b"name,affiliation\n", b"\xff\xfe\n"])
def test_a_header_without_the_columns_is_an_error(
    tmp_path: Path, registry_dir: Path, data: bytes
) -> None:
    with pytest.raises(InputError, match="id and affiliation"):
        run(tmp_path, registry_dir, data)
    assert not list(tmp_path.glob("*out.csv*"))
    assert not list(tmp_path.glob(".*partial"))


def test_an_empty_registry_folder_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no ROR dump"):
        find_registry_files(tmp_path)


def test_progress_ends_at_the_size_of_the_input(tmp_path: Path, registry_dir: Path) -> None:
    source = tmp_path / "in.csv"
    source.write_text("id,affiliation\n1,x\n", encoding="utf-8")
    seen: list[tuple[int, int]] = []
    resolve_organizations_csv(
        source, registry_dir, tmp_path / "out.csv", lambda done, size: seen.append((done, size))
    )
    assert seen[-1] == (19, 19)


def test_workers_and_slices_change_nothing(tmp_path: Path, registry_dir: Path) -> None:
    source = tmp_path / "in.csv"
    rows = "".join(f'{i},"Alder University, room {i % 2100}",,1999\n' for i in range(4500))
    source.write_text("id,affiliation,domain,year\n" + rows, encoding="utf-8")
    outputs = []
    for workers in (1, 2):
        target = tmp_path / f"out{workers}.csv"
        counts = resolve_organizations_csv(source, registry_dir, target, workers=workers)
        assert counts["rows"] == counts["matched"] == 4500
        outputs.append(target.read_bytes())
    assert outputs[0] == outputs[1]
