from __future__ import annotations

import pytest
import torch

from diffrendergan.imaging.operators.gaussian_noise import gaussian_noise


def test_noise_has_the_asked_deviation_per_image(rng):
    flat = torch.full((2, 200, 200), 0.5)
    noisy = gaussian_noise(flat, torch.tensor([0.02, 0.1]), rng())
    assert noisy.std(dim=(1, 2)).tolist() == pytest.approx([0.02, 0.1], rel=0.02)
    assert noisy.mean(dim=(1, 2)).tolist() == pytest.approx([0.5, 0.5], abs=2e-3)


def test_derivative_is_that_of_finite_differences(rng, assert_derivatives):
    image, weight = (0.2 + 0.5 * torch.rand(1, 32, 32, generator=rng(seed)).double() for seed in (0, 5))
    assert_derivatives(lambda sigma: (gaussian_noise(image, sigma[0], rng(9)) * weight).sum(), [0.02])
