"""`resolve organizations`, `resolve people` and `resolve review`."""

from __future__ import annotations

import datetime
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

import click

from talentflow.cli.options import format_option, setting_options, settings_from
from talentflow.cli.tables import print_rows, write_table
from talentflow.core.progress import Progress

_FILE = click.Path(path_type=Path)
_SHOWN_CHARS: Final = 56


@click.group()
def resolve() -> None:
    """Find out which organizations or persons rows of a CSV file mean, and review a store."""


@resolve.command()
@click.argument("source", metavar="IN.csv", type=_FILE)
@click.option("--registry", type=_FILE, required=True, help="Folder with a ROR dump.")
@click.option("--output", type=_FILE, required=True, help="CSV file to write.")
def organizations(source: Path, registry: Path, output: Path) -> None:
    """Affiliations → organizations, country, city and sector.

    IN.csv has the columns id, affiliation and, if you have them, domain and year. OUT.csv has
    id, rank, ror_id, name, country, city, sector, probability and rule; every row of IN.csv
    comes back.
    """
    from talentflow.cli.progress import TerminalProgress
    from talentflow.resolve.organizations_csv import resolve_organizations_csv

    progress = TerminalProgress()
    progress.start("organizations", source.stat().st_size if source.exists() else 0)
    counts = resolve_organizations_csv(source, registry, output, on_progress=_report_to(progress))
    progress.finish(_say(counts))


@resolve.command()
@click.argument("source", metavar="IN.csv", type=_FILE)
@click.option("--output", type=_FILE, required=True, help="CSV file to write.")
def people(source: Path, output: Path) -> None:
    """Author names → persons.

    IN.csv has the columns record_id, paper_id, name, year and, if you have them, affiliation
    and domain. OUT.csv has record_id, person_id, confidence and ambiguous; every row of IN.csv
    comes back.
    """
    from talentflow.cli.progress import TerminalProgress
    from talentflow.resolve.people_csv import resolve_people_csv

    progress = TerminalProgress()
    progress.start("people", source.stat().st_size if source.exists() else 0)
    counts = resolve_people_csv(source, output, on_progress=_report_to(progress))
    progress.finish(_say(counts))


@resolve.command()
@click.option(
    "--what",
    type=click.Choice(["organizations", "people"]),
    default="organizations",
    show_default=True,
    help="Doubtful affiliations, or names that cannot be told apart.",
)
@click.option(
    "--limit",
    type=click.IntRange(1, 100_000),
    default=40,
    show_default=True,
    help="How many to list.",
)
@setting_options("store")
@format_option("table", "csv", "json")
def review(what: str, limit: int, format_: str, store: Any) -> None:
    """List the worst answers of a store first, with lines to correct them.

    From the private store: the list names persons and stays with its owner. A line goes into
    corrections.csv in the store, with its value filled in or confirmed; the next build obeys it.
    """
    from talentflow.pipeline.review import list_ambiguous_people, list_doubtful_mentions

    folder = settings_from({"store": store}).store
    today = datetime.datetime.now(tz=datetime.UTC).date().isoformat()
    find = list_doubtful_mentions if what == "organizations" else list_ambiguous_people
    found = find(folder, limit=limit, date=today)
    if format_ != "table":
        write_table(found, format_)
        return
    if not found.num_rows:
        click.echo("nothing to review")
        return
    hidden = {"line", "mention_id", "organization_id", "sector"}
    names = [name for name in found.column_names if name not in hidden]
    print_rows([{name: _cut(row[name]) for name in names} for row in found.to_pylist()])
    click.echo(f"\nLines for {folder / 'corrections.csv'}; fill in or confirm their values")
    click.echo("kind,match,domain,value,reason,date,by")
    for line in found["line"].to_pylist():
        if line:
            click.echo(line)


def _cut(value: Any) -> Any:
    if isinstance(value, str) and len(value) > _SHOWN_CHARS:
        return value[: _SHOWN_CHARS - 1] + "…"
    return value


def _report_to(progress: Progress) -> Callable[[int, int], None]:
    """Bytes done of bytes in all, told as steps."""
    done = 0

    def report(done_bytes: int, _: int) -> None:
        nonlocal done
        progress.advance(done_bytes - done)
        done = done_bytes

    return report


def _say(counts: dict[str, int]) -> str:
    return ", ".join(f"{count:,} {what.replace('_', ' ')}" for what, count in counts.items())
