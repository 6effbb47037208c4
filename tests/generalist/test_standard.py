from __future__ import annotations

import numpy as np

from diffrendergan.generalist.standard import MEAN, SPREAD, standardised


def image(seed=0):
    return np.random.default_rng(seed).normal(0.4, 0.1, (64, 80)).astype(np.float32)


def test_grey_values_have_the_mean_and_spread():
    values = standardised(image())
    assert abs(values.mean() - MEAN) < 0.01 and abs(values.std() - SPREAD) < 0.02


def test_exposure_does_not_count():
    np.testing.assert_allclose(standardised(0.3 * image() + 0.2), standardised(image()), atol=1e-4)


def test_sparks_and_what_is_no_scan_do_not_count():
    plain, sparks = image(), image()
    sparks[5, 5:8] = 50
    assert np.abs(standardised(sparks) - standardised(plain))[10:].max() < 0.05
    framed = np.pad(plain, 20)
    field = np.pad(np.ones(plain.shape, bool), 20)
    np.testing.assert_allclose(standardised(framed, field)[20:-20, 20:-20], standardised(plain), atol=1e-4)


def test_an_image_of_one_grey_stays_level():
    assert np.ptp(standardised(np.full((8, 8), 0.7, np.float32))) == 0
