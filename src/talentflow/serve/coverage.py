"""How well do the records cover a country, in one sentence?"""

from __future__ import annotations

from talentflow.indicators.snapshot import Snapshot
from talentflow.indicators.supplements import say_coverage
from talentflow.serve.texts import get_text
from talentflow.serve.words import name_area, say_number, say_when


def tell_coverage(snapshot: Snapshot, area: str, language: str) -> str:
    """How many researchers of an area the records of the last period hold, of how many there may
    be, with interval; or that too few were seen twice to tell."""
    row = say_coverage(snapshot, area)
    if row is None:
        return get_text("coverage.unknown", language, area=name_area(area, language))
    observed, estimated, low, high = (
        float(str(row[name])) for name in ("observed", "estimated", "low", "high")
    )
    return get_text(
        "coverage.sentence",
        language,
        area=name_area(area, language),
        when=say_when(str(row["period"]), language),
        observed=say_number(observed, language),
        estimated=say_number(estimated, language),
        share=say_number(100 * observed / estimated, language),
        interval=get_text(
            "interval.span",
            language,
            low=say_number(100 * observed / high, language),
            high=say_number(min(100 * observed / max(low, observed), 100), language),
        ),
    )
