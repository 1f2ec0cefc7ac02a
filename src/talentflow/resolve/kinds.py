"""How does a name name an organization?"""

from __future__ import annotations

from enum import IntEnum


class Kind(IntEnum):
    """How a name names an organization; smaller is stronger."""

    DISPLAY = 0
    OVERLAY = 1
    LABEL = 2
    FAMILY = 3
    ALIAS = 4
    ACRONYM = 5


Candidate = tuple[int, Kind]
"""Position of an organization in the registry, and how the name names it."""
