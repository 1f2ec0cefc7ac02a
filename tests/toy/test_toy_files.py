"""The files of a toy world: the same bytes, the sources' formats, the careers they were made of."""

from __future__ import annotations

import gzip
import json
import zipfile
from collections import Counter, defaultdict
from dataclasses import fields, replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from talentflow.core.errors import InputError, UsageError
from talentflow.core.vocabulary import STAGES
from talentflow.sources.toy import ErrorRates, World, WorldSpec, build_world, write_world
from talentflow.sources.toy.__main__ import main
from talentflow.sources.toy.atlas import COUNTRIES
from talentflow.sources.toy.identities import checksum_orcid, draw_identities
from talentflow.sources.toy.registries import make_ror_id

Record = dict[str, Any]
SPEC = WorldSpec(people=1200, first_year=2010, last_year=2020)
STYLE_TWIN = {
    "corl": "corl/corl2022.json",
    "icra": "icra/icra2015.json",
    "acl": "acl/acl2021.json",
    "nips": "nips/nips2015.json",
}


@pytest.fixture(scope="module")
def world() -> World:
    return build_world(SPEC, seed=11)


@pytest.fixture(scope="module")
def folder(world: World, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("toy")
    write_world(world, path)
    return path


def read_papers(folder: Path, venue: str) -> list[tuple[int, Record]]:
    """(year, record) of every paper of a venue."""
    return [
        (int(path.stem.removeprefix(venue)), record)
        for path in sorted((folder / "paperlists" / venue).glob("*.json"))
        for record in json.loads(path.read_text(encoding="utf-8"))
    ]


def read_works(folder: Path) -> list[Record]:
    return [
        json.loads(line)
        for path in sorted((folder / "openalex" / "works").glob("updated_date=*/part_000.gz"))
        for line in gzip.decompress(path.read_bytes()).decode().splitlines()
    ]


def read_ror(folder: Path) -> list[Record]:
    with zipfile.ZipFile(folder / "ror" / "toy-ror-data_schema_v2.json.zip") as archive:
        records: list[Record] = json.loads(archive.read("toy-ror-data_schema_v2.json"))
    return records


def read_bytes(folder: Path) -> dict[str, bytes]:
    files = (path for path in sorted(folder.rglob("*")) if path.is_file())
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in files}


def test_the_same_world_gives_the_same_bytes(folder: Path, tmp_path: Path) -> None:
    write_world(build_world(SPEC, seed=11), tmp_path)
    assert read_bytes(tmp_path) == read_bytes(folder)


def test_files_lie_where_the_build_looks_for_them(folder: Path) -> None:
    names = set(read_bytes(folder))
    assert {f"paperlists/{venue}/{venue}2015.json" for venue in STYLE_TWIN} <= names
    assert "ror/toy-ror-data_schema_v2.json.zip" in names
    assert "university-domains/world_universities_and_domains.json" in names
    assert "openalex/works/updated_date=2025-01-10/part_000.gz" in names


def test_one_record_a_line(folder: Path) -> None:
    text = (folder / "paperlists" / "corl" / "corl2015.json").read_text(encoding="utf-8")
    first, *lines, last, end = text.split("\n")
    assert (first, last, end) == ("[", "]", "")
    assert all(json.loads(line.removesuffix(",")) for line in lines)


def truths(world: World, venue: str) -> set[tuple[str, int, str]]:
    """(id, year, country) of every person and year with papers at a venue."""
    from talentflow.sources.toy.spec import VENUES

    identities = draw_identities(world)
    seen = np.flatnonzero(world.published & (world.venue[world.person] == VENUES.index(venue)))
    return {
        (
            {
                "corl": identities[world.person[row]].profile,
                "icra": identities[world.person[row]].ieee,
                "acl": identities[world.person[row]].slug,
                "nips": str(identities[world.person[row]].name),
            }[venue],
            int(world.year[row]),
            world.spec.countries[world.country[row]],
        )
        for row in seen
    }


def find_country(world: World, affiliation: str) -> str:
    """The country of an affiliation as the world prints it."""
    exact = {o.name: o.country for o in world.organizations}
    cities = {
        f"{o.printed}, {o.city.name}, {COUNTRIES[o.country].printed}": o.country
        for o in world.organizations
    } | {
        f"{o.printed}, {o.city.name}": o.country
        for o in world.organizations
        if o.city.name == COUNTRIES[o.country].printed
    }
    for known in (exact, cities):
        for name, country in known.items():
            if affiliation == name or affiliation.endswith(f", {name}"):
                return country
    raise AssertionError(affiliation)


@pytest.mark.parametrize("venue", ["corl", "icra", "acl", "nips"])
def test_careers_come_back_from_the_conference_files(
    world: World, folder: Path, venue: str
) -> None:
    found = set()
    for year, record in read_papers(folder, venue):
        separator = ";" if venue == "corl" else "; "
        affiliations = record["aff"].split(separator)
        keys = {"corl": "or_profile", "icra": "authorids", "acl": "authorids", "nips": "author"}
        ids = record[keys[venue]].replace("; ", ";").split(";")[: len(affiliations)]
        found |= {
            (who, year, find_country(world, where))
            for who, where in zip(ids, affiliations, strict=True)
        }
    assert found == truths(world, venue)


def test_careers_come_back_from_openalex(world: World, folder: Path) -> None:
    identities = {i.openalex: i for i in draw_identities(world)}
    found = {
        (identities[a["author"]["id"]].openalex, work["publication_year"], country)
        for work in read_works(folder)
        for a in work["authorships"]
        for country in a["countries"]
    }
    everybody = draw_identities(world)
    assert found == {
        (
            everybody[world.person[row]].openalex,
            int(world.year[row]),
            world.spec.countries[world.country[row]],
        )
        for row in np.flatnonzero(world.published)
    }


def test_both_sources_hold_the_same_papers_and_every_author_slot(
    world: World, folder: Path
) -> None:
    papers = [record["title"] for venue in STYLE_TWIN for _, record in read_papers(folder, venue)]
    works = read_works(folder)
    assert sorted(papers) == sorted(work["title"] for work in works)
    assert sum(len(work["authorships"]) for work in works) == world.papers.sum()


def test_nobody_is_twice_on_a_paper_and_teams_are_teams(folder: Path) -> None:
    sizes = []
    for work in read_works(folder):
        ids = [a["author"]["id"] for a in work["authorships"]]
        assert len(set(ids)) == len(ids)
        sizes.append(len(ids))
    assert 2 < np.mean(sizes) < 5
    assert max(sizes) == 7


def test_works_have_the_documented_fields(folder: Path) -> None:
    for work in read_works(folder)[:200]:
        assert work["id"].startswith("https://openalex.org/W")
        assert work["type"] in {"article", "preprint"}
        assert {"doi", "publication_date", "primary_location", "primary_topic"} <= set(work)
        positions = [a["author_position"] for a in work["authorships"]]
        assert positions[0] == "first"
        assert set(positions[1:-1]) <= {"middle"}
        assert len(positions) == 1 or positions[-1] == "last"
        for authorship in work["authorships"]:
            assert {
                "author",
                "institutions",
                "countries",
                "raw_author_name",
                "raw_affiliation_strings",
                "is_corresponding",
                "affiliations",
            } <= set(authorship)
            for institution in authorship["institutions"]:
                assert set(institution) == {
                    "id",
                    "display_name",
                    "ror",
                    "country_code",
                    "type",
                    "lineage",
                }


def test_institutions_of_openalex_are_those_of_the_registry(folder: Path) -> None:
    registry = {record["id"]: record for record in read_ror(folder)}
    for work in read_works(folder):
        for authorship in work["authorships"]:
            for institution in authorship["institutions"]:
                record = registry[institution["ror"]]
                site = record["locations"][0]["geonames_details"]
                assert site["country_code"] == institution["country_code"]
                assert institution["type"] in record["types"]


def test_ids_are_well_formed() -> None:
    assert make_ror_id(0).endswith("/000000098")
    assert checksum_orcid("000000021825009") == "7"
    identities = draw_identities(build_world(WorldSpec(people=500), seed=5))
    for identity in identities:
        if identity.orcid:
            digits = identity.orcid.replace("-", "")
            assert checksum_orcid(digits[:15]) == digits[15]
    for name in ("profile", "ieee", "slug", "openalex", "name"):
        assert len({getattr(i, name) for i in identities}) == len(identities)


def test_statuses_and_positions_are_those_of_the_venue(folder: Path) -> None:
    statuses = Counter(record["status"] for _, record in read_papers(folder, "corl"))
    assert set(statuses) == {"Poster", "Spotlight", "Oral", "Reject"}
    positions = {
        part for _, record in read_papers(folder, "corl") for part in record["position"].split(";")
    }
    assert {"PhD student", "MS student", "Postdoc", "Assistant Professor"} <= positions


def test_positions_follow_the_stage(world: World, folder: Path) -> None:
    identities = draw_identities(world)
    students = {
        (identities[world.person[row]].profile, int(world.year[row]))
        for row in np.flatnonzero(world.stage == STAGES.index("doctoral"))
    }
    for year, record in read_papers(folder, "corl"):
        pairs = zip(record["or_profile"].split(";"), record["position"].split(";"), strict=True)
        for profile, position in pairs:
            assert (position == "PhD student") == ((profile, year) in students)


@pytest.fixture(scope="module")
def planted(tmp_path_factory: pytest.TempPathFactory) -> tuple[World, Path]:
    errors = ErrorRates(
        missing_affiliation=0.1,
        misspelt_organization=0.1,
        missing_ids=0.1,
        bad_domains=0.1,
        bare_branches=0.5,
        doubled_author_lists=0.8,
        shuffled_profiles=0.2,
        homonyms=0.1,
        renamed_profiles=0.1,
        split_ids=0.1,
    )
    world = build_world(replace(SPEC, errors=errors), seed=12)
    path = tmp_path_factory.mktemp("planted")
    write_world(world, path)
    return world, path


def assert_rate(events: int, trials: int, rate: float) -> None:
    error = np.sqrt(trials * rate * (1 - rate))
    assert trials > 100
    assert abs(events - trials * rate) <= 4.5 * error, (events, trials, rate)


def test_blank_affiliations_and_ids_are_planted_at_their_rate(
    planted: tuple[World, Path],
) -> None:
    _, folder = planted
    icra = [record for _, record in read_papers(folder, "icra")]
    parts = [part for record in icra for part in record["aff"].split("; ")]
    assert_rate(parts.count(""), len(parts), 0.1)
    ids = [
        id_
        for record in icra
        for id_ in record["authorids"].split(";")[: len(record["aff"].split("; "))]
    ]
    assert_rate(ids.count(""), len(ids), 0.1)
    emails = [
        who.startswith("email:")
        for _, record in read_papers(folder, "corl")
        for who in record["authorids"].split(";")
    ]
    assert_rate(sum(emails), len(emails), 0.1)


def test_authors_without_a_profile_have_no_profile_fields(planted: tuple[World, Path]) -> None:
    _, folder = planted
    names = ("dblp", "google_scholar", "orcid", "aff", "aff_domain", "position")
    for _, record in read_papers(folder, "corl"):
        for at, profile in enumerate(record["or_profile"].split(";")):
            if profile.startswith("email:"):
                assert not any(record[name].split(";")[at] for name in names)


def test_author_lists_are_doubled_at_their_rate(planted: tuple[World, Path]) -> None:
    _, folder = planted
    doubled = []
    for _, record in read_papers(folder, "icra"):
        authors, parts = record["author"].split(";"), record["aff"].split("; ")
        doubled.append(len(authors) == 2 * len(parts))
        assert record["author_num"] == len(authors) == len(record["authorids"].split(";"))
        if doubled[-1]:
            assert authors[: len(parts)] == authors[len(parts) :]
    assert_rate(sum(doubled), len(doubled), 0.8)


def test_renamed_and_shuffled_profiles_stand_out_of_order(planted: tuple[World, Path]) -> None:
    world, folder = planted
    identities = draw_identities(world)
    new_id = {i.old_profile: i.profile for i in identities}
    renamed, moved = 0, 0
    for _, record in read_papers(folder, "corl"):
        authors, profiles = record["authorids"].split(";"), record["or_profile"].split(";")
        if any(part.startswith("email:") for part in authors):
            continue
        current = [new_id.get(author, author) for author in authors]
        assert sorted(current) == sorted(profiles)
        renamed += sum(author in new_id for author in authors)
        moved += len(authors) > 1 and current != profiles
    assert renamed > 10
    assert moved > 100


def test_homonyms_and_splits_are_planted_at_their_rate(planted: tuple[World, Path]) -> None:
    world, _ = planted
    identities = draw_identities(world)
    names = Counter(identity.name for identity in identities)
    repeats = sum(count - 1 for count in names.values())
    # a person can take the own name or one given up by another, so some of the 10 % are lost
    assert 0.06 * len(identities) < repeats < 0.13 * len(identities)
    assert_rate(sum(i.split_year < 9999 for i in identities), len(identities), 0.1)
    assert_rate(sum(i.renamed_year > 0 for i in identities), len(identities), 0.1)
    assert len({i.profile for i in identities}) == len(identities)


def test_domains_are_spoilt_and_names_misspelt_at_their_rate(planted: tuple[World, Path]) -> None:
    world, folder = planted
    domains = {o.domain for o in world.organizations}
    names = {o.printed for o in world.organizations} | {o.name for o in world.organizations}
    printed, wrong, misspelt, named = 0, 0, 0, 0
    for _, record in read_papers(folder, "nips"):
        for domain in filter(None, record["aff_domain"].split(";")):
            printed += 1
            wrong += domain not in domains
        for part in filter(None, record["aff"].split("; ")):
            named += 1
            misspelt += not any(part.endswith(name) for name in names)
    assert_rate(wrong, printed, 0.1)
    assert_rate(misspelt, named, 0.1)


@pytest.mark.parametrize("rate", [f.name for f in fields(ErrorRates)])
def test_any_error_at_full_rate_still_writes_well_formed_files(rate: str, tmp_path: Path) -> None:
    spec = WorldSpec(people=60, errors=ErrorRates(**{rate: 1.0}))
    world = build_world(spec, seed=1)
    write_world(world, tmp_path)
    assert len(read_works(tmp_path)) == sum(len(read_papers(tmp_path, v)) for v in STYLE_TWIN)


def test_only_the_chosen_sources_are_written(world: World, tmp_path: Path) -> None:
    write_world(world, tmp_path, sources=["ror"])
    assert [path.name for path in tmp_path.iterdir()] == ["ror"]
    with pytest.raises(UsageError, match="crossref"):
        write_world(world, tmp_path, sources=["crossref"])


def test_a_folder_that_cannot_be_written_is_named(world: World, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(InputError, match="file"):
        write_world(world, tmp_path / "file")


def test_the_command_line_writes_a_world(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main([str(tmp_path), "--people", "80", "--seed", "3", "--with-errors"]) == 0
    assert "KR  stock" in capsys.readouterr().out
    assert len(read_papers(tmp_path, "corl")) > 0
    assert main([str(tmp_path), "--people", "0"]) == 2


@pytest.mark.real
@pytest.mark.parametrize("venue", list(STYLE_TWIN))
def test_records_have_the_keys_of_the_real_ones(
    folder: Path, shared_data: Path, venue: str
) -> None:
    real = json.loads((shared_data / "paperlists" / STYLE_TWIN[venue]).read_text(encoding="utf-8"))
    commonest = Counter(tuple(record) for record in real).most_common(1)[0][0]
    _, record = read_papers(folder, venue)[0]
    assert tuple(record) == commonest
    example = next(r for r in real if tuple(r) == commonest)
    for key, value in record.items():
        assert type(value) is type(example[key]), key


@pytest.mark.real
def test_registry_records_have_the_keys_of_the_real_ones(folder: Path, shared_data: Path) -> None:
    path = shared_data / "ror" / "v2-subset-ror-data_schema_v2.json.zip"
    with zipfile.ZipFile(path) as archive:
        real = json.loads(archive.read(archive.namelist()[0]))
    shapes = defaultdict(set)
    for record in real[:3000]:
        for key, value in record.items():
            shapes[key].add(type(value))
    for record in read_ror(folder):
        assert set(record) == set(shapes)
        assert all(type(value) in shapes[key] for key, value in record.items())
    names = {n["value"].casefold() for record in real for n in record["names"]}
    ids = {record["id"] for record in real}
    for record in read_ror(folder):
        assert record["id"] not in ids
        assert record["names"][0]["value"].casefold() not in names


@pytest.mark.real
def test_university_domains_have_the_keys_of_the_real_ones(folder: Path, shared_data: Path) -> None:
    name = "university-domains/world_universities_and_domains.json"
    real = json.loads((shared_data / name).read_text(encoding="utf-8"))
    toy = json.loads((folder / name).read_text(encoding="utf-8"))
    assert all(set(entry) == set(real[0]) for entry in toy)
    assert not {d for e in toy for d in e["domains"]} & {d for e in real for d in e["domains"]}
