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
from typing import TYPE_CHECKING, Any, Final, NamedTuple, Self

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from talentflow.careers.paper_tiers import FIELDS, VENUE_MONTHS, Submissions, rank_top_papers
from talentflow.careers.stages import parse_degree, parse_stage
from talentflow.careers.weights import hash_ids
from talentflow.core.areas import AREAS
from talentflow.core.rules import TIER_FLAGS, PeopleRule, Population
from talentflow.core.scans import Room, Source, open_tables, read_batches, select
from talentflow.core.vocabulary import CORRESPONDING, EVIDENCE_KINDS, SECTORS, STAGES, Tier

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

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
    records: Source,
    people: pa.Table,
    resolved_mentions: pa.Table,
    populations: tuple[Population, ...] = (),
    submissions: Submissions | None = None,
    *,
    room: Room | None = None,
) -> PackedEvidence:
    """Tables of the contracts of the same names → packed evidence of the persons in them.

    Rows without a person are left out; rows whose country is not known stay, with country 0,
    because they still make the person a member of a cohort. Where there are papers, positions
    count only of persons with a paper and in the years of the data that have papers: a career
    history makes nobody an author, and no year one of the data. `submissions` are what tiers at a
    fixed share of them need, see `paper_tiers`; without, nobody is in such a tier.

    Persons are numbered by id and rows sorted by all that they hold, so the same records in any
    order give the same evidence. `records` are read some at a time: what is held is the packed
    rows, 25 bytes each, and while they are made about 70.
    """
    tables = complete_tables(records, resolved_mentions)
    top = rank_top_papers(records, submissions, room) if submissions else None
    with open_tables(room, r=tables[0], p=people, m=tables[1]) as connection:
        return pack_rows(connection, populations, top)


def pack_rows(
    connection: DuckDBPyConnection,
    populations: tuple[Population, ...],
    top: pa.Table | None = None,
) -> PackedEvidence:
    """The same of the tables `r` (records), `p` (people) and `m` (mentions) of a database; `top`
    is what `rank_top_papers` found."""
    connection.execute(_NUMBER_PERSONS)
    ids = connection.sql("select person_id from persons order by person").to_arrow_table()
    query = _ROWS.format(flags="r.tier_flags", top="")
    if top is not None:
        connection.register("t", top)
        query = _ROWS.format(flags="r.tier_flags | coalesce(t.top, 0)", top=_JOIN_TOP)
    parts = [_Packed(*(np.zeros(0, kind) for kind in _TYPES))]
    parts += [_pack_batch(batch, populations) for batch in read_batches(connection, query)]
    columns = {}
    for name in _Packed._fields:
        columns[name] = np.concatenate([getattr(part, name) for part in parts])
        parts = [part._replace(**{name: None}) for part in parts]
    return _sort(_Packed(**columns), ids["person_id"].combine_chunks(), populations)


_NUMBER_PERSONS: Final = """
    create temp table persons as
        select person_id, row_number() over (order by person_id) - 1 as person
        from (select distinct person_id from p);
    create temp table refs as
        select person_ref, person, hard_id, ambiguous from p join persons using (person_id);
"""
_ROWS: Final = """
    select refs.person, refs.hard_id, refs.ambiguous, r.year, r.role_raw, r.venue, r.kind,
        {flags} as tier_flags, r.author_position, r.n_authors, hash(r.paper_id) as paper,
        r.paper_id is not null as in_paper, m.country, m.sector,
        coalesce(m.seat_country, m.country) as seat_country
    from r join refs using (person_ref) left join m using (mention_id) {top}
"""
_JOIN_TOP: Final = "left join t using (venue, year, paper_id)"
_OF_RECORDS: Final = (
    "person_ref", "mention_id", "year", "role_raw", "tier_flags", "author_position", "venue",
)  # fmt: skip
_PAPERS: Final = {"paper_id": pa.string(), "n_authors": pa.int16(), "kind": pa.string()}
_OF_MENTIONS: Final = ("mention_id", "country", "sector")


def complete_tables(records: Source, resolved_mentions: pa.Table) -> tuple[Source, pa.Table]:
    """Both with all columns that packing reads; simulated evidence does without some."""
    if isinstance(records, pa.Table):
        records = _complete(records, _OF_RECORDS, _PAPERS)
    return records, _complete(resolved_mentions, _OF_MENTIONS, {"seat_country": pa.string()})


def _complete(
    table: pa.Table, required: tuple[str, ...], others: dict[str, pa.DataType]
) -> pa.Table:
    """Columns of a table; the `others` are null where it has none."""
    found = table.select(list(required))
    for name, kind in others.items():
        known = name in table.column_names
        column = table[name] if known else pa.nulls(table.num_rows, kind)
        found = found.append_column(name, column)
    return found


class _Packed(NamedTuple):
    """Rows as numbers: those of `PackedEvidence`, a hash of the paper, and its authors (0: the
    row is of no paper)."""

    keys: Any
    traits: Any
    seats: Any
    cohorts: Any
    papers: Any
    authors: Any


_TYPES: Final = _Packed(np.int64, np.uint32, np.uint8, np.uint64, np.uint64, np.int16)


def choose_populations(records: Source, room: Room | None = None) -> tuple[Population, ...]:
    """The cohorts worth computing: all venues and each venue, accepted papers and orals.

    Every venue is taken while there is room (60 cohorts), those with most records first.
    """
    venues = select(
        f"""
        select venue, count(*) filter ((tier_flags & {int(Tier.ORAL)}) <> 0) > 0 as orals
        from r where venue is not null
        group by venue order by count(*) desc, venue limit {MAX_POPULATIONS}
        """,
        room,
        r=records,
    )
    chosen = [Population(), Population(tier="oral")]
    for row in venues.to_pylist():
        chosen.append(Population(venue=row["venue"]))
        if row["orals"]:
            chosen.append(Population(venue=row["venue"], tier="oral"))
    return tuple(chosen[:MAX_POPULATIONS])


def _pack_batch(batch: pa.RecordBatch, populations: tuple[Population, ...]) -> _Packed:
    rows = pa.Table.from_batches([batch])
    in_paper = rows["in_paper"].to_numpy()
    return _Packed(
        keys=_build_keys(rows),
        traits=_build_traits(rows),
        seats=_encode(rows["seat_country"], ("", *AREAS)).astype(np.uint8),
        cohorts=_build_cohorts(rows, populations),
        papers=np.where(in_paper, rows["paper"].to_numpy(), 0),
        authors=np.where(in_paper, rows["n_authors"].fill_null(0).to_numpy(), 0).astype(np.int16),
    )


def _sort(
    packed: _Packed, person_ids: pa.StringArray, populations: tuple[Population, ...]
) -> PackedEvidence:
    """The rows that count, of persons numbered anew, in the order of all that they hold."""
    packed = _drop_positions_alone(packed, len(person_ids))
    present = np.zeros(len(person_ids), np.bool_)
    present[packed.keys >> PERSON_SHIFT] = True
    number = np.cumsum(present) - 1
    rest = np.int64((1 << PERSON_SHIFT) - 1)
    keys = (number[packed.keys >> PERSON_SHIFT] << PERSON_SHIFT) | (packed.keys & rest)
    votes = _count_votes(keys, packed.papers, packed.authors)
    told = (packed.traits.astype(np.int64) << 28) | (votes.astype(np.int64) << 8) | packed.seats
    order = np.lexsort((packed.cohorts, told, keys))
    ids = person_ids.filter(pa.array(present))
    return PackedEvidence(
        keys=keys[order],
        traits=packed.traits[order],
        votes=votes[order],
        seats=packed.seats[order],
        cohorts=packed.cohorts[order],
        person_ids=ids,
        person_hashes=hash_ids(ids),
        populations=populations,
    )


def _drop_positions_alone(packed: _Packed, persons: int) -> _Packed:
    """Without the positions of persons who have no paper, and of years that no paper is of."""
    position = (packed.traits & np.uint32(POSITION)) != 0
    if position.all() or not position.any():
        return packed
    person, year = packed.keys >> PERSON_SHIFT, (packed.keys >> YEAR_SHIFT) & 255
    author = np.zeros(persons, np.bool_)
    author[person[~position]] = True
    years = year[~position]
    kept = ~position | (author[person] & (year >= years.min()) & (year <= years.max()))
    return _Packed(*(column[kept] for column in packed))


def _count_votes(
    keys: npt.NDArray[np.int64], papers: npt.NDArray[np.uint64], authors: npt.NDArray[np.int16]
) -> npt.NDArray[np.int32]:
    """Each record's part of its paper, in units of 1/`WHOLE_VOTE`; a whole one without paper.

    A paper is shared by its authors, and an author's part by their affiliations.
    """
    places = keys >> YEAR_SHIFT
    order = np.lexsort((papers, places))
    differs = (np.diff(places[order]) != 0) | (np.diff(papers[order]) != 0)
    starts = np.flatnonzero(np.concatenate([[True] * bool(len(keys)), differs]))
    sizes = np.diff(starts, append=len(keys))
    affiliations = np.empty(len(keys), np.int64)
    affiliations[order] = np.repeat(sizes, sizes)
    parts = np.where(authors > 0, authors * affiliations, 1)
    return np.asarray(np.maximum(np.rint(WHOLE_VOTE / parts), 1), np.int32)


def _build_keys(rows: pa.Table) -> npt.NDArray[np.int64]:
    year = rows["year"].to_numpy().astype(np.int64) - FIRST_YEAR
    sector = _encode(rows["sector"], SECTORS)
    return np.asarray(
        (rows["person"].to_numpy().astype(np.int64) << PERSON_SHIFT)
        | (year << YEAR_SHIFT)
        | (_encode(rows["country"], ("", *AREAS)) << COUNTRY_SHIFT)
        | (_encode_stages(rows, sector) << STAGE_SHIFT)
        | sector,
        np.int64,
    )


def _find_positions(rows: pa.Table) -> npt.NDArray[np.bool_]:
    found = pc.is_in(rows["kind"], value_set=pa.array(EVIDENCE_KINDS[1:]))
    return np.asarray(found.to_numpy(), np.bool_)


def _encode(column: pa.ChunkedArray, words: tuple[str, ...]) -> npt.NDArray[np.int64]:
    codes = pc.index_in(column, value_set=pa.array(words, pa.string()))
    return np.asarray(codes.fill_null(0).to_numpy(), np.int64)


def _encode_stages(rows: pa.Table, sector: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
    """Each distinct role and sector is parsed once."""
    if rows["role_raw"].null_count == rows.num_rows:
        return np.zeros(rows.num_rows, np.int64)
    roles = rows["role_raw"].combine_chunks().dictionary_encode()
    texts = [*roles.dictionary.to_pylist(), None]
    role = roles.indices.fill_null(len(texts) - 1).to_numpy(zero_copy_only=False).astype(np.int64)
    study = pc.equal(rows["kind"], "education").fill_null(False).to_numpy().astype(np.int64)
    asked = (role * len(SECTORS) + sector) * 2 + study
    distinct, place = np.unique(asked, return_inverse=True)
    stages = [
        parse_degree(texts[code // 2 // len(SECTORS)])
        if code % 2
        else parse_stage(texts[code // 2 // len(SECTORS)], _SECTOR_WORDS[code // 2 % len(SECTORS)])
        for code in distinct.tolist()
    ]
    codes = np.fromiter((_STAGE_CODES[stage] for stage in stages), np.int64, len(stages))
    return np.asarray(codes[place], np.int64)


_SECTOR_WORDS: Final = (None, *SECTORS[1:])


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
