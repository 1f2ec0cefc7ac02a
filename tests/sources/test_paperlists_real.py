"""The whole of the real lists, against what is known of them."""

from __future__ import annotations

import csv
from collections import Counter
from pathlib import Path

import pytest
from source_rows import records_by_place, reject_reasons

from talentflow.sources import paperlists

pytestmark = pytest.mark.real

SLOTS_OTHERWISE = {
    "aaai/aaai2021.json": 5,  # `A One,B Two` without a space
    "cvpr/cvpr2024.json": 19,  # the `;` of an entity split these lists
    "iclr/iclr2017.json": -32,  # two lists broken into letters
    "iclr/iclr2018.json": 1,  # `A One and B Two`
    "iclr/iclr2019.json": 3,
    "iclr/iclr2020.json": 6,
    "iclr/iclr2022.json": -6,  # one title block as author list
    "icml/icml2018.json": -1,  # a university among the names
    "kdd/kdd2023.json": -5,
    "naacl/naacl2022.json": -2,  # an address among the names
    "nips/nips2017.json": -2,
    "rss/rss2006.json": 1,
    "rss/rss2007.json": 11,
    "rss/rss2009.json": 36,
    "rss/rss2010.json": 37,
    "siggraphasia/siggraphasia2019.json": -2,
}
"""Where author slots differ from the counts delivered with the lists, and why."""


TOTALS = {
    "papers": 119_266,
    "slots": 488_519,
    "rows": 605_323,
    "records": 599_755,
    "rejected": 5_568,
    "aligned": 347_379,
    "set_only": 207_339,
    "unknown": 45_037,
}
REASONS = {
    "no_authors": 2_474,
    "duplicate_paper": 1_477,
    "name_as_affiliation": 1_352,
    "not_an_affiliation": 261,
    "bad_domain": 3,
    "not_names": 1,
}


@pytest.fixture(scope="module")
def folder(shared_data: Path) -> Path:
    return shared_data / "paperlists"


@pytest.fixture(scope="module")
def everything(folder):
    found = {}
    for file in paperlists.list_files(folder):
        evidence = paperlists.read_file(folder, file)
        found[file] = (evidence.inputs.to_pylist()[0], reject_reasons(evidence))
    return found


def test_totals(everything):
    totals: Counter[str] = Counter()
    reasons: Counter[str] = Counter()
    for inputs, rejected in everything.values():
        assert inputs["rows"] == inputs["records"] + inputs["rejected"]
        totals.update({k: v for k, v in inputs.items() if isinstance(v, int)})
        reasons.update(rejected)
    del totals["size_bytes"]
    assert len(everything) == 241
    assert totals == TOTALS
    assert reasons == REASONS


def test_slots_are_those_delivered_or_explained(everything, folder):
    with (folder / "coverage.csv").open(encoding="utf-8") as lines:
        known = {row["file"]: row for row in csv.DictReader(lines) if row["used"] == "yes"}
    assert known.keys() == everything.keys()
    differences = {}
    for file, (inputs, _) in everything.items():
        assert inputs["papers"] == int(known[file]["records"])
        if difference := inputs["slots"] - int(known[file]["authors"]):
            differences[file] = difference
    assert differences == SLOTS_OTHERWISE


@pytest.mark.parametrize(
    ("file", "displaced"),
    [
        ("corl/corl2021.json", 89),
        ("corl/corl2022.json", 103),
        ("corl/corl2023.json", 108),
        ("colm/colm2024.json", 207),
    ],
)
def test_displaced_profiles(folder, file, displaced):
    """Slots whose place in the profile list is another than among the authors."""
    from talentflow.sources.alignment import match_profiles
    from talentflow.sources.json_papers import read_papers
    from talentflow.sources.paper_slots import split_lists

    moved = 0
    for _, paper in read_papers(folder / file).papers:
        lists = split_lists(paper, comma=False)
        matches = match_profiles(lists.ids, lists.profiles)
        moved += sum(match not in (i, None) for i, match in enumerate(matches))
    assert moved == displaced


def test_dblp_keys_fall_on_one_profile_each(folder):
    """A DBLP key on two OpenReview ids is a sign of a shifted list."""
    owners: dict[str, set[str]] = {}
    for file in ("corl/corl2021.json", "corl/corl2022.json", "corl/corl2023.json"):
        for record in records_by_place(paperlists.read_file(folder, file)).values():
            ids = record["ids"]
            if "dblp" in ids and "openreview" in ids:
                now = ids.get("openreview_renamed", ids["openreview"])
                owners.setdefault(ids["dblp"], set()).add(now)
    assert sum(len(names) > 1 for names in owners.values()) <= 1


def test_twin_crawls_have_the_same_papers(folder, shared_data):
    other = shared_data / "paperlists-other-crawls"
    for file in paperlists.list_files(other):
        twin = file.partition("@")[0] + ".json"
        there = paperlists.read_file(other, file, source="paperlists-other-crawls")
        here = paperlists.read_file(folder, twin)
        papers_there = set(there.records["paper_id"].to_pylist())
        papers_here = set(here.records["paper_id"].to_pylist())
        assert len(papers_there - papers_here) <= 1 + 0.01 * len(papers_there), file


def test_corrections_are_still_needed(folder):
    """A correction whose paper is gone has to go too."""
    from talentflow.sources.json_papers import read_papers

    for file, papers in paperlists.load_corrections().items():
        present = {paper.id for _, paper in read_papers(folder / file).papers}
        assert set(papers) <= present
