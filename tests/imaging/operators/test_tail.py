"""The tail of the point spread: two Gaussians whose shares and second moments are those asked for."""

from __future__ import annotations

from functools import partial

import numpy as np
import pytest
import torch

from diffrendergan.imaging.operators.gaussian_blur import round_transfer
from diffrendergan.imaging.operators.tail import tail_transfer
from diffrendergan.imaging.spectrum import blurred, margin_of


def one(value):
    return torch.tensor([value], dtype=torch.float64)


def spread_point(weight, sigma, core=1.3, size=121):
    point = torch.zeros(1, size, size, dtype=torch.float64)
    point[0, size // 2, size // 2] = 1
    transfers = [partial(round_transfer, one(core), core), partial(tail_transfer, one(weight), one(sigma))]
    return blurred(point, transfers, margin_of([core, sigma]))[0].numpy()


@pytest.mark.parametrize(("weight", "sigma"), [(0.2, 8.0), (0.5, 4.0), (1.0, 3.0)])
def test_the_spread_of_a_point_has_the_sum_and_the_second_moment_of_two_gaussians(weight, sigma):
    spread = spread_point(weight, sigma)
    away = np.arange(121) - 60
    assert spread.sum() == pytest.approx(1, abs=1e-4)
    for axis in (0, 1):
        along = spread.sum(axis)
        assert (along * away**2).sum() == pytest.approx(1.3**2 + weight * sigma**2, rel=2e-3)
    assert spread.min() > -1e-9


def test_the_peak_is_the_cores_share():
    # Far wider than the core, the tail adds next to nothing in the middle.
    core = 1 / (2 * np.pi * 1.3**2)
    assert spread_point(0.3, 12.0)[60, 60] == pytest.approx(0.7 * core + 0.3 / (2 * np.pi * (144 + 1.69)), rel=0.02)


def test_derivatives_are_those_of_finite_differences(rng, assert_derivatives):
    image, weight = (torch.rand(1, 32, 32, generator=rng(seed)).double() for seed in (0, 5))

    def total(values):
        transfer = partial(tail_transfer, values[:, 0], values[:, 1])
        return (blurred(image, [transfer], margin_of([6.0])) * weight).sum()

    assert_derivatives(total, [0.3, 4.0])
