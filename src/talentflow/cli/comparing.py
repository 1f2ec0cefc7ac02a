"""`compare` and `spread`: how far two figures lie apart, and one figure under every definition."""

from __future__ import annotations

import json
from typing import Any, Final

import click
import pyarrow as pa

from talentflow.cli.figures import cell_options, given_cell, print_figures
from talentflow.cli.options import (
    format_option,
    language_option,
    setting_options,
    settings_from,
)
from talentflow.cli.tables import print_rows, write_table
from talentflow.core.errors import UsageError
from talentflow.core.vocabulary import ALL
from talentflow.estimate.specification import ChoiceShare, read_choices
from talentflow.estimate.spread import METHOD, Spread, find_spread
from talentflow.indicators.snapshot import Query, Snapshot, open_snapshot

_SHORTEST_BAR: Final = 0.5
_BAR: Final = 20


@click.command()
@cell_options("area", "partner", "stage", "sector", "period", "definition")
@click.option("--with", "other_area", default=None, help="The country to compare with.")
@click.option("--with-period", "other_period", default=None, help="The period to compare with.")
@setting_options("store")
@format_option("table", "json")
@language_option
def compare(
    format_: str,
    language: str,
    store: Any,
    other_area: str | None,
    other_period: str | None,
    **cell: str | None,
) -> None:
    """Say whether two figures differ: two countries, or one country in two periods.

    Of two periods the earlier one is taken from the later.

    \b
    Examples:
      talentflow compare net_rate --area KR --with JP --period 2015/2019
      talentflow compare out_rate --area KR --period 2015/2019 --with-period 2020/2024
    """
    from talentflow.estimate.comparison import compare_figures
    from talentflow.serve.contrasts import put_later_first, say_caveats, say_comparison

    if (other_area is None) == (other_period is None):
        raise UsageError(
            "a comparison is between two areas or between two periods",
            expected="either --with AREA or --with-period PERIOD",
        )
    snapshot = open_snapshot(settings_from({"store": store}).store)
    given = {"partner": ALL, "stage": ALL, "sector": ALL, **given_cell(cell)}
    if "area" not in given or "period" not in given:
        raise UsageError("a comparison is between two figures", expected="--area and --period")
    other = {**given, "area": other_area or given["area"]}
    if other_period is not None:
        given["period"], other["period"] = put_later_first(given["period"], other_period)
    found = compare_figures(snapshot, _complete(given), _complete(other))
    sentence = say_comparison(found, language, snapshot)
    if format_ == "json":
        said = {**found.to_dict(), "sentence": sentence}
        click.echo(json.dumps(said, ensure_ascii=False, indent=1))
        return
    figures = pa.Table.from_pylist([found.first, found.second], schema=snapshot.values.schema)
    print_figures(figures, snapshot, language)
    click.echo(f"\n{sentence}")
    for caveat in say_caveats(found, language):
        click.echo(f"  {caveat}")


@click.command()
@cell_options("area", "partner", "stage", "sector", "period")
@setting_options("store")
@format_option("table", "csv", "json", "parquet")
@language_option
def spread(format_: str, language: str, store: Any, **cell: str | None) -> None:
    """Print the figure under every definition, and how much each choice of rules moves it.

    Example: talentflow spread out_rate --area KR --period 2015/2019
    """
    snapshot = open_snapshot(settings_from({"store": store}).store)
    found = find_spread(snapshot, Query(**given_cell(cell)))
    if format_ in ("csv", "parquet"):
        write_table(found.values, format_)
    elif format_ == "json":
        click.echo(json.dumps(found.to_dict(), ensure_ascii=False, indent=1))
    else:
        _print_spread(found, snapshot, language)


def _complete(cell: dict[str, str]) -> Query:
    from talentflow.cli.figures import complete_query

    return complete_query(Query(**cell))


def _print_spread(found: Spread, snapshot: Snapshot, language: str) -> None:
    base = read_choices(snapshot.definitions["default"])
    varying = [share.choice for share in found.shares]

    def tell_choices(row: dict[str, Any]) -> str:
        chosen = found.choices[row["definition_id"]]
        return ", ".join(
            f"{choice} = {chosen[choice]}"
            for choice in varying
            if choice in chosen and chosen[choice] != base.get(choice)
        )

    print_figures(
        found.values, snapshot, language, extra={"differs from the default in": tell_choices}
    )
    known = [value for value in found.values["value"].to_pylist() if value is not None]
    if not known:
        return
    decimals = 2 if found.values["unit"][0].as_py() == "percent" else 0
    low, high = (f"{bound:,.{decimals}f}" for bound in (min(known), max(known)))
    click.echo(f"\n{len(known)} definitions: from {low} to {high}")
    if found.left_pct is not None:
        click.echo("\nShare of the variance over the definitions that each choice explains")
        print_rows([_share_row(share, decimals) for share in found.shares])
        click.echo(f"  {found.left_pct:.0f} % is left to combinations of choices")
        click.echo(f"  {METHOD}; choices that always change together share alike")


def _share_row(share: ChoiceShare, decimals: int) -> dict[str, str]:
    percent = share.share_pct or 0.0
    bar = "█" * round(percent / 100 * _BAR) or ("▏" if percent >= _SHORTEST_BAR else "")
    return {
        "choice": share.choice,
        "share": f"{percent:.0f} %",
        "": bar,
        "moves the mean by": f"{share.spread:,.{decimals}f}",
        "levels": ", ".join(level or "–" for level in share.levels),
    }
