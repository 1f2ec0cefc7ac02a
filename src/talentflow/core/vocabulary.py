"""The closed lists of the field's words: stages, sectors, tiers, alignment, flags.

The position of a word in its list is its code in packed tables, so lists only ever grow at
the end.
"""

from __future__ import annotations

from enum import IntFlag
from typing import Final

ALL: Final = "all"
"""The value of a cell column that is summed over, as opposed to null, which is unknown."""

STAGES: Final = (
    "unknown",
    "undergraduate",
    "master",
    "doctoral",
    "postdoctoral",
    "faculty",
    "researcher",
    "industry",
    "other",
)
"""Career stages. `researcher` is public research; `unknown` is null outside packed tables."""

STUDY_STAGES: Final = ("undergraduate", "master", "doctoral", "postdoctoral")
"""Stages that end and are followed by work: the clock of `retention` starts at their end."""

SECTORS: Final = (
    "unknown",
    "university",
    "company",
    "government",
    "nonprofit",
    "facility",
    "healthcare",
)
"""Sectors of an organization, from ROR's types; `facility` is public research."""

ALIGNMENTS: Final = ("aligned", "set_only", "unknown")
"""Whether an affiliation belongs to this author, to someone on the paper, or is not known."""

EVIDENCE_KINDS: Final = ("authorship", "education", "employment")
"""What a record is evidence of: an author of a document, or a dated entry of a career history."""

FLAGS: Final = ("ok", "too_few", "censored", "suppressed", "published")
"""How a value may be read; `too_few` and `suppressed` carry no figure."""


class Tier(IntFlag):
    """What became of the paper; a record can carry several."""

    NONE = 0
    SUBMITTED = 1
    ACCEPTED = 2
    POSTER = 4
    SPOTLIGHT = 8
    ORAL = 16
    REJECTED = 32
    WITHDRAWN = 64
    WORKSHOP = 128
    FINDINGS = 256


CORRESPONDING: Final = 1 << 16
"""Beside `Tier` in `tier_flags`: the document names the author as one to write to. Sources that
say nothing of it set it for nobody."""
