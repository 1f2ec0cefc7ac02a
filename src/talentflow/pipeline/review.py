"""What should a person look at first? The doubtful answers that touch most records.

Reads the private store, for its owner only. Every row carries a line for `corrections.csv` that
settles it once its value is filled in or confirmed.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any, Final

import duckdb
import pyarrow as pa

from talentflow.core.catalog import Catalog, check_format
from talentflow.core.errors import StoreError
from talentflow.pipeline.inputs import SECOND_OPINION
from talentflow.resolve.corrections import RULE
from talentflow.resolve.corrections_csv import write_line

DOUBTFUL_BELOW: Final = 0.8
_REASON: Final = "seen in review"
_TABLES: Final = {
    "records": "align",
    "mentions": "read",
    "resolved_mentions": "corrections",
    "people": "corrections",
}

_ORGANIZATIONS: Final = """
with counted as (
    select mention_id, count(*) as records, count(distinct person_ref) as references_
    from records where source <> $second and mention_id is not null group by mention_id)
select c.records, c.references_ as "references", mention_id, m.text, m.domain,
       a.organization_id, a.organization_name, a.country, a.sector, a.probability, a.rule,
       a.country_rule
from counted c join mentions m using (mention_id) join resolved_mentions a using (mention_id)
where a.rule not in ($corrected, 'none_named', 'empty') and a.country_rule <> $corrected
  and (a.organization_id is null or a.country is null or a.probability < $below)
order by c.records * (1 - coalesce(a.probability, 0)) desc, c.records desc, mention_id
limit $limit
"""

_PEOPLE: Final = """
with named as (
    select r.person_name as name, p.person_ref, p.person_id, p.confidence, r.year, r.paper_id,
           a.country
    from records r join people p using (person_ref)
    left join resolved_mentions a using (mention_id)
    where p.ambiguous and r.source <> $second and r.person_name is not null)
select count(*) as records, count(distinct person_ref) as "references",
       mode(name) as name, count(distinct paper_id) as papers,
       min(year) || '–' || max(year) as years,
       string_agg(distinct country, ' ' order by country) as countries,
       min(confidence) as confidence, min(person_ref) as one
from named group by lower(name)
order by records desc, name limit $limit
"""


def list_doubtful_mentions(
    store: Path, *, limit: int, date: str, below: float = DOUBTFUL_BELOW
) -> pa.Table:
    """Affiliations without organization or country, or with a probability under `below`, most
    expected wrong records first: records × (1 − probability).

    `line` proposes the present organization, or leaves its value open.
    """
    rows = _query(
        store,
        _ORGANIZATIONS,
        {"corrected": RULE, "below": below, "limit": limit, "second": SECOND_OPINION},
    )
    for row in rows:
        row["line"] = write_line(
            {
                "kind": "organization",
                "match": row["text"] or "",
                "domain": None if row["text"] else row["domain"],
                "value": row["organization_id"],
                "reason": _REASON,
                "date": date,
            }
        )
    return pa.Table.from_pylist(rows)


def list_ambiguous_people(store: Path, *, limit: int, date: str) -> pa.Table:
    """Names whose references cannot be told apart, most records first.

    `line` says that all of them are one person; where there is but one, it is empty.
    """
    rows = _query(store, _PEOPLE, {"limit": limit, "second": SECOND_OPINION})
    for row in rows:
        one = row.pop("one")
        merge = {"kind": "person_merge", "match": f"named:{row['name']}", "value": one}
        alone = row["references"] < 2
        row["line"] = "" if alone else write_line({**merge, "reason": _REASON, "date": date})
    return pa.Table.from_pylist(rows)


def _query(store: Path, sql: str, parameters: dict[str, Any]) -> list[dict[str, Any]]:
    check_format(store)
    catalog = Catalog(store)
    current = catalog.read_current()
    if not set(_TABLES.values()) <= set(current):
        raise StoreError(
            "this store holds no finished build of this version",
            where=str(store),
            next_step="run `talentflow build`",
        )
    used = {k: v for k, v in parameters.items() if f"${k}" in sql}
    with duckdb.connect() as connection:
        for name, stage in _TABLES.items():
            path = catalog.stage_folder(stage, current[stage]) / f"{name}.parquet"
            connection.from_parquet(str(path)).create_view(name)
        found: list[dict[str, Any]] = connection.sql(sql, params=used).to_arrow_table().to_pylist()
    return found
