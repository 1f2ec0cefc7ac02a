"""Which rows of a file are one person, judging by name, co-authors, affiliation and domain?

Rows are judged by shares of their blocks of names; weights come from the whole file.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Final

import duckdb
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from talentflow.resolve.names import parse_name
from talentflow.resolve.people_csv_names import BATCH_ROWS
from talentflow.resolve.people_evidence import (
    Authorships,
    Shown,
    registered_domains,
    split_affiliations,
    take_apart,
)
from talentflow.resolve.people_graph import Codes
from talentflow.resolve.people_joins import MAX_COMMONNESS
from talentflow.resolve.people_match import load_model, match_authorships
from talentflow.resolve.people_rows import number_values

ROWS_AT_ONCE: Final = 2_000_000
"""Rows judged together, about 1 GB."""

MAX_DOUBT: Final = 0.3

_USABLE: Final = """
CREATE TABLE usable AS
WITH first_seen AS (SELECT record_id, min(n) AS n FROM rows WHERE reason IS NULL GROUP BY ALL)
SELECT n, record_id, (hash(paper_id) >> 1)::BIGINT AS paper, full_name,
    if(bearers.block IS NULL, NULL, (hash(bearers.block) >> 1)::BIGINT) AS block,
    affiliation, domain
FROM rows JOIN first_seen USING (n, record_id) JOIN names USING (name)
    LEFT JOIN bearers USING (full_name)
"""
_WEIGHTS: Final = """
CREATE TABLE author_weights AS
WITH pairs AS (SELECT DISTINCT paper, block AS key FROM usable WHERE block IS NOT NULL)
SELECT key, ln((SELECT count(DISTINCT paper) FROM pairs) / count(*)) AS weight
FROM pairs GROUP BY key;
CREATE TABLE setting_weights AS
WITH pairs AS (SELECT DISTINCT paper, key FROM usable JOIN pieces USING (affiliation))
SELECT key, ln((SELECT count(DISTINCT paper) FROM pairs) / count(*)) AS weight
FROM pairs GROUP BY key;
CREATE TABLE affiliation_weights AS
WITH pairs AS (SELECT n, key FROM usable JOIN pieces USING (affiliation))
SELECT key, ln((SELECT count(DISTINCT n) FROM pairs) / count(*)) AS weight
FROM pairs GROUP BY key;
CREATE TABLE domain_weights AS
WITH pairs AS (SELECT n, key FROM usable JOIN sites USING (domain))
SELECT key, ln((SELECT count(DISTINCT n) FROM pairs) / count(*)) AS weight
FROM pairs GROUP BY key;
CREATE TABLE judged_names AS
WITH listed AS (
    SELECT full_name, max(times) AS times FROM (
        SELECT full_name, count(*) AS times FROM usable GROUP BY paper, full_name
    ) GROUP BY full_name
)
SELECT full_name, name, complete, if(block IS NULL, NULL, (hash(block) >> 1)::BIGINT) AS block,
    greatest(bearers, times - 1) AS bearers,
    complete AND bearers < $max_commonness AND times = 1 AS rare,
    exp(-bearers) AS alone
FROM bearers JOIN listed USING (full_name);
CREATE TABLE verdicts (n BIGINT, first BIGINT, confidence DOUBLE, doubtful BOOLEAN);
"""
_ANSWER: Final = """
CREATE TABLE answers AS
WITH named AS (
    SELECT first, min(record_id) AS record_id, min(full_name) FILTER (rare) AS full_name,
        min(alone) FILTER (rare AND times > 1) AS alone,
        min(confidence) AS confidence, bool_or(complete) AS complete,
        bool_or(bearers >= 1) AND min(confidence) = 1 AS common, bool_or(doubtful) AS doubtful
    FROM (
        SELECT *, count(*) OVER (PARTITION BY full_name) AS times
        FROM verdicts JOIN usable USING (n) LEFT JOIN judged_names USING (full_name)
    ) GROUP BY first
),
people AS (
    SELECT first, coalesce('name:' || full_name, 'slot:' || record_id) AS person_id,
        least(confidence, coalesce(alone, 1)) AS sure,
        full_name IS NULL
            AND (NOT coalesce(complete, false) OR common OR doubtful OR sure < $least)
            AS ambiguous
    FROM named
)
SELECT rows.n, rows.record_id, person_id, sure AS confidence, ambiguous,
    coalesce(reason, if(verdicts.n IS NULL, 'record_id occurs before', NULL)) AS reason
FROM rows LEFT JOIN verdicts USING (n) LEFT JOIN people USING (first)
"""


def prepare_evidence(store: duckdb.DuckDBPyConnection) -> None:
    """From `rows`, `names` and `bearers`: the rows that can be used, what their affiliations and
    domains consist of, and how telling every piece is in the whole file."""
    store.execute(_USABLE)
    _store_pieces(store, "affiliation", "pieces")
    _store_pieces(store, "domain", "sites")
    for statement in _WEIGHTS.split(";"):
        known = {"max_commonness": MAX_COMMONNESS} if "$max_commonness" in statement else None
        if statement.strip():
            store.execute(statement, known)


def judge_rows(store: duckdb.DuckDBPyConnection) -> None:
    """Fill `answers`: person, confidence and ambiguity of every row, or why it is rejected."""
    ((n,),) = store.execute("SELECT count(*) FROM usable").fetchall()
    parts = -(-n // ROWS_AT_ONCE)
    for part in range(parts):
        verdicts = _judge_part(store, f"coalesce(block, 0) % {parts} = {part}")
        store.register("batch", verdicts)
        store.execute("INSERT INTO verdicts FROM batch")
    store.execute(_ANSWER, {"least": 1 - MAX_DOUBT})


def _store_pieces(store: duckdb.DuckDBPyConnection, column: str, table: str) -> None:
    """The keys of every distinct affiliation or domain."""
    store.execute(f"CREATE TABLE {table} ({column} VARCHAR, key BIGINT)")
    split = split_affiliations if column == "affiliation" else registered_domains
    distinct = store.cursor().sql(
        f"SELECT DISTINCT {column} FROM usable WHERE {column} IS NOT NULL"
    )
    for batch in distinct.to_arrow_reader(BATCH_ROWS):
        texts = batch.column(0)
        row, pieces = split(texts)
        store.register("batch", pa.table({"text": texts.take(pa.array(row)), "piece": pieces}))
        store.execute(
            f"INSERT INTO {table} SELECT DISTINCT text, (hash(piece) >> 1)::BIGINT FROM batch"
        )


def _judge_part(store: duckdb.DuckDBPyConnection, where: str) -> pa.Table:
    """The group of every row of some blocks: its first row, how sure it is, and whether it may
    well belong with another."""
    rows = store.sql(
        f"SELECT n, paper, full_name FROM usable WHERE {where} ORDER BY record_id"
    ).to_arrow_table()
    n = rows["n"].to_numpy()
    papers, paper = np.unique(rows["paper"].to_numpy(), return_inverse=True)
    names, name = number_values(rows["full_name"].combine_chunks())
    store.register("wanted", pa.table({"full_name": names}))
    told = store.sql(
        "SELECT full_name, name, bearers, rare, block FROM wanted LEFT JOIN judged_names "
        "USING (full_name) ORDER BY full_name"
    ).to_arrow_table()
    rare = told["rare"].fill_null(False).to_numpy()
    parsed = [parse_name(text or "") for text in told["name"].to_pylist()]
    node = np.arange(len(n))
    named = rare[name]
    first = np.full(len(names), len(n))
    np.minimum.at(first, name[named], node[named])
    node = np.where(named, first[name], node)
    authors, keys = _shown(store, papers, _AUTHORS.format(where=where))
    parts = take_apart(parsed)
    # A name's own block must be known among the authors, so that nobody is their own co-author.
    own = pc.index_in(told["block"].combine_chunks(), value_set=pa.array(keys), skip_nulls=True)
    own = own.fill_null(-1).to_numpy(zero_copy_only=False).astype(np.int64)
    authorships = Authorships(
        node=node,
        paper=paper,
        name=name,
        first_row=node,
        venue=np.full(len(papers), -1),
        names=replace(parts, block=own),
        bearers=told["bearers"].fill_null(0.0).to_numpy(),
        authors=authors,
        setting=_shown(store, papers, _SETTING.format(where=where))[0],
        affiliations=_shown(store, n, _AFFILIATIONS.format(where=where))[0],
        domains=_shown(store, n, _DOMAINS.format(where=where))[0],
    )
    found = match_authorships(
        authorships, np.arange(len(n)), np.zeros(len(n), dtype=np.uint64), load_model()
    )
    group = found.person[node]
    confidence = np.ones(len(n))
    np.minimum.at(confidence, group[found.left], found.probability)
    return pa.table(
        {
            "n": n,
            "first": n[group],
            "confidence": confidence[group],
            "doubtful": found.doubt[node] > MAX_DOUBT,
        }
    )


_AUTHORS: Final = """
SELECT DISTINCT paper AS thing, block AS key, weight
FROM usable JOIN author_weights ON key = block
WHERE paper IN (SELECT paper FROM usable WHERE {where})
"""
_SETTING: Final = """
SELECT DISTINCT paper AS thing, key, weight
FROM usable JOIN pieces USING (affiliation) JOIN setting_weights USING (key)
WHERE paper IN (SELECT paper FROM usable WHERE {where})
"""
_AFFILIATIONS: Final = """
SELECT n AS thing, key, weight
FROM usable JOIN pieces USING (affiliation) JOIN affiliation_weights USING (key) WHERE {where}
"""
_DOMAINS: Final = """
SELECT n AS thing, key, weight
FROM usable JOIN sites USING (domain) JOIN domain_weights USING (key) WHERE {where}
"""


def _shown(store: duckdb.DuckDBPyConnection, things: Codes, query: str) -> tuple[Shown, Codes]:
    """What things show, with the weights of the whole file; and the keys that are numbered."""
    found = store.execute(query).fetchnumpy()
    order = np.argsort(things, kind="stable")
    place = order[np.searchsorted(things, found["thing"], sorter=order)]
    keys, first, key = np.unique(found["key"], return_index=True, return_inverse=True)
    shown = Shown.from_pairs(len(things), place, key)
    weight = found["weight"][first] if len(keys) else shown.weight
    return Shown(keys=shown.keys, weight=weight), keys
