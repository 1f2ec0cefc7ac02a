"""How probable is it that two authorships of compatible names are one person's?

A logistic model whose coefficients stand in `people_model.json`; `people_model.md` says from
what they were fitted. The linkage joins the most probable pair of groups first, where a group
is as close to another as a mixture of its closest and its average pair, so that one lucky
coincidence does not chain two careers.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from talentflow.resolve.people_evidence import Authorships
from talentflow.resolve.people_graph import Codes, Mask, find_components
from talentflow.resolve.people_linkage import link_blocks, visit_pairs
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
    "unplaced",
    "unplaced_rarest_common_author",
    "common_name_common_author",
    "common_name_same_place",
    "common_name_rarest_setting",
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
    joins = link_blocks(
        order,
        starts,
        authorships.node,
        systems,
        _arrays(authorships),
        (model.coefficients, model.closest, model.threshold),
        (person, doubt, left, right, probability),
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
    seen = _arrays(authorships)

    def visit(n: int) -> tuple[int, Codes, Codes, Floats]:
        one, other = np.zeros((2, n), dtype=np.int64)
        features = np.zeros((n, len(FEATURES)))
        n = visit_pairs(order, starts, authorships.node, seen, (one, other, features))
        return n, one, other, features

    n, _, _, _ = visit(0)
    _, one, other, features = visit(n)
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
