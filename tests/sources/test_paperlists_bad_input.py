"""What cannot be read is a counted reject; what is whole beside it is kept."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from source_rows import records_by_place, reject_reasons

from talentflow.sources import paperlists

GOOD = {"id": "1", "title": "T", "author": "A One; B Two", "aff": "X U; Y Lab"}
LINE = json.dumps(GOOD).encode()
OTHER = json.dumps(GOOD | {"id": "2"}).encode()


def check_counts(evidence):
    inputs = evidence.inputs.to_pylist()[0]
    assert inputs["rows"] == inputs["records"] + inputs["rejected"]
    assert inputs["records"] == evidence.records.num_rows
    return inputs


@pytest.mark.parametrize(
    ("content", "reasons", "records"),
    [
        (b"", {"empty_file": 1}, 0),
        (b" \n ", {"empty_file": 1}, 0),
        (b"[]", {}, 0),
        (b'{"id": "1"}', {"not_a_list": 1}, 0),
        (b"\x00\x01garbage", {"not_a_list": 1}, 0),
        (b"[\n" + LINE + b",\n" + OTHER[:40], {"bad_json": 1}, 2),
        (b"[\n" + LINE + b",\n", {"truncated": 1}, 2),
        (b"[\n" + LINE, {"truncated": 1}, 2),
        (b"[\n" + LINE[:40] + b",\n" + OTHER + b"\n]", {"bad_json": 1}, 2),
        (b"[\n" + LINE + b"\n]\n" + OTHER, {"bad_json": 1}, 2),
        (b"[\n" + LINE + b',\n17,\n"text",\nnull\n]', {"not_an_object": 3}, 2),
        (b"[" * 20_000, {"bad_json": 1}, 0),
        (b"\xef\xbb\xbf[" + LINE + b"]", {}, 2),
    ],
)
def test_damaged_file(read_papers_as, content, reasons, records):
    evidence = read_papers_as(content)
    assert reject_reasons(evidence) == reasons
    assert check_counts(evidence)["records"] == records


def test_pretty_printed_file_loses_only_the_broken_paper(read_papers_as):
    text = json.dumps([GOOD, GOOD | {"id": "2"}, GOOD | {"id": "3"}], indent=2)
    evidence = read_papers_as(text.replace('"2"', '"2').encode())
    assert reject_reasons(evidence) == {"bad_json": 1}
    assert {r["paper_id"] for r in records_by_place(evidence).values()} == {
        "conf2020:1",
        "conf2020:3",
    }


def test_bad_bytes_cost_one_paper(read_papers_as):
    bad = OTHER.replace(b"B Two", b"B Tw\xff\xfe")
    evidence = read_papers_as(b"[\n" + LINE + b",\n" + bad + b"\n]")
    assert reject_reasons(evidence) == {"bad_encoding": 1}
    assert "\ufffd" in evidence.rejects["raw"][0].as_py()
    assert check_counts(evidence)["records"] == 2


def test_half_a_surrogate_pair_costs_one_paper(read_papers_as):
    bad = OTHER.replace(b"B Two", b"B Tw\\ud800")
    evidence = read_papers_as(b"[\n" + LINE + b",\n" + bad + b"\n]")
    assert reject_reasons(evidence) == {"bad_encoding": 1}


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"author": 17}, {"wrong_type": 1}),
        ({"author": {"a": 1}}, {"wrong_type": 1}),
        ({"aff": [["X"], "Y"]}, {"wrong_type": 1}),
        ({"author": ["A; B", "C"]}, {"wrong_type": 1}),
        ({"title": True}, {"wrong_type": 1}),
        ({"author": ["A One", "B Two"], "aff": ["X U", None]}, {}),
        ({"id": 17, "title": None, "aff": None}, {}),
    ],
)
def test_wrong_types(read_papers_as, change, reason):
    evidence = read_papers_as([GOOD, GOOD | {"id": "2"} | change])
    assert reject_reasons(evidence) == reason
    assert check_counts(evidence)["records"] == (2 if reason else 4)


def test_list_of_names_reads_like_a_text(read_papers_as):
    lists = read_papers_as([GOOD | {"author": ["A One", "B Two"], "aff": ["X U", "Y Lab"]}])
    assert records_by_place(lists) == records_by_place(read_papers_as([GOOD]))


@pytest.mark.parametrize("file", ["icra/icra20O1.json", "icra/icra.json", "icra/icra0099.json"])
def test_file_name_without_plausible_year(read_papers_as, file):
    evidence = read_papers_as([GOOD], file)
    assert reject_reasons(evidence) == {"bad_year": 1}
    assert check_counts(evidence)["records"] == 0


@pytest.mark.parametrize(
    ("file", "venue"),
    [("3dv/3dv2025.json", "3dv"), ("ai4x/ai4x2025.json", "ai4x"), ("a/a2025@2025-06-12.json", "a")],
)
def test_year_and_venue_come_from_the_file_name(read_papers_as, file, venue):
    record = records_by_place(read_papers_as([GOOD], file))["0/1/1"]
    assert (record["year"], record["venue"]) == (2025, venue)


def test_missing_file(tmp_path):
    evidence = paperlists.read_file(tmp_path, "conf/conf2020.json")
    assert reject_reasons(evidence) == {"unreadable": 1}
    assert evidence.inputs["sha256"][0].as_py() == ""


def test_too_large_file_is_not_read_into_memory(tmp_path: Path):
    path = tmp_path / "conf" / "conf2020.json"
    path.parent.mkdir()
    with path.open("wb") as stream:
        os.truncate(stream.fileno(), 64 * 1024 * 1024)  # sparse: no disk is used
    evidence = paperlists.read_file(tmp_path, "conf/conf2020.json", max_bytes=1024 * 1024)
    assert reject_reasons(evidence) == {"too_large": 1}
    assert check_counts(evidence)["size_bytes"] == 64 * 1024 * 1024


def test_raw_of_a_long_broken_line_is_cut(read_papers_as):
    evidence = read_papers_as(b'[{"author": "' + b"x" * 300_000)
    assert reject_reasons(evidence) == {"bad_json": 1}
    assert len(evidence.rejects["raw"][0].as_py()) == 64 * 1024


def test_list_files_is_sorted_and_relative(tmp_path):
    for name in ("icra/icra2019.json", "aaai/aaai2021.json", "icra/icra2018@2024-06-05.json"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text("[]")
    (tmp_path / "coverage.csv").write_text("file\n")
    assert paperlists.list_files(tmp_path) == [
        "aaai/aaai2021.json",
        "icra/icra2018@2024-06-05.json",
        "icra/icra2019.json",
    ]


FIELD_TEXT = st.text(st.sampled_from("ABab ;,+&~/@.1é\n\x01{}"), max_size=24)
FIELDS = ["id", "title", "status", "author", "authorids", "or_profile"]
FIELDS += ["aff", "aff_domain", "position", "orcid", "dblp"]
PAPERS = st.lists(st.fixed_dictionaries({}, optional=dict.fromkeys(FIELDS, FIELD_TEXT)), max_size=5)


@given(PAPERS)
def test_every_row_is_a_record_or_a_reject(tmp_path_factory, papers):
    folder = tmp_path_factory.mktemp("lists")
    (folder / "conf").mkdir()
    (folder / "conf" / "conf2020.json").write_text(json.dumps(papers), "utf-8")
    evidence = paperlists.read_file(folder, "conf/conf2020.json")
    inputs = check_counts(evidence)
    assert inputs["papers"] == len(papers)
    records = evidence.records.to_pylist()
    known = {(r["record_id"].rsplit("/", 1)[0]) for r in records if r["author_position"]}
    rejected = {row["position"].partition("#")[2] for row in evidence.rejects.to_pylist()}
    whole_papers = {place for place in rejected if "/" not in place}
    expected = inputs["slots"] - sum(
        1 for record in known if record.partition("#")[2].partition("/")[0] in whole_papers
    )
    assert len(known) <= expected  # slots of rejected papers are counted, not recorded
    for record in records:
        assert (record["person_ref"] is None) == (record["author_position"] is None)
        assert (record["alignment"] == "aligned") <= (record["mention_id"] is not None)


@given(PAPERS)
def test_reading_twice_gives_the_same_tables(tmp_path_factory, papers):
    folder = tmp_path_factory.mktemp("lists")
    (folder / "conf").mkdir()
    (folder / "conf" / "conf2020.json").write_text(json.dumps(papers), "utf-8")
    one, two = (paperlists.read_file(folder, "conf/conf2020.json") for _ in range(2))
    for name in ("records", "mentions", "rejects", "inputs"):
        assert getattr(one, name).equals(getattr(two, name))
