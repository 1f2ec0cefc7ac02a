"""Identifiers of persons as lists write them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from talentflow.sources.identifiers import (
    PersonId,
    normalise_dblp,
    normalise_orcid,
    normalise_scholar,
    parse_author_id,
)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("~Ann_One1", PersonId("openreview", "~Ann_One1")),
        ("/37086936234", PersonId("ieee", "37086936234")),
        ("/o/ann-one/", PersonId("acl", "ann-one")),
        ("/0/0000-0002-1825-0097/", PersonId("orcid", "0000-0002-1825-0097")),
        ("email:000017@cs.X.edu", PersonId("email", "000017@cs.x.edu", "cs.x.edu")),
        ("email:000000@x.edu", PersonId("email", "", "x.edu")),
        ("email:000000@berkeley", None),
        ("~", None),
        ("edu", None),
        ("Conf.cc/2021/Conference/Paper17/Authors", None),
        ("", None),
    ],
)
def test_parse_author_id(text, expected):
    assert parse_author_id(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("0000-0002-1825-0097", "0000-0002-1825-0097"),
        ("https://orcid.org/0000-0002-1694-233X", "0000-0002-1694-233X"),
        ("http://  0000-0002-1694-233x", "0000-0002-1694-233X"),
        ("my-orcid?orcid=0000-0002-1825-0097", "0000-0002-1825-0097"),
        ("0000000218250097", "0000-0002-1825-0097"),
        ("0000-0002-1825-0098", None),
        ("0000-0002-1825", None),
        ("", None),
    ],
)
def test_normalise_orcid(text, expected):
    assert normalise_orcid(text) == expected


@given(st.integers(0, 10**15 - 1), st.integers(0, 9), st.integers(0, 9))
def test_one_wrong_digit_breaks_an_orcid(number, at, digit):
    digits = f"{number:015d}"
    good = [d for d in "0123456789X" if normalise_orcid(digits + d)]
    assert len(good) == 1
    wrong = digits[:at] + str(digit) + digits[at + 1 :]
    assert wrong == digits or normalise_orcid(wrong + good[0]) is None


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("96/9255", "96/9255"),
        ("96/9255-3", "96/9255-3"),
        ("96/9255.html", "96/9255"),
        ("https://dblp.org/pid/96/9255.html", "96/9255"),
        ("https://dblp.uni-trier.de/pid/96/9255", "96/9255"),
        ("https://dblp.org/pers/hd/o/One:Ann", "o/One:Ann"),
        ("https://dblp.org/pers/o/One:Ann.html", "o/One:Ann"),
        ("homepages/96/9255", "96/9255"),
        ("o/AnnOne", "o/AnnOne"),
        ("96/9255/", "96/9255"),
        ("96/9255,", None),
        ("17", None),
        ("https://dblp.org/search?q=ann+one", None),
        ("", None),
    ],
)
def test_normalise_dblp(text, expected):
    assert normalise_dblp(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("gr_ZVSQAAAAJ", "gr_ZVSQAAAAJ"),
        ("gr_ZVSQAAAAJ//", "gr_ZVSQAAAAJ"),
        ("https://scholar.google.com.tw/citations?user=gr_ZVSQAAAAJ", "gr_ZVSQAAAAJ"),
        ("https://scholar.google.de/citations?hl=de&user=gr_ZVSQAAAAJ&x=1", "gr_ZVSQAAAAJ"),
        ("https://scholar.google.com/citations?hl=zh-CN", None),
        ("https://scholar.google.com/", None),
        ("zh-CN", None),
        ("", None),
    ],
)
def test_normalise_scholar(text, expected):
    assert normalise_scholar(text) == expected
