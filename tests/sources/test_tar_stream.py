"""Archives are walked as `tarfile` does, and what is no archive is said."""

from __future__ import annotations

import gzip
import io
import tarfile
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from talentflow.core.errors import InputError
from talentflow.sources import tar_stream
from talentflow.sources.tar_stream import walk_archive

FORMATS = [tarfile.USTAR_FORMAT, tarfile.GNU_FORMAT, tarfile.PAX_FORMAT]


def make(path: Path, files: list[tuple[str, bytes]], form: int = tarfile.USTAR_FORMAT) -> Path:
    with tarfile.open(path, "w:gz", format=form) as archive:
        for name, content in files:
            header = tarfile.TarInfo(name)
            header.size = len(content)
            archive.addfile(header, io.BytesIO(content))
    return path


def walk(path: Path, **limits: int) -> list[tuple[str, bytes | None]]:
    return [
        (name, buffer[start:stop] if stop >= 0 else None)
        for _, name, buffer, start, stop in walk_archive(path, **limits)
    ]


@pytest.mark.parametrize("form", FORMATS)
def test_all_formats_of_tar(tmp_path: Path, form: int) -> None:
    files = [("a/b.xml", b"x" * 700), ("empty", b""), ("c.xml", bytes(512)), ("d", b"y")]
    assert walk(make(tmp_path / "t.tar.gz", files, form)) == files


@given(st.lists(st.binary(max_size=3000), max_size=12))
def test_small_pieces_are_put_together(contents: list[bytes]) -> None:
    import tempfile

    with tempfile.TemporaryDirectory() as folder, pytest.MonkeyPatch.context() as patch:
        patch.setattr(tar_stream, "_CHUNK_BYTES", 700)
        files = [(f"{number}.xml", content) for number, content in enumerate(contents)]
        assert walk(make(Path(folder) / "t.tar.gz", files)) == files


def test_long_names_links_and_folders_are_stepped_over(tmp_path: Path) -> None:
    path = tmp_path / "t.tar.gz"
    with tarfile.open(path, "w:gz", format=tarfile.PAX_FORMAT) as archive:
        folder = tarfile.TarInfo("folder")
        folder.type = tarfile.DIRTYPE
        archive.addfile(folder)
        link = tarfile.TarInfo("link")
        link.type, link.linkname = tarfile.SYMTYPE, "../../etc/passwd"
        archive.addfile(link)
        header = tarfile.TarInfo("n" * 300)
        header.size = 2
        archive.addfile(header, io.BytesIO(b"ab"))
    assert [content for _, content in walk(path)] == [b"ab"]


def test_a_file_beyond_the_limit_is_passed_over(tmp_path: Path) -> None:
    path = make(tmp_path / "t.tar.gz", [("big", b"z" * 5000), ("small", b"s")])
    assert walk(path, max_file_bytes=4999) == [("big", None), ("small", b"s")]


def test_size_of_a_pax_header_counts(tmp_path: Path) -> None:
    path = tmp_path / "t.tar.gz"
    with tarfile.open(path, "w:gz", format=tarfile.PAX_FORMAT) as archive:
        header = tarfile.TarInfo("a")
        header.size = 3
        header.pax_headers = {"comment": "a size of its own"}
        archive.addfile(header, io.BytesIO(b"abc"))
    assert walk(path) == [("a", b"abc")]


@pytest.mark.parametrize(
    "content",
    [b"no gzip", gzip.compress(b"no tar " * 200), gzip.compress(b"x" * 600)[:-4], b""],
)
def test_what_is_no_archive_is_said(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "t.tar.gz"
    path.write_bytes(content)
    with pytest.raises(InputError):
        walk(path)


def test_an_archive_that_ends_within_a_file_is_said(tmp_path: Path) -> None:
    whole = gzip.decompress(make(tmp_path / "t.tar.gz", [("a", b"x" * 4000)]).read_bytes())
    (tmp_path / "t.tar.gz").write_bytes(gzip.compress(whole[:2000]))
    with pytest.raises(InputError, match="ends within a"):
        walk(tmp_path / "t.tar.gz")
