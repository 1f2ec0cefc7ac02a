"""Are corresponding authors counted where sources name them, and refused where none does?"""

from __future__ import annotations

from pathlib import Path

import pytest
from naive_careers import Row, pack_rows

from talentflow.careers.packing import CORRESPONDING_AUTHOR, required_traits, tells_authors
from talentflow.careers.tallies import count_tallies, list_tallies
from talentflow.core.rules import PeopleRule, Rules
from talentflow.core.vocabulary import CORRESPONDING, Tier
from talentflow.sources.openalex.works import Affiliations, decode_works
from talentflow.sources.table import TableMapping, read_file

NAMED = Tier(int(Tier.ACCEPTED) | CORRESPONDING)
RULE = PeopleRule(authors="corresponding")


def test_only_records_that_name_the_author_place_a_person() -> None:
    rows = [
        Row(person="ada", year=2010, country="KR", tier=NAMED),
        Row(person="ada", year=2011, country="US"),
        Row(person="bora", year=2010, country="KR"),
    ]
    counted = count_tallies(pack_rows(rows), Rules(people=RULE), replicates=0, cohorts=False)
    tallies = list_tallies(counted, ["default"], (2010, 2011), 1).to_pylist()
    stock = {
        (row["area"], row["period"]): row["persons"]
        for row in tallies
        if row["measure"] == "stock" and row["area"] != "all" and "/" not in row["period"]
    }
    assert stock == {("KR", "2010"): 1}


def test_what_nobody_tells_is_known_to_be_untold() -> None:
    untold = pack_rows([Row(person="ada", year=2010, country="KR", author_position=None)])
    told = pack_rows([Row(person="ada", year=2010, country="KR", tier=NAMED)])
    assert required_traits(RULE) & CORRESPONDING_AUTHOR
    assert not tells_authors(untold, RULE)
    assert not tells_authors(untold, PeopleRule(authors="first"))
    assert tells_authors(untold, PeopleRule())
    assert tells_authors(told, RULE)


@pytest.mark.parametrize(
    ("cell", "named"), [("yes", True), ("TRUE", True), ("1", True), ("0", False), ("", False)]
)
def test_a_table_says_who_corresponds(tmp_path: Path, cell: str, named: bool) -> None:
    (tmp_path / "t.csv").write_text(f"y,c\n2019,{cell}\n", "utf-8")
    found = read_file(tmp_path, "t.csv", mapping=TableMapping(year="y", corresponding="c"))
    (row,) = found.records.to_pylist()
    assert bool(row["tier_flags"] & CORRESPONDING) is named


def test_a_cell_that_says_neither_is_rejected(tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_text("y,c\n2019,perhaps\n", "utf-8")
    found = read_file(tmp_path, "t.csv", mapping=TableMapping(year="y", corresponding="c"))
    assert found.records.num_rows == 0
    assert found.rejects["reason"].to_pylist() == ["bad_corresponding"]


def test_works_of_openalex_name_them() -> None:
    work = (
        b'{"id":"https://openalex.org/W1","publication_year":2020,"authorships":'
        b'[{"is_corresponding":true},{"is_corresponding":false},{},{"is_corresponding":null}]}'
    )
    batch = decode_works([(0, work)], Affiliations(), lambda *_: None)
    assert batch.author_corresponds.tolist() == [1, 0, 0, 0]
