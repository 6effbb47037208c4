from __future__ import annotations

from functools import partial

import pytest
import torch

from diffrendergan.imaging.operators.sharpening import sharpening_transfer
from diffrendergan.imaging.spectrum import blurred, gaussian_transfer, margin_of


def one(value):
    return torch.tensor([value], dtype=torch.float64)


def sharpened(image, amount, sigma):
    return blurred(image, [partial(sharpening_transfer, amount, sigma)], margin_of([4.0]))


def test_an_edge_overshoots_on_both_sides_and_what_is_even_stays(rng):
    edge = torch.full((1, 8, 64), 0.2, dtype=torch.float64)
    edge[..., 32:] = 0.6
    found = sharpened(edge, one(0.5), one(1.5))[0, 4]
    assert found[31] < 0.2 - 0.05 and found[32] > 0.6 + 0.05
    assert found[[4, -5]].tolist() == pytest.approx([0.2, 0.6], abs=1e-4)


def test_it_is_the_image_and_a_share_of_what_its_blur_lacks(rng):
    image = torch.rand(1, 24, 24, dtype=torch.float64, generator=rng())
    blur = blurred(image, [lambda at: gaussian_transfer(at, 2.25, 2.25)], margin_of([4.0]))
    torch.testing.assert_close(sharpened(image, one(0.7), one(1.5)), image + 0.7 * (image - blur))


def test_derivatives_are_those_of_finite_differences(rng, assert_derivatives):
    image, weight = (torch.rand(1, 24, 24, generator=rng(seed)).double() for seed in (0, 5))
    assert_derivatives(lambda theta: (sharpened(image, theta[:, 0], theta[:, 1]) * weight).sum(), [0.6, 1.2])
