"""Which papers does a file of a conference list hold, and which of its bytes are none?

A sound file is decoded in one go. A damaged one is read paper by paper, so that what is whole is
kept and what is not is named.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import msgspec

from talentflow.sources.evidence import RAW_LIMIT_BYTES

MAX_FILE_BYTES: Final = 512 * 1024 * 1024
"""Larger files are rejected unread; the largest real one is 5 MB."""

_CHUNK_BYTES: Final = 1024 * 1024
_NEXT_OBJECT = re.compile(r"\n[ \t]*\{")
_SURROGATE = re.compile("[\ud800-\udfff]")


class Paper(msgspec.Struct, gc=False):
    """The fields of one paper that are evidence, as the list writes them."""

    id: str | None = None
    title: str | None = None
    status: str | None = None
    author: str | None = None
    authors: str | None = None
    authorids: str | None = None
    or_profile: str | None = None
    aff: str | None = None
    affs: str | None = None
    aff_domain: str | None = None
    email: str | None = None
    position: str | None = None
    orcid: str | None = None
    dblp: str | None = None
    google_scholar: str | None = None


_FIELDS: Final = Paper.__struct_fields__
_SCALARS: Final = frozenset({"id", "title", "status"})


@dataclass(frozen=True, kw_only=True)
class Problem:
    """Something in the file that is not a paper. `row` counts from 0; null: the whole file."""

    row: int | None
    reason: str
    detail: str
    raw: str = ""


@dataclass(kw_only=True)
class PaperFile:
    """What one file holds: its papers by row (counted from 0), and what is no paper."""

    sha256: str = ""
    size_bytes: int = 0
    papers: list[tuple[int, Paper]] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)


def read_papers(path: Path, *, max_bytes: int = MAX_FILE_BYTES) -> PaperFile:
    """The papers of a JSON array file. Never raises for what the file contains.

    A file that is missing, too large, empty or not a list gives one `Problem` without a row; a
    single bad row gives one with its row. The checksum is empty when no byte could be read.
    """
    found = PaperFile()
    try:
        found.size_bytes = path.stat().st_size
        if found.size_bytes > max_bytes:
            found.sha256 = _hash_stream(path)
            found.problems.append(
                _whole("too_large", f"{found.size_bytes} bytes; at most {max_bytes} are read")
            )
            return found
        data = path.read_bytes()
    except OSError as error:
        found.problems.append(_whole("unreadable", f"{error.strerror or error}"))
        return found
    found.size_bytes = len(data)
    found.sha256 = hashlib.sha256(data).hexdigest()
    if not data.strip():
        found.problems.append(
            _whole("empty_file", "no bytes but white space; expected a JSON list")
        )
    else:
        _decode(data.removeprefix(b"\xef\xbb\xbf"), found)
    return found


def _hash_stream(path: Path) -> str:
    digest = hashlib.sha256()
    with path.open("rb") as stream:
        while chunk := stream.read(_CHUNK_BYTES):
            digest.update(chunk)
    return digest.hexdigest()


def _whole(reason: str, detail: str, raw: str = "") -> Problem:
    return Problem(row=None, reason=reason, detail=detail, raw=raw[:RAW_LIMIT_BYTES])


def _decode(data: bytes, found: PaperFile) -> None:
    try:
        found.papers = list(enumerate(msgspec.json.decode(data, type=list[Paper])))
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        _salvage(data.decode("utf-8", "surrogateescape"), found)


def _salvage(text: str, found: PaperFile) -> None:
    start = len(text) - len(text.lstrip())
    if text[start] != "[":
        found.problems.append(
            _whole("not_a_list", "expected a JSON list of papers", _printable(text[start:]))
        )
        return
    for row, (item, raw, problem) in enumerate(_split_items(text, start + 1)):
        if problem is not None:
            reason, detail = problem
        elif _SURROGATE.search(raw) or _has_surrogate(item):
            reason, detail = "bad_encoding", "bytes that are not UTF-8"
        elif not isinstance(item, dict):
            reason, detail = "not_an_object", f"a {type(item).__name__}; expected a paper"
        else:
            paper, wrong = _convert(item)
            if paper is not None:
                found.papers.append((row, paper))
                continue
            reason, detail = "wrong_type", wrong
        found.problems.append(Problem(row=row, reason=reason, detail=detail, raw=_printable(raw)))


def _split_items(text: str, start: int) -> Iterator[tuple[Any, str, tuple[str, str] | None]]:
    """The items of a JSON list one by one, as (value, raw, problem).

    After an item that does not parse, reading goes on at the next line that opens an object, so
    one broken paper costs one paper.
    """
    decoder = json.JSONDecoder()
    at = start
    closed = broken = False
    while True:
        at = _skip(text, at, " \t\r\n,")
        if at >= len(text):
            break
        if text[at] == "]":
            closed = True
            at = _skip(text, at + 1, " \t\r\n")
            break
        try:
            item, end = decoder.raw_decode(text, at)
        except (ValueError, RecursionError) as error:
            resume = _NEXT_OBJECT.search(text, at + 1)
            end = resume.start() if resume else len(text)
            broken = resume is None
            yield None, text[at : at + RAW_LIMIT_BYTES], ("bad_json", f"{error}"[:500])
        else:
            yield item, text[at:end], None
        at = end
    if closed and at < len(text):
        yield None, text[at : at + RAW_LIMIT_BYTES], ("bad_json", "text after the end of the list")
    if not closed and not broken:
        yield None, "", ("truncated", "the list is not closed: the file ends early")


def _skip(text: str, at: int, among: str) -> int:
    while at < len(text) and text[at] in among:
        at += 1
    return at


def _has_surrogate(item: object) -> bool:
    """Half of a surrogate pair, which JSON can spell out but no text can hold."""
    return _SURROGATE.search(json.dumps(item, ensure_ascii=False)) is not None


def _printable(text: str) -> str:
    return text[:RAW_LIMIT_BYTES].encode("utf-8", "surrogateescape").decode("utf-8", "replace")


def _convert(item: dict[str, Any]) -> tuple[Paper | None, str]:
    """A paper from a JSON object, or null and what is wrong with it.

    Lists of strings stand for their parts in order, numbers for ids and titles; anything else
    that is not a string has no clear meaning.
    """
    values: dict[str, str] = {}
    for name in _FIELDS:
        value = item.get(name)
        if value is None or isinstance(value, str):
            values[name] = value or ""
        elif name in _SCALARS and isinstance(value, int | float) and not isinstance(value, bool):
            values[name] = str(value)
        elif name not in _SCALARS and _is_plain_list(value):
            values[name] = ";".join(part or "" for part in value)
        else:
            return None, f"{name} is {json.dumps(value)[:80]}; expected text"
    return Paper(**values), ""


def _is_plain_list(value: object) -> bool:
    return isinstance(value, list) and all(
        part is None or (isinstance(part, str) and ";" not in part) for part in value
    )
