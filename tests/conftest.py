"""What every test may lean on: the real records, a browser, and hypothesis set up once."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, settings

REPOSITORY = Path(__file__).resolve().parents[1]
CHROMIUM_ARGUMENTS = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
CHROMIUM_NAMES = ("chromium", "chromium-browser", "google-chrome")

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
def repository() -> Path:
    """The root of the working tree."""
    return REPOSITORY


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


@pytest.fixture(scope="session")
def chromium() -> str:
    """Path of a Chromium that playwright can drive (as root it needs `--no-sandbox`).

    `make test` installs it where it may; TALENTFLOW_CHROMIUM names another one.
    """
    driver = subprocess.run(
        [sys.executable, "-m", "playwright", "--version"],
        capture_output=True,
        text=True,
        check=False,
    )
    if driver.returncode != 0:
        why = (driver.stderr.strip() or "no message").splitlines()[-1]
        pytest.skip(f"playwright does not run ({why}): make install; apt-get install libatomic1")
    names = (os.environ.get("TALENTFLOW_CHROMIUM", ""), *CHROMIUM_NAMES)
    found = next((path for name in names if name and (path := shutil.which(name))), None)
    if found is None:
        pytest.skip("Chromium is missing: apt-get install chromium, or set TALENTFLOW_CHROMIUM")
    return found


@pytest.fixture(scope="session")
def browser(chromium: str) -> Iterator[Any]:
    """A headless Chromium, one for all tests of a process: its driver cannot start twice."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=CHROMIUM_ARGUMENTS)
        yield browser
        browser.close()


@pytest.fixture(scope="session")
def spark_session() -> Iterator[Any]:
    """A local Spark with two cores, which tries a lost task three more times.

    `make test` installs pyspark and Java where it may.
    """
    pytest.importorskip("pyspark", reason="pyspark is missing: tools/install_spark.sh")
    if shutil.which("java") is None and "JAVA_HOME" not in os.environ:
        pytest.skip("Java is missing: apt-get install openjdk-17-jre-headless")
    from talentflow.core.spark import open_spark

    with open_spark("local[2,4]") as session:
        yield session
