"""How much of the evidence was resolved, by what, and how far can the answers be trusted?

The report is published with every build. It holds counts and shares only: no row rests on fewer
persons than the floor, and the unresolved texts it lists are carried by at least so many people
and cannot be a person's name.
"""

from __future__ import annotations

import itertools
import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import duckdb
import pyarrow as pa

from talentflow.core.progress import Progress
from talentflow.core.scans import Room, Stored, open_tables
from talentflow.pipeline.inputs import SECOND_OPINION
from talentflow.pipeline.quality_people import SYSTEM, measure_hidden_ids
from talentflow.resolve.sectors import sector_of_words

FORMAT: Final = 1
FIELDS: Final = ("organization", "country", "city", "sector")
BANDS: Final = (0.0, 0.5, 0.6, 0.7, 0.8, 0.9, 0.95, 1.0)
"""Ends of the bands of probability; each holds its upper end."""

SHOWN_TEXTS: Final = 25
_LINKAGE: Final = (
    "case when p.hard_id then 'hard_id' when p.ambiguous then 'ambiguous' else 'rare_name' end"
)
_ORGANIZATIONAL: Final = re.compile(
    r"univ|inst|\blab|cent(?:er|re)|college|school|depart|academy|company|\binc\b|\bltd\b|"
    r"corp|group|technolog|research|hospital|ministry|council|foundation|facult|polytech|"
    r"engineering|science|\bAI\b|연구|대학|학과|研究|大学|学院|公司",
    re.IGNORECASE,
)
_MAX_TEXT_CHARS: Final = 120


@dataclass(frozen=True, kw_only=True)
class QualityInputs:
    """What is measured; `gold` is what `measure_gold` found, null without labelled texts."""

    records: Stored
    mentions: pa.Table
    resolved_mentions: pa.Table
    people: pa.Table
    gold: dict[str, Any] | None


def measure_quality(
    inputs: QualityInputs, *, floor: int, progress: Progress, room: Room
) -> dict[str, pa.Table]:
    """The table `report` with one row: the report as JSON, described in docs/guide/quality.md.

    Shares are over records with an affiliation, a second crawl only in `by_source`.
    """
    progress.start("quality", 1)
    report = {
        "format": FORMAT,
        "floor": floor,
        **_measure_build(inputs, floor, room),
        "gold": inputs.gold,
    }
    progress.advance()
    known = {entry["field"]: entry["share"] for entry in report["fields"]}
    progress.finish(
        "known of the affiliations: "
        + ", ".join(f"{field} {known[field] or 0:.1%}" for field in FIELDS)
    )
    return {"report": pa.table({"json": [json.dumps(report, ensure_ascii=False)]})}


def _measure_build(inputs: QualityInputs, floor: int, room: Room) -> dict[str, Any]:
    """Everything but the accuracy on labelled texts."""
    mine = inputs.records.filter(f"starts_with(person_ref, '{SYSTEM}:')").read(room=room)
    hidden = measure_hidden_ids(mine, inputs.people, floor)
    del mine
    with open_tables(
        room,
        records=inputs.records,
        mentions=inputs.mentions,
        resolved=inputs.resolved_mentions,
        people=inputs.people,
    ) as connection:
        _list_evidence(connection)
        people = _measure_linkage(connection, floor)
        people["hidden_ids"] = hidden
        return {
            **_measure_coverage(connection, floor),
            "people": people,
            "unresolved": _list_unresolved(connection, floor),
        }


def withhold(rows: Sequence[dict[str, Any]], floor: int) -> list[dict[str, Any]]:
    """Rows with `persons`, in which counts that rest on fewer than `floor` are null.

    Where some are withheld, the smallest others follow until those withheld together rest on at
    least the floor and are at least two, so that no subtraction from a total gives them back.
    """
    hidden = {i for i, row in enumerate(rows) if 0 < row["persons"] < floor}
    rest = sorted(
        (i for i in range(len(rows)) if i not in hidden), key=lambda i: rows[i]["persons"]
    )
    while hidden and rest:
        if len(hidden) > 1 and sum(rows[i]["persons"] for i in hidden) >= floor:
            break
        hidden.add(rest.pop(0))
    return [_empty(row) if i in hidden else {**row} for i, row in enumerate(rows)]


def _empty(row: dict[str, Any]) -> dict[str, Any]:
    counts = {name for name, value in row.items() if type(value) is int} - {"year"}
    return {name: None if name in counts else value for name, value in row.items()}


def _list_evidence(connection: duckdb.DuckDBPyConnection) -> None:
    """`evidence`: one row per record with an affiliation, but those of people who opted out."""
    connection.execute(
        f"""
        create temp table evidence as
        select r.source, r.year, r.paper_id, r.author_position, r.alignment, r.person_name,
               r.mention_id, p.person_id, {_LINKAGE} as linkage,
               m.organization_id as organization, m.country, m.city, m.sector,
               m.probability, m.rule, m.country_rule, r.source = $second as second
        from records r
        join resolved m using (mention_id)
        left join people p using (person_ref)
        where r.person_ref is null or p.person_id is not null""",
        {"second": SECOND_OPINION},
    )


def _rows(connection: duckdb.DuckDBPyConnection, query: str, **given: Any) -> list[dict[str, Any]]:
    found: list[dict[str, Any]]
    found = connection.sql(query, params=given).to_arrow_table().to_pylist()
    return found


def _measure_coverage(connection: duckdb.DuckDBPyConnection, floor: int) -> dict[str, Any]:
    counts = ", ".join(f"count({field}) as {field}" for field in FIELDS)
    counts += ", count(*) filter (organization is null and country is not null) as country_only"
    basis = "count(*) as records, count(distinct person_id) as persons"
    (whole,) = _rows(
        connection,
        f"select {basis}, count(distinct mention_id) as mentions, {counts} from evidence "
        "where not second",
    )
    (slots,) = _rows(
        connection,
        f"""select count(*) as slots, {", ".join(f"count(*) filter ({f}) as {f}" for f in FIELDS)}
        from (select {", ".join(f"bool_or({f} is not null) as {f}" for f in FIELDS)}
              from evidence where not second and alignment = 'aligned'
              group by paper_id, author_position)""",
    )
    return {
        "records": whole["records"],
        "mentions": whole["mentions"],
        "slots": slots["slots"],
        "fields": [
            {
                "field": field,
                "records": whole[field],
                "share": _divide(whole[field], whole["records"]),
                "slots": slots[field],
                "slot_share": _divide(slots[field], slots["slots"]),
            }
            for field in FIELDS
        ],
        "by_year": withhold(
            _rows(
                connection,
                f"select year, {basis}, {counts} from evidence where not second "
                "group by year order by year",
            ),
            floor,
        ),
        "by_source": withhold(
            _rows(
                connection,
                f"select source, {basis}, {counts} from evidence group by source order by source",
            ),
            floor,
        ),
        "rules": _measure_rules(connection, floor),
        "bands": _measure_bands(connection, floor),
    }


def _measure_rules(connection: duckdb.DuckDBPyConnection, floor: int) -> list[dict[str, Any]]:
    """What decided: one row per field and rule, most records first."""
    found = []
    for field, rule in (("organization", "rule"), ("country", "country_rule")):
        rows = _rows(
            connection,
            f"""select '{field}' as field, {rule} as rule, {field} is not null as known,
                count(*) as records, count(distinct person_id) as persons,
                count(distinct mention_id) as mentions
            from evidence where not second group by all order by records desc, rule, known""",
        )
        found += withhold(rows, floor)
    return found


def _measure_bands(connection: duckdb.DuckDBPyConnection, floor: int) -> list[dict[str, Any]]:
    """Records by the probability of their organization; null ends: no organization."""
    cases = " ".join(f"when probability <= {high} then {i}" for i, high in enumerate(BANDS[1:]))
    rows = _rows(
        connection,
        f"""select case when organization is null then -1 {cases} else {len(BANDS) - 2} end as band,
            count(*) as records, count(distinct person_id) as persons,
            count(distinct mention_id) as mentions
        from evidence where not second group by band""",
    )
    counted = {row.pop("band"): row for row in rows}
    nobody = {"records": 0, "persons": 0, "mentions": 0}
    listed = withhold([counted.get(i, nobody) for i in range(-1, len(BANDS) - 1)], floor)
    ends: list[tuple[float | None, float | None]] = [(None, None)]
    ends += list(itertools.pairwise(BANDS))
    return [
        {"low": low, "high": high, **row} for (low, high), row in zip(ends, listed, strict=True)
    ]


def _measure_linkage(connection: duckdb.DuckDBPyConnection, floor: int) -> dict[str, Any]:
    """How persons are identified, by the country most of whose records they have."""
    rows = _rows(
        connection,
        """
        with counted as (
            select person_id, any_value(linkage) as linkage, country, count(*) as records,
                   max(year) as last
            from evidence where not second and person_id is not null group by person_id, country),
        placed as (
            select person_id, any_value(linkage) as linkage, sum(records) as records,
                   first(country order by country is null, records desc, last desc, country)
                       as country
            from counted group by person_id)
        select country, linkage, count(*) as persons, cast(sum(records) as bigint) as records
        from placed group by country, linkage""",
    )
    kinds = ("hard_id", "rare_name", "ambiguous")
    whole = [
        {
            "linkage": kind,
            "persons": sum(row["persons"] for row in rows if row["linkage"] == kind),
            "records": sum(row["records"] for row in rows if row["linkage"] == kind),
        }
        for kind in kinds
    ]
    areas: dict[str, dict[str, int]] = {}
    for row in rows:
        place = areas.setdefault(row["country"] or "unknown", dict.fromkeys(kinds, 0))
        place[row["linkage"]] += row["persons"]
    return {"linkage": withhold(whole, floor), "by_country": _fold_small(areas, floor)}


def _fold_small(areas: dict[str, dict[str, int]], floor: int) -> list[dict[str, Any]]:
    """Countries in which no way of identification counts some but too few; the others together
    as `rest`, which takes in the smallest countries until it is safe itself."""
    order = sorted(areas, key=lambda area: (-sum(areas[area].values()), area))
    shown = [area for area in order if _is_safe(areas[area], floor)]
    rest = [area for area in order if area not in shown]
    together = _add_up([areas[area] for area in rest])
    while rest and shown and not (_is_safe(together, floor) and len(rest) > 1):
        rest.append(shown.pop())
        together = _add_up([areas[area] for area in rest])
    rows = [(area, areas[area]) for area in shown]
    if rest and _is_safe(together, floor):
        rows.append(("rest", together))
    return [{"country": area, "persons": sum(counts.values()), **counts} for area, counts in rows]


def _is_safe(counts: dict[str, int], floor: int) -> bool:
    return all(count == 0 or count >= floor for count in counts.values())


def _add_up(counts: Sequence[dict[str, int]]) -> dict[str, int]:
    return {kind: sum(c[kind] for c in counts) for kind in ("hard_id", "rare_name", "ambiguous")}


def _list_unresolved(connection: duckdb.DuckDBPyConnection, floor: int) -> dict[str, Any]:
    """How the affiliations without organization are spread, and the commonest that may be shown."""
    spread = _rows(
        connection,
        """select records_a_text, count(*) as mentions, cast(sum(n) as bigint) as records,
            cast(sum(persons) as bigint) as persons
        from (select case when count(*) = 1 then '1' when count(*) < 5 then '2-4'
                     when count(*) < 20 then '5-19' else '20+' end as records_a_text,
                     count(*) as n, count(distinct person_id) as persons
              from evidence where not second and organization is null group by mention_id)
        group by records_a_text order by min(n)""",
    )
    texts = _rows(
        connection,
        """
        with names as (select distinct lower(trim(person_name)) as name from records
                       where person_name is not null),
        words as (select distinct unnest(string_split(name, ' ')) as word from names)
        select trim(text) as text, count(*) as records, count(distinct person_id) as persons,
               count(country) > 0 as country_known,
               lower(trim(text)) in (select word from words) as is_word
        from evidence join mentions using (mention_id)
        where not second and organization is null and text is not null
          and rule not in ('none_named', 'correction')
          and lower(trim(text)) not in (select name from names)
        group by trim(text) having count(distinct person_id) >= $floor
        order by records desc, text limit 500""",
        floor=floor,
    )
    shown = [row for row in texts if not row.pop("is_word") and may_be_shown(row["text"])]
    return {"spread": withhold(spread, floor), "texts": shown[:SHOWN_TEXTS]}


def may_be_shown(text: str) -> bool:
    """Whether an affiliation text can only be that of an organization: it says so in a word of
    its own, or is a single word; nothing that holds an address or a number of a person."""
    if len(text) > _MAX_TEXT_CHARS or re.search(r"[@~]|https?:|\d{4,}", text):
        return False
    if _ORGANIZATIONAL.search(text) or sector_of_words(text) is not None:
        return True
    return len(text.split()) == 1


def _divide(part: int, whole: int) -> float | None:
    return part / whole if whole else None
