"""What do observations say of effects that are nested in areas, once the scales are given?

The model of `combine_model` is linear and normal given its scales. A cell is one source in one
year; what a source tells of an area is

    observed = what is true + how the source departs from it + sampling error + noise

where truth and departures are loadings times standard normal effects, some shared by all areas,
some each area's own. So the effects need not be sampled: they are integrated out exactly, and
drawn afterwards given the scales. The sampler is left with a dozen scales, without the funnels
that centred hierarchies have and without the ridges of non-centred ones.

Sources: Lindley and Smith 1972 (hierarchical normal models); Matheron's rule for conditional
draws, Hoffman and Ribak 1991.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import scipy.linalg  # noqa: F401 -- whose LAPACK JAX takes: loaded before it is limited
from threadpoolctl import threadpool_limits

# JAX calls LAPACK from threads of its own, and with those of OpenBLAS they have waited for each
# other for ever. Matrices this small gain nothing from several threads.
threadpool_limits(limits=1, user_api="blas")

Array = Any


class Structure(NamedTuple):
    """Loadings of the targets on standard normal effects, and the noise of the cells.

    Targets are the truth of each year, then the departure of each source in each year:
    (1 + sources) × years of them. Cells are sources × years, in the same order.
    """

    own: Array
    """targets × effects that each area has for itself"""
    shared: Array
    """targets × effects that all areas share"""
    noise: Array
    """cells: variance beyond the sampling error"""


class Observed(NamedTuple):
    """What the sources say: arrays of areas × cells."""

    values: Array
    """0 where nothing was seen"""
    errors: Array
    """standard deviation of the sampling error"""
    seen: Array
    """1.0 or 0.0"""


def log_likelihood(structure: Structure, observed: Observed) -> Array:
    """Log density of the observations, all effects integrated out, up to a constant."""
    precisions, log_determinants = _invert(_covariances(structure, observed))
    values = observed.values * observed.seen
    weighted = jnp.einsum("acd,ad->ac", precisions, values)
    factor, pulled, shared = _shared_posterior(structure, observed, precisions, weighted)
    explained = jax.scipy.linalg.solve_triangular(factor, shared.T @ pulled, lower=True)
    return -0.5 * (
        jnp.sum(values * weighted) - jnp.sum(explained**2) + jnp.sum(log_determinants)
    ) - jnp.sum(jnp.log(jnp.diagonal(factor)))


def draw_targets(key: Array, structure: Structure, observed: Observed) -> Array:
    """One draw of all targets given the scales: areas × (1 + sources) × years, flattened."""
    fake, targets = simulate(key, structure, observed)
    residual = (observed.values - fake) * observed.seen
    precisions, _ = _invert(_covariances(structure, observed))
    weighted = jnp.einsum("acd,ad->ac", precisions, residual)
    factor, pulled, shared = _shared_posterior(structure, observed, precisions, weighted)
    common = jax.scipy.linalg.cho_solve((factor, True), shared.T @ pulled)
    left = residual - observed.seen * (shared @ common)[None]
    pull = jnp.einsum("acd,ad->ac", precisions, left) * observed.seen
    own = pull @ to_cells(structure.own, observed)
    return targets + (structure.shared @ common)[None] + own @ structure.own.T


def simulate(key: Array, structure: Structure, observed: Observed) -> tuple[Array, Array]:
    """Observations and the targets behind them, drawn from the model: areas × cells and
    areas × targets. Of `observed` only the sampling errors count."""
    areas = observed.errors.shape[0]
    keys = jax.random.split(key, 3)
    common = jax.random.normal(keys[0], (structure.shared.shape[1],))
    own = jax.random.normal(keys[1], (areas, structure.own.shape[1]))
    targets = (structure.shared @ common)[None] + own @ structure.own.T
    spread = jnp.sqrt(structure.noise[None] + observed.errors**2)
    error = jax.random.normal(keys[2], observed.errors.shape) * spread
    return to_cells(targets.T, observed).T + error, targets


def to_cells(targets: Array, observed: Observed) -> Array:
    """Rows of targets → rows of cells: truth of the year plus departure of the source."""
    cells = observed.errors.shape[1]
    years = targets.shape[0] - cells
    return jnp.tile(targets[:years], (cells // years, 1)) + targets[years:]


def _covariances(structure: Structure, observed: Observed) -> Array:
    """Areas × cells × cells, the shared effects held fixed; a cell not seen stands alone."""
    loadings = to_cells(structure.own, observed)
    seen = observed.seen[:, :, None] * observed.seen[:, None, :]
    alone = jnp.where(observed.seen > 0, structure.noise[None] + observed.errors**2, 1.0)
    return (loadings @ loadings.T)[None] * seen + alone[:, :, None] * jnp.eye(alone.shape[1])


def _shared_posterior(
    structure: Structure, observed: Observed, precisions: Array, weighted: Array
) -> tuple[Array, Array, Array]:
    """Cholesky factor of the precision of the shared effects, what the observations pull them
    by, and their loadings on cells."""
    shared = to_cells(structure.shared, observed)
    seen = observed.seen[:, :, None] * observed.seen[:, None, :]
    precision = jnp.eye(shared.shape[1]) + shared.T @ jnp.sum(precisions * seen, 0) @ shared
    return jnp.linalg.cholesky(precision), jnp.sum(weighted * observed.seen, 0), shared


@jax.custom_vjp
def _invert(matrices: Array) -> tuple[Array, Array]:
    """Inverses and log determinants of positive definite matrices.

    The derivative is written down: through the factorization it would cost several times more.
    """
    factors = jnp.linalg.cholesky(matrices)
    eye = jnp.broadcast_to(jnp.eye(matrices.shape[-1]), matrices.shape)
    roots = jax.scipy.linalg.solve_triangular(factors, eye, lower=True)
    inverses = jnp.swapaxes(roots, -1, -2) @ roots
    diagonals = jnp.diagonal(factors, axis1=-2, axis2=-1)
    return inverses, 2 * jnp.sum(jnp.log(diagonals), -1)


def _invert_forward(matrices: Array) -> tuple[tuple[Array, Array], Array]:
    found = _invert(matrices)
    return found, found[0]


def _invert_backward(inverses: Array, pulls: tuple[Array, Array]) -> tuple[Array]:
    of_inverse, of_log = pulls
    symmetric = (of_inverse + jnp.swapaxes(of_inverse, -1, -2)) / 2
    return (of_log[..., None, None] * inverses - inverses @ symmetric @ inverses,)


_invert.defvjp(_invert_forward, _invert_backward)
