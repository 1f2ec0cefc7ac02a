"""Where in lines of JSON do the few fields of a work stand? Compiled.

A line is read from the left as far as it is needed: everything before and within `authorships`
is followed token by token, then `updated_date` is looked up from the end. What is found are
positions in the buffer, numbers, and entries of a table of distinct affiliations. A line in which
anything is unusual is given back as `ODD` and decoded by `works`.

Institutions are not even followed: the id tells which object was read last under it, and where
the same bytes stand again, they are the same object, because a JSON object ends where it ends.
"""

# ruff: noqa: PLR0911, PLR0912, PLR0915, PLR1714, SIM109, SIM110 -- a tokeniser is branches, and
# the compiler makes better code of plain comparisons and loops.

from __future__ import annotations

from typing import Any, Final, NamedTuple

import numba as nb
import numpy as np
import numpy.typing as npt

Bytes = npt.NDArray[np.uint8]

PLAIN: Final = 0
ODD: Final = 1

TABLE_BITS: Final = 21
_MASK: Final = (1 << TABLE_BITS) - 1
_QUOTE: Final = 34
_BACKSLASH: Final = 92
_COLON: Final = 58
_COMMA: Final = 44
_OPEN: Final = 123
_CLOSE: Final = 125
_OPEN_LIST: Final = 91
_CLOSE_LIST: Final = 93
_ZERO: Final = 48
_NINE: Final = 57
_N: Final = 110
_BAD: Final = -1
_NULL: Final = 0
_TAIL_BYTES: Final = 400
INSTITUTION: Final = 0
TEXT: Final = 1


def _bytes(text: str) -> Bytes:
    return np.frombuffer(text.encode(), np.uint8)


_ID = _bytes("id")
_YEAR = _bytes("publication_year")
_LOCATION = _bytes("primary_location")
_AUTHORSHIPS = _bytes("authorships")
_UPDATED = _bytes("updated_date")
_UPDATED_KEY = _bytes('"updated_date"')
_SOURCE = _bytes("source")
_NAME = _bytes("display_name")
_AUTHOR = _bytes("author")
_INSTITUTIONS = _bytes("institutions")
_RAW_NAME = _bytes("raw_author_name")
_RAW_TEXTS = _bytes("raw_affiliation_strings")
_ORCID = _bytes("orcid")
_ENTITY_URL = _bytes("https://openalex.org/")
_ORCID_URL = _bytes("https://orcid.org/")
_INSTITUTION_HEAD = _bytes('{"id":"https://openalex.org/I')


# Columns of `Found`. Few arrays, because each is passed on, and counted, at every call.
W_LINE: Final = 0
W_STATE: Final = 1
W_ID: Final = 2
W_YEAR: Final = 3
W_UPDATED: Final = 4
W_AUTHORS: Final = 5
W_VENUE: Final = 6
W_VENUE_END: Final = 7
A_WORK: Final = 0
A_POSITION: Final = 1
A_ID: Final = 2
A_ORCID: Final = 3
A_NAME: Final = 4
A_NAME_END: Final = 5
R_AUTHOR: Final = 0
R_PART: Final = 1
R_ENTRY: Final = 2
E_START: Final = 0
E_LENGTH: Final = 1
E_KIND: Final = 2


def _passes(stops: str) -> npt.NDArray[np.bool_]:
    """For every byte whether a loop may pass it by: not those of `stops`, nor a line feed."""
    passes = np.ones(256, np.bool_)
    passes[list((stops + "\n").encode())] = False
    return passes


_PASSES = _passes('"{}[]')
_PASSES_IN_STRING = _passes('"\\') & (np.arange(256) >= 32)


class Found(NamedTuple):
    """What was found, a row each; `counts` works, authors and rows are filled.

    Columns W_…, A_… and R_…: places in the buffer where they begin and, `_END`, where they end.
    """

    counts: npt.NDArray[np.int64]
    works: npt.NDArray[np.int64]
    authors: npt.NDArray[np.int64]
    rows: npt.NDArray[np.int64]


class Entries(NamedTuple):
    """Distinct affiliations by the bytes they are written in, columns E_…. `counts`: entries,
    bytes of `arena`. `slots` is a hash table of entries, 0 for a free slot, else the entry + 1."""

    counts: npt.NDArray[np.int64]
    slots: npt.NDArray[np.int32]
    entries: npt.NDArray[np.int64]
    arena: Bytes


def make_found(works: int, authors: int, rows: int) -> Found:
    """Room for so many."""
    return Found(
        np.zeros(3, np.int64),
        np.zeros((works, 8), np.int64),
        np.zeros((authors, 6), np.int64),
        np.zeros((rows, 3), np.int64),
    )


def make_entries(arena_bytes: int) -> Entries:
    """Room for half as many entries as the hash table has slots, and so many bytes of them."""
    return Entries(
        np.zeros(2, np.int64),
        np.zeros(1 << TABLE_BITS, np.int32),
        np.zeros((1 << (TABLE_BITS - 1), 3), np.int64),
        np.zeros(arena_bytes, np.uint8),
    )


# Without the runtime that counts references: nothing is allocated here, and counting every array
# at every call takes half of the time.
_compiled: Any = nb.njit(cache=True, nogil=True, boundscheck=False, _nrt=False)  # type: ignore[call-overload, unused-ignore]


@_compiled
def _skip_space(b, i):  # type: ignore[no-untyped-def]
    while b[i] == 32 or b[i] == 9 or b[i] == 13:
        i += 1
    return i


@_compiled
def _end_of_string(b, i):  # type: ignore[no-untyped-def]
    """`i` stands after the opening quote; the position of the closing one, or `_BAD`."""
    while True:
        while _PASSES_IN_STRING[b[i]]:
            i += 1
        c = b[i]
        if c == _QUOTE:
            return i
        if c != _BACKSLASH or b[i + 1] < 32:  # also the end of the line
            return _BAD
        i += 2


@_compiled
def _skip_value(b, i):  # type: ignore[no-untyped-def]
    """The position after the value that begins at `i`, or `_BAD`."""
    c = b[i]
    if c == _QUOTE:
        end = _end_of_string(b, i + 1)
        return end if end == _BAD else end + 1
    if c != _OPEN and c != _OPEN_LIST:
        start = i
        while c != _COMMA and c != _CLOSE and c != _CLOSE_LIST and c > 32:
            i += 1
            c = b[i]
        return i if i > start else _BAD
    depth = 0
    while True:
        while _PASSES[b[i]]:
            i += 1
        c = b[i]
        if c == _QUOTE:
            i = _end_of_string(b, i + 1)
            if i == _BAD:
                return _BAD
        elif c == _OPEN or c == _OPEN_LIST:
            depth += 1
        elif c == _CLOSE or c == _CLOSE_LIST:
            depth -= 1
            if depth == 0:
                return i + 1
        else:  # the end of the line
            return _BAD
        i += 1


@_compiled
def _equals(b, i, end, text):  # type: ignore[no-untyped-def]
    if end - i != len(text):
        return False
    for k in range(len(text)):
        if b[i + k] != text[k]:
            return False
    return True


@_compiled
def _begins(b, i, text):  # type: ignore[no-untyped-def]
    for k in range(len(text)):
        if b[i + k] != text[k]:
            return False
    return True


@_compiled
def _next_key(b, i):  # type: ignore[no-untyped-def]
    """`i` stands at a key's opening quote: start and end of the key, and where its value begins.

    The end is `_BAD` where there is no key with a value.
    """
    if b[i] != _QUOTE:
        return i, _BAD, i
    start = i + 1
    end = _end_of_string(b, start)
    if end == _BAD:
        return i, _BAD, i
    i = _skip_space(b, end + 1)
    if b[i] != _COLON:
        return i, _BAD, i
    return start, end, _skip_space(b, i + 1)


@_compiled
def _after_value(b, i):  # type: ignore[no-untyped-def]
    """Where the next key of an object begins; `_BAD` is nothing that may stand there.

    The end of the object is told by the caller, who sees `}`.
    """
    i = _skip_space(b, i)
    if b[i] == _COMMA:
        return _skip_space(b, i + 1)
    return i if b[i] == _CLOSE or b[i] == _CLOSE_LIST else _BAD


@_compiled
def _read_entity(b, i, letter):  # type: ignore[no-untyped-def]
    """The digits of an id in quotes that begins at `i`: (number, position after it).

    The number is 0 for null and `_BAD` for anything else.
    """
    if b[i] == _N and b[i + 1] == 117 and b[i + 2] == 108 and b[i + 3] == 108:
        return 0, i + 4
    if b[i] != _QUOTE or not _begins(b, i + 1, _ENTITY_URL):
        return _BAD, i
    i += 1 + len(_ENTITY_URL)
    if b[i] != letter:
        return _BAD, i
    i += 1
    number = 0
    digits = 0
    while _ZERO <= b[i] <= _NINE and digits < 18:
        number = number * 10 + (b[i] - _ZERO)
        digits += 1
        i += 1
    if b[i] != _QUOTE or digits == 0 or digits > 17:
        return _BAD, i
    return number, i + 1


@_compiled
def _read_orcid(b, i, end):  # type: ignore[no-untyped-def]
    """Start of a checked ORCID iD in the string from `i` to `end`: -1 for one whose check digit
    is wrong, -2 for another spelling than that of the issuer."""
    if end - i != len(_ORCID_URL) + 19 or not _begins(b, i, _ORCID_URL):
        return -2
    start = i + len(_ORCID_URL)
    total = 0
    for k in range(18):
        c = b[start + k]
        if k % 5 == 4:
            if c != 45:
                return -2
        elif _ZERO <= c <= _NINE:
            total = (total + (c - _ZERO)) * 2 % 11
        else:
            return -2
    check = (12 - total) % 11
    last = b[start + 18]
    if last != 88 and not _ZERO <= last <= _NINE:
        return -2
    return start if last == (88 if check == 10 else _ZERO + check) else -1


@_compiled
def _read_digits(b, i, end):  # type: ignore[no-untyped-def]
    """The first 14 digits among the first 19 characters, as if followed by zeros."""
    number = 0
    digits = 0
    for k in range(i, min(end, i + 19)):
        if _ZERO <= b[k] <= _NINE and digits < 14:
            number = number * 10 + (b[k] - _ZERO)
            digits += 1
    if digits == 0:
        return 0
    for _ in range(14 - digits):
        number *= 10
    return number


@_compiled
def _same(b, i, arena, start, length):  # type: ignore[no-untyped-def]
    """Whether `length` bytes are equal; without leaving early, so that it is vectorised."""
    differ = np.uint8(0)
    for k in range(length):
        differ |= b[i + k] ^ arena[start + k]
    return differ == 0


@_compiled
def _mix(number):  # type: ignore[no-untyped-def]
    mixed = np.uint64(number) * np.uint64(0x9E3779B97F4A7C15)
    return np.int64(mixed >> np.uint64(64 - TABLE_BITS))


@_compiled
def _find_known(b, i, limit, number, entries):  # type: ignore[no-untyped-def]
    """The entry under this number whose bytes stand at `i`; -1: none."""
    slot = _mix(number)
    while entries.slots[slot] != 0:
        entry = entries.slots[slot] - 1
        length = entries.entries[entry, E_LENGTH]
        if (
            i + length <= limit
            and b[i + length - 1] == entries.arena[entries.entries[entry, E_START] + length - 1]
            and _same(b, i, entries.arena, entries.entries[entry, E_START], length)
        ):
            return entry
        slot = (slot + 1) & _MASK
    return -1


@_compiled
def _add_entry(b, i, end, kind, number, entries):  # type: ignore[no-untyped-def]
    """A new entry of the bytes from `i` to `end`; -1: there is no room."""
    entry = entries.counts[0]
    start = entries.counts[1]
    if entry >= len(entries.entries) or start + (end - i) > len(entries.arena):
        return -1
    for k in range(end - i):
        entries.arena[start + k] = b[i + k]
    entries.entries[entry, E_START] = start
    entries.entries[entry, E_LENGTH] = end - i
    entries.entries[entry, E_KIND] = kind
    entries.counts[0] = entry + 1
    entries.counts[1] = start + (end - i)
    slot = _mix(number)
    while entries.slots[slot] != 0:
        slot = (slot + 1) & _MASK
    entries.slots[slot] = entry + 1
    return entry


@_compiled
def _hash_text(b, i, end):  # type: ignore[no-untyped-def]
    """A number that differs for most texts, from their length and 24 bytes of them."""
    number = np.uint64(end - i)
    size = end - i
    for k in range(min(8, size)):
        number = number * np.uint64(31) + b[i + k]
        number = number * np.uint64(31) + b[end - 1 - k]
        number = number * np.uint64(31) + b[i + size // 2 - min(8, size) // 2 + k]
    return np.int64(number >> np.uint64(1))


@_compiled
def _read_element(b, i, limit, kind, entries):  # type: ignore[no-untyped-def]
    """One institution or one affiliation text: (entry, position after it).

    The entry is -1 where there is no room for a new one, -2 where this is neither.
    """
    if kind == INSTITUTION:
        if b[i] != _OPEN:
            return -2, i
        number = 0
        if _begins(b, i, _INSTITUTION_HEAD):
            k = i + len(_INSTITUTION_HEAD)
            while _ZERO <= b[k] <= _NINE:
                number = number * 10 + (b[k] - _ZERO)
                k += 1
        entry = _find_known(b, i, limit, number, entries)
        if entry >= 0:
            return entry, i + entries.entries[entry, E_LENGTH]
        end = _skip_value(b, i)
    else:
        end = _BAD
        if b[i] == _QUOTE:
            end = _end_of_string(b, i + 1)
            if end != _BAD:
                end += 1
        if end == _BAD:
            return -2, i
        number = _hash_text(b, i, end)
        entry = _find_text(b, i, end, number, entries)
        if entry >= 0:
            return entry, end
    if end == _BAD:
        return -2, i
    return _add_entry(b, i, end, kind, number, entries), end


@_compiled
def _find_text(b, i, end, number, entries):  # type: ignore[no-untyped-def]
    slot = _mix(number)
    while entries.slots[slot] != 0:
        entry = entries.slots[slot] - 1
        if entries.entries[entry, E_LENGTH] == end - i and _same(
            b, i, entries.arena, entries.entries[entry, E_START], end - i
        ):
            return entry
        slot = (slot + 1) & _MASK
    return -1


@_compiled
def _read_list(b, i, limit, kind, found, entries):  # type: ignore[no-untyped-def]
    """Rows of the author that is being read, one an element: (position after the list, how it
    went): 0 well, -1 no room, -2 odd."""
    author, row = found.counts[1], found.counts[2]
    if b[i] == _N:
        return _skip_value(b, i), 0
    if b[i] != _OPEN_LIST:
        return i, -2
    i = _skip_space(b, i + 1)
    part = 0
    while b[i] != _CLOSE_LIST:
        entry, i = _read_element(b, i, limit, kind, entries)
        if entry < 0:
            return i, entry
        if row >= len(found.rows):
            return i, -1
        part += 1
        found.rows[row, R_AUTHOR] = author
        found.rows[row, R_PART] = part
        found.rows[row, R_ENTRY] = entry
        row += 1
        i = _after_value(b, i)
        if i == _BAD:
            return i, -2
    found.counts[2] = row
    return i + 1, 0


@_compiled
def _read_author(b, i, found):  # type: ignore[no-untyped-def]
    """The author of an authorship: position after it, `_BAD` for an odd one."""
    author = found.counts[1]
    if b[i] == _N:
        return _skip_value(b, i)
    if b[i] != _OPEN:
        return _BAD
    i = _skip_space(b, i + 1)
    while b[i] != _CLOSE:
        start, end, i = _next_key(b, i)
        if end == _BAD:
            return _BAD
        if _equals(b, start, end, _ID):
            number, i = _read_entity(b, i, 65)
            if number == _BAD:
                return _BAD
            found.authors[author, A_ID] = number
        elif b[i] == _QUOTE and _equals(b, start, end, _NAME):
            close = _end_of_string(b, i + 1)
            if close == _BAD:
                return _BAD
            if found.authors[author, A_NAME_END] <= found.authors[author, A_NAME]:
                found.authors[author, A_NAME] = i + 1
                found.authors[author, A_NAME_END] = close
            i = close + 1
        elif b[i] == _QUOTE and _equals(b, start, end, _ORCID):
            close = _end_of_string(b, i + 1)
            if close == _BAD:
                return _BAD
            orcid = _read_orcid(b, i + 1, close)
            if orcid == -2:
                return _BAD
            found.authors[author, A_ORCID] = orcid
            i = close + 1
        else:
            i = _skip_value(b, i)
            if i == _BAD:
                return _BAD
        i = _after_value(b, i)
        if i == _BAD:
            return _BAD
    return i + 1


@_compiled
def _read_authorship(b, i, limit, found, entries):  # type: ignore[no-untyped-def]
    """One authorship: (position after it, how it went) as in `_read_list`."""
    if b[i] != _OPEN:
        return i, -2
    author, first = found.counts[1], found.counts[2]
    if author >= len(found.authors) or first >= len(found.rows):
        return i, -1
    found.authors[author, A_ID] = 0
    found.authors[author, A_ORCID] = -1
    found.authors[author, A_NAME] = 0
    found.authors[author, A_NAME_END] = 0
    went = 0
    has_institutions = False
    i = _skip_space(b, i + 1)
    while b[i] != _CLOSE:
        start, end, i = _next_key(b, i)
        if end == _BAD:
            return i, -2
        if _equals(b, start, end, _AUTHOR):
            i = _read_author(b, i, found)
        elif _equals(b, start, end, _INSTITUTIONS):
            i, went = _read_list(b, i, limit, INSTITUTION, found, entries)
            has_institutions = True
        elif found.counts[2] == first and _equals(b, start, end, _RAW_TEXTS):
            if not has_institutions:
                return i, -2
            i, went = _read_list(b, i, limit, TEXT, found, entries)
        elif b[i] == _QUOTE and _equals(b, start, end, _RAW_NAME):
            close = _end_of_string(b, i + 1)
            if close > i + 1:
                found.authors[author, A_NAME] = i + 1
                found.authors[author, A_NAME_END] = close
            i = close if close == _BAD else close + 1
        else:
            i = _skip_value(b, i)
        if went != 0:
            return i, went
        if i == _BAD:
            return i, -2
        i = _after_value(b, i)
        if i == _BAD:
            return i, -2
    if found.counts[2] == first:
        found.rows[first, R_AUTHOR] = author
        found.rows[first, R_PART] = 1
        found.rows[first, R_ENTRY] = -1
        found.counts[2] = first + 1
    found.counts[1] = author + 1
    return i + 1, 0


@_compiled
def _read_authorships(b, i, limit, found, entries):  # type: ignore[no-untyped-def]
    """All authors of a work: (position after the list, how it went) as in `_read_list`."""
    if b[i] == _N:
        return _skip_value(b, i), 0
    if b[i] != _OPEN_LIST:
        return i, -2
    work = found.counts[0]
    i = _skip_space(b, i + 1)
    position = 0
    while b[i] != _CLOSE_LIST:
        author = found.counts[1]
        i, went = _read_authorship(b, i, limit, found, entries)
        if went != 0:
            return i, went
        position += 1
        found.authors[author, A_WORK] = work
        found.authors[author, A_POSITION] = position
        i = _after_value(b, i)
        if i == _BAD:
            return i, -2
    found.works[work, W_AUTHORS] = position
    return i + 1, 0


@_compiled
def _read_venue(b, i, found):  # type: ignore[no-untyped-def]
    """The name of the source of a location: position after the location, or `_BAD`."""
    work = found.counts[0]
    if b[i] == _N:
        return _skip_value(b, i)
    depth = 0
    while True:
        if b[i] != _OPEN:
            return _BAD
        depth += 1
        inner = False
        i = _skip_space(b, i + 1)
        while b[i] != _CLOSE or depth == 2:
            if b[i] == _CLOSE:  # of the source, back to the location
                depth = 1
                i = _after_value(b, i + 1)
                if i == _BAD:
                    return _BAD
                continue
            start, end, i = _next_key(b, i)
            if end == _BAD:
                return _BAD
            if depth == 1 and b[i] == _OPEN and _equals(b, start, end, _SOURCE):
                inner = True
                break
            if depth == 2 and b[i] == _QUOTE and _equals(b, start, end, _NAME):
                found.works[work, W_VENUE] = i + 1
                found.works[work, W_VENUE_END] = _end_of_string(b, i + 1)
            i = _skip_value(b, i)
            if i == _BAD:
                return _BAD
            i = _after_value(b, i)
            if i == _BAD:
                return _BAD
        if not inner:
            return i + 1


@_compiled
def _find_updated(b, i, limit):  # type: ignore[no-untyped-def]
    """Where the value of `updated_date` begins near the end of the line; -1: not there."""
    size = len(_UPDATED_KEY)
    for at in range(limit - size, max(i, limit - _TAIL_BYTES) - 1, -1):
        if b[at] == _QUOTE and b[at + 1] == _UPDATED_KEY[1] and _begins(b, at, _UPDATED_KEY):
            k = _skip_space(b, at + size)
            if b[k] == _COLON and b[at - 1] != _BACKSLASH:
                k = _skip_space(b, k + 1)
                return k if b[k] == _QUOTE else -1
    return -1


@_compiled
def _read_line(b, i, limit, found, entries):  # type: ignore[no-untyped-def]
    """One work. 0 well, -1 no room, -2 odd."""
    work = found.counts[0]
    found.works[work, W_ID] = 0
    found.works[work, W_YEAR] = 0
    found.works[work, W_UPDATED] = 0
    found.works[work, W_AUTHORS] = 0
    found.works[work, W_VENUE] = 0
    found.works[work, W_VENUE_END] = 0
    seen = 0
    last = limit - 1
    while last > i and b[last] <= 32:
        last -= 1
    i = _skip_space(b, i)
    if b[i] != _OPEN or b[last] != _CLOSE:
        return -2
    i = _skip_space(b, i + 1)
    while b[i] != _CLOSE:
        start, end, i = _next_key(b, i)
        if end == _BAD:
            return -2
        if _equals(b, start, end, _AUTHORSHIPS):
            i, went = _read_authorships(b, i, limit, found, entries)
            if went != 0:
                return went
            seen |= 1
        elif _equals(b, start, end, _ID):
            number, i = _read_entity(b, i, 87)
            if number <= 0:
                return -2
            found.works[work, W_ID] = number
            seen |= 2
        elif _equals(b, start, end, _YEAR):
            number = 0
            while _ZERO <= b[i] <= _NINE and number < 10_000:
                number = number * 10 + (b[i] - _ZERO)
                i += 1
            if number < 1900 or number > 2100:
                return -2
            found.works[work, W_YEAR] = number
            seen |= 4
        elif _equals(b, start, end, _LOCATION):
            i = _read_venue(b, i, found)
            seen |= 8
        elif b[i] == _QUOTE and _equals(b, start, end, _UPDATED):
            close = _end_of_string(b, i + 1)
            if close == _BAD:
                return -2
            found.works[work, W_UPDATED] = _read_digits(b, i + 1, close)
            seen |= 16
            i = close + 1
        else:
            i = _skip_value(b, i)
        if i == _BAD:
            return -2
        i = _after_value(b, i)
        if i == _BAD:
            return -2
        if seen == 15:
            at = _find_updated(b, i, last)
            if at >= 0:
                close = _end_of_string(b, at + 1)
                if close == _BAD:
                    return -2
                found.works[work, W_UPDATED] = _read_digits(b, at + 1, close)
                return 0
    return 0 if seen & 6 == 6 and i == last else -2


@_compiled
def scan_lines(b, ends, first, found, entries):  # type: ignore[no-untyped-def]
    """Works of the lines from `first` on, as many as there is room for; the next line to read.

    `b` ends with a line feed, `ends` are the positions of all of them.
    """
    found.counts[:] = 0
    for line in range(first, len(ends)):
        if found.counts[0] >= len(found.works):
            return line
        start = 0 if line == 0 else ends[line - 1] + 1
        work, author, row = found.counts[0], found.counts[1], found.counts[2]
        went = _read_line(b, start, ends[line], found, entries)
        if went != 0:
            found.counts[1] = author
            found.counts[2] = row
            if went == -1:
                return line
            found.works[work, W_AUTHORS] = 0
        found.works[work, W_LINE] = line
        found.works[work, W_STATE] = PLAIN if went == 0 else ODD
        found.counts[0] = work + 1
    return len(ends)
