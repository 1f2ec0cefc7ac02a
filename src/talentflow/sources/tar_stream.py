"""Which files does a gzipped tar archive hold, read once from front to back?

Archives of tens of gigabytes and millions of small files are walked in memory: nothing is
unpacked to disk, no name in the archive is ever used as a path, and a file larger than the limit
is passed over. Decompression runs in a thread of its own.
"""

from __future__ import annotations

import re
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO, Final, NamedTuple

from isal import igzip_threaded
from isal.igzip_lib import IsalError

from talentflow.core.errors import InputError

DAMAGES: Final[tuple[type[Exception], ...]] = (
    OSError,
    EOFError,
    zlib.error,
    IsalError,  # type: ignore[assignment]  # its stub takes the class for an instance
)
"""What reading a damaged file raises."""

BLOCK_BYTES: Final = 512
MAX_FILE_BYTES: Final = 64 * 2**20
"""No summary of a person is as long; what is longer is passed over and told."""

_CHUNK_BYTES: Final = 256 * 2**10  # stays in the processor's cache
_REGULAR: Final = b"0\0"
_SIZE_RECORD = re.compile(rb"\d+ size=(\d+)\n")


class Member(NamedTuple):
    """A regular file of the archive: its place among them from 0, its name, and its bytes
    `buffer[start:stop]`; `stop` is −1 where it is too large to be held."""

    number: int
    name: str
    buffer: bytes
    start: int
    stop: int


def walk_archive(path: Path, *, max_file_bytes: int = MAX_FILE_BYTES) -> Iterator[Member]:
    """The regular files of a `.tar.gz` in their order; links and folders are left out.

    Formats: ustar, GNU and pax. Raises `InputError` where the file is missing, is no gzip, is cut
    off, fails its checksum, or holds something that is no tar.
    """
    try:
        with open_compressed(path, _CHUNK_BYTES) as stream:
            yield from _Walker(path, stream, max_file_bytes).walk()
    except DAMAGES as error:
        raise InputError(
            f"the archive cannot be read: {error}",
            expected="a complete .tar.gz",
            where=str(path),
            next_step="download the file again from its publisher",
        ) from error


def open_compressed(path: Path, block_bytes: int) -> BinaryIO:
    """The decompressed bytes of a gzipped file, made ahead by a thread of its own.

    Reading raises one of `DAMAGES` where there are some.
    """
    stream: BinaryIO = igzip_threaded.open(  # type: ignore[no-untyped-call]
        path, "rb", threads=1, block_size=block_bytes
    )
    return stream


class _Walker:
    """Holds one window of the decompressed stream, at least as long as the file in hand."""

    def __init__(self, path: Path, stream: BinaryIO, max_file_bytes: int) -> None:
        self._path = path
        self._read = stream.read
        self._limit = max_file_bytes
        self._buffer = b""
        self._at = 0
        self._started = False

    def walk(self) -> Iterator[Member]:
        number, size_to_come = 0, None
        while self._hold(BLOCK_BYTES):
            header = self._buffer[self._at : self._at + BLOCK_BYTES]
            if header[:1] == b"\0" and not header.strip(b"\0"):
                return
            self._at += BLOCK_BYTES
            self._started = True
            kind = header[156:157]
            size = self._read_size(header)
            if kind in _REGULAR:
                if size_to_come is not None:
                    size, size_to_come = size_to_come, None
                name = header[: header.find(b"\0", 0, 100)].decode("utf-8", "replace")
                yield self._take(number, name, size)
                number += 1
            elif kind == b"x":
                if size > self._limit or not self._hold(size):
                    raise self._broken("a header that is cut off")
                found = _SIZE_RECORD.search(self._buffer, self._at, self._at + size)
                size_to_come = int(found[1]) if found else None
                self._at += size
            else:
                self._pass_over(size)
            self._pass_over(-size % BLOCK_BYTES)
        if not self._started:
            raise self._broken("nothing")

    def _take(self, number: int, name: str, size: int) -> Member:
        if size > self._limit:
            self._pass_over(size)
            return Member(number, name, b"", 0, -1)
        if not self._hold(size):
            raise self._broken(f"the archive ends within {name}")
        start = self._at
        self._at += size
        return Member(number, name, self._buffer, start, self._at)

    def _hold(self, size: int) -> bool:
        """Have at least so many bytes at hand; false at the end of the archive."""
        if len(self._buffer) - self._at >= size:
            return True
        parts = [self._buffer[self._at :]]
        held = len(parts[0])
        # Much at once, because what is left over is copied.
        enough = size + _CHUNK_BYTES
        while held < enough:
            chunk = self._read(_CHUNK_BYTES)
            if not chunk:
                break
            parts.append(chunk)
            held += len(chunk)
        self._buffer, self._at = b"".join(parts), 0
        return held >= size

    def _pass_over(self, size: int) -> None:
        while size:
            if not self._hold(1):
                raise self._broken("the archive ends within a file")
            step = min(size, len(self._buffer) - self._at)
            self._at += step
            size -= step

    def _read_size(self, header: bytes) -> int:
        if header[257:262] != b"ustar":
            raise self._broken("a header without the mark ustar")
        field = header[124:136]
        if field[0] & 0x80:
            return int.from_bytes(field[1:], "big")
        digits = field.strip(b" \0")
        try:
            return int(digits, 8) if digits else 0
        except ValueError as error:
            raise self._broken(f"a file of size {digits!r}") from error

    def _broken(self, found: str) -> InputError:
        return InputError(
            found,
            expected="a .tar.gz",
            where=str(self._path),
            next_step="download the file again from its publisher",
        )
