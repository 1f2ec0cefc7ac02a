"""How are the scales sampled, and the effects drawn given them? NumPyro and JAX, on processors."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

import jax
import numpy as np
from numpyro.infer import MCMC, NUTS

from talentflow.estimate.combine_gaussian import Array, Observed, draw_targets
from talentflow.estimate.combine_model import STRUCTURES, Scales, sample_model

if TYPE_CHECKING:
    from talentflow.estimate.combine import Sampling


def run_chains(
    quantity: str, observed: Observed, years: int, sampling: Sampling
) -> tuple[dict[str, Any], Any, int]:
    """Scales by name (chains × draws × …), targets (chains × draws × areas × targets), and the
    number of divergences.

    Chains run one after the other: beside each other, on several devices of one process, the
    factorizations have been seen to wait for each other for ever.
    """
    sampler = make_sampler(quantity, years, sampling)
    keys = jax.random.split(jax.random.key(sampling.seed), 2)
    sampler.run(keys[0], observed, extra_fields=("diverging",))
    divergences = int(sampler.get_extra_fields()["diverging"].sum())
    scales = sampler.get_samples(group_by_chain=True)
    targets = draw_effects(keys[1], quantity, years, observed, scales)
    return {name: np.asarray(draws) for name, draws in scales.items()}, targets, divergences


def make_sampler(quantity: str, years: int, sampling: Sampling, reusable: bool = False) -> MCMC:
    """A sampler of one model; run it with a key and the observations. A `reusable` one is
    compiled once for all observations of the same shape."""
    model = partial(sample_model, quantity, years)
    kernel = NUTS(model, target_accept_prob=sampling.target_accept, dense_mass=True)
    return MCMC(
        kernel,
        num_warmup=sampling.warmup,
        num_samples=sampling.draws,
        num_chains=sampling.chains,
        chain_method="sequential",
        progress_bar=False,
        jit_model_args=reusable,
    )


def draw_effects(key: Array, quantity: str, years: int, observed: Observed, scales: Scales) -> Any:
    """One draw of all targets for each draw of the scales: chains × draws × areas × targets."""
    chains, draws = scales["noise"].shape[:2]
    flat = {
        name: np.asarray(value).reshape(chains * draws, *value.shape[2:])
        for name, value in scales.items()
    }
    targets = _draw_all(quantity, years, jax.random.split(key, chains * draws), flat, observed)
    return np.asarray(targets).reshape(chains, draws, *targets.shape[1:])


@partial(jax.jit, static_argnums=(0, 1))
def _draw_all(quantity: str, years: int, keys: Array, scales: Scales, observed: Observed) -> Array:
    sources = observed.errors.shape[1] // years

    def draw(one: tuple[Array, Scales]) -> Array:
        structure = STRUCTURES[quantity](one[1], sources, years)
        return draw_targets(one[0], structure, observed)

    return jax.lax.map(draw, (keys, scales))
