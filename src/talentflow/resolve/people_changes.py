"""What became of the people of an earlier build?

A person id names a person of one build. New evidence may join two people or divide one; this
tells which, by the references that both builds know.
"""

from __future__ import annotations

from typing import Final

import duckdb
import pyarrow as pa

from talentflow.core.contracts import Column, Contract, check_table

CHANGES: Final = ("same", "renamed", "merged_into", "split_into", "gone")

PERSON_CHANGES: Final = Contract(
    name="person_changes",
    row="one person of the earlier build and one person of the later one who has a reference of "
    "theirs",
    key=("person_id_before", "person_id_after"),
    columns=(
        Column(name="person_id_before", type=pa.string(), doc="as in people", nullable=False),
        Column(
            name="change",
            type=pa.string(),
            doc="what became of them; split_into where their references went to several people",
            nullable=False,
            among=CHANGES,
        ),
        Column(name="person_id_after", type=pa.string(), doc="null where change is gone"),
        Column(
            name="references",
            type=pa.int64(),
            doc="references that went there; of a person who is gone, all they had",
            nullable=False,
        ),
    ),
)

_QUERY: Final = """
with kept as (
    select b.person_id as person_id_before, a.person_id as person_id_after,
           count(*) as "references"
    from before b left join after a using (person_ref) group by all
),
-- References that are no longer there say nothing, unless they were all.
told as (
    select *, count(*) over (partition by person_id_before) as parts
    from kept k
    where person_id_after is not null
       or not exists (
           from kept o where o.person_id_before = k.person_id_before
                         and o.person_id_after is not null)
),
judged as (
    select *, count(*) over (partition by person_id_after) as sources from told
)
select person_id_before,
       case when person_id_after is null then 'gone'
            when parts > 1 then 'split_into'
            when sources > 1 then 'merged_into'
            when person_id_before = person_id_after then 'same'
            else 'renamed' end as change,
       person_id_after, "references"
from judged
"""


def compare_people(before: pa.Table, after: pa.Table) -> pa.Table:
    """One row per person of `before` and person of `after` that share a reference, sorted.

    Both are tables of the contract `people`. `same`: exactly these references, and none of
    another earlier person, under the same id; new references do not count. `renamed`: the same
    under another id. `merged_into`: with another earlier person. `split_into`: one row for each
    part. `gone`: no reference is left.
    """
    with duckdb.connect() as connection:
        connection.register("before", before.select(["person_ref", "person_id"]))
        connection.register("after", after.select(["person_ref", "person_id"]))
        found = connection.sql(_QUERY).to_arrow_table()
    order = [("person_id_before", "ascending"), ("person_id_after", "ascending")]
    return check_table(found.sort_by(order), PERSON_CHANGES)


def count_changes(changes: pa.Table) -> dict[str, int]:
    """How many earlier people each change befell; every change is named, also with 0."""
    people = changes.select(["person_id_before", "change"])
    people = people.group_by(["person_id_before", "change"], use_threads=False).aggregate([])
    counts = {row["values"]: row["counts"] for row in people["change"].value_counts().to_pylist()}
    return {change: counts.get(change, 0) for change in CHANGES}
