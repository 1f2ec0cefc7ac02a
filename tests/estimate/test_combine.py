"""Several sources into one estimate: the algebra, recovery, calibration, refusals."""

from __future__ import annotations

import sys

import numpy as np
import pyarrow as pa
import pytest

from talentflow.core.contracts import ESTIMATES
from talentflow.core.errors import InputError
from talentflow.estimate.combine import (
    Grid,
    MissingExtraError,
    NotConvergedError,
    Sampling,
    arrange,
    require_convergence,
    require_jax,
    sample_posterior,
)
from talentflow.estimate.combine_results import make_biases, make_estimates

GRID = Grid(("conferences", "openalex"), ("KR", "JP"), (2000, 2001))


def make_row(**given: object) -> dict[str, object]:
    row = {"quantity": "stock", "area": "KR", "year": 2000, "source": "conferences", "value": 100.0,
           "low": 80.0, "high": 125.0, "level": 0.95, "n": 100, "unit": "persons",
           "flag": "ok"}  # fmt: skip
    return {**row, **given}


def test_stocks_are_arranged_as_logarithms_with_errors_from_their_intervals() -> None:
    rows = [
        make_row(),
        make_row(area="JP", value=400.0, low=300.0, high=500.0),
        make_row(source="openalex", year=2001, value=5000.0, low=4800.0, high=5200.0),
        make_row(year=2001, value=None, low=None, high=None, n=None, flag="too_few"),
    ]
    observed, offset = arrange(ESTIMATES.from_rows(rows), "stock", GRID)
    assert offset == pytest.approx(np.log(200))
    assert observed.seen.tolist() == [[1, 0, 0, 1], [1, 0, 0, 0]]
    assert observed.values[0] + offset * observed.seen[0] == pytest.approx(
        [np.log(100), 0, 0, np.log(5000)]
    )
    assert observed.errors[0, 0] == pytest.approx(np.log(125 / 80) / 3.92, rel=1e-3)


def test_errors_of_rates_do_not_follow_the_few_moves_of_a_year() -> None:
    rows = [
        make_row(quantity="net_rate", area=area, year=year, value=0.0, low=-half, high=half, n=100)
        for area in ("KR", "JP")
        for year, half in ((2000, 1.0), (2001, 7.0))
    ]
    observed, _ = arrange(ESTIMATES.from_rows(rows), "net_rate", GRID)
    assert observed.errors[0, 0] == observed.errors[0, 1]
    assert observed.errors[0, 0] == pytest.approx(5.0 / 1.96, rel=1e-3)


def test_an_area_without_the_reference_is_named() -> None:
    with pytest.raises(InputError, match="JP"):
        arrange(ESTIMATES.from_rows([make_row()]), "stock", GRID)


@pytest.mark.parametrize(
    ("changed", "named"),
    [
        ({"r_hat": 1.02}, "R-hat 1.02"),
        ({"r_hat": float("nan")}, "R-hat"),
        ({"effective_draws": 12.0}, "12 effective draws"),
        ({"divergences": 3}, "3 divergences"),
    ],
)
def test_what_has_not_converged_is_refused(changed: dict[str, float], named: str) -> None:
    facts = {"r_hat": 1.001, "r_hat_of": "noise", "effective_draws": 900.0,
             "effective_draws_of": "noise", "divergences": 0}  # fmt: skip
    require_convergence("stock", facts)
    with pytest.raises(NotConvergedError, match=named):
        require_convergence("stock", {**facts, **changed})


def test_a_missing_package_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "jax", None)
    with pytest.raises(MissingExtraError, match=r"talentflow\[bayes\]") as caught:
        require_jax()
    assert caught.value.exit_status == 1


def test_tables_hold_medians_and_intervals() -> None:
    draws = np.log(np.arange(1.0, 102.0)).reshape(1, -1, 1, 1) * np.ones((1, 101, 2, 2))
    table = make_estimates("stock", draws, GRID, 0.9, 0.0)
    assert table.num_rows == 4
    assert table["value"][0].as_py() == pytest.approx(51)
    assert (table["low"][0].as_py(), table["high"][0].as_py()) == pytest.approx((6, 96))
    departures = np.zeros((1, 101, 2, 2, 2)) + np.array([0.0, 0.1])
    biases = make_biases("net_rate", departures, GRID, 0.9)
    change = biases.filter(pa.compute.equal(biases["measure"], "change"))
    assert change["value"].to_pylist() == pytest.approx([1.0] * 4)


@pytest.mark.parametrize("quantity", ["stock", "net_rate"])
def test_the_density_is_that_of_the_joint_normal(quantity: str) -> None:
    """Against the one big normal distribution of all observations, effects written out."""
    import jax
    from combine_worlds import draw_world

    from talentflow.estimate.combine_gaussian import log_likelihood, to_cells
    from talentflow.estimate.combine_model import STRUCTURES

    with jax.enable_x64(True):
        differences = []
        for seed in (1, 2):
            world = draw_world(quantity, areas=2, years=3, seed=seed)
            sources = world.targets.shape[1] - 1
            structure = STRUCTURES[quantity](world.scales, sources, 3)
            own = np.asarray(to_cells(structure.own, world.observed))
            shared = np.asarray(to_cells(structure.shared, world.observed))
            errors = world.observed.errors**2 + np.asarray(structure.noise)
            covariance = np.kron(np.eye(2), own @ own.T) + np.kron(
                np.ones((2, 2)), shared @ shared.T
            )
            covariance += np.diag(errors.ravel())
            seen = world.observed.seen.ravel() > 0
            values = world.observed.values.ravel()[seen]
            covariance = covariance[np.ix_(seen, seen)]
            _, log_determinant = np.linalg.slogdet(covariance)
            exact = -0.5 * (values @ np.linalg.solve(covariance, values) + log_determinant)
            differences.append(float(log_likelihood(structure, world.observed)) - exact)
    assert differences == pytest.approx([0.0, 0.0], abs=1e-6)


@pytest.mark.slow
def test_known_rates_are_recovered() -> None:
    import jax
    from combine_worlds import draw_world

    with jax.enable_x64(True):
        world = draw_world("net_rate", areas=6, years=6, seed=4)
    sampling = Sampling(chains=1, warmup=200, draws=300)
    posterior = sample_posterior("net_rate", world.observed, 6, sampling)
    assert posterior.divergences == 0
    low, high = np.quantile(posterior.truth, [0.005, 0.995], axis=(0, 1))
    inside = (low <= world.targets[:, 0]) & (world.targets[:, 0] <= high)
    assert inside.mean() > 0.9
    error = posterior.truth.mean((0, 1)) - world.targets[:, 0]
    alone = world.observed.values[:, :6] - world.targets[:, 0]
    assert np.abs(error).mean() < np.abs(alone[world.observed.seen[:, :6] > 0]).mean()
