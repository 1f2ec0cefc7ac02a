"""Which career stage does a printed position mean?

Positions are free text ("PhD student", "Staff Research Scientist", "MS student+Intern"). A
study stage named anywhere wins over a job beside it, because a student on an internship is a
student. Titles that say nothing of the employer's kind take it from the sector.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Final

from talentflow.core.vocabulary import STAGES

_PATTERNS: Final[tuple[tuple[str, str], ...]] = (
    (r"\bpost[\s-]?doc", "postdoctoral"),
    (r"\bph\.?\s?d\b|\bdoctoral\b|\bdphil\b|\bgraduate student\b|박사\s?과정", "doctoral"),
    (r"\b(ms|m\.s\.|msc|master'?s?)\b(?! thesis supervisor)|석사\s?과정", "master"),
    (r"\bunder\s?grad|\bbachelor|\bbs student\b|학부생", "undergraduate"),
    (r"\bprofessor|\blecturer|\binstructor|\bfaculty\b|\breader\b|\bemeritus\b|교수", "faculty"),
    (r"\bintern(ship)?\b|\bvisit(ing|or)\b|\bstudent\b", "other"),
    (
        r"\b(engineer|developer|founder|ceo|cto|president|manager|consultant|analyst|"
        r"applied scientist|data scientist)\b",
        "industry",
    ),
    (r"\b(research|researcher|scientist|fellow|director|chief|staff|연구원)\b", "research"),
)
_COMPILED: Final = tuple((re.compile(pattern), stage) for pattern, stage in _PATTERNS)
_PUBLIC_SECTORS: Final = {"university", "government", "facility", "nonprofit", "healthcare"}


@lru_cache(maxsize=65536)
def parse_stage(role_raw: str | None, sector: str | None) -> str:
    """The stage of a printed position held in a sector; `unknown` where nothing is printed.

    `sector` decides research titles: `industry` in a company, `researcher` in a public one,
    `other` where the sector is not known.
    """
    if not role_raw:
        return "unknown"
    named = {_parse_part(part) for part in role_raw.casefold().split("+")} - {"unknown"}
    if not named:
        return "unknown" if not role_raw.strip(" +-.") else "other"
    stage = min(named, key=_PRECEDENCE.index)
    if stage != "research":
        return stage
    if sector == "company":
        return "industry"
    return "researcher" if sector in _PUBLIC_SECTORS else "other"


_PRECEDENCE: Final = (*STAGES[1:6], "industry", "research", "other")


def _parse_part(part: str) -> str:
    for pattern, stage in _COMPILED:
        if pattern.search(part):
            return stage
    return "unknown"
