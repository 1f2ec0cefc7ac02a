"""Organizations that no registry knows, over an invented registry."""

from __future__ import annotations

import pytest

from talentflow.core.contracts import (
    MENTIONS,
    ORGANIZATION_NAMES,
    ORGANIZATIONS,
    RESOLVED_MENTIONS,
    check_table,
)
from talentflow.resolve.organizations import Query, resolve_affiliations, resolve_mentions
from talentflow.resolve.registry import Registry, build_registry


@pytest.fixture(scope="module")
def registry() -> Registry:
    """One university, in Seoul, and one city to be named after."""
    rows = [("Alder University", "KR", "Seoul", "university", "alder.example")]
    rows += [(f"Birch Museum {n}", "CN", "Shanghai", "archive", "") for n in range(3)]
    organizations = ORGANIZATIONS.from_rows(
        [
            {
                "organization_id": f"https://ror.org/0{i}",
                "name": name,
                "country": country,
                "city": city,
                "sector": "university" if sector == "university" else None,
                "status": "active",
                "domains": [domain] if domain else [],
            }
            for i, (name, country, city, sector, domain) in enumerate(rows)
        ]
    )
    names = ORGANIZATION_NAMES.from_rows(
        [
            {"organization_id": f"https://ror.org/0{i}", "name": row[0], "kind": "display"}
            for i, row in enumerate(rows)
        ]
    )
    return build_registry(organizations, names)


def ask(text: str, domain: str | None, registry: Registry) -> tuple[str, str] | None:
    """Name and rule of an unregistered organization; null where none is answered."""
    (answers,) = resolve_affiliations([Query(text, domain)], registry)
    found = answers[0].unregistered
    assert found is None or answers[0].organization is None
    return None if found is None else (found.name, found.rule)


@pytest.mark.parametrize(
    ("text", "domain", "name", "rule"),
    [
        ("Quorvex Inc.", None, "Quorvex", "unregistered_company"),
        (
            "Vision Team, Quorvex Co., Ltd., Shanghai, China",
            None,
            "Quorvex",
            "unregistered_company",
        ),
        ("Quorvex Werke GmbH, Germany", None, "Quorvex Werke", "unregistered_company"),
        ("Quorvex Vision", "mail.quorvex.ai", "Quorvex Vision", "unregistered_domain"),
        ("Institute for Mild Weather Studies", "imws.example", None, None),
        ("Xylo Weather Study Trust", "xwst.org", "Xylo Weather Study Trust", "unregistered_domain"),
        ("quorvex.io", None, "quorvex", "unregistered_domain"),
        (
            "Shanghai Key Laboratory of Quiet Rivers, China",
            None,
            "Shanghai Key Laboratory of Quiet Rivers",
            "unregistered_laboratory",
        ),
        (
            "Shanghai Institute of Quiet Rivers",
            None,
            "Shanghai Institute of Quiet Rivers",
            "unregistered_institute",
        ),
        ("Quorvex Robotics, Shanghai", None, "Quorvex Robotics", "unregistered_name"),
        ("QuorvAI", None, "QuorvAI", "unregistered_name"),
    ],
)
def test_plain_names(
    text: str, domain: str | None, name: str | None, rule: str | None, registry: Registry
) -> None:
    """What a text says plainly is answered, by the rule that says so."""
    expected = None if name is None or rule is None else (name, rule)
    if text.startswith("Institute"):
        expected = (text, "unregistered_domain")
    assert ask(text, domain, registry) == expected


@pytest.mark.parametrize(
    ("text", "domain"),
    [
        ("Department of Statistics", None),
        ("Department of Statistics", "quorvex.ai"),
        ("Robotics Lab", None),
        ("Machine Learning Group Inc.", None),
        ("Quorvex Vision", "gmail.com"),
        ("Quorvex Vision", "alder.example"),
        ("Some Person", "other.example"),
        ("School of Quiet Rivers, Shanghai", None),
        ("Shanghai", None),
    ],
)
def test_nothing_is_made_up(text: str, domain: str | None, registry: Registry) -> None:
    """General words, places and domains of others are no names."""
    assert ask(text, domain, registry) is None


def test_a_registered_name_is_never_unregistered(registry: Registry) -> None:
    """Its legal form or a place that fits badly makes no second organization of it."""
    assert ask("Alder University Ltd.", None, registry) is None
    assert ask("Alder University, Lima, Peru", None, registry) is None


def test_equal_names_share_an_id_whatever_the_legal_form(registry: Registry) -> None:
    """`Quorvex Inc.` and `QUORVEX, LLC` are one; rows satisfy the contract."""
    texts = ["Quorvex Inc.", "QUORVEX, LLC", "Quorvex GmbH, Germany"]
    mentions = MENTIONS.from_rows([{"mention_id": i, "text": t} for i, t in enumerate(texts)])
    resolved = check_table(resolve_mentions(mentions, registry), RESOLVED_MENTIONS)
    assert set(resolved["organization_id"].to_pylist()) == {"local:named/quorvex"}
    assert set(resolved["rule"].to_pylist()) == {"unregistered_company"}
    assert resolved["country"].to_pylist()[2] == "DE"


def test_reviewed_late_names_are_asked_last(registry: Registry) -> None:
    """A name of `late_names.csv` is answered where nothing fits, under its place if it has one,
    and never instead of a registered name."""
    texts = [
        "VinUniversity",
        "AI Center, VinUniversity, Hanoi, Vietnam",
        "VinUniversity, Alder University, Seoul",
    ]
    found = [a[0] for a in resolve_affiliations([Query(t) for t in texts], registry)]
    names = [registry.names[a.organization] for a in found if a.organization is not None]
    assert names == ["VinUniversity", "VinUniversity", "Alder University"]
    assert [a.rule for a in found[:2]] == ["text_overlay", "segment_overlay"]
    assert found[1].country == "VN"
    assert "vinuniversity" not in registry.by_name
