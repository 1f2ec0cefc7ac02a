"""Which commands there are, and how errors reach the user."""

from __future__ import annotations

import os
import sys
from importlib import import_module
from typing import Final

import click

from talentflow import __version__
from talentflow.core.errors import TalentflowError

_COMMANDS: Final = {
    "build": "talentflow.cli.building:build",
    "status": "talentflow.cli.building:status",
    "show": "talentflow.cli.figures:show",
    "spread": "talentflow.cli.comparing:spread",
    "compare": "talentflow.cli.comparing:compare",
    "explain": "talentflow.cli.figures:explain",
    "trace": "talentflow.cli.figures:trace",
    "resolve": "talentflow.cli.resolving:resolve",
    "serve": "talentflow.cli.serving:serve",
    "replicate": "talentflow.cli.replicating:replicate",
    "combine": "talentflow.cli.combining:combine",
    "nowcast": "talentflow.cli.completeness:nowcast",
    "coverage": "talentflow.cli.completeness:coverage",
    "fetch": "talentflow.cli.fetching:fetch",
}


class _Commands(click.Group):
    """Loads a command's module when it is asked for, so that each pays only for itself."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 -- click's signature
        return list(_COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002 -- as above
        if cmd_name not in _COMMANDS:
            return None
        module, _, name = _COMMANDS[cmd_name].partition(":")
        command: click.Command = getattr(import_module(module), name)
        return command


@click.group(cls=_Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="talentflow")
def cli() -> None:
    """An open observatory of AI talent: every number with its interval, n, definition and
    provenance.

    Start with `talentflow build --data DIR`, then `talentflow show net_rate --area KR`.
    """


def run() -> None:
    """Run the command line; exit status 0 success, 1 a failed check, 2 wrong usage."""
    try:
        cli(standalone_mode=False)
    except TalentflowError as error:
        click.echo(f"talentflow: {error}", err=True)
        sys.exit(error.exit_status)
    except click.ClickException as error:
        error.show()
        sys.exit(2)
    except click.exceptions.Exit as error:
        sys.exit(error.exit_code)
    except (click.Abort, KeyboardInterrupt):
        click.echo("talentflow: interrupted; finished stages are kept", err=True)
        sys.exit(130)
    except BrokenPipeError:
        # The reader of a pipe has gone; what is left unsaid goes nowhere.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(0)
