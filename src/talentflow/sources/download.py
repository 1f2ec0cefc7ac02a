"""How does a file of another's server arrive here whole, or not at all?

Bytes go to a `.partial` file beside the target and are renamed when their length and checksum
have been verified and they are on the disk. A download that was cut off goes on where it stopped,
if the server proves (by a strong ETag or the date of change) that the file is still the same;
where it does not, or ignores the range asked for, the download starts anew. Tests use
`tests/sources/replaying_server.py`, which replays files with faults.
"""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, Final

from talentflow.core.errors import InputError, StoreError
from talentflow.sources.web_client import (
    Client,
    InterruptedTransferError,
    Response,
    hide_secrets,
)

Progress = Callable[[int, int | None], None]
"""Told after each piece: bytes here so far, bytes in all (null: the server does not say)."""

_PIECE_BYTES: Final = 1 << 20
_CHECKSUM: Final = re.compile(r"(md5|sha1|sha256|sha512):([0-9a-f]{32,128})")
_CONTENT_RANGE: Final = re.compile(r"bytes (?:(\d+)-(\d+)|\*)/(\d+|\*)")
_WHOLE_ATTEMPTS: Final = 2
"""How often a file may arrive whole with the wrong checksum before it is refused."""


@dataclass(frozen=True, kw_only=True)
class Downloaded:
    """A file that is whole and under its final name.

    `resumed_bytes` were here from an earlier attempt; all of them if nothing was fetched, because
    the file was here and fitted.
    """

    path: Path
    url: str
    size_bytes: int
    sha256: str
    etag: str | None = None
    resumed_bytes: int = 0


@dataclass(frozen=True, kw_only=True)
class _Wanted:
    url: str
    target: Path
    checksum: tuple[str, str] | None
    size_bytes: int | None
    progress: Progress | None
    client: Client

    @property
    def partial(self) -> Path:
        return self.target.with_name(self.target.name + ".partial")

    @property
    def note(self) -> Path:
        return self.target.with_name(self.target.name + ".partial.json")


def download_file(
    url: str,
    target: Path,
    *,
    checksum: str | None = None,
    size_bytes: int | None = None,
    progress: Progress | None = None,
    client: Client | None = None,
) -> Downloaded:
    """Fetch `url` into `target`, whole or not at all.

    `checksum` is `md5:…`, `sha1:…`, `sha256:…` or `sha512:…` in hexadecimal, `size_bytes` the
    length, where the provider publishes them. A `target` that is there and fits what of these is
    given is not fetched again; without either it always is. Folders are made.

    Raises `InputError` where the server refuses, keeps failing, or sends what does not fit, and
    `StoreError` where the disk does, or another process is fetching the same file.
    """
    wanted = _Wanted(
        url=url,
        target=target,
        checksum=_parse_checksum(checksum),
        size_bytes=size_bytes,
        progress=progress,
        client=client or Client(),
    )
    here = _find_fitting(wanted)
    if here is not None:
        return here
    with _disk_errors(target):
        target.parent.mkdir(parents=True, exist_ok=True)
    with _open_partial(wanted) as stream:
        found = _fetch_verified(wanted, stream)
        with _disk_errors(target):
            stream.flush()
            os.fsync(stream.fileno())
            wanted.partial.replace(target)
            wanted.note.unlink(missing_ok=True)
            _sync_folder(target.parent)
    return found


def _parse_checksum(text: str | None) -> tuple[str, str] | None:
    if text is None:
        return None
    found = _CHECKSUM.fullmatch(text.strip().lower())
    if found is None or len(found[2]) != 2 * hashlib.new(found[1]).digest_size:
        raise InputError(
            f"{text!r} is no checksum", expected="md5:, sha1:, sha256: or sha512: and hexadecimal"
        )
    return found[1], found[2]


def _find_fitting(wanted: _Wanted) -> Downloaded | None:
    target = wanted.target
    if (wanted.checksum is None and wanted.size_bytes is None) or not target.is_file():
        return None
    with _disk_errors(target):
        size = target.stat().st_size
        if wanted.size_bytes is not None and size != wanted.size_bytes:
            return None
        hashes = _Hashes(wanted.checksum)
        with target.open("rb") as stream:
            hashes.add_from(stream)
    if not hashes.fits():
        return None
    return Downloaded(
        path=target, url=wanted.url, size_bytes=size, sha256=hashes.sha256, resumed_bytes=size
    )


class _Hashes:
    """The sha256 of the bytes so far, and whether they have the checksum that was published."""

    def __init__(self, checksum: tuple[str, str] | None) -> None:
        self._sha256 = hashlib.sha256()
        self._expected = checksum
        self._other = hashlib.new(checksum[0], usedforsecurity=False) if checksum else None

    def add(self, piece: bytes) -> None:
        self._sha256.update(piece)
        if self._other is not None:
            self._other.update(piece)

    def add_from(self, stream: BinaryIO) -> None:
        while piece := stream.read(_PIECE_BYTES):
            self.add(piece)

    @property
    def sha256(self) -> str:
        return self._sha256.hexdigest()

    def fits(self) -> bool:
        if self._expected is None or self._other is None:
            return True
        return self._other.hexdigest() == self._expected[1]


@contextmanager
def _open_partial(wanted: _Wanted) -> Iterator[BinaryIO]:
    """The partial file, locked: two writers would make one file out of two."""
    with _disk_errors(wanted.partial):
        # Opened for reading and writing without truncating; created where there is none.
        number = os.open(wanted.partial, os.O_RDWR | os.O_CREAT, 0o644)
    with os.fdopen(number, "r+b") as stream:
        try:
            fcntl.flock(stream, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            raise StoreError(
                "another process is fetching this file",
                where=str(wanted.target),
                next_step="wait until it is done",
            ) from error
        yield stream


def _fetch_verified(wanted: _Wanted, stream: BinaryIO) -> Downloaded:
    for _ in range(_WHOLE_ATTEMPTS):
        transfer = _Transfer(wanted, stream)
        resumed = transfer.offset
        wanted.client.call(wanted.url, transfer.attempt)
        if transfer.hashes.fits():
            return Downloaded(
                path=wanted.target,
                url=wanted.url,
                size_bytes=transfer.offset,
                sha256=transfer.hashes.sha256,
                etag=transfer.etag,
                resumed_bytes=resumed if not transfer.restarted else 0,
            )
        _discard(wanted, stream)
    algorithm, expected = wanted.checksum or ("", "")
    raise InputError(
        f"the file arrived {_WHOLE_ATTEMPTS} times with another {algorithm} than published",
        expected=f"{algorithm} {expected}",
        where=hide_secrets(wanted.url),
        next_step="check whether the provider has replaced the file; nothing was kept",
    )


class _Transfer:
    """What of one file is here: `offset` bytes of it, and their hashes."""

    def __init__(self, wanted: _Wanted, stream: BinaryIO) -> None:
        self._wanted = wanted
        self._stream = stream
        self._best = 0
        self.etag: str | None = None
        self.validator = _read_validator(wanted)
        self.hashes = _Hashes(wanted.checksum)
        self.restarted = False
        self.offset = 0
        with _disk_errors(wanted.partial):
            stream.seek(0)
            if self.validator is None:
                stream.truncate()
            self.hashes.add_from(stream)
            self.offset = self._best = stream.tell()

    def attempt(self) -> None:
        """Ask for what is missing and take it in; returns when the file is whole."""
        try:
            self._receive()
        except InterruptedTransferError as cut:
            cut.progressed = self.offset > self._best
            self._best = max(self._best, self.offset)
            raise

    def _receive(self) -> None:
        headers = {}
        if self.offset and self.validator:
            headers = {"Range": f"bytes={self.offset}-", "If-Range": self.validator}
        elif self.offset:
            self._restart()
        with self._wanted.client.open(self._wanted.url, headers) as response:
            total = self._prepare(response)
            if response.status != 416:
                while piece := response.read(_PIECE_BYTES):
                    self._take(piece, total)
        if total is not None and self.offset != total:
            raise InterruptedTransferError(f"{self.offset:,} of {total:,} bytes arrived")
        self._check_size()

    def _prepare(self, response: Response) -> int | None:
        """Set `offset` to where the answer begins; returns the length of the whole file."""
        headers = response.headers
        start, total = _read_extent(response)
        if response.status == 416:
            if total is not None and total == self.offset:
                return total
            self._restart()
            raise InterruptedTransferError("the file has become shorter")
        if response.status == 206 and (start != self.offset or self._has_changed(response)):
            self._restart()
            raise InterruptedTransferError("the file changed while it was fetched")
        if response.status != 206 and self.offset:
            self._restart()
        self.etag = headers.get("ETag", self.etag)
        self.validator = _choose_validator(response) or self.validator
        _write_validator(self._wanted, self.validator)
        return total

    def _has_changed(self, response: Response) -> bool:
        now = _choose_validator(response)
        return now is not None and now != self.validator

    def _take(self, piece: bytes, total: int | None) -> None:
        with _disk_errors(self._wanted.partial):
            self._stream.write(piece)
        self.hashes.add(piece)
        self.offset += len(piece)
        if self._wanted.progress is not None:
            self._wanted.progress(self.offset, total)

    def _restart(self) -> None:
        _discard(self._wanted, self._stream)
        self.hashes = _Hashes(self._wanted.checksum)
        self.offset = 0
        self.validator = None
        self.restarted = True

    def _check_size(self) -> None:
        expected = self._wanted.size_bytes
        if expected is not None and self.offset != expected:
            found = self.offset
            self._restart()
            raise InputError(
                f"the file is {found:,} bytes long",
                expected=f"{expected:,} bytes, as the provider's list says",
                where=hide_secrets(self._wanted.url),
                next_step="fetch the provider's list again: the file may have been replaced",
            )


def _read_extent(response: Response) -> tuple[int, int | None]:
    """First byte of the answer, and the length of the whole file where it is said."""
    headers = response.headers
    if response.status in (206, 416):
        found = _CONTENT_RANGE.fullmatch(headers.get("Content-Range", "").strip())
        if found is None:
            return -1, None
        return int(found[1] or -1), None if found[3] == "*" else int(found[3])
    length = headers.get("Content-Length", "")
    return 0, int(length) if length.isdigit() else None


def _choose_validator(response: Response) -> str | None:
    """What proves that the file is still the same, as `If-Range` takes it (RFC 9110, 13.1.5)."""
    etag: str | None = response.headers.get("ETag")
    if etag is not None and not etag.startswith("W/"):
        return etag
    modified: str | None = response.headers.get("Last-Modified")
    return modified


def _read_validator(wanted: _Wanted) -> str | None:
    try:
        note = json.loads(wanted.note.read_text("utf-8"))
        return str(note["validator"]) if note["url"] == _name_url(wanted.url) else None
    except (OSError, ValueError, KeyError, TypeError):
        return None


def _write_validator(wanted: _Wanted, validator: str | None) -> None:
    with _disk_errors(wanted.note):
        if validator is None:
            wanted.note.unlink(missing_ok=True)
        else:
            note = {"url": _name_url(wanted.url), "validator": validator}
            wanted.note.write_text(json.dumps(note), "utf-8")


def _name_url(url: str) -> str:
    """A name of the address that holds no key of it."""
    return hashlib.sha256(url.encode()).hexdigest()


def _discard(wanted: _Wanted, stream: BinaryIO) -> None:
    with _disk_errors(wanted.partial):
        stream.seek(0)
        stream.truncate()
        wanted.note.unlink(missing_ok=True)


def _sync_folder(folder: Path) -> None:
    number = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(number)
    finally:
        os.close(number)


@contextmanager
def _disk_errors(path: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise StoreError(
            f"the file cannot be written: {error.strerror or error}",
            where=str(path),
            next_step="check the space and the rights of the folder; what has arrived is kept",
        ) from error
