from __future__ import annotations

import math

import numpy as np
import pytest
import torch
from scipy import ndimage

from diffrendergan.config.base import Learned
from diffrendergan.config.optics import AstigmatismConfig
from diffrendergan.imaging.operators.astigmatism import astigmatic_blur


def blurred(image, along, across, angle, largest=None):
    values = (torch.tensor([float(value)]).to(image) for value in (along, across, angle))
    return astigmatic_blur(image, *values, largest or max(along, across))


def point(size=41):
    image = torch.zeros(1, size, size, dtype=torch.float64)
    image[0, size // 2, size // 2] = 1
    return image


@pytest.mark.parametrize("angle", [0.0, 35.0, 90.0, -120.0])
@pytest.mark.parametrize(("along", "across"), [(3.0, 1.2), (1.0, 0.3), (0.4, 2.0)])
def test_a_point_gets_exactly_the_widths_along_the_direction(along, across, angle):
    image = blurred(point(), along, across, angle)[0].numpy()
    y, x = np.mgrid[:41, :41] - 20
    turn = math.radians(angle)
    # Up on the screen is towards smaller rows.
    u, v = x * math.cos(turn) - y * math.sin(turn), -x * math.sin(turn) - y * math.cos(turn)
    moments = [(image * product).sum() for product in (1, x, y, u * u, v * v, u * v)]
    np.testing.assert_allclose(moments, [1, 0, 0, along**2, across**2, 0], atol=1e-4)


@pytest.mark.parametrize("angle", [0.0, 35.0, 90.0])
def test_a_point_becomes_a_gaussian(angle):
    along, across = 3.0, 1.5
    y, x = np.mgrid[:41, :41] - 20
    turn = math.radians(angle)
    u, v = x * math.cos(turn) - y * math.sin(turn), -x * math.sin(turn) - y * math.cos(turn)
    expected = np.exp(-0.5 * ((u / along) ** 2 + (v / across) ** 2)) / (2 * math.pi * along * across)
    np.testing.assert_allclose(blurred(point(), along, across, angle)[0], expected, atol=0.1 * expected.max())


def test_at_forty_five_degrees_a_point_is_drawn_out_towards_the_upper_right():
    image = blurred(point(), 3.0, 0.5, 45.0)[0]
    assert image[16, 24] > 0.005 and image[16, 16].abs() < 0.001


@pytest.mark.parametrize("sigma", [0.3, 0.5, 1.0])
def test_a_narrow_blur_does_not_ring(sigma):
    edge = torch.zeros(1, 32, 32, dtype=torch.float64)
    edge[..., 16:] = 1
    image = blurred(edge, sigma, sigma, 0.0)
    assert image.min() > -1e-9 and image.max() < 1 + 1e-9


@pytest.mark.parametrize("sigma", [1.2, 2.0])
def test_of_equal_widths_it_is_a_plain_blur_at_any_angle(sigma, rng):
    image = torch.rand(1, 40, 50, generator=rng(), dtype=torch.float64)
    expected = ndimage.gaussian_filter(image[0].numpy(), sigma, mode="nearest", truncate=6)
    change = np.std(image[0].numpy() - expected)
    assert np.std(blurred(image, sigma, sigma, 33.0)[0].numpy() - expected) < 0.05 * change


def test_no_width_is_no_change_and_no_light_is_lost(rng):
    image = torch.rand(2, 30, 30, generator=rng(), dtype=torch.float64)
    torch.testing.assert_close(blurred(image, 0.0, 0.0, 10.0, largest=2.0), image)
    flat = torch.full((1, 30, 30), 0.4, dtype=torch.float64)
    torch.testing.assert_close(blurred(flat, 3.0, 1.0, 10.0), flat)


def test_each_image_has_its_own(rng):
    images = torch.rand(2, 30, 30, generator=rng())
    both = astigmatic_blur(images, *(torch.tensor(pair) for pair in ([2.0, 0.5], [1.0, 0.3], [20.0, 70.0])), 3.0)
    for number, values in enumerate(((2.0, 1.0, 20.0), (0.5, 0.3, 70.0))):
        torch.testing.assert_close(both[number], blurred(images[[number]], *values, largest=3.0)[0])


def test_derivatives_are_those_of_finite_differences(rng, assert_derivatives):
    image, weight = (torch.rand(1, 32, 32, generator=rng(seed)).double() for seed in (0, 5))

    def total(values):
        return (astigmatic_blur(image, *(values[:, column] for column in range(3)), 3.0) * weight).sum()

    assert_derivatives(total, [2.0, 0.6, 25.0])


@pytest.mark.parametrize(
    ("values", "reason"),
    [
        ({"angle_deg": Learned(learn=(0, 180))}, "the operator is left out"),
        ({"along_px": 1.0, "across_px": 1.0, "angle_deg": Learned(learn=(0, 180))}, "both widths are the same"),
        ({"along_px": Learned(learn=(-1, 2))}, "cannot be negative"),
    ],
)
def test_what_cannot_be_is_refused(values, reason):
    with pytest.raises(ValueError, match=reason):
        AstigmatismConfig(**values)
