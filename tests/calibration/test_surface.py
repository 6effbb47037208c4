"""The smooth model finds the lowest point of a known one."""

from __future__ import annotations

import numpy as np

from diffrendergan.calibration.measure import PatchStatistics
from diffrendergan.calibration.rules import RULES
from diffrendergan.calibration.surface import features, fit_surface, make_yardstick


def patch(vector: np.ndarray, rng: np.random.Generator) -> PatchStatistics:
    """A made-up patch: sizes follow the first coordinate, amounts the second."""
    count = rng.poisson(10 * np.exp(vector[1]))
    diameters = np.exp(rng.normal(3 + vector[0], 0.2, count))
    return PatchStatistics(
        covered=np.array([(diameters**2).sum() / 20_000]),
        counts=np.array([float(count)]),
        diameters=diameters,
        thicknesses=diameters * 1.1,
        elongations=rng.uniform(1, 2, count),
        solidities=rng.uniform(0.9, 1, count),
        nearest=rng.uniform(5, 10, count),
        pairs=rng.uniform(5, 50, count),
        spectrum=rng.normal(2 * vector[0], 1, (1, RULES.spectrum_bins)),
    )


def test_the_lowest_point_is_where_the_real_patches_come_from() -> None:
    rng = np.random.default_rng(0)
    truth = np.array([0.25, -0.3])
    yardstick = make_yardstick([patch(truth, rng) for _ in range(200)])
    centre, widths = np.zeros(2), np.array([0.5, 0.6])
    vectors = centre + rng.uniform(-1, 1, (400, 2)) * widths
    rows = [features(patch(vector, rng), yardstick) for vector in vectors]
    surface = fit_surface(vectors, rows, centre, widths, yardstick)
    found = surface.lowest(centre - widths, centre + widths, vectors)
    np.testing.assert_allclose(found, truth, atol=0.09)
    assert surface.value(found) < surface.value(centre)


def test_features_are_counts_in_bins_of_equal_probability() -> None:
    rng = np.random.default_rng(1)
    patches = [patch(np.zeros(2), rng) for _ in range(100)]
    yardstick = make_yardstick(patches)
    assert set(yardstick.real) == set(RULES.weights)
    bins = yardstick.real["diameters"]
    np.testing.assert_allclose(bins / bins.sum(), 1 / 8, atol=0.01)
    assert bins.sum() == np.mean([len(one.diameters) for one in patches])


def test_coordinates_that_never_vary_do_no_harm() -> None:
    rng = np.random.default_rng(2)
    yardstick = make_yardstick([patch(np.array([0.2, 0.1]), rng) for _ in range(100)])
    vectors = np.column_stack([rng.uniform(-0.5, 0.5, (200, 2)), np.zeros(200)])
    rows = [features(patch(vector[:2], rng), yardstick) for vector in vectors]
    surface = fit_surface(vectors, rows, np.zeros(3), np.full(3, 0.5), yardstick)
    found = surface.lowest(np.full(3, -0.5), np.full(3, 0.5), vectors)
    np.testing.assert_allclose(found[:2], [0.2, 0.1], atol=0.12)


def test_the_slope_is_that_of_the_value() -> None:
    rng = np.random.default_rng(3)
    yardstick = make_yardstick([patch(np.array([0.2, 0.1, 0.0]), rng) for _ in range(50)])
    centre, widths = np.array([0.1, 0.0, 0.2]), np.array([0.5, 0.6, 2.0])
    vectors = centre + rng.uniform(-1, 1, (100, 3)) * widths
    rows = [features(patch(vector, rng), yardstick) for vector in vectors]
    surface = fit_surface(vectors, rows, centre, widths, yardstick)
    for vector in vectors[:5]:
        value, slope = surface.value_and_slope(vector)
        assert value == surface.value(vector)
        steps = np.eye(3) * 1e-6
        expected = [(surface.value(vector + step) - surface.value(vector - step)) / 2e-6 for step in steps]
        np.testing.assert_allclose(slope, expected, rtol=1e-5, atol=1e-7)
