"""Sectors by who runs an organization, by words and by domain, over invented organizations."""

from __future__ import annotations

import pytest

from talentflow.core.contracts import ORGANIZATION_NAMES, ORGANIZATIONS
from talentflow.resolve.registry import Registry, build_registry
from talentflow.resolve.sectors import decide_sector, sector_of_organization

# (name, sector in the registry, parent, sector answered)
_ROWS: tuple[tuple[str, str | None, str | None, str | None], ...] = (
    ("Alder University", "university", None, "university"),
    ("Alder Institute of Bark", "facility", "Alder University", "university"),
    ("Alder National Laboratory", "facility", "Alder University", "facility"),
    ("Alder Hospital", "healthcare", "Alder University", "healthcare"),
    ("Birch Medical University", "healthcare", None, "university"),
    ("Centre National de la Recherche sur les Bouleaux", "government", None, "facility"),
    ("Institute of Birches", "facility", "Centre National de la Recherche sur les Bouleaux",
     "facility"),
    ("Birchland Academy of Sciences", "nonprofit", None, "facility"),
    ("Birch Research Trust", "nonprofit", None, "nonprofit"),
    ("Ministry of Research", "government", None, "government"),
    ("Department of Science", "government", None, "government"),
    ("Laboratory (Norway)", "company", None, "company"),
    ("Laboratory Research Centre", "facility", None, "facility"),
    ("Brixotec (United States)", "company", None, "company"),
    ("Brixotec Research Institute", "facility", None, "company"),
)  # fmt: skip


@pytest.fixture(scope="module")
def registry() -> Registry:
    ids = {name: f"https://ror.org/0sec{i:02d}00" for i, (name, *_) in enumerate(_ROWS)}
    organizations = [
        {
            "organization_id": ids[name],
            "name": name,
            "country": "US",
            "city": None,
            "sector": sector,
            "status": "active",
            "successor_id": None,
            "parent_id": ids[parent] if parent else None,
            "domains": ["alder.edu"] if name == "Alder University" else [],
        }
        for name, sector, parent, _ in _ROWS
    ]
    names = [
        {"organization_id": identifier, "name": name, "kind": "display"}
        for name, identifier in ids.items()
    ]
    return build_registry(
        ORGANIZATIONS.from_rows(organizations), ORGANIZATION_NAMES.from_rows(names)
    )


@pytest.mark.parametrize(("name", "answered"), [(row[0], row[3]) for row in _ROWS])
def test_who_runs_an_organization(name: str, answered: str | None, registry: Registry) -> None:
    assert sector_of_organization(registry.names.index(name), registry)[0] == answered


@pytest.mark.parametrize(
    ("text", "domain", "sector", "rule"),
    [
        ("Hospital Universitario de Abedul", None, "healthcare", "words"),
        ("Azienda Ospedaliero-Universitaria di Betulla", None, "healthcare", "words"),
        ("Universitätsmedizin Birkenstadt", None, "healthcare", "words"),
        ("Birch Institute of Engineering and Technology", None, "university", "words"),
        ("Birch Institute of Science and Technology", None, "university", "words"),
        ("The 39th Research Institute of Birch Technology Corporation", None, "company", "words"),
        ("Key Laboratory of Birches, Ministry of Trees", None, "university", "words"),
        ("Ministry of Trees", None, "government", "words"),
        ("Research Centre on Birches", None, "facility", "words"),
        ("Research Centre on Birches", "alder.edu", "university", "domain"),
        ("Research Centre on Birches", "birchlab.edu.cn", "facility", "words"),
        ("Birch group", "birch.ac.kr", "university", "domain"),
        ("Birch group", "gmail.com", None, "unknown"),
        ("Human Interaction Project, NTT Birch Laboratories", None, "company", "company_family"),
    ],
)
def test_where_no_organization_is_known(
    text: str, domain: str | None, sector: str | None, rule: str, registry: Registry
) -> None:
    assert decide_sector(text, None, domain, registry) == (sector, rule)


def test_a_medical_school_that_the_registry_files_under_a_hospital(registry: Registry) -> None:
    hospital = registry.names.index("Alder Hospital")
    for text, sector in (
        ("Department of Surgery, Alder School of Medicine", "university"),
        ("Alder School of Medicine, Alder Hospital", "healthcare"),
        ("Alder Hospital", "healthcare"),
    ):
        assert decide_sector(text, hospital, None, registry)[0] == sector
