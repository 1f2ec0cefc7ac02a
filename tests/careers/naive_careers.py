"""The careers once more, written as plainly as possible, to hold the compiled pass against.

Dictionaries and lists only; a cell is counted as person → how often.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from fractions import Fraction
from typing import NamedTuple

import pyarrow as pa

from talentflow.careers.packing import PackedEvidence, pack_evidence
from talentflow.careers.paper_tiers import FIELDS, VENUE_MONTHS
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
    seat: str | None = None
    n_authors: int = 1
    kind: str = "authorship"


class Residence(NamedTuple):
    """`shares`: all countries of the year with the part of the person in each, in order."""

    year: int
    country: str
    stage: str
    sector: str
    shares: tuple[tuple[str, int], ...]


UNITS = 2520
"""Parts of a person where rules split one."""


def units_of(rules: Rules) -> int:
    split = rules.residence.kind == "fractional" or rules.move.dating == "spread"
    return UNITS if split else 1


def pack_rows(rows: Iterable[Row], populations: tuple[Population, ...] = ()) -> PackedEvidence:
    """Rows through the package's own packing. A person with both kinds of id has two references."""
    rows = list(rows)
    refs = [f"{row.person}/{row.hard_id}/{row.ambiguous}" for row in rows]
    people = dict(zip(refs, rows, strict=True))
    every = [(row.country or "", row.sector or "", row.seat or "") for row in rows]
    places = sorted(set(every))
    records = pa.table(
        {
            "person_ref": pa.array(refs, pa.string()),
            "mention_id": pa.array([places.index(place) for place in every], pa.int64()),
            "year": pa.array([row.year for row in rows], pa.int16()),
            "role_raw": pa.array([row.role for row in rows], pa.string()),
            "tier_flags": pa.array([int(row.tier) for row in rows], pa.int32()),
            "author_position": pa.array([row.author_position for row in rows], pa.int32()),
            "venue": pa.array([row.venue for row in rows], pa.string()),
            "paper_id": pa.array([f"paper{i}" for i in range(len(rows))], pa.string()),
            "n_authors": pa.array([row.n_authors for row in rows], pa.int16()),
            "kind": pa.array([row.kind for row in rows], pa.string()),
        }
    )
    mentions = pa.table(
        {
            "mention_id": pa.array(range(len(places)), pa.int64()),
            "country": pa.array([country or None for country, _, _ in places], pa.string()),
            "sector": pa.array([sector or None for _, sector, _ in places], pa.string()),
            "seat_country": pa.array([seat or None for *_, seat in places], pa.string()),
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
        and {
            "all": True,
            "accepted": Tier.ACCEPTED in row.tier,
            "oral": Tier.ORAL in row.tier,
        }[people.tier]
        and {
            "all": True,
            "first": row.author_position == 1,
            "last": row.author_position == row.n_authors,
        }[people.authors]
        and (people.field == "all" or row.venue in FIELDS[people.field])
    )


def place_of(row: Row, rules: Rules) -> str | None:
    seated = rules.place.employer == "seat" and row.seat
    return row.seat if seated else row.country


def list_residences(rows: Iterable[Row], rules: Rules) -> list[Residence]:
    """The known years of one person."""
    by_year: dict[int, list[Row]] = defaultdict(list)
    for row in rows:
        if counts_under(row, rules):
            by_year[row.year].append(row)
    lived: list[Residence] = []
    for year in sorted(by_year):
        located = [row for row in by_year[year] if place_of(row, rules)]
        votes = _vote(located, rules)
        if not votes:
            continue
        most = max(votes.values())
        tied = sorted(country for country, n in votes.items() if n == most)
        choice = tied[0]
        if rules.residence.tie == "drop" and len(tied) > 1:
            continue
        if rules.residence.tie == "stay" and lived and lived[-1].country in tied:
            choice = lived[-1].country
        stages = [parse_stage(row.role, row.sector) for row in by_year[year]]
        sectors = [row.sector or "unknown" for row in located if place_of(row, rules) == choice]
        lived.append(
            Residence(
                year,
                choice,
                _most_common(stages, STAGES),
                _most_common(sectors, SECTORS),
                _share_out(choice, sorted(votes), rules),
            )
        )
    return lived


def _vote(located: list[Row], rules: Rules) -> dict[str, Fraction]:
    if rules.residence.kind == "last":
        months = [VENUE_MONTHS.get(row.venue or "", 0) for row in located]
        located = [row for row, m in zip(located, months, strict=True) if m == max(months)]
    votes: dict[str, Fraction] = defaultdict(Fraction)
    for row in located:
        by_paper = rules.residence.votes == "paper_shares"
        votes[str(place_of(row, rules))] += Fraction(1, row.n_authors if by_paper else 1)
    return votes


def _share_out(choice: str, countries: list[str], rules: Rules) -> tuple[tuple[str, int], ...]:
    if rules.residence.kind == "any":
        return tuple((country, 1) for country in countries)
    if rules.residence.kind == "fractional":
        return tuple((country, UNITS // len(countries)) for country in countries)
    return ((choice, units_of(rules)),)


def _most_common(words: list[str], order: tuple[str, ...]) -> str:
    known = Counter(word for word in words if word != "unknown")
    return min(known, key=lambda word: (-known[word], order.index(word)), default="unknown")


def was_left(lived: list[Residence], rows: list[Row], rules: Rules, i: int, country: str) -> bool:
    """Whether a person seen elsewhere in the i-th year has left a country."""
    if rules.move.kind == "change":
        return True
    window = range(lived[i].year, lived[i].year + rules.move.window_years + 1)
    return not any(
        row.year in window and place_of(row, rules) == country and counts_under(row, rules)
        for row in rows
    )


def list_moves(
    lived: list[Residence], rules: Rules, rows: Iterable[Row] = ()
) -> list[tuple[int, str, str, int]]:
    """Year, from, to and silent years of each move of a person with one country a year."""
    return [move[:4] for move in list_parts(lived, rules, list(rows))]


def list_parts(
    lived: list[Residence], rules: Rules, rows: list[Row]
) -> list[tuple[int, str, str, int, int]]:
    """Year, from, to, silent years and units of each (part of a) move."""
    found = []
    for i in range(1, len(lived)):
        here, there = lived[i - 1], lived[i]
        silent = there.year - here.year - 1
        if silent > rules.move.max_gap_years:
            continue
        for before, after, units in _pair(here, there, i, lived, rules, rows):
            for year, part in _date(here.year, there.year, units, rules):
                found.append((year, before, after, silent, part))
    return [move for move in found if move[-1]]


def _pair(
    here: Residence,
    there: Residence,
    i: int,
    lived: list[Residence],
    rules: Rules,
    rows: list[Row],
) -> list[tuple[str, str, int]]:
    old, new = dict(here.shares), dict(there.shares)
    if rules.residence.kind == "fractional":
        return _shift(old, new)
    gone = [c for c in old if c not in new]
    if rules.move.kind == "left":
        gone = [c for c in gone if was_left(lived, rows, rules, i, c)]
    elif not gone:
        gone = list(old)
    units = 1 if rules.residence.kind == "any" else units_of(rules)
    return [(a, b, units) for a in gone for b in new if b not in old]


def _shift(old: dict[str, int], new: dict[str, int]) -> list[tuple[str, str, int]]:
    gains = {c: max(0, new[c] - old.get(c, 0)) for c in new}
    pairs = []
    for before, share in old.items():
        lost = share - new.get(before, 0)
        if lost <= 0:
            continue
        passed = gained = 0
        for after, gain in gains.items():
            gained += gain
            by_here = lost * gained // sum(gains.values())
            pairs.append((before, after, by_here - passed))
            passed = by_here
    return pairs


def _date(start: int, seen: int, units: int, rules: Rules) -> list[tuple[int, int]]:
    if rules.move.dating == "seen":
        return [(seen, units)]
    if rules.move.dating == "midpoint":
        return [(-(-(start + seen) // 2), units)]
    steps = seen - start
    done = [units * step // steps for step in range(steps + 1)]
    return [(start + step, done[step] - done[step - 1]) for step in range(1, steps + 1)]


def fill_silence(
    lived: list[Residence], rules: Rules, rows: Iterable[Row] = ()
) -> list[tuple[Residence, bool]]:
    """All years of residence, and whether each is a bridged one."""
    if rules.move.fill == "around":
        return _pad_around(lived, rules)
    filled = []
    evidence = list(rows)
    for i, here in enumerate(lived):
        filled.append((here, False))
        if i + 1 < len(lived) and rules.move.fill != "none":
            for year in _list_filled(here.year, lived[i + 1].year, rules):
                filled.extend(
                    (stay._replace(year=year), True)
                    for stay in _own_silence(lived, i, year, rules, evidence)
                )
    return filled


def _pad_around(lived: list[Residence], rules: Rules) -> list[tuple[Residence, bool]]:
    """Every year within reach of a record, taken by the next record if that reaches it, else by
    the one before."""
    pad = rules.move.pad_years
    assert pad is not None
    filled = []
    for year in range(lived[0].year - pad, lived[-1].year + pad + 1) if lived else ():
        later = [stay for stay in lived if 0 <= stay.year - year <= pad]
        earlier = [stay for stay in lived if 0 < year - stay.year <= pad]
        if later or earlier:
            here = later[0] if later else earlier[-1]
            filled.append((here._replace(year=year), here.year != year))
    return filled


def _list_filled(start: int, stop: int, rules: Rules) -> list[int]:
    silent = list(range(start + 1, stop))
    pad = rules.move.pad_years
    if pad is not None:
        return silent[-pad:] if rules.move.fill == "after" else silent[:pad]
    return silent if len(silent) <= rules.move.max_gap_years else []


def _own_silence(
    lived: list[Residence], i: int, year: int, rules: Rules, rows: list[Row]
) -> list[Residence]:
    here, there = lived[i], lived[i + 1]
    if rules.move.fill != "dated":
        return [here if rules.move.fill == "before" else there]
    if here.country == there.country or not was_left(lived, rows, rules, i + 1, here.country):
        return [here]
    parts = _date(here.year, there.year, units_of(rules), rules)
    moved = sum(units for date, units in parts if date <= year)
    stays = [(here, units_of(rules) - moved), (there, moved)]
    return [stay._replace(shares=((stay.country, units),)) for stay, units in stays if units]


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
        self,
        person: str,
        measure: str,
        period: int | str,
        definition: str = "d",
        units: int = 1,
        **cell: str,
    ) -> None:
        words = {"area": "all", "partner": "all", "stage": "all", "sector": "all", **cell}
        key = (measure, definition, *words.values(), str(period))
        self.cells[key][person] += units

    def add_year(self, person: str, measure: str, year: int, units: int = 1, **cell: str) -> None:
        """Once in the year and once in its window of five."""
        start = year // 5 * 5
        self.add(person, measure, year, units=units, **cell)
        self.add(person, measure, f"{start}/{start + 4}", units=units, **cell)

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
        details = not rules.splits_persons
        _count_stock(counts, person, fill_silence(lived, rules, evidence), details)
        for year, here, there, _, units in list_parts(lived, rules, evidence):
            _count_move(counts, person, year, here, there, units)
        _count_followed(counts, person, lived, details)
        _count_retention(counts, person, lived, rules, evidence)
        if not details:
            continue
        _count_stages(counts, person, lived)
        anywhere = list_residences(evidence, replace(rules, people=everybody))
        for population in populations:
            _count_cohort(counts, person, anywhere, evidence, population, rules)
    first, last = counts.years
    for key in [key for key in counts.cells if _reaches_beyond(key[-1], first, last)]:
        del counts.cells[key]
    if last - first == 4 and first % 5 == 0:
        # The whole period is then itself a window: the same figure, once.
        return {key: _halve(key, n, counts.whole) for key, n in counts.cells.items()}
    return dict(counts.cells)


def _reaches_beyond(period: str, first: int, last: int) -> bool:
    start, _, end = period.partition("/")
    end = end or start
    return end.isdigit() and not first <= int(start) <= int(end) <= last


def _halve(key: Cell, n: Counter[str], whole: str) -> Counter[str]:
    if key[0] not in ("flow", "sector_flow") or key[-1] != whole:
        return n
    return Counter({person: times // 2 for person, times in n.items()})


def _count_stock(
    counts: Counts, person: str, filled: list[tuple[Residence, bool]], details: bool
) -> None:
    world: dict[int, list[int]] = defaultdict(list)
    for r, _ in filled:
        for country, units in r.shares:
            counts.add_year(person, "stock", r.year, units, area=country)
            world[r.year].append(units)
        if details:
            counts.add_year(person, "stock", r.year, area=r.country, stage=r.stage)
            counts.add_year(person, "stock", r.year, area=r.country, sector=r.sector)
    for year, parts in world.items():
        # Who counts as one in several countries is still one person.
        counts.add_year(person, "stock", year, 1 if set(parts) == {1} else sum(parts))


def _count_move(counts: Counts, person: str, year: int, here: str, there: str, units: int) -> None:
    counts.add_year(person, "flow", year, units, area=here, partner=there)
    counts.add(person, "flow", counts.whole, units=units, area=here, partner=there)
    counts.add_year(person, "outflow", year, units, area=here)
    counts.add_year(person, "inflow", year, units, area=there)


def _count_followed(counts: Counts, person: str, lived: list[Residence], details: bool) -> None:
    for i, r in enumerate(lived[1:], start=1):
        been = {country for earlier in lived[: i + 1] for country, _ in earlier.shares}
        for country, units in r.shares:
            counts.add_year(person, "followed", r.year, units, area=country)
            if been != {country}:
                counts.add_year(person, "mobile", r.year, units, area=country)
        before = lived[i - 1].sector
        if details and "unknown" not in (before, r.sector) and before != r.sector:
            start = r.year // 5 * 5
            for period in (f"{start}/{start + 4}", counts.whole):
                counts.add(
                    person, "sector_flow", period, area=r.country, sector=f"{before}>{r.sector}"
                )


def find_origin(lived: list[Residence], rules: Rules) -> int | None:
    """Index of the year that says where a person comes from."""
    if not lived or rules.origin.stage == "first":
        return 0 if lived else None
    wanted = {"undergraduate": "undergraduate", "doctorate": "doctoral"}[rules.origin.stage]
    end = find_study_end(lived, wanted)
    return 0 if end is None and rules.origin.otherwise == "first" else end


def _count_retention(
    counts: Counts, person: str, lived: list[Residence], rules: Rules, rows: list[Row]
) -> None:
    starts = {"all": find_origin(lived, rules)}
    if not rules.splits_persons:
        starts |= {stage: find_study_end(lived, stage) for stage in STUDY_STAGES}
    for stage, start in starts.items():
        for country, units in () if start is None else lived[start].shares:
            followed, left = 0, None
            for i in range(start + 1, len(lived)):
                if lived[i].year - lived[i - 1].year - 1 > rules.move.max_gap_years:
                    break
                followed = lived[i].year - lived[start].year
                there = country in dict(lived[i].shares)
                if not there and was_left(lived, rows, rules, i, country):
                    left = followed
                    break
            cell = {"area": country, "stage": stage}
            for t in range(1, min(followed, 15) + 1):
                counts.add(person, "retention_risk", f"P{t}Y", units=units, **cell)
            if left is not None and left <= 15:
                counts.add(person, "retention_left", f"P{left}Y", units=units, **cell)


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
    rules: Rules,
) -> None:
    origin = find_origin(lived, rules)
    if origin is None:
        return
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
            counts.add_year(
                person, "cohort_origin", r.year, definition=name, area=lived[origin].country
            )
