"""A user's own table: mapping, formats, and rows that cannot be used."""

from __future__ import annotations

from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from source_rows import records_by_place, reject_reasons

from talentflow.core.errors import InputError
from talentflow.core.vocabulary import Tier
from talentflow.sources import table
from talentflow.sources.table import MAX_ROW_BYTES, TableMapping, load_mapping

MAPPING = TableMapping(
    person="who", name="name", year="year", affiliation="aff", domain="mail", paper="doc"
)
HEADER = "who,name,year,aff,mail,doc\n"


def read(folder: Path, content: str | bytes, mapping: TableMapping = MAPPING, name: str = "t.csv"):
    data = content.encode() if isinstance(content, str) else content
    (folder / name).write_bytes(data)
    return table.read_file(folder, name, mapping=mapping)


def test_csv_rows_become_records(tmp_path):
    evidence = read(
        tmp_path,
        HEADER
        + 'a1,Ann One,2019,"X U, Town",ann@X.edu,d1\n'
        + "b2,Bob Two,2019,Y Lab,,d1\na1,Ann One,2021,,,\n",
    )
    rows = records_by_place(evidence)
    assert (rows["0"]["text"], rows["0"]["domain"]) == ("X U, Town", "x.edu")
    assert rows["0"]["person_ref"] == rows["2"]["person_ref"] == "table:a1"
    assert rows["0"]["paper_id"] == rows["1"]["paper_id"] == "table:d1"
    assert [rows[i]["n_authors"] for i in "012"] == [2, 2, 1]
    assert [rows[i]["alignment"] for i in "012"] == ["aligned", "aligned", "unknown"]
    inputs = evidence.inputs.to_pylist()[0]
    assert (inputs["rows"], inputs["papers"], inputs["slots"]) == (3, 2, 3)


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
@pytest.mark.parametrize("start", [b"", b"\xef\xbb\xbf"])
def test_separator_and_byte_order_mark_are_found(tmp_path, delimiter, start):
    text = (HEADER + "a1,Ann One,2019,X U,x.edu,d1\n").replace(",", delimiter)
    rows = records_by_place(read(tmp_path, start + text.encode()))
    assert (rows["0"]["text"], rows["0"]["year"]) == ("X U", 2019)


def test_identifiers_and_status(tmp_path):
    mapping = TableMapping(
        year="y", orcid="o", openreview="r", status="s", author_position="p", role="t", venue="v"
    )
    rows = records_by_place(
        read(
            tmp_path,
            "y,o,r,s,p,t,v\n2020,0000-0002-1825-0097,~Ann_One1,Oral,2,Postdoc,ICML\n"
            "2020,0000-0002-1825-0098,,,,,\n",
            mapping,
        )
    )
    assert rows["0"]["ids"] == {"openreview": "~Ann_One1", "orcid": "0000-0002-1825-0097"}
    assert rows["0"]["person_ref"] == "orcid:0000-0002-1825-0097"
    assert rows["0"]["tier_flags"] == Tier.SUBMITTED | Tier.ACCEPTED | Tier.ORAL
    assert (rows["0"]["author_position"], rows["0"]["role_raw"]) == (2, "Postdoc")
    assert rows["0"]["venue"] == "icml"
    assert rows["1"]["ids"] == {}
    assert rows["1"]["person_ref"] == "slot:table:t.csv#1"


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ("a1,Ann,20O1,X U,,d1", "bad_year"),
        ("a1,Ann,,X U,,d1", "bad_year"),
        ("a1,Ann,3019,X U,,d1", "bad_year"),
        ("a1,Ann,2019,X U", "bad_row"),
        ("a1,Ann,2019,17,,d1", "not_an_affiliation"),
    ],
)
def test_bad_rows_are_counted(tmp_path, line, reason):
    evidence = read(tmp_path, f"{HEADER}{line}\nb2,Bob,2019,Y Lab,,d2\n")
    assert reject_reasons(evidence) == {reason: 1}
    assert list(records_by_place(evidence)) == ["1"]


def test_bytes_that_are_not_utf8_cost_one_row(tmp_path):
    evidence = read(tmp_path, HEADER.encode() + b"a1,Ann\xff,2019,X,,\nb2,Bob,2019,Y Lab,,\n")
    assert reject_reasons(evidence) == {"bad_encoding": 1}
    assert "\ufffd" in evidence.rejects["raw"][0].as_py()


def test_endless_line_costs_one_row(tmp_path):
    long = "a1,Ann,2019," + "x" * (3 * MAX_ROW_BYTES)
    evidence = read(tmp_path, f"{HEADER}{long}\nb2,Bob,2019,Y Lab,,\n")
    assert reject_reasons(evidence) == {"line_too_long": 1}
    assert evidence.records.num_rows == 1


def test_open_quote_costs_counted_rows(tmp_path):
    evidence = read(tmp_path, HEADER + 'a1,"Ann,2019,X U,,\nb2,Bob,2019,Y Lab,,\n')
    assert reject_reasons(evidence) == {"bad_row": 1}


def test_parquet_gives_the_same_records(tmp_path):
    (tmp_path / "csv").mkdir()
    from_csv = read(tmp_path / "csv", HEADER + "a1,Ann One,2019,X U,x.edu,\n", name="t.csv")
    columns = {"who": ["a1"], "name": ["Ann One"], "year": [2019.0], "aff": ["X U"]}
    columns |= {"mail": ["x.edu"], "doc": [None], "other": [1]}
    pq.write_table(pa.table(columns), tmp_path / "t.parquet")
    from_parquet = table.read_file(tmp_path, "t.parquet", mapping=MAPPING)
    one, two = (records_by_place(e)["0"] for e in (from_csv, from_parquet))
    for name in ("person_ref", "person_name", "year", "text", "domain", "alignment"):
        assert one[name] == two[name]


def test_missing_column_says_what_is_there(tmp_path):
    with pytest.raises(InputError) as error:
        read(tmp_path, "who,name\na1,Ann\n")
    assert "no column aff, doc, mail, year; the table has who, name" in error.value.found
    assert error.value.where == str(tmp_path / "t.csv")
    assert error.value.expected
    assert "mapping.toml" in (error.value.next_step or "")


def test_broken_parquet_and_missing_file_are_errors(tmp_path):
    (tmp_path / "t.parquet").write_bytes(b"PAR1 nothing")
    for name in ("t.parquet", "gone.csv"):
        with pytest.raises(InputError):
            table.read_file(tmp_path, name, mapping=MAPPING)


def test_mapping_file(tmp_path):
    path = tmp_path / "mapping.toml"
    path.write_text('[columns]\nperson = "who"\nyear = "year"\n')
    assert load_mapping(path) == TableMapping(person="who", year="year")


@pytest.mark.parametrize(
    "text",
    [
        "",
        "columns = 1",
        "[columns]\nperson = 'who'",
        "[columns]\nyear = 'y'\nface = 'x'",
        "[columns]\nyear = 2019",
        "[columns",
    ],
)
def test_bad_mapping_says_what_is_expected(tmp_path, text):
    path = tmp_path / "mapping.toml"
    path.write_text(text)
    with pytest.raises(InputError) as error:
        load_mapping(path)
    assert error.value.where == str(path)
    assert error.value.next_step
    with pytest.raises(InputError):
        load_mapping(tmp_path / "gone.toml")


def test_list_files(tmp_path):
    (tmp_path / "sub").mkdir()
    for name in ("b.csv", "sub/a.parquet", "mapping.toml", "note.txt"):
        (tmp_path / name).write_text("")
    assert table.list_files(tmp_path) == ["b.csv", "sub/a.parquet"]
