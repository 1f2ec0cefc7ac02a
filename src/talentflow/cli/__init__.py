"""The command line: the only place that prints, draws progress and reads the environment."""

from __future__ import annotations


def main() -> None:
    """Entry point of the `talentflow` command."""
    from talentflow.cli.main import run

    run()
