"""A published snapshot of invented figures, and a server over it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from running_server import run_server
from synthetic_store import write_store

from talentflow.serve.figures import Figures
from talentflow.serve.live import Edition, LiveStore


@pytest.fixture(scope="session")
def store(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_store(tmp_path_factory.mktemp("store"))


@pytest.fixture(scope="session")
def edition(store: Path) -> Edition:
    return LiveStore(store).current()


@pytest.fixture(scope="session")
def figures(edition: Edition) -> Figures:
    return edition.figures


@pytest.fixture(scope="session")
def server(store: Path) -> Iterator[str]:
    with run_server(store) as address:
        yield address


@pytest.fixture(scope="session")
def client(server: str) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=server, timeout=30) as client:
        yield client
