"""How well, and how fast, are people found when their identifiers are hidden?

    python benchmarks/resolve_people.py RECORDS.parquet [--output latest.json]

RECORDS.parquet is a `records` table. The truth are the people that identifiers alone give; then
every identifier of one system is hidden and names have to do. B-cubed and pair precision, recall
and F1 over author slots, for all names and for Chinese and Korean surnames, in which namesakes
are the rule. Against: every exact name one person.
"""

from __future__ import annotations

import argparse
import json
import time
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from talentflow.core.contracts import IDS
from talentflow.resolve.names import parse_name
from talentflow.resolve.people import link_people
from talentflow.resolve.people_graph import Codes

CHINESE = frozenset(
    """
bai cai cao chang chen cheng cui dai deng ding dong du duan fan fang feng fu gao gong gu guo han
hao he hou hu huang jia jiang jin kong lai lei li liang liao lin liu long lu luo lv ma mao meng ni
niu pan pang pei peng qi qian qiao qin qiu ren shang shao shen shi song su sun tan tang tao tian
wan wang wei wen wu xia xiang xiao xie xiong xu xue yan yang yao ye yi yin yu yuan zeng zhang
zhao zheng zhong zhou zhu zhuang zou
""".split()  # noqa: SIM905 -- a word list reads better as prose
)
KOREAN = frozenset(
    """
ahn bae baek cho choi chung eom gwak han heo hong hwang hyun jang jeon jeong jo joo jung kang kim
ko koo kwak kwon lee lim min moon nam noh oh park rhee roh ryu seo shim shin sohn son song suh um
won woo yang yeo yi yoo yoon youn yun
""".split()  # noqa: SIM905 -- a word list reads better as prose
)
GROUPS = {"all": None, "chinese": CHINESE, "korean": KOREAN}


@dataclass(frozen=True)
class Score:
    """Precision, recall and F1 over pairs of slots and over slots (B-cubed)."""

    pair: tuple[float, float, float]
    b_cubed: tuple[float, float, float]


def score(truth: Codes, found: Codes) -> Score:
    """Compare two partitions of the same slots, both given as group numbers."""
    both, in_both = np.unique(truth * (found.max() + 1) + found, return_counts=True)
    in_truth = np.bincount(truth)[both // (found.max() + 1)]
    in_found = np.bincount(found)[both % (found.max() + 1)]
    precision = float((in_both**2 / in_found).sum() / len(truth))
    recall = float((in_both**2 / in_truth).sum() / len(truth))
    right = _pairs(in_both)
    return Score(
        pair=_with_f1(right / _pairs(np.bincount(found)), right / _pairs(np.bincount(truth))),
        b_cubed=_with_f1(precision, recall),
    )


def hide(records: pa.Table, rows: pa.Array) -> pa.Table:
    """Give the marked rows a reference of their own per author slot, and no identifiers."""
    slot = pc.binary_join_element_wise(
        "slot", records["paper_id"], pc.cast(records["author_position"], pa.string()), ":"
    )
    ids = records["ids"].combine_chunks()
    nothing = pa.array([[]] * len(ids), IDS)
    kept = pc.if_else(rows, pa.scalar(len(ids), pa.int64()), pa.array(np.arange(len(ids))))
    kept = pa.concat_arrays([ids, nothing[:1]]).take(kept)
    table = records.set_column(
        records.schema.get_field_index("ids"), records.schema.field("ids"), kept
    )
    return table.set_column(
        table.schema.get_field_index("person_ref"),
        records.schema.field("person_ref"),
        pc.if_else(rows, slot, records["person_ref"]),
    )


def evaluate(records: pa.Table, system: str, *, in_situ: bool) -> dict[str, dict[str, Score]]:
    """Method → group → score, on the slots whose reference is of `system`.

    `in_situ` leaves all other records, with their identifiers, around them.
    """
    mine = pc.starts_with(records["person_ref"], f"{system}:")
    if not in_situ:
        records, mine = records.filter(mine), None
    marked = mine if mine is not None else pa.array([True] * len(records))
    nameless = records.set_column(
        records.schema.get_field_index("person_name"),
        records.schema.field("person_name"),
        pa.nulls(len(records), pa.string()),
    )
    truth = _persons_of(nameless)
    hidden = hide(records, marked)
    found = _persons_of(hidden)
    rows = np.flatnonzero(np.asarray(marked))
    _, first = np.unique(
        hidden["person_ref"].to_numpy(zero_copy_only=False)[rows].astype(str), return_index=True
    )
    rows = rows[first]
    names = [parse_name(name or "") for name in records["person_name"].take(rows).to_pylist()]
    exact = _numbers(pa.array([name.full for name in names]))
    surnames = np.array([name.surname for name in names])
    methods = {"exact name": exact, "talentflow": _numbers(found.take(pa.array(rows)))}
    true = _numbers(truth.take(pa.array(rows)))
    return {
        method: {
            group: score(*_restrict(true, guess, surnames, members))
            for group, members in GROUPS.items()
        }
        for method, guess in methods.items()
    }


def _restrict(
    true: Codes, guess: Codes, surnames: np.ndarray, members: frozenset[str] | None
) -> tuple[Codes, Codes]:
    if members is None:
        return true, guess
    inside = np.isin(surnames, list(members))
    return true[inside], guess[inside]


def _persons_of(records: pa.Table) -> pa.ChunkedArray:
    people = link_people(records).people
    place = pc.index_in(records["person_ref"], value_set=people["person_ref"].combine_chunks())
    return people["person_id"].take(place)


def _numbers(values: pa.Array | pa.ChunkedArray) -> Codes:
    if isinstance(values, pa.ChunkedArray):
        values = values.combine_chunks()
    return values.dictionary_encode().indices.to_numpy().astype(np.int64)


def _pairs(sizes: np.ndarray) -> float:
    return float((sizes * (sizes - 1) // 2).sum())


def _with_f1(precision: float, recall: float) -> tuple[float, float, float]:
    return precision, recall, 2 * precision * recall / (precision + recall)


def main() -> None:
    """Print the table and, with --output, append the figures to a list of benchmarks."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("records", type=Path)
    parser.add_argument("--output", type=Path)
    arguments = parser.parse_args()
    records = pq.read_table(arguments.records)
    records = records.filter(pc.is_valid(records["person_ref"]))
    figures = [_time(records)]
    print(f"{'':42}pair P / R / F1          B3 P / R / F1")
    for system in ("openreview", "ieee"):
        for in_situ in (False, True):
            setting = f"{system} {'among all' if in_situ else 'alone'}"
            scores = evaluate(records, system, in_situ=in_situ)
            for method, groups in scores.items():
                for group, one in groups.items():
                    pair, b_cubed = (
                        " / ".join(f"{x:.3f}" for x in t) for t in (one.pair, one.b_cubed)
                    )
                    print(f"{setting:22}{method:12}{group:8}{pair:25}{b_cubed}")
            figures.append(_figure(setting, scores))
    if arguments.output:
        known = json.loads(arguments.output.read_text()) if arguments.output.exists() else []
        arguments.output.write_text(json.dumps([*known, *figures], indent=1) + "\n")


def _time(records: pa.Table) -> dict[str, object]:
    start = time.perf_counter()
    people = link_people(records).people
    seconds = time.perf_counter() - start
    print(
        f"{len(records):,} records, {len(people):,} references, "
        f"{len(people['person_id'].unique()):,} people in {seconds:.2f} s"
    )
    rate = len(records) / seconds
    return {
        "name": "link_people", "value": rate, "unit": "records/s", "against": 81_000,
        "ratio": rate / 81_000, "bound": "parsing names and sorting",
    }  # fmt: skip


def _figure(setting: str, scores: dict[str, dict[str, Score]]) -> dict[str, object]:
    ours, exact = (scores[m]["all"].b_cubed[2] for m in ("talentflow", "exact name"))
    return {
        "name": f"people {setting}", "value": ours, "unit": "B3 F1", "against": exact,
        "ratio": ours / exact, "bound": "common names stay apart",
    }  # fmt: skip


if __name__ == "__main__":
    main()
