"""On real conference lists: everyone is linked, and names alone find nearly the same people."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path

import pyarrow as pa
import pytest

from talentflow.resolve.people import link_people

from test_people_links import make_records, persons  # isort: skip

pytestmark = pytest.mark.real

FILES = ("corl/corl2021", "corl/corl2022", "corl/corl2023", "colm/colm2024", "iros/iros2005")


@pytest.fixture(scope="module")
def records(shared_data: Path) -> pa.Table:
    """Author slots of a few files whose names and identifiers are known to line up."""
    rows = []
    for file in FILES:
        path = shared_data / "paperlists" / f"{file}.json"
        if not path.exists():
            pytest.skip(f"{path.name} is not among the real records")
        for number, paper in enumerate(json.loads(path.read_text())):
            names = [name.strip() for name in paper["author"].split(";")]
            ids = [value.strip() for value in paper["authorids"].split(";")]
            if len(names) != len(ids):
                continue
            slots = dict.fromkeys(zip(names, ids, strict=True))
            for name, value in slots:
                registered = "openreview" if value.startswith("~") else "ieee"
                known = value.startswith("~") or value.strip("/").isdigit()
                ref = f"{registered}:{value.strip('/')}" if known else "slot"
                rows.append((f"{file}#{number}", ref, name))
    return make_records(*rows)


def test_every_reference_is_one_person(records: pa.Table) -> None:
    linked = link_people(records)
    assert linked.people.num_rows == len(records["person_ref"].unique()) > 5000
    assert 0 < linked.people["person_id"].combine_chunks().unique().__len__() < 6500


def test_names_alone_find_nearly_the_same_people(records: pa.Table) -> None:
    rows = records.to_pylist()
    truth = persons(link_people(records))
    hidden = make_records(*((r["paper_id"], "slot", r["person_name"]) for r in rows))
    found = persons(link_people(hidden))
    true = [truth[r["person_ref"]] for r in rows]
    guess = [found[ref] for ref in hidden["person_ref"].to_pylist()]
    in_true, in_guess = Counter(true), Counter(guess)
    both = Counter(zip(true, guess, strict=True))
    precision = sum(n * n / in_guess[g] for (_, g), n in both.items()) / len(rows)
    recall = sum(n * n / in_true[t] for (t, _), n in both.items()) / len(rows)
    assert precision > 0.99
    assert recall > 0.93
