"""What do the hand-kept tables beside this module add to the registry?

`aliases.csv` and `companies.csv` name organizations (`local:*`: each name is one of its own),
`late_names.csv` does so for names that are asked only where nothing else fits, which keeps them
from what the ranker was trained on; `domains.csv` gives organizations their domains, `places.csv`
spells countries, states and cities. Every line has its reason.
"""

from __future__ import annotations

import csv
from importlib import resources

from talentflow.core.areas import AREA_INDEX
from talentflow.core.errors import ContractError


def read_overlay(file: str) -> list[dict[str, str]]:
    """The lines of one overlay; raises `ContractError` for a country that is none."""
    text = (resources.files(__package__) / file).read_text(encoding="utf-8")
    rows = list(csv.DictReader(text.splitlines()))
    for row in rows:
        unknown = [c for c in row["country"].split("|") if c and c not in AREA_INDEX]
        if unknown or not row["reason"]:
            raise ContractError(
                f"overlay {file}: countries {unknown}, reason {row['reason']!r}",
                expected="ISO 3166-1 alpha-2 codes, and a reason for each line",
                where=str(row)[:200],
            )
    return rows
