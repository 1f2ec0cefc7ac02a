"""Histories of the toy world are true, and the same world gives the same bytes."""

from __future__ import annotations

from pathlib import Path

from talentflow.sources import dblp, openreview, orcid
from talentflow.sources.toy import HISTORIES, WorldSpec, build_world, write_world
from talentflow.sources.toy.identities import draw_identities

READERS = {"orcid": orcid, "openreview": openreview, "dblp": dblp}


def test_the_same_world_gives_the_same_bytes(tmp_path: Path) -> None:
    world = build_world(WorldSpec(people=60), 8)
    for name in ("one", "two"):
        write_world(world, tmp_path / name, sources=HISTORIES)
    files = [p.relative_to(tmp_path / "one") for p in (tmp_path / "one").rglob("*") if p.is_file()]
    assert len(files) == 4
    for file in files:
        assert (tmp_path / "one" / file).read_bytes() == (tmp_path / "two" / file).read_bytes()


def test_what_is_read_is_where_people_were(tmp_path: Path) -> None:
    world = build_world(WorldSpec(people=200), 9)
    write_world(world, tmp_path, sources=HISTORIES)
    names = world.spec.countries
    rows = zip(world.person.tolist(), world.year.tolist(), world.country.tolist(), strict=True)
    truth = {(person, year): names[country] for person, year, country in rows}
    who = {}
    for number, identity in enumerate(draw_identities(world)):
        who[f"orcid:{identity.orcid}"] = number
        who[f"openreview:{identity.profile}"] = number
        who[f"dblp:{identity.dblp}"] = number
    for source, reader in READERS.items():
        folder = tmp_path / source
        told = 0
        for file in reader.list_files(folder):
            evidence = reader.read_file(folder, file)
            assert not evidence.rejects.num_rows
            said = {m["mention_id"]: m["asserted_country"] for m in evidence.mentions.to_pylist()}
            for row in evidence.records.to_pylist():
                country = said.get(row["mention_id"])
                lived = truth.get((who[row["person_ref"]], row["year"]))
                told += country is not None
                assert country is None or country == lived
        assert told or source == "dblp"
