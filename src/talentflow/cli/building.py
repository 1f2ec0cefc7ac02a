"""`build` and `status`."""

from __future__ import annotations

import json
import time
from typing import Any

import click

from talentflow.cli.options import format_option, language_option, setting_options, settings_from
from talentflow.cli.tables import print_accounting, print_changes, print_rows


@click.command()
@setting_options(
    "data",
    "store",
    "engine",
    "master",
    "definitions",
    "replicates",
    "level",
    "floor",
    "workers",
    "opt_out",
    "imputations",
    "resample",
    "memory",
)
@format_option("text", "json")
def build(format_: str, **given: Any) -> None:
    """Build figures from a folder of sources and publish them.

    Finished stages are kept: a build that was interrupted continues, one whose inputs have not
    changed does nothing.
    """
    settings = settings_from(given)
    from talentflow.cli.progress import TerminalProgress
    from talentflow.pipeline.build import build as run_build

    start = time.monotonic()
    report = run_build(settings, TerminalProgress())
    spent = time.monotonic() - start
    if format_ == "json":
        facts = {"snapshot_id": report.snapshot_id, "seconds": report.seconds}
        click.echo(json.dumps({**facts, "totals": report.manifest["totals"]}, indent=1))
        return
    totals = report.manifest["totals"]
    click.echo(
        f"published snapshot {report.snapshot_id} from {totals['papers']:,} papers and "
        f"{totals['slots']:,} author slots"
        + (f" in {spent:.1f} s" if any(report.seconds.values()) else "; nothing had changed")
    )
    if totals["rejected"]:
        click.echo(
            f"{totals['rejected']:,} of {totals['rows']:,} rows were rejected; "
            "`talentflow status` says why"
        )


@click.command()
@setting_options("store")
@format_option("text", "json")
@language_option
def status(format_: str, language: str, **given: Any) -> None:
    """What is built, from what, and what was rejected and why."""
    settings = settings_from(given)
    from talentflow.pipeline.status import describe_store

    found = describe_store(settings.store)
    if format_ == "json":
        click.echo(json.dumps(found, ensure_ascii=False, indent=1))
        return
    shown = found["figures"] - found["withheld"]
    click.echo(f"store      {found['store']}")
    click.echo(
        f"snapshot   {found['snapshot_id']}: {shown:,} figures, {found['withheld']:,} withheld"
    )
    click.echo("\nSources")
    print_rows(found["sources"])
    print_accounting(found["accounting"], language)
    print_changes(found["person_changes"], language)
    _print_corrections(found["corrections"])
    click.echo("\nRejected rows")
    for reason in found["rejects"]:
        click.echo(f"  {reason['rows']:,} × {reason['reason']}")
        for example in reason["examples"]:
            click.echo(f"      {example['position']}: {example['detail']}")
    if not found["rejects"]:
        click.echo("  none")


def _print_corrections(facts: dict[str, Any]) -> None:
    click.echo("\nCorrections")
    if facts["lines"]:
        click.echo(
            f"  {facts['applied']:,} of {facts['lines']:,} lines apply, to "
            f"{facts['records']:,} records (sha256 {facts['sha256'][:12]}…)"
        )
    else:
        click.echo("  none")
    for line in facts["unused_lines"]:
        where = f" at {line['domain']}" if line["domain"] else ""
        click.echo(
            f"  line {line['line']} matches nothing: {line['kind']} of "
            f"{line['match'] or 'no text'!r}{where}"
        )
    if facts["changed"]:
        click.echo("  corrections.csv has changed since; the next build reads it")
