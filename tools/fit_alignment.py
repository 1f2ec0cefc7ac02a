"""Fit the weights of `resolve/align_chances.py` and print them.

    python tools/fit_alignment.py DATA

Only the papers that benchmarks/align_authors.py does not score are used. Maximises the probability
of the right answers, one weight at a time with a step that adapts: the same result every time.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "benchmarks"))

from align_authors import Trial, load_tables, load_trials, measure_trial, select_papers
from talentflow.resolve.align_authors import DEFAULT_RULE
from talentflow.resolve.align_chances import FITTED, ChanceRule
from talentflow.resolve.align_papers import Floats

ROUNDS = 12


def main() -> None:
    """Fit and print both sets of weights."""
    tables = load_tables(Path(sys.argv[1]))
    trials = [keep_development(trial) for trial in load_trials(*tables)]
    fit_all(trials)


def fit_all(trials: list[Trial]) -> ChanceRule:
    """Weights of ordered lists, then those of distinct affiliations."""
    ordered = [trial for trial in trials if trial.papers.ordered.all()]
    listed = [trial for trial in trials if not trial.papers.ordered.any()]
    rule = FITTED
    start = np.array([*rule.ordered, rule.role, np.log(rule.moved), np.log(rule.changed)])

    def with_ordered(x: Floats) -> ChanceRule:
        moved, changed = np.exp(x[-2:]).tolist()
        return replace(
            rule,
            ordered=tuple(x[:-3].tolist()),
            role=float(x[-3]),
            moved=moved,
            changed=min(changed, 0.3),
        )

    rule = with_ordered(minimise(lambda x: measure_loss(ordered, with_ordered(x)), start))
    start = np.array([*rule.listed, np.log(rule.elsewhere)])

    def with_listed(x: Floats) -> ChanceRule:
        return replace(rule, listed=tuple(x[:-1].tolist()), elsewhere=float(np.exp(x[-1])))

    rule = with_listed(minimise(lambda x: measure_loss(listed, with_listed(x)), start))
    print(rule)
    return rule


def keep_development(trial: Trial) -> Trial:
    """The papers of a trial that may be fitted on."""
    chosen = trial.scored & ~trial.held_out
    papers, of_pairs, of_authors = select_papers(trial.papers, chosen)
    sizes = np.diff(papers.author_start) * np.diff(papers.part_start)
    return replace(
        trial,
        papers=papers,
        start=np.concatenate([[0], np.cumsum(sizes)]).astype(np.int64),
        fit=trial.fit[of_pairs],
        role=trial.role[of_pairs],
        blank=trial.blank[of_authors],
        right=trial.right[of_pairs],
        has=trial.has[of_authors],
        scored=trial.scored[chosen],
        held_out=trial.held_out[chosen],
    )


def measure_loss(trials: list[Trial], rule: ChanceRule) -> float:
    """Minus the logarithm of the probability of the right answers, author by author."""
    loss = 0.0
    for trial in trials:
        chances = measure_trial(trial, replace(DEFAULT_RULE, chances=rule))
        papers = trial.papers
        n_parts = np.repeat(np.diff(papers.part_start), np.diff(papers.author_start))
        first = np.concatenate([[0], np.cumsum(n_parts)[:-1]])
        right = np.add.reduceat(chances * trial.right, first)
        any_part = np.add.reduceat(chances, first)
        there = np.add.reduceat(trial.right.astype(np.int64), first) > 0
        loss -= np.log(np.maximum(right[there], 1e-4)).sum()
        loss -= np.log(np.maximum(1 - any_part[~there & ~trial.has], 1e-4)).sum()
    return float(loss)


def minimise(measure: Callable[[Floats], float], start: Floats) -> Floats:
    """One coordinate after the other; a step that helps grows, one that does not shrinks."""
    best, lowest = start, measure(start)
    step = np.full(len(start), 0.2)
    for turn in range(ROUNDS):
        for k in range(len(start)):
            for sign in (1, -1):
                tried = best.copy()
                tried[k] += sign * step[k]
                loss = measure(tried)
                if loss < lowest:
                    best, lowest = tried, loss
                    step[k] *= 1.3
                    break
            else:
                step[k] /= 2
        print(f"round {turn + 1}: {lowest:.1f}", file=sys.stderr)
    return best


if __name__ == "__main__":
    main()
