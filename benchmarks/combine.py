"""How long does one estimate from several sources take, and does it converge?

    python benchmarks/combine.py

Worlds of 30 areas × 15 years × 3 sources (2 for net rates), drawn from known scales and sampled
with the defaults of `talentflow combine`; prints seconds, R-hat, effective draws and divergences,
and the share of true values inside the 95 % interval. Needs the extra `bayes`.
"""

from __future__ import annotations

from typing import Any

import jax
import numpy as np

from talentflow.estimate.combine import Sampling, diagnose, sample_posterior
from talentflow.estimate.combine_gaussian import Observed, simulate
from talentflow.estimate.combine_model import STRUCTURES

AREAS, YEARS = 30, 15
ERRORS = {"stock": (0.1, 0.005, 0.01), "net_rate": (1.0, 0.1)}
SCALES: dict[str, dict[str, Any]] = {
    "stock": {
        "level": 1.2, "trend": 0.3, "walk": 0.05, "common_walk": 0.05,
        "source_level": (0.5, 0.6), "source_trend": (0.2, 0.3), "source_walk": (0.02, 0.03),
        "source_shock": (0.2, 0.02, 0.05), "noise": (0.1, 0.02, 0.05),
    },
    "net_rate": {
        "level": 0.8, "deviation": 0.5, "source_level": (0.5,), "source_deviation": (0.2,),
        "noise": (0.3, 0.1), "persistence": 0.6,
    },
}  # fmt: skip


def main() -> None:
    """Sample both quantities and print how it went."""
    for quantity in SCALES:
        observed, truth = draw_world(quantity, seed=1)
        posterior = sample_posterior(quantity, observed, YEARS, Sampling())
        facts = diagnose(posterior)
        low, high = np.quantile(posterior.truth, [0.025, 0.975], axis=(0, 1))
        inside = ((low <= truth) & (truth <= high)).mean()
        print(
            f"{quantity}: {facts['seconds']:.0f} s, R-hat {facts['r_hat']:.4f}, effective draws "
            f"{facts['effective_draws']:.0f}, divergences {facts['divergences']}, "
            f"{100 * inside:.1f} % of the true values inside"
        )


def draw_world(quantity: str, seed: int) -> tuple[Observed, np.ndarray]:
    """Observations (a tenth of the cells not seen) and the truth, areas × years."""
    random = np.random.default_rng(seed)
    errors = np.tile(np.repeat(ERRORS[quantity], YEARS), (AREAS, 1))
    seen = (random.random(errors.shape) > 0.1).astype(float)
    with jax.enable_x64(True):
        scales = {name: np.asarray(value) for name, value in SCALES[quantity].items()}
        structure = STRUCTURES[quantity](scales, len(ERRORS[quantity]), YEARS)
        values, targets = simulate(jax.random.key(seed), structure, Observed(errors, errors, seen))
    observed = Observed(np.asarray(values) * seen, errors, seen)
    return observed, np.asarray(targets).reshape(AREAS, -1, YEARS)[:, 0]


if __name__ == "__main__":
    main()
