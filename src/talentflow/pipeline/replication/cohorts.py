"""Does the shape of MacroPolo's tables come out of the open conference lists?

Work country and origin of the authors of one conference, orals as the elite. Where the list of
the conference itself holds no affiliations a neighbouring one stands in and says so. The verdict
is that of the difference: its 95 % interval holds zero or it does not.
"""

from __future__ import annotations

from typing import Any, Final, NamedTuple

from talentflow.pipeline.replication.facts import Facts, list_facts
from talentflow.pipeline.replication.figures import Published, Row
from talentflow.pipeline.replication.rows import Comparison, Text, join, say
from talentflow.pipeline.replication.shares import (
    DESIGN_EFFECT,
    Share,
    correlation_within,
    subtract_shares,
    wilson_share,
)

SEAT_DEFINITION: Final = "macropolo"
"""Counts by the seat of the employer, where this version has it."""

_DEFINITIONS: Final = (SEAT_DEFINITION, "default")
_NAMES: Final = {"nips": "NeurIPS"}


class Cohort(NamedTuple):
    """A cohort of ours: the definition of its values and its year; `wanted` the one looked for."""

    definition: str
    period: str
    name: Text
    wanted: Text

    @property
    def stands_in(self) -> bool:
        """Whether it is another conference than the publisher's."""
        return self.name != self.wanted


def compare_cohorts(published: Published) -> list[Comparison]:
    """One row per published share."""
    return [
        _compare(facts, area, published) for facts in list_facts("cohorts") for area in facts.values
    ]


def _compare(facts: Facts, area: str, published: Published) -> Comparison:
    described = {**facts.describe(area), **_bound(facts, area)}
    if facts.ours is None:
        return Comparison(**described, verdict="not_comparable", explanation=say("cohort.pair"))
    cohort = _find_cohort(facts.ours, published)
    if cohort is None:
        origin = facts.measure == "origin"
        reason = say("cohort.origin_no_list" if origin else "cohort.no_list")
        return Comparison(**described, verdict="not_comparable", explanation=reason)
    row = published.find(facts.ours["indicator"], cohort.definition, area, cohort.period)
    return Comparison(
        **described,
        **_describe_ours(row, cohort),
        **_judge(facts, described, row, cohort),
        stand_in=cohort.stands_in,
    )


def _bound(facts: Facts, area: str) -> dict[str, Any]:
    """Wilson's interval of the published share, at the effective number of persons."""
    if facts.n is None:
        return {}
    share = wilson_share(facts.values[area], facts.n)
    icc = correlation_within(DESIGN_EFFECT, facts.n, facts.papers) if facts.papers else None
    return {"low": share.low, "high": share.high, "design_effect": DESIGN_EFFECT, "icc": icc}


def _find_cohort(ours: dict[str, Any], published: Published) -> Cohort | None:
    for given in ours["cohorts"]:
        cohort, _, period = given.partition("/")
        for definition in _DEFINITIONS:
            id_ = f"{definition}@{cohort}"
            if published.has_period(ours["indicator"], id_, period):
                return Cohort(id_, period, _name(given), _name(ours["cohorts"][0]))
    return None


def _name(cohort: str) -> Text:
    place, _, period = cohort.partition("/")
    venue, _, tier = place.partition(".")
    name = say("cohort.all") if venue == "all" else dict.fromkeys(("en", "ko"), _venue(venue))
    orals = {"en": " orals", "ko": " 구두 발표"} if tier else {"en": "", "ko": ""}
    return {language: f"{name[language]}{orals[language]} {period}" for language in name}


def _venue(venue: str) -> str:
    return _NAMES.get(venue, venue.upper())


def _describe_ours(row: Row | None, cohort: Cohort) -> dict[str, Any]:
    described: dict[str, Any] = {
        "ours_period": cohort.period,
        "ours_definition": cohort.definition,
        "ours_denominator": cohort.name,
        "ours_unit": "percent",
    }
    if row is not None:
        described |= {
            "ours": row["value"],
            "ours_low": row["low"],
            "ours_high": row["high"],
            "ours_n": row["n"],
        }
    return described


def _judge(
    facts: Facts, described: dict[str, Any], row: Row | None, cohort: Cohort
) -> dict[str, Any]:
    """Verdict and explanation, and the difference where it means something."""
    place = "seat" if cohort.definition.startswith(SEAT_DEFINITION) else "campus"
    notes = [say(f"cohort.{place}")] if facts.measure == "work" else []
    if cohort.stands_in:
        notes.append(say("cohort.stand_in", cohort=cohort.name, wanted=cohort.wanted))
    if facts.measure == "origin":
        return _refuse("origin", notes)
    if row is None:
        return _refuse("too_few", notes)
    if facts.n is None or row["low"] is None:
        return _refuse("no_interval", notes)
    theirs = Share(described["published"], described["low"], described["high"])
    found = subtract_shares(Share(row["value"], row["low"], row["high"]), theirs)
    verdict = "agrees" if found.low <= 0 <= found.high else "differs"
    names = ("difference", "low", "high")
    said = {name: _say_points(value) for name, value in zip(names, found, strict=True)}
    return {
        "verdict": verdict,
        "explanation": join(say(f"cohort.{verdict}", **said), *notes),
        "difference": found.value,
        "difference_low": found.low,
        "difference_high": found.high,
    }


def _refuse(reason: str, notes: list[Text]) -> dict[str, Any]:
    return {
        "verdict": "not_comparable",
        "explanation": join(say(f"cohort.{reason}"), *notes),
    }


def _say_points(value: float) -> str:
    """With sign and one decimal; zero has no sign."""
    return f"{round(value, 1):+.1f}".replace("-", "−") if round(value, 1) else "0.0"
