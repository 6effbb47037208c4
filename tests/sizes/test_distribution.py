from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from diffrendergan.sizes.distribution import effective_number, size_statistics, weighted_quantiles
from diffrendergan.sizes.fits import Fits, fit_distributions
from diffrendergan.sizes.sizes import analyse_sizes
from diffrendergan.sizes.uncertainty import resample


def test_statistics_worked_out_by_hand() -> None:
    values = np.array([1.0, 2.0, 3.0])
    plain = size_statistics(values)
    assert (plain.mean, plain.d50, plain.d32) == pytest.approx((2, 2, 36 / 14))
    assert plain.std == pytest.approx(np.sqrt(2 / 3))
    by_area = size_statistics(values, by_area=True)
    assert by_area.mean == pytest.approx(by_area.d32) == pytest.approx(36 / 14)
    weighted, repeated = size_statistics(values, np.array([1.0, 0, 2])), size_statistics(np.array([1.0, 3, 3]))
    assert (weighted.mean, weighted.std, weighted.d32) == pytest.approx((repeated.mean, repeated.std, repeated.d32))
    assert np.isnan(size_statistics(np.zeros(0)).mean)


def test_quantiles_are_numpys_without_weights() -> None:
    values = np.random.default_rng(0).normal(50, 10, 101)
    levels = (0.1, 0.5, 0.9)
    assert weighted_quantiles(values, np.ones(101), levels) == pytest.approx(
        np.quantile(values, levels, method="hazen").tolist()
    )
    assert effective_number(np.full(7, 3.0)) == pytest.approx(7)


def test_a_normal_sample() -> None:
    fits = fit_distributions(np.random.default_rng(1).normal(50, 8, 600))
    assert fits.preferred == "normal"
    assert fits.all["normal"].parameters == pytest.approx({"mean": 50, "sigma": 8}, rel=0.06)
    assert fits.all["normal"].ks < 0.04 < fits.all["lognormal"].ks + 0.02


def test_a_lognormal_sample() -> None:
    fits = fit_distributions(np.random.default_rng(2).lognormal(3, 0.4, 600))
    assert fits.preferred == "lognormal"
    assert fits.all["lognormal"].parameters == pytest.approx({"mu": 3, "sigma": 0.4}, rel=0.06)
    grid = np.linspace(1, 80, 500)
    expected = stats.lognorm.pdf(
        grid, fits.all["lognormal"].parameters["sigma"], scale=np.exp(fits.all["lognormal"].parameters["mu"])
    )
    assert fits.all["lognormal"].density(grid) == pytest.approx(expected)
    assert fits.all["lognormal"].aic < fits.all["normal"].aic


def test_two_sizes() -> None:
    rng = np.random.default_rng(3)
    fits = fit_distributions(np.append(rng.normal(20, 3, 360), rng.normal(50, 5, 240)))
    assert fits.preferred == "bimodal"
    expected = {"mean1": 20, "sigma1": 3, "mean2": 50, "sigma2": 5, "p": 0.4}
    assert fits.all["bimodal"].parameters == pytest.approx(expected, rel=0.08)
    grid = np.linspace(1, 80, 2000)
    cumulative = fits.all["bimodal"].cumulative(grid)
    assert np.gradient(cumulative, grid) == pytest.approx(fits.all["bimodal"].density(grid), abs=1e-3)
    assert np.trapezoid(fits.all["bimodal"].density(grid), grid) == pytest.approx(1, abs=0.01)


def test_weights_count_like_repeated_particles() -> None:
    rng = np.random.default_rng(4)
    values = rng.lognormal(3, 0.3, 300)
    weights = rng.integers(1, 4, 300).astype(float)
    repeated = np.repeat(values, weights.astype(int))
    for family in ("normal", "lognormal"):
        one, other = (fits.all[family] for fits in (fit_distributions(values, weights), fit_distributions(repeated)))
        assert one.parameters == pytest.approx(other.parameters)
        assert one.ks == pytest.approx(other.ks)


def test_few_or_equal_particles() -> None:
    assert fit_distributions(np.arange(1.0, 6)) == Fits({}, None)
    fits = fit_distributions(np.full(50, 7.0))
    assert set(fits.all) == {"normal", "lognormal"} and all(np.isfinite(fit.bic) for fit in fits.all.values())
    empty = analyse_sizes(np.zeros(0), np.zeros(0), "nm", 10, 0)
    assert empty.to_json()["number_weighted"]["mean_nm"] is None


def test_intervals_hold_the_truth_about_as_often_as_they_say() -> None:
    rng = np.random.default_rng(5)
    held = 0
    for trial in range(20):
        values = rng.lognormal(3, 0.3, 120)
        made = resample(values, np.ones(120), fit_distributions(values), 80, trial)
        low, high = made.statistics["d50"]
        held += low <= np.exp(3) <= high
    assert held >= 16
    assert made.band is not None and (made.band.low <= made.band.high).all()
    assert ((made.band.low <= made.band.density) & (made.band.density <= made.band.high)).mean() > 0.9


def test_a_band_has_the_shape_of_a_narrow_mode() -> None:
    rng = np.random.default_rng(7)
    values = np.append(rng.normal(3, 0.3, 300), rng.normal(300, 60, 300).clip(50))
    band = resample(values, np.ones(600), fit_distributions(values), 20, 0).band
    assert band is not None and (np.abs(band.diameters - 3) < 0.6).sum() > 20
    assert np.trapezoid(band.density, band.diameters) == pytest.approx(1, abs=0.05)


def test_intervals_of_two_equally_frequent_sizes_stay_apart() -> None:
    rng = np.random.default_rng(7)
    values = np.append(rng.normal(20, 1, 150), rng.normal(60, 2, 150))
    made = resample(values, np.ones(300), fit_distributions(values), 60, 0)
    for name in ("mean1", "mean2"):
        low, high = made.parameters[name]
        assert high - low < 2
    assert made.parameters["p"].low < 0.5 < made.parameters["p"].high


def test_the_same_seed_gives_the_same_intervals() -> None:
    values = np.random.default_rng(6).normal(50, 8, 80)
    one, again, other = (analyse_sizes(values, np.ones(80), "nm", 60, seed, "a").to_json() for seed in (0, 0, 1))
    assert one == again != other
    assert one["number_weighted_intervals"] != other["number_weighted_intervals"]
    none = analyse_sizes(values, np.ones(80), "nm", 0, 0)
    assert none.median[1] is None and none.uncertainty.band is None
