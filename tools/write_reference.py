"""Writes the pages of docs/reference that follow from the code, so that they cannot drift.

`make reference` writes them; a test compares what is committed with what would be written.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

from talentflow.core import vocabulary
from talentflow.core.areas import AREAS, area_name
from talentflow.core.contracts import CONTRACTS, Column, Contract

REFERENCE = Path(__file__).resolve().parents[1] / "docs" / "reference"


def write_pages(folder: Path) -> None:
    """Write every page of `PAGES` into `folder`."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, page in PAGES.items():
        (folder / name).write_text(page(), "utf-8")


def tables_page() -> str:
    """All table contracts."""
    lines = [
        "# Tables",
        "",
        "Every table that passes between stages, as `talentflow.core.contracts` states and checks",
        "it. Unknown is null, zero is zero. Private tables stay in the private part of the store;",
        "only the others may be published.",
        "",
    ]
    for contract in CONTRACTS.values():
        lines += [*_describe_table(contract), ""]
    return "\n".join(lines)


def _describe_table(contract: Contract) -> Iterator[str]:
    key = ", ".join(f"`{name}`" for name in contract.key) or "none"
    yield f"## {contract.name}"
    yield ""
    yield f"One row is {contract.row}."
    yield ""
    yield f"Key: {key}. {'Private.' if contract.private else 'Names no person.'}"
    yield ""
    yield "| column | type | null | meaning |"
    yield "|---|---|---|---|"
    for column in contract.columns:
        null = "yes" if column.nullable else "no"
        yield f"| `{column.name}` | {column.type} | {null} | {_meaning(column)} |"


def _meaning(column: Column) -> str:
    parts = [column.doc.replace("|", "\\|")]
    if column.among is not None and len(column.among) <= 12:
        parts.append("one of " + ", ".join(f"`{word}`" for word in column.among))
    if column.between is not None and column.between[1] < 2**20:
        parts.append("{:g} to {:g}".format(*column.between))
    return "; ".join(parts)


def vocabulary_page() -> str:
    """The closed lists of words, and the areas with their names."""
    lists = {
        "Stages": vocabulary.STAGES,
        "Stages of study": vocabulary.STUDY_STAGES,
        "Sectors": vocabulary.SECTORS,
        "Alignment": vocabulary.ALIGNMENTS,
        "Flags": vocabulary.FLAGS,
        "Tiers": [str(tier.name).lower() for tier in vocabulary.Tier],
    }
    lines = ["# Words and codes", "", "Closed lists; they only ever grow at the end.", ""]
    for title, words in lists.items():
        lines += [f"## {title}", "", ", ".join(f"`{word}`" for word in words), ""]
    lines += [
        "## Areas",
        "",
        "ISO 3166-1 alpha-2 codes, and XK for Kosovo; names from CLDR.",
        "",
        "| code | English | 한국어 |",
        "|---|---|---|",
        *(f"| {code} | {area_name(code)} | {area_name(code, 'ko')} |" for code in AREAS),
        "",
    ]
    return "\n".join(lines)


PAGES: dict[str, Callable[[], str]] = {
    "tables.md": tables_page,
    "vocabulary.md": vocabulary_page,
}

if __name__ == "__main__":
    write_pages(REFERENCE)
