"""Do posterior draws rank uniformly around the truth of worlds drawn from the prior?

Simulation-based calibration (Talts, Betancourt, Simpson, Vehtari and Gelman 2018): if sampler,
model and derivatives agree, the rank of the truth among posterior draws is uniform.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
import pytest
from scipy import stats

if TYPE_CHECKING:
    from combine_worlds import World

AREAS, YEARS = 3, 5
WORLDS = {"stock": 60, "net_rate": 120}
"""A stock's world has twice the scales and takes three times as long."""
DRAWS, THINNING = 63, 4
BINS = 8
UNLIKELY = 0.001


@pytest.mark.slow
@pytest.mark.parametrize("quantity", ["stock", "net_rate"])
def test_ranks_of_the_truth_are_uniform(quantity: str) -> None:
    ranks = rank_worlds(quantity)
    for name, found in ranks.items():
        counts = np.bincount(found * BINS // (DRAWS + 1), minlength=BINS)
        assert stats.chisquare(counts).pvalue > UNLIKELY, (name, counts.tolist())
        levels = np.arange(DRAWS + 1)
        shares = (found[:, None] <= levels).mean(0)
        band = stats.kstwobign.isf(UNLIKELY) / len(found) ** 0.5
        assert np.abs(shares - (levels + 1) / (DRAWS + 1)).max() < band, name


def rank_worlds(quantity: str) -> dict[str, npt.NDArray[np.int64]]:
    """Ranks of the first and last true value, of the departure of a source and of its noise."""
    import jax
    from combine_worlds import draw_world

    from talentflow.estimate.combine_sampling import draw_effects

    ranks: dict[str, list[int]] = {"first": [], "last": [], "departure": [], "noise": []}
    with jax.enable_x64(True):
        seeds = range(1, WORLDS[quantity] + 1)
        worlds = [draw_world(quantity, AREAS, YEARS, seed) for seed in seeds]
        sampled = sample_worlds(quantity, worlds)
        for number, (seed, world) in enumerate(zip(seeds, worlds, strict=True)):
            scales = {name: draws[number, None, ::THINNING] for name, draws in sampled.items()}
            key = jax.random.key(20_000 + seed)
            drawn = draw_effects(key, quantity, YEARS, world.observed, scales)[0]
            drawn = drawn.reshape(DRAWS, *world.targets.shape)
            pairs = {
                "first": (drawn[:, 0, 0, 0], world.targets[0, 0, 0]),
                "last": (drawn[:, -1, 0, -1], world.targets[-1, 0, -1]),
                "departure": (drawn[:, 0, 2].mean(-1), world.targets[0, 2].mean()),
                "noise": (scales["noise"][0, :, -1], world.scales["noise"][-1]),
            }
            for name, (draws, truth) in pairs.items():
                ranks[name].append(int((draws < truth).sum()))
    return {name: np.array(found) for name, found in ranks.items()}


def sample_worlds(quantity: str, worlds: Sequence[World]) -> dict[str, npt.NDArray[np.float64]]:
    """Scales by name (worlds × draws × …), all worlds sampled beside each other: compiled
    together, their small matrices cost a fifth of what they do one after the other."""
    import jax

    from talentflow.estimate.combine import Sampling
    from talentflow.estimate.combine_model import list_scales
    from talentflow.estimate.combine_sampling import make_sampler

    sampling = Sampling(chains=1, warmup=250, draws=DRAWS * THINNING)
    kernel = make_sampler(quantity, YEARS, sampling).sampler

    def run(key: Any, observed: Any) -> Any:
        def step(state: Any, _: None) -> tuple[Any, Any]:
            state = kernel.sample(state, (observed,), {})
            return state, state.z

        state = kernel.init(key, sampling.warmup, None, (observed,), {})
        state, _ = jax.lax.scan(step, state, None, length=sampling.warmup)
        _, drawn = jax.lax.scan(step, state, None, length=sampling.draws)
        return jax.vmap(kernel.postprocess_fn((observed,), {}))(drawn)

    keys = jax.vmap(jax.random.key)(10_001 + np.arange(len(worlds)))
    observed = jax.tree.map(lambda *each: np.stack(each), *(world.observed for world in worlds))
    drawn = jax.jit(jax.vmap(run))(keys, observed)
    return {name: np.asarray(drawn[name]) for name in list_scales(quantity)}
