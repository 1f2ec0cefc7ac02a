"""`fetch orcid`, `fetch dblp`, `fetch openreview`: career histories and persons."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

import click

from talentflow.cli.options import setting_options, settings_from
from talentflow.core.id_lists import read_ids

TOKEN_VARIABLE: Final = "OPENREVIEW_TOKEN"


def _with_output(command: Callable[..., None]) -> Callable[..., Any]:
    option = click.option(
        "--output",
        type=click.Path(path_type=Path),
        help="Folder to write to [default: the source's in the data folder].",
    )
    return option(setting_options("data")(command))


def _choose_folder(output: Path | None, data: Path | None, source: str) -> Path:
    return output or settings_from({"data": data}).data / source


@click.command()
@click.option("--article", type=int, help="Number of the data file's article at Figshare.")
@click.option("--base-url", help="Another address of Figshare's interface.")
@_with_output
def orcid(
    output: Path | None, data: Path | None, article: int | None, base_url: str | None
) -> None:
    """Fetch the summaries of ORCID's public data file (licence: CC0), about 35 GB.

    Articles are listed at https://orcid.figshare.com; without one, the last that this version
    knows.
    """
    from talentflow.sources.fetch_histories import FIGSHARE_URL, ORCID_ARTICLES, fetch_orcid

    folder = _choose_folder(output, data, "orcid")
    found = fetch_orcid(
        folder,
        article=article or ORCID_ARTICLES[max(ORCID_ARTICLES)],
        url=base_url or FIGSHARE_URL,
    )
    for one in found:
        click.echo(f"{one.path.name}: {one.size_bytes / 1e9:,.2f} GB, verified")


@click.command()
@click.option("--url", help="Another dump, such as a monthly release.")
@_with_output
def dblp(output: Path | None, data: Path | None, url: str | None) -> None:
    """Fetch DBLP's XML dump (licence: CC0), about 1 GB."""
    from talentflow.sources.fetch_histories import DBLP_URL, fetch_dblp

    for one in fetch_dblp(_choose_folder(output, data, "dblp"), url=url or DBLP_URL):
        click.echo(f"{one.path.name}: {one.size_bytes / 1e9:,.2f} GB, verified")


@click.command()
@click.option(
    "--profiles",
    required=True,
    type=click.Path(path_type=Path),
    help="File with the id of one profile a line, such as ~Ann_Example1.",
)
@click.option("--accept-terms", is_flag=True, help="You have read and accept OpenReview's terms.")
@click.option("--base-url", help="Another address of the profiles.")
@_with_output
def openreview(
    output: Path | None,
    data: Path | None,
    profiles: Path,
    accept_terms: bool,
    base_url: str | None,
) -> None:
    """Fetch profiles of OpenReview (no licence; its terms are shown and have to be accepted).

    Histories are shown to those who are signed in: give the token of your account in the
    environment variable OPENREVIEW_TOKEN.
    """
    from talentflow.sources.fetch_histories import (
        OPENREVIEW_REQUESTS_PER_S,
        OPENREVIEW_URL,
        fetch_openreview,
    )
    from talentflow.sources.web_client import Client

    token = os.environ.get(TOKEN_VARIABLE)
    path = fetch_openreview(
        _choose_folder(output, data, "openreview"),
        profiles=read_ids(profiles, "the list of profiles", "UTF-8, one id a line"),
        accept_terms=accept_terms,
        url=base_url or OPENREVIEW_URL,
        client=Client(
            headers={"Authorization": f"Bearer {token}"} if token else {},
            requests_per_s=OPENREVIEW_REQUESTS_PER_S,
        ),
    )
    click.echo(f"{path.name} holds the profiles that are there")
