"""Are the labels of affiliations readable, in the halves they say, and graded as documented?"""

from __future__ import annotations

import csv
import importlib.util
import re
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

BENCHMARKS = Path(__file__).resolve().parents[2] / "benchmarks"
CHOICE = re.compile(r"0[a-z0-9]{6}\d\d|local:[^|/]+")


@pytest.fixture(scope="module")
def conferences() -> ModuleType:
    """The benchmark, which is a script and no part of the package."""
    path = BENCHMARKS / "resolve_conferences.py"
    spec = importlib.util.spec_from_file_location("resolve_conferences", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


def read_rows(name: str) -> list[dict[str, str]]:
    with (BENCHMARKS / "labels" / name).open(encoding="utf-8") as file:
        return list(csv.DictReader(file))


def test_every_label_of_a_mention_is_readable_and_in_the_half_of_its_hash() -> None:
    rows = read_rows("organizations.csv")
    for row in rows:
        assert row["half"] == ("dev", "held_out")[int(row["mention_id"]) & 1]
        assert int(row["draws"]) >= 1
        assert int(row["slots"]) >= 1
        for group in row["organizations"].split("|"):
            for choice in group.removeprefix("?").split("/"):
                assert CHOICE.fullmatch(choice) or choice == "none"
    assert len({(row["mention_id"], row["stratum"]) for row in rows}) == len(rows)


def test_a_mention_drawn_twice_has_one_label() -> None:
    labels: dict[str, set[str]] = {}
    for row in read_rows("organizations.csv"):
        labels.setdefault(row["mention_id"], set()).add(row["organizations"])
    assert all(len(found) == 1 for found in labels.values())


def test_only_rows_found_in_the_registry_name_organizations() -> None:
    rows = read_rows("no_match.csv")
    assert {row["verdict"] for row in rows} == {"none", "known", "unclear"}
    assert all(bool(row["organizations"]) == (row["verdict"] == "known") for row in rows)
    assert len({row["key"] for row in rows}) == len(rows)


def test_a_label_lists_alternatives_optional_ones_and_names(conferences: ModuleType) -> None:
    first, second = conferences.parse_label("01aaaaa11/local:Acme Labs|?02bbbbb22")
    assert first.ids == {"https://ror.org/01aaaaa11"}
    assert first.names == ("Acme Labs",)
    assert (first.optional, second.optional) == (False, True)
    assert conferences.parse_label("none") == ()


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("Acme", "Acme Robotics (France)", True),
        ("A.B. Morris", "AB Morris Bank", True),
        ("Acme (France)", "Acme", True),
        ("Upper Institute of Technology", "Lower Institute of Technology", False),
        ("(France)", "Acme", False),
    ],
)
def test_names_are_the_same_but_for_words_added(
    conferences: ModuleType, one: str, other: str, same: bool
) -> None:
    assert conferences.is_same_name(one, other) is same


def graded(
    conferences: ModuleType, label: str, hits: tuple[int | None, ...], **others: float
) -> Any:
    named = conferences.parse_label(label)
    case = conferences.Case("slots", "dev", "text", None, int(others.get("draws", 1)), named)
    probability = others.get("probability", 0.9)
    answers = tuple(("id", "name", probability) for _ in hits)
    return conferences.Graded(case, answers, hits)


def test_precision_is_taken_over_the_surest_answers(conferences: ModuleType) -> None:
    sure = graded(conferences, "01aaaaa11", (0,), draws=8, probability=0.9)
    doubtful = graded(conferences, "01aaaaa11", (None,), draws=2, probability=0.6)
    silent = graded(conferences, "01aaaaa11", (), draws=10)
    assert conferences.precision_at([doubtful, sure, silent], coverage=0.4) == 1
    assert conferences.precision_at([doubtful, sure, silent], coverage=0.9) == 0.8


def test_sets_leave_optional_organizations_out(conferences: ModuleType) -> None:
    label = "01aaaaa11|02bbbbb22|?03ccccc33"
    assert conferences.set_f1([graded(conferences, label, (0, 1))]) == 1
    assert conferences.set_f1([graded(conferences, label, (0, 1, 2))]) == 1
    assert conferences.set_f1([graded(conferences, label, (0, 2))]) == pytest.approx(2 / 3)
    assert conferences.set_f1([graded(conferences, label, (0, 1, None))]) == pytest.approx(4 / 5)


def test_sets_may_leave_out_what_another_one_is_part_of(conferences: ModuleType) -> None:
    part_alone = graded(conferences, "01aaaaa11|02bbbbb22", (0,))._replace(wholes=frozenset({1}))
    assert conferences.set_f1([part_alone]) == pytest.approx(2 / 3)
    assert conferences.set_f1([part_alone], wholes=False) == 1


def test_silence_is_right_where_the_registry_names_nothing(conferences: ModuleType) -> None:
    silent, wrong, kept = (graded(conferences, "local:Acme", hits) for hits in ((), (None,), (0,)))
    assert [g.is_left_alone for g in (silent, wrong, kept)] == [True, False, True]
    assert not any(g.is_reachable for g in (silent, wrong, kept))
    assert graded(conferences, "01aaaaa11/local:Acme", ()).is_reachable
