"""A server notices new snapshots, and survives having none."""

from __future__ import annotations

from pathlib import Path

import httpx
import pytest
from running_server import run_server
from synthetic_store import publish, write_store

from talentflow.core.errors import StoreError
from talentflow.serve.live import LiveStore


def test_a_store_without_snapshot_is_said_to_be_so(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="nothing has been published"):
        LiveStore(tmp_path).current()
    with run_server(tmp_path) as address, httpx.Client(base_url=address) as client:
        page = client.get("/ko/")
        assert page.status_code == 503
        assert "공표" in page.text
        problem = client.get("/api/v1/indicators")
        assert problem.status_code == 503
        assert str(tmp_path) not in page.text + problem.text
        write_store(tmp_path)
        assert client.get("/ko/").status_code == 200


def test_a_new_snapshot_is_served_and_the_old_cache_is_not(tmp_path: Path) -> None:
    write_store(tmp_path)
    live = LiveStore(tmp_path)
    first = live.current()
    assert live.current() is first
    write_store(tmp_path, seed=8, snapshot_id="2026-02-01-toy0002")
    second = live.current()
    assert second is not first
    assert (first.id, second.id) == ("2026-01-15-toy0001", "2026-02-01-toy0002")
    assert first.tag != second.tag
    assert second.memory is not first.memory


def test_a_broken_snapshot_does_not_take_the_site_down(tmp_path: Path) -> None:
    write_store(tmp_path)
    live = LiveStore(tmp_path)
    first = live.current()
    broken = tmp_path / "snapshots" / "broken"
    broken.mkdir()
    (broken / "values.parquet").write_bytes(b"not a table")
    publish(tmp_path, "broken")
    assert live.current() is first
    (tmp_path / "published").unlink()
    assert live.current() is first
