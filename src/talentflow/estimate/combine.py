"""What do several sources say together of an area's stock and net rate, and how surely?

`combine_sources` fits the two models of `combine_model` by the No-U-Turn sampler (Hoffman and
Gelman 2014, in NumPyro) and draws the effects given the sampled scales. What has not converged
is an error, never a figure. Needs the extra `bayes` (JAX and NumPyro).
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from statistics import NormalDist
from typing import Any, Final, NamedTuple

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from talentflow.core.errors import InputError, TalentflowError
from talentflow.estimate.combine_results import COMBINED, make_biases, make_estimates

Floats = npt.NDArray[np.float64]

MAX_R_HAT: Final = 1.01
MIN_EFFECTIVE_DRAWS: Final = 400.0
QUANTITIES: Final = ("stock", "net_rate")
_SMALLEST_ERROR: Final = 1e-4


class NotConvergedError(TalentflowError):
    """The sampler's chains do not agree, so there is nothing to publish."""


class MissingExtraError(TalentflowError):
    """The packages that combining needs are not installed."""


@dataclass(frozen=True, kw_only=True)
class Sampling:
    """How long and how carefully the posterior is sampled; `workers` share the chains, and do not
    change what they find."""

    chains: int = 4
    warmup: int = 200
    draws: int = 800
    seed: int = 1
    target_accept: float = 0.85
    level: float = 0.95
    workers: int = 1


class Grid(NamedTuple):
    """What is combined; the first source is the reference."""

    sources: tuple[str, ...]
    areas: tuple[str, ...]
    years: tuple[int, ...]


@dataclass(frozen=True, kw_only=True)
class Combined:
    """Tables of the contracts `estimates` and `source_biases`, and how the sampling went."""

    estimates: pa.Table
    biases: pa.Table
    diagnostics: dict[str, Any]


@dataclass(frozen=True, kw_only=True)
class Posterior:
    """Draws of one quantity on the model's scale: log persons, or percent a year.

    `truth` is chains × draws × areas × years, `departures` chains × draws × areas × sources ×
    years, `scales` by name chains × draws × ….
    """

    truth: Floats
    departures: Floats
    scales: dict[str, Floats]
    divergences: int
    seconds: float


def combine_sources(
    observations: pa.Table, grid: Grid, sampling: Sampling, say: Callable[[str], object] = len
) -> Combined:
    """Rows of single sources (contract `estimates`) → those rows with the combined ones beside
    them, and how the sources depart from the reference.

    `say` hears a line a quantity. Raises `NotConvergedError` where a chain diverged, R-hat
    reaches `MAX_R_HAT` or the effective draws of anything published stay below
    `MIN_EFFECTIVE_DRAWS`; `InputError` where the reference has too little; `MissingExtraError`.
    """
    estimates, biases, diagnostics = [], [], {}
    for quantity in QUANTITIES:
        chosen = _sources_with(observations, quantity, grid)
        observed, offset = arrange(observations, quantity, chosen)
        posterior = sample_posterior(quantity, observed, len(grid.years), sampling)
        facts = diagnose(posterior)
        diagnostics[quantity] = {"sources": list(chosen.sources), **facts}
        say(
            f"{quantity}: R-hat {facts['r_hat']:.4f}, effective draws "
            f"{facts['effective_draws']:.0f}, {posterior.seconds:.0f} s"
        )
        require_convergence(quantity, facts)
        estimates.append(make_estimates(quantity, posterior.truth, chosen, sampling.level, offset))
        biases.append(make_biases(quantity, posterior.departures, chosen, sampling.level))
    return Combined(
        estimates=_put_beside(observations, pa.concat_tables(estimates)),
        biases=pa.concat_tables(biases),
        diagnostics={**diagnostics, **_describe_run(grid, sampling)},
    )


def arrange(observations: pa.Table, quantity: str, grid: Grid) -> tuple[Any, float]:
    """Observations of a quantity as arrays of areas × (sources × years) on the model's scale,
    and the offset taken off them (mean log stock of the reference; 0 for rates).

    The sampling error comes from the interval; as that of a rate swings with the few moves it
    rests on, the variance for each person is averaged over the years of a source and area.
    Raises `InputError` where an area has no value of the reference.
    """
    from talentflow.estimate.combine_gaussian import Observed

    shape = (len(grid.areas), len(grid.sources), len(grid.years))
    values, errors, persons = (np.full(shape, np.nan) for _ in range(3))
    places = [{name: i for i, name in enumerate(axis)} for axis in (grid.areas, grid.sources)]
    for row in observations.to_pylist():
        usable = row["quantity"] == quantity and row["value"] is not None
        if not usable or row["source"] not in places[1] or row["year"] not in grid.years:
            continue
        if row["area"] in places[0]:
            at = places[0][row["area"]], places[1][row["source"]], grid.years.index(row["year"])
            values[at], errors[at], persons[at] = _to_model_scale(row)
    _require_reference(quantity, values, grid)
    if quantity == "net_rate":
        errors = _pool_errors(errors, persons)
    offset = float(np.nanmean(values[:, 0])) if quantity == "stock" else 0.0
    seen = np.isfinite(values) & np.isfinite(errors)
    flat = (shape[0], -1)
    return (
        Observed(
            values=np.where(seen, values - offset, 0.0).reshape(flat),
            errors=np.where(seen, np.maximum(errors, _SMALLEST_ERROR), 1.0).reshape(flat),
            seen=seen.astype(float).reshape(flat),
        ),
        offset,
    )


def sample_posterior(quantity: str, observed: Any, years: int, sampling: Sampling) -> Posterior:
    """Draws of scales, truth and departures; see `Posterior`. Raises `MissingExtraError`."""
    jax = require_jax()
    from talentflow.estimate.combine_sampling import sample_targets

    started = time.monotonic()
    with jax.enable_x64(True):
        scales, targets, divergences = sample_targets(quantity, observed, years, sampling)
    targets = targets.reshape(*targets.shape[:3], -1, years)
    return Posterior(
        truth=targets[:, :, :, 0],
        departures=targets[:, :, :, 1:],
        scales=scales,
        divergences=divergences,
        seconds=time.monotonic() - started,
    )


def diagnose(posterior: Posterior) -> dict[str, Any]:
    """Largest split R-hat and smallest effective number of draws over everything published and
    every scale (Gelman et al. 2013, §11.4–11.5), divergences, seconds."""
    from numpyro.diagnostics import effective_sample_size, split_gelman_rubin

    parts = {
        **posterior.scales,
        "truth": posterior.truth,
        "departures": posterior.departures[:, :, :, 1:],
    }
    r_hats, sizes = {}, {}
    for name, draws in parts.items():
        if draws.size:
            r_hats[name] = float(np.max(split_gelman_rubin(draws)))
            sizes[name] = float(np.min(effective_sample_size(draws)))
    means = {name: posterior.scales[name].mean((0, 1)).tolist() for name in posterior.scales}
    return {
        "r_hat": max(r_hats.values()),
        "r_hat_of": max(r_hats, key=r_hats.__getitem__),
        "effective_draws": min(sizes.values()),
        "effective_draws_of": min(sizes, key=sizes.__getitem__),
        "divergences": posterior.divergences,
        "seconds": round(posterior.seconds, 1),
        "scales": means,
    }


def require_convergence(quantity: str, facts: dict[str, Any]) -> None:
    """Raise `NotConvergedError` unless the chains agree, see `combine_sources`."""
    faults = []
    if not facts["r_hat"] < MAX_R_HAT:
        faults.append(f"R-hat {facts['r_hat']:.4f} ({facts['r_hat_of']})")
    if not facts["effective_draws"] >= MIN_EFFECTIVE_DRAWS:
        faults.append(
            f"{facts['effective_draws']:.0f} effective draws ({facts['effective_draws_of']})"
        )
    if facts["divergences"]:
        faults.append(f"{facts['divergences']} divergences")
    if faults:
        raise NotConvergedError(
            f"the estimate of {quantity} has not converged: {', '.join(faults)}",
            expected=f"R-hat below {MAX_R_HAT}, at least {MIN_EFFECTIVE_DRAWS:.0f} effective "
            "draws, no divergences",
            next_step="raise --draws or --warmup, or leave out areas with few observations; "
            "nothing was written",
        )


def require_jax() -> Any:
    """The module `jax`, or `MissingExtraError` saying what to install."""
    try:
        import jax
        import numpyro  # noqa: F401 -- both or neither
    except ImportError as error:
        raise MissingExtraError(
            f"combining sources needs a package that is not installed: {error.name}",
            expected="the packages of the extra `bayes` (jax, numpyro)",
            next_step="make install, or pip install 'talentflow[bayes]'",
        ) from error
    return jax


def _to_model_scale(row: dict[str, Any]) -> tuple[float, float, float]:
    """Value, standard error, persons."""
    width = 2 * NormalDist().inv_cdf(0.5 + row["level"] / 2)
    value, low, high = (row[name] for name in ("value", "low", "high"))
    if low is None or high is None:
        return np.nan, np.nan, np.nan
    if row["quantity"] == "stock":
        if value <= 0 or low <= 0:
            return np.nan, np.nan, np.nan
        value, low, high = np.log(value), np.log(low), np.log(high)
    return value, (high - low) / width, row["n"] or np.nan


def _pool_errors(errors: Floats, persons: Floats) -> Floats:
    """Standard errors with the variance for each person averaged over the last axis."""
    seen = np.isfinite(errors) & np.isfinite(persons)
    weights = np.where(seen, persons, 0.0)
    total = np.where(seen, errors**2 * persons**2, 0.0).sum(-1, keepdims=True)
    with np.errstate(invalid="ignore", divide="ignore"):
        each = total / weights.sum(-1, keepdims=True)
        return np.where(seen, np.sqrt(each / persons), np.nan)


def _require_reference(quantity: str, values: Floats, grid: Grid) -> None:
    empty = [area for area, seen in zip(grid.areas, values[:, 0], strict=True)
             if not np.isfinite(seen).any()]  # fmt: skip
    if empty:
        raise InputError(
            f"{grid.sources[0]} has no {quantity} of {', '.join(empty)} in "
            f"{grid.years[0]} to {grid.years[-1]}",
            expected="at least one published figure of the reference for every area",
            next_step="leave these areas out, or take a longer period",
        )


def _sources_with(observations: pa.Table, quantity: str, grid: Grid) -> Grid:
    """The grid with only the sources that tell of the quantity, in the same order."""
    rows = zip(*(observations[n].to_pylist() for n in ("quantity", "source", "value")), strict=True)
    present = {source for found, source, value in rows if found == quantity and value is not None}
    sources = tuple(source for source in grid.sources if source in present)
    if grid.sources[0] not in sources or len(sources) < 2:
        raise InputError(
            f"{quantity} is told by {', '.join(sources) or 'no source'}",
            expected=f"{grid.sources[0]} and at least one other source",
            next_step="check that the data folder holds scholarlymigration/",
        )
    return grid._replace(sources=sources)


def _put_beside(observations: pa.Table, estimates: pa.Table) -> pa.Table:
    """Single-source rows and combined ones; none where the reference withholds its figure."""
    names = ("quantity", "area", "year")
    withheld = {
        tuple(row[name] for name in names)
        for row in observations.to_pylist()
        if row["flag"] in ("too_few", "suppressed")
    }
    rows = zip(*(estimates[name].to_pylist() for name in names), strict=True)
    kept = estimates.filter(pa.array([row not in withheld for row in rows], pa.bool_()))
    table = pa.concat_tables([observations, kept])
    return table.sort_by([(name, "ascending") for name in (*names, "source")])


def _describe_run(grid: Grid, sampling: Sampling) -> dict[str, Any]:
    from importlib.metadata import version

    return {
        "reference": grid.sources[0],
        "combined": COMBINED,
        "areas": list(grid.areas),
        "years": [grid.years[0], grid.years[-1]],
        "sampling": {n: v for n, v in asdict(sampling).items() if n != "workers"},
        "versions": {name: version(name) for name in ("jax", "jaxlib", "numpyro", "numpy")},
    }
