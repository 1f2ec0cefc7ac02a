"""What did the page say, once the damage of getting it into a field is undone?

Text stays as printed: only white space is folded, control characters, entities and codes of a
shifted font are undone. Footnote digits and spelling stay.
"""

from __future__ import annotations

import html
import re
from typing import Final

from talentflow.sources.email_domains import unshift_font

MAX_AFFILIATION_LENGTH: Final = 1000
"""Longer than any affiliation; what exceeds it is a page or a biography scraped by mistake."""

_MAX_PAGE_LENGTH: Final = 200
_PAGE_LINES: Final = 3

_CONTROL = re.compile("[\x00-\x08\x0e-\x1f\x7f-\x9f\u200b-\u200f\u2060\ufeff\u00ad\ufff9-\ufffb]")
_ENTITY = re.compile(
    r"&(?:#\d{1,7}|#x[0-9a-fA-F]{1,6}|amp|lt|gt|quot|apos|nbsp"
    r"|[a-zA-Z]{1,2}(?:acute|grave|circ|uml|tilde|cedil|ring|slash|lig|caron));"
)
_MOJIBAKE = re.compile("[\u00c2-\u00df][\u0080-\u00bf]|\u00e2[\u0080-\u00bf]{2}")
_SHIFTED_CODES = re.compile("[\x03\x0f-\x12]")


def clean_field(field: str) -> str:
    """A whole field without entities and control characters, ready to be split at separators.

    Entities go first: the `;` that ends `&#x27;` separates nothing. They may be escaped twice.
    """
    if "&" in field and ";" in field:
        field = _unescape(_unescape(field))
    if not field.isascii() or not field.isprintable():
        field = _MOJIBAKE.sub(_decode_again, field)
        field = _CONTROL.sub(" ", _unshift_parts(field))
    return field


def _unescape(field: str) -> str:
    return _ENTITY.sub(lambda found: html.unescape(found[0]), field)


def _decode_again(found: re.Match[str]) -> str:
    """UTF-8 that was read as Latin-1: `Ã©` is `é`."""
    try:
        return found[0].encode("latin-1").decode("utf-8")
    except UnicodeDecodeError:
        return found[0]


def _unshift_parts(field: str) -> str:
    """Undo a shifted font in the parts that show it; its `;` would have another code."""
    if not _SHIFTED_CODES.search(field):
        return field
    parts = field.split(";")
    for i, part in enumerate(parts):
        shifted = unshift_font(part)
        if _SHIFTED_CODES.search(part) and _is_mostly_letters(shifted):
            parts[i] = shifted
    return ";".join(parts)


def _is_mostly_letters(text: str) -> bool:
    letters = sum(c.isascii() and (c.isalpha() or c in " .,-@") for c in text)
    return letters >= 0.9 * len(text)


def fold_space(text: str) -> str:
    """`text` with every run of white space as one space and none at its ends."""
    return " ".join(text.split())


def looks_like_affiliation(text: str) -> bool:
    """False for a text without any letter, and for a page or biography scraped by mistake."""
    if len(text) > MAX_AFFILIATION_LENGTH:
        return False
    if len(text) > _MAX_PAGE_LENGTH and text.count("\n") >= _PAGE_LINES:
        return False
    return any(map(str.isalpha, text))
