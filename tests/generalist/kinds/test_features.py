"""The description of images: it depends on what they show, not on their company."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import ndimage

from diffrendergan.generalist.kinds.features import AT_ONCE, described
from diffrendergan.generalist.kinds.greys import DEPTHS_PX, REACHES_PX, TAILS, grey_figures
from diffrendergan.generalist.standard import standardised
from diffrendergan.segmentation.packaged import packaged_network


def disc(profile: float, size: int = 128) -> tuple[np.ndarray, np.ndarray]:
    """Return an image of a disc whose grey rises by `profile` towards its middle, and its mask."""
    y, x = np.mgrid[:size, :size]
    depth = np.maximum(40 - np.hypot(y - 64, x - 64), 0)
    image = 0.3 + (depth > 0) * 0.2 + profile * depth / 40
    return (image + np.random.default_rng(0).normal(0, 0.01, image.shape)).astype(np.float32), depth > 0


@pytest.fixture(scope="module")
def network():
    return packaged_network()[0]


def test_an_image_is_described_alike_in_any_company(network):
    images = np.random.default_rng(0).normal(0.5, 0.25, (AT_ONCE + 2, 64, 64)).astype(np.float32)
    together, alone = described(network, images), described(network, images[-1:])
    assert together.shape == (AT_ONCE + 2, alone.shape[1]) and together.dtype == np.float32
    assert together[-1] == pytest.approx(alone[0], abs=1e-3)
    assert np.isfinite(together).all() and together.std(axis=0).max() > 0


def test_no_hook_is_left_behind(network):
    described(network, np.full((1, 64, 64), 0.5, np.float32))
    assert not any(module._forward_hooks for module in network.modules())


def test_profiles_rise_and_fall_with_the_disc():
    for profile, sign in ((0.4, 1), (-0.4, -1)):
        image, mask = disc(profile)
        figures = grey_figures(standardised(image), mask, mask.astype(np.float32))
        inside = figures[3 : 3 + len(DEPTHS_PX) - 1]
        outside = figures[3 + len(inside) : 3 + len(inside) + len(REACHES_PX) - 1]
        assert (np.diff(inside[1:]) * sign > 0).all() and np.abs(outside).max() < 0.2
    assert figures[0] == pytest.approx(mask.mean())


def test_light_from_a_side_is_seen():
    image, mask = disc(0)
    down = np.gradient(ndimage.gaussian_filter(mask.astype(float), 2))[0]
    place = -(len(TAILS) + 3)  # before the tails and the shares of the ends of the range
    plain, lit = (
        grey_figures(standardised(image + strength * down.astype(np.float32)), mask, mask.astype(np.float32))[place]
        for strength in (0, 4)
    )
    assert plain < 0.1 and lit > 5 * plain


def test_images_of_one_grey_or_one_phase_have_figures_too():
    flat = np.full((64, 64), 0.5, np.float32)
    for mask in (np.zeros((64, 64), bool), np.ones((64, 64), bool)):
        assert np.isfinite(grey_figures(flat, mask, mask.astype(np.float32))).all()
