"""Fixtures that every test may use."""

from __future__ import annotations

import os
from pathlib import Path

import pytest


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """The folder of real records beside the repository; tests skip where it is absent."""
    beside = Path(__file__).resolve().parents[2] / "shared" / "data"
    folder = Path(os.environ.get("TALENTFLOW_SHARED_DATA", beside))
    if not folder.is_dir():
        pytest.skip(f"no real records at {folder}; set TALENTFLOW_SHARED_DATA")
    return folder
