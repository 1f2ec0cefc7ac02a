"""Is a table the same, read in parts and written in parts, whatever the room?"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from talentflow.core import catalog as catalog_module
from talentflow.core.catalog import Catalog, open_store
from talentflow.core.contracts import RECORDS
from talentflow.core.errors import ContractError, UsageError
from talentflow.core.scans import Room, Stored, open_tables, read_batches, read_parts, select
from talentflow.core.settings import Settings, parse_memory

GROUP = 7
TABLE = pa.table(
    {
        "year": pa.array([*range(2000, 2020), None], pa.int16()),
        "country": ["KR", None, "US"] * 7,
        "ids": pa.array([[("orcid", "1")], [], None] * 7, pa.map_(pa.string(), pa.string())),
    }
)


def make_records(ids: list[str]) -> pa.Table:
    return RECORDS.from_rows(
        [
            {
                "record_id": record_id,
                "source": "s",
                "file": "f",
                "year": 2000,
                "paper_id": "p",
                "n_authors": 1,
                "tier_flags": 0,
                "alignment": "unknown",
                "kind": "authorship",
            }
            for record_id in ids
        ]
    )


@pytest.fixture(autouse=True)
def small_groups() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(catalog_module, "PART_ROWS", GROUP)
        yield


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Catalog]:
    with open_store(tmp_path_factory.mktemp("store")) as catalog:
        yield catalog


@given(cuts=st.lists(st.integers(0, TABLE.num_rows), max_size=6))
def test_how_a_table_is_cut_does_not_matter(store: Catalog, cuts: list[int]) -> None:
    ends = [0, *sorted(cuts), TABLE.num_rows]
    key = "-".join(map(str, ends))
    if not store.has_stage("parts", key):
        parts = (("some", TABLE.slice(a, b - a)) for a, b in pairwise(ends))
        store.write_stage("parts", key, parts)
    if not store.has_stage("parts", "whole"):
        store.write_stage("parts", "whole", iter([("some", TABLE)]))
    written = store.store_table("parts", key, "some").path
    assert written.read_bytes() == store.store_table("parts", "whole", "some").path.read_bytes()
    assert store.read_table("parts", key, "some").equals(TABLE)


def test_a_table_of_few_rows_is_the_same_file_in_parts(store: Catalog) -> None:
    few = TABLE.slice(0, GROUP)
    store.write_stage("few", "parts", iter([("some", few.slice(0, 2)), ("some", few.slice(2))]))
    store.write_stage("few", "whole", {"some": few})
    one, other = (store.store_table("few", key, "some").path for key in ("parts", "whole"))
    assert one.read_bytes() == other.read_bytes()


def test_tables_may_take_turns(store: Catalog) -> None:
    turns = [(name, TABLE.slice(at, 1)) for at in range(TABLE.num_rows) for name in ("a", "b")]
    store.write_stage("turns", "k", iter(turns))
    assert all(store.read_table("turns", "k", name).equals(TABLE) for name in ("a", "b"))


@pytest.mark.parametrize("apart", [1, GROUP, 3 * GROUP])
def test_a_key_that_comes_twice_is_found_wherever_it_stands(store: Catalog, apart: int) -> None:
    ids = [f"r{i}" for i in range(4 * GROUP)]
    ids[apart] = ids[0]
    parts = (("records", make_records([record])) for record in ids)
    with pytest.raises(ContractError, match="1 repeated keys") as raised:
        store.write_stage("twice", "k", parts)
    assert "r0" in str(raised.value)
    assert not store.has_stage("twice", "k")


def test_a_stage_that_fails_half_way_leaves_nothing(store: Catalog) -> None:
    def make() -> Iterator[tuple[str, pa.Table]]:
        for number in range(3):
            yield "records", make_records([f"r{number}-{i}" for i in range(GROUP)])
        raise RuntimeError("power cut")

    with pytest.raises(RuntimeError, match="power cut"):
        store.write_stage("half", "k", make())
    assert not store.has_stage("half", "k")
    assert list((store.root / "tables" / "half").iterdir()) == []


def test_a_stored_table_is_read_in_parts_and_by_condition(tmp_path: Path) -> None:
    path = tmp_path / "it's.parquet"
    pq.write_table(TABLE, path, row_group_size=4)
    stored = Stored(path)
    assert stored.rows == TABLE.num_rows
    assert pa.concat_tables(read_parts(path)).equals(TABLE)
    late = stored.filter("year > 2004").filter("country = 'KR'")
    assert late.read(["year"])["year"].to_pylist() == [2006, 2009, 2012, 2015, 2018]
    assert select("select count(*) as n from r", r=late)["n"].to_pylist() == [5]


def test_a_query_may_want_more_than_its_room(tmp_path: Path) -> None:
    # 3 million numbers in a wild order need more than the 64 MiB that a query gets here.
    room = Room(256 << 20, tmp_path)
    query = "select hash(range) as x, range::varchar || repeat('-', 60) as y from range(3000000)"
    with open_tables(room) as connection:
        rows, last = 0, -1
        for batch in read_batches(connection, f"from ({query}) order by x"):
            found = batch.column("x").to_numpy()
            assert int(found[0]) > last
            rows, last = rows + len(found), int(found[-1])
    assert rows == 3_000_000
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("text", "size"),
    [("4GiB", 4 << 30), ("512 MB", 512 << 20), ("1.5g", 3 << 29), ("268435456", 256 << 20)],
)
def test_amounts_of_memory(text: str, size: int) -> None:
    assert Settings(memory=text).memory_bytes == parse_memory(text) == size


@pytest.mark.parametrize("text", ["", "much", "-4GiB", "4 GiB of it", "100MiB"])
def test_what_is_no_amount_of_memory(text: str) -> None:
    with pytest.raises(UsageError, match=r"such as 4GiB|256MiB or more"):
        Settings(memory=text)
