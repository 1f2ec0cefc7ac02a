"""How is one line of JSON followed token by token? Compiled.

Positions go in, positions come out; `BAD` is none. Every loop stops at a line feed, which cannot
stand within JSON text, so that no line reads into the next.
"""

# ruff: noqa: PLR1714, SIM109, SIM110 -- a tokeniser is branches, and
# the compiler makes better code of plain comparisons and loops.

from __future__ import annotations

from typing import Any, Final

import numba as nb
import numpy as np
import numpy.typing as npt

from talentflow.sources.openalex.vectors import (
    MARGIN,
    count_of,
    find_closing,
    find_ends_of_text,
    find_line_feeds,
    find_oddities,
    find_opening,
    find_quotes,
    first_of,
)

Bytes = npt.NDArray[np.uint8]

QUOTE: Final = 34
BACKSLASH: Final = 92
COLON: Final = 58
COMMA: Final = 44
OPEN: Final = 123
CLOSE: Final = 125
OPEN_LIST: Final = 91
CLOSE_LIST: Final = 93
ZERO: Final = 48
NINE: Final = 57
LETTER_N: Final = 110
BAD: Final = -1

# Without the runtime that counts references: nothing is allocated here, and counting every array
# at every call takes half of the time.
compiled: Any = nb.njit(  # type: ignore[call-overload, unused-ignore]
    cache=True, nogil=True, boundscheck=False, _nrt=False
)


def as_bytes(text: str) -> Bytes:
    """The bytes of a key or prefix that is looked for."""
    return np.frombuffer(text.encode(), np.uint8)


_PASSES = np.ones(256, np.bool_)
"""For every byte whether looking for the end of a value may pass it by."""
_PASSES[list(b'"{}[]\n')] = False

_ENTITY_URL = as_bytes("https://openalex.org/")
_ORCID_URL = as_bytes("https://orcid.org/")


@compiled
def skip_space(b, i):  # type: ignore[no-untyped-def]
    """The position of the next byte that is no white space."""
    while b[i] == 32 or b[i] == 9 or b[i] == 13:
        i += 1
    return i


@compiled
def find_lines(b, ends):  # type: ignore[no-untyped-def]
    """The positions of all line feeds, of which `ends` has room for some; how many there are."""
    count = 0
    for block in range(0, len(b), MARGIN):
        found = find_line_feeds(b, block)
        while found != 0:
            at = block + first_of(found)
            if at < len(b) and count < len(ends):
                ends[count] = at
            count += at < len(b)
            found &= found - np.uint64(1)
    return count


@compiled
def end_of_string(b, i):  # type: ignore[no-untyped-def]
    """`i` stands after the opening quote; the position of the closing one, or `BAD`."""
    while True:
        found = find_ends_of_text(b, i)
        while found == 0:
            i += MARGIN
            found = find_ends_of_text(b, i)
        i += first_of(found)
        c = b[i]
        if c == QUOTE:
            return i
        if c != BACKSLASH or b[i + 1] < 32:  # also the end of the line
            return BAD
        i += 2


@compiled
def skip_value(b, i):  # type: ignore[no-untyped-def]
    """The position after the value that begins at `i`, or `BAD`."""
    c = b[i]
    if c == QUOTE:
        end = end_of_string(b, i + 1)
        return end if end == BAD else end + 1
    if c != OPEN and c != OPEN_LIST:
        start = i
        while c != COMMA and c != CLOSE and c != CLOSE_LIST and c > 32:
            i += 1
            c = b[i]
        return i if i > start else BAD
    depth = 0
    within = np.uint64(0)
    while True:
        if find_oddities(b, i) != 0:
            return _skip_slowly(b, i, depth, within != 0)
        # Every bit from an opening quote on, up to the closing one; carried into the next bytes.
        quoted = find_quotes(b, i)
        for shift in (1, 2, 4, 8, 16, 32):
            quoted ^= quoted << np.uint64(shift)
        quoted ^= within
        within = np.uint64(0) - (quoted >> np.uint64(63))
        opening = find_opening(b, i) & ~quoted
        closing = find_closing(b, i) & ~quoted
        if count_of(closing) < depth:
            depth += count_of(opening) - count_of(closing)
            i += MARGIN
            continue
        while closing != 0:
            last = closing & (~closing + np.uint64(1))
            depth -= 1
            if count_of(opening & (last - np.uint64(1))) + depth == 0:
                return i + first_of(closing) + 1
            closing ^= last
        depth += count_of(opening)
        i += MARGIN


@compiled
def _skip_slowly(b, i, depth, within):  # type: ignore[no-untyped-def]
    """The rest of `skip_value`, byte by byte: there are escapes, or the line ends."""
    if within:
        i = end_of_string(b, i)
        if i == BAD:
            return BAD
        i += 1
    while True:
        while _PASSES[b[i]]:
            i += 1
        c = b[i]
        if c == QUOTE:
            i = end_of_string(b, i + 1)
            if i == BAD:
                return BAD
        elif c == OPEN or c == OPEN_LIST:
            depth += 1
        elif c == CLOSE or c == CLOSE_LIST:
            depth -= 1
            if depth == 0:
                return i + 1
        else:  # the end of the line
            return BAD
        i += 1


@compiled
def equals(b, i, end, text):  # type: ignore[no-untyped-def]
    """Whether the bytes from `i` to `end` are `text`."""
    if end - i != len(text):
        return False
    for k in range(len(text)):
        if b[i + k] != text[k]:
            return False
    return True


@compiled
def begins(b, i, text):  # type: ignore[no-untyped-def]
    """Whether the bytes at `i` begin with `text`."""
    for k in range(len(text)):
        if b[i + k] != text[k]:
            return False
    return True


@compiled
def next_key(b, i):  # type: ignore[no-untyped-def]
    """`i` stands at a key's opening quote: start and end of the key, and where its value begins.

    The end is `BAD` where there is no key with a value.
    """
    if b[i] != QUOTE:
        return i, BAD, i
    start = i + 1
    end = end_of_string(b, start)
    if end == BAD:
        return i, BAD, i
    i = skip_space(b, end + 1)
    if b[i] != COLON:
        return i, BAD, i
    return start, end, skip_space(b, i + 1)


@compiled
def after_value(b, i):  # type: ignore[no-untyped-def]
    """Where the next key of an object begins; `BAD` is nothing that may stand there.

    The end of the object is told by the caller, who sees `}`.
    """
    i = skip_space(b, i)
    if b[i] == COMMA:
        return skip_space(b, i + 1)
    return i if b[i] == CLOSE or b[i] == CLOSE_LIST else BAD


@compiled
def read_entity(b, i, letter):  # type: ignore[no-untyped-def]
    """The digits of an id in quotes that begins at `i`: (number, position after it).

    The number is 0 for null and `BAD` for anything else.
    """
    if b[i] == LETTER_N and b[i + 1] == 117 and b[i + 2] == 108 and b[i + 3] == 108:
        return 0, i + 4
    if b[i] != QUOTE or not begins(b, i + 1, _ENTITY_URL):
        return BAD, i
    i += 1 + len(_ENTITY_URL)
    if b[i] != letter:
        return BAD, i
    i += 1
    number = 0
    digits = 0
    while ZERO <= b[i] <= NINE and digits < 18:
        number = number * 10 + (b[i] - ZERO)
        digits += 1
        i += 1
    if b[i] != QUOTE or digits == 0 or digits > 17:
        return BAD, i
    return number, i + 1


@compiled
def read_orcid(b, i, end):  # type: ignore[no-untyped-def]
    """Start of a checked ORCID iD in the string from `i` to `end`: -1 for one whose check digit
    is wrong, -2 for another spelling than that of the issuer."""
    if end - i != len(_ORCID_URL) + 19 or not begins(b, i, _ORCID_URL):
        return -2
    start = i + len(_ORCID_URL)
    total = 0
    for k in range(18):
        c = b[start + k]
        if k % 5 == 4:
            if c != 45:
                return -2
        elif ZERO <= c <= NINE:
            total = (total + (c - ZERO)) * 2 % 11
        else:
            return -2
    check = (12 - total) % 11
    last = b[start + 18]
    if last != 88 and not ZERO <= last <= NINE:
        return -2
    return start if last == (88 if check == 10 else ZERO + check) else -1


@compiled
def read_digits(b, i, end):  # type: ignore[no-untyped-def]
    """The first 14 digits among the first 19 characters, as if followed by zeros."""
    number = 0
    digits = 0
    for k in range(i, min(end, i + 19)):
        if ZERO <= b[k] <= NINE and digits < 14:
            number = number * 10 + (b[k] - ZERO)
            digits += 1
    if digits == 0:
        return 0
    for _ in range(14 - digits):
        number *= 10
    return number
