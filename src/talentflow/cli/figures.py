"""`show`, `explain` and `trace`: figures, and what stands behind them."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any, Final

import click
import pyarrow as pa

from talentflow.cli.options import (
    Decorator,
    format_option,
    language_option,
    setting_options,
    settings_from,
)
from talentflow.cli.tables import print_accounting, print_rows, write_table
from talentflow.core.areas import area_name
from talentflow.core.vocabulary import ALL
from talentflow.indicators.absence import describe_absence
from talentflow.indicators.snapshot import (
    Query,
    Snapshot,
    open_snapshot,
    select_ranks,
    select_values,
)

Row = dict[str, Any]
"""A row of the table `values`."""

_TABLE_ROWS: Final = 200
_RESAMPLED: Final = {"persons": "persons", "two_way": "persons and the papers they share"}
_NOTES: Final = {
    "ok": "",
    "censored": "censored: later records will still change it",
    "too_few": "too few people",
    "suppressed": "withheld to protect a small group",
    "published": "as published",
}


def cell_options(*names: str) -> Decorator:
    """The argument INDICATOR and options that select cells."""
    helps = {
        "area": "Country: ISO code or name.",
        "partner": "The other country.",
        "stage": "Career stage.",
        "sector": "Sector, or a change such as 'university>company'.",
        "period": "2018, 2010:2024, 2015/2019, or P5Y for years since.",
        "definition": "Definition id; default: default.",
    }

    def decorate(command: Any) -> Any:
        for name in reversed(names):
            command = click.option(f"--{name}", default=None, help=helps[name])(command)
        return click.argument("indicator")(command)

    return decorate


@click.command()
@cell_options("area", "partner", "stage", "sector", "period", "definition")
@setting_options("store")
@format_option("table", "csv", "json", "parquet", "sentence")
@language_option
def show(format_: str, language: str, store: Any, **cell: str | None) -> None:
    """Print an indicator with its interval and n.

    Example: talentflow show net_rate --area KR --period 2005:2023
    """
    snapshot = open_snapshot(settings_from({"store": store}).store)
    query = complete_query(Query(**cell))  # type: ignore[arg-type]  # names by click
    values = select_values(snapshot, query)
    if not values.num_rows:
        raise describe_absence(snapshot, query)
    if format_ == "sentence":
        _print_sentences(values, snapshot, language)
    elif format_ == "table":
        print_figures(values, snapshot, language, extra=_list_ranks(snapshot, query))
    else:
        write_table(values, format_)


@click.command()
@cell_options("area", "partner", "stage", "sector", "period", "definition")
@setting_options("store")
@format_option("text", "json")
@language_option
def explain(format_: str, language: str, store: Any, **cell: str | None) -> None:
    """Say how a figure came about: formula, definition, sources, n, what was left out."""
    snapshot = open_snapshot(settings_from({"store": store}).store)
    query = complete_query(Query(**cell))  # type: ignore[arg-type]  # names by click
    facts = _explain(snapshot, query)
    if format_ == "json":
        click.echo(json.dumps(facts, ensure_ascii=False, indent=1))
        return
    indicator, definition = facts["indicator"], facts["definition"]
    click.echo(f"{indicator['title'][language]} ({indicator['id']}), {indicator['unit']}")
    click.echo(f"  formula     {indicator['formula']}")
    click.echo(f"  meaning     {indicator['meaning'][language]}")
    click.echo(f"  n counts    {indicator['n_means'][language]}")
    click.echo(f"  definition  {definition['id']}: {definition['title'][language]}")
    for part, rule in definition["rules"].items():
        chosen = ", ".join(f"{name} = {value}" for name, value in rule.items())
        click.echo(f"              {part}: {chosen}")
    click.echo(
        f"  interval    {facts['level']:.0%}, bootstrap over {_RESAMPLED[facts['resample']]} "
        f"({facts['replicates']} replicates), score interval with the effective sample size"
    )
    click.echo(f"  floor       no figure rests on fewer than {facts['floor']} people")
    if facts["figures"]:
        click.echo("\nFigures")
        print_figures(select_values(snapshot, query), snapshot, language, heading=False)
    print_accounting(facts["accounting"], language)
    if facts["corrections"].get("lines"):
        click.echo("\nCorrections by the owner of the store")
        click.echo(
            f"  {facts['corrections']['applied']:,} of {facts['corrections']['lines']:,} lines "
            f"apply, to {facts['corrections']['records']:,} records; corrections.csv, "
            f"sha256 {facts['corrections']['sha256']}"
        )
    click.echo("\nSources")
    for source in facts["sources"]:
        click.echo(f"  {source['title']} ({source['licence']}) {source['url']}")
    click.echo(f"\nsnapshot {facts['snapshot_id']}; `talentflow trace` lists the records")


@click.command()
@cell_options("area", "partner", "stage", "period")
@setting_options("store")
@format_option("table", "csv", "json", "parquet")
def trace(format_: str, store: Any, **cell: str | None) -> None:
    """List the records behind a figure (from the private store; default definition)."""
    from talentflow.core.areas import parse_area
    from talentflow.pipeline.trace import trace_records

    given = given_cell(cell)
    for name in ("area", "partner"):
        if name in given:
            given[name] = parse_area(given[name])
    records = trace_records(settings_from({"store": store}).store, Query(**given))
    if format_ != "table":
        write_table(records, format_)
        return
    columns = ("person_id", "year", "affiliation", "country", "rule", "country_rule", "record_id")
    print_rows(records.select(columns).to_pylist(), limit=_TABLE_ROWS)
    click.echo(f"{records.num_rows:,} records of {len(records['person_id'].unique()):,} persons")


def given_cell(cell: dict[str, str | None]) -> dict[str, str]:
    """What the user said of the cell."""
    return {name: value for name, value in cell.items() if value is not None}


def complete_query(query: Query) -> Query:
    """The definition a user means who names none: the default rules; for shares of a cohort,
    the authors of all accepted papers."""
    from dataclasses import replace

    if query.definition is not None:
        return query
    cohort = query.indicator in ("work_share", "origin_share")
    return replace(query, definition="default@all" if cohort else "default")


def _explain(snapshot: Snapshot, query: Query) -> dict[str, Any]:
    values = select_values(snapshot, query)
    manifest = snapshot.manifest
    return {
        "indicator": snapshot.indicators[query.indicator],
        "definition": snapshot.definitions[query.definition or "default"],
        "figures": values.to_pylist() if query.area else [],
        "level": manifest["level"],
        "floor": manifest["floor"],
        "replicates": manifest["replicates"],
        "resample": manifest.get("resample", "persons"),
        "accounting": manifest["accounting"],
        "corrections": manifest.get("corrections", {}),
        "sources": manifest["licences"],
        "snapshot_id": manifest["snapshot_id"],
    }


def print_figures(
    values: pa.Table,
    snapshot: Snapshot,
    language: str,
    *,
    heading: bool = True,
    extra: Mapping[str, Callable[[Row], str]] | None = None,
) -> None:
    """Print figures as columns; `extra` holds further columns: head → text of a row."""
    rows = values.to_pylist()
    varying = [
        name
        for name in ("definition_id", "area", "partner", "stage", "sector")
        if len({row[name] for row in rows}) > 1
    ]
    if heading and rows:
        click.echo(_heading(rows[0], varying, snapshot, language))
    further = extra or {}
    print_rows(
        [
            {
                **_figure_row(row, varying),
                **{head: tell(row) for head, tell in further.items()},
            }
            for row in rows
        ],
        limit=_TABLE_ROWS,
    )


def _list_ranks(snapshot: Snapshot, query: Query) -> dict[str, Callable[[Row], str]]:
    """The column of ranks where areas are shown beside each other; else no column."""
    if query.area is not None or query.partner not in (None, ALL):
        return {}
    names = ("definition_id", "area", "stage", "period")
    ranks = {
        tuple(row[name] for name in names): f"{row['rank']} ({row['rank_low']} … "
        f"{row['rank_high']}) of {row['of']}"
        for row in select_ranks(snapshot, query).to_pylist()
    }

    def tell(row: Row) -> str:
        whole = row["partner"] == row["sector"] == ALL
        return ranks.get(tuple(row[name] for name in names), "") if whole else ""

    return {"rank (interval)": tell} if ranks else {}


def _print_sentences(values: pa.Table, snapshot: Snapshot, language: str) -> None:
    from talentflow.serve.figures import Figure
    from talentflow.serve.sentences import say_sentence

    for row in values.select(Figure._fields).to_pylist():
        click.echo(say_sentence(Figure(**row), language, snapshot))


def _heading(row: dict[str, Any], varying: list[str], snapshot: Snapshot, language: str) -> str:
    parts = [snapshot.indicators[row["indicator"]]["title"][language]]
    if "area" not in varying and row["area"] != ALL:
        parts.append(area_name(row["area"], language))
    if "partner" not in varying and row["partner"] != ALL:
        parts[-1] += f" → {area_name(row['partner'], language)}"
    parts += [row[n] for n in ("stage", "sector") if n not in varying and row[n] != ALL]
    if "definition_id" not in varying:
        parts.append(f"definition {row['definition_id']}")
    return " · ".join([*parts, row["unit"]])


def _figure_row(row: dict[str, Any], varying: list[str]) -> dict[str, Any]:
    decimals = _decimals(row["unit"])
    known = row["value"] is not None
    return {
        **{name: row[name] for name in varying},
        "period": row["period"],
        row["unit"]: f"{row['value']:,.{decimals}f}" if known else "–",
        f"{row['level']:.0%} interval": f"{row['low']:,.{decimals}f} … {row['high']:,.{decimals}f}"
        if known
        else "",
        "n": f"{row['n']:,}" if row["n"] is not None else "",
        "note": _NOTES[row["flag"]],
    }


def _decimals(unit: str) -> int:
    return 2 if unit.startswith("per") and unit != "persons" else 0
