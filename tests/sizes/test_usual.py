from __future__ import annotations

import numpy as np
import pytest
from scipy import integrate

from diffrendergan.sizes import fits
from diffrendergan.sizes.border import whole_weights
from diffrendergan.sizes.rules import RULES
from diffrendergan.sizes.specks import no_specks
from diffrendergan.sizes.usual import usual_size


@pytest.mark.parametrize("seed", [0, 1, 2])
def test_lognormal_parameters_are_recovered(seed):
    drawn = np.random.default_rng(seed).lognormal(np.log(30), 0.5, 600)
    fit = usual_size(drawn)
    assert fit is not None and fit.distribution == "lognormal"
    assert fit.parameters["mu"] == pytest.approx(np.log(30), abs=0.07)
    assert fit.parameters["sigma"] == pytest.approx(0.5, rel=0.1)
    assert fit.judged["lognormal"].bic < fit.judged["normal"].bic


@pytest.mark.parametrize("seed", [0, 1, 2])
def test_normal_parameters_are_recovered(seed):
    fit = usual_size(np.abs(np.random.default_rng(seed).normal(40, 12, 600)))
    assert fit is not None and fit.distribution == "normal"
    assert fit.parameters["mean"] == pytest.approx(40, rel=0.05)
    assert fit.parameters["sigma"] == pytest.approx(12, rel=0.12)


@pytest.mark.parametrize("seed", [0, 1, 2])
def test_two_sizes_are_recovered_the_more_frequent_first(seed):
    rng = np.random.default_rng(seed)
    fit = usual_size(np.concatenate([rng.normal(50, 4, 210), rng.normal(20, 3, 90)]))
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
    fit = usual_size(drawn)
    assert fit is not None and fit.distribution == distribution
    scaled = fit.scaled(7.3)
    places = np.linspace(0.01, 200, 4000)
    assert scaled.density(7.3 * places) * 7.3 == pytest.approx(fit.density(places))
    assert integrate.trapezoid(fit.density(places), places) == pytest.approx(1, abs=0.01)
    assert scaled.median == pytest.approx(7.3 * fit.median)


def test_few_diameters_tell_only_a_median():
    assert usual_size(np.array([])) is None
    fit = usual_size(np.array([10.0, 11, 12]))
    assert fit is not None and fit.number < RULES.least_for_spread
    assert fit.parameters == {"mu": pytest.approx(np.log(11)), "sigma": RULES.default_sigma} and fit.judged == {}


def test_equal_diameters_have_a_spread_that_can_be_drawn():
    fit = usual_size(np.full(30, 25.0))
    assert fit is not None and fit.median == 25 and np.isfinite(list(fit.parameters.values())).all()


def test_weights_undo_what_the_border_hides():
    rng = np.random.default_rng(0)
    diameters = rng.choice([20.0, 100.0], 4000) + rng.normal(0, 2, 4000)
    x, y = rng.uniform(0, 300, (2, 4000))
    half = diameters / 2
    whole = (x > half) & (x < 300 - half) & (y > half) & (y < 300 - half)
    seen = diameters[whole]
    weights = whole_weights(seen, seen, (300, 300))
    assert (seen > 60).mean() < 0.4
    assert weights[seen > 60].sum() / weights.sum() == pytest.approx(0.5, abs=0.03)
    fit = usual_size(seen, weights)
    assert fit is not None and fit.distribution == "bimodal"
    assert fit.parameters["p"] == pytest.approx(0.5, abs=0.05)


def test_a_joined_cluster_moves_a_guess_little():
    """Of 200 equal particles one cluster, taken for a particle, is nearly as large as the scan."""
    rng = np.random.default_rng(4)
    seen = np.append(rng.lognormal(np.log(20), 0.2, 200), 290.0)
    weights = whole_weights(seen, seen, (300, 300))
    assert weights[-1] > 1000
    fit = usual_size(seen, weights)
    assert fit is not None and fit.distribution == "lognormal"
    assert fit.median == pytest.approx(20, rel=0.05) and np.exp(fit.parameters["mu"]) == pytest.approx(fit.median)


def test_a_second_size_that_could_not_be_drawn_is_none():
    rng = np.random.default_rng(0)
    small = np.abs(rng.normal(0, 3, 200)) + 0.01
    fit = usual_size(np.append(rng.normal(60, 3, 300), small))
    assert fit is not None
    assert fit.distribution != "bimodal" or fit.parameters["mean2"] > fit.parameters["sigma2"]


def test_specks_are_those_far_below_the_large_ones():
    areas = np.array([100.0, 110, 95, 4, 6, 1])
    # The area-weighted mean is 31178 / 316 = 98.7, a twentieth of it 4.93.
    assert no_specks(areas, 0.05).tolist() == [True, True, True, False, True, False]
    assert no_specks(areas, 0.1).tolist() == [True, True, True, False, False, False]
    assert no_specks(np.zeros(0)).tolist() == []


def test_a_wide_normal_is_judged_as_it_is_drawn():
    """Arrangements draw sizes that are not positive again, which makes the rest denser: here by 1 / 0.8413."""
    values = np.linspace(0.5, 4, 40)
    parameters = {"mean": 1.0, "sigma": 1.0}
    plain, drawn = (
        fits._judged("normal", parameters, values, np.ones(40), redrawn=redrawn).bic for redrawn in (False, True)
    )
    assert plain - drawn == pytest.approx(2 * 40 * np.log(1 / 0.841345), abs=1e-4)
