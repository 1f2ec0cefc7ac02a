"""What have others published that ours can stand beside?

The figures are data (`published.toml`), each with definition, denominator, grade and source; this
module only reads them.
"""

from __future__ import annotations

import tomllib
from dataclasses import dataclass, field
from functools import lru_cache
from importlib.resources import files
from typing import Any

from talentflow.pipeline.replication.rows import Text


@dataclass(frozen=True, kw_only=True)
class Facts:
    """One set of published figures under one definition: `values` by area, or by the name of the
    quantity where the set is about one area. `ours` says where the open figure is looked for."""

    part: str
    id: str
    edition: str
    measure: str
    unit: str
    values: dict[str, float]
    grade: str
    source: str
    url: str
    definition: Text
    denominator: Text
    grades: dict[str, str] = field(default_factory=dict)
    n: int | None = None
    papers: int | None = None
    digits: int | None = None
    other: str | None = None
    why: Text | None = None
    ours: dict[str, Any] | None = None

    def describe(self, area: str) -> dict[str, Any]:
        """The fields of a `Comparison` that do not depend on our figure."""
        return {
            "id": f"{self.id}/{area}",
            "edition": self.edition,
            "measure": self.measure,
            "area": area,
            "published": float(self.values[area]),
            "unit": self.unit,
            "definition": self.definition,
            "denominator": self.denominator,
            "grade": self.grades.get(area, self.grade),
            "source": self.source,
            "url": self.url,
            "n": self.n,
        }


def list_facts(part: str) -> list[Facts]:
    """The sets of one part of the report, in the order of the file."""
    return [facts for facts in _read_facts() if facts.part == part]


@lru_cache(maxsize=1)
def _read_facts() -> tuple[Facts, ...]:
    folder = files("talentflow.pipeline.replication")
    given = tomllib.loads(folder.joinpath("published.toml").read_text(encoding="utf-8"))
    return tuple(Facts(**entry, url=given["source"][entry["source"]]) for entry in given["set"])
