from __future__ import annotations

import pytest
import torch

from diffrendergan.imaging.operators.mottle import mottled


def test_brightness_spreads_as_asked_and_dark_stays_dark(rng):
    images = torch.cat([torch.full((4, 32, 64), 0.5), torch.zeros(4, 32, 64)], 1)
    found = mottled(images, torch.full((4,), 0.1), torch.full((4,), 1.0), 2.0, rng())
    assert (found[:, :32] / 0.5).log().std() == pytest.approx(0.1, rel=0.05)
    assert not found[:, 32:].any()


def test_derivatives(rng, assert_derivatives):
    image = torch.rand(1, 10, 10, dtype=torch.float64, generator=rng(3))
    assert_derivatives(lambda theta: (mottled(image, theta[:, 0], theta[:, 1], 2.0, rng(1)) ** 2).sum(), [0.3, 0.9])
