"""How well are people told apart where no identifier helps?

Those whose identifiers are known are linked once more with their identifiers hidden, so that only
names, papers and affiliations are left, and the outcome is compared with what the identifiers
say, for the half of the names that nothing is developed on. Common surnames are where it goes
wrong, so the result is given by class of surname.
"""

from __future__ import annotations

import zlib
from typing import Any, Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from talentflow.core.contracts import IDS
from talentflow.pipeline.quality_scores import Groups
from talentflow.resolve.names import PersonName, parse_name
from talentflow.resolve.people import link_people

SYSTEM: Final = "openreview"
"""The issuer whose identifiers are hidden: the only one whose profiles people keep themselves."""

CLASSES: Final = ("chinese", "korean", "chinese_or_korean", "other")
MIN_SLOTS: Final = 200
_CHINESE: Final = frozenset(
    """
    bai cai cao chang chen cheng cui dai deng ding dong du duan fan fang feng fu gao gong gu guo
    han hao he hou hu huang jia jiang jin kong lai lei li liang liao lin liu long lu luo lv ma mao
    meng ni niu pan pang pei peng qi qian qiao qin qiu ren shang shao shen shi song su sun tan tang
    tao tian wan wang wei wen wu xia xiang xiao xie xiong xu xue yan yang yao ye yi yin yu yuan
    zeng zhang zhao zheng zhong zhou zhu zhuang zou
    """.split()  # noqa: SIM905 -- a word list reads better as prose
)
_KOREAN: Final = frozenset(
    """
    ahn bae baek cho choi chung eom gwak han heo hong hwang hyun jang jeon jeong jo joo jung kang
    kim ko koo kwak kwon lee lim min moon nam noh oh park rhee roh ryu seo shim shin sohn son song
    suh um won woo yang yeo yi yoo yoon youn yun
    """.split()  # noqa: SIM905 -- a word list reads better as prose
)

Codes = NDArray[np.int64]


def measure_hidden_ids(
    records: pa.Table, people: pa.Table, floor: int
) -> list[dict[str, Any]] | None:
    """B-cubed and pair precision and recall over author slots, for all names and by class of
    surname; null where fewer than `MIN_SLOTS` slots have an identifier.

    Intervals come from a bootstrap over surnames. Classes with fewer persons than `floor` are
    left out.
    """
    mine = records.filter(pc.starts_with(records["person_ref"], f"{SYSTEM}:"))
    mine = mine.filter(pc.is_in(mine["person_ref"], people["person_ref"].combine_chunks()))
    if mine.num_rows < MIN_SLOTS:
        return None
    hidden = _hide(mine)
    linked = link_people(hidden).people
    slots = hidden["person_ref"].to_numpy(zero_copy_only=False).astype(str)
    _, first = np.unique(slots, return_index=True)
    names = [parse_name(name or "") for name in mine["person_name"].take(first).to_pylist()]
    chosen = [i for i, name in enumerate(names) if is_held_out(name)]
    rows = pa.array(first[chosen])
    if len(rows) < MIN_SLOTS:
        return None
    true = _number(_look_up(mine["person_ref"].take(rows), people))
    found = _number(_look_up(hidden["person_ref"].take(rows), linked))
    return _score(true, found, [names[i].surname for i in chosen], floor)


def is_held_out(name: PersonName) -> bool:
    """Whether the name is in the half that nothing is developed on, by surname and initial."""
    initial = name.given[0][:1] if name.given else ""
    return zlib.crc32(f"{name.surname} {initial}".encode()) % 2 == 1


def classify_surname(surname: str) -> str:
    """The class of a surname in Latin letters; about the spelling, not about the person."""
    chinese, korean = surname in _CHINESE, surname in _KOREAN
    if chinese and korean:
        return "chinese_or_korean"
    return "chinese" if chinese else "korean" if korean else "other"


def _hide(records: pa.Table) -> pa.Table:
    """Each author slot as a reference of its own, without identifiers."""
    slot = pc.binary_join_element_wise(
        "slot",
        records["paper_id"],
        pc.cast(pc.fill_null(records["author_position"], 0), pa.string()),
        ":",
    )
    nothing = pa.array([[]] * records.num_rows, IDS)
    columns = {"person_ref": slot, "ids": nothing}
    for name, values in columns.items():
        place = records.schema.get_field_index(name)
        records = records.set_column(place, records.schema.field(name), values)
    return records


def _look_up(refs: pa.ChunkedArray, people: pa.Table) -> pa.ChunkedArray:
    place = pc.index_in(refs, value_set=people["person_ref"].combine_chunks())
    return people["person_id"].take(place)


def _number(persons: pa.ChunkedArray) -> Codes:
    codes = persons.combine_chunks().dictionary_encode().indices
    return np.asarray(codes, dtype=np.int64)


def _score(true: Codes, found: Codes, surnames: list[str], floor: int) -> list[dict[str, Any]]:
    width = int(found.max()) + 1
    _, both, in_both = np.unique(true * width + found, return_inverse=True, return_counts=True)
    together = in_both[both].astype(float)
    in_true, in_found = (np.bincount(x)[x].astype(float) for x in (true, found))
    _, group = np.unique(surnames, return_inverse=True)
    groups = Groups(group.astype(np.int64))
    classes = np.array([classify_surname(surname) for surname in surnames])
    rows = []
    for name in ("all", *CLASSES):
        chosen = np.ones(len(true), bool) if name == "all" else classes == name
        persons = len(np.unique(true[chosen]))
        if persons < floor:
            continue
        part = groups.select(chosen)
        ones = np.ones(int(chosen.sum()))
        rows.append(
            {
                "surnames": name,
                "slots": int(chosen.sum()),
                "persons": persons,
                "b_cubed_precision": part.measure_share((together / in_found)[chosen], ones),
                "b_cubed_recall": part.measure_share((together / in_true)[chosen], ones),
                "pair_precision": part.measure_share(
                    (together - 1)[chosen], (in_found - 1)[chosen]
                ),
                "pair_recall": part.measure_share((together - 1)[chosen], (in_true - 1)[chosen]),
            }
        )
    return rows
