"""A made-up world whose true careers are known, written in the formats of the real sources.

Estimates can be checked against the truth here, which no real source allows. `build_world`
draws careers, `write_world` prints them as raw files, `truth` counts them plainly, and
`expected_truth` gives the values that many such worlds scatter around.
"""

from __future__ import annotations

from talentflow.sources.toy.careers import World, build_world
from talentflow.sources.toy.spec import (
    REALISTIC_ERRORS,
    CountryRates,
    ErrorRates,
    StageRule,
    WorldSpec,
)
from talentflow.sources.toy.truth import Moves, RetentionTruth, WorldTruth, expected_truth, truth
from talentflow.sources.toy.write import HISTORIES, SOURCES, write_world

__all__ = [
    "HISTORIES",
    "REALISTIC_ERRORS",
    "SOURCES",
    "CountryRates",
    "ErrorRates",
    "Moves",
    "RetentionTruth",
    "StageRule",
    "World",
    "WorldSpec",
    "WorldTruth",
    "build_world",
    "expected_truth",
    "truth",
    "write_world",
]
