from __future__ import annotations

import pytest
import torch
from scipy import ndimage

from diffrendergan.imaging.operators.gaussian_blur import gaussian_blur


@pytest.mark.parametrize("sigma", [0.6, 1.0, 2.5])
def test_blur_is_scipys(sigma, rng):
    image = torch.rand(1, 40, 50, generator=rng())
    expected = ndimage.gaussian_filter(image[0].numpy(), sigma, mode="nearest", truncate=6)
    assert torch.allclose(gaussian_blur(image, torch.tensor([sigma]), sigma)[0], torch.from_numpy(expected), atol=2e-4)


def test_derivative_is_that_of_finite_differences(rng, assert_derivatives):
    image, weight = (torch.rand(1, 32, 32, generator=rng(seed)).double() for seed in (0, 5))
    assert_derivatives(lambda sigma: (gaussian_blur(image, sigma[0], 3.0) * weight).sum(), [1.1])
