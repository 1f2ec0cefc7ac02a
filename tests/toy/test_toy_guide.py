"""The examples of the guide run, and it explains every planted error."""

from __future__ import annotations

import re
from dataclasses import fields
from pathlib import Path

import pytest

from talentflow.sources.toy import ErrorRates
from talentflow.sources.toy.spec import VENUES

GUIDE = Path(__file__).resolve().parents[2] / "docs" / "guide" / "toy-world.md"


def test_examples_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    blocks = re.findall(r"```python\n(.*?)```", GUIDE.read_text(encoding="utf-8"), re.DOTALL)
    assert len(blocks) == 2
    for block in blocks:
        exec(compile(block, str(GUIDE), "exec"), {})  # the guide's own examples
    assert len(capsys.readouterr().out.splitlines()) == 2
    assert (tmp_path / "toy" / "paperlists" / "corl").is_dir()


def test_every_error_and_venue_is_explained() -> None:
    text = GUIDE.read_text(encoding="utf-8")
    for rate in fields(ErrorRates):
        assert f"| `{rate.name}` |" in text
    for venue in VENUES:
        assert f"`paperlists/{venue}`" in text
