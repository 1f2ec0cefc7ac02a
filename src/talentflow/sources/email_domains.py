"""Which internet domain does a field hold that was scraped from a paper?

Fields hold capital letters, spaces, ligatures, braces around several addresses, masked local
parts, an `@` read as another sign, and letters misread by a scanner.
"""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache
from typing import Final

from talentflow.core.areas import AREAS

_DOMAIN = re.compile(r"(?:[a-z0-9](?:[a-z0-9-]*[a-z0-9])?\.)+(?:[a-z]{2,}|xn--[a-z0-9-]+)")
_SMALL_CAPITAL = re.compile(r"/([a-z])\.sc")  # how some fonts name a small capital letter
_SCHEME = re.compile(r"^(?:[a-z]+://|mailto:|email:)+")
_AT_SIGNS = re.compile(r"[@©~#]")
_SEPARATORS = re.compile(r"[{}()\[\]<>,;|+]|\s/\s")
_MARKS = str.maketrans(
    {"·": ".", "−": "-", "‐": "-", "–": "-"}
    | dict.fromkeys("†‡*∗⋆¶§'\"’‘`", None)
    | dict.fromkeys("\u200b\u200c\u200d\u2060\ufeff\u00ad", None)
)

_GENERIC = """
com edu org net gov mil int info biz name pro aero asia cat coop jobs mobi museum post tel arpa
academy africa agency ai amsterdam app art auto bank barcelona bayern berlin bio blog brussels bzh
canon capital care careers center club cloud company computer cool corsica dev digital earth eco
education email energy engineer engineering enterprises eus expert foundation frl fund fyi gal
global google group hamburg health help honda host house inc industries institute international
istanbul koeln kyoto law life link live lol london ltd madrid med media melbourne moe moscow nagoya
network news ninja nyc okinawa one online osaka page paris place plus ruhr quebec ren research rocks
run saarland sap school science scot site solutions space studio swiss sydney systems taipei team
tech technology tips today tokyo tools toyota training university vision vlaanderen wales wien wiki
work works world xyz yokohama zone
"""
_COUNTRY_CODES: Final = frozenset(code.lower() for code in AREAS) | {"uk", "eu", "su", "ac", "yu"}
_TOP_LEVEL: Final = frozenset(_GENERIC.split()) | _COUNTRY_CODES

_MISREAD_TOP_LEVEL: Final[dict[str, str]] = {
    **dict.fromkeys(("du", "deu", "edo", "ecu", "esu", "odu", "cdu", "ed", "eedu", "ed-u"), "edu"),
    **dict.fromkeys(("con", "come", "eom", "corn", "cornm", "comm"), "com"),
    "n1": "nl",
    "jr": "fr",
    "if": "il",
    "en": "cn",
}
"""Endings that do not exist → the one a scanner or typist meant."""


@lru_cache(maxsize=65536)
def normalise_domain(text: str) -> str | None:
    """The first domain in `text`, lower case and without local part, scheme or `www.`; null when
    there is none.

    Two endings differing by one letter from a real one are repaired only where the ending does
    not exist. A name without a dot, or whose ending is no top-level domain, gives null.
    """
    folded = _fold(text)
    if folded.isascii() and _DOMAIN.fullmatch(folded):
        return _known(folded)
    pieces = [piece for piece in _SEPARATORS.split(folded) if piece.strip()]
    for piece in pieces:
        found = _from_piece(piece)
        if found:
            return found
    return None


def _fold(text: str) -> str:
    if "\x11" in text:
        text = unshift_font(text)
    folded = unicodedata.normalize("NFKC", text).lower().translate(_MARKS).strip()
    return _SMALL_CAPITAL.sub(r"\1", folded) if ".sc" in folded else folded


def unshift_font(text: str) -> str:
    """Undo a font whose codes stand 29 below ASCII, as some early PDFs have: `PLW` is `mit`."""
    return "".join(chr(ord(c) + 29) if ord(c) < 0x62 else c for c in text)


def _from_piece(piece: str) -> str | None:
    piece = _AT_SIGNS.split(_SCHEME.sub("", piece.strip()))[-1].partition("%")[0]
    words = [word for word in piece.split() if _known(_bare(word))]
    if len(words) > 1:
        return _known(_bare(words[0]))
    return _known(_bare("".join(piece.split())))


def _bare(word: str) -> str:
    host = _SCHEME.sub("", word).partition("/")[0].partition(":")[0]
    return host.strip(".-_?!\\")


def _known(host: str) -> str | None:
    """`host` when it is a domain under a top-level domain that exists, repaired if need be."""
    if not host.isascii():
        try:
            host = host.encode("idna").decode("ascii")
        except UnicodeError:
            return None
    host = host.removeprefix("www.")
    stem, dot, ending = host.rpartition(".")
    if not dot:
        return None
    if ending not in _TOP_LEVEL and not ending.startswith("xn--"):
        ending = _MISREAD_TOP_LEVEL.get(ending, "")
        if not ending:
            return None
    host = f"{stem}.{ending}"
    return host if len(host) <= 253 and _DOMAIN.fullmatch(host) else None
