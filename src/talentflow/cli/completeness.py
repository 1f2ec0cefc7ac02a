"""`nowcast` and `coverage`: what the figures will become, and whom the records miss."""

from __future__ import annotations

from typing import Any, Final

import click

from talentflow.cli.options import format_option, language_option, setting_options, settings_from
from talentflow.cli.tables import print_rows, write_table
from talentflow.core.areas import area_name
from talentflow.core.errors import UsageError
from talentflow.indicators.registry import find_indicator
from talentflow.indicators.snapshot import open_snapshot
from talentflow.indicators.supplements import (
    read_supplement,
    select_coverage,
    select_nowcasts,
)

_TABLE_ROWS: Final = 200
_MUCH_AWAITED: Final = 0.1
_WORDS: Final = {
    "en": {
        "nowcast": "expected once later records are in",
        "awaited": "{year}: lists that held {share:.0%} of the records two years before are not "
        "in yet ({venues}); the nowcast speaks of the lists at hand only",
        "coverage": "persons seen, and how many there may be",
        "bound": "lists that are fields repel each other, so their estimates are upper bounds "
        "rather than lower ones; see docs/guide/coverage.md",
    },
    "ko": {
        "nowcast": "이후 기록이 들어온 뒤의 예상값",
        "awaited": "{year}: 2년 전 기록의 {share:.0%}를 담고 있던 목록이 아직 없다 ({venues}). "
        "예상값은 지금 있는 목록에 한한다",
        "coverage": "관측된 사람 수와 실제로 있을 수 있는 사람 수",
        "bound": "분야별 목록은 서로 겹침이 적어 추정값이 하한보다 상한에 가깝다. "
        "docs/guide/coverage.md 참고",
    },
}


@click.command()
@click.argument("indicator")
@click.option("--area", default=None, help="Country: ISO code or name.")
@setting_options("store")
@format_option("table", "csv", "json", "parquet")
@language_option
def nowcast(indicator: str, area: str | None, format_: str, language: str, store: Any) -> None:
    """Print what the figures of the last years are expected to become.

    Example: talentflow nowcast stock --area KR
    """
    known = find_indicator(indicator)
    snapshot = open_snapshot(settings_from({"store": store}).store)
    found = select_nowcasts(snapshot, indicator, area)
    if not found.num_rows:
        raise UsageError(
            f"no nowcast of {indicator}" + (f" for {area}" if area else ""),
            expected="stock, inflow, outflow, net_flow, in_rate, out_rate or net_rate of an area "
            "whose last years are shown and flagged censored",
            next_step="`talentflow show` says which figures are censored",
        )
    if format_ != "table":
        write_table(found, format_)
        return
    where = f" · {area_name(found['area'][0].as_py(), language)}" if area else ""
    click.echo(f"{known.title[language]}{where} · {_WORDS[language]['nowcast']} · {known.unit}")
    decimals = 2 if known.unit == "percent" else 0
    print_rows(
        [_nowcast_row(row, decimals, area is None) for row in found.to_pylist()], limit=_TABLE_ROWS
    )
    for year in read_supplement(snapshot, "awaited").to_pylist():
        if year["share"] >= _MUCH_AWAITED:
            click.echo(_WORDS[language]["awaited"].format(**year))


def _nowcast_row(row: dict[str, Any], decimals: int, with_area: bool) -> dict[str, Any]:
    return {
        **({"area": row["area"]} if with_area else {}),
        "period": row["period"],
        "so far": _say(row["observed_value"], decimals),
        "nowcast": _say(row["value"], decimals),
        f"{row['level']:.0%} of the nowcast": _say_range(row["low"], row["high"], decimals),
        "with chance": _say_range(row["low_total"], row["high_total"], decimals),
        "n": f"{row['n']:,}",
        "vintages": row["vintages"],
    }


@click.command()
@click.option("--area", default=None, help="Country: ISO code or name.")
@setting_options("store")
@format_option("table", "csv", "json", "parquet")
@language_option
def coverage(area: str | None, format_: str, language: str, store: Any) -> None:
    """Print how many researchers the records hold, of how many there may be.

    Example: talentflow coverage --area KR
    """
    snapshot = open_snapshot(settings_from({"store": store}).store)
    found = select_coverage(snapshot, area)
    if not found.num_rows:
        raise UsageError(
            "no estimate of coverage" + (f" for {area}" if area else ""),
            expected="an area with ten persons or more seen in two lists in five years",
            next_step="`talentflow coverage` without --area prints those there are",
        )
    if format_ != "table":
        write_table(found, format_)
        return
    click.echo(_WORDS[language]["coverage"])
    print_rows(
        [
            {
                **({"area": row["area"]} if area is None else {}),
                "period": row["period"],
                "compared": row["compared"],
                "method": row["method"],
                "seen": row["observed"],
                "estimated": _say(row["estimated"], 0),
                f"{row['level']:.0%} interval": _say_range(row["low"], row["high"], 0),
                "share seen": f"{row['share']:.0%}",
            }
            for row in found.to_pylist()
        ],
        limit=_TABLE_ROWS,
    )
    click.echo(_WORDS[language]["bound"])


def _say(value: float | None, decimals: int) -> str:
    return "–" if value is None else f"{value:,.{decimals}f}"


def _say_range(low: float | None, high: float | None, decimals: int) -> str:
    return "" if low is None else f"{_say(low, decimals)} … {_say(high, decimals)}"
