"""The careers once more, written as plainly as possible, to hold the compiled pass against.

Dictionaries and lists only; a cell is counted as person → how often.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from itertools import pairwise
from typing import NamedTuple

import pyarrow as pa

from talentflow.careers.packing import PackedEvidence, pack_evidence
from talentflow.careers.stages import parse_stage
from talentflow.core.rules import Population, Rules
from talentflow.core.vocabulary import SECTORS, STAGES, STUDY_STAGES, Tier


@dataclass(frozen=True, kw_only=True)
class Row:
    """One row of evidence."""

    person: str
    year: int
    country: str | None
    role: str | None = None
    sector: str | None = None
    venue: str | None = "nips"
    tier: Tier = Tier.ACCEPTED
    author_position: int | None = 1
    hard_id: bool = True
    ambiguous: bool = False


class Residence(NamedTuple):
    year: int
    country: str
    stage: str
    sector: str


def pack_rows(rows: Iterable[Row], populations: tuple[Population, ...] = ()) -> PackedEvidence:
    """Rows through the package's own packing. A person with both kinds of id has two references."""
    rows = list(rows)
    refs = [f"{row.person}/{row.hard_id}/{row.ambiguous}" for row in rows]
    people = dict(zip(refs, rows, strict=True))
    places = sorted({(row.country or "", row.sector or "") for row in rows})
    records = pa.table(
        {
            "person_ref": pa.array(refs, pa.string()),
            "mention_id": pa.array(
                [places.index((row.country or "", row.sector or "")) for row in rows], pa.int64()
            ),
            "year": pa.array([row.year for row in rows], pa.int16()),
            "role_raw": pa.array([row.role for row in rows], pa.string()),
            "tier_flags": pa.array([int(row.tier) for row in rows], pa.int32()),
            "author_position": pa.array([row.author_position for row in rows], pa.int32()),
            "venue": pa.array([row.venue for row in rows], pa.string()),
        }
    )
    mentions = pa.table(
        {
            "mention_id": pa.array(range(len(places)), pa.int64()),
            "country": pa.array([country or None for country, _ in places], pa.string()),
            "sector": pa.array([sector or None for _, sector in places], pa.string()),
        }
    )
    linked = pa.table(
        {
            "person_ref": pa.array(list(people), pa.string()),
            "person_id": pa.array([row.person for row in people.values()], pa.string()),
            "hard_id": pa.array([row.hard_id for row in people.values()], pa.bool_()),
            "ambiguous": pa.array([row.ambiguous for row in people.values()], pa.bool_()),
        }
    )
    return pack_evidence(records, linked, mentions, populations)


def counts_under(row: Row, rules: Rules) -> bool:
    """Whether a row may place its person."""
    people = rules.people
    linked = {"all": True, "told_apart": not row.ambiguous, "hard_id": row.hard_id}
    return (
        linked[people.linkage]
        and (people.tier == "all" or Tier.ACCEPTED in row.tier)
        and (people.authors == "all" or row.author_position == 1)
    )


def list_residences(rows: Iterable[Row], rules: Rules) -> list[Residence]:
    """The known years of one person."""
    by_year: dict[int, list[Row]] = defaultdict(list)
    for row in rows:
        if counts_under(row, rules):
            by_year[row.year].append(row)
    lived: list[Residence] = []
    for year in sorted(by_year):
        countries = Counter(row.country for row in by_year[year] if row.country)
        if not countries:
            continue
        most = max(countries.values())
        tied = sorted(country for country, n in countries.items() if n == most)
        choice = tied[0]
        if rules.residence.tie == "drop" and len(tied) > 1:
            continue
        if rules.residence.tie == "stay" and lived and lived[-1].country in tied:
            choice = lived[-1].country
        stages = [parse_stage(row.role, row.sector) for row in by_year[year]]
        sectors = [row.sector or "unknown" for row in by_year[year] if row.country == choice]
        lived.append(
            Residence(year, choice, _most_common(stages, STAGES), _most_common(sectors, SECTORS))
        )
    return lived


def _most_common(words: list[str], order: tuple[str, ...]) -> str:
    known = Counter(word for word in words if word != "unknown")
    return min(known, key=lambda word: (-known[word], order.index(word)), default="unknown")


def list_moves(lived: list[Residence], rules: Rules) -> list[tuple[int, str, str, int]]:
    """Year, from, to and silent years of each move."""
    return [
        (there.year, here.country, there.country, there.year - here.year - 1)
        for here, there in pairwise(lived)
        if here.country != there.country and there.year - here.year - 1 <= rules.move.max_gap_years
    ]


def fill_silence(lived: list[Residence], rules: Rules) -> list[tuple[Residence, bool]]:
    """All years of residence, and whether each is a bridged one."""
    filled = []
    for i, here in enumerate(lived):
        filled.append((here, False))
        if i + 1 < len(lived) and rules.move.fill != "none":
            there = lived[i + 1]
            silent = range(here.year + 1, there.year)
            owner = here if rules.move.fill == "before" else there
            if len(silent) <= rules.move.max_gap_years:
                filled.extend((owner._replace(year=year), True) for year in silent)
    return filled


def find_study_end(lived: list[Residence], stage: str) -> int | None:
    """Index of the last year in a stage."""
    return max((i for i, r in enumerate(lived) if r.stage == stage), default=None)


def find_work(lived: list[Residence], end: int) -> Residence | None:
    """The first postdoctoral or later year after the end of a stage that goes beyond it."""
    least = max(STAGES.index("postdoctoral"), STAGES.index(lived[end].stage) + 1)
    return next((r for r in lived[end + 1 :] if STAGES.index(r.stage) >= least), None)


Cell = tuple[str, str, str, str, str, str, str]
"""measure, definition, area, partner, stage, sector, period."""


@dataclass
class Counts:
    """Cell → person → how often."""

    years: tuple[int, int]
    cells: dict[Cell, Counter[str]] = field(default_factory=lambda: defaultdict(Counter))

    def add(
        self, person: str, measure: str, period: int | str, definition: str = "d", **cell: str
    ) -> None:
        words = {"area": "all", "partner": "all", "stage": "all", "sector": "all", **cell}
        key = (measure, definition, *words.values(), str(period))
        self.cells[key][person] += 1

    def add_year(self, person: str, measure: str, year: int, **cell: str) -> None:
        """Once in the year and once in its window of five."""
        start = year // 5 * 5
        self.add(person, measure, year, **cell)
        self.add(person, measure, f"{start}/{start + 4}", **cell)

    @property
    def whole(self) -> str:
        return f"{self.years[0]}/{self.years[1]}"


def count_cells(
    rows: Iterable[Row], rules: Rules, populations: tuple[Population, ...] = ()
) -> dict[Cell, Counter[str]]:
    """Every tally of the careers module; cohorts are named by their population's id."""
    rows = list(rows)
    lives: dict[str, list[Row]] = defaultdict(list)
    for row in rows:
        lives[row.person].append(row)
    everybody = replace(rules.people, linkage="all")
    counts = Counts((min(r.year for r in rows), max(r.year for r in rows)))
    for person, evidence in lives.items():
        lived = list_residences(evidence, rules)
        _count_stock(counts, person, lived, rules)
        _count_moves(counts, person, lived, rules)
        _count_followed(counts, person, lived)
        _count_retention(counts, person, lived, rules)
        _count_stages(counts, person, lived)
        anywhere = list_residences(evidence, replace(rules, people=everybody))
        for population in populations:
            _count_cohort(counts, person, anywhere, evidence, population)
    first, last = counts.years
    for key in [key for key in counts.cells if _reaches_beyond(key[-1], first, last)]:
        del counts.cells[key]
    if last - first == 4 and first % 5 == 0:
        # The whole period is then itself a window: the same figure, once.
        return {key: _halve(key, n, counts.whole) for key, n in counts.cells.items()}
    return dict(counts.cells)


def _reaches_beyond(period: str, first: int, last: int) -> bool:
    start, _, end = period.partition("/")
    return bool(end) and not first <= int(start) <= int(end) <= last


def _halve(key: Cell, n: Counter[str], whole: str) -> Counter[str]:
    if key[0] not in ("flow", "sector_flow") or key[-1] != whole:
        return n
    return Counter({person: times // 2 for person, times in n.items()})


def _count_stock(counts: Counts, person: str, lived: list[Residence], rules: Rules) -> None:
    for r, _ in fill_silence(lived, rules):
        counts.add_year(person, "stock", r.year)
        counts.add_year(person, "stock", r.year, area=r.country)
        counts.add_year(person, "stock", r.year, area=r.country, stage=r.stage)
        counts.add_year(person, "stock", r.year, area=r.country, sector=r.sector)


def _count_moves(counts: Counts, person: str, lived: list[Residence], rules: Rules) -> None:
    for year, here, there, _ in list_moves(lived, rules):
        counts.add_year(person, "flow", year, area=here, partner=there)
        counts.add(person, "flow", counts.whole, area=here, partner=there)
        counts.add_year(person, "outflow", year, area=here)
        counts.add_year(person, "inflow", year, area=there)


def _count_followed(counts: Counts, person: str, lived: list[Residence]) -> None:
    for i, r in enumerate(lived[1:], start=1):
        counts.add_year(person, "followed", r.year, area=r.country)
        if any(earlier.country != r.country for earlier in lived[:i]):
            counts.add_year(person, "mobile", r.year, area=r.country)
        before = lived[i - 1].sector
        if "unknown" not in (before, r.sector) and before != r.sector:
            start = r.year // 5 * 5
            for period in (f"{start}/{start + 4}", counts.whole):
                counts.add(
                    person, "sector_flow", period, area=r.country, sector=f"{before}>{r.sector}"
                )


def _count_retention(counts: Counts, person: str, lived: list[Residence], rules: Rules) -> None:
    starts = {"all": 0 if lived else None}
    starts |= {stage: find_study_end(lived, stage) for stage in STUDY_STAGES}
    for stage, start in starts.items():
        if start is None:
            continue
        origin, followed, left = lived[start], 0, None
        for here, there in pairwise(lived[start:]):
            if there.year - here.year - 1 > rules.move.max_gap_years:
                break
            followed = there.year - origin.year
            if there.country != origin.country:
                left = followed
                break
        cell = {"area": origin.country, "stage": stage}
        for t in range(1, min(followed, 15) + 1):
            counts.add(person, "retention_risk", f"P{t}Y", **cell)
        if left is not None and left <= 15:
            counts.add(person, "retention_left", f"P{left}Y", **cell)


def _count_stages(counts: Counts, person: str, lived: list[Residence]) -> None:
    for stage in STUDY_STAGES:
        end = find_study_end(lived, stage)
        work = None if end is None else find_work(lived, end)
        if end is not None and work is not None:
            counts.add(
                person,
                "stage_flow",
                counts.whole,
                area=lived[end].country,
                partner=work.country,
                stage=stage,
            )


def _count_cohort(
    counts: Counts,
    person: str,
    lived: list[Residence],
    evidence: list[Row],
    population: Population,
) -> None:
    wanted = {"all": Tier.NONE, "accepted": Tier.ACCEPTED, "oral": Tier.ORAL}[population.tier]
    years = {
        row.year
        for row in evidence
        if population.venue in ("all", row.venue) and wanted in row.tier
    }
    for r in lived:
        if r.year in years:
            name = population.id
            counts.add_year(person, "cohort_located", r.year, definition=name)
            counts.add_year(person, "cohort_work", r.year, definition=name, area=r.country)
            counts.add_year(person, "cohort_origin", r.year, definition=name, area=lived[0].country)
