"""How often is a country or a sector right, by what decided it and what else was said?

Measured by `benchmarks/resolve_places.py --calibrate` on the development half of the labelled
mentions; `docs/guide/resolve-places.md` explains the rules.
"""

from __future__ import annotations

from typing import Final, NamedTuple

UNMEASURED: Final = 0.8

COUNTRY_PRECISION: Final[dict[tuple[str, str], float]] = {}
"""(rule, support) → share of right answers. Support is `agreed` or `contradicted` where other
evidence (the organization's own country, the mail domain) says the same or something else,
`alone` where it is silent, `ambiguous` where only a name of several places decided."""

SECTOR_PRECISION: Final[dict[str, float]] = {}
"""Rule → share of right answers."""


class Signal(NamedTuple):
    """An area, what points to it, and how often that is right."""

    area: str
    rule: str
    share: float


def country_probability(rule: str, support: str) -> float:
    """The probability that a country decided by a rule is right."""
    found = COUNTRY_PRECISION.get((rule, support), COUNTRY_PRECISION.get((rule, "alone")))
    return UNMEASURED if found is None else found


def sector_probability(rule: str) -> float:
    """The probability that a sector decided by a rule is right."""
    return SECTOR_PRECISION.get(rule, UNMEASURED)
