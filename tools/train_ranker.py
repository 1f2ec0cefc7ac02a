"""Train the ranker of organizations and write the model that ships with the package.

    python tools/train_ranker.py [--data ../shared/data]

Needs scikit-learn (of the extra `dev`). Learns from the development half of the labelled lists
only, split by organization; everything below comes out the same on every run with the same
data. Writes `rank_model.npz` and its data sheet `rank_model.json` beside the code that reads
them. `benchmarks/resolve_organizations.py` measures the result on the other half.
"""

from __future__ import annotations

import argparse
import csv
import json
import re
import zlib
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import sklearn
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.isotonic import IsotonicRegression

from talentflow.core.areas import area_names
from talentflow.resolve.candidates import parse_text
from talentflow.resolve.choose import (
    further_features,
    gather_evidence,
    list_candidates,
    list_further,
    pick_firsts,
)
from talentflow.resolve.general_words import GENERIC_WORDS
from talentflow.resolve.kinds import Kind
from talentflow.resolve.normalise import is_wide
from talentflow.resolve.organizations_csv import load_registry
from talentflow.resolve.rank_features import FEATURES, RankRows
from talentflow.resolve.rank_labels import (
    COMPLETE_LISTS,
    Label,
    choose_training,
    find_positions,
    fold_of,
    half_of,
    read_labels,
)
from talentflow.resolve.rank_model import FURTHER_FEATURES, MODEL_FILE
from talentflow.resolve.registry import Registry
from talentflow.sources.evidence import mention_id

MODEL = Path(__file__).resolve().parents[1] / "src" / "talentflow" / "resolve" / MODEL_FILE
NO_MATCH = Path(__file__).resolve().parents[1] / "benchmarks" / "labels" / "no_match.csv"
_ID = re.compile(r"\b0[a-z0-9]{8}\b")
FOLDS = 5
THRESHOLD = 0.6
"""An organization is answered from this probability on; set on the development folds."""
FURTHER_THRESHOLD = 0.25
"""The same for a further one: an answer lost costs the set more than a spurious one."""

FURTHER_SEEDS = 5

LIST_WEIGHT = {"crossref": 0.6, "springer": 1.0}
"""Lists with one id a text teach less: a right answer can be labelled wrong. Others count 1.5."""
UNREACHABLE_WEIGHT = 0.4
"""Of texts whose organization the registry lacks: all candidates are wrong, or labelled so."""
SWAPPED_SHARE, SWAPPED_WEIGHT = 3, 1.0
"""One text in so many is learned again with another country, where no candidate is right."""
MISSING_SHARE, MISSING_WEIGHT = 2, 0.5
"""One text in so many that name one organization is learned again as if the registry lacked it:
what is like a known name is then not meant."""

BARE_WEIGHT, BARE_KINDS = 0.3, (Kind.DISPLAY, Kind.LABEL, Kind.FAMILY)
"""Of names of the registry alone; of several organizations of a name one is drawn."""

MONOTONE = {
    "area": 1, "better_namesakes": -1, "equal_namesakes": -1, "rival_weight": 1, "likeness": 1,
    "missing_word": -1, "unknown_left": -1, "unknown_right": -1, "inner": -1, "joined_after": -1,
    "kind": -1, "extra_word": -1, "whole": 1, "cut": -1, "score": 1,
}  # fmt: skip
"""Features whose direction is known before any data: what must not be learned from noise."""

SETTINGS: dict[str, Any] = {
    "learning_rate": 0.06,
    "max_leaf_nodes": 20,
    "max_features": 0.3,
    "l2_regularization": 20.0,
    "early_stopping": False,
    "random_state": 0,
}


@dataclass(frozen=True)
class Examples:
    """Rows of candidates with their truth. Arrays are parallel to the rows."""

    labels: list[Label]
    rows: RankRows
    right: np.ndarray
    weight: np.ndarray
    fold: np.ndarray
    made: np.ndarray


def main() -> None:
    """Train, write the model and its data sheet."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    default = Path(__file__).resolve().parents[2] / "shared" / "data"
    parser.add_argument("--data", type=Path, default=default)
    options = parser.parse_args()
    registry = load_registry(options.data)
    labels = drop_strange(correct_labels(choose_training(read_labels(options.data))), registry)
    examples = list_examples(labels, registry)
    model, sheet = train(examples, registry)
    np.savez_compressed(MODEL, **model)
    sheet["texts"] = dict(sorted(Counter(label.source for label in labels).items()))
    MODEL.with_suffix(".json").write_text(json.dumps(sheet, indent=1, ensure_ascii=False) + "\n")
    print(json.dumps(sheet["development_folds"], indent=1))


def correct_labels(labels: list[Label]) -> list[Label]:
    """The labels, those without id as read again: texts that name an organization of today's
    registry get its id, if it is of the development half; unclear ones are left out."""
    with NO_MATCH.open(encoding="utf-8") as file:
        verdicts = {int(row["key"]): row for row in csv.DictReader(file)}
    corrected = []
    for label in labels:
        found = None if label.ids else verdicts.get(mention_id(label.text, None))
        if found is None or found["verdict"] == "none":
            corrected.append(label)
        elif found["verdict"] == "known":
            ids = frozenset(f"https://ror.org/{x}" for x in _ID.findall(found["organizations"]))
            again = label._replace(ids=ids)
            if ids and half_of(again) == "dev":
                corrected.append(again)
    return corrected


def drop_strange(labels: list[Label], registry: Registry) -> list[Label]:
    """The labels without those whose organization has no word in common with the text, which
    are mistakes of a list or knowledge that the text does not hold."""
    names: dict[int, list[str]] = {}
    for key, candidates in (*registry.by_name.items(), *registry.by_acronym.items()):
        for o, _ in candidates:
            names.setdefault(o, []).append(key)
    kept = []
    for label in labels:
        keys = [key for o in find_positions(label.ids, registry) for key in names.get(o, ())]
        words = parse_text(label.text).words
        padded = f" {' '.join(words)} "
        telling = {word for key in keys for word in key.split()} - GENERIC_WORDS
        if not keys or telling.intersection(words) or any(f" {key} " in padded for key in keys):
            kept.append(label)
    return kept


def list_examples(labels: list[Label], registry: Registry) -> Examples:
    """Candidates of all texts and of texts made from them: with another country, with the named
    organization missing from the registry, and names that stand alone."""
    truth = [find_positions(label.ids, registry) for label in labels]
    made = [
        *_swap_countries(labels, truth, registry),
        *_list_missing(labels, truth, registry),
        *_list_bare_names(registry),
    ]
    everything = [*labels, *(one.label for one in made)]
    known_of = [*truth, *(find_positions(one.label.ids, registry) & one.right for one in made)]
    evidence = [gather_evidence(label.text, None, registry) for label in everything]
    missing = [*(set[int]() for _ in labels), *(one.missing for one in made)]
    rows = list_candidates(evidence, registry, missing)
    pairs = zip(rows.text.tolist(), rows.organization.tolist(), strict=True)
    weights = [LIST_WEIGHT.get(label.source, 1.5) for label in everything]
    for i, (label, known) in enumerate(zip(everything, known_of, strict=True)):
        if i >= len(labels):
            weights[i] *= made[i - len(labels)].weight
        elif label.ids and not known:
            weights[i] *= UNREACHABLE_WEIGHT
    local = np.array(registry.rank.is_local)[rows.organization]
    return Examples(
        labels=everything,
        rows=rows,
        right=np.array([o in known_of[t] for t, o in pairs]),
        # No list labels an organization without ROR id, so its rows would all be called wrong.
        weight=np.where(local, 0.0, np.array(weights)[rows.text]),
        fold=np.array([fold_of(label, FOLDS) for label in everything])[rows.text],
        made=rows.text >= len(labels),
    )


class Made(NamedTuple):
    """A text that was made. `right`: organizations that it names; none where a labelled text
    was changed so that no candidate is right."""

    label: Label
    missing: set[int]
    weight: float
    right: frozenset[int] = frozenset()


def _list_bare_names(registry: Registry) -> list[Made]:
    """Names of registered organizations of the development half, bare or before their country
    or city: what lists of biomedical papers seldom hold (companies, names in Han and Hangul)."""
    countries, local = area_names("en"), registry.rank.is_local
    bare: dict[int, str] = {}
    for key, candidates in registry.by_name.items():
        draw = zlib.crc32(key.encode())
        bearers = [o for o, kind in candidates if kind in BARE_KINDS and not local[o]]
        if bearers and draw % (4 if is_wide(key) or len(bearers) > 1 else 16) == 0:
            bare.setdefault(bearers[draw // 16 % len(bearers)], key)
    made = []
    for o, key in bare.items():
        label = Label("made", key, frozenset((registry.ids[o],)))
        if half_of(label) == "dev":
            country, city = registry.countries[o], registry.cities[o]
            place = (None, countries.get(country or ""), city)[zlib.crc32(key.encode()) // 16 % 3]
            if place:
                label = label._replace(text=f"{key}, {place}")
            made.append(Made(label, set(), BARE_WEIGHT, frozenset((o,))))
    return made


def _swap_countries(labels: list[Label], truth: list[set[int]], registry: Registry) -> list[Made]:
    made = []
    for label, known in zip(labels, truth, strict=True):
        text = swap_country(label, known, registry)
        if text is not None:
            made.append(Made(label._replace(text=text), set(), SWAPPED_WEIGHT))
    return made


def _list_missing(labels: list[Label], truth: list[set[int]], registry: Registry) -> list[Made]:
    """Texts of which the organization is to be missing; only those that name no other."""
    evidence = [gather_evidence(label.text, None, registry) for label in labels]
    rows = list_candidates(evidence, registry)
    firm = rows.features[:, FEATURES.index("fitting_names")]
    names = dict(zip(rows.text.tolist(), firm.tolist(), strict=True))
    return [
        Made(label, known, MISSING_WEIGHT)
        for i, (label, known) in enumerate(zip(labels, truth, strict=True))
        if known and names.get(i, 0) <= 1 and not zlib.crc32(label.text.encode()) % MISSING_SHARE
    ]


def swap_country(label: Label, known: set[int], registry: Registry) -> str | None:
    """The text with another country in place of its own; null where it names none alone, for
    companies (which are anywhere), and for most texts."""
    if not known or zlib.crc32(label.text.encode()) % SWAPPED_SHARE:
        return None
    if any(registry.sectors[o] == "company" for o in known):
        return None
    evidence = gather_evidence(label.text, None, registry)
    named = [p for p in evidence.places if p.level == 3 and p.alone and len(p.areas) == 1]
    if len(named) != 1 or named[0].areas[0] not in {registry.countries[o] for o in known}:
        return None
    names = sorted(set(area_names("en").values()))
    other = names[zlib.crc32(label.text[::-1].encode()) % len(names)]
    before, found, after = label.text.rpartition(evidence.parsed.segments[named[0].segment])
    return f"{before}{other}{after}" if found else None


def train(examples: Examples, registry: Registry) -> tuple[dict[str, Any], dict[str, Any]]:
    """The arrays of the model, and what is to be known of it."""
    rows = examples.rows
    columns = list(FEATURES)
    scores = np.zeros(len(rows.text))
    for fold in range(FOLDS):
        held = examples.fold == fold
        fitted = _fit(rows.features[~held], examples.right[~held], examples.weight[~held], columns)
        scores[held] = fitted.decision_function(rows.features[held])
    final = _fit(rows.features, examples.right, examples.weight, columns)
    firsts = pick_firsts(rows, scores)
    firsts = firsts[~examples.made[firsts] & (examples.weight[firsts] > 0)]
    first_points = _calibrate(scores[firsts], examples.right[firsts], examples.weight[firsts])
    further, first_of = list_further(rows, scores, firsts, registry)
    complete = (examples.weight[further] > 0) & np.array(
        [examples.labels[t].source in COMPLETE_LISTS for t in rows.text[further]]
    )
    further, first_of = further[complete], first_of[complete]
    more = further_features(rows, scores, further, first_of, registry)
    more_fold, more_right = examples.fold[further], examples.right[further]
    more_scores = np.zeros(len(further))
    ones = np.ones(len(further))
    for fold in range(FOLDS):
        held = more_fold == fold
        for fitted in _fit_further(more[~held], more_right[~held], ones[~held]):
            more_scores[held] += fitted.decision_function(more[held]) / FURTHER_SEEDS
    further_points = _calibrate(more_scores, more_right, ones)
    model = {
        "features": np.array(FURTHER_FEATURES),
        **_list_trees([final], "candidates"),
        **_list_trees(_fit_further(more, more_right, ones), "further"),
        "first_score": first_points[0],
        "first_probability": first_points[1],
        "further_score": further_points[0],
        "further_probability": further_points[1],
        "threshold": np.float64(THRESHOLD),
        "further_threshold": np.float64(FURTHER_THRESHOLD),
    }
    answered = np.interp(scores[firsts], *first_points) >= THRESHOLD
    sheet = {
        "what": "ranks the organizations that an affiliation text could name",
        "made_by": "tools/train_ranker.py",
        "learner": f"scikit-learn {sklearn.__version__} HistGradientBoostingClassifier",
        "data": "S2AFF (Apache-2.0) train, ROR matching tests (MIT): the half of the "
        "organizations whose CRC-32 is odd; no text of the other half",
        "rows": len(rows.text),
        "right_rows": int(examples.right.sum()),
        "texts_made": int(np.unique(rows.text[examples.made]).size),
        "further_rows": len(further),
        "further_right": int(more_right.sum()),
        "monotone": MONOTONE,
        "development_folds": {
            "answered": int(answered.sum()),
            "right_of_answered": round(float(examples.right[firsts][answered].mean()), 4),
        },
    }
    return model, sheet


def _fit(
    features: np.ndarray, right: np.ndarray, weight: np.ndarray, columns: list[str]
) -> HistGradientBoostingClassifier:
    learner = HistGradientBoostingClassifier(
        **SETTINGS,
        max_iter=240,
        min_samples_leaf=50,
        monotonic_cst=[MONOTONE.get(name, 0) for name in columns],
    )
    return learner.fit(features, right, sample_weight=weight)


def _fit_further(
    features: np.ndarray, right: np.ndarray, weight: np.ndarray
) -> list[HistGradientBoostingClassifier]:
    """Learners whose mean counts: of few hundred rows each alone would follow its seed."""
    monotone = [MONOTONE.get(name, 0) for name in FURTHER_FEATURES]
    learners = []
    for seed in range(FURTHER_SEEDS):
        settings = {**SETTINGS, "max_leaf_nodes": 6, "random_state": seed}
        learner = HistGradientBoostingClassifier(
            **settings, max_iter=80, min_samples_leaf=30, monotonic_cst=monotone
        )
        learners.append(learner.fit(features, right, sample_weight=weight))
    return learners


def _calibrate(
    scores: np.ndarray, right: np.ndarray, weight: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Points of an isotonic curve, so few that it cannot follow single texts."""
    fitted = IsotonicRegression(y_min=0.005, y_max=0.99, out_of_bounds="clip")
    fitted.fit(scores, right, sample_weight=weight)
    points = np.quantile(scores, np.linspace(0.01, 0.99, 25))
    points = np.unique(points)
    width = np.median(np.diff(points))
    smooth = np.mean([fitted.predict(points + d * width) for d in (-0.5, 0, 0.5)], axis=0)
    return points, np.maximum.accumulate(smooth)


def _list_trees(learners: list[HistGradientBoostingClassifier], name: str) -> dict[str, np.ndarray]:
    """The trees of all learners, which together give the mean of their scores."""
    roots, parts, begin = [], [], 0
    for (predictor,) in (stage for learner in learners for stage in learner._predictors):
        nodes = predictor.nodes
        roots.append(begin)
        parts.append((nodes, begin))
        begin += len(nodes)
    leaf = np.concatenate([nodes["is_leaf"] for nodes, _ in parts]).astype(bool)
    features = np.concatenate([nodes["feature_idx"] for nodes, _ in parts])
    starts = [learner._baseline_prediction.ravel()[0] for learner in learners]
    return {
        f"{name}_roots": np.array(roots, dtype=np.int32),
        f"{name}_feature": np.where(leaf, -1, features).astype(np.int16),
        f"{name}_split": np.concatenate([n["num_threshold"] for n, _ in parts]),
        f"{name}_left": np.concatenate([n["left"] + b for n, b in parts]).astype(np.int32),
        f"{name}_right": np.concatenate([n["right"] + b for n, b in parts]).astype(np.int32),
        f"{name}_value": np.concatenate([n["value"] for n, _ in parts]) / len(learners),
        f"{name}_start": np.float64(np.mean(starts)),
    }


if __name__ == "__main__":
    main()
