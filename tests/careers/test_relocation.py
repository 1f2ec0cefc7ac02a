"""Does the fitted law find how people move, and do drawn paths undo what was spoilt?"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pyarrow as pa

from talentflow.careers.imputation import (
    draw_mentions,
    draw_people,
    list_weights,
    number_imputation,
)
from talentflow.careers.packing import COUNTRY_SHIFT, PERSON_SHIFT, YEAR_SHIFT, PackedEvidence
from talentflow.careers.relocation import fit_law, refit_law, relocate
from talentflow.careers.weights import hash_ids

MOVES = np.array([[0.95, 0.05], [0.1, 0.9]])


def pack_rows(person: np.ndarray, year: np.ndarray, country: np.ndarray) -> PackedEvidence:
    keys = (person << PERSON_SHIFT) | (year << YEAR_SHIFT) | (country << COUNTRY_SHIFT)
    ids = pa.array([f"p{i}" for i in range(int(person.max()) + 1)])
    return PackedEvidence(
        keys=np.sort(keys),
        traits=np.zeros(len(keys), np.uint32),
        votes=np.ones(len(keys), np.int32),
        seats=np.zeros(len(keys), np.uint8),
        cohorts=np.zeros(len(keys), np.uint64),
        person_ids=ids,
        person_hashes=hash_ids(ids),
        populations=(),
    )


def draw_world(missing: float, wrong: float) -> tuple[PackedEvidence, np.ndarray]:
    """3,000 persons over eight years between countries 7 and 9; the true country by key's place."""
    random = np.random.default_rng(4)
    state = np.zeros((3000, 8), np.int64)
    state[:, 0] = random.random(3000) < 0.4
    for year in range(1, 8):
        moves = random.random(3000) > MOVES[state[:, year - 1], state[:, year - 1]]
        state[:, year] = np.where(moves, 1 - state[:, year - 1], state[:, year - 1])
    seen = random.random(state.shape) < 0.8
    person, year = seen.nonzero()
    truth = np.array([7, 9])[state[person, year]]
    shown = np.where(random.random(len(truth)) < wrong, random.choice([7, 9], len(truth)), truth)
    shown = np.where(random.random(len(truth)) < missing, 0, shown)
    return pack_rows(person, year + 100, shown), truth


def everybody(evidence: PackedEvidence) -> np.ndarray:
    return np.ones(len(evidence.person_ids), np.int32)


def test_law_is_recovered_from_faulty_rows() -> None:
    evidence, _ = draw_world(missing=0.3, wrong=0.1)
    fitted = fit_law(evidence, everybody(evidence))
    assert fitted.countries.tolist() == [7, 9]
    assert np.abs(fitted.moves - MOVES).max() < 0.02
    assert abs(fitted.law.wrong - 0.1) < 0.03


def test_drawn_paths_move_as_often_as_people_did() -> None:
    evidence, truth = draw_world(missing=0.3, wrong=0.1)
    fitted = fit_law(evidence, everybody(evidence))
    drawn = relocate(evidence, fitted, np.random.default_rng(1))

    def share_changed(keys: np.ndarray, country: np.ndarray) -> float:
        same = (keys[1:] >> PERSON_SHIFT) == (keys[:-1] >> PERSON_SHIFT)
        return float((country[1:] != country[:-1])[same].mean())

    shown = (evidence.keys >> COUNTRY_SHIFT) & 255
    now = (drawn.keys >> COUNTRY_SHIFT) & 255
    true_share = share_changed(evidence.keys, truth)
    assert share_changed(evidence.keys, shown) > 3 * true_share
    assert abs(share_changed(drawn.keys, now) / true_share - 1) < 0.15
    assert (now > 0).all()


def test_complete_rows_stay_as_they_are() -> None:
    evidence, _ = draw_world(missing=0.0, wrong=0.0)
    fitted = fit_law(evidence, everybody(evidence))
    drawn = relocate(evidence, fitted, np.random.default_rng(1))
    assert len(drawn.keys) >= 0.999 * len(evidence.keys)
    assert np.isin(drawn.keys, evidence.keys).mean() > 0.998


def test_people_hold_together_as_often_as_they_should() -> None:
    refs = [f"r{i}" for i in range(6000)]
    people = pa.table(
        {
            "person_ref": refs,
            "person_id": [f"p{i // 2}" for i in range(6000)],
            "confidence": [0.8] * 4000 + [1.0] * 2000,
        }
    )
    drawn = draw_people(people, np.random.default_rng(1))
    apart = np.array(drawn["person_id"].to_pylist()) == np.array(refs)
    assert abs(apart[:4000].mean() - 0.2) < 0.03
    assert not apart[4000:].any()
    assert (apart[::2] == apart[1::2]).all()


def test_mentions_keep_their_country_as_often_as_they_should() -> None:
    mentions = pa.table(
        {
            "mention_id": range(4000),
            "country": ["KR"] * 4000,
            "sector": ["university"] * 4000,
            "country_probability": [0.9] * 3000 + [None] * 1000,
        }
    )
    drawn = draw_mentions(mentions, np.random.default_rng(1))
    known = np.array([country is not None for country in drawn["country"].to_pylist()])
    assert abs(known[:3000].mean() - 0.9) < 0.02
    assert known[3000:].all()
    assert drawn["sector"].null_count == drawn["country"].null_count


def test_imputations_are_different_samples() -> None:
    evidence, _ = draw_world(missing=0.0, wrong=0.0)
    other = number_imputation(evidence, 1)
    assert (number_imputation(evidence, 0).person_hashes == evidence.person_hashes).all()
    assert not (other.person_hashes == evidence.person_hashes).any()
    assert replace(other, person_hashes=evidence.person_hashes).keys is evidence.keys


def test_a_resample_has_the_law_that_a_fit_of_its_own_finds() -> None:
    evidence, _ = draw_world(missing=0.3, wrong=0.1)
    fitted = fit_law(evidence, everybody(evidence))
    missed, moved = [], []
    for weights in list_weights(evidence, 4)[1:]:
        near, alone = refit_law(evidence, fitted, weights), fit_law(evidence, weights)
        missed.append(near.moves - alone.moves)
        moved.append(alone.moves - fitted.moves)
    assert np.square(missed).mean() < 0.25 * np.square(moved).mean()


def test_weights_are_those_of_the_tallies() -> None:
    evidence, _ = draw_world(missing=0.0, wrong=0.0)
    weights = list_weights(evidence, 20)
    assert weights.shape == (21, 3000)
    assert (weights[0] == 1).all()
    assert abs(weights[1:].mean() - 1) < 0.02
    assert abs(weights[1:].var() - 1) < 0.05


def test_draws_of_two_vintages_differ_where_later_rows_say_so() -> None:
    """The same numbers are drawn for the same person and year, so years far from the cut agree."""
    evidence, _ = draw_world(missing=0.3, wrong=0.1)
    fitted = fit_law(evidence, everybody(evidence))
    year = (evidence.keys >> YEAR_SHIFT) & 255
    early = evidence.take(evidence.keys, year < 106)
    drawn = [relocate(e, fitted, np.random.default_rng(8)).keys for e in (evidence, early)]
    other = relocate(evidence, fitted, np.random.default_rng(9)).keys
    first = [keys[((keys >> YEAR_SHIFT) & 255) < 102] for keys in (*drawn, other)]
    assert np.isin(first[1], first[0]).mean() > 0.98
    assert np.isin(first[2], first[0]).mean() < 0.98
