"""The report on quality: what adds up, what is withheld, and whether its measures are right."""

from __future__ import annotations

import json

import numpy as np
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from talentflow.core.contracts import PEOPLE, RECORDS
from talentflow.core.settings import Settings
from talentflow.pipeline.build import build
from talentflow.pipeline.inputs import InputFile
from talentflow.pipeline.quality import _fold_small, may_be_shown, withhold
from talentflow.pipeline.quality_gold import is_held_out, measure_gold, read_gold
from talentflow.pipeline.quality_people import classify_surname, measure_hidden_ids
from talentflow.pipeline.quality_scores import Groups


@pytest.fixture(scope="module")
def report(toy_store):
    return json.loads((toy_store.store / "published" / "quality.json").read_text())


def test_parts_add_up_to_the_whole(report):
    whole = report["records"]
    assert whole > 1000
    for field in ("organization", "country"):
        rules = [row for row in report["rules"] if row["field"] == field]
        shown = [row["records"] for row in rules if row["records"] is not None]
        assert sum(shown) == whole or len(shown) < len(rules)
        known = sum(row["records"] for row in rules if row["known"] and row["records"])
        (counted,) = (row for row in report["fields"] if row["field"] == field)
        assert known <= counted["records"] <= whole
    years = [row for row in report["by_year"] if row["records"] is not None]
    assert sum(row["records"] for row in years) <= whole
    for row in years:
        assert row["organization"] + row["country_only"] <= row["records"]
    assert sum(row["share"] or 0 for row in report["fields"]) / 4 > 0.9


def test_no_row_rests_on_fewer_than_the_floor(report):
    for key in ("by_year", "by_source", "rules", "bands"):
        for row in report[key]:
            assert row["persons"] is None or row["persons"] == 0 or row["persons"] >= 5, (key, row)
    for row in report["people"]["by_country"]:
        for kind in ("hard_id", "rare_name", "ambiguous"):
            assert row[kind] == 0 or row[kind] >= 5
    assert all(row["persons"] >= 5 for row in report["unresolved"]["texts"])


def test_hidden_identifiers_are_measured(report):
    rows = {row["surnames"]: row for row in report["people"]["hidden_ids"]}
    assert rows["all"]["slots"] > 200
    for row in rows.values():
        share = row["b_cubed_precision"]
        assert 0 <= share["low"] <= share["value"] <= share["high"] <= 1
    assert rows["all"]["b_cubed_precision"]["value"] > 0.8


def test_without_labelled_texts_nothing_is_claimed(report):
    assert report["gold"] is None


def test_the_report_is_in_the_data_package(toy_store):
    package = json.loads((toy_store.store / "published" / "datapackage.json").read_text())
    assert "quality.json" in {resource["path"] for resource in package["resources"]}


def test_labelled_texts_are_measured_in_the_build(toy_store, tmp_path):
    """Of texts that are the registry's own names nearly all are found; none of made-up ones."""
    folder = next(toy_store.store.glob("tables/registry/*"))
    organizations = pq.read_table(folder / "organizations.parquet").to_pylist()
    rows = [f"{i},{o['name']},{o['organization_id'][-9:]}" for i, o in enumerate(organizations)]
    rows += [f"x{i},Blue Teapot Number {i},\n".strip() for i in range(40)]
    data = tmp_path / "data"
    data.mkdir()
    for source in toy_store.data.iterdir():
        (data / source.name).symlink_to(source)
    (data / "affiliation-gold").mkdir()
    gold = data / "affiliation-gold" / "logs.csv"
    gold.write_text("id,affiliation,ror_ids\n" + "\n".join(rows) + "\n", encoding="utf-8")
    settings = Settings(
        data=data, store=tmp_path / "store", workers=1, definitions="default", replicates=5
    )
    manifest = build(settings).manifest
    measured = json.loads((tmp_path / "store/published/quality.json").read_text())["gold"]
    assert [file["source"] for file in manifest["gold"]] == ["affiliation-gold"]
    assert "affiliation-gold" in {entry["source"] for entry in manifest["licences"]}
    assert measured["all"]["precision"]["value"] > 0.9
    assert measured["all"]["recall"]["value"] > 0.8
    assert measured["all"]["none_kept"]["value"] == 1
    assert measured["all"]["country"]["precision"]["value"] > 0.95
    binned = sum(b["n"] for b in measured["reliability"] if b["field"] == "organization")
    assert binned == measured["all"]["precision"]["n"]
    assert 0 <= measured["calibration_error"]["organization"] < 0.2


def make_file(tmp_path, name: str, text: str, source: str = "affiliation-gold") -> InputFile:
    (tmp_path / name).write_text(text, encoding="utf-8")
    return InputFile(source=source, folder=tmp_path, file=name, sha256="0", size_bytes=1)


def test_both_forms_of_lists_are_read_and_others_left_alone(tmp_path):
    files = [
        make_file(
            tmp_path, "crossref.csv", "id,affiliation,ror_ids\n1,Hanbit,0hanbit01|0maruuu02\n"
        ),
        make_file(
            tmp_path,
            "gold.csv",
            "original_affiliation,original_labels_correct,labels,split\n"
            "Maru,yes,{'https://ror.org/0maruuu02'},train\nNone,yes,{'Noname Inc'},val\n",
            "s2aff",
        ),
        make_file(tmp_path, "other.csv", "a,b\n1,2\n"),
    ]
    found = read_gold(files)
    assert [(text.source, text.text, len(text.ids)) for text in found] == [
        ("s2aff", "Maru", 1),
        ("s2aff", "None", 0),
        ("crossref", "Hanbit", 2),
    ]
    assert measure_gold([], tmp_path, 1) is None


def test_an_organization_is_in_one_half(tmp_path):
    rows = "".join(f"{i},Text {i},0hanbit01\n" for i in range(20))
    texts = read_gold([make_file(tmp_path, "logs.csv", "id,affiliation,ror_ids\n" + rows)])
    assert len({is_held_out(text) for text in texts}) == 1


COUNTS = st.lists(st.integers(0, 30), max_size=12)


@given(COUNTS, st.integers(1, 8))
def test_what_is_withheld_cannot_be_told_from_a_total(counts, floor):
    rows = [{"name": str(i), "persons": n, "records": n} for i, n in enumerate(counts)]
    shown = withhold(rows, floor)
    hidden = [row["persons"] for row, kept in zip(rows, shown, strict=True)
              if kept["persons"] is None]  # fmt: skip
    assert all(row["persons"] in (None, 0) or row["persons"] >= floor for row in shown)
    if hidden and len(hidden) < len(rows):
        assert len(hidden) > 1
        assert sum(hidden) >= floor
    assert [row["name"] for row in shown] == [row["name"] for row in rows]


@given(st.lists(st.tuples(*[st.integers(0, 30)] * 3), max_size=10), st.integers(1, 8))
def test_countries_are_shown_only_where_every_part_is_large_enough(counts, floor):
    kinds = ("hard_id", "rare_name", "ambiguous")
    areas = {f"A{i}": dict(zip(kinds, c, strict=True)) for i, c in enumerate(counts)}
    rows = _fold_small(areas, floor)
    for row in rows:
        assert all(row[kind] == 0 or row[kind] >= floor for kind in kinds)
        assert row["persons"] == sum(row[kind] for kind in kinds)
    assert sum(row["persons"] for row in rows) <= sum(map(sum, counts))


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("Department of Computer Science", True),
        ("Hanbit Robotics, Inc.", True),
        ("MBZUAI", True),
        ("한빛연구소", True),
        ("Jane Doe", False),
        ("Doe, Jane A.", False),
        ("jane@lab.org", False),
        ("https://lab.org/~jane", False),
        ("Research Lab, tel 12345678", False),
        ("Institute " * 30, False),
    ],
)
def test_texts_that_may_name_a_person_are_not_published(text, shown):
    assert may_be_shown(text) is shown


def test_a_name_used_as_affiliation_is_not_published(toy_store, report):
    (path,) = toy_store.store.glob("tables/read/*/records.parquet")
    names = {n.lower() for n in pq.read_table(path)["person_name"].to_pylist() if n}
    assert not [row for row in report["unresolved"]["texts"] if row["text"].lower() in names]


def test_shares_are_bootstrapped_over_groups():
    group = np.repeat(np.arange(50), 4)
    right = np.repeat(np.arange(50) % 5 > 0, 4).astype(float)
    together = Groups(group).measure_share(right, np.ones(200))
    apart = Groups(np.arange(200)).measure_share(right, np.ones(200))
    assert together["value"] == apart["value"] == 0.8
    assert together["low"] < apart["low"] < 0.8 < apart["high"] < together["high"]
    nothing = Groups(group).measure_share(right, np.zeros(200))
    assert nothing == {"value": None, "low": None, "high": None, "n": 0}
    sure = Groups(group).measure_share(np.ones(200), np.ones(200))
    assert sure["value"] == sure["high"] == 1
    assert sure["low"] < 1


@pytest.mark.parametrize(
    ("surname", "class_"),
    [("wang", "chinese"), ("park", "korean"), ("yang", "chinese_or_korean"), ("doe", "other"),
     ("", "other")],
)  # fmt: skip
def test_surnames_have_classes(surname, class_):
    assert classify_surname(surname) == class_


def test_perfect_separation_scores_one():
    """Rare names, two papers each, half of them held out: names alone find them all."""
    letters = "abcdefghijklmnopqrst"
    rows, refs = [], []
    for i in range(400):
        first, last = (
            letters[i // 20] * 3 + "o" + letters[i % 20],
            letters[i % 20] * 4 + letters[i // 20],
        )
        ref = f"openreview:~{first}_{last}1"
        refs.append(ref)
        rows += [
            {"record_id": f"r{i}.{k}", "source": "paperlists", "file": "f", "person_ref": ref,
             "person_name": f"{first.title()} {last.title()}",
             "ids": [("openreview", f"~{first}_{last}1")], "year": 2020 + k,
             "paper_id": f"p{i}.{k}", "author_position": 1, "n_authors": 1, "tier_flags": 0,
             "alignment": "unknown", "kind": "authorship"}
            for k in (0, 1)
        ]  # fmt: skip
    people = PEOPLE.from_rows(
        [{"person_ref": ref, "person_id": ref, "confidence": 1.0, "ambiguous": False,
          "hard_id": True} for ref in refs]
    )  # fmt: skip
    (row, _) = measure_hidden_ids(RECORDS.from_rows(rows), people, 5)
    assert 300 < row["slots"] < 500
    assert row["b_cubed_precision"]["value"] == 1
    few = RECORDS.from_rows(rows[:100])
    assert measure_hidden_ids(few, people, 5) is None
