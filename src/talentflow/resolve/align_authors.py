"""Whose is an affiliation that a paper states without saying whose?

Conference lists that drop authors without affiliation, move renamed profiles to the end, or print
only the distinct affiliations of a paper leave open who works where. What other papers of the same
authors, the order of the list and the positions say about it is turned into a probability; an
affiliation is given to an author where that is high enough, and stays with the paper elsewhere.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final, NamedTuple

import numba as nb
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from talentflow.core.contracts import PLACEMENTS, RECORDS, check_table
from talentflow.resolve.align_chances import FITTED, ChanceRule, measure_chances
from talentflow.resolve.align_papers import (
    Codes,
    Floats,
    Mask,
    OpenPapers,
    Rows,
    encode_rows,
    find_open_papers,
)


@dataclass(frozen=True, kw_only=True)
class PlacingRule:
    """From which probability on an affiliation is given to an author: one of an ordered list, one
    of several distinct ones, the only one of a paper. Chosen on papers that are not scored."""

    min_ordered: float = 0.75
    min_listed: float = 0.85
    min_single: float = 0.9
    chances: ChanceRule = field(default_factory=lambda: FITTED)


DEFAULT_RULE: Final = PlacingRule()


class AlignedRecords(NamedTuple):
    """`records` with affiliations given to authors, and one row of `placements` for each."""

    records: pa.Table
    placements: pa.Table


class Placed(NamedTuple):
    """Row numbers of authors and of the affiliations given to them, and how probable each is;
    `role_known` marks those whose position is as probable."""

    author: Codes
    part: Codes
    chance: Floats
    role_known: Mask
    ordered: Mask
    single: Mask


def align_authors(
    records: pa.Table,
    mentions: pa.Table,
    resolved_mentions: pa.Table,
    *,
    second: str | None = None,
    rule: PlacingRule = DEFAULT_RULE,
) -> AlignedRecords:
    """Give affiliations without author to open authors of the same paper.

    The row of an author who receives one takes its mention and position and becomes `aligned`; the
    row of the affiliation goes, so records in = records out + distinct affiliations in
    `placements`. Of an ordered list every part goes to one author at most; when all have gone, the
    authors left are known to have none (`unknown`). Nothing else changes, and the order of rows
    does not matter. `second` is the source of second crawls: evidence for nobody but themselves.

    Raises `ContractError` if a result breaks its contract.
    """
    rows = encode_rows(records, mentions, resolved_mentions, second=second)
    papers = find_open_papers(records, rows)
    if not len(papers):
        return AlignedRecords(records, PLACEMENTS.empty())
    chances = measure_chances(rows, papers, rule.chances)
    placed = choose_placements(rows, papers, chances, rule)
    return AlignedRecords(
        records=check_table(_give(records, papers, placed), RECORDS),
        placements=_describe(records, placed),
    )


def choose_placements(rows: Rows, papers: OpenPapers, chances: Floats, rule: PlacingRule) -> Placed:
    """Which affiliation goes to which author: the most probable first."""
    size = int(rows.role.max(initial=-1)) + 2
    mention = rows.mention[papers.part]
    sizes = np.diff(papers.author_start) * np.diff(papers.part_start)
    author, part, chance, role_known = _choose(
        papers.author_start,
        papers.part_start,
        papers.ordered,
        np.concatenate([[0], np.cumsum(sizes)]).astype(np.int64),
        np.where(_per_part(papers, papers.ordered), mention, find_places_of_work(rows, papers)),
        mention * size + rows.role[papers.part] + 1,
        chances,
        _find_least(papers, rule),
    )
    paper = np.searchsorted(papers.author_start, author, side="right") - 1
    return Placed(
        author=papers.author[author],
        part=papers.part[part],
        chance=np.minimum(chance, 1.0),
        role_known=role_known,
        ordered=papers.ordered[paper],
        single=np.diff(papers.part_start)[paper] == 1,
    )


def _find_least(papers: OpenPapers, rule: PlacingRule) -> Floats:
    """The probability that is enough, by paper."""
    single = np.diff(papers.part_start) == 1
    least = np.where(single, rule.min_single, rule.min_listed)
    enough: Floats = np.where(papers.ordered, rule.min_ordered, least)
    return enough


def _per_part(papers: OpenPapers, values: Mask) -> Mask:
    repeated: Mask = np.repeat(values, np.diff(papers.part_start))
    return repeated


def find_places_of_work(rows: Rows, papers: OpenPapers) -> Codes:
    """Parts of distinct affiliations that name one organization in one country, by one code."""
    meanings = rows.meanings
    organization, country = meanings.organization[papers.part], meanings.country[papers.part]
    n_countries = int(country.max(initial=-1)) + 2
    known = organization * n_countries + country + 1
    codes: Codes = np.where(organization >= 0, known, -2 - rows.mention[papers.part])
    return codes


@nb.njit(cache=True, nogil=True)
def _choose(
    author_start: Codes,
    part_start: Codes,
    ordered: Mask,
    start: Codes,
    place: Codes,
    value: Codes,
    chances: Floats,
    enough: Floats,
) -> tuple[Codes, Codes, Floats, Mask]:
    authors = np.zeros(author_start[-1], np.int64)
    parts = np.zeros(author_start[-1], np.int64)
    chance = np.zeros(author_start[-1])
    role_known = np.zeros(author_start[-1], np.bool_)
    count = 0
    for t in range(len(ordered)):
        first, n = part_start[t], part_start[t + 1] - part_start[t]
        n_authors = author_start[t + 1] - author_start[t]
        best = np.zeros(n_authors)
        best_part = np.zeros(n_authors, np.int64)
        for i in range(n_authors):
            for p in range(n):
                total = _sum_same(chances, start[t] + i * n, place, first, p, n)
                if total > best[i]:
                    best[i], best_part[i] = total, p
        taken = np.zeros(n, np.bool_)
        for _ in range(n_authors):
            i = int(np.argmax(best))
            likeliest, best[i] = best[i], 0.0
            if likeliest < enough[t]:
                break
            row, p = start[t] + i * n, -1
            for k in range(n):
                free = place[first + k] == place[first + best_part[i]] and not taken[k]
                if free and (p < 0 or chances[row + k] > chances[row + p]):
                    p = k
            if p < 0:
                continue
            taken[p] = ordered[t]
            authors[count], parts[count] = author_start[t] + i, first + p
            chance[count] = likeliest
            role_known[count] = _sum_same(chances, row, value, first, p, n) >= enough[t]
            count += 1
    return authors[:count], parts[:count], chance[:count], role_known[:count]


@nb.njit(cache=True, nogil=True)
def _sum_same(chances: Floats, row: int, code: Codes, first: int, part: int, n: int) -> float:
    """The chance of one author having this part or one of the same code."""
    total = 0.0
    for k in range(n):
        if code[first + k] == code[first + part]:
            total += chances[row + k]
    return total


def _give(records: pa.Table, papers: OpenPapers, placed: Placed) -> pa.Table:
    """The records after placing: author rows filled in, rows of placed affiliations gone."""
    n = records.num_rows
    source = np.arange(n)
    source[placed.author] = placed.part
    role_source = np.arange(n)
    role_source[placed.author[placed.role_known]] = placed.part[placed.role_known]
    given = np.zeros(n, dtype=np.bool_)
    given[placed.author] = True
    gone = np.zeros(n, dtype=np.bool_)
    gone[placed.part] = True
    without = np.zeros(n, dtype=np.bool_)
    without[_find_left_over(papers, given, gone)] = True
    alignment = pc.if_else(
        pa.array(given), "aligned", pc.if_else(pa.array(without), "unknown", records["alignment"])
    )
    columns = {
        "mention_id": records["mention_id"].take(pa.array(source)),
        "role_raw": records["role_raw"].take(pa.array(role_source)),
        "alignment": alignment,
    }
    for name, values in columns.items():
        at = records.schema.get_field_index(name)
        records = records.set_column(at, records.schema.field(name), values)
    return records.filter(pa.array(~gone))


def _find_left_over(papers: OpenPapers, given: Mask, gone: Mask) -> Codes:
    """Open authors of ordered papers all of whose affiliations are given to others."""
    placed_parts = np.add.reduceat(gone[papers.part].astype(np.int64), papers.part_start[:-1])
    complete = papers.ordered & (placed_parts == np.diff(papers.part_start))
    authors = papers.author[np.repeat(complete, np.diff(papers.author_start))]
    left: Codes = authors[~given[authors]]
    return left


def _describe(records: pa.Table, placed: Placed) -> pa.Table:
    rule = np.where(
        placed.ordered, "ordered_list", np.where(placed.single, "only_affiliation", "known_place")
    )
    ids = records["record_id"]
    table = pa.table(
        {
            "author_record_id": ids.take(pa.array(placed.author)),
            "affiliation_record_id": ids.take(pa.array(placed.part)),
            "rule": rule.astype(object),
            "probability": placed.chance,
        }
    )
    return check_table(table.sort_by("author_record_id"), PLACEMENTS)
