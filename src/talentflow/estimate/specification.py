"""Which of the choices behind a figure move it, and how much?

The same figure under many definitions is a specification curve. Each definition is a set of
choices (how long a silence is bridged, who counts, …); the variance of the figure over the
definitions is shared out among the choices by Shapley's value of R²: what a choice adds to a
regression on the choices, averaged over all orders in which they can be added.

The shares add up to the R² of all choices together, also where the definitions are no balanced
design. Choices that always change together share what they explain evenly, because nothing can tell
them apart; what only a combination of choices does is left over.

Sources: Simonsohn, Simmons and Nelson 2020 (the curve); Lindeman, Merenda and Gold 1980 and
Grömping 2007 (the shares); Castro, Gómez and Tejada 2009 (orders drawn at random).
"""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import factorial
from typing import Any, Final

import numpy as np

from talentflow.estimate.differences import Floats

Choices = Mapping[str, str]
"""Choice → level, e.g. `move.max_gap_years` → `3`."""

EXACT_CHOICES: Final = 10
"""Up to so many choices all orders are used, beyond it `RANDOM_ORDERS` drawn ones."""

RANDOM_ORDERS: Final = 400
_SEED: Final = 20


@dataclass(frozen=True, kw_only=True)
class ChoiceShare:
    """One choice: its levels among the definitions, and the share of variance it explains.

    `share_pct` is of the variance of the figure over the definitions; null where that is zero.
    `spread` is the distance between the largest and smallest mean of a level, in the figure's unit.
    """

    choice: str
    levels: tuple[str, ...]
    share_pct: float | None
    spread: float


def read_choices(definition: Mapping[str, Any]) -> dict[str, str]:
    """A published definition → its choices; where it lists none, every rule it states."""
    listed = definition.get("choices")
    if listed:
        return {str(choice): _say_level(level) for choice, level in listed.items()}
    population = definition.get("population")
    return dict(
        [
            *_flatten(definition["rules"], ""),
            *(_flatten(population, "population.") if population else ()),
        ]
    )


def explain_variance(values: Sequence[float], choices: Sequence[Choices]) -> list[ChoiceShare]:
    """The choices in which the definitions differ, the one that explains most first.

    `values[i]` is the figure under the definition whose choices are `choices[i]`. A choice that one
    definition states and another does not is one of the levels, the empty text.
    """
    names = list(dict.fromkeys(name for chosen in choices for name in chosen))
    levels = {name: [chosen.get(name, "") for chosen in choices] for name in names}
    varying = [name for name in names if len(set(levels[name])) > 1]
    found = np.asarray(values, float)
    shares = _share_out(found, [_indicate(levels[name]) for name in varying])
    rows = [
        ChoiceShare(
            choice=name,
            levels=tuple(dict.fromkeys(levels[name])),
            share_pct=None if shares is None else 100 * float(shares[i]),
            spread=_spread_means(found, levels[name]),
        )
        for i, name in enumerate(varying)
    ]
    return sorted(rows, key=lambda row: (-(row.share_pct or 0.0), row.choice))


def _flatten(rules: Mapping[str, Any], prefix: str) -> list[tuple[str, str]]:
    found: list[tuple[str, str]] = []
    for name, value in rules.items():
        if isinstance(value, Mapping):
            found += _flatten(value, f"{prefix}{name}.")
        else:
            found.append((f"{prefix}{name}", _say_level(value)))
    return found


def _say_level(level: object) -> str:
    if isinstance(level, bool):
        return "yes" if level else "no"
    return "none" if level is None else str(level)


def _indicate(levels: Sequence[str]) -> Floats:
    """(definitions, levels − 1): one column a level but the first."""
    known = list(dict.fromkeys(levels))[1:]
    return np.array([[level == one for one in known] for level in levels], float)


def _spread_means(values: Floats, levels: Sequence[str]) -> float:
    column = np.array(levels)
    means = [float(values[column == level].mean()) for level in set(levels)]
    return max(means) - min(means)


def _share_out(values: Floats, columns: Sequence[Floats]) -> Floats | None:
    """Shapley's share of R² of each choice; null where the values do not vary."""
    centred = values - values.mean() if len(values) else values
    total = float(centred @ centred)
    if not columns or total <= 1e-24 * max(float(values @ values), 1.0):
        return None
    explained: dict[frozenset[int], float] = {frozenset(): 0.0}

    def explain(chosen: frozenset[int]) -> float:
        if chosen not in explained:
            design = np.hstack([columns[i] for i in sorted(chosen)])
            design = design - design.mean(axis=0)
            fitted = design @ np.linalg.lstsq(design, centred, rcond=1e-9)[0]
            explained[chosen] = float(fitted @ fitted) / total
        return explained[chosen]

    shares = np.zeros(len(columns))
    for weight, order in _list_additions(len(columns)):
        before: frozenset[int] = frozenset(order[:-1])
        shares[order[-1]] += weight * (explain(before | {order[-1]}) - explain(before))
    return shares


def _list_additions(count: int) -> list[tuple[float, tuple[int, ...]]]:
    """(weight, choices that are there and last the one that is added)."""
    found: list[tuple[float, tuple[int, ...]]] = []
    if count <= EXACT_CHOICES:
        for added in range(count):
            others = [i for i in range(count) if i != added]
            for size in range(count):
                weight = factorial(size) * factorial(count - size - 1) / factorial(count)
                found += [
                    (weight, (*before, added)) for before in itertools.combinations(others, size)
                ]
        return found
    random = np.random.default_rng(_SEED)
    for _ in range(RANDOM_ORDERS):
        order = random.permutation(count).tolist()
        found += [(1 / RANDOM_ORDERS, tuple(order[: i + 1])) for i in range(count)]
    return found
