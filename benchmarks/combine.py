"""How long does one estimate from several sources take, and does it converge?

    python benchmarks/combine.py

Worlds of 30 areas × 15 years × 3 sources (2 for net rates), drawn from known scales and sampled
with the defaults of `talentflow combine`; says seconds, R-hat, effective draws and divergences,
and the share of true values inside the 95 % interval. Needs the extra `bayes`.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import Any

import jax
import numpy as np

from talentflow.estimate.combine import MAX_R_HAT, Sampling, diagnose, sample_posterior
from talentflow.estimate.combine_gaussian import Observed, simulate
from talentflow.estimate.combine_model import STRUCTURES

AREAS, YEARS, WORKERS = 30, 15, 2
ERRORS = {"stock": (0.1, 0.005, 0.01), "net_rate": (1.0, 0.1)}
SCALES: dict[str, dict[str, Any]] = {
    "stock": {
        "level": 1.2, "trend": 0.3, "walk": 0.05, "common_walk": 0.05,
        "source_level": (0.5, 0.6), "source_trend": (0.2, 0.3), "source_walk": (0.02, 0.03),
        "source_shock": (0.2, 0.03), "noise": (0.1, 0.02, 0.05),
    },
    "net_rate": {
        "level": 0.8, "deviation": 0.5, "source_level": (0.5,), "source_deviation": (0.2,),
        "noise": (0.3, 0.1), "persistence": 0.6,
    },
}  # fmt: skip


LIMIT_S = 600.0
_BOUND = "small factorizations of areas, a core for each chain"


def main() -> None:
    """Print the rows of both quantities."""
    for one in measure():
        print(f"{one['name']}: {one['value']:.4g} {one['unit']} ({one['against']})")


def measure() -> Iterator[dict[str, Any]]:
    """Rows of `benchmarks/run.py` for both quantities and their sum. Processor time stands beside
    the clock's, for it does not depend on what else the machine does."""
    total = 0.0
    for quantity in SCALES:
        observed, truth = draw_world(quantity, seed=1)
        before = _measure_processor()
        posterior = sample_posterior(quantity, observed, YEARS, Sampling(workers=WORKERS))
        facts = diagnose(posterior)
        low, high = np.quantile(posterior.truth, [0.025, 0.975], axis=(0, 1))
        inside = float(((low <= truth) & (truth <= high)).mean())
        total += posterior.seconds
        name = f"{quantity} of {AREAS} areas, {YEARS} years"
        spent = _measure_processor() - before
        r_hat, draws = facts["r_hat"], facts["effective_draws"]
        yield _row(name, posterior.seconds, "s", "limit of 600 s", LIMIT_S / posterior.seconds)
        yield _row(f"{name}, processor", spent, "s", "limit of 600 s", LIMIT_S / spent)
        yield _row(f"{name}, R-hat", r_hat, "", "limit of 1.01", MAX_R_HAT / r_hat)
        yield _row(f"{name}, effective draws", draws, "", "limit of 400", draws / 400)
        yield _row(f"{name}, divergences", facts["divergences"], "", "none", None)
        yield _row(f"{name}, truth inside 95 %", inside, "share", "0.95", inside / 0.95)
    yield _row("both quantities", total, "s", "limit of 600 s", LIMIT_S / total)


def _measure_processor() -> float:
    """Seconds of this process and of those it started."""
    spent = os.times()
    return spent.user + spent.system + spent.children_user + spent.children_system


def _row(name: str, value: float, unit: str, against: str, ratio: float | None) -> dict[str, Any]:
    return {
        "name": name,
        "value": round(value, 4),
        "unit": unit,
        "against": against,
        "ratio": None if ratio is None else round(ratio, 2),
        "bound": _BOUND if unit == "s" else None,
    }


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
