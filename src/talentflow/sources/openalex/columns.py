"""How do spans of a buffer, and numbers, become columns of text without a Python string each?

Compiled. Texts are the insides of JSON strings, whose escapes are undone.
"""

from __future__ import annotations

from typing import Any, Final

import numba as nb
import numpy as np
import numpy.typing as npt
import pyarrow as pa

from talentflow.sources.openalex.vectors import MARGIN, copy_bytes, find_backslashes

_QUOTE: Final = 34
_BACKSLASH: Final = 92
_ZERO: Final = 48
_NINE: Final = 57

_compiled: Any = nb.njit(cache=True, nogil=True, boundscheck=False)

Integers = npt.NDArray[np.int64]


class BrokenTextError(ValueError):
    """A text whose escapes or whose UTF-8 are broken."""


def make_texts(buffer: npt.NDArray[np.uint8], starts: Integers, ends: Integers) -> pa.Array:
    """The insides of JSON strings from `starts` to `ends` as a column; null where there is none
    (`ends` is not above `starts`). Raises `BrokenTextError`."""
    filled = ends > starts
    offsets = np.empty(len(starts) + 1, np.int32)
    out = np.empty(int((ends - starts)[filled].sum()) + MARGIN, np.uint8)
    if not _copy_texts(buffer, starts, np.where(filled, ends, starts), offsets, out):
        raise BrokenTextError("a broken escape")
    made = _as_array(offsets, out, filled)
    try:
        made.validate(full=True)
    except pa.ArrowInvalid as error:
        raise BrokenTextError(str(error)) from error
    return made


def make_fixed(buffer: npt.NDArray[np.uint8], starts: Integers, length: int) -> pa.Array:
    """Plain texts of one length as a column; null where a start is below 0."""
    filled = starts >= 0
    offsets = np.empty(len(starts) + 1, np.int32)
    ends = np.where(filled, starts + length, 0)
    begins = np.where(filled, starts, 0)
    out = np.empty(int(filled.sum()) * length + MARGIN, np.uint8)
    _copy_texts(buffer, begins, ends, offsets, out)
    return _as_array(offsets, out, filled)


def make_numbers(
    values: npt.NDArray[np.integer[Any]], filled: npt.NDArray[np.bool_] | None = None
) -> pa.Array:
    """Whole numbers as a column of their type, without a copy; null where not `filled`."""
    kept = np.ascontiguousarray(values)
    type_ = pa.from_numpy_dtype(kept.dtype)
    return pa.Array.from_buffers(type_, len(kept), [_as_bits(filled), pa.py_buffer(kept)])


def point_into(
    texts: pa.Array,
    places: npt.NDArray[np.integer[Any]] | npt.NDArray[np.bool_],
    filled: npt.NDArray[np.bool_] | None = None,
) -> pa.Array:
    """A column of the text at each place, each text kept once; null where not `filled`."""
    return pa.DictionaryArray.from_arrays(make_numbers(places.astype(np.int32), filled), texts)


def number_texts(prefix: str, *columns: Integers) -> pa.Array:
    """`prefix` and the numbers of a row with `/` between them, a text a row."""
    numbers = np.ascontiguousarray(np.vstack(columns))
    start = prefix.encode()
    vectors = np.frombuffer(start.ljust(-(-len(start) // MARGIN) * MARGIN), np.uint8)
    rows = numbers.shape[1]
    widest = sum(len(str(int(column.max()))) + 1 for column in columns) if rows else 0
    offsets = np.empty(rows + 1, np.int32)
    out = np.empty(rows * (len(start) + widest) + MARGIN, np.uint8)
    _write_numbers(vectors, len(start), numbers, offsets, out)
    return _as_array(offsets, out, None)


def _as_array(
    offsets: npt.NDArray[np.int32], out: npt.NDArray[np.uint8], filled: npt.NDArray[np.bool_] | None
) -> pa.Array:
    buffers = [_as_bits(filled), pa.py_buffer(offsets), pa.py_buffer(out[: offsets[-1]])]
    return pa.Array.from_buffers(pa.string(), len(offsets) - 1, buffers)


def _as_bits(filled: npt.NDArray[np.bool_] | None) -> pa.Buffer | None:
    if filled is None or filled.all():
        return None
    return pa.py_buffer(np.packbits(filled, bitorder="little"))


@_compiled
def _copy_texts(b, starts, ends, offsets, out):  # type: ignore[no-untyped-def]  # noqa: PLR0912
    """The texts of JSON strings, their escapes undone, one after the other; `offsets` is filled
    as Arrow wants it. False where an escape is broken."""
    at = 0
    offsets[0] = 0
    for n in range(len(starts)):
        i, end = starts[n], ends[n]
        while i < end and not find_backslashes(b, i):
            copy_bytes(b, i, out, at)
            at += min(MARGIN, end - i)
            i += MARGIN
        while i < end:
            c = b[i]
            i += 1
            if c != _BACKSLASH:
                out[at] = c
                at += 1
                continue
            c = b[i]
            i += 1
            if c == 117:
                code = _read_hex(b, i, end)
                i += 4
                if 0xD800 <= code < 0xDC00 and b[i] == _BACKSLASH and b[i + 1] == 117:
                    low = _read_hex(b, i + 2, end)
                    if low < 0xDC00 or low > 0xDFFF:
                        return False
                    code = 0x10000 + ((code - 0xD800) << 10) + (low - 0xDC00)
                    i += 6
                if code < 0 or 0xD800 <= code < 0xE000:
                    return False
                at = _put_utf8(out, at, code)
                continue
            if c == 110:
                c = 10
            elif c == 116:
                c = 9
            elif c == 114:
                c = 13
            elif c == 98:
                c = 8
            elif c == 102:
                c = 12
            elif c not in (_QUOTE, _BACKSLASH, 47):
                return False
            out[at] = c
            at += 1
        offsets[n + 1] = at
    return True


@_compiled
def _read_hex(b, i, end):  # type: ignore[no-untyped-def]
    if i + 4 > end:
        return -1
    code = 0
    for k in range(4):
        c = b[i + k] | 32
        if _ZERO <= b[i + k] <= _NINE:
            code = code * 16 + (b[i + k] - _ZERO)
        elif 97 <= c <= 102:
            code = code * 16 + (c - 87)
        else:
            return -1
    return code


@_compiled
def _put_utf8(out, at, code):  # type: ignore[no-untyped-def]
    if code < 0x80:
        out[at] = code
        return at + 1
    if code < 0x800:
        out[at] = 0xC0 | (code >> 6)
        out[at + 1] = 0x80 | (code & 63)
        return at + 2
    if code < 0x10000:
        out[at] = 0xE0 | (code >> 12)
        out[at + 1] = 0x80 | ((code >> 6) & 63)
        out[at + 2] = 0x80 | (code & 63)
        return at + 3
    out[at] = 0xF0 | (code >> 18)
    out[at + 1] = 0x80 | ((code >> 12) & 63)
    out[at + 2] = 0x80 | ((code >> 6) & 63)
    out[at + 3] = 0x80 | (code & 63)
    return at + 4


@_compiled
def _write_numbers(prefix, length, columns, offsets, out):  # type: ignore[no-untyped-def]
    """`prefix` and the numbers of a row with `/` between them, for each row.

    `columns` has one row a number; `prefix` is `length` bytes, and room up to whole vectors.
    """
    at = 0
    offsets[0] = 0
    for n in range(columns.shape[1]):
        for k in range(0, length, MARGIN):
            copy_bytes(prefix, k, out, at + k)
        at += length
        for column in range(columns.shape[0]):
            if column > 0:
                out[at] = 47
                at += 1
            number = np.uint64(columns[column, n])
            digits = 1
            rest = number // np.uint64(10)
            while rest > 0:
                digits += 1
                rest //= np.uint64(10)
            for k in range(digits - 1, -1, -1):
                out[at + k] = _ZERO + np.uint8(number % np.uint64(10))
                number //= np.uint64(10)
            at += digits
        offsets[n + 1] = at
