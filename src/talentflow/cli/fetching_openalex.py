"""`fetch openalex`: the works of a country, field and years, or the whole snapshot."""

from __future__ import annotations

import os
import re
import sys
from pathlib import Path
from typing import Any, Final

import click

from talentflow.cli.options import setting_options, settings_from
from talentflow.cli.progress import TerminalProgress
from talentflow.core.errors import UsageError

KEY_VARIABLE: Final = "OPENALEX_API_KEY"
_ASK_ABOVE_BYTES: Final = 10 * 10**9


@click.command()
@click.option("--country", help="Works with an author in this country, such as KR.")
@click.option("--subfield", help="Works of this subfield, such as 1702 (artificial intelligence).")
@click.option("--years", help="Published in these years, such as 2015:2024.")
@click.option("--since", help="Updated on this day or later, YYYY-MM-DD.")
@click.option("--email", help="Address that OpenAlex may write to.")
@click.option(
    "--api-key",
    help=f"Key of the interface, free from openalex.org [env: {KEY_VARIABLE}].",
)
@click.option(
    "--snapshot",
    type=click.Choice(["jsonl", "parquet"]),
    help="Fetch the snapshot in this format instead of asking the interface.",
)
@click.option(
    "--entity",
    "entities",
    multiple=True,
    type=click.Choice(["works", "authors", "institutions"]),
    help="With --snapshot: what to fetch, may be repeated [default: works].",
)
@click.option("--merged-ids", is_flag=True, help="With --snapshot: the lists of merged ids too.")
@click.option("--yes", is_flag=True, help="Do not ask before large downloads.")
@click.option("--base-url", help="Another address of the interface or of the snapshot.")
@click.option(
    "--output",
    type=click.Path(path_type=Path),
    help="Folder to write to [default: openalex in the data folder].",
)
@setting_options("data")
def openalex(output: Path | None, data: Path | None, **given: Any) -> None:
    """Fetch works of OpenAlex (licence: CC0).

    Either page by page (`--country KR --subfield 1702 --years 2015:2024`), or the snapshot of
    everything (`--snapshot jsonl`, about 330 GB).
    """
    folder = output or settings_from({"data": data}).data / "openalex"
    if given["snapshot"]:
        _fetch_snapshot(folder, given)
    else:
        _fetch_pages(folder, given)


def _fetch_pages(folder: Path, given: dict[str, Any]) -> None:
    from talentflow.sources.openalex.api import BASE_URL, Question, fetch_works

    if given["entities"] or given["merged_ids"]:
        raise UsageError("--entity and --merged-ids belong to --snapshot", expected="--snapshot")
    question = Question(
        country=given["country"].upper() if given["country"] else None,
        subfield=given["subfield"],
        years=_parse_years(given["years"]),
        since=given["since"],
    )
    found = fetch_works(
        folder,
        question,
        api_key=given["api_key"] or os.environ.get(KEY_VARIABLE),
        email=given["email"],
        base_url=given["base_url"] or BASE_URL,
        progress=TerminalProgress(),
    )
    news = f"{found.works:,} works came" if found.works else "nothing was missing"
    click.echo(f"{news}; {found.total_works:,} works of this question in {found.folder}")


def _fetch_snapshot(folder: Path, given: dict[str, Any]) -> None:
    from talentflow.sources.openalex.snapshot import BASE_URL, fetch_merged, fetch_snapshot

    if given["country"] or given["subfield"] or given["years"]:
        raise UsageError(
            "the snapshot has no selection by country, subfield or years",
            expected="--since, or no --snapshot",
        )
    base_url = given["base_url"] or BASE_URL
    found = fetch_snapshot(
        folder,
        entities=given["entities"] or ("works",),
        form=given["snapshot"],
        since=given["since"],
        base_url=base_url,
        progress=TerminalProgress(),
        confirm=lambda files, size: _confirm(files, size, sure=given["yes"]),
    )
    click.echo(
        f"{found.fetched:,} files came ({found.size_bytes / 1e9:,.2f} GB), "
        f"{found.present:,} were here"
    )
    if given["merged_ids"]:
        merged = fetch_merged(folder, base_url=base_url)
        click.echo(f"{merged.fetched:,} lists of merged ids came, {merged.present:,} were here")


def _confirm(files: int, size_bytes: int, *, sure: bool) -> None:
    if sure or size_bytes <= _ASK_ABOVE_BYTES:
        return
    said = f"{files:,} files with {size_bytes / 1e9:,.0f} GB are to be fetched"
    if not sys.stdin.isatty():
        raise UsageError(said, expected="--yes for so much", next_step="add --yes, or --since")
    click.confirm(f"{said}. Go on?", abort=True, err=True)


def _parse_years(text: str | None) -> tuple[int, int] | None:
    if text is None:
        return None
    found = re.fullmatch(r"(\d{4})(?::(\d{4}))?", text)
    if not found:
        raise UsageError(f"years {text!r}", expected="2015:2024 or 2020")
    return int(found[1]), int(found[2] or found[1])
