"""What does an affiliation mean that the source itself has already resolved?

Where a source names the organization by its ROR id, that is the answer, and the registry adds its
name, sector and seat. Where it names a country only, the organization is looked for in the text
as in any other and the country is the source's. Everything else is resolved from the text.
Corrections of the user come after all of this (docs/decisions/0019).
"""

from __future__ import annotations

from typing import Any, Final

import pyarrow as pa
import pyarrow.compute as pc

from talentflow.core.contracts import MENTION_ORGANIZATIONS, RESOLVED_MENTIONS, check_table
from talentflow.resolve.organizations import ResolvedMentions, resolve_mentions_fully
from talentflow.resolve.registry import Registry

RULE: Final = "asserted"

ASSERTED_PROBABILITY: Final = 1.0
"""The source's word is taken for it: its share of errors is not known by affiliation, and it is
part of how far the source departs from others, which is estimated elsewhere."""


def resolve_with_assertions(mentions: pa.Table, registry: Registry) -> ResolvedMentions:
    """One row of `resolved_mentions` per row of `mentions`, in the same order, and all
    organizations they name; what the source asserts goes before what the text says."""
    asserted = pc.is_valid(mentions["asserted_organization"])
    if not pc.any(pc.or_(asserted, pc.is_valid(mentions["asserted_country"]))).as_py():
        return resolve_mentions_fully(mentions, registry)
    told = mentions.filter(asserted)
    rest = mentions.filter(pc.invert(asserted))
    from_text = resolve_mentions_fully(rest, registry)
    countries = {
        mention: country
        for mention, country in zip(
            rest["mention_id"].to_pylist(), rest["asserted_country"].to_pylist(), strict=True
        )
        if country is not None
    }
    resolved = pa.concat_tables(
        [
            _build(RESOLVED_MENTIONS, [_answer(row, registry) for row in told.to_pylist()]),
            _set_country(from_text.resolved, countries),
        ]
    )
    named = pa.concat_tables(
        [
            _build(MENTION_ORGANIZATIONS, [_name(row, registry) for row in told.to_pylist()]),
            _set_named_country(from_text.organizations, countries),
        ]
    )
    return ResolvedMentions(
        check_table(_in_order(resolved, mentions), RESOLVED_MENTIONS),
        check_table(named, MENTION_ORGANIZATIONS),
    )


def _build(contract: Any, rows: list[dict[str, object]]) -> pa.Table:
    columns = {c.name: [row.get(c.name) for row in rows] for c in contract.columns}
    return pa.table(columns, schema=contract.schema)


def _answer(mention: dict[str, Any], registry: Registry) -> dict[str, object]:
    """A row of `resolved_mentions` for a mention whose organization the source gives.

    An organization that the registry does not know keeps its id, with the name as printed.
    """
    ror, country = mention["asserted_organization"], mention["asserted_country"]
    at = _find(ror, registry)
    home = None if at is None else registry.countries[at]
    known = country or home
    return {
        "mention_id": mention["mention_id"],
        "organization_id": ror if at is None else registry.ids[at],
        "organization_name": (mention["text"] or ror) if at is None else registry.names[at],
        "country": known,
        "seat_country": None if at is None else registry.seat_of(at),
        "city": registry.cities[at] if at is not None and known == home else None,
        "sector": None if at is None else registry.sectors[at],
        "probability": ASSERTED_PROBABILITY,
        "rule": RULE,
        "country_rule": RULE if known else "unknown",
        "country_probability": ASSERTED_PROBABILITY if known else None,
        "sector_probability": (
            ASSERTED_PROBABILITY if at is not None and registry.sectors[at] else None
        ),
    }


def _name(mention: dict[str, Any], registry: Registry) -> dict[str, object]:
    answer = _answer(mention, registry)
    kept = ("mention_id", "organization_id", "organization_name", "country", "sector")
    named = {name: answer[name] for name in (*kept, "probability", "rule")}
    return {**named, "rank": 1}


def _find(ror: str, registry: Registry) -> int | None:
    """Position of what the organization is today; null where the registry lacks it."""
    at = registry.position.get(ror)
    return None if at is None else registry.current[at]


def _set_country(resolved: pa.Table, countries: dict[int, str]) -> pa.Table:
    if not countries:
        return resolved
    said = pa.array([countries.get(m) for m in resolved["mention_id"].to_pylist()], pa.string())
    given = pc.is_valid(said)
    # A city of another country than the asserted one would contradict it.
    elsewhere = pc.and_(given, pc.fill_null(pc.not_equal(said, resolved["country"]), True))
    changed = {
        "country": pc.coalesce(said, resolved["country"]),
        "city": pc.if_else(elsewhere, pa.scalar(None, pa.string()), resolved["city"]),
        "country_rule": pc.if_else(given, RULE, resolved["country_rule"]),
        "country_probability": pc.if_else(
            given, ASSERTED_PROBABILITY, resolved["country_probability"]
        ),
    }
    return _replace(resolved, changed)


def _set_named_country(named: pa.Table, countries: dict[int, str]) -> pa.Table:
    if not countries:
        return named
    ids, ranks = named["mention_id"].to_pylist(), named["rank"].to_pylist()
    said = [countries.get(m) if rank == 1 else None for m, rank in zip(ids, ranks, strict=True)]
    return _replace(named, {"country": pc.coalesce(pa.array(said, pa.string()), named["country"])})


def _replace(table: pa.Table, changed: dict[str, Any]) -> pa.Table:
    for name, values in changed.items():
        at = table.schema.get_field_index(name)
        table = table.set_column(at, table.schema.field(at), values)
    return table


def _in_order(resolved: pa.Table, mentions: pa.Table) -> pa.Table:
    places = pc.index_in(mentions["mention_id"], value_set=resolved["mention_id"])
    return resolved.take(places)
