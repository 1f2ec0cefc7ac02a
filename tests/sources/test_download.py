"""Downloads arrive whole or not at all, whatever the server does."""

from __future__ import annotations

import hashlib
import json
import random
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from replaying_server import Fault, ReplayingServer, Served, no_sleep

from talentflow.core.errors import InputError, StoreError
from talentflow.sources.download import download_file

BODY = random.Random(7).randbytes(300_000)
SHA256 = hashlib.sha256(BODY).hexdigest()


def leftovers(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir() if "partial" in path.name)


def test_a_file_arrives_with_its_checksum(server: ReplayingServer, tmp_path: Path) -> None:
    url = server.serve("/works.gz", BODY)
    told: list[tuple[int, int | None]] = []
    found = download_file(
        url,
        tmp_path / "deep" / "works.gz",
        checksum="md5:" + hashlib.md5(BODY).hexdigest(),
        size_bytes=len(BODY),
        progress=lambda here, total: told.append((here, total)),
    )
    assert found.path.read_bytes() == BODY
    assert (found.sha256, found.size_bytes, found.etag) == (SHA256, len(BODY), '"v1"')
    assert found.resumed_bytes == 0
    assert told[-1] == (len(BODY), len(BODY))
    assert leftovers(found.path.parent) == []


def test_a_file_that_is_here_and_fits_is_not_fetched(
    server: ReplayingServer, tmp_path: Path
) -> None:
    url = server.serve("/f", BODY)
    target = tmp_path / "f"
    target.write_bytes(BODY)
    found = download_file(url, target, checksum=f"sha256:{SHA256}")
    assert server.requests == []
    assert found.resumed_bytes == len(BODY)
    target.write_bytes(b"other")
    download_file(url, target, checksum=f"sha256:{SHA256}")
    assert target.read_bytes() == BODY


def test_a_cut_connection_goes_on_where_it_stopped(server: ReplayingServer, tmp_path: Path) -> None:
    url = server.serve("/f", BODY)
    server.fail("/f", Fault(cut_after=100_000), Fault(cut_after=50_000))
    client, waits = no_sleep()
    found = download_file(url, tmp_path / "f", client=client)
    assert found.path.read_bytes() == BODY
    assert found.sha256 == SHA256
    assert [r.headers.get("Range") for r in server.requests] == [
        None,
        "bytes=100000-",
        "bytes=150000-",
    ]
    assert server.requests[1].headers["If-Range"] == '"v1"'
    assert len(waits) == 2


def test_another_process_goes_on_too(server: ReplayingServer, tmp_path: Path) -> None:
    url = server.serve("/f", BODY)
    server.fail("/f", Fault(cut_after=100_000), Fault(status=503))
    client, _ = no_sleep(attempts=2)
    with pytest.raises(InputError, match="503"):
        download_file(url, tmp_path / "f", client=client)
    assert not (tmp_path / "f").exists()
    assert leftovers(tmp_path) == ["f.partial", "f.partial.json"]
    found = download_file(url, tmp_path / "f", client=client)
    assert found.path.read_bytes() == BODY
    assert found.resumed_bytes == 100_000
    assert found.sha256 == SHA256


def test_a_silent_server_is_given_up_and_asked_again(
    server: ReplayingServer, tmp_path: Path
) -> None:
    url = server.serve("/f", BODY)
    server.fail("/f", Fault(slow_s=0.6))
    client, waits = no_sleep(timeout_s=0.15)
    assert download_file(url, tmp_path / "f", client=client).path.read_bytes() == BODY
    assert len(waits) == 1


def test_retry_after_is_honoured(server: ReplayingServer, tmp_path: Path) -> None:
    url = server.serve("/f", BODY)
    server.fail("/f", Fault(status=429, headers={"Retry-After": "7"}), Fault(status=503))
    client, waits = no_sleep()
    download_file(url, tmp_path / "f", client=client)
    assert waits[0] == 7
    assert 0 < waits[1] <= 3


def test_a_wait_of_hours_is_left_to_the_user(server: ReplayingServer, tmp_path: Path) -> None:
    url = server.serve("/f", BODY)
    server.fail("/f", Fault(status=429, headers={"Retry-After": "40000"}))
    client, waits = no_sleep()
    with pytest.raises(InputError, match="asks to wait for 40,000 s"):
        download_file(url, tmp_path / "f", client=client)
    assert waits == []


def test_a_server_that_keeps_failing_is_given_up(server: ReplayingServer, tmp_path: Path) -> None:
    url = server.serve("/f", BODY)
    server.fail("/f", *[Fault(status=500)] * 9)
    client, waits = no_sleep(attempts=4)
    with pytest.raises(InputError, match="4 times in a row"):
        download_file(url, tmp_path / "f", client=client)
    assert len(waits) == 3
    assert waits[2] > waits[0]


def test_a_missing_file_is_not_asked_for_twice(server: ReplayingServer, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="404") as caught:
        download_file(server.url + "/none?api_key=secret", tmp_path / "f")
    assert "secret" not in str(caught.value)
    assert len(server.requests) == 1


def test_a_damaged_file_is_fetched_once_more_and_then_refused(
    server: ReplayingServer, tmp_path: Path
) -> None:
    url = server.serve("/f", BODY)
    server.fail("/f", Fault(damage=True))
    found = download_file(url, tmp_path / "f", checksum=f"sha256:{SHA256}")
    assert found.path.read_bytes() == BODY
    with pytest.raises(InputError, match="another sha256 than published"):
        download_file(url, tmp_path / "g", checksum="sha256:" + "0" * 64)
    assert not (tmp_path / "g").exists()


def test_a_changed_etag_starts_anew(server: ReplayingServer, tmp_path: Path) -> None:
    url = server.serve("/f", BODY)
    server.fail("/f", Fault(cut_after=100_000), Fault(status=503))
    client, _ = no_sleep(attempts=2)
    with pytest.raises(InputError):
        download_file(url, tmp_path / "f", client=client)
    newer = BODY[::-1]
    server.serve("/f", Served(newer, etag='"v2"'))
    found = download_file(url, tmp_path / "f", client=client)
    assert found.path.read_bytes() == newer
    assert (found.etag, found.resumed_bytes) == ('"v2"', 0)


@pytest.mark.parametrize("etag", ['"v2"', None])
def test_a_range_of_another_file_is_not_trusted(
    server: ReplayingServer, tmp_path: Path, etag: str | None
) -> None:
    """A server that ignores If-Range sends the rest of another file."""
    url = server.serve(
        "/f", Served(BODY, headers={"Last-Modified": "Mon, 01 Jan 2024 00:00:00 GMT"})
    )
    server.fail("/f", Fault(cut_after=100_000), Fault(status=503))
    client, _ = no_sleep(attempts=2)
    with pytest.raises(InputError):
        download_file(url, tmp_path / "f", client=client)
    newer = BODY[::-1]

    class Careless(Served):
        @property
        def etag(self) -> str | None:  # type: ignore[override]
            return etag

        @etag.setter
        def etag(self, _: str | None) -> None:
            """Fixed."""

    careless = Careless(newer, headers={"Last-Modified": "Tue, 02 Jan 2024 00:00:00 GMT"})
    server.serve("/f", careless)
    assert download_file(url, tmp_path / "f", client=client).path.read_bytes() == newer


def test_a_server_without_ranges_starts_anew(server: ReplayingServer, tmp_path: Path) -> None:
    url = server.serve("/f", BODY)
    server.fail("/f", Fault(cut_after=100_000), Fault(ignores_range=True))
    client, _ = no_sleep()
    assert download_file(url, tmp_path / "f", client=client).path.read_bytes() == BODY


def test_without_etag_or_date_nothing_is_resumed(server: ReplayingServer, tmp_path: Path) -> None:
    url = server.serve("/f", Served(BODY, etag=None))
    server.fail("/f", Fault(cut_after=100_000))
    client, _ = no_sleep()
    assert download_file(url, tmp_path / "f", client=client).path.read_bytes() == BODY
    assert [r.headers.get("Range") for r in server.requests] == [None, None]


def test_a_file_that_became_shorter_starts_anew(server: ReplayingServer, tmp_path: Path) -> None:
    url = server.serve("/f", BODY)
    server.fail("/f", Fault(cut_after=100_000), Fault(status=503))
    client, _ = no_sleep(attempts=2)
    with pytest.raises(InputError):
        download_file(url, tmp_path / "f", client=client)
    server.serve("/f", BODY[:50_000])
    assert download_file(url, tmp_path / "f", client=client).size_bytes == 50_000


def test_the_length_that_was_published_counts(server: ReplayingServer, tmp_path: Path) -> None:
    url = server.serve("/f", BODY)
    with pytest.raises(InputError, match="300,000 bytes long"):
        download_file(url, tmp_path / "f", size_bytes=299_999)
    assert not (tmp_path / "f").exists()


def test_a_body_of_unknown_length_is_taken_as_it_is(
    server: ReplayingServer, tmp_path: Path
) -> None:
    url = server.serve("/f", BODY)
    server.fail("/f", Fault(no_length=True))
    told: list[int | None] = []
    found = download_file(url, tmp_path / "f", progress=lambda _, total: told.append(total))
    assert found.sha256 == SHA256
    assert set(told) == {None}


def test_two_processes_do_not_write_one_file(server: ReplayingServer, tmp_path: Path) -> None:
    url = server.serve("/f", BODY)

    def meanwhile(*_: object) -> None:
        with pytest.raises(StoreError, match="another process"):
            download_file(url, tmp_path / "f")

    assert download_file(url, tmp_path / "f", progress=meanwhile).sha256 == SHA256


def test_a_folder_that_cannot_be_made_is_named(server: ReplayingServer, tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(StoreError, match="cannot be written"):
        download_file(server.serve("/f", BODY), tmp_path / "file" / "f")


@pytest.mark.parametrize("wrong", ["sha256:12", "crc:00000000000000000000000000000000", "x"])
def test_a_checksum_must_be_one(tmp_path: Path, wrong: str) -> None:
    with pytest.raises(InputError, match="no checksum"):
        download_file("http://127.0.0.1:1/f", tmp_path / "f", checksum=wrong)


def test_notes_hold_no_key(server: ReplayingServer, tmp_path: Path) -> None:
    server.serve("/f", BODY)
    server.fail("/f", Fault(cut_after=1000), Fault(status=503))
    client, _ = no_sleep(attempts=2)
    with pytest.raises(InputError):
        download_file(server.url + "/f?api_key=secret", tmp_path / "f", client=client)
    note = (tmp_path / "f.partial.json").read_text()
    assert "secret" not in note
    assert json.loads(note)["validator"] == '"v1"'


@given(
    st.lists(
        st.sampled_from(
            [
                Fault(status=503),
                Fault(status=429, headers={"Retry-After": "1"}),
                Fault(cut_after=0),
                Fault(cut_after=7_000),
                Fault(cut_after=19_999),
                Fault(ignores_range=True),
                Fault(ignores_range=True, cut_after=9_000),
            ]
        ),
        max_size=12,
    ),
    st.integers(0, 20_000),
)
def test_whatever_happens_the_file_is_the_file(
    tmp_path_factory: pytest.TempPathFactory, faults: list[Fault], length: int
) -> None:
    folder = tmp_path_factory.mktemp("downloads")
    body = BODY[:length]
    with ReplayingServer() as server:
        url = server.serve("/f", body)
        server.fail("/f", *faults)
        client, _ = no_sleep(attempts=20)
        found = download_file(url, folder / "f", client=client)
    assert found.path.read_bytes() == body
    assert found.sha256 == hashlib.sha256(body).hexdigest()
    assert leftovers(folder) == []
