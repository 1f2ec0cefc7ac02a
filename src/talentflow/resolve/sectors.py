"""What sector do the words of an affiliation tell, where its organization is not known?"""

from __future__ import annotations

import re
from typing import Final

_SECTORS: Final = (
    (
        "university",
        r"univ|hochschule|college\b|école|ecole\b|politecnico|polytechnic|polytechnique|"
        r"institut\w* of technology|school of|graduate school|faculty|facult[ée]|academy of arts|"
        r"uniwersytet|université|대학|大学|大學|학부|doctoral",
    ),
    (
        "healthcare",
        r"hospital|clinic\b|clinical center|klinik|medical cent|health system|infirmary|"
        r"병원|医院|病院",
    ),
    (
        "company",
        r"\b(?:inc|llc|ltd|corp|corporation|gmbh|co|company|technologies|s\.?r\.?l|b\.?v|"
        r"pty|plc|k\.k|s\.?a\.?s|limited|ventures|startup|labs?\.ai)\b|\.ai\b|\.com\b|\.io\b|"
        r"주식회사|公司|株式会社|㈜|\(주\)",
    ),
    (
        "government",
        r"ministry|department of (?:defen[sc]e|energy|state|health)|government|federal agency|"
        r"\barmy\b|\bnavy\b|air force|bureau of|공사|청$|municipality|\bcity of\b",
    ),
    (
        "facility",
        r"national laborator|research (?:institute|cent|council)|academy of sciences|"
        r"institute (?:of|for)|institut f[üu]r|max.planck|fraunhofer|"
        r"研究所|연구원|연구소|laborator",
    ),
    ("nonprofit", r"foundation\b|\bfondazione\b|non-?profit|재단|association\b|\bsociety\b"),
)
_COMPILED: Final = tuple((sector, re.compile(words, re.IGNORECASE)) for sector, words in _SECTORS)


def sector_of_words(text: str) -> str | None:
    """The first sector whose words occur; null where none do."""
    for sector, words in _COMPILED:
        if words.search(text):
            return sector
    return None
