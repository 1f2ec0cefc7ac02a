"""Which records stand behind a figure? Answered from the private store, for its owner only.

Figures under the default definition can be traced; the others differ from it by one rule and
keep no person-level tables.
"""

from __future__ import annotations

from pathlib import Path
from typing import Final

import duckdb
import pyarrow as pa

from talentflow.core.catalog import Catalog
from talentflow.core.errors import StoreError, UsageError
from talentflow.indicators.snapshot import Query

_MOVES: Final = """
    select person_id, year - gap_years - 1 as first_year, year as last_year
    from moves where {where} and year between $first and $last"""

_SPANS: Final[dict[str, str]] = {
    "stock": """
    select person_id, min(year) as first_year, max(year) as last_year from residences
    where country = $area and year between $first and $last group by 1""",
    "inflow": _MOVES.format(where="to_country = $area"),
    "outflow": _MOVES.format(where="from_country = $area"),
    "net_flow": _MOVES.format(where="$area in (from_country, to_country)"),
    "flow": _MOVES.format(where="from_country = $area and to_country = $partner"),
    "stage_flow": """
    select person_id, year as first_year, next_year as last_year from stage_changes
    where country = $area and next_country = $partner and $stage in (stage, 'all')""",
    "retention": """
    select person_id, min(start_year) as first_year, max(end_year) as last_year from spells
    group by 1 having arg_min(country, start_year) = $area""",
}
_SAME_SPAN: Final = {
    "in_rate": "inflow",
    "out_rate": "outflow",
    "net_rate": "net_flow",
    "share_mobile": "stock",
    "work_share": "stock",
    "origin_share": "stock",
    "sector_flow": "stock",
}

_RECORDS: Final = """
with spans as ({spans})
select s.person_id, r.year, r.record_id, r.person_name, m.text as affiliation, m.domain,
       case when r.year < n.former_until then n.former_name else o.organization_name end
           as organization_name,
       o.country, o.country_rule, o.rule, r.role_raw, r.kind
from spans s
join people p using (person_id)
join records r using (person_ref)
left join mentions m using (mention_id)
left join resolved_mentions o using (mention_id)
-- A text has no year, its record has. A correction of the organization finds no former one.
left join mention_organizations n
    on n.mention_id = o.mention_id and n.organization_id = o.organization_id
where r.year between s.first_year and s.last_year
  and ($area is not null or $partner is not null or $stage is not null or $first <= $last)
order by all
"""

_HOMES: Final = {
    "residences": "careers",
    "moves": "careers",
    "stage_changes": "careers",
    "spells": "careers",
    "people": "corrections",
    "records": "align",
    "mentions": "read",
    "resolved_mentions": "corrections",
    "mention_organizations": "organizations",
}


def trace_records(store: Path, query: Query) -> pa.Table:
    """The records behind one cell, by person and year.

    Columns: person_id, year, record_id, person_name, affiliation, domain, organization_name,
    country, country_rule, rule, role_raw, kind (what the record is evidence of). The organization
    is that of the record's year: before
    it was founded, the one that bore the name. Raises `UsageError` if the cell is not one that can
    be traced and `StoreError` if the store holds no finished build of this version.
    """
    span = _SAME_SPAN.get(query.indicator, query.indicator)
    if span not in _SPANS:
        raise UsageError(
            f"{query.indicator} cannot be traced", expected=", ".join([*_SPANS, *_SAME_SPAN])
        )
    if query.area is None or (span in ("flow", "stage_flow") and query.partner is None):
        raise UsageError("a trace needs one cell", expected="--area, and --partner for flows")
    first, last = _bounds(query.period)
    sql = _RECORDS.format(spans=_SPANS[span])
    parameters = {
        "area": query.area,
        "partner": query.partner,
        "stage": query.stage or "all",
        "first": first,
        "last": last,
    }
    with duckdb.connect() as connection:
        for name, path in _find_tables(store).items():
            connection.from_parquet(str(path)).create_view(name)
        try:
            return connection.sql(sql, params=parameters).to_arrow_table()
        except duckdb.BinderException as error:
            raise _other_version(store) from error


def _bounds(period: str | None) -> tuple[int, int]:
    if period is None or period.startswith("P"):
        return 0, 9999
    first, _, last = period.replace("/", ":").partition(":")
    try:
        return int(first), int(last or first)
    except ValueError as error:
        raise UsageError(
            f"period {period!r}", expected="a year, FIRST:LAST or FIRST/LAST"
        ) from error


def _find_tables(store: Path) -> dict[str, Path]:
    catalog = Catalog(store)
    current = catalog.require_current()
    if not set(_HOMES.values()) <= set(current):
        raise _other_version(store)
    return {
        name: catalog.stage_folder(stage, current[stage]) / f"{name}.parquet"
        for name, stage in _HOMES.items()
    }


def _other_version(store: Path) -> StoreError:
    return StoreError(
        "this store holds no finished build of this version",
        where=str(store),
        next_step="run `talentflow build`",
    )
