"""Drawn careers follow the spec: the same seed, the same world; planted rates come back."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest

from talentflow.core.errors import UsageError
from talentflow.core.vocabulary import SECTORS, STAGES, STUDY_STAGES
from talentflow.sources.toy import (
    CountryRates,
    ErrorRates,
    StageRule,
    World,
    WorldSpec,
    build_world,
)

SIGMAS = 4.5


def assert_rate(events: int, trials: int, rate: float) -> None:
    """The count is within `SIGMAS` binomial standard errors of its expectation."""
    error = np.sqrt(trials * rate * (1 - rate))
    assert abs(events - trials * rate) <= SIGMAS * error + 1e-9, (events, trials, rate)


@pytest.fixture(scope="module")
def world() -> World:
    return build_world(WorldSpec(people=20_000), seed=4)


def test_the_same_seed_gives_the_same_arrays_and_another_seed_does_not() -> None:
    first, again, other = (build_world(WorldSpec(people=300), seed) for seed in (1, 1, 2))
    for name in ("person", "year", "country", "organization", "stage", "papers", "venue"):
        assert np.array_equal(getattr(first, name), getattr(again, name))
    assert not np.array_equal(first.papers, other.papers)


def test_planting_errors_changes_no_career() -> None:
    clean = WorldSpec(people=300)
    dirty = replace(clean, errors=ErrorRates(missing_affiliation=0.5, homonyms=0.5))
    assert np.array_equal(build_world(clean, 3).country, build_world(dirty, 3).country)


def test_rows_are_sorted_and_careers_have_no_holes(world: World) -> None:
    same = world.person[1:] == world.person[:-1]
    assert np.all(world.person[1:] >= world.person[:-1])
    assert np.all((world.year[1:] - world.year[:-1])[same] == 1)
    assert set(np.unique(world.year)) <= set(world.spec.years)
    assert np.array_equal(world.published, world.papers > 0)


def test_people_work_where_they_live_and_at_what_their_stage_asks_for(world: World) -> None:
    countries = [o.country for o in world.organizations]
    sectors = [o.sector for o in world.organizations]
    codes = np.array([world.spec.countries.index(c) for c in countries])
    assert np.array_equal(codes[world.organization], world.country)
    assert [SECTORS[s] for s in world.sector[:50]] == [sectors[o] for o in world.organization[:50]]
    in_industry = world.stage == STAGES.index("industry")
    assert np.all(world.sector[in_industry] == SECTORS.index("company"))
    in_study = np.isin(world.stage, [STAGES.index(s) for s in STUDY_STAGES])
    assert np.all(world.sector[in_study] == SECTORS.index("university"))


def test_the_number_of_people_is_poisson() -> None:
    counts = [build_world(WorldSpec(people=400), seed).n_people for seed in range(60)]
    assert abs(np.mean(counts) - 400) <= SIGMAS * np.sqrt(400 / 60)
    assert 0.5 < np.var(counts, ddof=1) / 400 < 1.7


def test_planted_rates_come_back(world: World) -> None:
    spec = world.spec
    assert_rate(int(world.published.sum()), len(world.published), spec.publish_probability)
    venues = np.bincount(world.venue, minlength=4)
    for count, share in zip(venues, spec.venue_shares.values(), strict=True):
        assert_rate(int(count), world.n_people, share)
    papers = world.papers[world.published]
    spread = SIGMAS * np.sqrt((spec.papers_per_year - 1) / len(papers))
    assert abs(papers.mean() - spec.papers_per_year) <= spread


@pytest.mark.parametrize("area", ["KR", "US", "CN", "HK"])
def test_each_country_loses_people_at_its_hazards(world: World, area: str) -> None:
    rates = world.spec.country_rates(area)
    studied = _has_studied(world)
    same = world.person[1:] == world.person[:-1]
    # who began before the first year may have ended a stage unseen
    same &= world.start_year[world.person[1:]] >= world.spec.first_year
    here = same & (world.country[:-1] == world.spec.countries.index(area))
    left = world.country[1:] != world.country[:-1]
    for done, hazard in ((True, rates.leave_after_study), (False, rates.leave_in_study)):
        group = here & (studied[1:] == done)
        assert_rate(int((group & left).sum()), int(group.sum()), hazard)


def _has_studied(world: World) -> np.ndarray:
    """True for rows of persons who work, or whose stage of study is not their first."""
    study = np.isin(world.stage, [STAGES.index(s) for s in STUDY_STAGES])
    ended = np.zeros(len(world.person), bool)
    for row in range(len(world.person)):
        follows = row > 0 and world.person[row] == world.person[row - 1]
        changed = follows and world.stage[row] != world.stage[row - 1]
        ended[row] = not study[row] or changed or (follows and ended[row - 1])
    return ended


def test_stages_end_at_their_hazards(world: World) -> None:
    same = world.person[1:] == world.person[:-1]
    begun = np.concatenate([[True], ~same | (world.stage[1:] != world.stage[:-1])])
    master = world.stage == STAGES.index("master")
    fresh = master & begun & (world.start_year[world.person] >= world.spec.first_year)
    ended = world.stage[1:] != world.stage[:-1]
    group = fresh[:-1] & same
    assert_rate(int((group & ended).sum()), int(group.sum()), 0.6)


@pytest.mark.parametrize(
    ("make", "found"),
    [
        (lambda: WorldSpec(people=0), "people"),
        (lambda: WorldSpec(first_year=2020, last_year=2010), "first_year"),
        (lambda: WorldSpec(countries=("KR", "FR")), "FR"),
        (lambda: WorldSpec(countries=("KR",)), "countries"),
        (lambda: WorldSpec(countries=("KR", "KR")), "countries"),
        (lambda: WorldSpec(rates={"KR": CountryRates(share=1, leave_after_study=2)}), "leave"),
        (lambda: WorldSpec(entry={"master": 0.5}), "entry"),
        (lambda: WorldSpec(venue_shares={"vldb": 1.0}), "vldb"),
        (lambda: WorldSpec(papers_per_year=0.5), "papers_per_year"),
        (lambda: WorldSpec(publish_probability=1.5), "publish_probability"),
        (lambda: WorldSpec(errors=ErrorRates(homonyms=-0.1)), "errors.homonyms"),
        (
            lambda: WorldSpec(entry={"master": 1.0}, stages={"master": StageRule(end_hazard=0.5)}),
            "next of master",
        ),
    ],
)
def test_a_spec_that_makes_no_sense_is_refused(make: Callable[[], WorldSpec], found: str) -> None:
    with pytest.raises(UsageError, match=found):
        make()
