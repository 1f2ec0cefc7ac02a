"""Whose name is that of a faculty: `Alder University School of Medicine`?

Registries list some faculties as organizations of their own and most as other names of the
university; labels and readers mean the university. All are answered alike, with the university.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from talentflow.resolve.general_words import GENERIC_WORDS
from talentflow.resolve.kinds import Candidate

_FACULTY: Final = ("school", "college", "faculty")


def lift_faculties(
    names: dict[str, tuple[Candidate, ...]], sectors: Sequence[str | None], parents: Sequence[int]
) -> None:
    """Let the names of faculties mean their universities; changes `names` in place.

    A faculty is named like a university with `school`, `college` or `faculty` of a subject
    behind. Its university is the one above it, else, for a medical school, the one whose name
    begins its own.
    """
    for key, candidates in names.items():
        start = _find_faculty(key)
        if start is None:
            continue
        bearers = [o for o, _ in names.get(key[:start], ()) if sectors[o] == "university"]
        if not bearers:
            continue
        lifted: dict[int, Candidate] = {}
        for o, kind in candidates:
            university = _find_university(o, bearers, sectors, parents)
            lifted.setdefault(university, (university, kind))
        names[key] = tuple(lifted.values())


def _find_faculty(key: str) -> int | None:
    """Where the name of the university ends, in a name that may be a faculty's."""
    words = key.split()
    for i in range(2, len(words) - 1):
        if words[i] in _FACULTY and GENERIC_WORDS.issuperset(words[i + 1 :]):
            return len(" ".join(words[:i])) if "university" in words[:i] else None
    return None


def _find_university(
    o: int, bearers: Sequence[int], sectors: Sequence[str | None], parents: Sequence[int]
) -> int:
    if o in bearers:
        return o
    above = parents[o]
    for _ in range(4):
        if above < 0:
            break
        if sectors[above] == "university":
            return above
        above = parents[above]
    return bearers[0] if sectors[o] == "healthcare" and len(bearers) == 1 else o
