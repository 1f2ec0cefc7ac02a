"""How is any figure said as one sentence that can be quoted?

With its interval and level, the people it rests on, the period, and what a reader must know:
that it is incomplete, withheld, or computed under another definition than the default one.
"""

from __future__ import annotations

from typing import Final

from talentflow.core.vocabulary import ALL
from talentflow.indicators.snapshot import Snapshot
from talentflow.serve.figures import DEFAULT, Figure, parse_window
from talentflow.serve.texts import get_text, has_text
from talentflow.serve.words import (
    Word,
    count_digits,
    name_area,
    name_sector,
    name_stage,
    say_level,
    say_number,
    say_when,
)

_SIGNED: Final = frozenset({"net_flow", "net_rate", "net_per_million", "net_per_10k_members"})
_COHORT: Final = frozenset({"work_share", "origin_share"})
_PERCENT: Final = frozenset({"retention", "share_mobile"})
"""Indicators whose sentence is about a percentage, not about so many of 100 people."""


def say_sentence(figure: Figure, language: str, snapshot: Snapshot) -> str:
    """The figure in full: sentence, then caveat and definition where there is one to name.

    A figure without value is told as withheld, never as zero.
    """
    title = _title(snapshot.indicators.get(figure.indicator), figure.indicator, language)
    words: dict[str, object] = {
        "title": title,
        "area": name_area(figure.area, language),
        "partner": name_area(figure.partner, language),
        "stage": Word(name_stage(figure.stage, language)),
        "sector": name_sector(figure.sector, language),
        "when": say_when(figure.period, language),
        "n": say_number(figure.n, language),
    }
    if figure.value is None:
        why = get_text(f"flag.{figure.flag}.sentence", language, area=words["area"])
        return _capital(get_text("said.withheld", language, why=why, **words))
    parts = [_capital(_say_value(figure, language, words))]
    if figure.censored:
        parts.append(get_text("flag.censored.sentence", language))
    if figure.definition_id != DEFAULT and "@" not in figure.definition_id:
        described = snapshot.definitions.get(figure.definition_id)
        about = _title(described, figure.definition_id, language)
        parts.append(get_text("said.definition", language, title=about))
    return " ".join(parts)


def name_cohort(definition_id: str, language: str) -> str:
    """`default@nips.oral` → `authors of orals at NIPS`."""
    venue, _, tier = definition_id.partition("@")[2].partition(".")
    named = get_text("cohort.all_venues", language) if venue in ("", ALL) else venue.upper()
    tier_text = get_text(f"cohort.{tier or 'accepted'}", language)
    return get_text("cohort.of", language, venue=named, tier=tier_text)


def _say_value(figure: Figure, language: str, words: dict[str, object]) -> str:
    key = _choose_key(figure)
    if figure.indicator in _COHORT:
        words = {
            **words,
            "cohort": name_cohort(figure.definition_id, language),
            "counted": _say_counted(figure, language),
        }
    else:
        words = {
            **words,
            "estimate": _say_estimate(figure, language, unsigned=not key.endswith("open")),
            "unit": get_text(f"unit.{figure.unit}", language)
            if has_text(f"unit.{figure.unit}")
            else figure.unit,
        }
    return get_text(key, language, **words)


def _choose_key(figure: Figure) -> str:
    if figure.indicator == "retention":
        return f"said.retention.{'first' if figure.stage == ALL else 'stage'}"
    if figure.indicator in _SIGNED:
        return f"said.{figure.indicator}.{tell_side(figure)}"
    key = f"said.{figure.indicator}"
    return key if has_text(key) else "said.other"


def tell_side(figure: Figure) -> str:
    """`gain` or `loss` where the whole interval lies on one side of zero, else `open`."""
    value = figure.value or 0.0
    low = figure.low if figure.low is not None else value
    high = figure.high if figure.high is not None else value
    if low > 0:
        return "gain"
    return "loss" if high < 0 else "open"


def _say_estimate(figure: Figure, language: str, *, unsigned: bool) -> str:
    """Value and interval. Where the sentence itself says loss, both lose their sign."""
    digits = count_digits(figure)
    value, low, high = figure.value, figure.low, figure.high
    if unsigned and figure.indicator in _SIGNED and value is not None and value < 0:
        value = -value
        low, high = (None if end is None else -end for end in (high, low))
    said = say_number(value, language, digits=digits)
    percent = figure.indicator in _PERCENT
    if low is None or high is None:
        return said + ("%" if percent else "")
    return get_text(
        "said.estimate_percent" if percent else "said.estimate",
        language,
        value=said,
        level=say_level(figure.level, language),
        low=say_number(low, language, digits=digits),
        high=say_number(high, language, digits=digits),
    )


def _say_counted(figure: Figure, language: str) -> str:
    """Persons and percent of a cohort of one year; of several years, in which a person counts
    once for each, percent alone."""
    digits = count_digits(figure)
    first, last = parse_window(figure.period) or (0, 1)
    counts = first == last and figure.n is not None and figure.value is not None
    return get_text(
        "said.counted" if counts else "said.share",
        language,
        count=say_number((figure.value or 0.0) * (figure.n or 0) / 100, language),
        value=say_number(figure.value, language, digits=digits),
        level=say_level(figure.level, language),
        low=say_number(figure.low, language, digits=digits),
        high=say_number(figure.high, language, digits=digits),
    )


def _title(described: dict[str, object] | None, id_: str, language: str) -> Word:
    titles = (described or {}).get("title")
    return Word(str(titles.get(language, id_)) if isinstance(titles, dict) else id_)


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]
