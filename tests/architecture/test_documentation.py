"""Do the documents say what the code says, and do their links lead somewhere?"""

from __future__ import annotations

import importlib.util
import re
from pathlib import Path
from types import ModuleType

import pytest

from talentflow.core.contracts import CONTRACTS
from talentflow.core.settings import SETTINGS
from talentflow.indicators.definitions import DEFINITIONS
from talentflow.indicators.registry import INDICATORS


@pytest.fixture(scope="module")
def generator(repository: Path) -> ModuleType:
    path = repository / "tools" / "write_reference.py"
    spec = importlib.util.spec_from_file_location("write_reference", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_reference_is_what_the_code_says(
    repository: Path, generator: ModuleType, tmp_path: Path
) -> None:
    generator.write_pages(tmp_path)
    stale = [
        page.name
        for page in tmp_path.iterdir()
        if (repository / "docs" / "reference" / page.name).read_text("utf-8")
        != page.read_text("utf-8")
    ]
    assert not stale, "run make reference"


@pytest.mark.parametrize(
    ("page", "names"),
    [
        ("tables.md", list(CONTRACTS)),
        ("indicators.md", [indicator.id for indicator in INDICATORS]),
    ],
)
def test_everything_has_its_heading(repository: Path, page: str, names: list[str]) -> None:
    text = (repository / "docs" / "reference" / page).read_text("utf-8")
    assert re.findall(r"^## (.*)$", text, re.MULTILINE) == names


def test_every_setting_has_its_row(repository: Path) -> None:
    text = (repository / "docs" / "reference" / "settings.md").read_text("utf-8")
    assert re.findall(r"^\| `(\w+)` \|", text, re.MULTILINE) == [s.name for s in SETTINGS]


def test_every_definition_has_its_row(repository: Path) -> None:
    text = (repository / "docs" / "reference" / "definitions.md").read_text("utf-8")
    assert re.findall(r"^\| `([\w-]+)` \|", text, re.MULTILINE) == [d.id for d in DEFINITIONS]


def test_links_lead_somewhere(repository: Path) -> None:
    broken = [
        f"{page.relative_to(repository)}: {target}"
        for page in [*repository.glob("*.md"), *(repository / "docs").rglob("*.md")]
        for target in re.findall(r"\]\(([^)\s]+)\)", page.read_text("utf-8"))
        if not re.match(r"https?://|mailto:|#", target)
        and not (page.parent / target.split("#")[0]).exists()
    ]
    assert not broken


def test_every_page_is_listed_in_its_index(repository: Path) -> None:
    unlisted = [
        page.name
        for folder in ("guide", "reference", "decisions")
        for page in (repository / "docs" / folder).glob("*.md")
        if page.name not in ("README.md", "template.md")
        and f"]({page.name})" not in (page.parent / "README.md").read_text("utf-8")
    ]
    assert not unlisted


def test_decisions_have_their_four_parts(repository: Path) -> None:
    pages = sorted((repository / "docs" / "decisions").glob("[0-9]*.md"))
    assert [int(page.name[:4]) for page in pages] == list(range(1, len(pages) + 1))
    for page in pages:
        headings = re.findall(r"^## (.*)$", page.read_text("utf-8"), re.MULTILINE)
        assert headings == ["Context", "Options", "Measurement", "Choice"], page.name
