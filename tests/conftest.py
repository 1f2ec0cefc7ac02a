"""What every test may lean on: the real records, and hypothesis set up once."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

REPOSITORY = Path(__file__).resolve().parents[1]

settings.register_profile(
    "talentflow",
    max_examples=30,
    deadline=None,  # the first example pays for compilation
    derandomize=bool(os.environ.get("CI")),
    database=None,
    suppress_health_check=[HealthCheck.too_slow],
)
settings.load_profile("talentflow")


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """The folder of real records, read only; without it the test is skipped.

    It stands beside the repository as `shared/data`, or where TALENTFLOW_SHARED_DATA says.
    """
    named = os.environ.get("TALENTFLOW_SHARED_DATA")
    folder = Path(named) if named else REPOSITORY.parent / "shared" / "data"
    if not folder.is_dir():
        pytest.skip("the real records (../shared/data or TALENTFLOW_SHARED_DATA) are not here")
    return folder
