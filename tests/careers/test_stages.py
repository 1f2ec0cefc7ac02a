"""Is a printed position read as what it means?"""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from talentflow.careers.stages import parse_stage
from talentflow.core.vocabulary import SECTORS, STAGES

UNIVERSITY, COMPANY, INSTITUTE, UNKNOWN = "university", "company", "facility", None


@pytest.mark.parametrize(
    ("position", "sector", "stage"),
    [
        ("PhD student", UNIVERSITY, "doctoral"),
        ("Ph.D. student", UNKNOWN, "doctoral"),
        ("Ph. D candidate", UNIVERSITY, "doctoral"),
        ("PhD Graduate Student", UNIVERSITY, "doctoral"),
        ("graduate student", UNIVERSITY, "doctoral"),
        ("DPhil", UNIVERSITY, "doctoral"),
        ("PhD student+Intern", COMPANY, "doctoral"),
        ("Intern+PhD student", COMPANY, "doctoral"),
        ("PhD student+Full Professor", UNIVERSITY, "doctoral"),
        ("Researcher+PhD student", COMPANY, "doctoral"),
        ("박사과정", UNIVERSITY, "doctoral"),
        ("박사 과정 학생", UNIVERSITY, "doctoral"),
        ("석박사통합과정", UNIVERSITY, "doctoral"),
        ("MS student", UNIVERSITY, "master"),
        ("M.S. student", UNIVERSITY, "master"),
        ("MSc Student", UNIVERSITY, "master"),
        ("Master Student", UNIVERSITY, "master"),
        ("Master's student", UNIVERSITY, "master"),
        ("MS student+PhD student", UNIVERSITY, "master"),
        ("석사과정", UNIVERSITY, "master"),
        ("Undergrad student", UNIVERSITY, "undergraduate"),
        ("Under graduate student", UNIVERSITY, "undergraduate"),
        ("under-graduate student", UNIVERSITY, "undergraduate"),
        ("Undergraduate", UNIVERSITY, "undergraduate"),
        ("학부생", UNIVERSITY, "undergraduate"),
        ("Postdoc", UNIVERSITY, "postdoctoral"),
        ("Post Doc", UNIVERSITY, "postdoctoral"),
        ("Post-doctoral researcher", UNIVERSITY, "postdoctoral"),
        ("Postdoctoral Associate", UNIVERSITY, "postdoctoral"),
        ("Assistant Professor+Postdoc", UNIVERSITY, "postdoctoral"),
        ("Postdoc+PhD student", UNIVERSITY, "doctoral"),
        ("박사후연구원", UNIVERSITY, "postdoctoral"),
        ("박사 후 과정", UNIVERSITY, "postdoctoral"),
        ("Full Professor", UNIVERSITY, "faculty"),
        ("Associate Professor", UNIVERSITY, "faculty"),
        ("Visiting Professor", UNIVERSITY, "faculty"),
        ("Research Assistant Professor", UNIVERSITY, "faculty"),
        ("Senior Lecturer", UNIVERSITY, "faculty"),
        ("Reader", UNIVERSITY, "faculty"),
        ("Faculty", UNIVERSITY, "faculty"),
        ("Emeritus", UNIVERSITY, "faculty"),
        ("Principal Researcher+Full Professor", COMPANY, "faculty"),
        ("부교수", UNIVERSITY, "faculty"),
        ("Principal Researcher", COMPANY, "industry"),
        ("Research Scientist", COMPANY, "industry"),
        ("Research Scientist (FAIR)", COMPANY, "industry"),
        ("Member of Technical Staff", COMPANY, "industry"),
        ("Research director", COMPANY, "industry"),
        ("책임연구원", COMPANY, "industry"),
        ("Staff Software Engineer", COMPANY, "industry"),
        ("Senior Applied Scientist", UNKNOWN, "industry"),
        ("Software Engineer", UNKNOWN, "industry"),
        ("Co-founder", UNIVERSITY, "industry"),
        ("CTO", UNKNOWN, "industry"),
        ("Founder / CTO", COMPANY, "industry"),
        ("Vice President", COMPANY, "industry"),
        ("Research Engineer", INSTITUTE, "researcher"),
        ("Research Engineer", COMPANY, "industry"),
        ("Data Scientist", "government", "researcher"),
        ("Researcher", UNIVERSITY, "researcher"),
        ("Senior Researcher", INSTITUTE, "researcher"),
        ("Research Fellow", "nonprofit", "researcher"),
        ("선임연구원", INSTITUTE, "researcher"),
        ("Researcher", UNKNOWN, "other"),
        ("Intern", COMPANY, "other"),
        ("Research Intern", COMPANY, "other"),
        ("Student", UNIVERSITY, "other"),
        ("Visiting Researcher", UNIVERSITY, "other"),
        ("dean", UNIVERSITY, "other"),
        ("NVIDIA", COMPANY, "other"),
        ("", UNIVERSITY, "unknown"),
        (None, COMPANY, "unknown"),
        (" + ", UNIVERSITY, "unknown"),
        ("-", UNIVERSITY, "unknown"),
        ("+Assistant Professor", UNIVERSITY, "faculty"),
    ],
)
def test_position(position: str | None, sector: str | None, stage: str) -> None:
    assert parse_stage(position, sector) == stage


@given(st.text(max_size=60), st.sampled_from([None, *SECTORS]))
def test_any_text_gives_a_stage(position: str, sector: str | None) -> None:
    assert parse_stage(position, sector) in STAGES


@given(st.permutations(["PhD student", "Intern", "Researcher", "Postdoc"]))
def test_order_of_parts_does_not_matter(parts: list[str]) -> None:
    assert parse_stage("+".join(parts), "company") == "doctoral"


@pytest.mark.real
def test_few_real_positions_are_left_over(shared_data: Path) -> None:
    """Of the positions printed at a conference with profiles nearly all say a stage."""
    papers = json.loads((shared_data / "paperlists" / "corl" / "corl2023.json").read_text("utf-8"))
    positions = Counter(
        position.strip()
        for paper in papers
        for position in (paper.get("position") or "").split(";")
        if position.strip()
    )
    stages: Counter[str] = Counter()
    for position, n in positions.items():
        stages[parse_stage(position, "university")] += n
    assert positions.total() > 1000
    assert stages["other"] / positions.total() < 0.05
    assert stages["doctoral"] / positions.total() > 0.15
