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


@lru_cache(maxsize=65536)
def parse_degree(role_raw: str | None) -> str:
    """The stage of study that a degree or the title of a course means; `unknown` where it says
    neither. A doctorate named beside a lower degree wins, as one program leads to both."""
    if not role_raw:
        return "unknown"
    text = role_raw.casefold()
    for pattern, stage in _DEGREES:
        if pattern.search(text):
            return stage
    found = parse_stage(role_raw, None)
    return found if found in STAGES[1:5] else "unknown"


_DEGREES: Final = tuple(
    (re.compile(pattern), stage)
    for pattern, stage in (
        (r"\bpost[\s-]?doc|박사\s?후", "postdoctoral"),
        (
            r"\bph\.?\s?d\b|\bd\.?\s?phil\b|\bdoctor(al|ate|ado|at|andus)?\b|\bdoutorado\b|"
            r"\bdottorato\b|\bpromotion\b|\bd\.?\s?sc\b|\bsc\.?\s?d\b|\bdr\b|박사|博士",
            "doctoral",
        ),
        (
            r"\bmaster|\bm\.?\s?(a|s|sc|eng|phil|tech|res|b\.?a)\b|\bma[ei]str[ií]a\b|\bmestrado\b|"
            r"\bmagist|\bdipl\b|\bdiplom\b|\bdipl\.?-|\blaurea magistrale\b|석사|碩士|硕士|修士",
            "master",
        ),
        (
            r"\bbachelor|\bunder-?grad|\bb\.?\s?(a|s|e|sc|eng|tech)\b|\blicen[cs]|\bbacharel|"
            r"\bgradua[cç]|\blaurea\b|\bhonou?rs\b|학사|学士|學士|本科",
            "undergraduate",
        ),
    )
)

_PATTERNS: Final[tuple[tuple[str, str], ...]] = (
    (r"\bpost[\s-]?doc|박사\s?후", "postdoctoral"),
    (r"\bunder[\s-]?grad|\bbachelor|\bbs student\b|학부생", "undergraduate"),
    (
        r"\bph\.?\s?d\b|\bdoctoral\b|\bdphil\b|\bgraduate student\b|"
        r"박사(통합)?\s?과정|석박사?\s?통합",
        "doctoral",
    ),
    (r"\b(ms|m\.\s?sc?\.?|msc|master'?s?)(?!\w| thesis supervisor)|석사\s?과정", "master"),
    (r"\bprofessor|\blecturer|\binstructor|\bfaculty\b|\breader\b|\bemeritus\b|교수", "faculty"),
    (r"\bintern(ship)?\b|\bvisit(ing|or)\b|\bstudent\b", "other"),
    (r"\b(founder|ceo|cto|president)\b", "industry"),
    (
        r"\b(engineer|developer|manager|consultant|analyst|applied scientist|data scientist)\b",
        "technical",
    ),
    (r"\b(research|researcher|scientist|fellow|director|chief|staff)\b|연구원", "research"),
)
_COMPILED: Final = tuple((re.compile(pattern), stage) for pattern, stage in _PATTERNS)
_PUBLIC_SECTORS: Final = {"university", "government", "facility", "nonprofit", "healthcare"}


@lru_cache(maxsize=65536)
def parse_stage(role_raw: str | None, sector: str | None) -> str:
    """The stage of a printed position held in a sector; `unknown` where nothing is printed.

    `sector` decides titles of research and engineering: `industry` in a company, `researcher`
    in a public one; where it is not known engineers are `industry`, researchers `other`.
    """
    if not role_raw:
        return "unknown"
    named = {_parse_part(part) for part in role_raw.casefold().split("+")} - {"unknown"}
    if not named:
        return "unknown" if not role_raw.strip(" +-.") else "other"
    stage = min(named, key=_PRECEDENCE.index)
    if stage not in _BY_SECTOR:
        return stage
    if sector == "company":
        return "industry"
    return "researcher" if sector in _PUBLIC_SECTORS else _BY_SECTOR[stage]


_BY_SECTOR: Final = {"technical": "industry", "research": "other"}
"""Kinds of title whose stage depends on the sector → the stage where that is not known."""

_PRECEDENCE: Final = (*STAGES[1:6], "industry", "technical", "research", "other")


def _parse_part(part: str) -> str:
    for pattern, stage in _COMPILED:
        if pattern.search(part):
            return stage
    return "unknown"
