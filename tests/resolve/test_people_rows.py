"""Are rows numbered alike in memory and on the disk?"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from hypothesis import given, settings
from hypothesis import strategies as st

from talentflow.core.contracts import RECORDS
from talentflow.core.scans import Room, Stored
from talentflow.resolve.people import link_people
from talentflow.resolve.people_rows import number_rows
from talentflow.resolve.people_slots import read_slots

REFS = st.sampled_from(["openalex:A1", "openalex:A2", "ieee:1", "slot", None])
IDS = st.fixed_dictionaries(
    {},
    optional={
        "orcid": st.sampled_from(["1", "2"]),
        "openreview": st.sampled_from(["~Ada_Quill1", "~Bo_Nilsson1"]),
        "openreview_renamed": st.just("~Ada_Quill2"),
        "dblp": st.just("9/9"),
    },
)
ROWS = st.lists(
    st.tuples(
        REFS,
        st.sampled_from(["Ada Quill", "Quill, A.", "Bo Nilsson", "", None]),
        IDS,
        st.sampled_from(["p1", "p2", "p3"]),
        st.sampled_from([1, 2, 3, None]),
        st.sampled_from(["icra", "", None]),
    ),
    max_size=12,
)


def make_records(rows: list[tuple[object, ...]]) -> pa.Table:
    names = ("person_ref", "person_name", "ids", "paper_id", "mention_id", "venue")
    fixed = {"source": "s", "file": "f", "year": 2000, "n_authors": 9, "tier_flags": 0}
    told = {"alignment": "aligned", "kind": "authorship"}
    # Ids that do not come in the order of the rows.
    return RECORDS.from_rows(
        [
            {
                "record_id": f"r{(7 * i) % 13}-{i}",
                **fixed,
                **told,
                **dict(zip(names, row, strict=True)),
            }
            for i, row in enumerate(rows)
        ]
    )


@settings(max_examples=5, deadline=None)
@given(ROWS)
def test_a_stored_table_is_numbered_as_one_in_memory(
    tmp_path_factory: object, rows: list[tuple[object, ...]]
) -> None:
    folder: Path = tmp_path_factory.mktemp("rows")  # type: ignore[attr-defined]
    table = make_records(rows)
    pq.write_table(table, folder / "records.parquet")
    stored = Stored(folder / "records.parquet")
    room = Room(256 << 20, folder)
    one, other = number_rows(table), number_rows(stored, room)
    for name, values in one.values.items():
        assert values.to_pylist() == other.values[name].to_pylist()
        assert one.numbers[name].tolist() == other.numbers[name].tolist()
    pairs = [
        set(zip(*(part.tolist() for part in found.loose), strict=True)) for found in (one, other)
    ]
    assert pairs[0] == pairs[1]
    wanted = np.arange(len(one.numbers["person_ref"]))[::-1]
    assert one.find_ids(wanted).to_pylist() == other.find_ids(wanted).to_pylist()
    links = [read_slots(table).links, read_slots(stored, room).links]
    for field in vars(links[0]):
        assert getattr(links[0], field).tolist() == getattr(links[1], field).tolist()
    linked = link_people(table), link_people(stored, room=room)
    assert linked[0].people.equals(linked[1].people)
    assert linked[0].edges.equals(linked[1].edges)
