"""Who comes and goes together when a bootstrap replicate is drawn?

By default every person alone. Authors of one paper, though, mostly work in one country, and where
papers are thought of as drawn by chance, they come and go together. So a person may instead be
held by one of their papers, drawn anew in each of several arrangements, and count as often as that
paper is drawn. Two persons then agree with the chance that both are held by the same paper,
Σ 1/(papers of one · papers of the other) over the papers they share, and the variance of a count
is the one over persons plus the one over papers less that of their pairs, each person's part
spread evenly over their papers: the two-way variance (Cameron, Gelbach and Miller 2011) in whole
weights, which the compiled pass needs.

A person's papers are those of the whole career, so somebody with many is hardly moved by one;
`estimate.two_way` measures a figure on the papers of its own year.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Final

import numba as nb
import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from talentflow.careers.packing import PackedEvidence
from talentflow.careers.weights import hash_ids, mix_bits
from talentflow.core.scans import Room, Source, select

ARRANGEMENTS: Final = 10
"""So many draws of the paper that holds each person; the replicates are shared among them."""

_GOLDEN: Final = np.uint64(0x9E3779B97F4A7C15)

_AUTHORED: Final = "select distinct person_ref, paper_id from records where paper_id is not null"

Hashes = npt.NDArray[np.uint64]


def hold_by_papers(
    evidences: Sequence[PackedEvidence],
    records: Source,
    people: pa.Table,
    room: Room | None = None,
) -> list[PackedEvidence]:
    """Each evidence with every person held by one of their papers, drawn for its place in the
    list; who has no paper stays alone. `records` and `people` as in the contracts."""
    ids, papers = _list_papers(records, people, room)
    return [
        replace(evidence, person_hashes=_hold(evidence, ids, papers, number))
        for number, evidence in enumerate(evidences)
    ]


def _list_papers(records: Source, people: pa.Table, room: Room | None) -> tuple[pa.Array, pa.Array]:
    """Id and paper, each pair once: of persons, and of references, which are persons of their own
    where a doubtful person was drawn apart."""
    told = select(_AUTHORED, room, records=records)
    place = pc.index_in(told["person_ref"], value_set=people["person_ref"].combine_chunks())
    person = people["person_id"].take(place.combine_chunks())
    pairs = pa.table(
        {
            "id": pa.chunked_array([*person.chunks, *told["person_ref"].chunks]),
            "paper": pa.chunked_array([*told["paper_id"].chunks, *told["paper_id"].chunks]),
        }
    ).drop_null()
    distinct = pairs.group_by(["id", "paper"]).aggregate([])
    return distinct["id"].combine_chunks(), distinct["paper"].combine_chunks()


def _hold(evidence: PackedEvidence, ids: pa.Array, papers: pa.Array, number: int) -> Hashes:
    person = pc.index_in(ids, value_set=evidence.person_ids)
    known = person.is_valid()
    persons = person.filter(known).to_numpy(zero_copy_only=False).astype(np.int64)
    turn = np.uint64((number + 1) * int(_GOLDEN) & 0xFFFFFFFFFFFFFFFF)
    held = evidence.person_hashes ^ turn
    _draw_holders(persons, hash_ids(papers.filter(known)), evidence.person_hashes, turn, held)
    return held


@nb.njit(cache=True, nogil=True)
def _draw_holders(
    persons: npt.NDArray[np.int64], papers: Hashes, hashes: Hashes, turn: np.uint64, held: Hashes
) -> None:
    """Of each person's papers the one whose draw is least: every one with the same chance,
    whatever the order of the pairs."""
    least = np.full(len(held), np.uint64(0xFFFFFFFFFFFFFFFF))
    for i in range(len(persons)):
        person = persons[i]
        draw = mix_bits(mix_bits(hashes[person] ^ turn) ^ papers[i])
        if draw <= least[person]:
            least[person] = draw
            held[person] = papers[i] ^ turn
