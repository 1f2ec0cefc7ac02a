"""Do the tables of the Scholarly Migration Database follow from each other, and which padding
makes them do so?

Rates are counts over padded researchers, country counts are sums over pairs, and the padded
population of the first years can be rebuilt from first papers and moves alone: before anybody can
have left, P(c, y) is everybody with a first paper in c up to year y + 2 plus the net moves up to
y. That it holds to the person tells the padding, which its authors never published.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

import duckdb
import pyarrow as pa

from talentflow.pipeline.replication.facts import Facts, list_facts
from talentflow.pipeline.replication.rows import Check, Comparison, say
from talentflow.sources import scholarlymigration as smd

PADDING_YEARS: Final = 2
REBUILT_YEARS: Final = (1996, 1997, 1998)
"""Nobody can have been silent for more than twice the padding before 1999."""

PERIOD: Final = (2010, 2014)
_ROUNDING: Final = 1e-6
_LARGE: Final = 1000
_DROPPED: Final = 20
"""Persons that may be missing in the last rebuilt year: those in countries without a row."""

_KOREA: Final = {
    "population": ("population", "persons", 0),
    "inflow": ("inflow", "moves", 0),
    "outflow": ("outflow", "moves", 0),
    "net_permille": ("1000 * net_rate", "permille", 2),
}


def check_tables(tables: Mapping[str, pa.Table]) -> tuple[list[Check], list[Comparison]]:
    """The identities inside the tables, and the figures their authors printed from them."""
    with duckdb.connect() as connection:
        for name, table in tables.items():
            connection.register(name, table)
        checks = [
            _check_rates(connection),
            _check_flow_sums(connection),
            _check_mirror(connection),
            _check_shifted(connection, "entries", "first_papers", PADDING_YEARS),
            _check_shifted(connection, "exits", "last_papers", -PADDING_YEARS),
            _check_padding(connection),
            _check_enriched(connection),
            _check_period(connection),
        ]
        printed = [
            _compare_printed(connection, facts, name)
            for facts in list_facts("tables")
            for name in facts.values
        ]
    return checks, printed


def read_tables(folder: Path) -> dict[str, pa.Table]:
    """The tables under short names; raises `InputError` where one cannot be read."""
    return {
        "rates": smd.read_country_rates(folder),
        "flows": smd.read_country_flows(folder),
        "births": smd.read_births_deaths(folder),
        "ends": smd.read_entries_exits(folder),
        "enriched": smd.read_enriched_rates(folder),
    }


def _ask(connection: duckdb.DuckDBPyConnection, query: str) -> tuple[Any, ...]:
    row = connection.execute(query).fetchone()
    assert row is not None  # every query here aggregates to one row
    return row


def _judge(id_: str, found: tuple[int, int, float], unit: str, **words: object) -> Check:
    """A check of an identity: cells, equal cells and the largest deviation."""
    cells, equal, largest = found
    holds = cells > 0 and equal == cells
    broken = say("why.broken", differing=f"{cells - equal:,}", cells=f"{cells:,}")
    return Check(
        id=id_,
        title=say(f"check.{id_}"),
        explanation=say(f"why.{id_}", **words) if holds else broken,
        verdict="agrees" if holds else "differs",
        cells=cells,
        equal=equal,
        largest=float(largest or 0),
        unit=unit,
        holds=holds,
    )


def _check_rates(connection: duckdb.DuckDBPyConnection) -> Check:
    found = _ask(
        connection,
        f"""with off as (select unnest([
            abs(net_rate - (inflow - outflow) / population),
            abs(in_rate - inflow / population),
            abs(out_rate - outflow / population)
        ]) / greatest(1, abs(out_rate), abs(in_rate)) as d from rates where population > 0)
        select count(*), count(*) filter (d < {_ROUNDING}), max(d) from off""",
    )
    return _judge("rates", found, "fraction")


def _check_flow_sums(connection: duckdb.DuckDBPyConnection) -> Check:
    sums = "select {0} as area, year, sum(moves) as moves from flows group by all"
    found = _ask(
        connection,
        f"""with i as ({sums.format("destination")}), o as ({sums.format("origin")}),
        off as (select unnest([abs(inflow - coalesce(i.moves, 0)),
                               abs(outflow - coalesce(o.moves, 0))]) as d
                from rates left join i using (area, year) left join o using (area, year))
        select count(*), count(*) filter (d = 0), max(d) from off""",
    )
    left, moves = _ask(
        connection,
        f"""select (select coalesce(sum(f.moves) filter (a.area is null or b.area is null), 0)
                from flows f
                left join rates a on (a.area, a.year) = (f.origin, f.year)
                left join rates b on (b.area, b.year) = (f.destination, f.year)
                where '{smd.UNKNOWN_AREA}' not in (f.origin, f.destination)),
            (select coalesce(sum(moves), 0) from flows)""",
    )
    return _judge("flow_sums", found, "moves", left=f"{left:,}", moves=f"{moves:,}")


def _check_mirror(connection: duckdb.DuckDBPyConnection) -> Check:
    found = _ask(
        connection,
        """with off as (select abs(f.moves_back - coalesce(b.moves, 0)) as d from flows f
            left join flows b
              on (f.year, f.origin, f.destination) = (b.year, b.destination, b.origin))
        select count(*), count(*) filter (d = 0), max(d) from off""",
    )
    return _judge("flow_mirror", found, "moves")


def _check_shifted(
    connection: duckdb.DuckDBPyConnection, ends: str, papers: str, years: int
) -> Check:
    """Entries (exits) of the table of pairs against first (last) papers `years` later."""
    found = _ask(
        connection,
        f"""with off as (select abs({papers} - coalesce({ends}, 0)) as d
            from births b left join ends e on e.area = b.area and e.year = b.year - {years}
            where b.year - {years} <= (select max(year) from ends))
        select count(*), count(*) filter (d = 0), max(d) from off""",
    )
    return _judge(ends, found, "persons")


def _check_padding(connection: duckdb.DuckDBPyConnection) -> Check:
    years = ", ".join(map(str, REBUILT_YEARS))
    cells, equal, largest, left, early = _ask(
        connection,
        f"""with rebuilt as (
            select p.area, p.year, p.population,
                sum(b.first_papers) filter (b.year <= p.year + {PADDING_YEARS})
                + coalesce(sum(b.inflow - b.outflow) filter (b.year <= p.year), 0) as told
            from births p join births b using (area) where p.year in ({years}) group by all),
        off as (select year, abs(population - told) as d from rebuilt)
        select count(*), count(*) filter (d = 0), max(d), sum(d)::bigint,
            count(*) filter (d > 0 and year < {REBUILT_YEARS[-1]}) from off""",
    )
    holds = cells > 0 and early == 0 and left <= _DROPPED
    words = {"differing": f"{cells - equal:,}", "cells": f"{cells:,}"}
    return Check(
        id="padding",
        title=say("check.padding"),
        explanation=say("why.padding", left=left) if holds else say("why.broken", **words),
        verdict="agrees" if holds else "differs",
        cells=cells,
        equal=equal,
        largest=float(largest or 0),
        unit="persons",
        holds=holds,
    )


def _check_enriched(connection: duckdb.DuckDBPyConnection) -> Check:
    found = _ask(
        connection,
        """with off as (select greatest(abs(e.population - r.population),
                abs(e.inflow - r.inflow), abs(e.outflow - r.outflow)) as d
            from enriched e join rates r using (area, year))
        select count(*), count(*) filter (d = 0), max(d) from off""",
    )
    (left,) = _ask(connection, "select count(*) from enriched where area is null")
    return _judge("enriched", found, "persons", left=left)


def _check_period(connection: duckdb.DuckDBPyConnection) -> Check:
    """How far the two ways to a period rate lie apart; no identity is claimed."""
    first, last = PERIOD
    cells, largest = _ask(
        connection,
        f"""with rated as (select area, avg(population) as population,
                (avg(inflow) - avg(outflow)) / avg(population) as of_means,
                avg(net_rate) as of_rates
            from rates where year between {first} and {last} group by area
            having avg(population) >= {_LARGE})
        select count(*), 1000 * max(abs(of_means - of_rates)) from rated""",
    )
    return Check(
        id="period_rate",
        title=say("check.period_rate"),
        explanation=say("why.period_rate", largest=f"{largest or 0:.1f}"),
        verdict="not_comparable",
        cells=cells,
        largest=largest,
        unit="permille",
    )


def _compare_printed(connection: duckdb.DuckDBPyConnection, facts: Facts, name: str) -> Comparison:
    """A printed figure beside the same figure computed from the tables."""
    query, unit, digits = _find_quantity(facts, name)
    (told,) = _ask(connection, query)
    described = facts.describe(name)
    if facts.measure == "korea":
        described = {**described, "area": "KR", "measure": name, "unit": unit}
    off = None if told is None else float(told) - facts.values[name]
    agrees = off is not None and abs(off) <= 0.5 * 10**-digits + 1e-9
    verdict = "agrees" if agrees else "differs"
    if facts.other:
        verdict = "not_comparable"
    return Comparison(
        **described,
        verdict=verdict,
        explanation=say(f"printed.{facts.other or verdict}"),
        ours=None if told is None else round(float(told), digits + 2),
        ours_unit=unit,
        ours_period=facts.edition,
        ours_definition=smd.SOURCE,
        ours_denominator=None if facts.other else facts.denominator,
        difference=off,
    )


def _find_quantity(facts: Facts, name: str) -> tuple[str, str, int]:
    """The query for a printed figure, its unit and the digits it was printed with."""
    if facts.measure == "korea":
        formula, unit, digits = _KOREA[name]
        where = f"area = 'KR' and year = {facts.edition}"
        return f"select any_value({formula}) from rates where {where}", unit, digits
    if facts.measure == "net_permille":
        where = f"area = '{name}' and year = {facts.edition}"
        return f"select any_value(1000 * net_rate) from rates where {where}", "permille", 1
    first, last = facts.edition.split("/")
    ends = ("KR", name) if facts.measure == "moves_from_kr" else (name, "KR")
    where = f"(origin, destination) = {ends} and year between {first} and {last}"
    return f"select sum(moves) from flows where {where}", "moves", 0
