"""The evidence of all persons as sorted integers, the form the compiled pass reads.

One row of evidence is one 63-bit key, `person (40) | year (8) | country (8) | stage (4) |
sector (3)`, with two side arrays: traits (which rules the row satisfies) and cohorts (which
populations it makes the person a member of, one bit each).
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import Final

import duckdb
import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from talentflow.careers.stages import parse_stage
from talentflow.careers.weights import hash_ids
from talentflow.core.areas import AREAS
from talentflow.core.rules import PeopleRule, Population
from talentflow.core.vocabulary import SECTORS, STAGES, Tier

FIRST_YEAR: Final = 1900
"""Year 0 of the packed form; the last is 2155."""

HARD_ID: Final = 1
ACCEPTED: Final = 2
FIRST_AUTHOR: Final = 4
TOLD_APART: Final = 8
LINKAGE: Final = HARD_ID | TOLD_APART

MAX_POPULATIONS: Final = 60

_STAGE_CODES: Final = {stage: code for code, stage in enumerate(STAGES)}


@dataclass(frozen=True, kw_only=True)
class PackedEvidence:
    """Rows sorted by key. `person_ids[p]` and `person_hashes[p]` belong to person number p."""

    keys: npt.NDArray[np.int64]
    traits: npt.NDArray[np.uint8]
    cohorts: npt.NDArray[np.uint64]
    person_ids: pa.StringArray
    person_hashes: npt.NDArray[np.uint64]
    populations: tuple[Population, ...]

    def split(self, parts: int) -> list[PackedEvidence]:
        """About equal slices, none of which cuts through a person."""
        people = self.keys >> PERSON_SHIFT
        cuts = [0]
        for part in range(1, parts):
            target = len(people) * part // parts
            if target < len(people):
                cuts.append(int(np.searchsorted(people, people[target])))
        cuts.append(len(people))
        return [self._slice(a, b) for a, b in pairwise(cuts) if b > a]

    def _slice(self, start: int, stop: int) -> PackedEvidence:
        return PackedEvidence(
            keys=self.keys[start:stop],
            traits=self.traits[start:stop],
            cohorts=self.cohorts[start:stop],
            person_ids=self.person_ids,
            person_hashes=self.person_hashes,
            populations=self.populations,
        )


SECTOR_BITS: Final = 3
STAGE_SHIFT: Final = 3
COUNTRY_SHIFT: Final = 7
YEAR_SHIFT: Final = 15
PERSON_SHIFT: Final = 23


def required_traits(rule: PeopleRule) -> int:
    """The traits a row must have to count under a rule."""
    return (
        {"all": 0, "told_apart": TOLD_APART, "hard_id": HARD_ID}[rule.linkage]
        | (ACCEPTED if rule.tier == "accepted" else 0)
        | (FIRST_AUTHOR if rule.authors == "first" else 0)
    )


def pack_evidence(
    records: pa.Table,
    people: pa.Table,
    resolved_mentions: pa.Table,
    populations: tuple[Population, ...] = (),
) -> PackedEvidence:
    """Tables of the contracts of the same names → packed evidence of the persons in them.

    Rows without a person are left out; rows whose country is not known stay, with country 0,
    because they still make the person a member of a cohort.
    """
    rows = _join(records, people, resolved_mentions)
    person_ids = rows["person_id"].combine_chunks().dictionary_encode()
    keys = _build_keys(rows, person_ids.indices.to_numpy(zero_copy_only=False))
    traits = _build_traits(rows)
    cohorts = _build_cohorts(rows, populations)
    order = np.argsort(keys, kind="stable")
    return PackedEvidence(
        keys=keys[order],
        traits=traits[order],
        cohorts=cohorts[order],
        person_ids=person_ids.dictionary,
        person_hashes=hash_ids(person_ids.dictionary),
        populations=populations,
    )


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
    records = records.select(
        ["person_ref", "mention_id", "year", "role_raw", "tier_flags", "author_position", "venue"]
    )
    people = people.select(["person_ref", "person_id", "hard_id", "ambiguous"])
    resolved_mentions = resolved_mentions.select(["mention_id", "country", "sector"])
    with duckdb.connect() as connection:
        connection.register("r", records)
        connection.register("p", people)
        connection.register("m", resolved_mentions)
        return connection.sql(
            """
            select p.person_id, p.hard_id, p.ambiguous, r.year, r.role_raw, r.tier_flags, r.venue,
                   r.author_position, m.country, m.sector
            from r join p using (person_ref) left join m using (mention_id)
            """
        ).to_arrow_table()


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
    return np.fromiter((_STAGE_CODES[parse_stage(*pair)] for pair in pairs), np.int64)


def _build_traits(rows: pa.Table) -> npt.NDArray[np.uint8]:
    hard = rows["hard_id"].to_numpy().astype(np.uint8) * HARD_ID
    apart = (~rows["ambiguous"].to_numpy()).astype(np.uint8) * TOLD_APART
    flags = rows["tier_flags"].to_numpy()
    accepted = ((flags & Tier.ACCEPTED) != 0).astype(np.uint8) * ACCEPTED
    first = pc.equal(rows["author_position"], 1).fill_null(False).to_numpy()
    return np.asarray(hard | apart | accepted | (first.astype(np.uint8) * FIRST_AUTHOR), np.uint8)


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
