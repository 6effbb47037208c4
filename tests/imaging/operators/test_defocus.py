from __future__ import annotations

import pytest
import torch

from diffrendergan.config.base import Learned
from diffrendergan.config.optics import DefocusConfig
from diffrendergan.imaging.operators.astigmatism import astigmatic_blur
from diffrendergan.imaging.operators.defocus import defocused

NONE = torch.zeros(1, dtype=torch.float64)


def one(value):
    return torch.tensor([value], dtype=torch.float64)


def test_what_lies_in_focus_is_sharp_and_the_rest_is_blurred_by_its_distance(rng):
    image = torch.rand(1, 48, 96, generator=rng()).double()
    depth = torch.zeros_like(image)
    depth[:, :, 48:] = 3.0
    found = defocused(image, depth, one(0.5), one(0.0), 1.5)
    torch.testing.assert_close(found[..., :40], image[..., :40], atol=1e-4, rtol=0)
    expected = astigmatic_blur(image, one(1.5), one(1.5), NONE, 1.5)
    torch.testing.assert_close(found[..., 56:], expected[..., 56:], atol=1e-4, rtol=0)


def test_what_is_sharp_does_not_spill_over_what_is_blurred():
    image, depth = torch.zeros(1, 32, 64).double(), torch.zeros(1, 32, 64).double()
    image[..., :32], depth[..., 32:] = 1.0, 3.0
    assert defocused(image, depth, one(0.7), one(0.0), 2.1)[..., 32:].abs().max() < 1e-6
    # The other way round it does.
    assert defocused(image, depth, one(0.7), one(3.0), 4.2)[..., 33:36].min() > 0.03


@pytest.mark.parametrize("distance", [0.4, 1.3, 2.2])
def test_between_the_levels_the_blur_is_nearly_a_gaussian(distance, rng):
    image = torch.rand(1, 64, 64, generator=rng()).double()
    depth = torch.full_like(image, distance - 1.0)
    found = defocused(image, depth, one(1.0), one(-1.0), 3.0)
    expected = astigmatic_blur(image, one(distance), one(distance), NONE, 3.0)
    assert (found - expected).std() < 0.25 * (image - expected).std()


def test_further_out_than_the_most_is_blurred_no_more(rng):
    image = torch.rand(1, 32, 32, generator=rng()).double()
    near, far = (defocused(image, torch.full_like(image, d), one(1.0), one(0.0), 2.0) for d in (2.0, 7.0))
    torch.testing.assert_close(near, far)


def test_derivatives_are_those_of_finite_differences(rng, assert_derivatives):
    image, weight, depth = (torch.rand(1, 32, 32, generator=rng(seed)).double() for seed in (0, 5, 6))

    def total(values):
        return (defocused(image, 3 * depth, values[:, 0], values[:, 1], 2.0) * weight).sum()

    assert_derivatives(total, [0.45, 0.8], step=1e-6)


def test_a_focus_is_learned_only_where_something_is_blurred():
    with pytest.raises(ValueError, match="focus_depth cannot be learned"):
        DefocusConfig(focus_depth=Learned(learn=(0, 3)))
