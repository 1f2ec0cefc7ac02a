"""What do LinkedIn, the OECD and surveys print where open figures exist too?

The two are put side by side with both denominators and are never merged: each row says that it
cannot be compared, and why.
"""

from __future__ import annotations

from typing import Any, Final

from talentflow.pipeline.replication.facts import Facts, list_facts
from talentflow.pipeline.replication.figures import Published
from talentflow.pipeline.replication.rows import Comparison, Text, join, say

_DENOMINATORS: Final = {"stock": "observed_stock", "retention": "left"}
_DEFINITION: Final = "default"


def list_beside(published: Published) -> list[Comparison]:
    """One row per published figure, with ours of the same country and year where there is one."""
    return [
        Comparison(
            **facts.describe(area),
            **_find_ours(facts, area, published),
        )
        for facts in list_facts("beside")
        for area in facts.values
    ]


def _find_ours(facts: Facts, area: str, published: Published) -> dict[str, Any]:
    explanation = say("beside.no", why=facts.why or {"en": "", "ko": ""})
    refused: dict[str, Any] = {"verdict": "not_comparable"}
    if facts.ours is None:
        return {**refused, "explanation": join(explanation, say("beside.no_ours"))}
    indicator, period = facts.ours["indicator"], facts.ours.get("period", facts.edition)
    stage = facts.ours.get("stage", "all")
    row = published.find(indicator, _DEFINITION, area, period, stage)
    if row is None:
        return {**refused, "explanation": join(explanation, say("beside.no_ours"))}
    value, low, high = row["value"], row["low"], row["high"]
    if facts.ours.get("complement"):
        # A figure without replicates has no bounds.
        value, low, high = (None if end is None else 100 - end for end in (value, high, low))
    return {
        **refused,
        "explanation": explanation,
        "ours": value,
        "ours_low": low,
        "ours_high": high,
        "ours_n": row["n"],
        "ours_unit": row["unit"],
        "ours_period": period,
        "ours_definition": _DEFINITION,
        "ours_denominator": _say_denominator(indicator),
    }


def _say_denominator(indicator: str) -> Text:
    return say(f"beside.{_DENOMINATORS.get(indicator, 'observed')}")
