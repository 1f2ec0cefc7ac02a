"""Layouts of files, matches of profiles, and where a plus joins."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from talentflow.core.vocabulary import Tier
from talentflow.sources.alignment import (
    Layout,
    ListShape,
    find_layout,
    is_certain,
    match_profiles,
)
from talentflow.sources.author_lists import split_comma_plus, split_joined, undo_repeat
from talentflow.sources.paper_status import read_tier


def shapes(*entries, n_authors=3, role=False, profiles=False):
    return [ListShape(n_authors, one.split(), role, profiles) for one in entries]


@pytest.mark.parametrize(
    ("given_shapes", "layout"),
    [
        ([], Layout.AUTHORS),
        (shapes("a b c"), Layout.AUTHORS),
        (shapes(*["a a b"] * 40, "a b"), Layout.AUTHORS),
        (shapes(*["a a b"] * 40, *["a b c b"] * 20), Layout.AUTHORS),
        (shapes(*["a a b"] * 4, *["a a"] * 3), Layout.LOST),
        (shapes("a b", "a", "a b c"), Layout.PAPERS),
        (shapes("a a b", role=True), Layout.LOST),
        (shapes("a a b", "a a", role=True, profiles=True), Layout.PROFILES),
        (shapes("a", "b", n_authors=1), Layout.AUTHORS),
    ],
)
def test_find_layout(given_shapes, layout):
    assert find_layout(given_shapes) is layout


@pytest.mark.parametrize(
    ("n_authors", "affs", "domains", "certain"),
    [
        (1, ["a"], ["x"], True),
        (1, ["a", "b"], ["x"], False),
        (3, ["a"] * 3, ["x"] * 3, True),
        (3, ["a"] * 3, [], True),
        (3, ["a"] * 2, ["x"] * 2, False),
        (3, ["a", "a", "b"], ["x"] * 3, False),
        (3, ["a"] * 3, ["x", "x", "y"], False),
    ],
)
def test_is_certain(n_authors, affs, domains, certain):
    assert is_certain(n_authors, affs, domains) is certain


@pytest.mark.parametrize(
    ("ids", "profiles", "matches"),
    [
        ("~A_B1 ~C_D1", "~C_D1 ~A_B1", [1, 0]),
        ("~A_B1 ~C_D1", "~A_B1 ~X_Y1", [0, 1]),
        ("~Ann_One1 ~Bob_Two1 ~E_F1", "~E_F1 ~Bob_Z_Two1 ~Ann_One2", [2, 1, 0]),
        ("~Luan_Di3 ~Michael_Wang1", "~DI_LUAN1 ~MICHAEL_YU_WANG1", [0, 1]),
        ("~Yen_Lee1 ~Ya_Ting_Pai1", "~Ya-Ting_Pai1 ~Patrick_Lee4", [1, 0]),
        ("~Ann_One1 ~Ann_One2", "~Ann_One3 ~Ann_One4", [None, None]),
        ("~Ann_One1 ~Bob_Two1", "~Ann_One1 ~Other1 ~More1", [0, None]),
        ("email:1 ~Bob_Two1", "~Bob_Two1 ~New_One1", [1, 0]),
        ("email:1 email:2", "~New_One1 ~New_Two1", [None, None]),
        ("~A_B1 ~A_B1", "~A_B1 ~A_B1", [0, 1]),
    ],
)
def test_match_profiles(ids, profiles, matches):
    assert match_profiles(ids.split(), profiles.split()) == matches


@given(
    st.lists(st.sampled_from(["~A_B1", "~A_B2", "~C_D1", "email:1", ""]), max_size=6),
    st.lists(st.sampled_from(["~A_B1", "~A_B3", "~C_D1", "~E_F1", ""]), max_size=6),
)
def test_a_profile_is_nobody_elses(ids, profiles):
    matches = match_profiles(ids, profiles)
    taken = [match for match in matches if match is not None]
    assert len(matches) == len(ids)
    assert len(taken) == len(set(taken))
    assert all(profiles[match] for match in taken)


@given(st.lists(st.sampled_from("abc"), min_size=1, max_size=5), st.booleans())
def test_undo_repeat_undoes_a_doubling_once(names, with_ids):
    ids = [f"~{i}" for i in range(len(names))] if with_ids else []
    assert undo_repeat(names * 2, ids * 2) == names


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("X U", ["X U"]),
        ("X U+Y Lab", ["X U", "Y Lab"]),
        ("X U + Y Lab + Z Inc", ["X U", "Y Lab", "Z Inc"]),
        ("HUAWEI Technologies Co.+Ltd.", ["HUAWEI Technologies Co.+Ltd."]),
        ("Face++", ["Face++"]),
        ("Megvii Inc. (Face++)+X U", ["Megvii Inc. (Face++)", "X U"]),
        ("C++ Lab+X U", ["C++ Lab", "X U"]),
        ("Google+", ["Google+"]),
        ("+X U", ["+X U"]),
        ("Microsoft Cloud + AI", ["Microsoft Cloud + AI"]),
        ("Microsoft Cloud+AI", ["Microsoft Cloud+AI"]),
        ("X Computing + Mathematical Sciences, Y U", ["X Computing + Mathematical Sciences, Y U"]),
        ("MESA+ Institute for X, Y U", ["MESA+ Institute for X, Y U"]),
        ("Geek+ Corp", ["Geek+ Corp"]),
        ("Google Inc.+1", ["Google Inc.+1"]),
        ("X Lab (A+B)", ["X Lab (A+B)"]),
        ("Dept. of Me-+ chanical Eng.", ["Dept. of Me-+ chanical Eng."]),
        ("X U+Corporate Research, Y GmbH", ["X U", "Corporate Research, Y GmbH"]),
    ],
)
def test_split_joined(text, parts):
    assert split_joined(text) == parts


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("School of X+Soo University", ["School of X, Soo University"]),
        ("Alpha Group+Soo University", ["Alpha Group", "Soo University"]),
        ("Goo School of X+Ren U of Y", ["Goo School of X, Ren U of Y"]),
        ("Institute of X+Some Academy+U of Z", ["Institute of X, Some Academy", "U of Z"]),
        ("University of California+San Diego", ["University of California, San Diego"]),
        ("Acme Co.+Ltd.+X U", ["Acme Co., Ltd.", "X U"]),
    ],
)
def test_split_comma_plus(text, parts):
    assert split_comma_plus(text) == parts


A, S = Tier.ACCEPTED, Tier.SUBMITTED


@pytest.mark.parametrize(
    ("status", "tier"),
    [
        ("Oral", S | A | Tier.ORAL),
        ("Talk", S | A | Tier.ORAL),
        ("Spotlight", S | A | Tier.SPOTLIGHT),
        ("Highlight", S | A | Tier.SPOTLIGHT),
        ("Poster", S | A | Tier.POSTER),
        ("Poster Workshop", S | A | Tier.POSTER | Tier.WORKSHOP),
        ("Workshop", S | A | Tier.WORKSHOP),
        ("Long Findings", S | A | Tier.FINDINGS),
        ("Short Main", S | A),
        ("Technical Paper", S | A),
        ("", S | A),
        ("Reject", S | Tier.REJECTED),
        ("Desk Reject", S | Tier.REJECTED),
        ("Withdraw", S | Tier.WITHDRAWN),
        ("Active", S),
    ],
)
def test_read_tier(status, tier):
    assert read_tier(status) == tier
