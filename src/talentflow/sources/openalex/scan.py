"""Where in lines of JSON do the few fields of a work stand? Compiled.

A line is read from the left as far as it is needed: everything before and within `authorships`
is followed token by token, then `updated_date` is looked up from the end. What is found are
positions in the buffer, numbers, and entries of a table of distinct affiliations. A line in which
anything is unusual is given back as `ODD` and decoded by `works`.
"""

# ruff: noqa: PLR0911, PLR0912 -- a tokeniser is branches, and
# the compiler makes better code of plain comparisons and loops.

from __future__ import annotations

from typing import Final, NamedTuple

import numpy as np
import numpy.typing as npt

from talentflow.sources.openalex.known import INSTITUTION, TEXT, read_element
from talentflow.sources.openalex.tokens import (
    BACKSLASH,
    BAD,
    CLOSE,
    CLOSE_LIST,
    COLON,
    LETTER_N,
    NINE,
    OPEN,
    OPEN_LIST,
    QUOTE,
    ZERO,
    after_value,
    as_bytes,
    begins,
    compiled,
    end_of_string,
    equals,
    next_key,
    read_digits,
    read_entity,
    read_orcid,
    skip_space,
    skip_value,
)

PLAIN: Final = 0
ODD: Final = 1

_TAIL_BYTES: Final = 400
_LETTER_T: Final = 116

_ID = as_bytes("id")
_YEAR = as_bytes("publication_year")
_LOCATION = as_bytes("primary_location")
_AUTHORSHIPS = as_bytes("authorships")
_UPDATED = as_bytes("updated_date")
_UPDATED_KEY = as_bytes('"updated_date"')
_SOURCE = as_bytes("source")
_NAME = as_bytes("display_name")
_AUTHOR = as_bytes("author")
_INSTITUTIONS = as_bytes("institutions")
_RAW_NAME = as_bytes("raw_author_name")
_RAW_TEXTS = as_bytes("raw_affiliation_strings")
_ORCID = as_bytes("orcid")
_CORRESPONDS = as_bytes("is_corresponding")

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
A_CORRESPONDS: Final = 6
R_AUTHOR: Final = 0
R_PART: Final = 1
R_ENTRY: Final = 2


class Found(NamedTuple):
    """What was found, a row each; `counts` works, authors and rows are filled.

    Columns W_…, A_… and R_…: places in the buffer where they begin and, `_END`, where they end.
    """

    counts: npt.NDArray[np.int64]
    works: npt.NDArray[np.int64]
    authors: npt.NDArray[np.int64]
    rows: npt.NDArray[np.int64]


def make_found(works: int, authors: int, rows: int) -> Found:
    """Room for so many."""
    return Found(
        np.zeros(3, np.int64),
        np.zeros((works, 8), np.int64),
        np.zeros((authors, 7), np.int64),
        np.zeros((rows, 3), np.int64),
    )


@compiled
def _read_list(b, i, limit, kind, found, entries):  # type: ignore[no-untyped-def]
    """Rows of the author that is being read, one an element: (position after the list, how it
    went): 0 well, -1 no room, -2 odd."""
    author, row = found.counts[1], found.counts[2]
    if b[i] == LETTER_N:
        return skip_value(b, i), 0
    if b[i] != OPEN_LIST:
        return i, -2
    i = skip_space(b, i + 1)
    part = 0
    while b[i] != CLOSE_LIST:
        entry, i = read_element(b, i, limit, kind, entries)
        if entry < 0:
            return i, entry
        if row >= len(found.rows):
            return i, -1
        part += 1
        found.rows[row, R_AUTHOR] = author
        found.rows[row, R_PART] = part
        found.rows[row, R_ENTRY] = entry
        row += 1
        i = after_value(b, i)
        if i == BAD:
            return i, -2
    found.counts[2] = row
    return i + 1, 0


@compiled
def _read_author(b, i, found):  # type: ignore[no-untyped-def]
    """The author of an authorship: position after it, `BAD` for an odd one."""
    author = found.counts[1]
    if b[i] == LETTER_N:
        return skip_value(b, i)
    if b[i] != OPEN:
        return BAD
    i = skip_space(b, i + 1)
    while b[i] != CLOSE:
        start, end, i = next_key(b, i)
        if end == BAD:
            return BAD
        if equals(b, start, end, _ID):
            number, i = read_entity(b, i, 65)
            if number == BAD:
                return BAD
            found.authors[author, A_ID] = number
        elif b[i] == QUOTE and equals(b, start, end, _NAME):
            close = end_of_string(b, i + 1)
            if close == BAD:
                return BAD
            if found.authors[author, A_NAME_END] <= found.authors[author, A_NAME]:
                found.authors[author, A_NAME] = i + 1
                found.authors[author, A_NAME_END] = close
            i = close + 1
        elif b[i] == QUOTE and equals(b, start, end, _ORCID):
            close = end_of_string(b, i + 1)
            if close == BAD:
                return BAD
            orcid = read_orcid(b, i + 1, close)
            if orcid == -2:
                return BAD
            found.authors[author, A_ORCID] = orcid
            i = close + 1
        else:
            i = skip_value(b, i)
            if i == BAD:
                return BAD
        i = after_value(b, i)
        if i == BAD:
            return BAD
    return i + 1


@compiled
def _read_authorship(b, i, limit, found, entries):  # type: ignore[no-untyped-def]
    """One authorship: (position after it, how it went) as in `_read_list`."""
    if b[i] != OPEN:
        return i, -2
    author, first = found.counts[1], found.counts[2]
    if author >= len(found.authors) or first >= len(found.rows):
        return i, -1
    found.authors[author, A_ID] = 0
    found.authors[author, A_ORCID] = -1
    found.authors[author, A_NAME] = 0
    found.authors[author, A_NAME_END] = 0
    found.authors[author, A_CORRESPONDS] = 0
    went = 0
    has_institutions = False
    i = skip_space(b, i + 1)
    while b[i] != CLOSE:
        start, end, i = next_key(b, i)
        if end == BAD:
            return i, -2
        if equals(b, start, end, _AUTHOR):
            i = _read_author(b, i, found)
        elif equals(b, start, end, _INSTITUTIONS):
            i, went = _read_list(b, i, limit, INSTITUTION, found, entries)
            has_institutions = True
        elif found.counts[2] == first and equals(b, start, end, _RAW_TEXTS):
            if not has_institutions:
                return i, -2
            i, went = _read_list(b, i, limit, TEXT, found, entries)
        elif b[i] == QUOTE and equals(b, start, end, _RAW_NAME):
            close = end_of_string(b, i + 1)
            if close > i + 1:
                found.authors[author, A_NAME] = i + 1
                found.authors[author, A_NAME_END] = close
            i = close if close == BAD else close + 1
        else:
            if equals(b, start, end, _CORRESPONDS):
                if b[i] <= NINE or b[i] == OPEN or b[i] == OPEN_LIST:  # neither true, false, null
                    return i, -2
                found.authors[author, A_CORRESPONDS] = b[i] == _LETTER_T
            i = skip_value(b, i)
        if went != 0:
            return i, went
        if i == BAD:
            return i, -2
        i = after_value(b, i)
        if i == BAD:
            return i, -2
    if found.counts[2] == first:
        found.rows[first, R_AUTHOR] = author
        found.rows[first, R_PART] = 1
        found.rows[first, R_ENTRY] = -1
        found.counts[2] = first + 1
    found.counts[1] = author + 1
    return i + 1, 0


@compiled
def _read_authorships(b, i, limit, found, entries):  # type: ignore[no-untyped-def]
    """All authors of a work: (position after the list, how it went) as in `_read_list`."""
    if b[i] == LETTER_N:
        return skip_value(b, i), 0
    if b[i] != OPEN_LIST:
        return i, -2
    work = found.counts[0]
    i = skip_space(b, i + 1)
    position = 0
    while b[i] != CLOSE_LIST:
        author = found.counts[1]
        i, went = _read_authorship(b, i, limit, found, entries)
        if went != 0:
            return i, went
        position += 1
        found.authors[author, A_WORK] = work
        found.authors[author, A_POSITION] = position
        i = after_value(b, i)
        if i == BAD:
            return i, -2
    found.works[work, W_AUTHORS] = position
    return i + 1, 0


@compiled
def _read_venue(b, i, found):  # type: ignore[no-untyped-def]
    """The name of the source of a location: position after the location, or `BAD`."""
    work = found.counts[0]
    if b[i] == LETTER_N:
        return skip_value(b, i)
    depth = 0
    while True:
        if b[i] != OPEN:
            return BAD
        depth += 1
        inner = False
        i = skip_space(b, i + 1)
        while b[i] != CLOSE or depth == 2:
            if b[i] == CLOSE:  # of the source, back to the location
                depth = 1
                i = after_value(b, i + 1)
                if i == BAD:
                    return BAD
                continue
            start, end, i = next_key(b, i)
            if end == BAD:
                return BAD
            if depth == 1 and b[i] == OPEN and equals(b, start, end, _SOURCE):
                inner = True
                break
            if depth == 2 and b[i] == QUOTE and equals(b, start, end, _NAME):
                found.works[work, W_VENUE] = i + 1
                found.works[work, W_VENUE_END] = end_of_string(b, i + 1)
            i = skip_value(b, i)
            if i == BAD:
                return BAD
            i = after_value(b, i)
            if i == BAD:
                return BAD
        if not inner:
            return i + 1


@compiled
def _find_updated(b, i, limit):  # type: ignore[no-untyped-def]
    """Where the value of `updated_date` begins near the end of the line; -1: not there."""
    size = len(_UPDATED_KEY)
    for at in range(limit - size, max(i, limit - _TAIL_BYTES) - 1, -1):
        if b[at] == QUOTE and b[at + 1] == _UPDATED_KEY[1] and begins(b, at, _UPDATED_KEY):
            k = skip_space(b, at + size)
            if b[k] == COLON and b[at - 1] != BACKSLASH:
                k = skip_space(b, k + 1)
                return k if b[k] == QUOTE else -1
    return -1


@compiled
def _read_updated(b, i, limit, found):  # type: ignore[no-untyped-def]
    """`updated_date` from the end of the line, so that what stands before it need not be read;
    False where it is not there."""
    at = _find_updated(b, i, limit)
    close = BAD if at < 0 else end_of_string(b, at + 1)
    if close == BAD:
        return False
    found.works[found.counts[0], W_UPDATED] = read_digits(b, at + 1, close)
    return True


@compiled
def _read_line(b, i, limit, found, entries):  # type: ignore[no-untyped-def]
    """One work. 0 well, -1 no room, -2 odd."""
    work = found.counts[0]
    found.works[work, W_ID:] = 0
    seen = 0
    last = limit - 1
    while last > i and b[last] <= 32:
        last -= 1
    i = skip_space(b, i)
    if b[i] != OPEN or b[last] != CLOSE:
        return -2
    i = skip_space(b, i + 1)
    while b[i] != CLOSE:
        start, end, i = next_key(b, i)
        if end == BAD:
            return -2
        if equals(b, start, end, _AUTHORSHIPS):
            i, went = _read_authorships(b, i, limit, found, entries)
            if went != 0:
                return went
            seen |= 1
        elif equals(b, start, end, _ID):
            number, i = read_entity(b, i, 87)
            if number <= 0:
                return -2
            found.works[work, W_ID] = number
            seen |= 2
        elif equals(b, start, end, _YEAR):
            number = 0
            while ZERO <= b[i] <= NINE and number < 10_000:
                number = number * 10 + (b[i] - ZERO)
                i += 1
            if number < 1900 or number > 2100:
                return -2
            found.works[work, W_YEAR] = number
            seen |= 4
        elif equals(b, start, end, _LOCATION):
            i = _read_venue(b, i, found)
            seen |= 8
        elif b[i] == QUOTE and equals(b, start, end, _UPDATED):
            close = end_of_string(b, i + 1)
            if close == BAD:
                return -2
            found.works[work, W_UPDATED] = read_digits(b, i + 1, close)
            seen |= 16
            i = close + 1
        else:
            i = skip_value(b, i)
        if i == BAD:
            return -2
        i = after_value(b, i)
        if i == BAD:
            return -2
        if seen == 15 and _read_updated(b, i, last, found):
            return 0
    return 0 if seen & 6 == 6 and i == last else -2


@compiled
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
