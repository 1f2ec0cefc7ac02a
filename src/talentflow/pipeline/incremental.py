"""What does the last build already know? Answers that nothing new can change are kept.

A stage of the last build may be used again only where its basis, everything that its answers
depend on beside the rows themselves, is the same. What is kept and what is made anew give the
same tables as a build from nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final

import pyarrow as pa
import pyarrow.compute as pc

from talentflow.core.catalog import Catalog

BASIS: Final = "basis"
"""Name of the table that says what the answers of a stage rest on."""

Tables = Mapping[str, pa.Table]


def find_earlier(catalog: Catalog, stage: str, basis: str) -> str | None:
    """The key of the last finished build of a stage if it rests on the same basis, else null."""
    key = catalog.read_current().get(stage)
    if key is None or not (catalog.stage_folder(stage, key) / f"{BASIS}.parquet").exists():
        return None
    found = catalog.read_table(stage, key, BASIS)["basis"][0].as_py()
    return str(key) if found == basis else None


def describe_basis(basis: str) -> pa.Table:
    """The table to be written beside the others of a stage, for `find_earlier`."""
    return pa.table({"basis": [basis]})


def resolve_new_mentions(
    mentions: pa.Table, earlier: Tables | None, resolve: Callable[[pa.Table], Tables]
) -> dict[str, pa.Table]:
    """Answers to all mentions, of which only those without an `earlier` answer are resolved.

    Tables by the names of the stage, each with `mention_id`; they come in the order of the
    mentions. A mention that no longer occurs loses its answer.
    """
    if earlier is None:
        return dict(resolve(mentions))
    known = earlier["resolved_mentions"]["mention_id"].combine_chunks()
    is_known = pc.is_in(mentions["mention_id"], value_set=known)
    fresh = resolve(mentions.filter(pc.invert(is_known)))
    return {
        name: _arrange(mentions["mention_id"], pa.concat_tables([earlier[name], table]))
        for name, table in fresh.items()
    }


def _arrange(wanted: pa.ChunkedArray, answers: pa.Table) -> pa.Table:
    """Answers to the wanted mentions, in their order; several answers to one stay in theirs."""
    places = pc.index_in(answers["mention_id"], value_set=wanted.combine_chunks())
    answers = answers.append_column("place", places).filter(pc.is_valid(places))
    ranks = [("rank", "ascending")] if "rank" in answers.column_names else []
    arranged = answers.sort_by([("place", "ascending"), *ranks])
    return arranged.drop_columns(["place"])
