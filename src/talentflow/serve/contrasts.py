"""How are comparisons said: the difference of two figures, and the place of one among all?"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from talentflow.core.vocabulary import ALL
from talentflow.estimate.comparison import Comparison, Row
from talentflow.indicators.snapshot import Query, Snapshot, period_order, select_ranks
from talentflow.serve.figures import Figure, parse_window
from talentflow.serve.texts import get_text, has_text
from talentflow.serve.words import Word, name_area, say_level, say_number, say_period, say_when

_NARROW: Final = 0.2
_RANK_WORDS: Final = {"rank": "rank", "of": "of", "low": "rank_low", "high": "rank_high"}


def say_comparison(comparison: Comparison, language: str, snapshot: Snapshot) -> str:
    """The difference as a sentence: higher or lower by how much, or no evidence of either."""
    first, second = comparison.first, comparison.second
    kind = "areas" if first["area"] != second["area"] else "periods"
    verdict = comparison.difference.verdict
    return get_text(
        f"difference.{kind}.{verdict}",
        language,
        title=_name_quantity(first, language, snapshot),
        area=name_area(first["area"], language),
        other=name_area(second["area"], language),
        when=say_when(first["period"], language),
        later=_name_period(first["period"], language),
        earlier=_name_period(second["period"], language),
        unit=get_text(f"difference.{first['unit']}", language),
        **_say_size(comparison, language),
    )


def say_caveats(comparison: Comparison, language: str) -> list[str]:
    """What a reader of the sentence must know besides."""
    found = [
        get_text("difference.level", language, level=say_level(comparison.first["level"], language))
    ]
    if comparison.difference.correlation is None:
        found.append(get_text("difference.independent", language))
    if "censored" in (comparison.first["flag"], comparison.second["flag"]):
        found.append(get_text("difference.censored", language))
    return found


def say_rank(figure: Figure, language: str, snapshot: Snapshot) -> str:
    """The figure's place among all areas with its interval; empty where there is no ranking."""
    row = find_rank(figure, snapshot)
    if row is None:
        return ""
    numbers = {name: say_number(row[key], language) for name, key in _RANK_WORDS.items()}
    return get_text("rank.full", language, **numbers)


def say_short_rank(row: Mapping[str, int] | None, language: str) -> str:
    """Place and interval for a table: `22 (4 to 39)`; a dash where there is none."""
    if row is None:
        return "–"
    low, high = (say_number(row[key], language) for key in ("rank_low", "rank_high"))
    span = get_text("interval.span", language, low=low, high=high)
    return f"{say_number(row['rank'], language)} ({span})"


def find_rank(figure: Figure, snapshot: Snapshot) -> dict[str, int] | None:
    """The row of `ranks` that places a figure; null for one that is not ranked."""
    if figure.area == ALL or figure.partner != ALL or figure.sector != ALL:
        return None
    query = Query(
        indicator=figure.indicator,
        definition=figure.definition_id,
        stage=figure.stage,
        period=figure.period,
        area=figure.area,
    )
    rows = select_ranks(snapshot, query).to_pylist()
    return rows[0] if rows else None


def put_later_first(first: str, second: str) -> tuple[str, str]:
    """Two periods, the later one first: a change is told from the earlier to the later."""
    ordered = sorted((first, second), key=lambda period: period_order(period)[::-1])
    return ordered[1], ordered[0]


def _say_size(comparison: Comparison, language: str) -> dict[str, str]:
    found = comparison.difference
    value, low, high = found.value, found.low, found.high
    if found.verdict == "lower":
        value, low, high = -value, -high, -low
    digits = 0
    if comparison.first["unit"] == "percent":
        touches = any(end and round(end, 1) == 0 for end in (low, high))
        digits = 2 if touches or high - low < _NARROW else 1
    low_text, high_text = (say_number(end, language, digits=digits) for end in (low, high))
    return {
        "value": say_number(value, language, digits=digits),
        "span": get_text("interval.span", language, low=low_text, high=high_text),
    }


def _name_quantity(row: Row, language: str, snapshot: Snapshot) -> Word:
    key = f"difference.name.{row['indicator']}"
    if has_text(key):
        return Word(get_text(key, language, partner=name_area(row["partner"], language)))
    titles = snapshot.indicators.get(row["indicator"], {}).get("title", {})
    return Word(titles.get(language, row["indicator"]))


def _name_period(period: str, language: str) -> str:
    said = say_period(period, language)
    return said + "년" if language == "ko" and parse_window(period) else said
