"""Small conference lists, typed in with invented names."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from replaying_server import ReplayingServer

from talentflow.sources import paperlists
from talentflow.sources.evidence import Evidence

ReadPapers = Callable[..., Evidence]


@pytest.fixture
def read_papers_as(tmp_path: Path) -> ReadPapers:
    """Write papers as the source would, one per line, and read them back."""

    def read(
        papers: list[dict[str, Any]] | bytes, file: str = "conf/conf2020.json", **options: Any
    ) -> Evidence:
        path = tmp_path / file
        path.parent.mkdir(parents=True, exist_ok=True)
        if isinstance(papers, bytes):
            path.write_bytes(papers)
        else:
            lines = ",\n".join(json.dumps(paper, ensure_ascii=False) for paper in papers)
            path.write_text(f"[\n{lines}\n]\n", "utf-8")
        return paperlists.read_file(tmp_path, file, **options)

    return read


@pytest.fixture
def server() -> Iterator[ReplayingServer]:
    """A server on this machine that does what it is told, and fails as it is told."""
    with ReplayingServer() as replaying:
        yield replaying
