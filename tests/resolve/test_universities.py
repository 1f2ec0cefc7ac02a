"""Universities of a list of domains are recognised; organizations that are gone are followed."""

from __future__ import annotations

from pathlib import Path

import pytest

from talentflow.core.contracts import ORGANIZATION_NAMES, ORGANIZATIONS, UNIVERSITY_DOMAINS
from talentflow.resolve.choose import LIKE_THRESHOLD, LOOSE_THRESHOLD
from talentflow.resolve.hosts import is_free_mail, is_public, is_shared, strip_entrance
from talentflow.resolve.organizations import Query, resolve_affiliations
from talentflow.resolve.organizations_csv import load_registry
from talentflow.resolve.rank_model import load_model
from talentflow.resolve.registry import Registry, build_registry

# (name, country, city, sector, status, successor, domain)
_ROWS = [
    ("Alder University", "KR", "Daegu", "university", "active", None, "portal.alder.ac.kr"),
    ("University of Hazel", "JP", "Kobe", "university", "active", None, "hazel.ac.jp"),
    ("Maple University", "IN", "Mapleton", "university", "active", None, "maple.ac.in"),
    ("Old Elm College", "US", "Boston", "university", "inactive", 4, ""),
    ("Elm University", "US", "Boston", "university", "active", None, "elm.edu"),
    ("Brix (United States)", "US", "Austin", "company", "inactive", 6, "brix.com"),
    ("Corvo (United States)", "US", "Austin", "company", "active", None, "corvo.com"),
]
_LISTED = [
    ("alder.ac.kr", "Alderfield National University", "KR"),
    ("hazel-u.ac.jp", "Hazel University", "JP"),
    ("mu.example.in", "Maple University Mapleton", "IN"),
    ("elm.edu", "Elm School of Mines and Technology", "US"),
    ("brix.com", "Brix Academy of Arts", "US"),
]


def _id(number: int) -> str:
    return f"https://ror.org/0test{number:02d}00"


@pytest.fixture(scope="module")
def registry() -> Registry:
    """A few organizations and a list that knows some of them otherwise."""
    organizations = [
        {
            "organization_id": _id(i),
            "name": name,
            "country": country,
            "city": city,
            "sector": sector,
            "status": status,
            "successor_id": None if successor is None else _id(successor),
            "domains": [domain] if domain else [],
        }
        for i, (name, country, city, sector, status, successor, domain) in enumerate(_ROWS)
    ]
    names = [
        {"organization_id": _id(i), "name": row[0], "kind": "display"}
        for i, row in enumerate(_ROWS)
    ]
    listed = [{"domain": d, "name": n, "country": c} for d, n, c in _LISTED]
    return build_registry(
        ORGANIZATIONS.from_rows(organizations),
        ORGANIZATION_NAMES.from_rows(names),
        UNIVERSITY_DOMAINS.from_rows(listed),
    )


def _answer(text: str | None, domain: str | None, registry: Registry) -> str | None:
    organization = resolve_affiliations([Query(text, domain)], registry)[0][0].organization
    return None if organization is None else registry.names[organization]


@pytest.mark.parametrize(
    ("text", "domain", "name"),
    [
        # Its pages are at portal.alder.ac.kr, so alder.ac.kr is its own.
        (None, "cs.alder.ac.kr", "Alder University"),
        ("Alderfield National University", None, "Alder University"),
        # Its name and its city.
        (None, "mu.example.in", "Maple University"),
        # The domain is known, the name is another one.
        ("Elm School of Mines and Technology", None, "Elm University"),
        # The same words in another order may mean another university.
        (None, "hazel-u.ac.jp", "Hazel University"),
        ("University of Hazel", None, "University of Hazel"),
    ],
)
def test_listed_universities(
    text: str | None, domain: str | None, name: str, registry: Registry
) -> None:
    """What a list calls a known university is another name of it, never a second one."""
    assert _answer(text, domain, registry) == name


def test_a_company_gets_no_name_of_a_university(registry: Registry) -> None:
    """A list of universities says nothing of a company that has the domain."""
    assert "brix academy arts" not in registry.by_name


def test_only_unrecognised_universities_are_made(registry: Registry) -> None:
    """One local id, for the one that may be another."""
    made = [i for i in registry.ids if i.startswith("local:university/")]
    assert made == ["local:university/hazel-u.ac.jp"]


def test_an_inactive_organization_is_answered_as_its_successor(registry: Registry) -> None:
    """A college that became a university is one with it; a company that was bought is not."""
    assert _answer("Old Elm College, Boston, USA", None, registry) == "Elm University"
    assert _answer("Brix, Austin, USA", None, registry) == "Brix (United States)"


@pytest.mark.parametrize(
    ("host", "domain"),
    [
        ("portal.alder.example", "alder.example"),
        ("en.tu.ac.kr", "tu.ac.kr"),
        ("en.ac.kr", "en.ac.kr"),
        ("physics.alder.example", "physics.alder.example"),
    ],
)
def test_entrances(host: str, domain: str) -> None:
    """Labels that greet visitors are left out, unless nothing but a public ending is left."""
    assert strip_entrance(host) == domain


def test_hosts() -> None:
    """Free mail, shared pages and public endings tell no organization."""
    assert is_free_mail("mail.gmail.com")
    assert not is_free_mail("alder.ac.kr")
    assert is_public("ac.kr")
    assert not is_public("alder.ac.kr")
    assert is_shared("github.io")


def test_doubtful_names_need_more(shared_data: Path) -> None:
    """The less a text supports a name, the surer it must be; a city beside its state is a city."""
    assert load_model().threshold < LOOSE_THRESHOLD < LIKE_THRESHOLD
    registry = load_registry(shared_data)
    answer = _answer("Siemens Corporate Technology, Princeton, NJ, USA", None, registry)
    assert answer == "Siemens (United States)"
    assert _answer("ORFE, Princeton, NJ", None, registry) == "Princeton University"
    assert _answer("Technical University of Cracow", None, registry) == (
        "Cracow University of Technology"
    )
