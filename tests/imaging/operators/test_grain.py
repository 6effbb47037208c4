from __future__ import annotations

import pytest
import torch

from diffrendergan.imaging.operators.grain import grain
from diffrendergan.imaging.smooth_noise import smooth_noise


@pytest.mark.parametrize("width", [0.5, 1.0, 2.0])
def test_it_has_its_strength_and_its_width(rng, width):
    found = grain(torch.zeros(8, 64, 64), torch.full((8,), 0.1), torch.full((8,), width), 2.5, rng())
    assert found.std() == pytest.approx(0.1, rel=0.05)
    for axis in (1, 2):
        near = found.narrow(axis, 0, 62), found.narrow(axis, 2, 62)
        # Of noise smoothed by a Gaussian, what lies d apart is alike by exp(-d²/4w²).
        alike = float((near[0] * near[1]).mean() / found.var())
        assert alike == pytest.approx(float(torch.exp(torch.tensor(-1 / width**2))), abs=0.06)


def test_each_image_has_its_own(rng):
    widths = torch.tensor([0.4, 2.0])
    found = smooth_noise((48, 48), widths, 2.0, rng())
    steps = (found[:, 1:] - found[:, :-1]).std((1, 2))
    assert steps[1] < 0.5 * steps[0] and smooth_noise((48,), widths, 2.0, rng()).shape == (2, 48)


def test_derivatives(rng, assert_derivatives):
    flat = torch.rand(1, 10, 10, dtype=torch.float64, generator=rng(3))
    assert_derivatives(lambda theta: (grain(flat, theta[:, 0], theta[:, 1], 2.0, rng(1)) ** 2).sum(), [0.3, 0.9])
