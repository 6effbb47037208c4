"""Texture from an example: holes are filled unseen, and what is grown has the example's statistics."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import ndimage

from diffrendergan.errors import DataError
from diffrendergan.imaging.exemplar import filled, shows_enough, texture_like, without_shadows
from diffrendergan.imaging.fields import power_law
from diffrendergan.imaging.rules import RULES


def ground(edge: int = 96, seed: int = 0) -> np.ndarray:
    """Fine grain and some bright lines on 0.3: skewed, as grounds are."""
    rng = np.random.default_rng(seed)
    grain = 0.02 * power_law((edge, edge), 0.6, rng)
    lines = (np.abs(power_law((edge, edge), 1.6, rng)) < 0.03) * 0.1
    return (0.3 + grain + ndimage.gaussian_filter(lines, 0.7)).astype(np.float32)


def hole(edge: int = 96) -> np.ndarray:
    """Everything but a disc and a part of the border is known."""
    rows, columns = np.indices((edge, edge))
    return (np.hypot(rows - 40, columns - 50) > 15) & ~((rows > 80) & (columns < 30))


def radial_power(image: np.ndarray, bands: int = 6) -> np.ndarray:
    """Return power in rings of frequency, of the image without its mean."""
    power = np.abs(np.fft.fft2(image - image.mean())) ** 2 / image.size
    y, x = (np.fft.fftfreq(length) for length in image.shape)
    ring = np.minimum((np.hypot(*np.meshgrid(x, y)) / 0.5 * bands).astype(int), bands)
    return np.bincount(ring.ravel(), power.ravel())[1:bands] / np.bincount(ring.ravel())[1:bands]


def test_particles_are_taken_out_and_the_rest_stays():
    known = hole()
    shown = np.where(known, ground(), 0.95).astype(np.float32)
    made = filled(shown, known, np.random.default_rng(1))
    assert made.max() <= shown[known].max() + 0.02
    far = ndimage.distance_transform_edt(known) > 4 * RULES.shadow_px
    np.testing.assert_allclose(made[far], shown[far], atol=1e-4)
    inside, outside = made[~known], shown[known]
    assert inside.mean() == pytest.approx(outside.mean(), abs=0.01)
    assert inside.std() == pytest.approx(outside.std(), rel=0.3)


def test_the_shade_at_the_feet_of_particles_goes_with_them():
    known = hole()
    apart = ndimage.distance_transform_edt(known)
    shaded = (ground() - 0.1 * np.exp(-apart / 6)).astype(np.float32)
    near = known & (apart < 5)
    lit = without_shadows(shaded, known)
    usual = ground()[near].mean()
    assert shaded[near].mean() < usual - 0.05
    assert lit[near].mean() == pytest.approx(usual, abs=0.015)
    even = np.ones(known.shape, bool)
    assert without_shadows(shaded, even) is shaded


def test_a_texture_has_spectrum_and_grey_values_of_its_example():
    example = ground(128)
    made = texture_like(example, np.ones(example.shape, bool), 128, np.random.default_rng(2))
    np.testing.assert_allclose(radial_power(made), radial_power(example), rtol=0.35)
    at = [0.01, 0.1, 0.5, 0.9, 0.99]
    np.testing.assert_allclose(np.quantile(made, at), np.quantile(example, at), atol=0.006)
    assert ((made - made.mean()) ** 3).mean() > 0  # bright lines, as in the example
    assert not np.isclose(made, example).mean() > 0.2  # but another one


def test_a_texture_goes_on_at_its_edges_as_it_began():
    example = ground(128)
    made = texture_like(example, np.ones(example.shape, bool), 96, np.random.default_rng(2))
    across = np.abs(made[:, 0] - made[:, -1]).mean()
    inside = np.abs(np.diff(made, axis=1)).mean()
    assert across < 1.5 * inside


def test_a_texture_grows_from_the_ground_between_particles():
    known = hole(128)
    shown = np.where(known, ground(128), 0.95).astype(np.float32)
    made = texture_like(shown, known, 64, np.random.default_rng(3))
    assert made.max() < 0.6


def test_the_same_seed_grows_the_same():
    example, known = ground(64), np.ones((64, 64), bool)
    first, again, other = (texture_like(example, known, 64, np.random.default_rng(seed)) for seed in (1, 1, 2))
    assert np.array_equal(first, again)
    assert not np.array_equal(first, other)


def test_too_little_ground_is_refused():
    known = np.zeros((64, 64), bool)
    known[::5] = True
    assert not shows_enough(known) and shows_enough(hole())
    with pytest.raises(DataError, match="fewer than 200 blocks of 8 px"):
        filled(np.zeros((64, 64), np.float32), known, np.random.default_rng(0))
