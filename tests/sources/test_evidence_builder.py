"""The tables of one input file add up and do not depend on the process that reads it."""

from __future__ import annotations

import pickle

import pytest

from talentflow.core.errors import ContractError
from talentflow.sources import paperlists, table
from talentflow.sources.evidence import EvidenceBuilder, mention_id
from talentflow.sources.table import TableMapping


def new_builder():
    return EvidenceBuilder(source="s", file="f/f2020.json", sha256="0" * 64, size_bytes=9)


def add(builder, position, **more):
    builder.add_record(
        position=position, year=2020, paper_id="p", n_authors=1, alignment="aligned", **more
    )


def test_rows_that_do_not_add_up_stop_the_run():
    builder = new_builder()
    add(builder, "0/1/1")
    with pytest.raises(ContractError, match="2 rows were read but 1 records and 0 rejected"):
        builder.build(2)


def test_repeated_position_stops_the_run():
    builder = new_builder()
    add(builder, "0/1/1")
    add(builder, "0/1/1")
    with pytest.raises(ContractError, match="repeated keys"):
        builder.build(2)


def test_same_text_and_domain_are_one_mention():
    builder = new_builder()
    for place, domain in (("0/1/1", "x.edu"), ("0/2/1", "x.edu"), ("0/3/1", None)):
        add(builder, place, text="X U", domain=domain, ids={"orcid": "1"} if domain else None)
    evidence = builder.build(3)
    assert evidence.mentions.num_rows == 2
    assert evidence.records["mention_id"].to_pylist()[:2] == [mention_id("X U", "x.edu")] * 2
    assert evidence.records["ids"].to_pylist() == [[("orcid", "1")], [("orcid", "1")], []]
    assert evidence.records["record_id"][0].as_py() == "s:f/f2020.json#0/1/1"


def test_empty_file_has_empty_tables():
    evidence = new_builder().build(0)
    assert evidence.records.num_rows == evidence.mentions.num_rows == 0
    assert evidence.inputs["rows"].to_pylist() == [0]


@pytest.mark.parametrize("thing", [paperlists.read_file, table.read_file, TableMapping(year="y")])
def test_readers_travel_to_worker_processes(thing):
    assert pickle.loads(pickle.dumps(thing)) == thing
