"""How probable is it that two authorships of compatible names are one person's?

A logistic model whose coefficients stand in `people_model.json`; `people_model.md` says from
what they were fitted. The linkage joins the most probable pair of groups first, where a group
is as close to another as 0.3 of its closest and 0.7 of its average pair, so that one lucky
coincidence does not chain two careers.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files
from typing import Any, Final

import numpy as np
from numba import njit
from numpy.typing import NDArray

from talentflow.resolve.people_evidence import Authorships
from talentflow.resolve.people_graph import Codes, Mask, find_components
from talentflow.resolve.people_slots import Floats

FEATURES: Final = (
    "one",
    "log_bearers",
    "common_author",
    "rarest_common_author",
    "log_common_authors",
    "rarest_affiliation",
    "log_affiliations",
    "no_affiliation",
    "rarest_domain",
    "no_domain",
    "rarest_setting",
    "no_setting",
    "same_venue",
    "middle_name_missing",
    "initial_only",
)

MAX_AUTHORSHIPS: Final = 5000
MAX_NODES: Final = 2000
"""A block of names that is larger is divided: its matrix would not fit."""


@dataclass(frozen=True, kw_only=True)
class Model:
    """`coefficients` are in the order of `FEATURES`; `closest` is the share of the closest pair
    in the closeness of two groups, which are joined above `threshold`."""

    coefficients: Floats
    closest: float
    threshold: float


@dataclass(frozen=True, kw_only=True)
class Matches:
    """`person`: node → its group (the smallest member). `doubt`: node → probability that the
    group belongs with another one that it was not joined to. The rest is per join: the two
    authorships that are closest, and the probability."""

    person: Codes
    doubt: Floats
    left: Codes
    right: Codes
    probability: Floats


@lru_cache(maxsize=1)
def load_model() -> Model:
    """The model shipped with the package."""
    text = files("talentflow.resolve").joinpath("people_model.json").read_text(encoding="utf-8")
    stated: dict[str, Any] = json.loads(text)
    return Model(
        coefficients=np.array([stated["coefficients"].get(name, 0.0) for name in FEATURES]),
        closest=float(stated["closest"]),
        threshold=float(stated["threshold"]),
    )


def match_authorships(
    authorships: Authorships, kept: Codes, systems: NDArray[np.uint64], model: Model
) -> Matches:
    """Join nodes on what their authorships share; only those in `kept` are compared.

    `systems` has, per node, one bit for each registry that identifies it: two nodes of one
    registry, or of one paper, are never joined.
    """
    n_nodes = len(systems)
    order, starts = _block(authorships, kept, n_nodes)
    person = np.arange(n_nodes, dtype=np.int64)
    doubt = np.zeros(n_nodes)
    left, right, probability = (np.zeros(n_nodes, dtype=t) for t in (np.int64, np.int64, float))
    joins = _link_blocks(
        order,
        starts,
        authorships.node,
        systems,
        *_arrays(authorships),
        model.coefficients,
        model.closest,
        model.threshold,
        person,
        doubt,
        left,
        right,
        probability,
    )
    return Matches(
        person=person,
        doubt=doubt,
        left=left[:joins],
        right=right[:joins],
        probability=probability[:joins],
    )


def list_pairs(authorships: Authorships, kept: Codes, n_nodes: int) -> tuple[Codes, Codes, Floats]:
    """Every pair of authorships that `match_authorships` compares, and its features."""
    order, starts = _block(authorships, kept, n_nodes)
    arrays = authorships.node, *_arrays(authorships)
    nothing = np.zeros(0, dtype=np.int64)
    n = _visit_pairs(order, starts, *arrays, nothing, nothing, np.zeros((0, len(FEATURES))))
    one, other = np.zeros(n, dtype=np.int64), np.zeros(n, dtype=np.int64)
    features = np.zeros((n, len(FEATURES)))
    _visit_pairs(order, starts, *arrays, one, other, features)
    return one, other, features


def _block(authorships: Authorships, kept: Codes, n_nodes: int) -> tuple[Codes, Codes]:
    """Authorships ordered by block, and where each block starts; only blocks of several nodes."""
    block = authorships.names.block[authorships.name]
    alone = block < 0
    block[alone] = authorships.names.block.max(initial=0) + 1 + np.flatnonzero(alone)
    usable = kept
    group = _join_blocks(authorships, usable, block[usable], n_nodes)
    for finer in (authorships.name, None):
        large = _large(group, authorships.node[usable])
        if not large.any():
            break
        if finer is not None:
            again = _join_blocks(authorships, usable[large], finer[usable[large]], n_nodes)
            group[large] = again + group.max(initial=0) + 1
        else:
            usable, group = usable[~large], group[~large]
    order = np.lexsort((usable, group))
    usable, group = usable[order], group[order]
    bounds = np.flatnonzero(np.concatenate([[True], group[1:] != group[:-1]]))
    ends = np.concatenate([bounds, [len(group)]]) if len(group) else np.zeros(1, dtype=np.int64)
    return usable, ends.astype(np.int64)


def _join_blocks(authorships: Authorships, usable: Codes, block: Codes, n_nodes: int) -> Codes:
    """Blocks that have a node in common are one: nobody is judged in two places."""
    n_blocks = int(block.max(initial=-1)) + 1
    joined = find_components(n_nodes + n_blocks, authorships.node[usable], n_nodes + block)
    return joined[n_nodes + block]


def _large(group: Codes, node: Codes) -> Mask:
    place = np.unique(group, return_inverse=True)[1]
    authorships = np.bincount(place)
    width = int(node.max(initial=0)) + 1
    nodes = np.bincount(np.unique(place * width + node) // width, minlength=len(authorships))
    return ((authorships > MAX_AUTHORSHIPS) | (nodes > MAX_NODES))[place]


def _arrays(a: Authorships) -> tuple[Any, ...]:
    names = a.names
    return (
        (a.paper, a.name, a.venue, a.log_bearers, names.complete, names.block),
        (names.starts, names.word, names.first_letter, names.is_letter),
        _shown(a.authors),
        _shown(a.affiliations),
        _shown(a.domains),
        _shown(a.setting),
    )


def _shown(shown: Any) -> tuple[Codes, Codes, Floats]:
    return shown.keys.starts, shown.keys.values, shown.weight


@njit(cache=True)
def compare_names(words: Any, one: int, other: int) -> int:
    """0: the same given names; 1: one leaves out a middle name; 2: an initial stands for a name;
    −1: not one person's. Surname and first letter are taken to be equal."""
    starts, word, first_letter, is_letter = words
    a, a_end, b, b_end = starts[one], starts[one + 1], starts[other], starts[other + 1]
    if a_end - a > b_end - b:
        a, a_end, b, b_end = b, b_end, a, a_end
    if a == a_end:
        return -1
    relation = 0 if a_end - a == b_end - b else 1
    if word[a] != word[b]:
        if not (is_letter[a] or is_letter[b]) or first_letter[a] != first_letter[b]:
            return -1
        relation = 2
    b += 1
    for p in range(a + 1, a_end):
        while b < b_end and not (
            word[p] == word[b]
            or ((is_letter[p] or is_letter[b]) and first_letter[p] == first_letter[b])
        ):
            b += 1
        if b == b_end:
            return -1
        if word[p] != word[b]:
            relation = 2
        b += 1
    return relation


@njit(cache=True)
def _share(shown: Any, one: int, other: int, without: int) -> tuple[int, float, bool]:
    """How many keys both show, the weight of the rarest, and whether both show any."""
    starts, keys, weight = shown
    p, p_end, q, q_end = starts[one], starts[one + 1], starts[other], starts[other + 1]
    known = p < p_end and q < q_end
    count, rarest = 0, 0.0
    while p < p_end and q < q_end:
        if keys[p] < keys[q]:
            p += 1
        elif keys[p] > keys[q]:
            q += 1
        else:
            if keys[p] != without:
                count += 1
                rarest = max(rarest, weight[keys[p]])
            p += 1
            q += 1
    return count, rarest, known


@njit(cache=True)
def _describe_pair(
    x: Any, i: int, j: int, relation: int, base: Any, authors: Any, affiliations: Any,
    domains: Any, setting: Any,
) -> bool:  # fmt: skip
    """Fill `x` in the order of `FEATURES`; whether the two may be one person at all."""
    paper, name, venue, log_bearers, complete, block = base
    x[0] = 1.0
    x[1] = max(log_bearers[name[i]], log_bearers[name[j]])
    count, rarest, _ = _share(authors, paper[i], paper[j], block[name[i]])
    x[2], x[3], x[4] = (1.0 if count > 0 else 0.0), rarest, np.log1p(count)
    evidence = count > 0
    count, rarest, known = _share(affiliations, i, j, -1)
    x[5], x[6], x[7] = rarest, np.log1p(count), (1.0 if known and count == 0 else 0.0)
    evidence = evidence or count > 0
    count, rarest, known = _share(domains, i, j, -1)
    x[8], x[9] = rarest, (1.0 if known and count == 0 else 0.0)
    evidence = evidence or count > 0
    count, rarest, known = _share(setting, paper[i], paper[j], -1)
    x[10], x[11] = rarest, (1.0 if known and count == 0 else 0.0)
    x[12] = 1.0 if venue[paper[i]] >= 0 and venue[paper[i]] == venue[paper[j]] else 0.0
    x[13], x[14] = (1.0 if relation == 1 else 0.0), (1.0 if relation == 2 else 0.0)
    # Initials tell nobody apart: they follow only what is seen with them.
    return evidence or (complete[name[i]] and complete[name[j]] and relation < 2)


@njit(cache=True)
def _compare_block(members: Any, name: Any, words: Any) -> Any:
    """The distinct names of a block, the place of each member's name, and their relations."""
    distinct = np.unique(name[members])
    place = np.searchsorted(distinct, name[members])
    relation = np.zeros((len(distinct), len(distinct)), dtype=np.int8)
    for a in range(len(distinct)):
        for b in range(a + 1, len(distinct)):
            relation[a, b] = compare_names(words, distinct[a], distinct[b])
            relation[b, a] = relation[a, b]
    return place, relation


@njit(cache=True)
def _link_blocks(
    order: Any, starts: Any, node: Any, systems: Any, base: Any, words: Any, authors: Any,
    affiliations: Any, domains: Any, setting: Any, coefficients: Any, closest: float,
    threshold: float, person: Any, doubt: Any, left: Any, right: Any, probability: Any,
) -> int:  # fmt: skip
    paper, name, block = base[0], base[1], base[5]
    x = np.zeros(len(coefficients))
    joins = 0
    for k in range(len(starts) - 1):
        members = order[starts[k] : starts[k + 1]]
        nodes = np.unique(node[members])
        n = len(nodes)
        if n < 2:
            continue
        of = np.searchsorted(nodes, node[members])
        place, relation = _compare_block(members, name, words)
        total = np.zeros((n, n), dtype=np.float32)
        best = np.full((n, n), -1.0, dtype=np.float32)
        where = np.zeros((n, n), dtype=np.int32)
        barred = np.zeros((n, n), dtype=np.bool_)
        size = np.zeros(n)
        for a in range(len(members)):
            size[of[a]] += 1
        for a in range(len(members)):
            i = members[a]
            for b in range(a + 1, len(members)):
                j, u, v = members[b], of[a], of[b]
                if u == v:
                    continue
                if u > v:
                    u, v = v, u
                if paper[i] == paper[j] or systems[nodes[u]] & systems[nodes[v]]:
                    barred[u, v] = True
                    barred[v, u] = True
                if barred[u, v]:
                    continue
                how = relation[place[a], place[b]]
                if how < 0 or block[name[i]] != block[name[j]]:
                    continue
                if not _describe_pair(x, i, j, how, base, authors, affiliations, domains, setting):
                    continue
                score = 0.0
                for f in range(len(x)):
                    score += x[f] * coefficients[f]
                p = 1.0 / (1.0 + np.exp(-score))
                total[u, v] += p
                if p > best[u, v]:
                    best[u, v] = p
                    where[u, v] = a * len(members) + b
        for u in range(n):
            for v in range(u + 1, n):
                total[v, u], best[v, u], where[v, u] = total[u, v], best[u, v], where[u, v]
        joins = _join_groups(
            members, nodes, total, best, where, barred, size, closest, threshold,
            person, doubt, left, right, probability, joins,
        )  # fmt: skip
    return joins


@njit(cache=True)
def _nearest(u: int, alive: Any, total: Any, best: Any, barred: Any, size: Any, closest: float):
    found, value = -1, 0.0
    for v in range(len(alive)):
        if alive[v] and v != u and best[u, v] > 0 and not barred[u, v]:
            mean = total[u, v] / (size[u] * size[v])
            here = closest * best[u, v] + (1 - closest) * mean
            if here > value:
                found, value = v, here
    return found, value


@njit(cache=True)
def _join_groups(
    members: Any, nodes: Any, total: Any, best: Any, where: Any, barred: Any, size: Any,
    closest: float, threshold: float, person: Any, doubt: Any, left: Any, right: Any,
    probability: Any, joins: int,
) -> int:  # fmt: skip
    n, m = len(nodes), len(members)
    alive = np.ones(n, dtype=np.bool_)
    group = np.arange(n)
    near = np.full(n, -1)
    value = np.zeros(n)
    for u in range(n):
        near[u], value[u] = _nearest(u, alive, total, best, barred, size, closest)
    while True:
        u = int(np.argmax(value))
        if value[u] <= threshold:
            break
        v = near[u]
        left[joins] = members[where[u, v] // m]
        right[joins] = members[where[u, v] % m]
        probability[joins] = value[u]
        joins += 1
        if v < u:
            u, v = v, u
        alive[v] = False
        value[v] = 0.0
        for w in range(n):
            if group[w] == v:
                group[w] = u
            if not alive[w] or w == u:
                continue
            total[u, w] += total[v, w]
            barred[u, w] |= barred[v, w]
            if best[v, w] > best[u, w]:
                best[u, w], where[u, w] = best[v, w], where[v, w]
            total[w, u], barred[w, u] = total[u, w], barred[u, w]
            best[w, u], where[w, u] = best[u, w], where[u, w]
        size[u] += size[v]
        near[u], value[u] = _nearest(u, alive, total, best, barred, size, closest)
        for w in range(n):
            if not alive[w] or w == u:
                continue
            if near[w] == u or near[w] == v or near[u] == w:
                near[w], value[w] = _nearest(w, alive, total, best, barred, size, closest)
            elif best[w, u] > 0 and not barred[w, u]:
                mean = total[w, u] / (size[w] * size[u])
                here = closest * best[w, u] + (1 - closest) * mean
                if here > value[w]:
                    near[w], value[w] = u, here
    for u in range(n):
        person[nodes[u]] = nodes[group[u]]
        g = group[u]
        apart = 1.0
        for v in range(n):
            if alive[v] and v != g and best[g, v] > 0 and not barred[g, v]:
                mean = total[g, v] / (size[g] * size[v])
                apart *= 1.0 - (closest * best[g, v] + (1 - closest) * mean)
        doubt[nodes[u]] = 1.0 - apart
    return joins


@njit(cache=True)
def _visit_pairs(
    order: Any, starts: Any, node: Any, base: Any, words: Any, authors: Any, affiliations: Any,
    domains: Any, setting: Any, one: Any, other: Any, features: Any,
) -> int:  # fmt: skip
    """Count the pairs that can be compared, and write down as many as there is room for."""
    paper, name, block = base[0], base[1], base[5]
    x = np.zeros(features.shape[1])
    n = 0
    for k in range(len(starts) - 1):
        members = order[starts[k] : starts[k + 1]]
        place, relation = _compare_block(members, name, words)
        for a in range(len(members)):
            i = members[a]
            for b in range(a + 1, len(members)):
                j = members[b]
                how = relation[place[a], place[b]]
                if node[i] == node[j] or paper[i] == paper[j] or how < 0:
                    continue
                if block[name[i]] != block[name[j]] or not _describe_pair(
                    x, i, j, how, base, authors, affiliations, domains, setting
                ):
                    continue
                if n < len(one):
                    one[n], other[n] = i, j
                    features[n] = x
                n += 1
    return n
