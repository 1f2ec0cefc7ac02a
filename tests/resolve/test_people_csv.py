"""People from a CSV file: the rule of the library, every row kept, bad rows named."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest

from talentflow.core.errors import InputError, UsageError
from talentflow.resolve.people import link_people
from talentflow.resolve.people_csv import resolve_people_csv

from test_people_links import make_records, persons  # isort: skip

HEADER = "record_id,paper_id,name,year\n"


def resolve(folder: Path, text: str | bytes) -> tuple[dict[str, int], list[dict[str, str]]]:
    source, target = folder / "in.csv", folder / "out.csv"
    source.write_bytes(text.encode() if isinstance(text, str) else text)
    counts = resolve_people_csv(source, target)
    with target.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert sorted(p.name for p in folder.iterdir()) == ["in.csv", "out.csv"]
    assert counts["rows"] == len(rows)
    assert counts["rows"] == counts["resolved"] + counts["ambiguous"] + counts["rejected"]
    return counts, rows


def test_rows_come_back_in_order(tmp_path: Path) -> None:
    text = HEADER + 'b,p1,Jane Doe,2020\na,p2,"Doe, Jane",2021\nc,p2,J. Kim,2021\n'
    counts, rows = resolve(tmp_path, text)
    assert rows == [
        {
            "record_id": "b",
            "person_id": "name:jane doe",
            "confidence": "1.0000",
            "ambiguous": "false",
        },
        {
            "record_id": "a",
            "person_id": "name:jane doe",
            "confidence": "1.0000",
            "ambiguous": "false",
        },
        {"record_id": "c", "person_id": "slot:c", "confidence": "1.0000", "ambiguous": "true"},
    ]
    assert counts == {"rows": 3, "resolved": 2, "ambiguous": 1, "rejected": 0, "people": 2}


def test_other_columns_in_any_order(tmp_path: Path) -> None:
    text = "\ufeffyear,domain,name,note,paper_id,record_id\n2020,a.example,Jane Doe,x,p1,1\n"
    _, rows = resolve(tmp_path, text)
    assert rows[0]["person_id"] == "name:jane doe"


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        (b"7,p1,Jane Doe,20O1", "year '20O1' is not a year"),
        (b"7,p1,Jane Doe,", "year '' is not a year"),
        (b"7,p1,Jane Doe,99999999999999999999", "is not a year"),
        (b"7,p1,,2020", "is empty"),
        (b",p1,Jane Doe,2020", "is empty"),
        (b"7,,Jane Doe,2020", "is empty"),
        (b"7,p1,Jane Doe", "3 fields, expected 4"),
        (b"7,p1,Jane Doe,2020,x", "5 fields, expected 4"),
        (b"7,p1,J\xe4ne Doe,2020", "not UTF-8"),
        (b"1,p1,Jane Doe,2020", "record_id occurs before"),
        (b"7,p1," + b"x" * 200_000 + b",2020", "not CSV"),
        (b"7,p1," + b"x" * 9_000_000 + b",2020", "not CSV"),
    ],
)
def test_a_bad_row_is_kept_and_named(tmp_path: Path, row: bytes, reason: str) -> None:
    text = HEADER.encode() + b"1,p0,Jane Doe,2020\n" + row + b"\n9,p9,Jane Doe,2022\n"
    counts, rows = resolve(tmp_path, text)
    assert counts["rejected"] == 1
    assert [r["person_id"] for r in rows] == ["name:jane doe", "", "name:jane doe"]
    assert rows[1]["ambiguous"].startswith("rejected: ")
    assert reason in rows[1]["ambiguous"]
    assert rows[1]["confidence"] == ""


def test_blank_lines_and_line_breaks_in_fields(tmp_path: Path) -> None:
    _, rows = resolve(tmp_path, HEADER + '\n1,p1,"Jane\nDoe",2020\n\n')
    assert [r["person_id"] for r in rows] == ["name:jane doe"]


def test_only_a_header(tmp_path: Path) -> None:
    counts, rows = resolve(tmp_path, HEADER)
    assert rows == []
    assert counts["people"] == 0


@pytest.mark.parametrize("text", ["", "record_id,paper_id,name\n1,2,3\n", "\x00\n"])
def test_missing_columns(tmp_path: Path, text: str) -> None:
    (tmp_path / "in.csv").write_text(text)
    with pytest.raises(InputError, match="missing"):
        resolve_people_csv(tmp_path / "in.csv", tmp_path / "out.csv")
    assert not (tmp_path / "out.csv").exists()


def test_missing_file_or_folder(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="cannot read"):
        resolve_people_csv(tmp_path / "none.csv", tmp_path / "out.csv")
    with pytest.raises(UsageError, match="not a folder"):
        resolve_people_csv(tmp_path / "none.csv", tmp_path / "no" / "out.csv")


def test_progress_ends_at_the_size(tmp_path: Path) -> None:
    seen: list[tuple[int, int]] = []
    source = tmp_path / "in.csv"
    source.write_text(HEADER + "1,p1,Jane Doe,2020\n")
    resolve_people_csv(source, tmp_path / "out.csv", lambda done, total: seen.append((done, total)))
    size = source.stat().st_size
    assert seen[-1] == (size, size)


def test_the_file_and_the_table_agree(tmp_path: Path) -> None:
    names = ["Jane Doe", "Wei Zhang", "J. Kim", "Min-Jun Kim", "Minjun Kim", "김민준", "JR Doe"]
    names += [
        "J R Doe",
        "†",
        *(f"Wei {c}{c}" for c in "abcdef"),
        *(f"{c}{c} Zhang" for c in "abcd"),
    ]
    rows = [(f"p{i % 9}", "slot", name) for i, name in enumerate(names * 3)]
    text = HEADER + "".join(f"{i},{paper},{name},2020\n" for i, (paper, _, name) in enumerate(rows))
    _, resolved = resolve(tmp_path, text)
    found = persons(link_people(make_records(*rows)))
    assert {f"slot:{r['record_id']}": r["person_id"] for r in resolved} == found
