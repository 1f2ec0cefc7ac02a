"""Options that several commands share, made from the one list of settings."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import click

from talentflow.core.settings import SETTINGS, Settings, read_settings

Decorator = Callable[[Callable[..., Any]], Callable[..., Any]]


def setting_options(*names: str) -> Decorator:
    """Options for these settings; absent ones are None and come from the environment."""

    def decorate(command: Callable[..., Any]) -> Callable[..., Any]:
        for setting in reversed([s for s in SETTINGS if s.name in names]):
            kind: Any = click.Path(path_type=Path) if setting.kind is Path else setting.kind
            command = click.option(
                f"--{setting.name.replace('_', '-')}",
                setting.name,
                type=kind,
                default=None,
                help=f"{setting.help} [default: {setting.default}; env: {setting.variable}]",
            )(command)
        return command

    return decorate


def settings_from(given: dict[str, Any]) -> Settings:
    """The settings of this call: options over environment over defaults."""
    return read_settings(given, os.environ)


def format_option(*formats: str) -> Decorator:
    """`--format` with the first one as default."""
    return click.option(
        "--format",
        "format_",
        type=click.Choice(formats),
        default=formats[0],
        show_default=True,
        help="How to print.",
    )


language_option = click.option(
    "--language",
    type=click.Choice(["en", "ko"]),
    default="en",
    show_default=True,
    help="Language of headings and names.",
)
