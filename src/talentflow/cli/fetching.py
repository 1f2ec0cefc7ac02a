"""`fetch SOURCE`: get a source's files, so that `build` finds them in the data folder."""

from __future__ import annotations

from typing import Final

import click

from talentflow.cli.lazy import LazyGroup

SOURCES: Final = {
    "openalex": "talentflow.cli.fetching_openalex:openalex",
    "orcid": "talentflow.cli.fetching_histories:orcid",
    "openreview": "talentflow.cli.fetching_histories:openreview",
    "dblp": "talentflow.cli.fetching_histories:dblp",
}
"""Source → module and command, loaded when it is asked for. A command is a `click` command that
writes below `--output`, by default the folder of its name in the data folder."""


@click.group(cls=LazyGroup, lazy=SOURCES)
def fetch() -> None:
    """Fetch a source's files; an interrupted fetch goes on where it stopped.

    Nothing is kept under its final name before it is whole and verified.
    """
