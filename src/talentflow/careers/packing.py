"""The evidence of all persons as sorted integers, the form the compiled pass reads.

One row of evidence is one 63-bit key, `person (40) | year (8) | country (8) | stage (4) |
sector (3)`, with side arrays: traits (which rules the row satisfies, and the month of its
venue), votes (its part of the paper), seats (the country of the employer's seat) and cohorts
(which populations it makes the person a member of, one bit each).
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from itertools import pairwise
from typing import Final, Self

import duckdb
import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from talentflow.careers.paper_tiers import FIELDS, VENUE_MONTHS, Submissions, mark_top_papers
from talentflow.careers.stages import parse_degree, parse_stage
from talentflow.careers.weights import hash_ids
from talentflow.core.areas import AREAS
from talentflow.core.rules import TIER_FLAGS, PeopleRule, Population
from talentflow.core.vocabulary import CORRESPONDING, EVIDENCE_KINDS, SECTORS, STAGES, Tier

FIRST_YEAR: Final = 1900
"""Year 0 of the packed form; the last is 2155."""

HARD_ID: Final = 1
ACCEPTED: Final = 2
FIRST_AUTHOR: Final = 4
TOLD_APART: Final = 8
LAST_AUTHOR: Final = 16
CORRESPONDING_AUTHOR: Final = 1 << 19
POSITION: Final = 1 << 20
"""The row is a year of an education or employment, not of a paper."""

LINKAGE: Final = HARD_ID | TOLD_APART
_AUTHOR_TRAITS: Final = {
    "all": 0,
    "first": FIRST_AUTHOR,
    "last": LAST_AUTHOR,
    "corresponding": CORRESPONDING_AUTHOR,
}
_TIER_TRAITS: Final = {
    "all": 0,
    "accepted": ACCEPTED,
    "oral": 32,
    "top20pct": 64,
    "top2pct": 128,
    "top0.5pct": 256,
}
_FIELD_TRAITS: Final = {"all": 0} | {field: 512 << bit for bit, field in enumerate(FIELDS)}
MONTH_SHIFT: Final = 24
"""Traits hold the month of the venue, 0 for none, in their highest byte."""

WHOLE_VOTE: Final = 720720
"""The vote of a record that is a whole paper; its parts down to a 16th are exact."""

MAX_POPULATIONS: Final = 60

_STAGE_CODES: Final = {stage: code for code, stage in enumerate(STAGES)}


@dataclass(frozen=True, kw_only=True)
class PackedEvidence:
    """Rows sorted by key. `person_ids[p]` and `person_hashes[p]` belong to person number p."""

    keys: npt.NDArray[np.int64]
    traits: npt.NDArray[np.uint32]
    votes: npt.NDArray[np.int32]
    seats: npt.NDArray[np.uint8]
    cohorts: npt.NDArray[np.uint64]
    person_ids: pa.StringArray
    person_hashes: npt.NDArray[np.uint64]
    populations: tuple[Population, ...]

    @cached_property
    def at_seats(self) -> PackedEvidence:
        """The same evidence with every employer in the country of its seat."""
        sites = np.int64(255 << COUNTRY_SHIFT)
        keys = (self.keys & ~sites) | (self.seats.astype(np.int64) << COUNTRY_SHIFT)
        return self.take(keys, np.argsort(keys, kind="stable"))

    def take(
        self,
        keys: npt.NDArray[np.int64],
        rows: npt.NDArray[np.int64] | npt.NDArray[np.bool_] | slice,
    ) -> Self:
        """Some of the rows, in the order given; `keys` are those of all rows."""
        return replace(
            self,
            keys=keys[rows],
            traits=self.traits[rows],
            votes=self.votes[rows],
            seats=self.seats[rows],
            cohorts=self.cohorts[rows],
        )

    def split(self, parts: int) -> list[PackedEvidence]:
        """About equal slices, none of which cuts through a person."""
        people = self.keys >> PERSON_SHIFT
        cuts = [0]
        for part in range(1, parts):
            target = len(people) * part // parts
            if target < len(people):
                cuts.append(int(np.searchsorted(people, people[target])))
        cuts.append(len(people))
        return [self.take(self.keys, slice(a, b)) for a, b in pairwise(cuts) if b > a]


SECTOR_BITS: Final = 3
STAGE_SHIFT: Final = 3
COUNTRY_SHIFT: Final = 7
YEAR_SHIFT: Final = 15
PERSON_SHIFT: Final = 23


def required_traits(rule: PeopleRule) -> int:
    """The traits a row must have to count under a rule. Positions have none of papers', authors'
    and venues', so under a rule that asks for such papers alone place a person."""
    return (
        {"all": 0, "told_apart": TOLD_APART, "hard_id": HARD_ID}[rule.linkage]
        | _TIER_TRAITS[rule.tier]
        | _AUTHOR_TRAITS[rule.authors]
        | _FIELD_TRAITS[rule.field]
    )


def tells_authors(evidence: PackedEvidence, rule: PeopleRule) -> bool:
    """Whether any record says of its author what the rule asks for: a source that does not say
    it of anybody has no such figures, which is not a figure of zero."""
    wanted = np.uint32(_AUTHOR_TRAITS[rule.authors])
    return rule.authors == "all" or bool((evidence.traits & wanted).any())


def pack_evidence(
    records: pa.Table,
    people: pa.Table,
    resolved_mentions: pa.Table,
    populations: tuple[Population, ...] = (),
    submissions: Submissions | None = None,
) -> PackedEvidence:
    """Tables of the contracts of the same names → packed evidence of the persons in them.

    Rows without a person are left out; rows whose country is not known stay, with country 0,
    because they still make the person a member of a cohort. Where there are papers, positions
    count only of persons with a paper and in the years of the data that have papers: a career
    history makes nobody an author, and no year one of the data. `submissions` are what tiers at a
    fixed share of them need, see `paper_tiers`; without, nobody is in such a tier.
    """
    if submissions:
        flags = records["tier_flags"].to_numpy() | mark_top_papers(records, submissions)
        position = records.column_names.index("tier_flags")
        records = records.set_column(position, "tier_flags", pa.array(flags))
    rows = _drop_positions_alone(_join(records, people, resolved_mentions))
    person_ids = rows["person_id"].combine_chunks().dictionary_encode()
    keys = _build_keys(rows, person_ids.indices.to_numpy(zero_copy_only=False))
    packed = PackedEvidence(
        keys=keys,
        traits=_build_traits(rows),
        votes=_build_votes(rows),
        seats=_encode(rows["seat_country"], ("", *AREAS)).astype(np.uint8),
        cohorts=_build_cohorts(rows, populations),
        person_ids=person_ids.dictionary,
        person_hashes=hash_ids(person_ids.dictionary),
        populations=populations,
    )
    return packed.take(keys, np.argsort(keys, kind="stable"))


def choose_populations(records: pa.Table) -> tuple[Population, ...]:
    """The cohorts worth computing: all venues and each venue, accepted papers and orals.

    Every venue is taken while there is room (60 cohorts), those with most records first.
    """
    flags = records["tier_flags"].to_numpy()
    venues = records["venue"].combine_chunks().dictionary_encode()
    names = venues.dictionary.to_pylist()
    codes = venues.indices.fill_null(len(names)).to_numpy(zero_copy_only=False)
    sizes = np.bincount(codes, minlength=len(names) + 1)[: len(names)]
    orals = np.bincount(codes[(flags & Tier.ORAL) != 0], minlength=len(names) + 1)
    ranked = sorted(range(len(names)), key=lambda i: (-int(sizes[i]), names[i]))
    chosen = [Population(), Population(tier="oral")]
    for i in ranked:
        chosen.append(Population(venue=names[i]))
        if orals[i]:
            chosen.append(Population(venue=names[i], tier="oral"))
    return tuple(chosen[:MAX_POPULATIONS])


def _join(records: pa.Table, people: pa.Table, resolved_mentions: pa.Table) -> pa.Table:
    records = _select(records, _OF_RECORDS, _PAPERS)
    people = people.select(["person_ref", "person_id", "hard_id", "ambiguous"])
    mentions = _select(
        resolved_mentions, ("mention_id", "country", "sector"), {"seat_country": pa.string()}
    )
    with duckdb.connect() as connection:
        connection.register("r", records)
        connection.register("p", people)
        connection.register("m", mentions)
        return connection.sql(
            """
            select p.person_id, p.hard_id, p.ambiguous, r.year, r.role_raw, r.tier_flags, r.venue,
                   r.author_position, r.n_authors, r.paper_id, r.kind, m.country, m.sector,
                   coalesce(m.seat_country, m.country) as seat_country,
                   count(*) over (partition by r.paper_id, r.year, p.person_id) as n_affiliations
            from r join p using (person_ref) left join m using (mention_id)
            """
        ).to_arrow_table()


_OF_RECORDS: Final = (
    "person_ref", "mention_id", "year", "role_raw", "tier_flags", "author_position", "venue",
)  # fmt: skip
_PAPERS: Final = {"paper_id": pa.string(), "n_authors": pa.int16(), "kind": pa.string()}


def _drop_positions_alone(rows: pa.Table) -> pa.Table:
    """Without the positions of persons who have no paper, and of years that no paper is of."""
    position = _find_positions(rows)
    if position.all() or not position.any():
        return rows
    papers = rows.filter(pa.array(~position))
    authors = papers["person_id"].combine_chunks().unique()
    years = pc.min_max(papers["year"])
    kept = pc.and_(
        pc.is_in(rows["person_id"], value_set=authors),
        pc.and_(
            pc.greater_equal(rows["year"], years["min"]), pc.less_equal(rows["year"], years["max"])
        ),
    )
    return rows.filter(pc.or_(kept, pa.array(~position)))


def _find_positions(rows: pa.Table) -> npt.NDArray[np.bool_]:
    found = pc.is_in(rows["kind"], value_set=pa.array(EVIDENCE_KINDS[1:]))
    return np.asarray(found.to_numpy(), np.bool_)


def _select(table: pa.Table, required: tuple[str, ...], others: dict[str, pa.DataType]) -> pa.Table:
    """Columns of a table; the `others` are null where simulated evidence does without them."""
    found = table.select(list(required))
    for name, kind in others.items():
        known = name in table.column_names
        column = table[name] if known else pa.nulls(table.num_rows, kind)
        found = found.append_column(name, column)
    return found


def _build_keys(rows: pa.Table, person: npt.NDArray[np.int32]) -> npt.NDArray[np.int64]:
    year = rows["year"].to_numpy().astype(np.int64) - FIRST_YEAR
    country = _encode(rows["country"], ("", *AREAS))
    sector = _encode(rows["sector"], SECTORS)
    return np.asarray(
        (person.astype(np.int64) << PERSON_SHIFT)
        | (year << YEAR_SHIFT)
        | (country << COUNTRY_SHIFT)
        | (_encode_stages(rows) << STAGE_SHIFT)
        | sector,
        np.int64,
    )


def _encode(column: pa.ChunkedArray, words: tuple[str, ...]) -> npt.NDArray[np.int64]:
    codes = pc.index_in(column, value_set=pa.array(words, pa.string()))
    return np.asarray(codes.fill_null(0).to_numpy(), np.int64)


def _encode_stages(rows: pa.Table) -> npt.NDArray[np.int64]:
    if rows["role_raw"].null_count == rows.num_rows:
        return np.zeros(rows.num_rows, np.int64)
    pairs = zip(rows["role_raw"].to_pylist(), rows["sector"].to_pylist(), strict=True)
    codes = np.fromiter((_STAGE_CODES[parse_stage(*pair)] for pair in pairs), np.int64)
    studies = np.flatnonzero(pc.equal(rows["kind"], "education").fill_null(False).to_numpy())
    if len(studies):
        degrees = rows["role_raw"].take(pa.array(studies)).to_pylist()
        codes[studies] = [_STAGE_CODES[parse_degree(degree)] for degree in degrees]
    return codes


def _build_traits(rows: pa.Table) -> npt.NDArray[np.uint32]:
    position, flags = rows["author_position"], rows["tier_flags"].to_numpy()
    traits = rows["hard_id"].to_numpy().astype(np.uint32) * HARD_ID
    traits |= (~rows["ambiguous"].to_numpy()).astype(np.uint32) * TOLD_APART
    traits |= _find_positions(rows).astype(np.uint32) * np.uint32(POSITION)
    for found, trait in (
        (pc.equal(position, 1), FIRST_AUTHOR),
        (pc.equal(position, rows["n_authors"]), LAST_AUTHOR),
    ):
        traits |= found.fill_null(False).to_numpy().astype(np.uint32) * np.uint32(trait)
    traits |= ((flags & CORRESPONDING) != 0).astype(np.uint32) * np.uint32(CORRESPONDING_AUTHOR)
    for tier, trait in _TIER_TRAITS.items():
        if tier != "all":
            traits |= ((flags & TIER_FLAGS[tier]) != 0).astype(np.uint32) * np.uint32(trait)
    return np.asarray(traits | _build_venue_traits(rows["venue"]), np.uint32)


def _build_venue_traits(venues: pa.ChunkedArray) -> npt.NDArray[np.uint32]:
    named = venues.combine_chunks().dictionary_encode()
    fields = {venue: _FIELD_TRAITS[field] for field, some in FIELDS.items() for venue in some}
    traits = [
        fields.get(name, 0) | VENUE_MONTHS.get(name, 0) << MONTH_SHIFT
        for name in named.dictionary.to_pylist()
    ]
    codes = named.indices.fill_null(len(traits)).to_numpy(zero_copy_only=False)
    return np.asarray(np.asarray([*traits, 0], np.uint32)[codes], np.uint32)


def _build_votes(rows: pa.Table) -> npt.NDArray[np.int32]:
    """Each record's part of its paper, in units of 1/`WHOLE_VOTE`; a whole one without paper."""
    known = pc.and_(pc.is_valid(rows["paper_id"]), pc.greater(rows["n_authors"], 0))
    known = known.fill_null(False).to_numpy()
    authors = rows["n_authors"].fill_null(1).to_numpy().astype(np.int64)
    parts = np.where(known, authors * rows["n_affiliations"].to_numpy(), 1)
    return np.asarray(np.maximum(np.rint(WHOLE_VOTE / parts), 1), np.int32)


def _build_cohorts(rows: pa.Table, populations: tuple[Population, ...]) -> npt.NDArray[np.uint64]:
    cohorts = np.zeros(rows.num_rows, np.uint64)
    flags = rows["tier_flags"].to_numpy()
    venues = tuple(sorted({p.venue for p in populations} - {"all"}))
    codes = _encode(rows["venue"], ("", *venues))
    for bit, population in enumerate(populations):
        member = (flags & population.tier_flag) == population.tier_flag
        if population.venue != "all":
            member &= codes == venues.index(population.venue) + 1
        cohorts[member] |= np.uint64(1 << bit)
    return cohorts
