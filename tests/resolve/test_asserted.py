"""What a source asserts of an affiliation goes before what the text says."""

from __future__ import annotations

from typing import Any

import pyarrow as pa
import pytest

from talentflow.core.contracts import (
    MENTIONS,
    ORGANIZATION_NAMES,
    ORGANIZATIONS,
    UNIVERSITY_DOMAINS,
)
from talentflow.resolve.asserted import resolve_with_assertions
from talentflow.resolve.organizations import resolve_mentions_fully
from talentflow.resolve.registry import Registry, build_registry

HANBIT = "https://ror.org/00f54p054"
LYONS = "https://ror.org/02xzytt36"
UNKNOWN = "https://ror.org/05bqach95"


@pytest.fixture(scope="module")
def registry() -> Registry:
    organizations = [
        {"organization_id": HANBIT, "name": "Hanbit University", "country": "KR"}
        | {"city": "Busan", "sector": "university", "status": "active"},
        {"organization_id": LYONS, "name": "Lyons Robotics", "country": "US"}
        | {"city": "Boston", "sector": "company", "status": "active"},
    ]
    names = [
        {"organization_id": o["organization_id"], "name": o["name"], "kind": "display"}
        for o in organizations
    ]
    return build_registry(
        ORGANIZATIONS.from_rows(organizations),
        ORGANIZATION_NAMES.from_rows(names),
        UNIVERSITY_DOMAINS.empty(),
    )


def a_mention(number: int, **said: Any) -> dict[str, Any]:
    return {"mention_id": number, **said}


def resolve(registry: Registry, *mentions: dict[str, Any]) -> list[dict[str, Any]]:
    found = resolve_with_assertions(MENTIONS.from_rows(list(mentions)), registry)
    assert found.resolved["mention_id"].to_pylist() == [m["mention_id"] for m in mentions]
    return list(found.resolved.to_pylist())


def test_an_asserted_organization_is_the_answer(registry: Registry) -> None:
    (row,) = resolve(
        registry,
        a_mention(1, text="Lyons Robotics", asserted_organization=HANBIT, asserted_country="KR"),
    )
    assert (row["organization_id"], row["organization_name"]) == (HANBIT, "Hanbit University")
    assert (row["country"], row["seat_country"], row["city"]) == ("KR", "KR", "Busan")
    assert (row["sector"], row["rule"], row["country_rule"]) == (
        "university",
        "asserted",
        "asserted",
    )
    assert row["probability"] == row["country_probability"] == 1.0


def test_the_asserted_country_goes_before_the_seat(registry: Registry) -> None:
    (row,) = resolve(
        registry,
        a_mention(1, text="Lyons Robotics", asserted_organization=LYONS, asserted_country="JP"),
    )
    assert (row["country"], row["seat_country"], row["city"]) == ("JP", "US", None)
    (row,) = resolve(registry, a_mention(1, text="x", asserted_organization=LYONS))
    assert (row["country"], row["city"]) == ("US", "Boston")


def test_an_unknown_organization_keeps_its_id(registry: Registry) -> None:
    (row,) = resolve(
        registry,
        a_mention(1, text="New Lab", asserted_organization=UNKNOWN, asserted_country="HK"),
    )
    assert (row["organization_id"], row["organization_name"]) == (UNKNOWN, "New Lab")
    assert (row["country"], row["sector"], row["seat_country"]) == ("HK", None, None)


def test_a_country_alone_leaves_the_organization_to_the_text(registry: Registry) -> None:
    known, other = resolve(
        registry,
        a_mention(1, text="Hanbit University, Busan", asserted_country="KR"),
        a_mention(2, text="Somewhere", asserted_country="TW"),
    )
    assert known["organization_id"] == HANBIT
    assert (known["country"], known["country_rule"]) == ("KR", "asserted")
    assert (other["organization_id"], other["country"]) == (None, "TW")


def test_other_mentions_are_resolved_as_ever(registry: Registry) -> None:
    mentions = MENTIONS.from_rows(
        [a_mention(1, text="Hanbit University"), a_mention(2, text="nobody knows")]
    )
    with_assertion = pa.concat_tables(
        [mentions, MENTIONS.from_rows([a_mention(3, text="x", asserted_organization=LYONS)])]
    )
    plain = resolve_mentions_fully(mentions, registry)
    assert resolve_with_assertions(mentions, registry).resolved.equals(plain.resolved)
    mixed = resolve_with_assertions(with_assertion, registry)
    assert mixed.resolved.slice(0, 2).equals(plain.resolved)
    named = {r["mention_id"]: r["organization_id"] for r in mixed.organizations.to_pylist()}
    assert named == {1: HANBIT, 3: LYONS}
