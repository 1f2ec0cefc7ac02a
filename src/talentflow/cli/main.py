"""Which commands there are, and how errors reach the user."""

from __future__ import annotations

import os
import sys
from typing import Final

import click

from talentflow import __version__
from talentflow.cli.lazy import LazyGroup
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


@click.group(
    cls=LazyGroup, lazy=_COMMANDS, context_settings={"help_option_names": ["-h", "--help"]}
)
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
