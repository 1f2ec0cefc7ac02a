"""Worlds drawn from the model that combines sources: what is true, and what the sources say."""

from __future__ import annotations

from functools import lru_cache
from typing import Any, NamedTuple

import jax
import numpy as np
from numpyro import handlers

from talentflow.estimate.combine_gaussian import Observed, simulate
from talentflow.estimate.combine_model import STRUCTURES, sample_scales

ERRORS = {"stock": (0.1, 0.01, 0.02), "net_rate": (1.0, 0.1)}
"""Sampling errors of the sources on the model's scale."""


class World(NamedTuple):
    """`targets` is areas × (truth, departure of each source) × years."""

    observed: Any
    targets: Any
    scales: dict[str, Any]


def draw_world(quantity: str, areas: int, years: int, seed: int, missing: float = 0.1) -> World:
    """Scales from their priors, effects and errors from theirs; some cells are not seen."""
    sources = len(ERRORS[quantity])
    random = np.random.default_rng(seed)
    errors = np.tile(np.repeat(ERRORS[quantity], years), (areas, 1))
    seen = (random.random(errors.shape) > missing).astype(float)
    key = jax.random.key(seed)
    values, targets, scales = _compile(quantity, sources, years)(key, errors)
    return World(
        observed=Observed(np.asarray(values) * seen, errors, seen),
        targets=np.asarray(targets).reshape(areas, sources + 1, years),
        scales={name: np.asarray(value) for name, value in scales.items()},
    )


@lru_cache(maxsize=8)
def _compile(quantity: str, sources: int, years: int) -> Any:
    def draw(key: Any, errors: Any) -> Any:
        first, second = jax.random.split(key)
        with handlers.seed(rng_seed=first):
            scales = sample_scales(quantity, sources)
        structure = STRUCTURES[quantity](scales, sources, years)
        values, targets = simulate(second, structure, Observed(errors, errors, errors))
        return values, targets, scales

    return jax.jit(draw)
