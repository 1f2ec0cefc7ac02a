"""How many other people bear a name?

Counted over the names at hand, given name and surname taken as independent. A short list cannot
show that a name is common, so the surnames of five languages whose romanised names are shared by
many bring a prior from the world; the more names there are, the less it weighs.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Iterable
from functools import lru_cache
from importlib.resources import files
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from talentflow.resolve.identifiers import read_profile_number
from talentflow.resolve.names import PersonName, parse_name

Floats = NDArray[np.float64]

PRIOR_NAMES: Final = 2000
"""The prior weighs as much as this many names seen."""

FIELD: Final = 30_000
"""People among whom a bearer is looked for, where fewer names are at hand: about one large
conference's authors."""

INITIALS_SHARE: Final = 1 / 15
"""Of the people with a surname, those with the same initial, when nothing else is known."""


class _Language(NamedTuple):
    """Share of the authors whose surname is of this language, and shares of these that bear one
    given name of one syllable or of several."""

    authors: float
    short: float
    long: float


_LANGUAGES: Final = {
    "zh": _Language(0.35, 1 / 150, 1 / 8000),
    "ko": _Language(0.06, 1 / 100, 1 / 300),
    "vi": _Language(0.015, 1 / 60, 1 / 200),
    "hi": _Language(0.08, 1 / 200, 1 / 300),
    "ja": _Language(0.05, 1 / 200, 1 / 200),
}
_SYLLABLES: Final = re.compile(r"[^aeiouyw]*(?:[aeiouyw]+)(?:ng|n(?![aeiouyw])|[rklmpst]$)?")


def expect_bearers(
    names: list[PersonName], complete: list[bool] | None = None
) -> tuple[Floats, Floats]:
    """How many other people are expected to bear each of these distinct names, and at most.

    (other names with the surname × other names with the given name) / names, or what the prior
    makes of it for a surname listed in `overlays/surnames.csv` if that is more. The second figure
    counts the name itself too, so it never falls below 1 / names: a short list cannot show that a
    name is rare. A name that is not complete counts by its initial; `complete` tells which are, for
    callers that know it.
    """
    if not names:
        return np.zeros(0), np.zeros(0)
    surname = _count([name.surname for name in names])
    if complete is None:
        complete = [name.complete for name in names]
    given = _count(
        [given_key(name, spelled) for name, spelled in zip(names, complete, strict=True)]
    )
    n = len(names)
    expected = (surname - 1) * (given - 1) / n
    bound = surname * given / n
    prior = np.array(
        [world_share(name, spelled) for name, spelled in zip(names, complete, strict=True)]
    )
    weight = n + PRIOR_NAMES
    with_prior = max(n, FIELD) * (
        ((surname - 1 + PRIOR_NAMES * prior[:, 0]) / weight)
        * ((given - 1 + PRIOR_NAMES * prior[:, 1]) / weight)
    )
    with_prior[prior[:, 0] == 0] = 0
    return np.maximum(expected, with_prior), np.maximum(bound, with_prior)


def given_key(name: PersonName, complete: bool) -> str:
    """The given name, or what an initial leaves of it; the two never count together."""
    if complete:
        return "".join(name.given)
    return f"{name.given[0][:1]}." if name.given else "."


def count_profiles(identifiers: Iterable[str]) -> dict[str, int]:
    """Full name → how many profiles of it OpenReview has, as far as their numbers tell.

    `openreview:~Jane_Doe3` shows three, whether or not the other two are at hand. Names of which
    no more than one is known are left out.
    """
    profiles: dict[str, int] = {}
    for identifier in identifiers:
        if identifier.endswith("1") and not identifier[-2:].isdigit():
            continue  # the first profile of its name, as nearly all are
        found = read_profile_number(identifier)
        if found and found[1] > 1:
            full = parse_name(found[0]).full
            profiles[full] = max(profiles.get(full, 0), found[1])
    return profiles


def _count(values: list[str]) -> Floats:
    _, place, counts = np.unique(np.array(values), return_inverse=True, return_counts=True)
    return counts[place].astype(np.float64)


def world_share(name: PersonName, complete: bool) -> tuple[float, float]:
    """Shares of all authors who bear the surname and the given name; 0 for surnames not listed."""
    found = _surnames().get(name.surname, ())
    if not found:
        return 0.0, 0.0
    given = "".join(name.given)
    surname_share = given_share = 0.0
    for language, share in found:
        authors, short, long = _LANGUAGES[language]
        surname_share += authors * share
        if complete:
            given_share += authors * (short if len(_SYLLABLES.findall(given)) < 2 else long)
        else:
            given_share += authors * INITIALS_SHARE
    return surname_share, given_share


@lru_cache(maxsize=1)
def _surnames() -> dict[str, list[tuple[str, float]]]:
    listed: dict[str, list[tuple[str, float]]] = {}
    path = files("talentflow.resolve").joinpath("overlays/surnames.csv")
    with path.open(encoding="utf-8") as file:
        for row in csv.DictReader(file):
            listed.setdefault(row["surname"], []).append(
                (row["language"], float(row["share_pct"]) / 100)
            )
    return listed
