"""OpenReview profiles: what an entry of a history becomes, and what is refused."""

from __future__ import annotations

import gzip
import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from source_rows import records_by_place, reject_reasons

from talentflow.core.errors import InputError
from talentflow.sources import openreview

CHANGED = 1_717_200_000_000  # June 2024


def profile(*history: dict[str, Any], **content: Any) -> dict[str, Any]:
    names = [{"fullname": "Ann One", "username": "~Ann_One1", "preferred": True}]
    return {
        "id": "~Ann_One1",
        "state": "Active",
        "tmdate": CHANGED,
        "content": {"names": names, "history": list(history), **content},
    }


STUDY = {
    "position": "PhD student",
    "start": 2015,
    "end": 2017,
    "institution": {"name": "Elm College", "domain": "cs.elm.ac.uk", "country": "GB"},
}
JOB = {
    "position": "Research Scientist",
    "start": "2018",
    "end": None,
    "institution": {"name": "Oak Labs", "domain": "oak.com", "city": "Seoul", "country": "KR"},
}


def read(folder: Path, answer: object, name: str = "profiles.json"):
    (folder / openreview.ACCEPTANCE).write_text("yes\n", encoding="utf-8")
    text = json.dumps(answer) if not isinstance(answer, str | bytes) else answer
    content = text.encode() if isinstance(text, str) else text
    (folder / name).write_bytes(gzip.compress(content) if name.endswith("gz") else content)
    assert name in openreview.list_files(folder)
    return openreview.read_file(folder, name)


def test_a_history_becomes_years(tmp_path: Path) -> None:
    links = {
        "orcid": "https://orcid.org/0000-0002-1825-0097",
        "dblp": "https://dblp.org/pid/12/345.html",
        "gscholar": "https://scholar.google.com/citations?user=abcdefghijkl&hl=en",
    }
    rows = records_by_place(read(tmp_path, {"profiles": [profile(STUDY, JOB, **links)]}))
    assert [row["year"] for row in rows.values()] == [2015, 2016, 2017, *range(2018, 2025)]
    study, job = rows["0/1/2015"], rows["0/2/2024"]
    assert study["ids"] == {
        "openreview": "~Ann_One1",
        "orcid": "0000-0002-1825-0097",
        "dblp": "12/345",
        "scholar": "abcdefghijkl",
    }
    assert (study["kind"], job["kind"]) == ("education", "employment")
    assert (study["text"], study["domain"]) == ("Elm College, United Kingdom", "cs.elm.ac.uk")
    assert job["text"] == "Oak Labs, Seoul, South Korea"
    assert study["person_ref"] == "openreview:~Ann_One1"
    assert study["person_name"] == "Ann One"


@pytest.mark.parametrize(
    ("position", "kind"),
    [
        ("Undergrad student", "education"),
        ("MS student", "education"),
        ("PhD Student", "education"),
        ("Intern", "employment"),
        ("PhD intern", "employment"),
        ("Postdoc", "employment"),
        ("PhD supervisor", "employment"),
        ("Full Professor", "employment"),
        ("박사과정", "education"),
        ("", "employment"),
    ],
)
def test_studies_and_jobs(tmp_path: Path, position: str, kind: str) -> None:
    rows = records_by_place(read(tmp_path, [profile({**STUDY, "position": position})]))
    assert {row["kind"] for row in rows.values()} == {kind}


@pytest.mark.parametrize("name", ["p.jsonl", "p.jsonl.gz", "p.json.gz", "p.json"])
def test_forms_of_the_answer(tmp_path: Path, name: str) -> None:
    one = json.dumps(profile(STUDY))
    answer = f"{one}\n\n{one.replace('~Ann_One1', '~Bob_Two2')}\n" if ".jsonl" in name else one
    rows = records_by_place(read(tmp_path, answer, name))
    assert len(rows) == (6 if ".jsonl" in name else 3)


def test_other_profiles_of_a_person_lead_to_this_one(tmp_path: Path) -> None:
    names = [
        {"first": "Ann", "last": "One", "username": "~Ann_One1", "preferred": True},
        {"first": "Ann", "last": "Wood", "username": "~Ann_Wood1"},
    ]
    rows = records_by_place(read(tmp_path, [profile(STUDY, names=names)]))
    other = rows["0/other1/0/2024"]
    assert other["person_ref"] == "openreview:~Ann_Wood1"
    assert other["ids"] == {"openreview_renamed": "~Ann_One1"}
    assert (other["mention_id"], other["alignment"]) == (None, "unknown")


def test_what_is_no_profile_is_rejected(tmp_path: Path) -> None:
    lines = ["{", "[]", '"x"', "{}", json.dumps({"id": "ann@example.org", "content": {}})]
    lines.append(json.dumps(profile({**STUDY, "start": None, "end": None}, {**JOB, "start": 3000})))
    evidence = read(tmp_path, "\n".join(lines), "p.jsonl")
    assert reject_reasons(evidence) == {"bad_profile": 5, "undated": 1, "bad_year": 1}
    assert evidence.records.num_rows == 0


def test_fields_with_a_value_are_opened(tmp_path: Path) -> None:
    wrapped = profile()
    wrapped["content"] = {
        name: {"value": value} for name, value in profile(STUDY)["content"].items()
    }
    assert read(tmp_path, [wrapped]).records.num_rows == 3


def test_nothing_is_read_before_the_terms_are_accepted(tmp_path: Path) -> None:
    assert openreview.list_files(tmp_path) == []
    (tmp_path / "p.json").write_text("[]", encoding="utf-8")
    with pytest.raises(InputError, match="have not been accepted") as raised:
        openreview.list_files(tmp_path)
    assert openreview.TERMS_URL in str(raised.value)


def test_a_damaged_file_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "p.json.gz").write_bytes(gzip.compress(b"[]" * 99)[:-9])
    with pytest.raises(InputError, match="cannot be read"):
        openreview.read_file(tmp_path, "p.json.gz")


anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner),
    max_leaves=6,
)


@given(anything, st.sampled_from(["names", "history", "orcid", "dblp", "gscholar"]), anything)
def test_any_shape_of_a_field_is_survived(value: object, name: str, moment: object) -> None:
    import tempfile

    with tempfile.TemporaryDirectory() as folder:
        made = {**profile(STUDY), "tmdate": moment}
        made["content"][name] = value
        evidence = read(Path(folder), [made, {**profile(JOB), "content": {"history": [value]}}])
    assert evidence.inputs["rows"].to_pylist() == [
        evidence.records.num_rows + evidence.rejects.num_rows
    ]
