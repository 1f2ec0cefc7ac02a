"""How are the scales sampled, and the effects drawn given them? NumPyro and JAX, on processors.

The chains start around the posterior mode, with the curvature there as the metric: scales differ
by a factor of a thousand, and a sampler that has to find that out takes longer than all the rest.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
import numpy.typing as npt
from jax.flatten_util import ravel_pytree
from numpyro.infer import MCMC, NUTS, init_to_sample
from numpyro.infer.util import initialize_model
from scipy.optimize import minimize

from talentflow.estimate.combine_chains import Chain, Drawn, run_chains
from talentflow.estimate.combine_gaussian import Array, Observed, draw_targets
from talentflow.estimate.combine_model import (
    STRUCTURES,
    Scales,
    list_scales,
    sample_model,
)

if TYPE_CHECKING:
    from talentflow.estimate.combine import Sampling

Floats = npt.NDArray[np.float64]


def sample_targets(quantity: str, observed: Observed, years: int, sampling: Sampling) -> Drawn:
    """Draws of scales and targets from all chains."""
    mode = find_mode(quantity, years, observed)
    arrays = tuple(np.asarray(array) for array in observed)
    starts = mode.draw_starts(sampling.chains, np.random.default_rng(sampling.seed))
    chains = [
        Chain(quantity, arrays, years, sampling, start, mode.metric, (sampling.seed, number))
        for number, start in enumerate(starts)
    ]
    return run_chains(chains, sampling.workers)


class Mode(NamedTuple):
    """Where the posterior is highest, and the inverse of its curvature there, both in the
    coordinates that the sampler moves in (`unravel`: a vector → those by name)."""

    place: Array
    metric: Array
    unravel: Callable[[Array], dict[str, Array]]

    def draw_starts(self, chains: int, random: np.random.Generator) -> list[dict[str, Floats]]:
        """Places to start from, as widely scattered as the posterior is there."""
        scatter = random.multivariate_normal(np.zeros(len(self.place)), self.metric, chains)
        starts = [self.unravel(jnp.asarray(self.place + step)) for step in scatter]
        return [{name: np.asarray(at) for name, at in start.items()} for start in starts]


def find_mode(quantity: str, years: int, observed: Observed) -> Mode:
    """The posterior's mode, by L-BFGS from half of the prior scales."""
    model = partial(sample_model, quantity, years)
    about = initialize_model(jax.random.key(0), model, model_args=(observed,))
    start, unravel = ravel_pytree(
        jax.tree.map(lambda at: jnp.full_like(at, 0.5), about.param_info.z)
    )
    climb = jax.jit(jax.value_and_grad(lambda at: about.potential_fn(unravel(at))))

    def descend(at: Floats) -> tuple[float, Floats]:
        value, slope = climb(at)
        return float(value), np.asarray(slope, float)

    place = minimize(
        descend, np.asarray(start), jac=True, method="L-BFGS-B", options={"maxiter": 500}
    ).x
    return Mode(place, _invert_curvature(lambda at: descend(at)[1], place), unravel)


def _invert_curvature(slope: Callable[[Floats], Floats], place: Floats) -> Floats:
    """The inverse of the matrix of second derivatives, by central differences; directions in which
    it is nearly flat, or not a minimum, are taken for a tenth as steep as their neighbours."""
    steps = 1e-3 * np.maximum(np.abs(place), 1e-3)
    rows = [(slope(place + s) - slope(place - s)) / (2 * s.sum()) for s in np.diag(steps)]
    curvature = (np.array(rows) + np.array(rows).T) / 2
    sizes = np.sqrt(np.maximum(np.abs(np.diag(curvature)), 1.0))
    values, vectors = np.linalg.eigh(curvature / np.outer(sizes, sizes))
    inverse = (vectors / np.maximum(values, 0.1)) @ vectors.T
    return np.asarray(inverse / np.outer(sizes, sizes))


def read_scales(sampler: MCMC, quantity: str) -> dict[str, Floats]:
    """Sampled scales by name: chains × draws × …"""
    drawn = sampler.get_samples(group_by_chain=True)
    return {name: np.asarray(drawn[name]) for name in list_scales(quantity)}


def make_sampler(
    quantity: str,
    years: int,
    sampling: Sampling,
    metric: Array | None = None,
) -> MCMC:
    """A sampler of one model; run it with a key and the observations. `metric`: see `Mode`."""
    model = partial(sample_model, quantity, years)
    kernel = NUTS(
        model,
        target_accept_prob=sampling.target_accept,
        dense_mass=True,
        init_strategy=init_to_sample,
        inverse_mass_matrix=None if metric is None else jnp.asarray(metric),
    )
    return MCMC(
        kernel,
        num_warmup=sampling.warmup,
        num_samples=sampling.draws,
        num_chains=sampling.chains,
        chain_method="sequential",
        progress_bar=False,
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
