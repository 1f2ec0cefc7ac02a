"""Alignment of a real list that lost blanks and order, against the crawl that kept them."""

from __future__ import annotations

from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pytest

from talentflow.core.contracts import RESOLVED_MENTIONS
from talentflow.resolve.align_authors import align_authors
from talentflow.sources.paperlists import read_file

SECOND = "paperlists-other-crawls"
TWIN = "corl/corl2022@2025-02-11.json"
FIRST = "corl/corl2022.json"
EVIDENCE = ("corl/corl2021.json", "corl/corl2023.json", "icra/icra2022.json", "iros/iros2022.json")


@pytest.mark.real
def test_a_twin_is_placed_as_its_first_crawl_says(shared_data: Path) -> None:
    read = [read_file(shared_data / "paperlists", file) for file in EVIDENCE]
    read.append(read_file(shared_data / SECOND, TWIN, source=SECOND))
    records = pa.concat_tables([evidence.records for evidence in read])
    mentions = pa.concat_tables([evidence.mentions for evidence in read])
    mentions = mentions.group_by("mention_id").aggregate([("text", "min"), ("domain", "min")])
    mentions = mentions.rename_columns(["mention_id", "text", "domain"])
    aligned = align_authors(records, mentions, RESOLVED_MENTIONS.empty(), second=SECOND)

    gone = len(pc.unique(aligned.placements["affiliation_record_id"]))
    assert aligned.records.num_rows + gone == records.num_rows
    author = ["paper_id", "author_position"]
    truth = read_file(shared_data / "paperlists", FIRST).records
    truth = truth.filter(pc.is_valid(truth["mention_id"])).select([*author, "mention_id"])
    chosen = pc.is_in(aligned.records["record_id"], aligned.placements["author_record_id"])
    placed = aligned.records.filter(chosen).select([*author, "mention_id"])
    compared = placed.join(truth, author, right_suffix="_true", join_type="inner")
    right = pc.sum(pc.equal(compared["mention_id"], compared["mention_id_true"])).as_py()
    assert compared.num_rows > 600
    assert right / compared.num_rows > 0.93
