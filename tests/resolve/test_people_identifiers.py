"""Identifiers: form, check digit, and what is only a name."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from talentflow.resolve.identifiers import (
    holds_orcid_checksum,
    is_disambiguated_slug,
    is_hard,
    read_profile_number,
    system_of,
)


@pytest.mark.parametrize(
    ("orcid", "holds"),
    [
        ("0000-0002-1825-0097", True),  # ORCID's own example
        ("0000-0002-1694-233X", True),
        ("0000-0002-1825-0098", False),
        ("0000-0002-1825-009X", False),
        ("0000000218250097", False),
        ("٠٠٠٠-0002-1825-0097", False),
        ("", False),
    ],
)
def test_orcid_checksum(orcid: str, holds: bool) -> None:
    assert holds_orcid_checksum(orcid) is holds


@given(st.integers(0, 10**15 - 1), st.integers(0, 14), st.integers(1, 9))
def test_orcid_checksum_notices_any_wrong_digit(number: int, place: int, shift: int) -> None:
    def write(digits: str) -> list[str]:
        whole = [digits + check for check in "0123456789X"]
        return ["-".join(w[i : i + 4] for i in range(0, 16, 4)) for w in whole]

    right = [i for i, orcid in enumerate(write(f"{number:015}")) if holds_orcid_checksum(orcid)]
    assert len(right) == 1
    digits = f"{number:015}"
    wrong = digits[:place] + str((int(digits[place]) + shift) % 10) + digits[place + 1 :]
    assert not holds_orcid_checksum(write(wrong)[right[0]])


@pytest.mark.parametrize(
    ("identifier", "hard"),
    [
        ("openreview:~Jane_Doe1", True),
        ("ieee:37000000001", True),
        ("email:000012@uni.example", True),
        ("email:000000@uni.example", False),
        ("email:***@uni.example", False),
        ("orcid:0000-0002-1825-0097", True),
        ("orcid:0000-0002-1825-0098", False),
        ("acl:jane-doe", False),
        ("slot:paper/3", False),
        ("name:jane doe", False),
        ("jane", False),
        (":", False),
        ("registry-of-its-own:7", True),
    ],
)
def test_is_hard(identifier: str, hard: bool) -> None:
    assert is_hard(identifier) is hard


def test_system_of() -> None:
    assert system_of("dblp:12/34:5") == "dblp"
    assert system_of("no system") == "slot"


@pytest.mark.parametrize(
    ("slug", "full", "more"),
    [
        ("bo-li", "bo li", False),
        ("bo-li-example", "bo li", True),
        ("bo-li2", "bo li", True),
        ("min-jun-kim", "minjun kim", False),
        ("nancy-doe", "nancyf doe", False),
        ("bo-li", "", False),
    ],
)
def test_disambiguated_slug(slug: str, full: str, more: bool) -> None:
    assert is_disambiguated_slug(slug, full) is more


@pytest.mark.parametrize(
    ("identifier", "found"),
    [
        ("openreview:~Ada_Quill3", ("Ada Quill", 3)),
        ("openreview:~Ada_J._Quill12", ("Ada J. Quill", 12)),
        ("openreview:~Ada_Quill", None),
        ("ieee:37086936234", None),
        ("ada@quill3", None),
    ],
)
def test_the_number_of_a_profile(identifier: str, found: tuple[str, int] | None) -> None:
    assert read_profile_number(identifier) == found
