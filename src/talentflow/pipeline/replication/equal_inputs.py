"""Do the compiled rules count what SMD's published rules say, given the same papers?

A made-up world is written in the format of OpenAlex works and read twice: by the kernel that
makes the figures, and by a plain SQL query that shares no code with it. SMD's rules as published:
residence is the most frequent country of the year, an event is a change between two observed
years whatever lies between them, dated to the later one; the population pads each paper by two
years (see `tables`). Its tie rule is unpublished.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Final

import duckdb
import numpy as np
import pyarrow as pa

from talentflow.careers.packing import PackedEvidence, pack_evidence
from talentflow.careers.tallies import count_tallies, data_years, list_tallies
from talentflow.core.rules import MoveRule, PeopleRule, ResidenceRule, Rules
from talentflow.core.vocabulary import ALL
from talentflow.indicators.definitions import DEFINITIONS
from talentflow.pipeline.replication.rows import Check, say
from talentflow.pipeline.replication.tables import PADDING_YEARS
from talentflow.sources.toy import ErrorRates, WorldSpec, build_world, write_world

PEOPLE: Final = 750
SEED: Final = 20141
MERGED: Final = 3
"""So many made-up authors share one id, as when namesakes are merged: only then are there years
in two countries, ties between them, and many moves, which is what the rules must get right."""

SMD_ID: Final = "smd"

_NEAREST: Final = Rules(
    residence=ResidenceRule(tie="code"),
    move=MoveRule(max_gap_years=50, fill="none"),
    people=PeopleRule(linkage="all"),
)
"""SMD's rules of residence and event; without padding."""

_INNER: Final = Rules(
    residence=ResidenceRule(tie="code"),
    move=MoveRule(max_gap_years=PADDING_YEARS, fill="after"),
    people=PeopleRule(linkage="all"),
)

_AUTHORSHIPS: Final = """
    create temp table authorships as
    select 'A' || dense_rank() over (order by a.author.id) // {merged} as person,
           publication_year::bigint as year, c.country
    from (select publication_year, unnest(authorships) as a
          from read_json($files, format = 'newline_delimited', ignore_errors = false)) as w,
         lateral (select unnest(w.a.countries) as country) as c
    where a.author.id is not null
"""

_RESIDENCES: Final = """
    create or replace temp table residences as
    with counted as (select person, year, country, count(*) as n from authorships group by all)
    select person, year, {pick}(country) as country
    from (select *, max(n) over (partition by person, year) as most from counted)
    where n = most group by person, year
"""

_MOVES: Final = """
    select origin || '>' || country || ' ' || year as cell, count(*) as n
    from (select *, lag(country) over (partition by person order by year) as origin
          from residences)
    where origin <> country group by all
"""

_STOCK_OBSERVED: Final = """
    select country || ' ' || year as cell, count(*) as n from residences group by all
"""

_STOCK_INNER: Final = """
    with spans as (select *, lag(year) over (partition by person order by year) as before
                   from residences),
    counted as (select country,
            unnest(case when before is not null and year - before - 1 <= {padding}
                        then range(before + 1, year + 1) else [year] end) as year
        from spans)
    select country || ' ' || year as cell, count(*) as n from counted group by all
"""

_STOCK_SMD: Final = """
    with spans as (select *, lag(year) over w as before, lead(year) over w as after
                   from residences window w as (partition by person order by year)),
    counted as (
        select country, unnest(range(greatest(year - {padding}, coalesce(before + 1, 0)),
                                     year + 1)) as year from spans
        union all
        select country, unnest(range(year + 1,
            least(year + {padding}, coalesce(after - {padding} - 1, 9999)) + 1)) from spans)
    select country || ' ' || year as cell, count(*) as n from counted
    where year between {first} and {last} group by all
"""

Cells = dict[str, int]


def run_equal_inputs() -> list[Check]:
    """Kernel and SQL on the same made-up works: moves and stocks, cell by cell."""
    with TemporaryDirectory() as folder, duckdb.connect() as connection:
        _write_works(Path(folder))
        files = str(Path(folder) / "openalex" / "works" / "*" / "*.gz")
        connection.execute(_AUTHORSHIPS.format(merged=MERGED), {"files": files})
        authorships = connection.sql("select * from authorships").to_arrow_table()
        evidence = _pack(authorships)
        people = connection.execute("select count(distinct person) from authorships").fetchone()
        assert people is not None
        return _compare(connection, evidence, people[0])


def find_definition() -> tuple[str, Rules] | None:
    """The named definition that reproduces SMD, where this version has one."""
    for definition in DEFINITIONS:
        if definition.id == SMD_ID:
            return definition.id, definition.rules
    return None


def _compare(
    connection: duckdb.DuckDBPyConnection, evidence: PackedEvidence, people: int
) -> list[Check]:
    ask = _Asker(connection, data_years(evidence))
    ask.choose("min")
    observed = _count(evidence, _NEAREST)
    inner = _count(evidence, _INNER)
    moves = ask(_MOVES)
    checks = [
        _match("equal_flows", observed("flow"), moves, why="equal_flows", people=f"{people:,}"),
        _match("equal_arrivals", _sum_ends(observed), _sum_pairs(moves), why="equal_flows"),
        _match("stock_observed", observed("stock"), ask(_STOCK_OBSERVED), why="stock_equal"),
        _match("stock_inner", inner("stock"), ask(_STOCK_INNER), why="stock_equal"),
        _measure_padding(observed("stock"), ask(_STOCK_SMD)),
    ]
    named = find_definition()
    if named is not None:
        checks += _check_definition(evidence, named, ask)
    ask.choose("max")
    return [*checks, _measure_tie(observed("flow"), ask(_MOVES))]


def _check_definition(
    evidence: PackedEvidence, named: tuple[str, Rules], ask: _Asker
) -> list[Check]:
    """The named definition against SQL: moves to the cell, population as far as it pads alike."""
    id_, rules = named
    ask.choose("min" if rules.residence.tie == "code" else "max")
    counted = _count(evidence, rules)
    flows = _match(
        "equal_flows",
        counted("flow"),
        ask(_MOVES),
        why="equal_flows",
        id_=f"equal_flows_{id_}",
        people=id_,
    )
    ours, theirs = counted("stock"), ask(_STOCK_SMD)
    ratio = _ratio(ours, theirs)
    stock = _measure(f"stock_{id_}_definition", ours, theirs)
    same = stock["equal"] == stock["cells"]
    why = "why.stock_definition_equal" if same else "why.stock_definition"
    return [
        flows,
        Check(
            **stock,
            title=say("check.stock_definition", definition=id_),
            explanation=say(why, ratio=f"{ratio:.2f}"),
            verdict="agrees" if same else "differs",
            ratio=ratio,
            unit="persons",
        ),
    ]


class _Asker:
    """Asks SQL for cells, under one tie rule at a time."""

    def __init__(self, connection: duckdb.DuckDBPyConnection, years: tuple[int, int]) -> None:
        self.connection = connection
        self.words = {"padding": PADDING_YEARS, "first": years[0], "last": years[1]}

    def choose(self, pick: str) -> None:
        """Ties go to the first (`min`) or last (`max`) code of the alphabet."""
        self.connection.execute(_RESIDENCES.format(pick=pick))

    def __call__(self, query: str) -> Cells:
        rows = self.connection.execute(query.format(**self.words)).fetchall()
        return {cell: int(n) for cell, n in rows}


def _write_works(folder: Path) -> None:
    """Papers of a world in which people fall silent for years."""
    spec = WorldSpec(
        people=PEOPLE,
        first_year=1998,
        last_year=2014,
        publish_probability=0.45,
        papers_per_year=2.0,
        errors=ErrorRates(doubled_author_lists=0.0),
    )
    write_world(build_world(spec, SEED), folder, sources=("openalex",))


def _pack(authorships: pa.Table) -> PackedEvidence:
    """Authorships as the tables the kernel reads: one record and one mention per authorship."""
    n = authorships.num_rows
    numbers = pa.array(np.arange(n, dtype=np.int64))
    people = authorships["person"].unique()
    nothing = pa.nulls(n, pa.string())
    records = pa.table(
        {
            "person_ref": authorships["person"],
            "mention_id": numbers,
            "year": authorships["year"].cast(pa.int16()),
            "role_raw": nothing,
            "tier_flags": pa.array(np.zeros(n, np.int32)),
            "author_position": pa.array(np.ones(n, np.int16)),
            "venue": nothing,
        }
    )
    known = len(people)
    persons = pa.table(
        {
            "person_ref": people,
            "person_id": people,
            "hard_id": pa.array(np.ones(known, bool)),
            "ambiguous": pa.array(np.zeros(known, bool)),
        }
    )
    mentions = pa.table(
        {"mention_id": numbers, "country": authorships["country"], "sector": nothing}
    )
    return pack_evidence(records, persons, mentions)


def _count(evidence: PackedEvidence, rules: Rules) -> Callable[[str], Cells]:
    """Yearly cells of a measure as the kernel counts them."""
    counted = count_tallies(evidence, rules, replicates=0, cohorts=False)
    tallies = list_tallies(counted, ["equal"], data_years(evidence), 0).to_pylist()

    def select(measure: str) -> Cells:
        cells: Cells = {}
        for row in tallies:
            whole = row["stage"] == ALL and row["sector"] == ALL
            whole &= row["area"] != ALL and re.fullmatch(r"\d{4}", row["period"]) is not None
            if whole and row["measure"] == measure:
                pair = measure == "flow"
                place = f"{row['area']}>{row['partner']}" if pair else row["area"]
                cells[f"{place} {row['period']}"] = row["counts"][0]
        return cells

    return select


def _sum_ends(counted: Callable[[str], Cells]) -> Cells:
    """Arrivals and departures under keys of their own."""
    arrivals = {f"to {cell}": n for cell, n in counted("inflow").items()}
    return {**arrivals, **{f"from {cell}": n for cell, n in counted("outflow").items()}}


def _sum_pairs(moves: Cells) -> Cells:
    cells: Cells = {}
    for cell, n in moves.items():
        pair, year = cell.split(" ")
        origin, destination = pair.split(">")
        for key in (f"from {origin} {year}", f"to {destination} {year}"):
            cells[key] = cells.get(key, 0) + n
    return cells


def _measure(id_: str, ours: Cells, theirs: Cells) -> dict[str, Any]:
    """Cells in either, equal ones, largest deviation and correlation."""
    keys = sorted({*ours, *theirs})
    pairs = np.array([[ours.get(k, 0), theirs.get(k, 0)] for k in keys], np.float64).reshape(-1, 2)
    off = np.abs(pairs[:, 0] - pairs[:, 1])
    varied = len(keys) > 1 and (pairs.std(axis=0) > 0).all()
    return {
        "id": id_,
        "cells": len(keys),
        "equal": int((off == 0).sum()),
        "largest": float(off.max(initial=0)),
        "correlation": round(float(np.asarray(np.corrcoef(pairs.T))[0, 1]), 6) if varied else None,
    }


def _match(
    name: str, ours: Cells, theirs: Cells, *, why: str, id_: str | None = None, **words: object
) -> Check:
    found = _measure(id_ or name, ours, theirs)
    holds = found["cells"] > 0 and found["equal"] == found["cells"]
    differing = f"{found['cells'] - found['equal']:,}"
    broken = say("why.broken", differing=differing, cells=f"{found['cells']:,}")
    return Check(
        **found,
        title=say(f"check.{name}", **words),
        explanation=say(f"why.{why}") if holds else broken,
        verdict="agrees" if holds else "differs",
        unit="persons" if name.startswith("stock") else "moves",
        holds=holds,
    )


def _ratio(ours: Cells, theirs: Cells) -> float:
    return sum(ours.values()) / max(sum(theirs.values()), 1)


def _measure_padding(observed: Cells, padded: Cells) -> Check:
    ratio = 1 / _ratio(observed, padded)
    return Check(
        **_measure("stock_smd", observed, padded),
        title=say("check.stock_smd"),
        explanation=say("why.stock_smd", ratio=f"{ratio:.2f}"),
        verdict="differs",
        ratio=ratio,
        unit="persons",
    )


def _measure_tie(first: Cells, last: Cells) -> Check:
    found = _measure("tie", first, last)
    same = found["equal"] == found["cells"]
    return Check(
        **found,
        title=say("check.tie"),
        explanation=say(
            "why.tie",
            correlation=f"{found['correlation'] or 0:.2f}",
            differing=f"{found['cells'] - found['equal']:,}",
            cells=f"{found['cells']:,}",
        ),
        verdict="agrees" if same else "differs",
        unit="moves",
    )
