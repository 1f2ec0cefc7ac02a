"""Joining authorships of compatible names, block by block: the compiled part.

`seen` is what the arrays of `Authorships` hold: (paper, name, venue, log_bearers, complete,
block), the words of names, and four times (starts, keys, weights) of what is shown by papers'
authors, affiliations, domains and papers' affiliations.
"""

from __future__ import annotations

from typing import Any, Final

import numpy as np
from numba import njit

_RARE: Final = float(np.log(0.1))
"""ln of the expected bearers above which a name is common."""


@njit(cache=True, nogil=True)
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


@njit(cache=True, nogil=True)
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


@njit(cache=True, nogil=True)
def _describe_pair(x: Any, i: int, j: int, relation: int, seen: Any) -> bool:
    """Fill `x` in the order of `FEATURES`; whether the two may be one person at all."""
    base, _, authors, affiliations, domains, setting = seen
    paper, name, venue, log_bearers, complete, block = base
    x[0] = 1.0
    x[1] = max(log_bearers[name[i]], log_bearers[name[j]])
    count, rarest, _ = _share(authors, paper[i], paper[j], block[name[i]])
    x[2], x[3], x[4] = (1.0 if count > 0 else 0.0), rarest, np.log1p(count)
    evidence, rarest_author = count > 0, rarest
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
    # Where institutions are not known co-authors have to speak for them too.
    x[15], x[16] = (0.0, 0.0) if known else (1.0, rarest_author)
    # The commoner a name, the more of the doubt about it does evidence remove.
    common = max(0.0, x[1] - _RARE)
    x[17] = common if x[2] > 0 else 0.0
    x[18] = common if max(x[6], x[8]) > 0 else 0.0
    x[19] = common * rarest
    # Initials tell nobody apart: they follow only what is seen with them.
    return evidence or (complete[name[i]] and complete[name[j]] and relation < 2)


@njit(cache=True, nogil=True)
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


@njit(cache=True, nogil=True)
def link_blocks(
    order: Any, starts: Any, node: Any, systems: Any, seen: Any, rule: Any, found: Any
) -> int:
    """Join the nodes of every block; `found` (person, doubt, left, right, probability) is filled,
    the number of joins returned. `rule` is (coefficients, closest, threshold)."""
    joins = 0
    for k in range(len(starts) - 1):
        members = order[starts[k] : starts[k + 1]]
        nodes = np.unique(node[members])
        if len(nodes) > 1:
            of = np.searchsorted(nodes, node[members])
            close = _compare_nodes(members, of, systems[nodes], seen, rule[0])
            joins = _join_nodes(members, nodes, close, rule, found, joins)
    return joins


@njit(cache=True, nogil=True)
def _compare_nodes(members: Any, of: Any, systems: Any, seen: Any, coefficients: Any) -> Any:
    """Between the nodes of one block: sum and maximum of the probabilities of their pairs, the
    pair that has it, and who must not be joined; and the size of every node."""
    paper, name, block = seen[0][0], seen[0][1], seen[0][5]
    place, relation = _compare_block(members, name, seen[1])
    n, m = len(systems), len(members)
    total = np.zeros((n, n), dtype=np.float32)
    best = np.full((n, n), -1.0, dtype=np.float32)
    where = np.zeros((n, n), dtype=np.int32)
    barred = np.zeros((n, n), dtype=np.bool_)
    size = np.zeros(n)
    x = np.zeros(len(coefficients))
    for a in range(m):
        i = members[a]
        size[of[a]] += 1
        for b in range(a + 1, m):
            j, u, v = members[b], min(of[a], of[b]), max(of[a], of[b])
            if u == v or barred[u, v]:
                continue
            if paper[i] == paper[j] or systems[u] & systems[v]:
                barred[u, v] = True
                barred[v, u] = True
                continue
            how = relation[place[a], place[b]]
            possible = how >= 0 and block[name[i]] == block[name[j]]
            if possible and _describe_pair(x, i, j, how, seen):
                p = _probability(x, coefficients)
                total[u, v] += p
                if p > best[u, v]:
                    best[u, v], where[u, v] = p, a * m + b
    for u in range(n):
        for v in range(u + 1, n):
            total[v, u], best[v, u], where[v, u] = total[u, v], best[u, v], where[u, v]
    return total, best, where, barred, size


@njit(cache=True, nogil=True)
def _probability(x: Any, coefficients: Any) -> float:
    score = 0.0
    for f in range(len(x)):
        score += x[f] * coefficients[f]
    probability: float = 1.0 / (1.0 + np.exp(-score))
    return probability


@njit(cache=True, nogil=True)
def _closeness(u: int, v: int, close: Any, closest: float) -> float:
    """Of two groups: between the probability of their closest pair and that of the average."""
    total, best, _, barred, size = close
    if barred[u, v] or best[u, v] <= 0:
        return 0.0
    here: float = closest * best[u, v] + (1 - closest) * total[u, v] / (size[u] * size[v])
    return here


@njit(cache=True, nogil=True)
def _nearest(u: int, alive: Any, close: Any, closest: float) -> Any:
    found, value = -1, 0.0
    for v in range(len(alive)):
        if alive[v] and v != u:
            here = _closeness(u, v, close, closest)
            if here > value:
                found, value = v, here
    return found, value


@njit(cache=True, nogil=True)
def _join_nodes(members: Any, nodes: Any, close: Any, rule: Any, found: Any, joins: int) -> int:
    """Join the two closest groups until none is close enough."""
    _, closest, threshold = rule
    person, doubt, left, right, probability = found
    n, m = len(nodes), len(members)
    alive = np.ones(n, dtype=np.bool_)
    group = np.arange(n)
    near = np.full(n, -1)
    value = np.zeros(n)
    for u in range(n):
        near[u], value[u] = _nearest(u, alive, close, closest)
    while True:
        u = int(np.argmax(value))
        if value[u] <= threshold:
            break
        v = near[u]
        pair = close[2][u, v]
        left[joins], right[joins] = members[pair // m], members[pair % m]
        probability[joins] = value[u]
        joins += 1
        u, v = min(u, v), max(u, v)
        _absorb(u, v, alive, group, close)
        value[v] = 0.0
        _refresh(u, v, alive, close, closest, near, value)
    for u in range(n):
        person[nodes[u]] = nodes[group[u]]
        apart = 1.0
        for v in range(n):
            if alive[v] and v != group[u]:
                apart *= 1.0 - _closeness(group[u], v, close, closest)
        doubt[nodes[u]] = 1.0 - apart
    return joins


@njit(cache=True, nogil=True)
def _absorb(u: int, v: int, alive: Any, group: Any, close: Any) -> None:
    """Group v becomes part of group u."""
    total, best, where, barred, size = close
    alive[v] = False
    size[u] += size[v]
    for w in range(len(alive)):
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


@njit(cache=True, nogil=True)
def _refresh(u: int, v: int, alive: Any, close: Any, closest: float, near: Any, value: Any) -> None:
    """Find the nearest group again where joining v to u may have changed it."""
    near[u], value[u] = _nearest(u, alive, close, closest)
    for w in range(len(alive)):
        if not alive[w] or w == u:
            continue
        if near[w] in (u, v):
            near[w], value[w] = _nearest(w, alive, close, closest)
        else:
            here = _closeness(w, u, close, closest)
            if here > value[w]:
                near[w], value[w] = u, here


@njit(cache=True, nogil=True)
def visit_pairs(order: Any, starts: Any, node: Any, seen: Any, found: Any) -> int:
    """Count the pairs that can be compared, and write down as many as there is room for."""
    paper, name, block = seen[0][0], seen[0][1], seen[0][5]
    one, other, features = found
    x = np.zeros(features.shape[1])
    n = 0
    for k in range(len(starts) - 1):
        members = order[starts[k] : starts[k + 1]]
        place, relation = _compare_block(members, name, seen[1])
        for a in range(len(members)):
            i = members[a]
            for b in range(a + 1, len(members)):
                j = members[b]
                how = relation[place[a], place[b]]
                if node[i] == node[j] or paper[i] == paper[j] or how < 0:
                    continue
                if block[name[i]] != block[name[j]] or not _describe_pair(x, i, j, how, seen):
                    continue
                if n < len(one):
                    one[n], other[n] = i, j
                    features[n] = x
                n += 1
    return n
