"""Untrusted archives: what is read, and what is refused."""

from __future__ import annotations

import zipfile
from pathlib import Path

import pytest

from talentflow.core.errors import InputError
from talentflow.sources.archives import ArchiveLimits, read_document


def write_zip(path: Path, members: dict[str, bytes]) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in members.items():
            archive.writestr(name, data)
    return path


def test_reads_a_plain_file_and_a_member(tmp_path: Path) -> None:
    plain = tmp_path / "a.json"
    plain.write_bytes(b"[]")
    assert read_document(plain) == ("a.json", b"[]")
    packed = write_zip(tmp_path / "a.zip", {"notes.csv": b"x", "b.json": b"[1]"})
    assert read_document(packed) == ("b.json", b"[1]")


def test_prefers_the_member_ranked_highest(tmp_path: Path) -> None:
    packed = write_zip(tmp_path / "a.zip", {"a.json": b"1", "b_schema_v2.json": b"2"})
    assert read_document(packed, prefer=lambda name: "v2" in name)[1] == b"2"


@pytest.mark.parametrize("name", ["../evil.json", "/etc/evil.json", "a/../../b.json", "C:/x.json"])
def test_refuses_names_that_leave_the_archive(tmp_path: Path, name: str) -> None:
    packed = write_zip(tmp_path / "a.zip", {"good.json": b"[]", name: b"[]"})
    with pytest.raises(InputError, match="stay inside the archive"):
        read_document(packed)


def test_refuses_a_bomb_by_ratio_and_by_size(tmp_path: Path) -> None:
    packed = write_zip(tmp_path / "a.zip", {"a.json": b" " * 3_000_000})
    with pytest.raises(InputError, match="too much"):
        read_document(packed, limits=ArchiveLimits(max_ratio=10, ratio_free_bytes=1000))
    with pytest.raises(InputError, match="too much"):
        read_document(packed, limits=ArchiveLimits(max_bytes=1_000_000))


def test_refuses_what_is_no_intact_zip(tmp_path: Path) -> None:
    broken = tmp_path / "a.zip"
    broken.write_bytes(b"PK but not really")
    with pytest.raises(InputError, match="broken zip"):
        read_document(broken)
    whole = write_zip(tmp_path / "b.zip", {"a.json": bytes(range(256)) * 400}).read_bytes()
    flipped = bytearray(whole)
    flipped[60:70] = b"\xff" * 10
    broken.write_bytes(bytes(flipped))
    with pytest.raises(InputError, match="broken zip"):
        read_document(broken)


def test_refuses_an_encrypted_member(tmp_path: Path) -> None:
    packed = write_zip(tmp_path / "a.zip", {"a.json": b"[]"})
    data = bytearray(packed.read_bytes())
    data[6] |= 1
    data[data.index(b"PK\x01\x02") + 8] |= 1
    packed.write_bytes(bytes(data))
    with pytest.raises(InputError, match="encrypted"):
        read_document(packed)


def test_names_the_missing_file_and_the_missing_member(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="absent"):
        read_document(tmp_path / "absent.json")
    packed = write_zip(tmp_path / "a.zip", {"a.csv": b""})
    with pytest.raises(InputError, match=r"no \.json file"):
        read_document(packed)
