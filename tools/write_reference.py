"""Writes the pages of docs/reference that follow from the code, so that they cannot drift.

`make reference` writes them; a test compares what is committed with what would be written.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator
from pathlib import Path

import click

from talentflow.cli.main import cli
from talentflow.core import vocabulary
from talentflow.core.areas import AREAS, area_name
from talentflow.core.contracts import CONTRACTS, Column, Contract
from talentflow.core.settings import SETTINGS
from talentflow.indicators.definitions import DEFAULT, DEFINITIONS, Definition
from talentflow.indicators.registry import INDICATORS, Indicator

REFERENCE = Path(__file__).resolve().parents[1] / "docs" / "reference"


def write_pages(folder: Path) -> None:
    """Write every page of `PAGES` into `folder`."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, page in PAGES.items():
        (folder / name).write_text(page(), "utf-8")


def tables_page() -> str:
    """All table contracts."""
    lines = [
        "# Tables",
        "",
        "Every table that passes between stages, as `talentflow.core.contracts` states and checks",
        "it. Unknown is null, zero is zero. Private tables stay in the private part of the store;",
        "only the others may be published.",
        "",
    ]
    for contract in CONTRACTS.values():
        lines += [*_describe_table(contract), ""]
    return "\n".join(lines)


def _describe_table(contract: Contract) -> Iterator[str]:
    key = ", ".join(f"`{name}`" for name in contract.key) or "none"
    yield f"## {contract.name}"
    yield ""
    yield f"One row is {contract.row}."
    yield ""
    yield f"Key: {key}. {'Private.' if contract.private else 'Names no person.'}"
    yield ""
    yield "| column | type | null | meaning |"
    yield "|---|---|---|---|"
    for column in contract.columns:
        null = "yes" if column.nullable else "no"
        yield f"| `{column.name}` | {column.type} | {null} | {_meaning(column)} |"


def _meaning(column: Column) -> str:
    parts = [column.doc.replace("|", "\\|")]
    if column.among is not None and len(column.among) <= 12:
        parts.append("one of " + ", ".join(f"`{word}`" for word in column.among))
    if column.between is not None and column.between[1] < 2**20:
        parts.append("{:g} to {:g}".format(*column.between))
    return "; ".join(parts)


def vocabulary_page() -> str:
    """The closed lists of words, and the areas with their names."""
    lists = {
        "Stages": vocabulary.STAGES,
        "Stages of study": vocabulary.STUDY_STAGES,
        "Sectors": vocabulary.SECTORS,
        "Alignment": vocabulary.ALIGNMENTS,
        "Flags": vocabulary.FLAGS,
        "Tiers": [str(tier.name).lower() for tier in vocabulary.Tier],
    }
    lines = ["# Words and codes", "", "Closed lists; they only ever grow at the end.", ""]
    for title, words in lists.items():
        lines += [f"## {title}", "", ", ".join(f"`{word}`" for word in words), ""]
    lines += [
        "## Areas",
        "",
        "ISO 3166-1 alpha-2 codes, and XK for Kosovo; names from CLDR.",
        "",
        "| code | English | 한국어 |",
        "|---|---|---|",
        *(f"| {code} | {area_name(code)} | {area_name(code, 'ko')} |" for code in AREAS),
        "",
    ]
    return "\n".join(lines)


def settings_page() -> str:
    """All settings, with the option and the environment variable of each."""
    lines = [
        "# Settings",
        "",
        "A setting is taken from the command line, else from the environment, else its default.",
        "",
        "| setting | variable | default | meaning |",
        "|---|---|---|---|",
    ]
    for setting in SETTINGS:
        default = "none" if setting.default is None else f"`{setting.default}`"
        name = f"`{setting.name}`"
        lines.append(f"| {name} | `{setting.variable}` | {default} | {setting.help} |")
    return "\n".join([*lines, ""])


def indicators_page() -> str:
    """All indicators, with formula and meaning in both languages."""
    lines = [
        "# Indicators",
        "",
        "What each figure is: its unit, its formula, and what its `n` counts.",
        "",
    ]
    for indicator in INDICATORS:
        lines += [*_describe_indicator(indicator), ""]
    return "\n".join(lines)


def _describe_indicator(indicator: Indicator) -> Iterator[str]:
    yield f"## {indicator.id}"
    yield ""
    yield f"**{indicator.title['en']}** · {indicator.title['ko']} · {indicator.unit}"
    yield ""
    yield f"    {indicator.formula}"
    yield ""
    yield indicator.meaning["en"]
    yield f"`n`: {indicator.n_means['en']}."
    yield ""
    yield indicator.meaning["ko"]
    yield f"`n`: {indicator.n_means['ko']}."


def definitions_page() -> str:
    """All definitions of a build, with what each does differently from the default."""
    lines = [
        "# Definitions",
        "",
        "The sets of rules that figures are computed under. Every definition but the default one",
        "differs from it in what its last column says. The rules themselves are explained in",
        "`talentflow.core.rules` and in the [guide](../guide/definitions.md).",
        "",
        "| definition | English | 한국어 | rules |",
        "|---|---|---|---|",
    ]
    for definition in DEFINITIONS:
        title = definition.title
        lines.append(
            f"| `{definition.id}` | {title['en']} | {title['ko']} | {_list_rules(definition)} |"
        )
    return "\n".join([*lines, ""])


def commands_page() -> str:
    """Every command with its options, as `--help` says them."""
    lines = [
        "# Commands",
        "",
        "`talentflow COMMAND`. Exit status: 0 success, 1 the data or a claim failed a check,",
        "2 wrong usage. What a setting's option leaves out comes from the environment, see",
        "[settings](settings.md).",
        "",
    ]
    for path, command in _walk_commands("talentflow", cli):
        lines += [*_describe_command(path, command), ""]
    return "\n".join(lines)


def _walk_commands(path: str, command: click.Command) -> Iterator[tuple[str, click.Command]]:
    if not isinstance(command, click.Group):
        yield path, command
        return
    context = click.Context(command)
    for name in command.list_commands(context):
        found = command.get_command(context, name)
        if found is not None:
            yield from _walk_commands(f"{path} {name}", found)


def _describe_command(path: str, command: click.Command) -> Iterator[str]:
    arguments = [
        p.make_metavar(click.Context(command)) for p in command.params if not _is_option(p)
    ]
    yield f"## {' '.join([path, *arguments])}"
    yield ""
    yield inspect.cleandoc(command.help or "").split("\f")[0]
    yield ""
    yield "| option | meaning |"
    yield "|---|---|"
    for parameter in command.params:
        if isinstance(parameter, click.Option):
            yield f"| `{parameter.opts[0]}` | {_say_option(parameter)} |"


def _is_option(parameter: click.Parameter) -> bool:
    return isinstance(parameter, click.Option)


def _say_option(option: click.Option) -> str:
    said = option.help or ""
    if isinstance(option.type, click.Choice):
        said += f" One of {', '.join(map(str, option.type.choices))}; default {option.default}."
    return said.replace("|", "\\|")


def _list_rules(definition: Definition) -> str:
    """The rules that are not the default's; for the default itself, all."""
    defaults = DEFAULT.rules.to_dict()
    return ", ".join(
        f"`{group}.{name} = {value}`"
        for group, rules in definition.rules.to_dict().items()
        for name, value in rules.items()
        if definition is DEFAULT or value != defaults[group][name]
    )


PAGES: dict[str, Callable[[], str]] = {
    "definitions.md": definitions_page,
    "indicators.md": indicators_page,
    "settings.md": settings_page,
    "commands.md": commands_page,
    "tables.md": tables_page,
    "vocabulary.md": vocabulary_page,
}

if __name__ == "__main__":
    write_pages(REFERENCE)
