"""`resolve organizations` and `resolve people`."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import click

from talentflow.core.progress import Progress

_FILE = click.Path(path_type=Path)


@click.group()
def resolve() -> None:
    """Find out which organizations or persons rows of a CSV file mean."""


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
