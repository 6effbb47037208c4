from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from scipy import stats

from diffrendergan.sizes.distribution import (
    PLAIN,
    effective_number,
    size_statistics,
    statistics_of_draws,
    weighted_quantiles,
)
from diffrendergan.sizes.fits import Fits, fit_distributions
from diffrendergan.sizes.sizes import analyse_sizes
from diffrendergan.sizes.uncertainty import resample


def test_statistics_worked_out_by_hand() -> None:
    values = np.array([1.0, 2.0, 3.0])
    plain = size_statistics(values)
    assert (plain.mean, plain.d50, plain.d32) == pytest.approx((2, 2, 36 / 14))
    assert plain.std == pytest.approx(np.sqrt(2 / 3))
    by_area = size_statistics(values, by="area")
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


@pytest.mark.parametrize("by", ["number", "area", "volume"])
def test_many_samples_at_once_are_those_one_by_one(by) -> None:
    rng = np.random.default_rng(5)
    values = np.sort(rng.lognormal(3, 0.4, 40))
    weights = rng.integers(0, 3, (7, 40)).astype(float)
    weights[0] = 0
    weights[0, 3] = 2  # one particle alone
    for made, sample in zip(statistics_of_draws(values, weights, by), weights, strict=True):
        assert made == pytest.approx(size_statistics(values, sample, by))
        used = sample * values ** {"number": 0, "area": 2, "volume": 3}[by]
        mean = np.average(values, weights=used)
        assert made[:2] == pytest.approx((mean, np.sqrt(np.average((values - mean) ** 2, weights=used))))
        assert made[3] == pytest.approx(weighted_quantiles(values, used, (0.5,))[0])


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
        low, high = made.statistics["number"]["d50"]
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


MU, SIGMA = np.log(50.0), 0.35


def lognormal_population() -> np.ndarray:
    """Quantiles of a lognormal distribution at equal steps: as many particles as one likes, without chance."""
    steps = (np.arange(40_000) + 0.5) / 40_000
    return np.asarray(stats.lognorm.ppf(steps, SIGMA, scale=np.exp(MU)))


@pytest.mark.parametrize(("by", "power"), [("number", 0), ("area", 2), ("volume", 3)])
def test_a_lognormal_population_follows_hatch_and_choate(by, power: int) -> None:
    found = size_statistics(lognormal_population(), by=by)
    median = np.exp(MU + power * SIGMA**2)
    assert found.d50 == pytest.approx(median, rel=2e-3)
    assert found.geometric_mean == pytest.approx(median, rel=2e-3)
    assert found.geometric_std == pytest.approx(np.exp(SIGMA), rel=2e-3)
    assert found.mean == pytest.approx(median * np.exp(SIGMA**2 / 2), rel=2e-3)
    assert found.d10 == pytest.approx(median * np.exp(-1.2816 * SIGMA), rel=3e-3)
    assert found.span == pytest.approx(2 * np.sinh(1.2816 * SIGMA), rel=5e-3)
    assert found.d32 == pytest.approx(np.exp(MU + 2.5 * SIGMA**2), rel=1e-3)
    assert found.d43 == pytest.approx(np.exp(MU + 3.5 * SIGMA**2), rel=2e-3)


def test_means_by_area_and_volume_are_those_of_sauter_and_de_brouckere() -> None:
    values = np.array([1.0, 2.0, 4.0])
    assert (
        size_statistics(values, by="area").mean == pytest.approx(size_statistics(values).d32) == pytest.approx(73 / 21)
    )
    assert size_statistics(values, by="volume").mean == pytest.approx(size_statistics(values).d43)
    equal = size_statistics(np.full(9, 5.0))
    assert (equal.span, equal.geometric_std) == pytest.approx((0, 1))


@settings(max_examples=40, deadline=None)
@given(
    hnp.arrays(float, st.integers(2, 30), elements=st.floats(0.5, 500)), st.floats(1e-2, 1e2),
    st.sampled_from(["number", "area", "volume"]),
)  # fmt: skip
def test_sizes_in_another_unit_are_the_same_sizes(values: np.ndarray, factor: float, by) -> None:
    one, other = size_statistics(values, by=by), size_statistics(factor * values, by=by)
    for name in one._fields:
        expected = getattr(one, name) * (1 if name in PLAIN else factor)
        assert getattr(other, name) == pytest.approx(expected, rel=1e-6, abs=1e-6 * factor)


def test_scans_that_differ_widen_the_intervals_of_all_together() -> None:
    rng = np.random.default_rng(8)
    values = np.concatenate([rng.normal(middle, 3, 60) for middle in (40, 50, 60, 70)])
    scans = np.repeat(np.arange(4), 60)
    apart = analyse_sizes(values, np.ones(240), "nm", 200, 0, "t", scans=scans)
    mixed = analyse_sizes(values, np.ones(240), "nm", 200, 0, "t", scans=rng.permutation(scans))
    width = [bounds.high - bounds.low for made in (apart, mixed) if (bounds := made.uncertainty.interval("mean"))]
    assert width[0] > 3 * width[1]
    assert apart.uncertainty.alike > 10 > 4 > mixed.uncertainty.alike
    assert apart.needed["mean"].number > 5 * mixed.needed["mean"].number


def test_what_is_said_of_sizes_is_named_with_its_unit() -> None:
    values = np.random.default_rng(9).normal(50, 8, 80)
    said = analyse_sizes(values, np.ones(80), "nm", 20, 0).to_json()
    assert {"d43_nm", "span", "geometric_mean_nm", "geometric_std"} <= set(said["number_weighted"])
    assert "d43_nm" not in said["volume_weighted"] and "mean_nm" in said["volume_weighted"]
    for by in ("number", "area", "volume"):
        low, high = said[f"{by}_weighted_intervals"]["span"]
        assert low <= said[f"{by}_weighted"]["span"] <= high
    assert said["needed_particles"]["mean"]["particles"] > 0
