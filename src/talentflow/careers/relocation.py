"""Where was each person really, if some answers are missing and some are wrong?

A person's years are a chain of countries that the records show imperfectly: a row names the
true country with a certain probability, else any country as often as rows name it at all (the
row is another person's, or its text was misread), and a row without an answer says nothing. The
chain and the share of wrong rows are fitted to all persons together; then each person's path is
drawn from what their rows leave possible. Single records abroad between years at home are thus
mostly taken for errors, in the proportion in which such errors occur, and missing answers are
filled in the proportion in which people stay and move.

Sources: hidden Markov models, Rabiner 1989; drawing paths by forward filtering and backward
sampling, Frühwirth-Schnatter 2006, ch. 11; latent Markov models of moves seen with error,
Langeheine and van de Pol 1990. Assumed: whether an answer is missing or wrong does not depend on
where the person is, given the other years; a move depends on the present country only.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Final

import numba as nb
import numpy as np
import numpy.typing as npt

from talentflow.careers.packing import COUNTRY_SHIFT, PERSON_SHIFT, YEAR_SHIFT, PackedEvidence

Floats = npt.NDArray[np.float64]
Codes = npt.NDArray[np.int64]

_COUNTRY_MASK: Final = 255 << COUNTRY_SHIFT
_ROUNDS: Final = 40
_SETTLED: Final = 1e-4
_LONGEST_GAP: Final = 10
_FIRST_GUESS: Final = 0.03


@dataclass(frozen=True, kw_only=True)
class CareerLaw:
    """`countries`: codes of the states. `moves[a, b]`: chance of being in b a year after a.
    `start`: countries of first years; `named`: how often rows name each country. `wrong`: share
    of answers that are not the person's country."""

    countries: Codes
    moves: Floats
    start: Floats
    named: Floats
    wrong: float


def fit_law(evidence: PackedEvidence, weights: npt.NDArray[np.int32]) -> CareerLaw:
    """The law under which the rows are most probable, by expectation and maximisation (Baum and
    Welch); persons count `weights` times."""
    rows, answers, countries = _code_answers(evidence)
    named = np.bincount(answers[answers >= 0], minlength=len(countries)) + 0.5
    size = len(countries)
    law = CareerLaw(
        countries=countries,
        moves=np.full((size, size), 0.05 / size) + 0.95 * np.eye(size),
        start=named / named.sum(),
        named=named / named.sum(),
        wrong=_FIRST_GUESS,
    )
    for _ in range(_ROUNDS):
        before = law
        law = _maximise(rows, answers, weights, before)
        if np.abs(law.moves - before.moves).max() + abs(law.wrong - before.wrong) < _SETTLED:
            break
    return law


def relocate(
    evidence: PackedEvidence, law: CareerLaw, random: np.random.Generator
) -> PackedEvidence:
    """The evidence with every row's country replaced by the drawn country of its person and year,
    also where the row had none."""
    rows, answers, _ = _code_answers(evidence)
    drawn = np.zeros(len(rows), np.int64)
    _draw_paths(
        rows,
        answers,
        _raise_to_gaps(law.moves),
        law.start,
        law.named,
        law.wrong,
        random.random(len(rows)),
        drawn,
    )
    keys = (evidence.keys & ~np.int64(_COUNTRY_MASK)) | (law.countries[drawn] << COUNTRY_SHIFT)
    order = np.argsort(keys, kind="stable")
    return replace(
        evidence,
        keys=keys[order],
        traits=evidence.traits[order],
        cohorts=evidence.cohorts[order],
    )


def _code_answers(evidence: PackedEvidence) -> tuple[Codes, Codes, Codes]:
    """Rows as person and year, their answers as states (−1: none), and the states' countries."""
    country = (evidence.keys >> COUNTRY_SHIFT) & 255
    countries = np.unique(country[country > 0])
    answers = np.where(country > 0, np.searchsorted(countries, country), -1)
    return evidence.keys >> YEAR_SHIFT, answers, countries


def _raise_to_gaps(moves: Floats) -> Floats:
    """The chances of being somewhere after 1, 2, … years; a longer silence counts as the last."""
    powers = [np.eye(len(moves))]
    for _ in range(_LONGEST_GAP):
        powers.append(powers[-1] @ moves)
    return np.array(powers)


def _maximise(
    rows: Codes, answers: Codes, weights: npt.NDArray[np.int32], law: CareerLaw
) -> CareerLaw:
    size = len(law.countries)
    moves, start, errors = np.zeros((size, size)), np.zeros(size), np.zeros(2)
    _expect(
        rows,
        answers,
        weights,
        _raise_to_gaps(law.moves),
        law.start,
        law.named,
        law.wrong,
        moves,
        start,
        errors,
    )
    # A pinch of the old law keeps countries that nobody was seen to leave from being prisons.
    moves += 0.5 * law.moves
    start += 0.5 * law.start
    return replace(
        law,
        moves=moves / moves.sum(axis=1, keepdims=True),
        start=start / start.sum(),
        wrong=float(errors[0] / max(errors[1], 1.0)),
    )


@nb.njit(cache=True, nogil=True)
def _find_years(rows: Codes, start: int, first: Codes) -> tuple[int, int]:
    """Where each year of the person at row `start` begins, in `first`; how many years, and where
    the next person begins."""
    person, known, row = rows[start] >> (PERSON_SHIFT - YEAR_SHIFT), 0, start
    while row < len(rows) and rows[row] >> (PERSON_SHIFT - YEAR_SHIFT) == person:
        if row == start or rows[row] != rows[row - 1]:
            first[known] = row
            known += 1
        row += 1
    first[known] = row
    return known, row


@nb.njit(cache=True, nogil=True)
def _filter(
    rows: Codes,
    answers: Codes,
    first: Codes,
    known: int,
    powers: Floats,
    start: Floats,
    named: Floats,
    wrong: float,
    chance: Floats,
    forward: Floats,
) -> None:
    """Chance of each year's rows by state, and of the state given the rows so far."""
    size = len(start)
    for k in range(known):
        chance[k, :size] = 1.0
        for row in range(first[k], first[k + 1]):
            if answers[row] >= 0:
                other = wrong * named[answers[row]]
                for state in range(size):
                    right = 1.0 - wrong if state == answers[row] else 0.0
                    chance[k, state] *= right + other
        if k == 0:
            for state in range(size):
                forward[0, state] = start[state] * chance[0, state]
        else:
            power = powers[min(rows[first[k]] - rows[first[k - 1]], len(powers) - 1)]
            for state in range(size):
                total = 0.0
                for before in range(size):
                    total += forward[k - 1, before] * power[before, state]
                forward[k, state] = total * chance[k, state]
        forward[k, :size] /= forward[k, :size].sum()


@nb.njit(cache=True, nogil=True)
def _expect(
    rows: Codes,
    answers: Codes,
    weights: npt.NDArray[np.int32],
    powers: Floats,
    start: Floats,
    named: Floats,
    wrong: float,
    moves: Floats,
    begins: Floats,
    errors: Floats,
) -> None:
    """Add up expected moves between adjacent years, beginnings, and wrong answers of all."""
    size = len(start)
    first = np.zeros(257, np.int64)
    chance, forward = np.zeros((256, size)), np.zeros((256, size))
    after, state_now = np.ones(size), np.zeros(size)
    pair = np.zeros((size, size))
    row = 0
    while row < len(rows):
        weight = weights[rows[row] >> (PERSON_SHIFT - YEAR_SHIFT)]
        known, following = _find_years(rows, row, first)
        row = following
        if weight == 0:
            continue
        _filter(rows, answers, first, known, powers, start, named, wrong, chance, forward)
        after[:] = 1.0
        for k in range(known - 1, -1, -1):
            state_now[:] = forward[k] * after
            state_now /= state_now.sum()
            for i in range(first[k], first[k + 1]):
                if answers[i] >= 0:
                    other = wrong * named[answers[i]]
                    here = state_now[answers[i]]
                    errors[0] += weight * (1.0 - here * (1.0 - wrong) / (1.0 - wrong + other))
                    errors[1] += weight
            if k == 0:
                begins += weight * state_now
                break
            gap = rows[first[k]] - rows[first[k - 1]]
            power = powers[min(gap, len(powers) - 1)]
            total = 0.0
            for a in range(size):
                for b in range(size):
                    pair[a, b] = forward[k - 1, a] * power[a, b] * chance[k, b] * after[b]
                    total += pair[a, b]
            if gap == 1:
                moves += weight * pair / total
            for a in range(size):
                state_now[a] = 0.0
                for b in range(size):
                    state_now[a] += power[a, b] * chance[k, b] * after[b]
            after[:] = state_now / state_now.sum()


@nb.njit(cache=True, nogil=True)
def _draw_paths(
    rows: Codes,
    answers: Codes,
    powers: Floats,
    start: Floats,
    named: Floats,
    wrong: float,
    uniform: Floats,
    drawn: Codes,
) -> None:
    """Draw the last year's state, then each earlier one given the one after it."""
    size = len(start)
    first = np.zeros(257, np.int64)
    chance, forward = np.zeros((256, size)), np.zeros((256, size))
    row = 0
    while row < len(rows):
        known, following = _find_years(rows, row, first)
        _filter(rows, answers, first, known, powers, start, named, wrong, chance, forward)
        state = -1
        for k in range(known - 1, -1, -1):
            if state >= 0:
                power = powers[min(rows[first[k + 1]] - rows[first[k]], len(powers) - 1)]
                for a in range(size):
                    forward[k, a] *= power[a, state]
            mark, state = uniform[first[k]] * forward[k].sum(), 0
            while state < size - 1 and mark >= forward[k, state]:
                mark -= forward[k, state]
                state += 1
            drawn[first[k] : first[k + 1]] = state
        row = following
