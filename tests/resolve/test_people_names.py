"""Names: typography does not count, order is undone, initials are recognised."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from talentflow.resolve.names import could_be_one_person, parse_name


@pytest.mark.parametrize(
    ("printed", "full"),
    [
        ("Jane Doe", "jane doe"),
        ("  JANE   doe ", "jane doe"),
        ("Doe, Jane", "jane doe"),
        ("Jane Doe, Jr.", "jane doe"),
        ("Jane Doe III", "jane doe"),
        ("Prof. Jane Doe", "jane doe"),
        ("Jane Doe 0001", "jane doe"),
        ("Jane_Doe2", "jane doe"),
        ("Jane Doe*†", "jane doe"),
        ("Min-Jun Kim", "minjun kim"),
        ("Min Jun Kim", "minjun kim"),
        ("Min‐Jun Kim", "minjun kim"),
        ("Kim, Min-Jun", "minjun kim"),
        ("Min-Jun Kim (김민준)", "minjun kim"),
        ("Anaïs Müller", "anais muller"),
        ("Ana¨ıs M¨uller", "anais muller"),
        ("Łukasz Øster", "lukasz oster"),
        ("Jane O’Hara", "jane ohara"),
        ("Jane O'Hara", "jane ohara"),
        ("Ana Prado-Vega", "ana pradovega"),
        ("Joris van der Meent", "joris vandermeent"),
        ("van der Meent, Joris", "joris vandermeent"),
        ("Ｊａｎｅ Doe", "jane doe"),
        ("ﬁona Doe", "fiona doe"),
        ("김민준", "김민준"),
        ("김 민준", "김민준"),
        ("李小明", "李小明"),
        ("ガンダ タロウ", "ガンダタロウ"),
        ("Madonna", "madonna"),
        ("†", ""),
        ("", ""),
    ],
)
def test_full_spelling(printed: str, full: str) -> None:
    assert parse_name(printed).full == full


@pytest.mark.parametrize(
    ("printed", "complete"),
    [
        ("Jane Doe", True),
        ("J. Robert Doe", True),
        ("J. Doe", False),
        ("J.R. Doe", False),
        ("Jane D.", False),
        ("Madonna", False),
        ("김민준", True),
        ("김", False),
        ("", False),
    ],
)
def test_initials_are_not_a_name(printed: str, complete: bool) -> None:
    assert parse_name(printed).complete is complete


def test_parts() -> None:
    assert parse_name("Joris van der Meent").surname == "vandermeent"
    assert parse_name("Min-Jun Kim").given == ("minjun",)
    assert parse_name("김민준").surname == "김"
    assert parse_name("김민준").given == ("민준",)


@pytest.mark.parametrize(
    ("one", "other", "possible"),
    [
        ("Jane Doe", "J. Doe", True),
        ("Jane Doe", "Jane M. Doe", True),
        ("Jane Doe", "Doe Jane", True),
        ("Minjun Kim", "Kim Min-Jun", True),
        ("Minjun Kim", "Kim Min Jun", True),
        ("Alex Doe", "Alexandra Doe", True),
        ("Ana Vega", "Ana Vega Prado", True),
        ("Jane Doe", "Jane", True),
        ("Jane Doe", "김민준", True),
        ("Jane Doe", "John Doe", False),
        ("Wei Zhang", "Wen Zhang", False),
        ("Jane Doe", "Jane Roe", False),
        ("Jane Doe", "Wei Zhang", False),
    ],
)
def test_could_be_one_person(one: str, other: str, possible: bool) -> None:
    assert could_be_one_person(parse_name(one), parse_name(other)) is possible
    assert could_be_one_person(parse_name(other), parse_name(one)) is possible


@given(st.text(max_size=40))
def test_any_text_parses_and_the_full_spelling_is_stable(text: str) -> None:
    name = parse_name(text)
    assert name.full == name.full.strip()
    assert could_be_one_person(name, name)
    if name.full.isascii():
        assert parse_name(name.full).full == name.full


@given(st.text(alphabet="abcdefgXYZ", min_size=2, max_size=8), st.text(alphabet="abc", min_size=2))
def test_the_order_of_writing_does_not_count(given_name: str, surname: str) -> None:
    assert parse_name(f"{surname}, {given_name}") == parse_name(f"{given_name} {surname}")
