"""Which career histories do the people of the toy world tell, and are they true?

A history is the true career as seen from the first year of the world, told as dated stays: one
entry for every run of years in one organization and stage. Not everybody tells one, and who is
still there leaves the last entry open.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import groupby
from typing import Final

from talentflow.core.vocabulary import STAGES
from talentflow.sources.toy.careers import World
from talentflow.sources.toy.identities import Identity, draw_identities

TELLS_EVERY: Final = {"orcid": (5, 4), "openreview": (4, 3), "dblp": (3, 2)}
"""Of so many persons so many tell their history at a source that knows them, by number."""

EDUCATION_STAGES: Final = ("undergraduate", "master", "doctoral")


@dataclass(frozen=True, kw_only=True)
class Stay:
    """One entry of a history. `last` is the last year; `open` where it goes on."""

    organization: int
    stage: str
    first: int
    last: int
    open: bool

    @property
    def is_education(self) -> bool:
        """Whether it is a study towards a degree."""
        return self.stage in EDUCATION_STAGES


@dataclass(frozen=True, kw_only=True)
class ToldCareer:
    """What one person can tell."""

    person: int
    identity: Identity
    stays: tuple[Stay, ...]

    def tells(self, source: str) -> bool:
        """Whether the person lists the stays there, not only a name."""
        of, some = TELLS_EVERY[source]
        return self.person * 31 % 97 % of < some


def list_careers(world: World) -> Iterator[ToldCareer]:
    """Everybody with a row in the world, by person number."""
    identities = draw_identities(world)
    columns = (world.person, world.year, world.organization, world.stage)
    rows = zip(*(column.tolist() for column in columns), strict=True)
    for person, lived in groupby(rows, key=lambda row: row[0]):
        stays = []
        years = [(organization, stage, year) for _, year, organization, stage in lived]
        for (organization, stage), run in groupby(years, key=lambda row: row[:2]):
            told = [year for *_, year in run]
            stays.append(
                Stay(
                    organization=organization,
                    stage=STAGES[stage],
                    first=told[0],
                    last=told[-1],
                    open=told[-1] == world.spec.last_year,
                )
            )
        yield ToldCareer(person=person, identity=identities[person], stays=tuple(stays))
