"""The frozen choices a figure depends on: who counts, where a person was, what is a move.

A definition is one value for each of these; nothing else may change a figure. The published
practice that a choice reproduces is named beside it.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from typing import Any, Final, Literal, NoReturn

from talentflow.core.errors import UsageError
from talentflow.core.vocabulary import ALL, Tier

PaperTier = Literal["all", "accepted", "oral", "top20pct", "top2pct", "top0.5pct"]
"""Papers by what became of them. The last three are a fixed share of the submissions of a venue
and year, so that a venue that accepts more does not widen its elite (the best known tracker's
elite was 0.5 % in one edition and 2 % in the next); see `careers.paper_tiers`."""

Evidence = Literal["papers_first", "positions_first", "together", "papers", "positions"]
"""Which of a year's evidence places a person, see `ResidenceRule.evidence`."""

Field = Literal["all", "machine-learning", "vision", "language", "robotics", "data", "graphics"]
"""Groups of venues, see `careers.paper_tiers.FIELDS`."""

SILENCE_LIMIT_YEARS: Final = 50


@dataclass(frozen=True, kw_only=True)
class ResidenceRule:
    """Where a person was in a year that has records.

    - `mode`: the country with the most records of the year (Scholarly Migration Database, SMD;
      Akbaritabar et al. 2024).
    - `last`: the country of the last venue of the year, by the usual month of its meeting; of
      several, that with most records (OECD's last main affiliation, STI Scoreboard 2017).
    - `any`: every country seen in the year, once in each (whole counting, as country trackers
      of papers do).
    - `fractional`: every country seen in the year, one k-th in each of k (the comparison of
      Scopus, OpenAlex and ORCID beside SMD).

    `tie` says what decides between equals: `stay` keeps the previous residence where it is among
    them, else takes the first code in the alphabet; `code` always takes the first code; `drop`
    leaves the year unknown. `votes`: each record counts once (`records`), or by its part of the
    paper, one by authors and by the author's affiliations (`paper_shares`, fractional counting).

    `evidence`: what is heard in a year that has both papers and positions (dated education or
    employment, from ORCID, OpenReview or DBLP).

    - `papers_first`: where a paper names a country only papers are heard, else positions.
    - `positions_first`: the other way round.
    - `together`: a year of a position is one record beside those of papers.
    - `papers`: positions are never heard (SMD). `positions`: papers are never heard (studies of
      ORCID alone).

    Where there are papers alone all but `positions` are the same.
    """

    kind: Literal["mode", "last", "any", "fractional"] = "mode"
    tie: Literal["stay", "code", "drop"] = "stay"
    votes: Literal["records", "paper_shares"] = "records"
    evidence: Evidence = "papers_first"

    def __post_init__(self) -> None:
        if not self.is_single and (self.tie, self.votes) != ("stay", "records"):
            _refuse(
                f"residence.kind = {self.kind} with tie = {self.tie}, votes = {self.votes}",
                "nothing to decide where every country of the year counts",
                f"kind = {self.kind} with tie = stay and votes = records, or kind = mode",
            )

    @property
    def is_single(self) -> bool:
        """Whether a person lives in one country a year."""
        return self.kind in ("mode", "last")


@dataclass(frozen=True, kw_only=True)
class MoveRule:
    """When a change of residence is a move, when it happened, and what fills silent years.

    A change across at most `max_gap_years` silent years is a move; after a longer silence the
    person starts anew without a move (50: every silence is bridged, as SMD's events do).

    - `kind`: any `change` is a move, or only one by which the old country was `left`: no record
      there in the new year and the `window_years` after it. Others are travellers, who gain a
      country and keep the old one (Robinson-Garcia et al. 2019).
    - `dating`: to the first year `seen` in the new country (SMD); the move is known only to lie
      between two records, so it may be dated to the `midpoint` of the silence, or `spread` evenly
      over the years in which it can have happened (interval censoring; the expected count under
      a uniform date).
    - `fill`: silent years of a bridged gap belong to the country `before` it, `after` it, to
      `none`, or are divided at the date of the move (`dated`).
    - `pad_years` set: instead, of every silence however long, only that many years next to the
      record that fills them. `around` needs it: every record fills that many years on both of its
      sides, also before the first and after the last one, and a year within reach of two records
      belongs to the later (SMD's padded population, 2 years). Padding touches the denominator
      only; it never makes or dates a move.
    """

    max_gap_years: int = 3
    fill: Literal["before", "after", "around", "none", "dated"] = "before"
    pad_years: int | None = None
    dating: Literal["seen", "midpoint", "spread"] = "seen"
    kind: Literal["change", "left"] = "change"
    window_years: int = 2

    def __post_init__(self) -> None:
        if not 0 <= self.max_gap_years <= SILENCE_LIMIT_YEARS:
            raise UsageError(
                f"max_gap_years = {self.max_gap_years}", expected="0 to 50 silent years"
            )
        if not 0 <= self.window_years <= SILENCE_LIMIT_YEARS:
            raise UsageError(f"window_years = {self.window_years}", expected="0 to 50 years")
        self._check_padding()
        self._check_dating()

    def _check_padding(self) -> None:
        if self.pad_years is None:
            if self.fill == "around":
                _refuse(
                    "move.fill = around without pad_years",
                    "years around a record are filled only as far as padding reaches",
                    "fill = around with pad_years = 2",
                )
            return
        if not 1 <= self.pad_years <= SILENCE_LIMIT_YEARS:
            raise UsageError(
                f"pad_years = {self.pad_years}",
                expected="1 to 50 silent years",
                next_step="for no padding leave pad_years out and set fill = none",
            )
        if self.fill not in ("before", "after", "around"):
            _refuse(
                f"move.pad_years = {self.pad_years} with fill = {self.fill}",
                "padding belongs to the country before or after the silence",
                f"fill = around with pad_years = {self.pad_years}",
            )

    def _check_dating(self) -> None:
        if self.dating == "seen":
            if self.fill == "dated":
                _refuse(
                    "move.fill = dated with dating = seen",
                    "a move dated to the year it is first seen leaves every silent year before it",
                    "fill = before with dating = seen, or dating = midpoint",
                )
            return
        if self.fill in ("before", "after", "around"):
            _refuse(
                f"move.dating = {self.dating} with fill = {self.fill}",
                "silent years cannot all lie on one side of a move within them",
                f"fill = dated (or none) with dating = {self.dating}",
            )
        if self.max_gap_years == 0:
            _refuse(
                f"move.dating = {self.dating} with max_gap_years = 0",
                "without bridged silence there is nothing to date",
                "max_gap_years = 3, or dating = seen",
            )

    @property
    def open_years(self) -> int:
        """How many of the last years later records will still change; at least the last one."""
        filled = 1 if self.fill == "none" else self.pad_years or self.max_gap_years
        if self.dating != "seen":
            filled = self.max_gap_years
        return max(1, filled, self.window_years if self.kind == "left" else 0)


@dataclass(frozen=True, kw_only=True)
class PeopleRule:
    """Which persons and which of their records count.

    `linkage`: `told_apart` leaves out references whose name alone cannot tell one person from
    another, because each would count as a person who never moves; `all` takes them in;
    `hard_id` takes only persons identified by a registry's id. Cohorts need no linkage and
    always hold everybody. `tier` and `field`: records of which papers place a person. `authors`:
    `all`, or only the `first`, the `last` or the `corresponding` authors of each paper; papers
    that do not say whom to write to then place nobody.
    """

    linkage: Literal["told_apart", "all", "hard_id"] = "told_apart"
    tier: PaperTier = "all"
    authors: Literal["all", "first", "last", "corresponding"] = "all"
    field: Field = "all"

    def __post_init__(self) -> None:
        if self.authors not in ("all", "first", "last", "corresponding"):
            _refuse(
                f"people.authors = {self.authors}",
                "of an author the place in the list is told, and who is to be written to",
                "authors = corresponding, authors = last, or authors = first",
            )


@dataclass(frozen=True, kw_only=True)
class PlaceRule:
    """Where an employer is.

    `site`: the country of the site that the affiliation names. `seat`: the country of the
    organization's seat (the best known tracker counts a Korean at the Seoul office of a
    Californian company as the United States); where no organization was found, the site.
    """

    employer: Literal["site", "seat"] = "site"


@dataclass(frozen=True, kw_only=True)
class OriginRule:
    """Where a person comes from: the country of the `first` affiliation, or the one where study
    as an `undergraduate` (MacroPolo) or the `doctorate` (ORCID comparisons) was last seen.

    Who was never seen in that stage has the origin of the `first` affiliation, or is
    `left_out` of origins and of the cohort. The retention clock of stage `all` starts at the
    origin.
    """

    stage: Literal["first", "undergraduate", "doctorate"] = "first"
    otherwise: Literal["first", "left_out"] = "first"

    def __post_init__(self) -> None:
        if (self.stage, self.otherwise) == ("first", "left_out"):
            _refuse(
                "origin.stage = first with otherwise = left_out",
                "everybody who was seen at all has a first affiliation",
                "origin.stage = first with otherwise = first",
            )


def _refuse(found: str, why: str, nearest: str) -> NoReturn:
    raise UsageError(
        f"impossible rules: {found}: {why}",
        expected="a combination that can be counted",
        next_step=f"nearest valid: {nearest}",
    )


TOP_20PCT, TOP_2PCT, TOP_05PCT = 1 << 20, 1 << 21, 1 << 22
"""Flags beside `Tier`: the paper is among that share of the submissions of its venue and year."""

TIER_FLAGS: Final[dict[str, int]] = {
    "all": 0,
    "accepted": int(Tier.ACCEPTED),
    "oral": int(Tier.ORAL),
    "top20pct": TOP_20PCT,
    "top2pct": TOP_2PCT,
    "top0.5pct": TOP_05PCT,
}


@dataclass(frozen=True, kw_only=True)
class Population:
    """A cohort: the persons with a record of this venue and tier in the year."""

    venue: str = ALL
    tier: PaperTier = "accepted"

    @property
    def id(self) -> str:
        """`nips.oral`, `nips`, `all.oral`, or `all`."""
        suffix = "" if self.tier == "accepted" else f".{self.tier}"
        return f"{self.venue}{suffix}"

    @property
    def tier_flag(self) -> int:
        """The flag a record must carry; 0: any record."""
        return TIER_FLAGS[self.tier]


@dataclass(frozen=True, kw_only=True)
class Rules:
    """One full set of choices."""

    residence: ResidenceRule = field(default_factory=ResidenceRule)
    move: MoveRule = field(default_factory=MoveRule)
    people: PeopleRule = field(default_factory=PeopleRule)
    place: PlaceRule = field(default_factory=PlaceRule)
    origin: OriginRule = field(default_factory=OriginRule)

    def __post_init__(self) -> None:
        kind = self.residence.kind
        if kind == "fractional" and self.move.kind == "left":
            _refuse(
                "residence.kind = fractional with move.kind = left",
                "a fraction of a person cannot leave a country for good",
                "residence.kind = any with move.kind = left",
            )
        if not self.residence.is_single and self.move.dating != "seen":
            _refuse(
                f"residence.kind = {kind} with move.dating = {self.move.dating}",
                "a move between two dates needs one country on either side",
                f"residence.kind = mode with move.dating = {self.move.dating}",
            )

    @property
    def splits_persons(self) -> bool:
        """Whether one year of a person counts in several countries, or one move in several
        years; such rules give figures of countries, not of stages, sectors and cohorts."""
        return not self.residence.is_single or self.move.dating == "spread"

    def to_dict(self) -> dict[str, Any]:
        """Nested plain values, for manifests and content keys."""
        return asdict(self)
