"""Searches by vectors find what reading byte by byte finds."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given
from hypothesis import strategies as st

from talentflow.sources.openalex.tokens import BAD, end_of_string, find_lines, skip_value
from talentflow.sources.openalex.vectors import MARGIN

TEXTS = st.text(st.sampled_from('a"\\{}[],:é한 \t'), max_size=150)
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | TEXTS,
    lambda inner: st.lists(inner, max_size=6) | st.dictionaries(TEXTS, inner, max_size=6),
    max_leaves=40,
)


def as_buffer(text: str) -> npt.NDArray[np.uint8]:
    """The bytes of a line with the room behind it that the searches need."""
    raw = text.encode() + b"\n"
    return np.frombuffer(raw + b"}" * MARGIN, np.uint8)[: len(raw)]


@given(VALUES, st.booleans(), st.integers(0, 70))
def test_a_value_ends_where_it_ends(value: Any, escaped: bool, before: int) -> None:
    written = json.dumps(value, ensure_ascii=escaped)
    line = as_buffer(" " * before + written + ',"more":{"a":"}]"}}')
    assert skip_value(line, before) == before + len(written.encode())


@given(TEXTS, st.integers(0, 70))
def test_a_string_ends_at_its_quote(text: str, before: int) -> None:
    written = json.dumps(text, ensure_ascii=False)
    line = as_buffer(" " * before + written + '"')
    assert end_of_string(line, before + 1) == before + len(written.encode()) - 1


@pytest.mark.parametrize("text", ['{"a":"b', '{"a":[1,2', '["' + "x" * 200, "{" * 100, '{"a\\'])
def test_nothing_ends_behind_the_line(text: str) -> None:
    assert skip_value(as_buffer(text), 0) == BAD


@given(st.lists(st.integers(0, 140), max_size=12), st.integers(0, 12))
def test_all_line_feeds_are_found(lengths: list[int], room: int) -> None:
    lines = as_buffer("\n".join("x" * length for length in lengths))
    ends = np.full(room, -1, np.int64)
    expected = np.flatnonzero(lines == ord("\n"))
    assert find_lines(lines, ends) == len(expected)
    assert ends[: len(expected)].tolist() == expected[:room].tolist()
