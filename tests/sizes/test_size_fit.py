from __future__ import annotations

import numpy as np
import pytest
from scipy import integrate

from diffrendergan.sizes.size_fit import DEFAULT_SIGMA, LEAST_FOR_SPREAD, border_weights, fit_sizes


@pytest.mark.parametrize("seed", [0, 1, 2])
def test_lognormal_parameters_are_recovered(seed):
    drawn = np.random.default_rng(seed).lognormal(np.log(30), 0.5, 600)
    fit = fit_sizes(drawn)
    assert fit is not None and fit.distribution == "lognormal"
    assert fit.parameters["mu"] == pytest.approx(np.log(30), abs=0.07)
    assert fit.parameters["sigma"] == pytest.approx(0.5, rel=0.1)
    assert fit.bic["lognormal"] < fit.bic["normal"]


@pytest.mark.parametrize("seed", [0, 1, 2])
def test_normal_parameters_are_recovered(seed):
    fit = fit_sizes(np.abs(np.random.default_rng(seed).normal(40, 12, 600)))
    assert fit is not None and fit.distribution == "normal"
    assert fit.parameters["mean"] == pytest.approx(40, rel=0.05)
    assert fit.parameters["sigma"] == pytest.approx(12, rel=0.12)


@pytest.mark.parametrize("seed", [0, 1, 2])
def test_two_sizes_are_recovered_the_more_frequent_first(seed):
    rng = np.random.default_rng(seed)
    fit = fit_sizes(np.concatenate([rng.normal(50, 4, 210), rng.normal(20, 3, 90)]))
    assert fit is not None and fit.distribution == "bimodal"
    values = fit.parameters
    assert (values["mean1"], values["mean2"]) == (pytest.approx(50, rel=0.05), pytest.approx(20, rel=0.05))
    assert values["p"] == pytest.approx(0.3, abs=0.02)
    assert values["sigma1"] == pytest.approx(4, rel=0.2)


@pytest.mark.parametrize("distribution", ["normal", "lognormal", "bimodal"])
def test_scaling_changes_the_unit_alone(distribution):
    rng = np.random.default_rng(3)
    drawn = {
        "normal": rng.normal(40, 9, 300),
        "lognormal": rng.lognormal(3, 0.5, 300),
        "bimodal": np.concatenate([rng.normal(50, 4, 200), rng.normal(20, 3, 100)]),
    }[distribution]
    fit = fit_sizes(drawn)
    assert fit is not None and fit.distribution == distribution
    scaled = fit.scaled(7.3)
    places = np.linspace(0.01, 200, 4000)
    assert scaled.density(7.3 * places) * 7.3 == pytest.approx(fit.density(places))
    assert integrate.trapezoid(fit.density(places), places) == pytest.approx(1, abs=0.01)
    assert scaled.median == pytest.approx(7.3 * fit.median)


def test_few_diameters_tell_only_a_median():
    assert fit_sizes(np.array([])) is None
    fit = fit_sizes(np.array([10.0, 11, 12]))
    assert fit is not None and fit.number < LEAST_FOR_SPREAD
    assert fit.parameters == {"mu": pytest.approx(np.log(11)), "sigma": DEFAULT_SIGMA} and fit.bic == {}


def test_equal_diameters_have_a_spread_that_can_be_drawn():
    fit = fit_sizes(np.full(30, 25.0))
    assert fit is not None and fit.median == 25 and np.isfinite(list(fit.parameters.values())).all()


def test_weights_undo_what_the_border_hides():
    rng = np.random.default_rng(0)
    diameters = rng.choice([20.0, 100.0], 4000) + rng.normal(0, 2, 4000)
    x, y = rng.uniform(0, 300, (2, 4000))
    half = diameters / 2
    whole = (x > half) & (x < 300 - half) & (y > half) & (y < 300 - half)
    seen = diameters[whole]
    weights = border_weights(seen, 300, 300)
    assert (seen > 60).mean() < 0.4
    assert weights[seen > 60].sum() / weights.sum() == pytest.approx(0.5, abs=0.03)
    fit = fit_sizes(seen, weights)
    assert fit is not None and fit.distribution == "bimodal"
    assert fit.parameters["p"] == pytest.approx(0.5, abs=0.05)
