"""What does the corrections file of a store say, and is every line of it usable?

Columns: `kind,match,value,reason,date` and, if wanted, `domain` and `by`. Empty lines and lines
that open with `#` are skipped. One bad line makes the whole file unusable: a correction that is
silently left out would be worse than none.
"""

from __future__ import annotations

import csv
import datetime
import hashlib
import io
import re
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final

from talentflow.core.areas import AREA_INDEX
from talentflow.core.errors import InputError
from talentflow.core.vocabulary import SECTORS

FILE: Final = "corrections.csv"
"""Its name inside a store."""

COLUMNS: Final = ("kind", "match", "domain", "value", "reason", "date", "by")
REQUIRED: Final = ("kind", "match", "value", "reason", "date")
MENTION_KINDS: Final = ("organization", "country", "city", "sector")
PERSON_KINDS: Final = ("person_merge", "person_split")
NONE: Final = "none"
"""The value that says: there is no such answer."""

_ROR: Final = re.compile(r"(?:https?://)?(?:ror\.org/)?(0[a-z0-9]{8})")
_MENTION: Final = re.compile(r"mention:-?\d{1,19}")
_SHOWN_PROBLEMS: Final = 10
_MAX_BYTES: Final = 64 * 2**20


@dataclass(frozen=True, kw_only=True)
class Correction:
    """One line. `match` is an affiliation text, `mention:<number>`, a `person_ref` or, in a
    merge, a `person_id` or `named:<name>`; `domain` null: any domain."""

    line: int
    kind: str
    match: str
    domain: str | None
    value: str
    reason: str
    date: str
    by: str | None

    def to_dict(self) -> dict[str, Any]:
        """Plain values by column."""
        return asdict(self)


@dataclass(frozen=True)
class Corrections:
    """The lines of a file and the checksum of its bytes; null where there is no file."""

    sha256: str | None
    lines: tuple[Correction, ...]

    @property
    def effective(self) -> list[tuple[str, str, str | None, str]]:
        """What of the lines can change an answer: a reworded reason cannot."""
        return [(line.kind, line.match, line.domain, line.value) for line in self.lines]


def read_corrections(path: Path) -> Corrections:
    """The corrections in a file; none where it does not exist.

    Raises `InputError` that names every unusable line with its reason (the first ten of them).
    """
    try:
        data = path.read_bytes()
    except FileNotFoundError:
        return Corrections(None, ())
    except OSError as error:
        raise _refuse(path, f"cannot be read: {error.strerror or error}") from error
    if len(data) > _MAX_BYTES:
        raise _refuse(path, f"has {len(data):,} bytes", expected=f"at most {_MAX_BYTES:,}")
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data[: error.start].count(b"\n") + 1
        raise _refuse(path, f"is not UTF-8 text in line {line}") from error
    return Corrections(hashlib.sha256(data).hexdigest(), parse_corrections(text, path))


def parse_corrections(text: str, path: Path) -> tuple[Correction, ...]:
    """The lines of a file's text; raises `InputError` as `read_corrections` does."""
    rows = _list_rows(text, path)
    number, header = next(rows, (1, []))
    names = [name.strip().lower() for name in header]
    if (
        [n for n in REQUIRED if n not in names]
        or len(set(names)) < len(names)
        or (set(names) - set(COLUMNS))
    ):
        raise _refuse(
            path, f"has the columns {names} in line {number}", expected=", ".join(COLUMNS)
        )
    lines, problems = [], []
    taken: dict[tuple[str, str, str | None], int] = {}
    for number, cells in rows:
        try:
            line = _read_line(number, cells, names)
            _refuse_repetition(line, taken)
        except ValueError as error:
            problems.append(f"line {number}: {error}")
        else:
            lines.append(line)
    if problems:
        shown = "\n  ".join(problems[:_SHOWN_PROBLEMS])
        more = len(problems) - _SHOWN_PROBLEMS
        raise _refuse(
            path,
            f"has {len(problems)} unusable lines\n  {shown}"
            + (f"\n  … and {more} more" if more > 0 else ""),
            expected="docs/guide/corrections.md says what each kind of line holds",
        )
    return tuple(lines)


def write_line(correction: dict[str, Any]) -> str:
    """One line for the file, from entries by column; absent ones are empty."""
    buffer = io.StringIO()
    csv.writer(buffer, lineterminator="").writerow([correction.get(c) or "" for c in COLUMNS])
    return buffer.getvalue()


def _list_rows(text: str, path: Path) -> Iterator[tuple[int, list[str]]]:
    """Line number and cells of every row that says something."""
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    while True:
        number = reader.line_num + 1
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            raise _refuse(path, f"is not CSV from line {number} on: {error}") from error
        if any(cell.strip() for cell in cells) and not cells[0].lstrip().startswith("#"):
            yield number, cells


def _read_line(number: int, cells: list[str], names: list[str]) -> Correction:
    if len(cells) != len(names):
        raise ValueError(f"{len(cells)} cells where the header has {len(names)}")
    given = {name: " ".join(cell.split()) for name, cell in zip(names, cells, strict=True)}
    kind = given["kind"]
    if kind not in _VALUES:
        raise ValueError(f"unknown kind {kind!r}; it is one of {', '.join(_VALUES)}")
    domain = given.get("domain", "").lower() or None
    if not given["match"] and not (domain and kind in MENTION_KINDS):
        raise ValueError("nothing to match")
    if domain and (kind in PERSON_KINDS or _MENTION.fullmatch(given["match"])):
        raise ValueError("a domain goes with an affiliation text only")
    if not given["reason"]:
        raise ValueError("no reason given")
    try:
        datetime.date.fromisoformat(given["date"])
    except ValueError:
        raise ValueError(f"date {given['date']!r} is not of the form 2026-01-31") from None
    value = _VALUES[kind](given["value"])
    if kind == "person_merge" and value == given["match"]:
        raise ValueError("a person is merged with itself")
    return Correction(
        line=number,
        kind=kind,
        match=given["match"],
        domain=domain,
        value=value,
        reason=given["reason"],
        date=given["date"],
        by=given.get("by") or None,
    )


def _refuse_repetition(line: Correction, taken: dict[tuple[str, str, str | None], int]) -> None:
    """Two lines may not answer the same question; a person may be merged more than once."""
    if line.kind == "person_merge":
        return
    key = (line.kind, line.match.casefold(), line.domain)
    if key in taken:
        raise ValueError(f"answers the same question as line {taken[key]}")
    taken[key] = line.line


def _read_organization(text: str) -> str:
    if text == NONE or text.startswith("local:"):
        return text
    match = _ROR.fullmatch(text.lower())
    if match is None:
        raise ValueError(f"organization {text!r} is no ROR id, no local id and not 'none'")
    return f"https://ror.org/{match[1]}"


def _read_country(text: str) -> str:
    if text != NONE and text.upper() not in AREA_INDEX:
        raise ValueError(f"country {text!r} is no ISO 3166-1 alpha-2 code and not 'none'")
    return text if text == NONE else text.upper()


def _read_sector(text: str) -> str:
    if text != NONE and text not in SECTORS[1:]:
        raise ValueError(f"sector {text!r} is not 'none' nor one of {', '.join(SECTORS[1:])}")
    return text


def _read_filled(text: str) -> str:
    if not text:
        raise ValueError("no value given")
    return text


_VALUES: Final[dict[str, Callable[[str], str]]] = {
    "organization": _read_organization,
    "country": _read_country,
    "city": _read_filled,
    "sector": _read_sector,
    "person_merge": _read_filled,
    "person_split": str,
}


def _refuse(path: Path, why: str, *, expected: str | None = None) -> InputError:
    return InputError(
        f"the corrections file {why}",
        expected=expected or f"UTF-8 CSV with the columns {', '.join(COLUMNS)}",
        where=str(path),
        next_step="correct the lines, or move the file away to build without it",
    )
