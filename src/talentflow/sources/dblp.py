"""Who is a person of DBLP elsewhere, and where does DBLP say that they worked?

Reads the person records (`<www key="homepages/…">`) of DBLP's XML dump (CC0), not its
publications, which name no affiliations. The dump's document type is never loaded: its entities
are those of HTML and are known here. A note of an affiliation counts where its label gives years;
everything read and left out: docs/guide/sources-dblp.md.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator
from html.entities import html5
from pathlib import Path
from typing import Final

from talentflow.core.collector import paused_collector
from talentflow.core.errors import InputError
from talentflow.sources.evidence import Affiliation, Evidence
from talentflow.sources.identifiers import find_profiles
from talentflow.sources.positions import YEARS, HistoryBuilder, Person, Position, Refusal
from talentflow.sources.tar_stream import DAMAGES, open_compressed

SOURCE: Final = "dblp"
SUFFIXES: Final = (".xml", ".xml.gz")
MAX_RECORD_BYTES: Final = 2**20
"""No person record is as long; the search for its end stops there."""

_CHUNK_BYTES: Final = 2**20
_HEAD_BYTES: Final = 2**16
_BEGIN: Final = b"<www "
_END: Final = b"</www>"
_HOMEPAGE = re.compile(rb'<www [^>]*\bkey="homepages/([^"]+)"[^>]*>')
_DATE = re.compile(rb'\bmdate="(\d{4})')
_ELEMENT = re.compile(r"<(author|url|note)\b([^>]*)>([^<]*)</\1>")
_ATTRIBUTE = re.compile(r'(\w+)="([^"]*)"')
_ENTITY = re.compile(r"&(?:#(\d{1,7})|#x([0-9a-fA-F]{1,6})|(\w+));")
_BEARER = re.compile(r" \d{4}$")
_LABEL_YEARS = re.compile(r"(?<!\d)((?:19|20)\d\d)(?!\d)")


def list_files(folder: Path) -> list[str]:
    """The dumps in a folder, sorted."""
    return sorted(
        path.name
        for path in folder.glob("dblp*")
        if path.name.endswith(SUFFIXES) and path.is_file()
    )


def read_file(folder: Path, file: str) -> Evidence:
    """The evidence of one dump.

    One row is one year of a dated affiliation, one for the identifiers of a person who has some
    elsewhere, or a reject. `position` is person record, note and year; person records count from
    0. Raises `InputError` for a file that cannot be read to its end, or that declares entities
    of its own.
    """
    path = folder / file
    builder = HistoryBuilder(source=SOURCE, file=file)
    try:
        with path.open("rb") as stream:
            sha256 = hashlib.file_digest(stream, "sha256").hexdigest()
        with paused_collector():
            for number, record in enumerate(_list_records(path)):
                _read_record(builder, number, record)
        return builder.build(sha256=sha256, size_bytes=path.stat().st_size)
    except DAMAGES as error:
        raise InputError(
            f"the dump cannot be read: {error}",
            expected="dblp.xml.gz, complete",
            where=str(path),
            next_step="download the file again from dblp.org",
        ) from error


def _list_records(path: Path) -> Iterator[bytes]:
    """The `www` records in document order; a record without an end is cut at the limit."""
    window, checked = b"", False
    for chunk in _read_chunks(path):
        window += chunk
        if not checked:
            if b"<dblp" not in window and len(window) < _HEAD_BYTES:
                continue
            _check_head(path, window[:_HEAD_BYTES])
            checked = True
        at = 0
        while (begin := window.find(_BEGIN, at)) >= 0:
            end = window.find(_END, begin)
            if end < 0 and len(window) - begin <= MAX_RECORD_BYTES:
                break
            stop = end + len(_END) if end >= 0 else begin + MAX_RECORD_BYTES
            yield window[begin:stop]
            at = stop
        keep = begin if begin >= 0 else max(at, len(window) - len(_BEGIN))
        window = window[keep:]
    if not checked:
        _check_head(path, window)
    if window.startswith(_BEGIN):
        yield window


def _read_chunks(path: Path) -> Iterator[bytes]:
    compressed = path.name.endswith(".gz")
    with open_compressed(path, _CHUNK_BYTES) if compressed else path.open("rb") as stream:
        while chunk := stream.read(_CHUNK_BYTES):
            yield chunk


def _check_head(path: Path, head: bytes) -> None:
    if b"<!ENTITY" in head or b"<dblp" not in head:
        found = "declares entities" if b"<!ENTITY" in head else "does not begin as DBLP's dump"
        raise InputError(
            f"the file {found}",
            expected='<!DOCTYPE dblp SYSTEM "dblp.dtd"> and <dblp>',
            where=str(path),
            next_step="take the dump from https://dblp.org/xml/",
        )


def _read_record(builder: HistoryBuilder, number: int, record: bytes) -> None:
    head = _HOMEPAGE.match(record)
    if head is None or b'publtype="disambiguation"' in head[0] or b"<crossref>" in record:
        return
    if not record.endswith(_END):
        refusal = Refusal("bad_xml", "a person record without end")
        builder.reject(str(number), refusal, raw=record[:4096].decode("utf-8", "replace"))
        return
    said = _list_elements(record)
    if isinstance(said, Refusal):
        builder.reject(str(number), said, raw=record[:4096].decode("utf-8", "replace"))
        return
    date = _DATE.search(head[0])
    confirmed = int(date[1]) if date else None
    key = head[1].decode("ascii", "replace")
    names = [text for name, _, text in said if name == "author"]
    profiles = find_profiles(text for name, _, text in said if name == "url")
    person = Person(
        f"dblp:{key}", _BEARER.sub("", names[0]) if names else None, {**profiles, "dblp": key}
    )
    positions = [
        position
        for at, (name, attributes, text) in enumerate(said)
        if name == "note" and "affiliation" in attributes.get("type", "").split()
        for position in [_read_note(at + 1, attributes.get("label", ""), text, confirmed)]
        if position
    ]
    if positions:
        builder.add_history(str(number), person, positions)
    elif len(person.ids) > 1:
        builder.add_identity(str(number), person, confirmed or YEARS[0])


def _list_elements(record: bytes) -> list[tuple[str, dict[str, str], str]] | Refusal:
    try:
        text = record.decode("ascii" if record.isascii() else "utf-8")
    except UnicodeDecodeError:
        text = record.decode("iso-8859-1")
    try:
        return [
            (
                name,
                {key: _unescape(value) for key, value in _ATTRIBUTE.findall(attributes)},
                " ".join(_unescape(said).split()),
            )
            for name, attributes, said in _ELEMENT.findall(text)
        ]
    except ValueError as error:
        return Refusal("unknown_entity", str(error))


def _unescape(text: str) -> str:
    """Entities of DBLP's document type are those of HTML. `ValueError` for any other."""

    def replace(found: re.Match[str]) -> str:
        decimal, hexadecimal, name = found.groups()
        if name is None:
            return chr(int(decimal) if decimal else int(hexadecimal, 16))
        character = html5.get(f"{name};")
        if character is None:
            raise ValueError(f"entity {name}, expected one of DBLP's document type")
        return character

    return _ENTITY.sub(replace, text) if "&" in text else text


def _read_note(number: int, label: str, text: str, confirmed: int | None) -> Position | None:
    """A dated affiliation; null for one without years, of which nobody knows when it held.

    Labels are free text: `since 2010`, `2003-2008`, `until 2015`, `former, 1999`.
    """
    years = [int(year) for year in _LABEL_YEARS.findall(label)]
    if not text or not years:
        return None
    start: int | None = min(years)
    end: int | None = max(years)
    folded = label.casefold()
    if len(years) == 1:
        if "since" in folded or "from" in folded or re.search(r"\d{4}\s*[-–]\s*$", folded):
            end = None
        elif "until" in folded or re.search(r"^\D*[-–]\s*\d{4}", folded):
            start = None
    return Position(
        number=number,
        key=f"note{number}",
        kind="employment",
        role=None,
        affiliation=Affiliation(text=text),
        start=start,
        end=end,
        confirmed=confirmed,
    )
