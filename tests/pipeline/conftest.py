"""A toy world on disk and the store built from it, made once for the tests of this folder."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

import pytest

from talentflow.core.settings import Settings
from talentflow.pipeline.build import BuildReport, build
from talentflow.sources.toy import World, WorldSpec, build_world, write_world


class ToyStore(NamedTuple):
    """A world, the data folder written from it, and what a build made of it."""

    world: World
    data: Path
    store: Path
    report: BuildReport


@pytest.fixture(scope="session")
def toy_store(tmp_path_factory: pytest.TempPathFactory) -> ToyStore:
    """3,000 people whose affiliations and ids are all printed, so that nothing blurs the truth."""
    folder = tmp_path_factory.mktemp("toy")
    spec = WorldSpec(people=3000, venue_shares={"corl": 0.6, "icra": 0.4})
    world = build_world(spec, 11)
    write_world(world, folder / "data", sources=("paperlists", "ror", "university-domains"))
    settings = Settings(data=folder / "data", store=folder / "store", workers=1)
    return ToyStore(world, folder / "data", folder / "store", build(settings))
