"""What do the gzipped JSON lines of a snapshot hold?

A file is unpacked block by block and scanned for the few fields that are needed (`scan`); lines
in which anything is unusual are decoded whole (`works`), so that both say the same.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any, BinaryIO, Final, cast

import msgspec
import numpy as np
import numpy.typing as npt
from isal import igzip

from talentflow.sources.openalex.affiliations import Affiliations
from talentflow.sources.openalex.columns import BrokenTextError, make_fixed, make_texts
from talentflow.sources.openalex.scan import (
    A_CORRESPONDS,
    A_ID,
    A_NAME,
    A_NAME_END,
    A_ORCID,
    A_POSITION,
    A_WORK,
    ODD,
    PLAIN,
    R_AUTHOR,
    R_ENTRY,
    R_PART,
    W_AUTHORS,
    W_ID,
    W_LINE,
    W_STATE,
    W_UPDATED,
    W_VENUE,
    W_VENUE_END,
    W_YEAR,
    Found,
    make_found,
    scan_lines,
)
from talentflow.sources.openalex.tokens import find_lines
from talentflow.sources.openalex.vectors import MARGIN
from talentflow.sources.openalex.works import (
    Batch,
    Damaged,
    Reject,
    decode_works,
)

BLOCK_BYTES: Final = 16 * 2**20
"""Small enough to be in the cache still when it is scanned, large enough that what each block costs
besides does not count."""

MAX_LINE_BYTES: Final = 512 * 2**20
_AFTER: Final = 1 + MARGIN
"""Room behind what is read: for a last line feed, and for reading many bytes at once."""

_ORCID_CHARS: Final = 19


def read_lines(path: Path, affiliations: Affiliations, reject: Reject) -> Iterator[Batch]:
    """The works of one file, plain or gzipped, block by block in the order of the file.

    A file that ends too early or is damaged gives what stands before the damage, and a reject.
    """
    reader = _LineReader(affiliations, reject)
    with path.open("rb") as raw:
        gzipped = raw.read(2) == b"\x1f\x8b"
        raw.seek(0)
        stream: BinaryIO = cast(Any, igzip).IGzipFile(fileobj=raw, mode="rb") if gzipped else raw
        try:
            for block, damage in _read_blocks(stream):
                yield from reader.read(block)
                if damage is not None:
                    reject(reader.line, "damaged_file", f"the rest of the file: {damage}", b"", 1)
        finally:
            stream.close()


def _read_blocks(stream: BinaryIO) -> Iterator[tuple[npt.NDArray[np.uint8], str | None]]:
    """Whole lines with the line feed of the last one, valid until the next block is asked for;
    with the last block what was damaged."""
    buffer = bytearray(BLOCK_BYTES)
    filled = 0
    while True:
        damage = None
        try:
            got = stream.readinto(memoryview(buffer)[filled:-_AFTER])  # type: ignore[attr-defined]  # BinaryIO hides it
        except (OSError, EOFError, Damaged) as error:
            got, damage = 0, str(error) or type(error).__name__
        filled += got
        if got == 0:
            end = buffer.rfind(b"\n", 0, filled) + 1
            if damage is None and end < filled:  # a last line without line feed
                buffer[filled] = ord("\n")
                end = filled + 1
            yield np.frombuffer(buffer, np.uint8, end), damage
            return
        if filled < len(buffer) - _AFTER:
            continue
        end = buffer.rfind(b"\n", 0, filled) + 1
        if end:
            yield np.frombuffer(buffer, np.uint8, end), None
            filled -= end
            buffer[:filled] = buffer[end : end + filled]
        elif len(buffer) >= MAX_LINE_BYTES:
            yield np.empty(0, np.uint8), f"a line longer than {MAX_LINE_BYTES:,} bytes"
            return
        else:
            buffer = buffer + bytes(len(buffer))


class _LineReader:
    """Reads block after block; `line` counts the lines so far."""

    def __init__(self, affiliations: Affiliations, reject: Reject) -> None:
        self.line = 0
        self._affiliations = affiliations
        self._reject = reject
        self._found = make_found(8192, 65536, 98304)
        self._ends = np.empty(1 << 14, np.int64)

    def read(self, block: npt.NDArray[np.uint8]) -> Iterator[Batch]:
        """The works of whole lines, with `MARGIN` bytes behind them."""
        ends = self._find_lines(block)
        first = 0
        while first < len(ends):
            until = int(scan_lines(block, ends, first, self._found, self._affiliations.entries))
            if until == first:
                self._make_room()
                continue
            try:
                batch = self._gather(block)
                odd: Sequence[int] = self._odd_lines()
            except (BrokenTextError, msgspec.DecodeError, UnicodeDecodeError):
                self._affiliations.forget_entries()  # one of them may be what is broken
                batch, odd = None, range(first, until)
            if batch is not None:
                yield batch
            if odd:
                yield self._decode_lines(block, ends, odd)
            first = until
        self.line += len(ends)

    def _find_lines(self, block: npt.NDArray[np.uint8]) -> npt.NDArray[np.int64]:
        count = find_lines(block, self._ends)
        if count > len(self._ends):
            self._ends = np.empty(2 * count, np.int64)
            find_lines(block, self._ends)
        return self._ends[:count]

    def _make_room(self) -> None:
        """After a line for which there was none."""
        if self._affiliations.lacks_room:
            self._affiliations.make_room()
            return
        found = self._found
        self._found = make_found(len(found.works), 4 * len(found.authors), 4 * len(found.rows))

    def _gather(self, block: npt.NDArray[np.uint8]) -> Batch:
        found: Found = self._found
        listed, authored, given = (int(count) for count in found.counts)
        plain = found.works[:listed, W_STATE] == PLAIN
        works = np.ascontiguousarray(found.works[:listed][plain].T)
        authors = np.ascontiguousarray(found.authors[:authored].T)
        rows = np.ascontiguousarray(found.rows[:given].T)
        places = np.cumsum(plain) - 1
        return Batch(
            work_line=works[W_LINE] + self.line,
            work_id=works[W_ID],
            work_year=works[W_YEAR],
            work_updated=works[W_UPDATED],
            work_authors=works[W_AUTHORS],
            work_venue=make_texts(block, works[W_VENUE], works[W_VENUE_END]),
            author_work=places[authors[A_WORK]],
            author_position=authors[A_POSITION],
            author_id=authors[A_ID],
            author_name=make_texts(block, authors[A_NAME], authors[A_NAME_END]),
            author_orcid=make_fixed(block, authors[A_ORCID], _ORCID_CHARS),
            row_author=rows[R_AUTHOR],
            row_part=rows[R_PART],
            row_affiliation=self._affiliations.of_entries(rows[R_ENTRY]),
            author_corresponds=authors[A_CORRESPONDS],
        )

    def _odd_lines(self) -> list[int]:
        works = self._found.works[: int(self._found.counts[0])]
        odd: list[int] = works[works[:, W_STATE] == ODD, W_LINE].tolist()
        return odd

    def _decode_lines(
        self, block: npt.NDArray[np.uint8], ends: npt.NDArray[np.int64], lines: Iterable[int]
    ) -> Batch:
        def cut() -> Iterator[tuple[int, bytes]]:
            for line in lines:
                start = int(ends[line - 1]) + 1 if line else 0
                yield self.line + line, block[start : int(ends[line])].tobytes()

        return decode_works(cut(), self._affiliations, self._reject)
