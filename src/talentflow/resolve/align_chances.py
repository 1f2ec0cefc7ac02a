"""How probable is it that an affiliation of a paper is this author's?

Ordered lists: all ways to lay the parts over the authors, weighted by the evidence; what one paper
says of a profile is passed to the other papers of that profile in the same file. Distinct
affiliations: each author by the evidence alone, for their order means nothing.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final

import numba as nb
import numpy as np

from talentflow.resolve.align_evidence import NAME, PROFILE, measure_fit
from talentflow.resolve.align_habits import measure_habits
from talentflow.resolve.align_orders import lay_parts
from talentflow.resolve.align_papers import Codes, Floats, Mask, OpenPapers, Rows


@dataclass(frozen=True, kw_only=True)
class ChanceRule:
    """How evidence becomes probability; fitted by tools/fit_alignment.py.

    `ordered` and `listed` weigh FEATURES, `role` the position. `moved` are the odds of a renamed
    profile to begin with; each file then finds its own. `changed` is the probability of one
    profile showing different entries in two papers of a file, `elsewhere` the weight of an author
    having none of the distinct affiliations of a paper.
    """

    ordered: tuple[float, ...] = (0.505, 0.212, 0.2, 0.12)
    role: float = 0.764
    moved: float = 0.233
    changed: float = 0.019
    passes: int = 4
    listed: tuple[float, ...] = (0.5, 0.513, 0.529, 0.205)
    elsewhere: float = 0.0096


FITTED: Final = ChanceRule()
_MIN_LOG: Final = -12.0
_MAX_LOG: Final = 30.0
_FILE_PSEUDO_COUNT: Final = 50.0
_MOST_COMPLETE: Final = 0.98
_FITS_ANYBODY: Final = 0.02
_MOVED_PSEUDO_COUNT: Final = 50.0


def measure_chances(rows: Rows, papers: OpenPapers, rule: ChanceRule = FITTED) -> Floats:
    """The probability of every pair of `papers` (as `list_pairs` lists them)."""
    pairs = measure_fit(rows, papers)
    habits = measure_habits(rows, papers)
    score = pairs.fit @ np.array(rule.ordered) + rule.role * habits.role
    chances = lay_ordered(rows, papers, pairs.start, score, habits.blank, rule)
    weigh_listed(rows, papers, pairs.start, pairs.fit, rule, chances)
    return chances


def lay_ordered(
    rows: Rows,
    papers: OpenPapers,
    start: Codes,
    score: Floats,
    blank: Floats,
    rule: ChanceRule,
) -> Floats:
    """The probability of every pair of the ordered papers; 0 for the others."""
    file = rows.file[papers.author[papers.author_start[:-1]]]
    moved = np.full(int(rows.file.max(initial=-1)) + 1, rule.moved)
    group_start, group = _group_profiles(rows, papers)
    value = _find_values(rows, papers)
    chances = np.zeros(len(score))
    told = np.zeros(len(score))
    told_blank = np.zeros(len(papers.author))
    n_parts = np.diff(papers.part_start)
    for _ in range(rule.passes):
        expected = _lay_all(
            papers.author_start,
            papers.part_start,
            papers.ordered,
            start,
            score + told,
            np.log(blank) + told_blank,
            moved[file],
            chances,
        )
        moved = _update_moved(file, expected, n_parts * papers.ordered, rule.moved, len(moved))
        told, told_blank = _tell(
            papers.author_start,
            papers.part_start,
            start,
            value,
            group_start,
            group,
            chances,
            told,
            told_blank,
            rule.changed,
        )
    return chances


def _update_moved(file: Codes, expected: Floats, n_parts: Codes, usual: float, size: int) -> Floats:
    """The odds of a renamed profile in each file, from the expected number of them."""
    moved = np.bincount(file, weights=expected, minlength=size) + usual * _MOVED_PSEUDO_COUNT
    parts = np.bincount(file, weights=n_parts, minlength=size) + _MOVED_PSEUDO_COUNT
    share = np.minimum(moved / parts, 0.5)
    odds: Floats = share / (1 - share)
    return odds


def _group_profiles(rows: Rows, papers: OpenPapers) -> tuple[Codes, Codes]:
    """Open authors of ordered papers who are one profile in one file, where there are several."""
    paper = np.repeat(np.arange(len(papers)), np.diff(papers.author_start))
    profile = rows.profile[papers.author]
    candidates = np.flatnonzero(papers.ordered[paper] & (profile >= 0))
    size = int(rows.profile.max(initial=-1)) + 1
    key = rows.file[papers.author[candidates]] * size + profile[candidates]
    order = np.argsort(key, kind="stable")
    _, count = np.unique(key[order], return_counts=True)
    several = np.repeat(count > 1, count)
    members = candidates[order][several]
    starts: Codes = np.concatenate([[0], np.cumsum(count[count > 1])]).astype(np.int64)
    return starts, members


def _find_values(rows: Rows, papers: OpenPapers) -> Codes:
    """One code for each combination of affiliation and position, by part."""
    size = int(rows.role.max(initial=-1)) + 2
    values: Codes = rows.mention[papers.part] * size + rows.role[papers.part] + 1
    return values


@nb.njit(cache=True, nogil=True)
def _lay_all(
    author_start: Codes,
    part_start: Codes,
    ordered: Mask,
    start: Codes,
    score: Floats,
    log_blank: Floats,
    moved: Floats,
    chances: Floats,
) -> Floats:
    expected = np.zeros(len(ordered))
    for t in range(len(ordered)):
        if not ordered[t]:
            continue
        n_authors = author_start[t + 1] - author_start[t]
        n_parts = part_start[t + 1] - part_start[t]
        fit = np.empty((n_authors, n_parts))
        blank = np.empty(n_authors)
        for p in range(n_parts):
            top = score[start[t] + p]
            for i in range(n_authors):
                top = max(top, score[start[t] + i * n_parts + p])
            for i in range(n_authors):
                fit[i, p] = math.exp(max(score[start[t] + i * n_parts + p] - top, _MIN_LOG))
        for i in range(n_authors):
            blank[i] = math.exp(max(log_blank[author_start[t] + i], _MIN_LOG))
        joint, expected[t] = lay_parts(fit, blank, moved[t])
        for i in range(n_authors):
            for p in range(n_parts):
                chances[start[t] + i * n_parts + p] = joint[i, p]
    return expected


@nb.njit(cache=True, nogil=True)
def _tell(
    author_start: Codes,
    part_start: Codes,
    start: Codes,
    value: Codes,
    group_start: Codes,
    group: Codes,
    chances: Floats,
    told: Floats,
    told_blank: Floats,
    changed: float,
) -> tuple[Floats, Floats]:
    """What each paper of a profile hears from the profile's other papers in the file: the
    logarithm of the probability of every value there, without what that paper itself was told."""
    new = np.zeros(len(told))
    new_blank = np.zeros(len(told_blank))
    for g in range(len(group_start) - 1):
        members = group[group_start[g] : group_start[g + 1]]
        for speaker in members:
            t = np.searchsorted(author_start, speaker, side="right") - 1
            n = part_start[t + 1] - part_start[t]
            first = start[t] + (speaker - author_start[t]) * n
            said = chances[first : first + n]
            if chances[start[t] : start[t + 1]].max() <= 0:
                continue
            own = said * np.exp(-told[first : first + n])
            own_blank = max(1 - said.sum(), 0.0) * np.exp(-told_blank[speaker])
            total = own.sum() + own_blank
            if total <= 0:
                continue
            values = value[part_start[t] : part_start[t + 1]]
            for hearer in members:
                if hearer == speaker:
                    continue
                h = np.searchsorted(author_start, hearer, side="right") - 1
                m = part_start[h + 1] - part_start[h]
                at = start[h] + (hearer - author_start[h]) * m
                for p in range(m):
                    same = 0.0
                    for k in range(n):
                        if values[k] == value[part_start[h] + p]:
                            same += own[k]
                    new[at + p] += np.log(same / total + changed)
                new_blank[hearer] += np.log(own_blank / total + changed)
    return new, new_blank


def weigh_listed(
    rows: Rows, papers: OpenPapers, start: Codes, fit: Floats, rule: ChanceRule, chances: Floats
) -> None:
    """Enter the probability of every pair of the papers that list distinct affiliations."""
    n_parts = np.diff(papers.part_start)
    n_pairs = np.diff(start)
    pair_weight = np.exp(np.minimum(fit @ np.array(rule.listed), _MAX_LOG))
    sizes = np.repeat(n_parts, np.diff(papers.author_start))
    first = np.concatenate([[0], np.cumsum(sizes)[:-1]]).astype(np.int64)
    total = np.add.reduceat(pair_weight, first) + rule.elsewhere
    several = np.repeat(~papers.ordered & (n_parts > 1), n_pairs)
    chances[several] = (pair_weight / np.repeat(total, sizes))[several]
    single = np.repeat(~papers.ordered & (n_parts == 1), n_pairs)
    chances[single] = _weigh_single(rows, papers, n_parts, fit, first)[single]


def _weigh_single(
    rows: Rows, papers: OpenPapers, n_parts: Codes, fit: Floats, first: Codes
) -> Floats:
    """The probability of having the only affiliation of a paper, for every pair.

    Some files miss affiliations: the share of complete lists among those of one is how often it
    fits what is known of its authors, compared with longer lists of the same file.
    """
    own = fit[:, [PROFILE, NAME]]
    known = np.logical_or.reduceat((own != 0).any(axis=1), first)
    fits = np.logical_or.reduceat((own > 0).any(axis=1), first)
    file = rows.file[papers.author]
    size = int(rows.file.max(initial=-1)) + 1
    n_authors = np.diff(papers.author_start)
    one, more = np.repeat([n_parts == 1, n_parts > 1] & ~papers.ordered, n_authors, axis=1)
    rate_one = _share_by_file(file, known & one, fits & one, size)
    rate_more = _share_by_file(file, known & more, fits & more, size)
    complete = np.clip(rate_one / rate_more, 0.01, _MOST_COMPLETE)[file]
    lift = np.where(fits, rate_more[file] / _FITS_ANYBODY, (1 - rate_more[file]))
    odds = complete / (1 - complete) * np.where(known, lift, 1.0)
    repeated: Floats = np.repeat(odds / (1 + odds), np.diff(np.append(first, len(fit))))
    return repeated


def _share_by_file(file: Codes, of: Mask, those: Mask, size: int) -> Floats:
    """The share of `those` in `of`, by file, drawn towards that of all files where few."""
    usual = (those.sum() + 1) / (of.sum() + 1)
    share: Floats = (np.bincount(file[those], minlength=size) + _FILE_PSEUDO_COUNT * usual) / (
        np.bincount(file[of], minlength=size) + _FILE_PSEUDO_COUNT
    )
    return share
