"""Spellings that say the same words."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from talentflow.resolve.normalise import normalise, raw_words, split_words, tidy_text


@pytest.mark.parametrize(
    ("left", "right"),
    [
        ("Univ. of Tokyo", "The University of Tokyo"),
        ("Universit´e de Montr´eal", "Université de Montréal"),
        ("ETH Z¨urich", "ETH Zürich"),
        ("Texas A&amp;M University", "Texas A&M University"),
        ("2Microsoft", "Microsoft"),
        ("∗†Google Brain", "Google Brain"),
        ("Georgia Institute of Tech- nology", "Georgia Institute of Technology"),
        ("King’s College", "King's College"),
        ("Shanghai Jiao Tong University", "Shanghai Jiaotong Univ"),
        ("ﬁrst Institute", "first institute"),
        ("P.R. China", "PR China"),
        ("Acme, Inc.", "ACME"),
        ("Nat'l Inst. Sci. & Tech.", "National Institute of Science and Technology"),
        ("Łódź", "Lodz"),
    ],
)
def test_the_same_key(left: str, right: str) -> None:
    assert normalise(tidy_text(left)) == normalise(tidy_text(right))


@pytest.mark.parametrize(
    ("left", "right"),
    [
        ("University of Washington", "Washington University"),
        ("Nanjing University", "Nanjing University of Science and Technology"),
    ],
)
def test_different_keys(left: str, right: str) -> None:
    assert normalise(left) != normalise(right)


def test_names_that_begin_with_a_digit_stay() -> None:
    assert normalise(tidy_text("4Paradigm Inc.")) == "4paradigm"


def test_han_hangul_and_kana_stay() -> None:
    assert normalise("서울대학교 컴퓨터공학부") == "서울대학교 컴퓨터공학부"
    assert normalise("東京大学") == "東京大学"


@given(st.text(max_size=60))
def test_normalising_twice_changes_nothing_more(text: str) -> None:
    once = normalise(text)
    assert normalise(once).split() == normalise(normalise(once)).split()


@given(st.text(st.characters(max_codepoint=127), max_size=60))
def test_plain_text_is_read_like_any_other(text: str) -> None:
    assert raw_words(text) == raw_words(f"{text} 한국")[:-1]


@given(st.text(max_size=60))
def test_words_of_a_text_and_of_a_name_agree(text: str) -> None:
    words = " ".join(word.text for word in split_words(text))
    assert not words or words == normalise(text)
