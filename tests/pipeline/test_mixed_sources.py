"""One career from several sources: conference lists, OpenAlex, ORCID, OpenReview and DBLP."""

from __future__ import annotations

from collections import defaultdict
from pathlib import Path
from typing import NamedTuple

import pyarrow as pa
import pytest

from talentflow.core.catalog import Catalog
from talentflow.core.errors import InputError
from talentflow.core.settings import Settings
from talentflow.indicators.snapshot import Query
from talentflow.pipeline.build import BuildReport, build
from talentflow.pipeline.inputs import find_inputs
from talentflow.pipeline.trace import trace_records
from talentflow.sources.toy import HISTORIES, World, WorldSpec, build_world, write_world
from talentflow.sources.toy.histories import list_careers
from talentflow.sources.toy.identities import Identity, draw_identities

PAPERS = ("paperlists", "ror", "university-domains")


class Built(NamedTuple):
    store: Path
    report: BuildReport

    def read(self, stage: str, name: str) -> pa.Table:
        catalog = Catalog(self.store)
        return catalog.read_table(stage, catalog.require_current()[stage], name)

    def persons(self) -> dict[str, str]:
        """Reference → person."""
        people = self.read("people", "people")
        return dict(
            zip(people["person_ref"].to_pylist(), people["person_id"].to_pylist(), strict=True)
        )

    def residences(self) -> dict[tuple[str, int], str]:
        """Person and year → country, of years that were seen."""
        rows = self.read("careers", "residences").to_pylist()
        return {(r["person_id"], r["year"]): r["country"] for r in rows if not r["bridged"]}


class Mixed(NamedTuple):
    world: World
    alone: Built
    mixed: Built


@pytest.fixture(scope="module")
def stores(tmp_path_factory: pytest.TempPathFactory) -> Mixed:
    """The same people by papers alone and with their histories; they publish every other year."""
    folder = tmp_path_factory.mktemp("mixed")
    spec = WorldSpec(people=500, publish_probability=0.5, venue_shares={"corl": 0.7, "icra": 0.3})
    world = build_world(spec, 5)
    built = []
    for name, sources in (("alone", PAPERS), ("mixed", (*PAPERS, "openalex", *HISTORIES))):
        data, store = folder / name, folder / f"{name}-store"
        write_world(world, data, sources=sources)
        settings = Settings(data=data, store=store, workers=1, replicates=4)
        built.append(Built(store, build(settings)))
    return Mixed(world, *built)


def references(identity: Identity) -> list[str]:
    return [
        f"openreview:{identity.profile}",
        f"openalex:{identity.openalex.rpartition('/')[2]}",
        *([f"orcid:{identity.orcid}"] if identity.orcid else []),
        *([f"dblp:{identity.dblp}"] if identity.dblp else []),
    ]


def test_the_references_of_a_person_in_all_sources_are_one_person(stores: Mixed) -> None:
    persons = stores.mixed.persons()
    joined = several = 0
    owners: dict[str, set[int]] = defaultdict(set)
    for career in list_careers(stores.world):
        refs = [ref for ref in references(career.identity) if ref in persons]
        found = {persons[ref] for ref in refs}
        # A profile links the others; without one ORCID and DBLP link each other.
        several += len(refs) > 1
        joined += len(refs) > 1 and len(found) == 1
        for person in found:
            owners[person].add(career.person)
    assert several > 100
    assert joined == several
    assert all(len(people) == 1 for people in owners.values())


def test_a_career_is_told_by_all_of_them(stores: Mixed) -> None:
    persons = stores.mixed.persons()
    told: dict[str, set[tuple[str, str]]] = defaultdict(set)
    for row in stores.mixed.read("align", "records").to_pylist():
        told[persons[row["person_ref"]]].add((row["source"], row["kind"]))
    whole = {
        ("paperlists", "authorship"),
        ("openalex", "authorship"),
        ("orcid", "education"),
        ("orcid", "employment"),
        ("openreview", "education"),
        ("openreview", "employment"),
        ("dblp", "employment"),
    }
    complete = sorted(person for person, kinds in told.items() if whole <= kinds)
    assert complete
    assert all(person.startswith("orcid:") for person in complete)
    one = complete[0]
    areas = {
        r["country"]
        for r in stores.mixed.read("careers", "residences").to_pylist()
        if r["person_id"] == one
    }
    traced = [
        row
        for area in sorted(areas)
        for row in trace_records(
            stores.mixed.store, Query(indicator="stock", area=area, period=None)
        ).to_pylist()
        if row["person_id"] == one
    ]
    assert {row["kind"] for row in traced} == {"authorship", "education", "employment"}
    assert {row["record_id"].split(":")[0] for row in traced} == {name for name, _ in whole}


def test_more_years_are_known_and_no_fewer_are_right(stores: Mixed) -> None:
    truth = true_residences(stores.world)
    alone, mixed = (score(built, stores.world, truth) for built in (stores.alone, stores.mixed))
    assert mixed.known > 1.2 * alone.known
    assert mixed.right / mixed.known >= alone.right / alone.known - 0.002
    assert mixed.right / mixed.known > 0.97


class Score(NamedTuple):
    known: int
    right: int


def true_residences(world: World) -> dict[tuple[int, int], str]:
    countries = world.spec.countries
    rows = zip(world.person.tolist(), world.year.tolist(), world.country.tolist(), strict=True)
    return {(person, year): countries[country] for person, year, country in rows}


def score(built: Built, world: World, truth: dict[tuple[int, int], str]) -> Score:
    """Of the years of those whom OpenReview or IEEE knows by an id: known, and rightly."""
    persons = built.persons()
    who = {}
    for number, identity in enumerate(draw_identities(world)):
        for ref in (*references(identity), f"ieee:{identity.ieee.removeprefix('/')}"):
            if ref in persons:
                who[persons[ref]] = number
    lived = {(who[p], y): c for (p, y), c in built.residences().items() if p in who}
    return Score(len(lived), sum(truth.get(key) == country for key, country in lived.items()))


def test_without_positions_the_rule_changes_nothing(stores: Mixed) -> None:
    lines = {line["id"]: line["records"] for line in stores.alone.report.manifest["accounting"]}
    assert lines["position_alone"] == 0
    mixed = {line["id"]: line["records"] for line in stores.mixed.report.manifest["accounting"]}
    assert mixed["position_alone"] > 0
    assert mixed["used"] > lines["used"]


def test_beside_other_sources_orcid_is_read_of_those_they_name(stores: Mixed) -> None:
    rows = stores.mixed.read("read", "records").to_pylist()
    named = {dict(row["ids"]).get("orcid") for row in rows if row["source"] != "orcid"}
    told = {row["person_ref"] for row in rows if row["source"] == "orcid"}
    assert told
    assert {ref.removeprefix("orcid:") for ref in told} <= named


def test_openreview_is_not_read_before_its_terms_are_accepted(
    stores: Mixed, tmp_path: Path
) -> None:
    write_world(stores.world, tmp_path, sources=(*PAPERS, "openreview"))
    (tmp_path / "openreview" / "TERMS-ACCEPTED").unlink()
    with pytest.raises(InputError, match="terms of OpenReview") as raised:
        find_inputs(tmp_path)
    assert "openreview.net/legal/terms" in str(raised.value)
