"""Shifts along lines and of lines: exact where they have to be, smooth in the shift, and labels go along."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from diffrendergan.imaging.resampling import Shift, moved, resampled


def smooth(height=20, width=30):
    y, x = torch.meshgrid(torch.arange(height).double(), torch.arange(width).double(), indexing="ij")
    return (0.5 + 0.3 * torch.sin(0.3 * x + 0.2 * y) * torch.cos(0.25 * y))[None]


def constant(value, height=20):
    return torch.full((1, height, 1), value, dtype=torch.float64)


def test_whole_pixels_are_moved_as_they_are():
    image = torch.rand(1, 20, 30, dtype=torch.float64, generator=torch.Generator().manual_seed(0))
    found = resampled(image, Shift(constant(3.0), constant(-2.0)))
    torch.testing.assert_close(found[:, 4:-4, 4:-4], image[:, 2:-6, 7:-1])


@pytest.mark.parametrize(("right", "down"), [(0.3, 0.0), (0.0, -0.6), (1.7, 2.4)])
def test_in_between_the_image_is_interpolated(right, down):
    y, x = torch.meshgrid(torch.arange(20).double() + down, torch.arange(30).double() + right, indexing="ij")
    expected = 0.5 + 0.3 * torch.sin(0.3 * x + 0.2 * y) * torch.cos(0.25 * y)
    found = resampled(smooth(), Shift(constant(right), constant(down)))[0]
    torch.testing.assert_close(found[5:-5, 5:-5], expected[5:-5, 5:-5], atol=2e-3, rtol=0)


def test_a_level_image_stays_level_beyond_its_edges_too():
    flat = torch.full((1, 20, 30), 0.4, dtype=torch.float64)
    torch.testing.assert_close(resampled(flat, Shift(constant(40.3), constant(-17.7))), flat)


def test_derivatives_agree_with_finite_differences_across_whole_pixels():
    image = smooth(6, 8)
    places = torch.tensor([-1.0, -0.4, 0.0, 0.5, 1.0, 2.3], dtype=torch.float64).view(1, 6, 1)
    right, down = (part.clone().requires_grad_() for part in (places, places.flip(1) * 0.7))
    given = image.clone().requires_grad_()
    # At whole pixels the slope is continuous, the curvature is not.
    assert torch.autograd.gradcheck(
        lambda *values: resampled(values[0], Shift(values[1], values[2])), (given, right, down), eps=1e-6, atol=1e-5
    )


def test_labels_go_where_the_image_goes():
    """A bright disc and its label, moved by the same shift, still cover each other."""
    rows, columns = np.mgrid[:60, :80]
    labels = (np.hypot(rows - 30, columns - 40) < 15).astype(np.int32) * 7
    image = torch.from_numpy((labels > 0).astype(np.float32))[None]
    generator = torch.Generator().manual_seed(1)
    shift = Shift(4 * torch.rand((1, 60, 80), generator=generator) - 2, torch.linspace(-3, 3, 60).view(1, 60, 1))
    shown, followed = resampled(image, shift)[0].numpy(), moved(labels, [shift])
    assert set(np.unique(followed)) == {0, 7}
    wrong, left = (((shown > 0.5) != (found > 0)).sum() for found in (followed, labels))
    assert wrong < 10 < 50 < left
