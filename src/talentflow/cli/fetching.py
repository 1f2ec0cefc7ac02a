"""`fetch SOURCE`: get a source's files, so that `build` finds them in the data folder."""

from __future__ import annotations

from importlib import import_module
from typing import Final

import click

SOURCES: Final = {
    "openalex": "talentflow.cli.fetching_openalex:openalex",
    "orcid": "talentflow.cli.fetching_histories:orcid",
    "openreview": "talentflow.cli.fetching_histories:openreview",
    "dblp": "talentflow.cli.fetching_histories:dblp",
}
"""Source → module and command, loaded when it is asked for. A command is a `click` command that
writes below `--output`, by default the folder of its name in the data folder."""


class _Sources(click.Group):
    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 -- click's signature
        return list(SOURCES)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002 -- as above
        if cmd_name not in SOURCES:
            return None
        module, _, name = SOURCES[cmd_name].partition(":")
        command: click.Command = getattr(import_module(module), name)
        return command


@click.group(cls=_Sources)
def fetch() -> None:
    """Fetch a source's files; an interrupted fetch goes on where it stopped.

    Nothing is kept under its final name before it is whole and verified.
    """
