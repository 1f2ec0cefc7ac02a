"""Who are the authors of a paper, and which affiliations does one part of a list name?

Lists of conference papers separate with `;`, `; ` or `, `, print whole author lists twice, break
a name into letters, and join the affiliations of one author with `+`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import Final

_SUFFIX = re.compile(r"(?:jr|sr|ii|iii|iv|ph\.? ?d|m\.?d)\.?", re.IGNORECASE)
_AND = re.compile(r",?\s+(?:and|&)\s+", re.IGNORECASE)
_LEADING_AND = re.compile(r"(?:and|&)\s+", re.IGNORECASE)
_INSTITUTION_WORDS: Final = ("university", "institute", "department", "laborator")


def comma_separates(author_fields: Iterable[str]) -> bool:
    """Whether a file separates authors with commas: more of its lists hold `,` than `;`."""
    commas = semicolons = 0
    for author_field in author_fields:
        commas += "," in author_field
        semicolons += ";" in author_field
    return commas > semicolons


def split_authors(author_field: str, *, comma: bool, expected: Sequence[int] = ()) -> list[str]:
    """The names of an author field in order; a blank stays where a name is missing or is that
    of an institution or an address.

    `comma` is what `comma_separates` says of the file; `expected` are the lengths of the lists
    beside it (identifiers, affiliations), which decide where a comma or an `and` could be either
    a separator or part of one name.
    """
    if ";" in author_field:
        parts = author_field.split(";")
        if len(parts) > 3 and all(len(part) <= 1 for part in parts):
            return split_authors("".join(parts), comma=True)
    elif "," in author_field:
        parts = _split_commas(author_field)
        if not comma and not _is_list(parts, expected):
            parts = [author_field]
    else:
        parts = [author_field]
    names = [" ".join(part.split()).strip(",").rstrip() for part in parts]
    if "and " in author_field or "& " in author_field:
        names = _split_and([_without_and(name) for name in names], expected)
    if _has_address(author_field) or _has_institution(author_field):
        names = ["" if _has_address(name) or _has_institution(name) else name for name in names]
    while len(names) > 1 and not names[-1] and len(names) not in expected:
        names.pop()
    return names if any(names) else []


def _without_and(name: str) -> str:
    """`and C. Example`, the last of a list, without the `and`."""
    found = _LEADING_AND.match(name)
    return name[found.end() :] if found else name


def _split_commas(field: str) -> list[str]:
    """Parts between commas, with `Jr.` and the like left at their name."""
    parts: list[str] = []
    for part in field.split(","):
        if parts and _SUFFIX.fullmatch(part.strip()):
            parts[-1] = f"{parts[-1].rstrip()}, {part.strip()}"
        else:
            parts.append(part)
    return parts


def _is_list(parts: list[str], expected: Sequence[int]) -> bool:
    """Whether a lone comma in a file of `;` lists separates authors: `A B, C D`, not `B, A.`."""
    if len(parts) in expected and 1 not in expected:
        return True
    return len(parts) > 1 and all(len(part.split()) > 1 for part in parts)


def _split_and(names: list[str], expected: Sequence[int]) -> list[str]:
    if len(names) in expected:
        return names
    return [part for name in names for part in _AND.split(name)]


def is_title_block(author_field: str) -> bool:
    """Whether a field holds institutions and addresses among the authors: no list of names."""
    return _has_address(author_field) and _has_institution(author_field)


def _has_address(text: str) -> bool:
    return "@" in text or "email:" in text


def _has_institution(text: str) -> bool:
    lowered = text.lower()
    return any(word in lowered for word in _INSTITUTION_WORDS)


def undo_repeat(names: list[str], ids: list[str]) -> list[str]:
    """The author list once, where the field holds it twice from first to last.

    A name that merely occurs twice stays, and so does a list whose identifiers say that the
    second half are other persons.
    """
    half = len(names) // 2
    if len(names) % 2 or not half or names[:half] != names[half:]:
        return names
    if len(ids) == len(names) and ids[:half] != ids[half:]:
        return names
    return names[:half]


def undo_list_repeat(parts: list[str], n_authors: int) -> list[str]:
    """A list beside a doubled author list, once, where it was doubled with it."""
    if len(parts) == 2 * n_authors and parts[:n_authors] == parts[n_authors:]:
        return parts[:n_authors]
    return parts


_JOIN = re.compile(r"(?<!\+)\+(?!\+)")
_COMPANY_FORM = re.compile(
    r"\W*(?:co|corp|inc|ltd|llc|limited|gmbh|plc|s\.?a|s\.?r\.?l|pvt|pte|ag|bv|kk)\b", re.IGNORECASE
)
_ONE_NAME: Final = (
    ("cloud", "ai"),
    ("computing", "mathematical"),
    ("control", "dynamical"),
    ("mesa", "institute"),
    ("it", "robotics"),
)
"""Names that contain a plus sign: how the left side ends and the right side begins."""


def split_joined(text: str) -> list[str]:
    """The affiliations that one list part names, split at `+` where that joins two.

    A plus inside a name does not split: `Face++`, `Co.+Ltd.`, `Microsoft Cloud + AI`, inside
    parentheses, beside a bare footnote mark, or at an end.
    """
    if "+" not in text:
        return [text]
    parts: list[str] = []
    at = 0
    for found in _JOIN.finditer(text):
        left, right = text[at : found.start()], text[found.end() :]
        if _joins(left, right):
            parts.append(left.strip())
            at = found.end()
    parts.append(text[at:].strip())
    return parts


def _joins(left: str, right: str) -> bool:
    piece = _JOIN.split(right, maxsplit=1)[0]
    if not _has_letter(left) or not _has_letter(piece):
        return False
    if left.count("(") > left.count(")") or left.rstrip().endswith("-"):
        return False
    if _COMPANY_FORM.match(piece) and len(piece.split()) <= 2:
        return False
    last = left.rsplit(maxsplit=1)[-1].lower()
    first = re.split(r"\W", piece.split()[0].lower(), maxsplit=1)[0]
    return (last, first) not in _ONE_NAME


def _has_letter(text: str) -> bool:
    return any(map(str.isalpha, text))


_SUB_UNIT = re.compile(
    r"\s*(?:(?:school|department|dept\.?|college|faculty|division|graduate school|institute) of\b"
    r"|(?:state |national |moe )?key lab)|.*\b(?:school|department) of\b",
    re.IGNORECASE,
)
_CAMPUS = re.compile(r"university of california|state university of new york", re.IGNORECASE)


def plus_is_comma(aff_fields: Iterable[str]) -> bool:
    """Whether a file writes `+` for every comma inside an affiliation: many pluses, no comma."""
    pluses = 0
    for aff_field in aff_fields:
        if "," in aff_field:
            return False
        pluses += "+" in aff_field
    return pluses >= 10


def split_comma_plus(text: str) -> list[str]:
    """As `split_joined`, for a file that writes `+` for every comma: a sub-unit goes with the
    organization after it, a campus and a company form with the name before it."""
    parts: list[str] = []
    attach = False
    for piece in (piece.strip() for piece in _JOIN.split(text)):
        after_campus = parts and _CAMPUS.fullmatch(parts[-1].rpartition(", ")[2])
        if parts and (attach or after_campus or _COMPANY_FORM.fullmatch(piece.rstrip("."))):
            parts[-1] = f"{parts[-1]}, {piece}"
        else:
            parts.append(piece)
        attach = _SUB_UNIT.match(piece) is not None and "universi" not in piece.lower()
    return [part for part in parts if part]
