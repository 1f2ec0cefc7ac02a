"""What do simpler methods make of the same authorships, and what is Splink given of them?"""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from hidden_people import Floats, number_values, renumber, score
from people_methods import THRESHOLDS
from talentflow.resolve.people_evidence import Authorships, Shown
from talentflow.resolve.people_graph import Codes, Mask, Ragged, find_components
from talentflow.resolve.people_match import FEATURES, list_pairs
from talentflow.resolve.people_slots import Slots


def answer_by_rule(slots: Slots, authorships: Authorships) -> dict[str, Codes]:
    """The answers of the rules that need no model."""
    n, name = len(authorships.name), authorships.name
    one, other, features = list_pairs(authorships, np.arange(n), slots.identifiers.n_refs)
    common = slots.names.commonness[name]

    def column(feature: str) -> Floats:
        return features[:, FEATURES.index(feature)]

    author = column("common_author") > 0
    place_too = (column("log_affiliations") > 0) | (column("rarest_domain") > 0)
    same = name[one] == name[other]
    rare = same & (common[one] < 0.1)
    return {
        "exact name": name,
        "name + co-author": _components(n, one, other, same & author),
        "commonness rule": _components(n, one, other, rare | (same & (author | place_too))),
        "commonness rule, initials": _components(n, one, other, rare | author | place_too),
    }


def _components(n: int, one: Codes, other: Codes, joined: Mask) -> Codes:
    return find_components(n, one[joined], other[joined])


def describe_authorships(slots: Slots, authorships: Authorships, label: Codes) -> pa.Table:
    """One row per authorship, as Splink reads it; a negative label is null."""
    name, paper = authorships.name, authorships.paper
    parsed, block = slots.names.parsed, authorships.names.block[name]
    venue = authorships.venue[paper]
    own = np.arange(len(name))
    return pa.table(
        {
            "unique_id": own,
            "paper": paper,
            "block": block,
            "spelling": pa.array(slots.names.full).take(pa.array(name)),
            "given": pa.array([" ".join(p.given) for p in parsed]).take(pa.array(name)),
            "venue": pa.array(venue, mask=venue < 0),
            "authors": list_keys(authorships.authors, paper, without=block),
            "affiliations": list_keys(authorships.affiliations, own),
            "domains": list_keys(authorships.domains, own),
            "setting": list_keys(authorships.setting, paper),
            "label": pa.array(label, mask=label < 0),
        }
    )


def list_keys(shown: Shown, thing: Codes, without: Codes | None = None) -> pa.Array:
    """The keys of the thing that belongs to each row, but for one; null where there are none."""
    starts = shown.keys.starts
    counts = np.diff(starts)[thing]
    row = np.repeat(np.arange(len(thing)), counts)
    ends = np.cumsum(counts)
    key = shown.keys.values[np.arange(len(row)) + np.repeat(starts[thing] - ends + counts, counts)]
    if without is not None:
        kept = key != without[row]
        row, key = row[kept], key[kept]
    keys = Ragged.from_pairs(len(thing), row, key)
    lists = pa.ListArray.from_arrays(pa.array(keys.starts, pa.int32()), pa.array(keys.values))
    return pc.if_else(pc.equal(pc.list_value_length(lists), 0), None, lists)


def choose_threshold(answer: pa.Table, truth: Codes, fitted: Mask) -> Codes:
    """Splink's groups at the threshold with the best mean F1 on the names it learned from."""
    best, chosen = -1.0, np.zeros(0, dtype=np.int64)
    for threshold in map(str, THRESHOLDS):
        groups = number_values(answer[threshold])
        reached = score(renumber(truth[fitted]), renumber(groups[fitted]))
        mean = (reached.pair[2] + reached.b_cubed[2]) / 2
        if mean > best:
            best, chosen = mean, groups
    return chosen
