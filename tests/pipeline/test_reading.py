"""The library: tables of a store as Arrow, pandas and Polars, and how they look."""

from __future__ import annotations

import pandas as pd
import polars as pl
import pyarrow as pa
import pytest

import talentflow as tf


def test_values_in_every_frame(toy_store):
    arrow = tf.read("values", store=toy_store.store)
    assert isinstance(arrow, pa.Table)
    assert isinstance(tf.read("values", toy_store.store, frame="pandas"), pd.DataFrame)
    polars = tf.read("values", toy_store.store, frame="polars")
    assert isinstance(polars, pl.DataFrame)
    assert polars.height == arrow.num_rows


def test_private_tables_are_there_for_their_owner(toy_store):
    moves = tf.read("moves", toy_store.store)
    assert {"person_id", "from_country", "to_country", "gap_years"} <= set(moves.column_names)


def test_figures_display_and_convert(toy_store):
    figures = tf.figures("net_rate", toy_store.store, area="US", definition="default")
    assert len(figures) == len(figures.to_pandas())
    assert pl.DataFrame(figures).height == len(figures)
    page = figures._repr_html_()
    assert "<caption>Net rate</caption>" in page
    assert "2015/2019" in page


def test_wrong_requests_say_what_there_is(toy_store, tmp_path):
    with pytest.raises(tf.TalentflowError, match=r"values|moves"):
        tf.read("salaries", toy_store.store)
    with pytest.raises(tf.TalentflowError, match="no finished build"):
        tf.read("moves", tmp_path)
    with pytest.raises(tf.TalentflowError, match="unknown indicator"):
        tf.figures("net", toy_store.store)


def test_the_root_lists_what_it_exports():
    assert set(dir(tf)) == set(tf.__all__)
    assert all(getattr(tf, name) is not None for name in tf.__all__)
