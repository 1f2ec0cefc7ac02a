"""ORCID, OpenReview and DBLP arrive whole, through faults, or not at all."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner
from replaying_server import Fault, ReplayingServer, no_sleep

from talentflow.cli.fetching import fetch
from talentflow.core.errors import InputError, UsageError
from talentflow.sources import openreview
from talentflow.sources.fetch_histories import (
    PROFILES_FILE,
    fetch_dblp,
    fetch_openreview,
    fetch_orcid,
)

ARCHIVE = bytes(range(256)) * 400
MD5 = hashlib.md5(ARCHIVE).hexdigest()


@pytest.fixture
def server() -> Iterator[ReplayingServer]:
    with ReplayingServer() as running:
        yield running


def offer_archive(server: ReplayingServer, **changes: object) -> str:
    file = {
        "name": "ORCID_2025_10_summaries.tar.gz",
        "size": len(ARCHIVE),
        "computed_md5": MD5,
        "download_url": server.serve("/files/1", ARCHIVE),
    }
    other = {**file, "name": "ORCID_2025_10_activities_0.tar.gz"}
    listed = {"id": 7, "files": [other, {**file, **changes}]}
    server.serve("/articles/7", json.dumps(listed).encode())
    return f"{server.url}/articles"


FAULTS = {
    "cut off": [Fault(cut_after=30_000)],
    "too many requests": [Fault(status=429, headers={"Retry-After": "3"})],
    "unavailable": [Fault(status=503), Fault(status=503)],
    "damaged once": [Fault(damage=True)],
    "no range": [Fault(cut_after=30_000), Fault(ignores_range=True)],
    "no length": [Fault(no_length=True)],
}


@pytest.mark.parametrize("faults", FAULTS.values(), ids=FAULTS)
def test_summaries_arrive_through_faults(
    server: ReplayingServer, tmp_path: Path, faults: list[Fault]
) -> None:
    url = offer_archive(server)
    server.fail("/files/1", *faults)
    server.fail("/articles/7", Fault(status=503))
    client, _ = no_sleep()
    (found,) = fetch_orcid(tmp_path, article=7, url=url, client=client)
    assert found.path == tmp_path / "ORCID_2025_10_summaries.tar.gz"
    assert found.path.read_bytes() == ARCHIVE
    assert [path.name for path in tmp_path.iterdir()] == [found.path.name]
    asked = len(server.requests)
    fetch_orcid(tmp_path, article=7, url=url, client=client)
    assert len(server.requests) == asked + 1  # the list only: the archive is here and fits


def test_a_wrong_checksum_leaves_no_archive(server: ReplayingServer, tmp_path: Path) -> None:
    url = offer_archive(server, computed_md5="0" * 32)
    client, _ = no_sleep()
    with pytest.raises(InputError):
        fetch_orcid(tmp_path, article=7, url=url, client=client)
    assert not list(tmp_path.glob("*.tar.gz"))


@pytest.mark.parametrize("name", ["x.pdf", "../../summaries.tar.gz"])
def test_names_stay_in_the_folder(server: ReplayingServer, tmp_path: Path, name: str) -> None:
    url = offer_archive(server, name=name)
    client, _ = no_sleep()
    if name.endswith(".pdf"):
        with pytest.raises(InputError, match="no summaries"):
            fetch_orcid(tmp_path / "in", article=7, url=url, client=client)
    else:
        (found,) = fetch_orcid(tmp_path / "in", article=7, url=url, client=client)
        assert found.path.parent == tmp_path / "in"


def test_dblp_has_its_checksum_beside_it(server: ReplayingServer, tmp_path: Path) -> None:
    url = server.serve("/xml/dblp.xml.gz", ARCHIVE)
    server.serve("/xml/dblp.xml.gz.md5", f"{MD5}  dblp.xml.gz\n".encode())
    server.fail("/xml/dblp.xml.gz", Fault(cut_after=50_000))
    client, _ = no_sleep()
    (found,) = fetch_dblp(tmp_path, url=url, client=client)
    assert found.path.read_bytes() == ARCHIVE
    server.serve("/xml/dblp.xml.gz.md5", b"<html>moved</html>")
    with pytest.raises(InputError, match="no checksum"):
        fetch_dblp(tmp_path, url=url, client=client)
    with pytest.raises(UsageError):
        fetch_dblp(tmp_path, url=f"{server.url}/other.zip", client=client)


def profiles(server: ReplayingServer) -> str:
    def answer(query: dict[str, str]) -> bytes:
        found = [] if "Nobody" in query["id"] else [{"id": query["id"], "content": {}}]
        return json.dumps({"profiles": found, "count": len(found)}).encode()

    return server.serve("/profiles", answer)


def test_profiles_are_asked_for_once_and_a_cut_is_made_good(
    server: ReplayingServer, tmp_path: Path
) -> None:
    url = profiles(server)
    client, _ = no_sleep()
    server.fail("/profiles", Fault(status=429, headers={"Retry-After": "1"}), Fault(cut_after=5))
    wanted = ["~Ann_One1", "~Bob_Two2", "~Ann_One1", "~Nobody_Here1"]
    path = fetch_openreview(tmp_path, profiles=wanted, accept_terms=True, url=url, client=client)
    lines = path.read_text(encoding="utf-8").splitlines()
    assert [json.loads(line)["id"] for line in lines] == ["~Ann_One1", "~Bob_Two2"]
    path.write_text(f"{lines[0]}\n{lines[1][:10]}", encoding="utf-8")
    fetch_openreview(tmp_path, profiles=wanted[:2], url=url, client=client)
    assert path.read_text(encoding="utf-8").splitlines() == lines
    assert openreview.read_file(tmp_path, PROFILES_FILE).rejects.num_rows == 0


def test_no_profile_is_fetched_before_the_terms_are_accepted(
    server: ReplayingServer, tmp_path: Path
) -> None:
    with pytest.raises(InputError, match="have not been accepted"):
        fetch_openreview(tmp_path, profiles=["~Ann_One1"], url=profiles(server))
    assert not server.requests
    with pytest.raises(UsageError, match="no profile"):
        fetch_openreview(tmp_path, profiles=["ann@example.org"], accept_terms=True)


def test_the_commands_write_below_the_data_folder(server: ReplayingServer, tmp_path: Path) -> None:
    def run(*arguments: str) -> str:
        done = CliRunner().invoke(fetch, [*arguments, "--data", str(tmp_path)])
        if done.exception is not None and not isinstance(done.exception, SystemExit):
            raise done.exception
        return done.output

    said = run("orcid", "--article", "7", "--base-url", offer_archive(server))
    assert "ORCID_2025_10_summaries.tar.gz" in said
    assert (tmp_path / "orcid" / "ORCID_2025_10_summaries.tar.gz").read_bytes() == ARCHIVE
    url = server.serve("/xml/dblp.xml.gz", ARCHIVE)
    server.serve("/xml/dblp.xml.gz.md5", MD5.encode())
    assert "verified" in run("dblp", "--url", url)
    ids = tmp_path / "ids.txt"
    ids.write_text("# whom\n~Ann_One1\n", encoding="utf-8")
    asked = ["openreview", "--profiles", str(ids), "--base-url", profiles(server)]
    with pytest.raises(InputError, match="terms"):
        run(*asked)
    run(*asked, "--accept-terms")
    assert openreview.list_files(tmp_path / "openreview") == [PROFILES_FILE]
    with pytest.raises(InputError, match="list of profiles"):
        run("openreview", "--profiles", str(tmp_path / "missing"))
