"""`serve`."""

from __future__ import annotations

from typing import Any

import click

from talentflow.cli.options import setting_options, settings_from


@click.command()
@setting_options("store", "host", "port")
def serve(**given: Any) -> None:
    """Show the published figures in a browser, with an API."""
    settings = settings_from(given)
    from talentflow.indicators.snapshot import open_snapshot
    from talentflow.serve.app import serve as run_server

    open_snapshot(settings.store)
    click.echo(f"http://{settings.host}:{settings.port}/  (stop with Ctrl+C)")
    run_server(settings.store, settings.host, settings.port)
