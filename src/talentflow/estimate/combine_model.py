"""What is assumed of the truth and of the sources, and how wide is the prior?

Two models of the same form, one for the logarithm of the stock, one for the net rate in percent.
The first source is the reference: its departure has no constant, no trend and no drift of its own,
only shocks of a year and noise, so the truth is what the reference would tell in an ordinary year.
The other sources depart from it by a constant, and for stocks a trend, each drawn towards what is
common to all areas, and by a slow drift.

| effect | stock (log) | net rate (percentage points) |
|---|---|---|
| truth, all areas | level, trend, random walk | level |
| truth, each area | level, trend, random walk | level, deviation that fades (AR 1) |
| source, all areas | level, trend, shock of each year | level |
| source, each area | level, trend, random walk | level, deviation that fades |
| cell | sampling error, noise of the source | sampling error, noise of the source |

Every scale has a half-normal prior. It is sampled as a normal number of which only the size
counts, in units of the prior: where a scale may well be zero, its logarithm has a long tail that a
sampler crawls along, while the signed number passes through zero.

Scales that only their sum of squares tells apart are sampled as the size and the angle of the pair:
the records of a precise source tell how much truth and its departure vary together, which leaves
the two on a circle. The prior of the two is the same as if they were drawn apart.

The shocks of the sources beside the reference have one scale. Two such sources tell the difference
of their shocks to the last digit and nothing of which of them has it; with a scale each the
posterior has two modes between which chains do not move. Years count in decades from the middle
of the period.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any, Final

import jax
import jax.numpy as jnp
import numpyro
import numpyro.distributions as dist

from talentflow.estimate.combine_gaussian import Array, Observed, Structure, log_likelihood

Scales = dict[str, Any]

LEVEL_PRIOR: Final = {"stock": 3.0, "net_rate": 2.0}
"""Prior standard deviation of the common level; of a log stock it counts from the mean."""


@dataclass(frozen=True, kw_only=True)
class Scale:
    """One scale of the model. `each` says how many there are: one, one a source, one a source
    other than the reference, or one a kind (the reference, and the others together)."""

    name: str
    prior: float
    each: str = "model"


SCALES: Final[dict[str, tuple[Scale, ...]]] = {
    "stock": (
        Scale(name="level", prior=2.0),
        Scale(name="trend", prior=0.5),
        Scale(name="walk", prior=0.1),
        Scale(name="common_walk", prior=0.1),
        Scale(name="source_level", prior=1.0, each="other"),
        Scale(name="source_trend", prior=0.5, each="other"),
        Scale(name="source_walk", prior=0.05, each="other"),
        Scale(name="source_shock", prior=0.2, each="kind"),
        Scale(name="noise", prior=0.2, each="source"),
    ),
    "net_rate": (
        Scale(name="level", prior=1.0),
        Scale(name="deviation", prior=0.7),
        Scale(name="source_level", prior=1.0, each="other"),
        Scale(name="source_deviation", prior=0.7, each="other"),
        Scale(name="noise", prior=0.5, each="source"),
    ),
}


PAIRS: Final = {"net_rate": {"level": "source_level", "deviation": "source_deviation"}}
"""Scales of truth and of the first other source that are sampled as size and angle."""


def sample_model(quantity: str, years: int, observed: Observed) -> None:
    """The model for NumPyro: scales from their priors, effects integrated out."""
    scales = sample_scales(quantity, observed.errors.shape[1] // years)
    numpyro.factor("observations", _log_density(quantity, years, scales, observed))


def sample_scales(quantity: str, sources: int) -> Scales:
    """The scales of a model, each from its prior; the samples hold them by their names."""
    counts = {"model": None, "source": sources, "other": sources - 1, "kind": 2}
    pairs = PAIRS.get(quantity, {})
    scales: Scales = {}
    for scale in SCALES[quantity]:
        if scale.name in pairs:
            scales |= _sample_pair(scale, pairs[scale.name], sources - 1)
        elif scale.name not in pairs.values():
            scales[scale.name] = _sample_signed(scale.name, scale.prior, counts[scale.each])
    if quantity == "net_rate":
        scales["persistence"] = numpyro.sample("persistence", dist.Beta(2.0, 2.0))
    for name in list_scales(quantity):
        if name != "persistence":
            numpyro.deterministic(name, scales[name])
    return scales


def list_scales(quantity: str) -> list[str]:
    """Names of everything that is sampled, as the structures read it."""
    names = [scale.name for scale in SCALES[quantity]]
    return [*names, "persistence"] if quantity == "net_rate" else names


def _sample_signed(name: str, prior: float, count: int | None) -> Array:
    normal = dist.Normal(0.0, 1.0)
    if count is not None:
        normal = normal.expand([count]).to_event(1)
    return prior * jnp.abs(numpyro.sample(f"{name}_signed", normal))


def _sample_pair(scale: Scale, partner: str, others: int) -> Scales:
    """Two half-normal scales of one prior, by the size (Rayleigh) and the angle (uniform) of the
    point that they make; further sources are drawn apart."""
    size = scale.prior * numpyro.sample(f"{scale.name}_size", dist.Weibull(2**0.5, 2.0))
    angle = numpyro.sample(f"{scale.name}_angle", dist.Uniform(0.0, jnp.pi / 2))
    first = jnp.reshape(size * jnp.sin(angle), (1,))
    rest = [_sample_signed(partner, scale.prior, others - 1)] if others > 1 else []
    return {scale.name: size * jnp.cos(angle), partner: jnp.concatenate([first, *rest])}


# Compiled as a whole: NumPyro runs a model step by step before it compiles it, and hundreds of
# small compilations would cost more than the sampling.
@partial(jax.jit, static_argnums=(0, 1))
def _log_density(quantity: str, years: int, scales: Scales, observed: Observed) -> Array:
    structure = STRUCTURES[quantity](scales, observed.errors.shape[1] // years, years)
    return log_likelihood(structure, observed)


def stock_structure(scales: Scales, sources: int, years: int) -> Structure:
    """Log stocks: levels, trends and random walks, see the module."""
    ones, decades, walk = _time_basis(years)

    def area_effects(level: Array, trend: Array, wander: Array) -> Array:
        return jnp.concatenate([ones * level, decades * trend, walk * wander], 1)

    names = ("source_level", "source_trend", "source_walk")
    own = [area_effects(scales["level"], scales["trend"], scales["walk"])]
    own += [area_effects(*(scales[name][s] for name in names)) for s in range(sources - 1)]
    common = area_effects(LEVEL_PRIOR["stock"], 1.0, scales["common_walk"])
    departures = jnp.concatenate([ones * 5.0, decades * 1.0], 1)
    shared = _stack([common] + [departures] * (sources - 1), years)
    kinds = jnp.minimum(jnp.arange(sources), 1)
    shocks = jnp.repeat(scales["source_shock"][kinds], years)
    shared = jnp.concatenate([shared, jnp.eye((sources + 1) * years)[:, years:] * shocks], 1)
    return Structure(_stack(own, years), shared, jnp.repeat(scales["noise"], years) ** 2)


def rate_structure(scales: Scales, sources: int, years: int) -> Structure:
    """Net rates: levels and deviations that fade, see the module."""
    ones, _, _ = _time_basis(years)
    fading = _fading_basis(years, scales["persistence"])

    def area_effects(level: Array, deviation: Array) -> Array:
        return jnp.concatenate([ones * level, fading * deviation], 1)

    names = ("source_level", "source_deviation")
    own = [area_effects(scales["level"], scales["deviation"])]
    own += [area_effects(*(scales[name][s] for name in names)) for s in range(sources - 1)]
    shared = _stack([ones * LEVEL_PRIOR["net_rate"]] * sources, years)
    return Structure(_stack(own, years), shared, jnp.repeat(scales["noise"], years) ** 2)


STRUCTURES: Final[dict[str, Callable[[Scales, int, int], Structure]]] = {
    "stock": stock_structure,
    "net_rate": rate_structure,
}


def _stack(blocks: list[Array], years: int) -> Array:
    """Truth and the sources beside the reference, one under the other, each with effects of its
    own; the reference has none and stands as rows of zeros after the truth."""
    width = sum(block.shape[1] for block in blocks)
    rows, at = [], 0
    for number, block in enumerate(blocks):
        before, after = jnp.zeros((years, at)), jnp.zeros((years, width - at - block.shape[1]))
        rows.append(jnp.concatenate([before, block, after], 1))
        at += block.shape[1]
        if number == 0:
            rows.append(jnp.zeros((years, width)))
    return jnp.concatenate(rows, 0)


def _time_basis(years: int) -> tuple[Array, Array, Array]:
    """A column of ones, a column of decades from the middle, and a walk's steps (years × steps)."""
    year = jnp.arange(years)
    walk = (year[:, None] > jnp.arange(years - 1)[None, :]).astype(float)
    return jnp.ones((years, 1)), ((year - (years - 1) / 2) / 10)[:, None], walk


def _fading_basis(years: int, persistence: Array) -> Array:
    """Loadings of a stationary first-order autoregression with variance 1 on its innovations."""
    year = jnp.arange(years)
    lag = year[:, None] - year[None, :]
    fresh = jnp.where(year[None, :] == 0, 1.0, jnp.sqrt(1 - persistence**2))
    return jnp.where(lag >= 0, persistence ** jnp.maximum(lag, 0) * fresh, 0.0)
