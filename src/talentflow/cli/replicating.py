"""`replicate`: how figures that others published compare with those of a store."""

from __future__ import annotations

import json
import sys
from typing import Any

import click

from talentflow.cli.options import format_option, language_option, setting_options, settings_from
from talentflow.cli.tables import print_rows
from talentflow.core.errors import StoreError
from talentflow.indicators.snapshot import open_snapshot

_PARTS = ("tables", "equal_inputs", "conferences", "cohorts", "beside")
_VERDICTS = {"agrees": "agrees", "differs": "differs", "not_comparable": "cannot be compared"}


@click.command()
@click.option("--part", type=click.Choice(_PARTS), default=None, help="Only this part.")
@setting_options("store")
@format_option("table", "json")
@language_option
def replicate(part: str | None, format_: str, language: str, store: Any) -> None:
    """Put published figures beside those of the store and say what agrees.

    The report is made by every build. Exit status 1 if an identity that must hold does not.

    Example: talentflow replicate --part cohorts
    """
    snapshot = open_snapshot(settings_from({"store": store}).store)
    report = snapshot.replication
    if report is None:
        raise StoreError(
            "this snapshot has no report on replication",
            where=str(snapshot.folder),
            next_step="run `talentflow build` again",
        )
    names = _PARTS if part is None else (part,)
    if format_ == "json":
        chosen = {**report, "parts": {name: report["parts"][name] for name in names}}
        click.echo(json.dumps(chosen, ensure_ascii=False, indent=1))
    else:
        for name in names:
            _print_part(name, report["parts"][name], language)
        for licence in report["licences"]:
            click.echo(f"\n{licence['title']} ({licence['licence']}) {licence['url']}")
    broken = [
        row["title"][language]
        for name in names
        for row in report["parts"][name]["rows"]
        if row.get("holds") is False
    ]
    for title in broken:
        click.echo(f"does not hold: {title}", err=True)
    if broken:
        sys.exit(1)


def _print_part(name: str, part: dict[str, Any], language: str) -> None:
    click.echo(f"\n{name}")
    if part["skipped"]:
        click.echo(f"  {part['skipped'][language]}")
    print_rows([_check_row(row, language) for row in part["rows"] if "cells" in row])
    print_rows([_comparison_row(row) for row in part["rows"] if "cells" not in row])
    reasons = dict.fromkeys(row["explanation"][language] for row in part["rows"])
    for reason in reasons:
        click.echo(f"  - {reason}")


def _check_row(row: dict[str, Any], language: str) -> dict[str, Any]:
    return {
        "what": row["title"][language],
        "verdict": _VERDICTS[row["verdict"]],
        "cells": row["cells"],
        "equal": row["equal"],
        "pearson": _number(row["correlation"]),
        "spearman": _number(row["ranks"], row["ranks_low"], row["ranks_high"]),
    }


def _comparison_row(row: dict[str, Any]) -> dict[str, Any]:
    return {
        "published": row["id"].split("/")[0],
        "area": row["area"],
        "figure": row["measure"],
        "value": _number(row["published"], row["low"], row["high"]),
        "unit": row["unit"],
        "ours": _number(row["ours"], row["ours_low"], row["ours_high"]),
        "our unit": row["ours_unit"] or "",
        "n": "" if row["ours_n"] is None else f"{row['ours_n']:,}",
        "verdict": _VERDICTS[row["verdict"]],
        "grade": row["grade"],
    }


def _number(value: float | None, low: float | None = None, high: float | None = None) -> str:
    if value is None:
        return "–"
    said = f"{value:,.2f}"
    return said if low is None or high is None else f"{said} ({low:,.2f} … {high:,.2f})"
