"""The public list of universities and their domains."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from talentflow.core.errors import InputError
from talentflow.sources.university_domains import read_university_domains


def test_one_row_per_domain_and_rejects_for_the_rest(tmp_path: Path) -> None:
    entries = [
        {
            "name": "Alpha",
            "domains": ["www.Alpha.AC.KR", "https://alpha.edu/x"],
            "alpha_two_code": "kr",
        },
        {"name": "Beta", "domains": ["not a domain"], "alpha_two_code": "US"},
        {"name": "Gamma", "domains": ["gamma.edu"], "alpha_two_code": "QQ"},
        {"domains": ["delta.edu"]},
    ]
    path = tmp_path / "list.json"
    path.write_text(json.dumps(entries), encoding="utf-8")
    read = read_university_domains(path)
    assert read.domains.to_pylist() == [
        {"domain": "alpha.ac.kr", "name": "Alpha", "country": "KR"},
        {"domain": "alpha.edu", "name": "Alpha", "country": "KR"},
    ]
    assert read.rejects["reason"].to_pylist() == ["bad_domain", "bad_entry", "bad_entry"]


def test_a_cut_file_is_an_input_error(tmp_path: Path) -> None:
    path = tmp_path / "list.json"
    path.write_text('[{"name": "Al', encoding="utf-8")
    with pytest.raises(InputError, match="cut short"):
        read_university_domains(path)


@pytest.mark.real
def test_the_real_list_loads(shared_data: Path) -> None:
    folder = shared_data / "university-domains"
    read = read_university_domains(folder / "world_universities_and_domains.json")
    assert read.domains.num_rows > 10_000
