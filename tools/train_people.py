"""Fit the model that tells people of one name apart, and write it with its data sheet's figures.

    python tools/train_people.py STORE

STORE is the store of a build. Pairs of authorships whose truth OpenReview or IEEE know, on the
half of the names (by surname and initial) that `benchmarks/resolve_people.py` does not score.
Every registry is used whole, with a seventh of its papers, and without affiliations, so that
the model also holds for short lists and for lists of names. Logistic regression by Newton's
method, no randomness: the same store gives the same file.
"""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

REPOSITORY = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(REPOSITORY / "benchmarks"))

from hidden_people import (  # noqa: E402
    SYSTEMS,
    Floats,
    Tables,
    hidden_records,
    is_held_out,
    number_values,
    read_tables,
    renumber,
    score,
)
from talentflow.resolve.people_by_evidence import (  # noqa: E402
    expect_known_bearers,
    join_by_evidence,
)
from talentflow.resolve.people_evidence import list_authorships, read_affiliations  # noqa: E402
from talentflow.resolve.people_graph import Mask  # noqa: E402
from talentflow.resolve.people_joins import join_by_identifier, join_by_name  # noqa: E402
from talentflow.resolve.people_match import FEATURES, Model, list_pairs  # noqa: E402
from talentflow.resolve.people_slots import read_slots  # noqa: E402

SIGNS = {
    "log_bearers": -1,
    "common_author": 1,
    "rarest_common_author": 1,
    "log_common_authors": 1,
    "rarest_affiliation": 1,
    "log_affiliations": 1,
    "no_affiliation": -1,
    "rarest_domain": 1,
    "no_domain": -1,
    "rarest_setting": 1,
    "no_setting": -1,
    "same_venue": 1,
    "middle_name_missing": -1,
    "initial_only": -1,
    "unplaced_rarest_common_author": 1,
    "common_name_common_author": 1,
    "common_name_same_place": 1,
    "common_name_rarest_setting": 1,
}
"""What a feature may say; one that says the contrary is left out."""

COPIES = ((1, True), (7, True), (1, False))
"""One paper in so many, and whether its affiliations are shown."""

WEIGHTS = {"openreview": 2.0, "ieee": 1.0}
"""OpenReview's identifiers are people's own, IEEE's are found by a rule."""

CLOSEST = (0.0, 0.15, 0.3, 0.45)
THRESHOLDS = (0.4, 0.45, 0.5, 0.55, 0.6)
MODEL = REPOSITORY / "src" / "talentflow" / "resolve" / "people_model.json"


def main() -> None:
    """Fit, choose the linkage on the same half of the names, write the model."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("store", type=Path)
    tables = read_tables(parser.parse_args().store)
    trials = {system: hidden_records(tables, system) for system in SYSTEMS}
    x, y, weight = [], [], []
    for system, (true, hidden) in trials.items():
        for share, placed in COPIES:
            kept = _one_paper_in(hidden, share)
            shown = hidden if placed else _without_affiliations(hidden)
            found = _pairs(true.filter(kept), shown.filter(kept), tables)
            x.append(found[0])
            y.append(found[1])
            weight.append(found[2] * (1e4 * WEIGHTS[system] / share**0.5 / found[2].sum()))
            print(f"{system}, 1 paper in {share}, affiliations {placed}: {len(found[1]):,} pairs")
    coefficients = fit(np.vstack(x), np.concatenate(y), np.concatenate(weight))
    print(dict(zip(FEATURES, coefficients.round(3), strict=True)))
    closest, threshold = _choose_linkage(trials, tables, coefficients)
    stated = {
        "coefficients": {
            name: round(float(c), 4) for name, c in zip(FEATURES, coefficients, strict=True)
        },
        "closest": closest,
        "threshold": threshold,
    }
    MODEL.write_text(json.dumps(stated, indent=1) + "\n")


def _one_paper_in(hidden: pa.Table, share: int) -> pa.Array:
    """Rows of every `share`-th paper, by its place in alphabetical order."""
    papers = hidden["paper_id"].combine_chunks().dictionary_encode()
    order = np.empty(len(papers.dictionary), dtype=np.int64)
    order[pc.sort_indices(papers.dictionary).to_numpy()] = np.arange(len(order))
    return pa.array(order[papers.indices.to_numpy()] % share == 0)


def _without_affiliations(records: pa.Table) -> pa.Table:
    place = records.schema.get_field_index("mention_id")
    nothing = pa.nulls(len(records), pa.int64())
    return records.set_column(place, records.schema.field(place), nothing)


def _pairs(true: pa.Table, hidden: pa.Table, tables: Tables) -> tuple[Floats, Mask, Floats]:
    """Features, truth and weight of the pairs under names to fit; a name weighs what its
    authorships weigh, not their square."""
    slots = read_slots(hidden)
    by_name = join_by_name(slots, join_by_identifier(slots))
    n = slots.identifiers.n_refs
    authorships = list_authorships(
        slots,
        np.arange(n),
        expect_known_bearers(slots, by_name),
        read_affiliations(slots, tables.mentions, tables.resolved_mentions),
    )
    fitted = np.array([not is_held_out(name) for name in slots.names.parsed])[authorships.name]
    one, other, features = list_pairs(authorships, np.flatnonzero(fitted), n)
    truth = _truth(true, hidden, slots.identifiers.text[:n])[slots.ref[authorships.first_row]]
    often = np.bincount(authorships.name)[authorships.name]
    return features, truth[one] == truth[other], 1 / np.maximum(often[one], often[other])


def _truth(true: pa.Table, hidden: pa.Table, refs: list[str]) -> Floats:
    place = pc.index_in(pa.array(refs), value_set=hidden["person_ref"].combine_chunks())
    return number_values(true["person_ref"].take(place))


def fit(x: Floats, y: Mask, weight: Floats, ridge: float = 1.0) -> Floats:
    """Weighted logistic regression; features of the wrong sign are dropped one by one."""
    signs = np.array([SIGNS.get(name, 0) for name in FEATURES])
    kept = np.ones(len(FEATURES), dtype=bool)
    while True:
        beta = np.zeros(len(FEATURES))
        beta[kept] = _newton(x[:, kept], y, weight, ridge)
        wrong = np.where(kept, -signs * beta, 0)
        if wrong.max() <= 0:
            return beta
        kept[int(np.argmax(wrong))] = False


def _newton(x: Floats, y: Mask, weight: Floats, ridge: float) -> Floats:
    beta = np.zeros(x.shape[1])
    penalty = np.full(x.shape[1], ridge)
    penalty[0] = 0
    for _ in range(30):
        p = 1 / (1 + np.exp(-(x @ beta)))
        gradient = x.T @ (weight * (y - p)) - penalty * beta
        curvature = (x * (weight * p * (1 - p))[:, None]).T @ x + np.diag(penalty)
        step = np.linalg.solve(curvature, gradient)
        beta += step
        if np.abs(step).max() < 1e-8:
            break
    return beta


def _choose_linkage(
    trials: dict[str, tuple[pa.Table, pa.Table]], tables: Tables, coefficients: Floats
) -> tuple[float, float]:
    """The share of the closest pair and the threshold with the best mean F1 on fitted names."""
    prepared = []
    for true, hidden in trials.values():
        slots = read_slots(hidden)
        by_identifier = join_by_identifier(slots)
        by_name = join_by_name(slots, by_identifier)
        refs = slots.identifiers.text[: slots.identifiers.n_refs]
        fitted = np.zeros(len(refs), dtype=bool)
        rows = np.flatnonzero(slots.name >= 0)
        fitted[slots.ref[rows]] = np.array([not is_held_out(n) for n in slots.names.parsed])[
            slots.name[rows]
        ]
        prepared.append((slots, by_identifier, by_name, _truth(true, hidden, refs), fitted))
    best = (0.0, 0.0, 0.0)
    for closest in CLOSEST:
        for threshold in THRESHOLDS:
            model = Model(coefficients=coefficients, closest=closest, threshold=threshold)
            reached = []
            for slots, by_identifier, by_name, truth, fitted in prepared:
                found = join_by_evidence(
                    slots,
                    by_identifier,
                    by_name,
                    mentions=tables.mentions,
                    resolved_mentions=tables.resolved_mentions,
                    model=model,
                ).person[: len(truth)]
                one = score(renumber(truth[fitted]), renumber(found[fitted]))
                reached += [one.b_cubed[2], one.pair[2]]
            mean = float(np.mean(reached))
            print(f"closest {closest}, threshold {threshold}:", *(f"{r:.4f}" for r in reached))
            best = max(best, (mean, closest, threshold))
    return best[1], best[2]


if __name__ == "__main__":
    main()
