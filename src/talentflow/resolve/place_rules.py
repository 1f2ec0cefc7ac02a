"""How often is a country or a sector right, by what decided it and what else was said?

Measured by `benchmarks/resolve_places.py --calibrate` on the development half of the labelled
mentions; `docs/guide/resolve-places.md` explains the rules.
"""

from __future__ import annotations

from typing import Final, NamedTuple

UNMEASURED: Final = 0.8

COUNTRY_PRECISION: Final[dict[tuple[str, str], float]] = {
    ("campus", "agreed"): 0.93,
    ("campus", "alone"): 0.9,
    ("campus", "contradicted"): 0.9,
    ("country_word", "agreed"): 0.998,
    ("country_word", "alone"): 0.997,
    ("country_word", "contradicted"): 0.99,
    ("domain_organization", "alone"): 0.984,
    ("domain_organization", "agreed"): 0.99,
    ("domain_organization", "contradicted"): 0.88,
    ("domain_suffix", "alone"): 0.945,
    ("domain_suffix", "contradicted"): 0.85,
    ("inferred_seat", "agreed"): 0.995,
    ("inferred_seat", "alone"): 0.988,
    ("inferred_seat", "contradicted"): 0.9,
    ("legal_form", "alone"): 0.84,
    ("mail_country", "contradicted"): 0.6,
    ("name_language", "agreed"): 0.98,
    ("name_language", "alone"): 0.97,
    ("name_language", "contradicted"): 0.9,
    ("name_part", "agreed"): 0.9,
    ("name_part", "alone"): 0.85,
    ("name_part", "contradicted"): 0.8,
    ("name_word", "agreed"): 0.995,
    ("name_word", "alone"): 0.974,
    ("name_word", "contradicted"): 0.93,
    ("organization_site", "agreed"): 0.998,
    ("organization_site", "alone"): 0.997,
    ("organization_site", "contradicted"): 0.962,
    ("organization_site", "doubtful"): 0.967,
    ("place_word", "agreed"): 0.998,
    ("place_word", "alone"): 0.997,
    ("place_word", "ambiguous"): 0.97,
    ("place_word", "contradicted"): 0.97,
}
"""(rule, support) → share of right answers. Support is `agreed` or `contradicted` where other
evidence (the organization's own country, the mail domain) says the same or something else,
`alone` where it is silent, `ambiguous` where only a name of several places decided, `doubtful`
where nothing but an organization that is not sure itself did. Cells of fewer than 30 strings are
set below what was measured; none is above .998."""

SECTOR_PRECISION: Final[dict[str, float]] = {
    "company_family": 0.99,
    "organization": 0.985,
    "domain": 0.95,
    "words": 0.9,
}
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
