"""Where was each person really, if some answers are missing and some rows are somebody else's?

A person's years are a chain of hidden states: not yet in research, in a country, out of research.
The rows show it imperfectly. In a year of activity there are rows or there are none; a row names
the true country, or any country as often as rows name it at all (it is another person's, or its
text was misread), or nothing. Outside the years of activity there are only stray rows of others.
The chain and the shares of silent years and of wrong and stray rows are fitted to all persons
together; then each person's path is drawn from what their rows leave possible. A single record
abroad between years at home is thus mostly taken for an error, one long after the last is mostly
taken for a stranger's, each in the proportion in which such errors occur; and missing answers
are filled in the proportion in which people stay and move.

Sources: hidden Markov models, Rabiner 1989; drawing paths by forward filtering and backward
sampling, Frühwirth-Schnatter 2006, ch. 11; latent Markov models of moves seen with error,
Langeheine and van de Pol 1990. Assumed: whether an answer is missing or wrong does not depend on
where the person is, given the other years; what happens next depends on the present state only.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, NamedTuple

import numba as nb
import numpy as np
import numpy.typing as npt

from talentflow.careers.packing import COUNTRY_SHIFT, PERSON_SHIFT, YEAR_SHIFT, PackedEvidence
from talentflow.careers.weights import mix_bits

Floats = npt.NDArray[np.float64]
Codes = npt.NDArray[np.int64]

_COUNTRY_MASK: Final = 255 << COUNTRY_SHIFT
_GOLDEN: Final = np.uint64(0x9E3779B97F4A7C15)
_S11: Final = np.uint64(11)
_UNIT: Final = 2.0**-53
_PERSON_OF_ROW: Final = PERSON_SHIFT - YEAR_SHIFT
_ROUNDS: Final = 60
_SETTLED: Final = 1e-4
_REFITTED: Final = 0.2
"""A resample's law is settled where a step of the fit is so small beside the first one."""

_TAIL_YEARS: Final = 6
"""How long after the last row the chain is followed: whether somebody left or is only silent."""


class Law(NamedTuple):
    """How careers run and how rows show them. States are the countries, then `before`, `after`.

    `steps[a, b]`: chance of state b a year after state a. `start`: states in the year of the
    first row. `named`: how often rows name each country. `silent`: chance that a year of activity
    left no row; `wrong`: that a row of such a year names not the person's country; `stray`: that
    a year outside activity holds a row.
    """

    steps: Floats
    start: Floats
    named: Floats
    silent: float
    wrong: float
    stray: float


class Rows(NamedTuple):
    """Person and year of each row in one code, and the state that its answer names (−1: none);
    `last_year` is where the data end."""

    person_year: Codes
    answer: Codes
    last_year: int


@dataclass(frozen=True, kw_only=True)
class CareerLaw:
    """A fitted law, and the country code of each of its states."""

    law: Law
    countries: Codes

    @property
    def moves(self) -> Floats:
        """Chance of each country a year on, of those who stay in research."""
        size = len(self.countries)
        within = self.law.steps[:size, :size]
        return np.asarray(within / within.sum(axis=1, keepdims=True))


def fit_law(evidence: PackedEvidence, weights: npt.NDArray[np.int32]) -> CareerLaw:
    """The law under which the rows are most probable, by expectation and maximisation (Baum and
    Welch); persons count `weights` times."""
    rows, countries = _code_rows(evidence)
    answers = np.bincount(rows.answer[rows.answer >= 0], minlength=len(countries))
    law = _guess(np.asarray(answers + 0.5, np.float64))
    for _ in range(_ROUNDS):
        before, law = law, _maximise(rows, weights, law)
        if _measure_change(before, law) < _SETTLED:
            break
    return CareerLaw(law=law, countries=countries)


def refit_law(
    evidence: PackedEvidence, fitted: CareerLaw, weights: npt.NDArray[np.int32]
) -> CareerLaw:
    """The law of a resample of the persons, from the one `fitted` to all of them."""
    rows, _ = _code_rows(evidence)
    law, first = fitted.law, 0.0
    for _ in range(_ROUNDS):
        before, law = law, _maximise(rows, weights, law)
        change = _measure_change(before, law)
        first = first or change
        if change <= _REFITTED * first:
            break
    return CareerLaw(law=law, countries=fitted.countries)


def relocate(
    evidence: PackedEvidence, fitted: CareerLaw, random: np.random.Generator
) -> PackedEvidence:
    """The evidence with every row's country replaced by the drawn country of its person and year,
    also where the row had none; rows in years drawn as outside activity are left out.

    What is drawn for a person and year depends on them, on the law, and on one number taken from
    `random`: the same generator gives draws that differ as little as two laws or two vintages do.
    """
    rows, _ = _code_rows(evidence)
    drawn = np.full(len(evidence.keys), -1, np.int64)
    _draw_paths(rows, fitted.law, np.uint64(random.integers(2**62)), drawn)
    kept = np.flatnonzero(drawn < len(fitted.countries))
    keys = evidence.keys.copy()
    placed = fitted.countries[drawn[kept]] << COUNTRY_SHIFT
    keys[kept] = (keys[kept] & ~np.int64(_COUNTRY_MASK)) | placed
    return evidence.take(keys, kept[np.argsort(keys[kept], kind="stable")])


def _code_rows(evidence: PackedEvidence) -> tuple[Rows, Codes]:
    country = (evidence.keys >> COUNTRY_SHIFT) & 255
    countries = np.unique(country[country > 0])
    answer = np.where(country > 0, np.searchsorted(countries, country), -1)
    person_year = evidence.keys >> YEAR_SHIFT
    return Rows(person_year, answer, int((person_year & 255).max(initial=0))), countries


def _guess(named: Floats) -> Law:
    """Where the fit begins: most people stay where they are and in research."""
    size = len(named)
    steps = np.zeros((size + 2, size + 2))
    steps[:size, :size] = 0.85 * np.eye(size) + 0.05 / size
    steps[:size, size + 1] = 0.1
    steps[size, :size] = 0.1 * named / named.sum()
    steps[size, size] = 0.9
    steps[size + 1, size + 1] = 1.0
    start = np.append(0.97 * named / named.sum(), [0.03, 0.0])
    return Law(steps, start, named / named.sum(), 0.3, 0.03, 0.01)


def _measure_change(before: Law, law: Law) -> float:
    steps = float(np.abs(law.steps - before.steps).max())
    return max(steps, abs(law.wrong - before.wrong), abs(law.stray - before.stray))


def _maximise(rows: Rows, weights: npt.NDArray[np.int32], law: Law) -> Law:
    steps, start = np.zeros_like(law.steps), np.zeros_like(law.start)
    shares = np.zeros((3, 2))
    _expect(rows, weights, law, steps, start, shares)
    # A pinch of the old law keeps countries that nobody was seen to leave from being prisons.
    steps += 0.5 * law.steps
    start += 0.5 * law.start
    silent, wrong, stray = (shares[:, 0] / np.maximum(shares[:, 1], 1.0)).tolist()
    return Law(
        steps / steps.sum(axis=1, keepdims=True),
        start / start.sum(),
        law.named,
        min(max(silent, 1e-6), 0.99),
        min(max(wrong, 1e-6), 0.5),
        min(max(stray, 1e-6), 0.5),
    )


@nb.njit(cache=True, nogil=True)
def _find_years(rows: Rows, start: int, first: Codes) -> tuple[int, int]:
    """Where the rows of each year begin, in `first`, from the year of the person's first row to
    some years after their last; how many years, and where the next person begins."""
    person = rows.person_year[start] >> _PERSON_OF_ROW
    begin = rows.person_year[start] & 255
    row, year = start, 0
    while row < len(rows.answer) and rows.person_year[row] >> _PERSON_OF_ROW == person:
        while begin + year <= (rows.person_year[row] & 255):
            first[year] = row
            year += 1
        row += 1
    last = min(begin + year - 1 + _TAIL_YEARS, rows.last_year)
    for later in range(year, last - begin + 2):
        first[later] = row
    return last - begin + 1, row


@nb.njit(cache=True, nogil=True)
def _filter(
    rows: Rows, law: Law, first: Codes, years: int, chance: Floats, forward: Floats
) -> None:
    """Chance of each year's rows by state, and of the state given the rows so far."""
    states = len(law.start)
    size = states - 2
    for k in range(years):
        empty = first[k + 1] == first[k]
        for state in range(states):
            if state < size:
                chance[k, state] = law.silent if empty else 1.0 - law.silent
            else:
                chance[k, state] = 1.0 - law.stray if empty else law.stray
        for row in range(first[k], first[k + 1]):
            answer = rows.answer[row]
            if answer >= 0:
                for state in range(states):
                    right = 1.0 - law.wrong if state == answer else 0.0
                    other = law.wrong if state < size else 1.0
                    chance[k, state] *= right + other * law.named[answer]
        for state in range(states):
            if k == 0:
                forward[0, state] = law.start[state] * chance[0, state]
            else:
                total = 0.0
                for before in range(states):
                    total += forward[k - 1, before] * law.steps[before, state]
                forward[k, state] = total * chance[k, state]
        forward[k, :states] /= forward[k, :states].sum()


@nb.njit(cache=True, nogil=True)
def _expect(
    rows: Rows,
    weights: npt.NDArray[np.int32],
    law: Law,
    steps: Floats,
    start: Floats,
    shares: Floats,
) -> None:
    """Add up expected steps and beginnings, and in `shares` how many of how many years were
    silent, answers wrong, and years outside activity not empty."""
    states = len(law.start)
    first = np.zeros(260, np.int64)
    chance, forward = np.zeros((258, states)), np.zeros((258, states))
    after, now = np.ones(states), np.zeros(states)
    pair = np.zeros((states, states))
    row = 0
    while row < len(rows.answer):
        weight = weights[rows.person_year[row] >> _PERSON_OF_ROW]
        years, row = _find_years(rows, row, first)
        if weight == 0:
            continue
        _filter(rows, law, first, years, chance, forward)
        after[:] = 1.0
        for k in range(years - 1, -1, -1):
            now[:] = forward[k] * after
            now /= now.sum()
            _add_shares(rows, law, first, k, weight, now, shares)
            if k == 0:
                start += weight * now
                break
            for a in range(states):
                for b in range(states):
                    pair[a, b] = forward[k - 1, a] * law.steps[a, b] * chance[k, b] * after[b]
            steps += weight * pair / pair.sum()
            for a in range(states):
                now[a] = 0.0
                for b in range(states):
                    now[a] += law.steps[a, b] * chance[k, b] * after[b]
            after[:] = now / now.sum()


@nb.njit(cache=True, nogil=True)
def _add_shares(
    rows: Rows, law: Law, first: Codes, k: int, weight: int, now: Floats, shares: Floats
) -> None:
    size = len(law.start) - 2
    active = now[:size].sum()
    empty = first[k + 1] == first[k]
    # The year of the first row is never empty, so it says nothing of how many years are.
    if k > 0:
        shares[0, 0] += weight * active if empty else 0.0
        shares[0, 1] += weight * active
        shares[2, 0] += 0.0 if empty else weight * (1.0 - active)
        shares[2, 1] += weight * (1.0 - active)
    for i in range(first[k], first[k + 1]):
        if rows.answer[i] >= 0:
            other = law.wrong * law.named[rows.answer[i]]
            right = now[rows.answer[i]] * (1.0 - law.wrong) / (1.0 - law.wrong + other)
            shares[1, 0] += weight * (active - right)
            shares[1, 1] += weight * active


@nb.njit(cache=True, nogil=True)
def _draw_paths(rows: Rows, law: Law, seed: np.uint64, drawn: Codes) -> None:
    """Draw the last year's state, then each earlier one given the one after it."""
    states = len(law.start)
    first = np.zeros(260, np.int64)
    chance, forward = np.zeros((258, states)), np.zeros((258, states))
    row = 0
    while row < len(rows.answer):
        begin = np.uint64(rows.person_year[row])
        years, row = _find_years(rows, row, first)
        _filter(rows, law, first, years, chance, forward)
        state = -1
        for k in range(years - 1, -1, -1):
            if state >= 0:
                for a in range(states):
                    forward[k, a] *= law.steps[a, state]
            bits = mix_bits(seed + (begin + np.uint64(k)) * _GOLDEN)
            mark, state = np.float64(bits >> _S11) * _UNIT * forward[k].sum(), 0
            while state < states - 1 and mark >= forward[k, state]:
                mark -= forward[k, state]
                state += 1
            for i in range(first[k], first[k + 1]):
                drawn[i] = state
