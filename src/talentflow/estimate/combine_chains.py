"""How are chains of the sampler run beside each other?

Each in a process of its own, with one thread: a chain is a sequence of small factorizations. JAX
is imported by the processes themselves, because it cannot be forked.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import numpy.typing as npt

from talentflow.core.executor import run_in_processes

if TYPE_CHECKING:
    from talentflow.estimate.combine import Sampling

Floats = npt.NDArray[np.float64]


class Chain(NamedTuple):
    """What one chain needs: the fields of `combine_gaussian.Observed`, where it starts, the
    metric, and its seed, two numbers."""

    quantity: str
    observed: tuple[Floats, ...]
    years: int
    sampling: Sampling
    start: dict[str, Floats]
    metric: Floats
    seed: tuple[int, int]


class Drawn(NamedTuple):
    """Scales by name (chains × draws × …), targets (chains × draws × areas × targets), and the
    number of divergences."""

    scales: dict[str, Floats]
    targets: Floats
    divergences: int


def run_chains(chains: Sequence[Chain], workers: int) -> Drawn:
    """The draws of all chains, whatever the number of workers the same."""
    found = list(run_in_processes(run_chain, chains, min(workers, len(chains))))
    return Drawn(
        {name: np.concatenate([each.scales[name] for each in found]) for name in found[0].scales},
        np.concatenate([each.targets for each in found]),
        sum(each.divergences for each in found),
    )


def run_chain(chain: Chain) -> Drawn:
    """The draws of one chain."""
    import jax

    from talentflow.estimate.combine_gaussian import Observed
    from talentflow.estimate.combine_sampling import draw_effects, make_sampler, read_scales

    quantity, years, observed = chain.quantity, chain.years, Observed(*chain.observed)
    with jax.enable_x64(True):
        key = jax.random.fold_in(jax.random.key(chain.seed[0]), chain.seed[1])
        sampled, drawn = jax.random.split(key)
        alone = replace(chain.sampling, chains=1)
        sampler = make_sampler(quantity, years, alone, metric=chain.metric)
        fields = ("diverging",)
        sampler.run(sampled, observed, init_params=dict(chain.start), extra_fields=fields)
        scales = read_scales(sampler, quantity)
        targets = draw_effects(drawn, quantity, years, observed, scales)
        return Drawn(scales, targets, int(sampler.get_extra_fields()["diverging"].sum()))
