"""How OpenReview's API answers with the profiles of the toy world (version 2)."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from talentflow.sources.toy.atlas import Organization
from talentflow.sources.toy.histories import Stay, ToldCareer

FILE: Final = "profiles.jsonl"
ACCEPTANCE: Final = "TERMS-ACCEPTED"

_POSITIONS: Final = {
    "undergraduate": "Undergrad student",
    "master": "MS student",
    "doctoral": "PhD student",
    "postdoctoral": "Postdoc",
    "faculty": "Associate Professor",
    "researcher": "Researcher",
    "industry": "Research Scientist",
    "other": "Instructor",
}


def write_openreview(
    careers: Iterable[ToldCareer], organizations: Sequence[Organization], folder: Path
) -> None:
    """One profile a line below `folder`, and the note that the (invented) terms are accepted."""
    folder.mkdir(parents=True, exist_ok=True)
    lines = [
        json.dumps(describe_profile(career, organizations), ensure_ascii=False)
        for career in careers
        if career.tells("openreview")
    ]
    (folder / FILE).write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")
    (folder / ACCEPTANCE).write_text("The toy world is nobody's.\n", encoding="utf-8")


def describe_profile(
    career: ToldCareer, organizations: Sequence[Organization]
) -> dict[str, object]:
    """One profile."""
    identity = career.identity
    last = max(stay.last for stay in career.stays)
    links = {
        "dblp": f"https://dblp.org/pid/{identity.dblp}.html" if identity.dblp else "",
        "orcid": f"https://orcid.org/{identity.orcid}" if identity.orcid else "",
        "gscholar": f"https://scholar.google.com/citations?user={identity.scholar}"
        if identity.scholar
        else "",
    }
    return {
        "id": identity.profile,
        "state": "Active",
        "tcdate": _milliseconds(last),
        "tmdate": _milliseconds(last),
        "content": {
            "names": [
                {
                    "first": identity.name.given,
                    "last": identity.name.surname,
                    "fullname": str(identity.name),
                    "username": identity.profile,
                    "preferred": True,
                }
            ],
            "history": [_describe_stay(stay, organizations) for stay in career.stays[::-1]],
            **{name: link for name, link in links.items() if link},
        },
    }


def _describe_stay(stay: Stay, organizations: Sequence[Organization]) -> dict[str, object]:
    where = organizations[stay.organization]
    return {
        "position": _POSITIONS[stay.stage],
        "start": stay.first,
        "end": None if stay.open else stay.last,
        "institution": {"name": where.name, "domain": where.domain, "country": where.country},
    }


def _milliseconds(year: int) -> int:
    return int(datetime(year, 12, 1, tzinfo=UTC).timestamp() * 1000)
