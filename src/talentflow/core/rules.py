"""The frozen choices a figure depends on: who counts, where a person was, what is a move.

A definition is one value for each of these; nothing else may change a figure. The published
practice that a choice reproduces is named beside it.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from typing import Any, Literal

from talentflow.core.errors import UsageError
from talentflow.core.vocabulary import ALL, Tier


@dataclass(frozen=True, kw_only=True)
class ResidenceRule:
    """Where a person was in a year that has records.

    The country with the most records of the year (the mode, as in the Scholarly Migration
    Database, SMD). `tie` says what decides between equals: `stay` keeps the previous residence
    where it is among them, else takes the first code in the alphabet; `code` always takes the
    first code; `drop` leaves the year unknown.
    """

    tie: Literal["stay", "code", "drop"] = "stay"


@dataclass(frozen=True, kw_only=True)
class MoveRule:
    """When a change of residence is a move, and what fills silent years.

    A change across at most `max_gap_years` silent years is a move, dated to the first year seen
    in the new country; after a longer silence the person starts anew without a move. Silent
    years of a bridged gap belong to the country `before` it, the country `after` it (as SMD's
    backward fill does), or to `none`.
    """

    max_gap_years: int = 3
    fill: Literal["before", "after", "none"] = "before"

    def __post_init__(self) -> None:
        if not 0 <= self.max_gap_years <= 50:
            raise UsageError(
                f"max_gap_years = {self.max_gap_years}", expected="0 to 50 silent years"
            )


@dataclass(frozen=True, kw_only=True)
class PeopleRule:
    """Which persons and which of their records count.

    `linkage`: `told_apart` leaves out references whose name alone cannot tell one person from
    another, because each would count as a person who never moves; `all` takes them in;
    `hard_id` takes only persons identified by a registry's id. Cohorts need no linkage and
    always hold everybody. `tier`: records of which papers place a person. `authors`: `all`, or
    only the `first` author of each paper.
    """

    linkage: Literal["told_apart", "all", "hard_id"] = "told_apart"
    tier: Literal["all", "accepted"] = "all"
    authors: Literal["all", "first"] = "all"


@dataclass(frozen=True, kw_only=True)
class Population:
    """A cohort: the persons with a record of this venue and tier in the year."""

    venue: str = ALL
    tier: Literal["all", "accepted", "oral"] = "accepted"

    @property
    def id(self) -> str:
        """`nips.oral`, `nips`, `all.oral`, or `all`."""
        suffix = "" if self.tier == "accepted" else f".{self.tier}"
        return f"{self.venue}{suffix}"

    @property
    def tier_flag(self) -> int:
        """The `Tier` flag a record must carry; 0: any record."""
        return {"all": 0, "accepted": int(Tier.ACCEPTED), "oral": int(Tier.ORAL)}[self.tier]


@dataclass(frozen=True, kw_only=True)
class Rules:
    """One full set of choices."""

    residence: ResidenceRule = field(default_factory=ResidenceRule)
    move: MoveRule = field(default_factory=MoveRule)
    people: PeopleRule = field(default_factory=PeopleRule)

    def to_dict(self) -> dict[str, Any]:
        """Nested plain values, for manifests and content keys."""
        return asdict(self)
